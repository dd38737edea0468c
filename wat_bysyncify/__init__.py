"""Pause and resume WebAssembly: a source-to-source rewriter of the text format.

>>> print(rewrite('(module (import "env" "sleep" (func $sleep)) (func $main (call $sleep)))').count("$unwinding"))
7

The stages behind `rewrite`, from left to right:

    sexpr       text -> nodes, lossless
    instrument  nodes -> module -> which functions can pause -> instrumented text

and beside them `script`, which runs `.wat` and `.wast` on wasmtime.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import WatError
from .instrument import Options, rewrite_text

__all__ = ["Options", "WatError", "rewrite"]
__version__ = "0.1.0"


def rewrite(
    text: str,
    *,
    imports: Iterable[str] | str | None = None,
    ignore_imports: bool = False,
    ignore_indirect: bool = False,
    add_list: Iterable[str] | str = (),
    names: str | None = None,
    memory: str | None = None,
    own_memory: int | None = None,
    pause_at: Iterable[str] | str = (),
    pause_import: str | None = None,
    optimize: str | None = None,
    rewind: str | None = None,
    twins: Iterable[str] | str | None = None,
) -> str:
    """The text of a module that can pause and resume where `text` is one that cannot.

    `imports` are the imports that may pause, as `module.base` with `*` for any characters (by default any import, or
    none where the module imports control functions and so pauses itself); `ignore_imports`: none may;
    `ignore_indirect`: calls through tables do not pause; `add_list`: functions to instrument in any case;
    `names`: which names the control functions are exported under, "bysyncify", "asyncify" or "both"; `memory`: the
    memory that holds the frames, by its exported name or id, or `own_memory`: the size in pages of one of their own;
    `pause_at`: where pause points go, "entries" of functions, "loops"; `pause_import`: the import that they call, as
    `module.base`; `optimize`: what the result is made for, "speed" or "size", None to be read; `rewind`: how a function
    finds its way back to a call, "skip" or "jump" (by default to jump where `optimize` is given, else to skip);
    `twins`: functions to write twice when jumping, one version to run fast and one to find its way back (by default
    those that gain most, where `optimize` is "speed").

    Raises `WatError` for bad input and `ValueError` for a bad option.
    """
    options = Options.of(
        imports, ignore_imports, ignore_indirect, add_list, names, memory, own_memory, pause_at, pause_import,
        optimize, rewind, twins,
    )  # fmt: skip
    return "".join(rewrite_text(text, options))
