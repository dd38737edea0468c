"""How much programs grow: the default output against `wasm-opt -O3 --asyncify`, on the same -O3 module.

    python bench/size.py

Both make a module that can pause at any import. Ours is assembled by wat2wasm, and nothing is run over it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import programs

from wat_bysyncify import rewrite


def main() -> None:
    print(
        f"{'program':<12}{'-O3':>10}{'ours':>10}{'wasm-opt':>10}{'ours/before':>13}{'theirs/before':>15}{'growth':>9}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for program in programs.PROGRAMS:
            print(row(program, Path(scratch) / "module.wasm"), flush=True)
    print("growth: bytes that we add / bytes that wasm-opt adds")


def row(program: str, scratch: Path) -> str:
    """A program's line of the table."""
    optimized = programs.optimized(programs.module(program))
    theirs = programs.peer(optimized).stat().st_size
    text = programs.printed(optimized, "folded").read_text(encoding="utf-8")
    before = programs.assemble(text, scratch)  # wabt's own encoding of the same module: some bytes off
    ours = programs.assemble(rewrite(text), scratch)
    growth = (ours - before) / (theirs - optimized.stat().st_size)
    ratios = f"{ours / before:>13.3f}{theirs / optimized.stat().st_size:>15.3f}{growth:>9.3f}"
    return f"{program:<12}{before:>10}{ours:>10}{theirs:>10}{ratios}"


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
