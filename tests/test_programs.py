"""Whole programs: paused at every n-th call of an import they compute, print and leave in memory what they do unpaused.

The programs are ours in programs/*.wat, WASI programs from ../shared, and what npm packages ship (bench/programs.py).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import programs
import pytest
import wasmtime

from wat_bysyncify import rewrite
from wat_bysyncify.sexpr import parse, print_nodes

OURS = Path(__file__).parent / "programs"
SHARED = Path(__file__).parents[2] / "shared" / "programs"
PAGE = 0x10000
NORMAL, UNWINDING, REWINDING = 0, 1, 2
RUBBISH = -0x5A5A5A5B
EVERY = [1, 2, 3, 7]


def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"  # the same code, compiled sooner
    return wasmtime.Engine(config)


ENGINE = _engine()


def compiled(text: str) -> wasmtime.Module:
    """The module, which wasmtime accepts."""
    return wasmtime.Module(ENGINE, text)


class Machine:
    """A module on wasmtime whose imports are answered by `answer`, and pause at every n-th call (0: never).

    The frames go to a page that the host adds to the memory. A call that pauses is answered once, after the pause; what
    it returns on its way there is rubbish, and so are the arguments that its first caller is given to rewind.
    """

    def __init__(
        self,
        module: wasmtime.Module,
        answer: Callable[[Machine, str, tuple[int, ...]], int | None],
        every: int = 0,
        may_pause: Callable[[str], bool] = lambda name: True,
    ) -> None:
        self.answer, self.every, self.may_pause = answer, every, may_pause
        self.calls = self.pauses = 0
        self.paused = False
        self.store = wasmtime.Store(ENGINE)
        imports = [self._import(entry) for entry in module.imports]
        self.exports: Any = wasmtime.Instance(self.store, module, imports).exports(self.store)
        self.memory: Any = self.exports["memory"]
        self.data = self.end = 0

    def _import(self, entry: wasmtime.ImportType) -> wasmtime.Func:
        name, type_ = f"{entry.module}.{entry.name}", entry.type
        assert isinstance(type_, wasmtime.FuncType)
        rubbish = RUBBISH if type_.results else None

        def called(*arguments: int) -> int | None:
            if self.paused:
                assert self.control("get_state") == REWINDING
                self.control("stop_rewind")
                self.paused = False
            elif self.every and self.may_pause(name):
                self.calls += 1
                if self.calls % self.every == 0:
                    self.pause()
                    return rubbish
            return self.answer(self, name.split(".")[1], arguments)

        return wasmtime.Func(self.store, type_, called)

    def control(self, name: str, *arguments: int) -> Any:
        return self.exports[f"bysyncify_{name}"](self.store, *arguments)

    def pause(self) -> None:
        assert self.control("get_state") == NORMAL
        if not self.data:
            self.data = self.memory.grow(self.store, 1) * PAGE
            self.end = self.data + PAGE
        self.memory.write(self.store, struct.pack("<II", self.data + 8, self.end), self.data)
        self.control("start_unwind", self.data)
        self.paused = True
        self.pauses += 1

    def call(self, name: str, *arguments: Any) -> Any:
        """What an export returns, however often it is paused."""
        results = self.exports[name](self.store, *arguments)
        while self.paused:
            assert self.control("get_state") == UNWINDING
            self.control("stop_unwind")
            self.control("start_rewind", self.data)
            results = self.exports[name](self.store, *(type(argument)(-1) for argument in arguments))
        if self.every:
            assert self.control("get_state") == NORMAL
        return results

    def read(self, start: int, end: int) -> bytes:
        return bytes(self.memory.read(self.store, start, end))

    def read_numbers(self, address: int, count: int) -> tuple[int, ...]:
        """Numbers of 32 bits."""
        return struct.unpack(f"<{count}I", self.read(address, address + 4 * count))

    def write_numbers(self, address: int, *numbers: int) -> None:
        self.memory.write(self.store, struct.pack(f"<{len(numbers)}I", *numbers), address)


# --- Programs of ours

# program, export, arguments, results; the imports that may pause where only some may
RUNS = [
    ("fannkuch", "fannkuch", (5,), [11, 7], "env.sleep"),
    ("fannkuch", "fannkuch", (6,), [49, 10], "env.sleep"),
    ("recursion", "ackermann", (2, 4), 11, "env.tick"),
    ("recursion", "hanoi", (6, 1, 2, 3.0), 63, "env.move"),
    ("recursion", "sort", (60,), None, "env.less"),
    ("interpreter", "run", (16, 11), 89, "env.sleep"),
    ("interpreter", "run", (16, 10), 55, "env.ask"),
    ("interpreter", "run", (48, 12), 479001600, "env.print"),
]


def run_ours(
    module: wasmtime.Module, name: str, arguments: tuple[Any, ...], every: int, imports: str | None = None
) -> Any:
    """Results, trace and memory of a run, and how often it was paused."""
    trace: list[Any] = []

    def answer(machine: Machine, called: str, given: tuple[int, ...]) -> int | None:
        trace.append((called, given))
        match called:
            case "less":
                return int(given[0] < given[1])
            case "ask":
                return given[0]
        return None

    machine = Machine(module, answer, every, (lambda name: name == imports) if imports else (lambda name: True))
    results = machine.call(name, *arguments)
    return results, trace, machine.read(0, PAGE), machine.pauses


@pytest.mark.parametrize("only", [False, True], ids=["any import", "one import"])
@pytest.mark.parametrize(
    ("program", "name", "arguments", "expected", "imports"), RUNS, ids=[f"{run[1]}{run[2]}" for run in RUNS]
)
def test_paused_at_every_nth_call(
    program: str, name: str, arguments: tuple[Any, ...], expected: Any, imports: str, only: bool
) -> None:
    """Results, calls of imports and memory are the program's own; with all imports pausing, and with one."""
    original = (OURS / f"{program}.wat").read_text(encoding="utf-8")
    rewritten = compiled(rewrite(original, imports=[imports] if only else None))
    plain = run_ours(compiled(original), name, arguments, 0)
    if expected is not None:
        assert plain[0] == expected
    assert run_ours(rewritten, name, arguments, 0) == plain
    for every in EVERY:
        paused = run_ours(rewritten, name, arguments, every, imports if only else None)
        assert paused[:3] == plain[:3]
        calls = sum(not only or f"env.{called}" == imports for called, _ in plain[1])
        assert paused[3] == calls // every > 0


