"""Pause and resume WebAssembly: a source-to-source rewriter of the text format.

>>> print(rewrite('(module (import "env" "sleep" (func $sleep)) (func $main (call $sleep)))').count("$unwinding"))
7

The stages behind `rewrite`, from left to right:

    sexpr       text -> nodes, lossless
    instrument  nodes -> module -> which functions can pause -> instrumented text

and beside them `script`, which runs `.wat` and `.wast` on wasmtime, `host`, which drives programs that pause, and
`runtime`, which does so in JavaScript, `stack`, which looks into paused ones, and `report`, a page about a rewrite.
"""

from __future__ import annotations

import warnings
from typing import Any

from .errors import WatError
from .instrument import Options, rewrite_text

__all__ = ["Options", "WatError", "rewrite"]
__version__ = "0.1.0"


def rewrite(text: str, **options: Any) -> str:
    """The text of a module that can pause and resume where `text` is one that cannot. `options` are the fields of
    `Options`; lists may also be strings, with commas or one entry a line.

    What a list names and the module does not have is reported by `warnings.warn`. Raises `WatError` for bad input,
    `ValueError` for a bad value of an option, `TypeError` for what is no option.
    """
    rewritten = rewrite_text(text, Options.of(**options))
    for warning in rewritten.warnings:
        warnings.warn(warning, stacklevel=2)
    return "".join(rewritten.pieces)
