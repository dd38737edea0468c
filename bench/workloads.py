"""What is run for its time: programs with their arguments, and how an engine starts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import programs

BENCH = Path(__file__).parent
# Compiled WASI programs, beside the checkout; see the README there.
SHARED = BENCH.parent.parent / "shared" / "programs"
MICRO = BENCH / "micro"
OWN = BENCH.parent / "tests" / "programs"

Kind = Literal["start", "call", "box2d"]
ENGINES = ("wasmtime", "node")


@dataclass(frozen=True)
class Workload:
    """A program with its arguments: `_start` with a command line, an export with i32s, or a scene driven from Node."""

    name: str
    kind: Kind
    source: Path | None  # a module or a text; an npm package if there is none
    arguments: tuple[str, ...]
    engines: tuple[str, ...] = ENGINES

    def module(self) -> Path:
        """The module as it was made. Raises `programs.Missing` if it cannot be had here."""
        if self.source is None:
            return programs.module(self.name)
        if not self.source.exists():
            raise programs.Missing(f"{self.source.name} is not there")
        return programs.kept(self.source)


def _shared(name: str, *arguments: str) -> Workload:
    return Workload(name, "start", SHARED / f"{name}.wasm", (name, *arguments))


def _call(path: Path, export: str, *numbers: int) -> Workload:
    return Workload(
        path.stem if path.parent == MICRO else f"{path.stem}-wat", "call", path, (export, *map(str, numbers))
    )


WORKLOADS = {
    workload.name: workload
    for workload in (
        _shared("lua", "150"),
        _shared("sqlite", "1", ":memory:"),
        _shared("fannkuch", "10"),
        _shared("zlib", "1"),
        Workload("box2d", "box2d", None, ("300",), ("node",)),
        _call(MICRO / "fib.wat", "run", 36),
        _call(MICRO / "queens.wat", "run", 13),
        _call(MICRO / "graph.wat", "run", 300),
        _call(OWN / "fannkuch.wat", "fannkuch", 10),
    )
}