@pytest.mark.slow
def test_fannkuch_7() -> None:
    """The longest: paused thousands of times in its innermost loop."""
    rewritten = compiled(rewrite((OURS / "fannkuch.wat").read_text(encoding="utf-8")))
    results, trace, _, pauses = run_ours(rewritten, "fannkuch", (7,), 7)
    assert results == [228, 16]
    assert pauses == len(trace) // 7 > 5_000


def test_sorted() -> None:
    """The numbers that quicksort leaves in memory are in order, paused at every comparison."""
    rewritten = compiled(rewrite((OURS / "recursion.wat").read_text(encoding="utf-8")))
    _, _, memory, pauses = run_ours(rewritten, "sort", (40,), 1)
    found = struct.unpack_from("<40I", memory, 1024)
    assert list(found) == sorted(found)
    assert pauses > 100


# --- WASI programs


class Exit(Exception):
    """proc_exit."""


# program, arguments, what must stand in the output
WASI = [
    ("fannkuch", ["7"], "Pfannkuchen(7) = 16."),
    ("zlib", ["1"], "output looks good"),
    ("lua", ["8"], "lua\t17711\t16376\t9599\t558\t32004000"),
    ("sqlite", ["1", ":memory:"], "TOTAL"),
]
CLOCK_TICK = 1_000_003


def run_wasi(
    module: wasmtime.Module,
    arguments: list[str],
    every: int,
    may_pause: Callable[[str], bool] = lambda name: not name.endswith("proc_exit"),
) -> tuple[str, int]:
    """What a program prints, and how often it was paused: at every n-th call of any import, but for its exit.

    The clock goes on by the same time at every look, so that two runs print the same.
    """
    output = bytearray()
    words = [word.encode() + b"\0" for word in ["program", *arguments]]
    clock = 0

    def answer(machine: Machine, name: str, given: tuple[int, ...]) -> int:
        nonlocal clock
        match name, given:
            case "args_sizes_get", (count, size):
                machine.write_numbers(count, len(words))
                machine.write_numbers(size, sum(map(len, words)))
            case "args_get", (pointers, place):
                for word in words:
                    machine.write_numbers(pointers, place)
                    machine.memory.write(machine.store, word, place)
                    pointers, place = pointers + 4, place + len(word)
            case "environ_sizes_get", (count, size):
                machine.write_numbers(count, 0)
                machine.write_numbers(size, 0)
            case "clock_time_get", (_, _, time):
                clock += CLOCK_TICK
                machine.write_numbers(time, clock & 0xFFFFFFFF, clock >> 32)
            case "fd_write", (_, vectors, count, written):
                total = 0
                for number in range(count):
                    start, length = machine.read_numbers(vectors + 8 * number, 2)
                    output.extend(machine.read(start, start + length))
                    total += length
                machine.write_numbers(written, total)
            case "proc_exit", _:
                raise Exit
        return 0

    machine = Machine(module, answer, every, may_pause)
    try:
        machine.call("_start")
    except Exit:
        pass
    return output.decode(), machine.pauses


def wasi_text(program: str) -> str:
    """The text of a compiled program, with room for the frames; the test is skipped where it cannot be had."""
    binary = SHARED / f"{program}.wasm"
    if not binary.exists():
        pytest.skip(f"{program}.wasm is not there: ../shared/programs")
    try:
        text = programs.run([programs.tool("wasm2wat"), "-f", "--enable-all", str(binary)])
    except programs.Missing as missing:
        pytest.skip(str(missing))
    return text.replace("(memory (;0;) 2048 2048)", "(memory (;0;) 2048 2049)")


