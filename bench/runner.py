"""Child processes that run a module again and again, and times that are taken in turn."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import programs

from wat_bysyncify.profile import read_profile

BENCH = Path(__file__).parent

# V8 with its optimising compiler alone: what a program runs in once it is warm, and from the first run on.
OPTIMIZED = ("--no-liftoff", "--no-wasm-lazy-compilation")


# In KB, of the 8 MB that a process has: the published asyncify build of QuickJS has large frames.
STACK = "--stack-size=3900"


class Wrong(Exception):
    """A program failed, or its variants returned different results; the message says which."""


@dataclass
class Times:
    """What was measured of one variant: the seconds of its compilation, and of each run, and their result."""

    compile: float
    result: str = ""
    runs: list[float] = field(default_factory=list)


class Child:
    """A process that has compiled a module and runs it when asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.compiled = float(self._line())

    def run(self) -> tuple[float, str]:
        """The seconds of one more run, and its result."""
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        seconds, result = self._line().split(maxsplit=1)
        return float(seconds), result

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Wrong(f"{self._process.args!r}: exit {self._process.wait()}")
        return line.strip()


def command(
    engine: str, kind: str, module: Path, stubs: Path, arguments: Sequence[str], tiers: bool = False
) -> list[str]:
    """What starts a child; with `tiers`, V8 as it is, with its baseline compiler first."""
    if engine == "node":
        start = [programs.tool("node"), STACK, *(() if tiers else OPTIMIZED), str(BENCH / "run_node.mjs")]
    else:
        start = [sys.executable, str(BENCH / "run_wasmtime.py")]
    return [*start, kind, str(module), str(stubs), *arguments]


def profiled(command: Sequence[str], runs: int = 5) -> dict[str, float]:
    """How long the functions of a module run themselves, as Node's profile of so many runs says; `command` is one that
    starts a child in Node."""
    node, *rest = command
    with tempfile.TemporaryDirectory() as directory:
        flags = "--cpu-prof", f"--cpu-prof-dir={directory}"
        done = subprocess.run([node, *flags, *rest], input="\n" * runs, stdout=subprocess.DEVNULL, text=True)
        if done.returncode:
            raise Wrong(f"{command!r}: exit {done.returncode}")
        (path,) = Path(directory).iterdir()
        return read_profile(path.read_text(encoding="utf-8"))


@contextmanager
def started(command: Sequence[str]) -> Iterator[Child]:
    """A child, which ends with the block."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


def measure(
    commands: Mapping[str, Sequence[str]], rounds: int, processes: int = 3, warm: int = 1, same: bool = True
) -> dict[str, Times]:
    """The times of several variants of a program: each runs `warm` times to warm up, then all in turn, so many rounds.

    The rounds are parted among so many `processes` of each variant, one after the other: where a process happens to
    have its code and memory can decide half of its time, for as long as it runs. The results must be the `same`.
    """
    found: dict[str, Times] = {}
    processes = min(processes, rounds)
    for each in range(processes):
        with ExitStack() as stack:
            children = {name: stack.enter_context(started(command)) for name, command in commands.items()}
            for name, child in children.items():
                found.setdefault(name, Times(child.compiled))
                for _warming in range(warm):
                    found[name].result = child.run()[1]
            if same and len({times.result for times in found.values()}) > 1:
                raise Wrong(f"results differ: { {name: times.result for name, times in found.items()} }")
            for turn in range(each * rounds // processes, (each + 1) * rounds // processes):
                for name, child in list(children.items())[:: -1 if turn % 2 else 1]:
                    found[name].runs.append(child.run()[0])
    return found
