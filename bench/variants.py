"""The modules that are compared: a program before, made pausable by wasm-opt, and by us in each configuration.

Before is what `wasm-opt -O3` makes of the program; the others are made from that. Ours goes through its folded text,
and nothing is run over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import programs
import wasmtime
from configurations import WORST, ours

BEFORE, PEER = "before", "peer"


def variants(
    binary: Path,
    configurations: Sequence[str],
    scratch: Path,
    options: Mapping[str, object] = WORST,
    optimizer: str = "wasm-opt",
) -> dict[str, Path]:
    """The module that was given as each of what is compared, by name; ours are put into `scratch`."""
    before = programs.optimized(binary, optimizer)
    found = {BEFORE: before, PEER: programs.peer(before, optimizer)}
    return found | {each: rewritten(before, each, scratch, options) for each in configurations}


def rewritten(before: Path, configuration: str, scratch: Path, options: Mapping[str, object] = WORST) -> Path:
    """What a configuration of ours makes of a module, in `scratch`; the text is beside it."""
    target = scratch / f"{before.stem}.{configuration}.wasm"
    after = ours(programs.printed(before, "folded").read_text(encoding="utf-8"), configuration, options)
    target.with_suffix(".wat").write_text(after, encoding="utf-8")
    assemble(after, target)
    return target


def assemble(text: str, binary: Path) -> int:
    """Assembles a text with wabt, or with wasmtime where wabt does not know enough; the size in bytes."""
    try:
        return programs.assemble(text, binary)
    except RuntimeError:
        return binary.write_bytes(wasmtime.wat2wasm(text))