@pytest.mark.slow
@pytest.mark.parametrize(("program", "arguments", "said"), WASI, ids=[program for program, *_ in WASI])
def test_wasi_program(program: str, arguments: list[str], said: str) -> None:
    """A compiled program prints the same as it is, rewritten, and paused wherever it calls its host."""
    original = wasi_text(program)
    plain, _ = run_wasi(compiled(original), arguments, 0)
    assert said in plain
    rewritten = compiled(rewrite(original))
    assert run_wasi(rewritten, arguments, 0) == (plain, 0)
    _, once = run_wasi(rewritten, arguments, 1)
    for every in EVERY:
        assert run_wasi(rewritten, arguments, every) == (plain, once // every)
    assert once > 3


# --- Programs from npm, in the worst case: any import may pause

TEXTS = [(program, printer) for program in programs.PROGRAMS for printer in programs.PRINTERS]
GROWTH = 0.75  # of the peer's growth, at most


@dataclass(frozen=True, slots=True)
class Printed:
    """A program as a tool prints it, and rewritten; `old`: with 2019 syntax."""

    old: bool
    text: str
    rewritten: str


@pytest.fixture(scope="module", params=TEXTS, ids=["-".join(pair) for pair in TEXTS])
def printed(request: pytest.FixtureRequest) -> Printed:
    program, printer = request.param
    try:
        path = programs.printed(programs.module(program), printer)
    except programs.Missing as missing:
        pytest.skip(str(missing))
    text = path.read_bytes().decode("utf-8")
    return Printed(printer == "dis", text, rewrite(text))


@pytest.mark.slow
def test_round_trip(printed: Printed) -> None:
    """Parsed and printed it is the same text, and so is what comes out."""
    for text in (printed.text, printed.rewritten):
        assert print_nodes(parse(text)) == text


@pytest.mark.slow
def test_accepted(printed: Printed) -> None:
    """wasmtime accepts the rewritten text, with everything that the original exports and the control functions."""
    exports = {entry.name for entry in compiled(printed.rewritten).exports}
    control = {
        f"bysyncify_{name}" for name in ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state")
    }
    assert exports == control | set(re.findall(r"^ +\(export \"(.*?)\"", printed.text, re.M))


@pytest.mark.slow
def test_what_cannot_pause_keeps_its_bytes(printed: Printed) -> None:
    """A function keeps its text if, and only if, it reaches no import and no indirect call.

    Which do is found here from the text alone, by lines and words. Binaryen's 2019 syntax is modernised in any case.
    """
    plain = rewrite(printed.text, ignore_imports=True, ignore_indirect=True) if printed.old else printed.text
    indent = " " if printed.old else "  "
    before, after = functions(plain, indent), functions(printed.rewritten, indent)
    imported = re.findall(rf"^{indent}\(import .*\(func (\$[^\s()]+)?", plain, re.M)
    names = [*imported, *(re.match(r" +\(func (\$[^\s()]+)?", text)[1] for text in before)]  # type: ignore[index]
    numbers = {name: number for number, name in enumerate(names) if name}
    callers: dict[int, set[int]] = {}
    todo = list(range(len(imported)))
    for number, text in enumerate(before, len(imported)):
        for callee in set(re.findall(r"\bcall ([^\s()]+)", text)):
            callers.setdefault(numbers[callee] if callee in numbers else int(callee), set()).add(number)
        if "call_indirect" in text:
            todo.append(number)
    pausing = set(todo)
    while todo:
        new = callers.get(todo.pop(), set()) - pausing
        pausing |= new
        todo += new
    changed = {number for number, text in enumerate(before, len(imported)) if after[number - len(imported)] != text}
    assert changed == {number for number in pausing if number >= len(imported)}
    assert 0 < len(changed) < len(before)


def functions(text: str, indent: str) -> list[str]:
    """The functions of a text whose fields all stand as far to the right."""
    return re.findall(rf"^{indent}\(func .*?(?=^{indent}\()", text, re.M | re.S)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["box2d", "lua", "quickjs", "sqljs"])
def test_growth(program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default output grows by less than 0.75 of what `wasm-opt -O3 --asyncify` adds to the same module."""
    try:
        before = programs.optimized(programs.module(program))
        theirs = programs.peer(before).stat().st_size
        text = programs.printed(before, "folded").read_text(encoding="utf-8")
        size = programs.assemble(text, tmp_path / "before.wasm")
        ours = programs.assemble(rewrite(text), tmp_path / "after.wasm")
    except programs.Missing as missing:
        pytest.skip(str(missing))
    growth = (ours - size) / (theirs - before.stat().st_size)
    with capsys.disabled():
        print(f"\n{program}: {ours - size} bytes more, {growth:.3f} of what wasm-opt adds")
    assert growth < GROWTH
