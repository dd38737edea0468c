"""The official WebAssembly test suite, rewritten, paused and resumed: `python tests/official.py --help`.

Each script runs as it is (directly), and again with every text module in it rewritten: never paused (`--never`), or
paused at every n-th pause point (`--every n`; all function entries and loop heads, and the host's print functions).
What passes directly has to pass then too, and print the same; and exported memories and globals are the same at the
end. What stays as it is: binary modules, and those that are malformed or invalid.

The code that is paused is that of the instance whose export is invoked: others that it calls have no fuel, and none of
them calls back into it before one of its pause points (no script of the suite does that). Nor have start functions.

Pausing and resuming is done by an adapter module, for scripts call functions that loop a million times. In front of an
export of type (func (param f32) (result (ref 1))) it is

    (module (type ...) ...                         ;; all types of the function's module: the same indexes
      (func $export (import "" "") (type 0))
      (func $get_state (import "" "") (result i32)) ...
      (global $pauses (import "" "") (mut i32))
      (func (export "") (type 0)
        (local (ref null 1))
        (loop $again
          (call $export (local.get 0))
          (local.set 1)
          (if (i32.eq (call $get_state) (i32.const 1)) (then
            (call $stop_unwind)
            (global.set $pauses (i32.add (global.get $pauses) (i32.const 1)))
            (call $set_fuel ...)
            (call $start_rewind (i32.const 0))
            (br $again))))
        (ref.as_non_null (local.get 1))))
"""

from __future__ import annotations

import fnmatch
import hashlib
import multiprocessing
import multiprocessing.connection
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
import wasmtime
from forms import FORMS

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.errors import line_and_column
from wat_bysyncify.script.commands import Source
from wat_bysyncify.script.host import Exports, Host
from wat_bysyncify.script.instance import Instance, Module, instantiate_adapter
from wat_bysyncify.script.interface import Interface
from wat_bysyncify.script.run import Script
from wat_bysyncify.script.traps import reason
from wat_bysyncify.script.values import Value

TESTSUITE = Path(__file__).parents[2] / "shared" / "testsuite"
NORMAL, UNWINDING, REWINDING = 0, 1, 2
DATA = 0
EMPTY = 8  # the stack's position when nothing is on it
MOST, PAGES = 10_000_000, 1024
COMPARED = 1 << 24  # so many bytes of a memory


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run scripts: rewritten or not, paused at every n-th pause point (0: never).

    `most`: so many pauses in one action, then it goes on without. `pages`: the size of the memory for the frames.
    """

    name: str
    rewritten: bool = True
    every: int = 0
    most: int = MOST
    pages: int = PAGES
    form: str = "skip"


DIRECTLY = Way("directly", rewritten=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command; `failure` None: it passed. `notes` say what is worth a line though it passed."""

    line: int
    failure: str | None
    printed: tuple[str, ...] = ()
    pauses: int = 0
    notes: tuple[str, ...] = ()
    rewritten: int = 0
    untouched: int = 0


# Running a script


class Fuelled(Host):
    """Pauses the instance that is acted on at every n-th pause point, and at every n-th call of a print function.

    The first of these is one of the first n of an action, each in its turn.
    """

    def __init__(self, out: Callable[[str], None], way: Way) -> None:
        super().__init__(out)
        self.every, self.most = way.every, way.most
        self.acting: Exports | None = None
        self.actions = self.calls = 0
        self.notes: list[str] = []
        self.counter: wasmtime.Global | None = None  # the pauses of the action

    def begin(self) -> None:
        """Before a command."""
        self.acting, self.notes = None, []

    @property
    def pauses(self) -> int:
        return int(self.counter.value(self.acting.store)) if self.counter and self.acting else 0

    def may_pause(self, exports: Exports) -> bool:
        """Whether an instance is to be paused: it is of a rewritten module."""
        return self.every > 0 and exports.get("bysyncify_set_fuel") is not None

    def exported(self, function: wasmtime.Func, interface: Interface, type: int, exports: Exports) -> wasmtime.Func:
        if not self.may_pause(exports):
            return function
        if self.counter is None:
            counter = wasmtime.GlobalType(wasmtime.ValType.i32(), mutable=True)
            self.counter = wasmtime.Global(exports.store, counter, wasmtime.Val.i32(0))
        controls = [exports.get(f"bysyncify_{name}") for name in CONTROLS]
        text = resuming(interface, type, self.every, self.most)
        return instantiate_adapter(exports.store, text, function, *controls, self.counter)

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], exports: Exports) -> Any:
        if not self.may_pause(exports):
            return function(*arguments)
        assert self.counter
        self.counter.set_value(exports.store, wasmtime.Val.i32(0))
        self.acting = exports
        control(exports, "set_fuel", self.actions % self.every)
        self.actions += 1
        try:
            results = function(*arguments)
        except wasmtime.Trap as trap:
            self.stopped(trap, exports)
            raise
        finally:
            control(exports, "set_fuel", -1)
            if self.pauses >= self.most:
                self.notes.append(f"{self.most} pauses, then none")
        check(exports, "on return")
        return results

    def stopped(self, trap: wasmtime.Trap, exports: Exports) -> None:
        """Raises `WatError` if a trap did not come from the code, but from its pausing.

        The machine's stack may run out in the functions that save and restore frames as well. Then the pause is given
        up: the instance is to be as after any trap.
        """
        state = control(exports, "get_state")
        if state != NORMAL and trap.trap_code is wasmtime.TrapCode.STACK_OVERFLOW:
            control(exports, "stop_unwind" if state == UNWINDING else "stop_rewind")
            memory(exports).write(exports.store, EMPTY.to_bytes(4, "little"), DATA)
            self.notes.append(f"exhausted while {'unwinding' if state == UNWINDING else 'rewinding'}")
        check(exports, f"after {reason(trap)}")

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> Sequence[Value] | None:
        if exports is self.acting:
            state = control(exports, "get_state")
            if state == REWINDING:
                control(exports, "stop_rewind")
            elif state == UNWINDING:
                raise WatError(f"{name} is called while unwinding")
            elif self.pauses < self.most:
                self.calls += 1
                if self.calls % self.every == 0:
                    control(exports, "start_unwind", DATA)
                    return None
        return super().called(module, name, arguments, exports)


CONTROLS = ("get_state", "stop_unwind", "start_rewind", "set_fuel")


def control(exports: Exports, name: str, *arguments: int) -> Any:
    function = exports.function(f"bysyncify_{name}")
    assert function
    return function(*arguments)


def memory(exports: Exports) -> wasmtime.Memory:
    """The memory for the frames."""
    found = exports.get("bysyncify_memory")
    assert isinstance(found, wasmtime.Memory)
    return found


def check(exports: Exports, when: str) -> None:
    """Raises `WatError` if an instance is not as it is when it is neither paused nor about to be."""
    state = control(exports, "get_state")
    if state != NORMAL:
        raise WatError(f"state {state} {when}")
    position = int.from_bytes(memory(exports).read(exports.store, DATA, DATA + 4), "little")
    if position != EMPTY:
        raise WatError(f"the stack of frames is at {position} {when}, not at {EMPTY}")


def resuming(interface: Interface, index: int, every: int, most: int) -> str:
    """The adapter that calls a function of a type until it is not paused any more."""
    type = interface.funcs[index]
    first = len(type.params)
    results = range(first, first + len(type.results))
    is_non_null = [result.startswith("(ref ") and not result.startswith("(ref null ") for result in type.results]
    locals_ = " ".join(result.replace("(ref ", "(ref null ") if non_null else result
                       for result, non_null in zip(type.results, is_non_null, strict=True))  # fmt: skip
    return "\n  ".join([
        "(module",
        interface.types,
        f'(func $export (import "" "") (type {index}))',
        '(func $get_state (import "" "") (result i32))',
        '(func $stop_unwind (import "" ""))',
        '(func $start_rewind (import "" "") (param i32))',
        '(func $set_fuel (import "" "") (param i32))',
        '(global $pauses (import "" "") (mut i32))',
        f'(func (export "") (type {index})',
        f"  (local {locals_})",
        "  (loop $again",
        f"    (call $export {' '.join(f'(local.get {number})' for number in range(first))})",
        *(f"    (local.set {number})" for number in reversed(results)),
        f"    (if (i32.eq (call $get_state) (i32.const {UNWINDING})) (then",
        "      (call $stop_unwind)",
        "      (global.set $pauses (i32.add (global.get $pauses) (i32.const 1)))",
        f"      (call $set_fuel (select (i32.const {every - 1}) (i32.const -1)",
        f"                              (i32.lt_u (global.get $pauses) (i32.const {most}))))",
        f"      (call $start_rewind (i32.const {DATA}))",
        "      (br $again))))",
        *(f"  (ref.as_non_null (local.get {number}))" if non_null else f"  (local.get {number})"
          for number, non_null in zip(results, is_non_null, strict=True)),
        "))",
    ])  # fmt: skip


class Counted(Script):
    """A script that counts its modules and keeps its instances, by the index of the command."""

    def __init__(self, text: str, host: Host, way: Way) -> None:
        super().__init__(text, host=host, rewrite=(lambda text: rewritten(text, way)) if way.rewritten else None)
        self.rewritten = self.untouched = self.at = 0
        self.made_at: dict[int, Instance] = {}

    def compile(self, source: Source) -> Module:
        if source.kind == "binary" or not self.rewrite:
            self.untouched += 1
        else:
            self.rewritten += 1
        return super().compile(source)

    def instantiate(self, module: Module, strict: bool = False) -> Instance:
        self.made_at[self.at] = super().instantiate(module, strict)
        return self.made_at[self.at]


def rewritten(text: str, way: Way) -> str:
    """The text of a module in which every function can pause."""
    return rewrite(text, add_list="*", pause_at="entries,loops", own_memory=way.pages, **FORMS[way.form])


def outcomes(path: Path, way: Way) -> Iterator[Outcome]:
    """What comes of each command of a script, and at the end, as what is printed, what memories and globals hold."""
    text = path.read_bytes().decode()
    printed: list[str] = []
    host = Fuelled(printed.append, way)
    try:
        script = Counted(text, host, way)
    except WatError as error:  # no script
        yield Outcome(line_and_column(text, error.offset or 0)[0], error.message)
        return
    line = offset = 0
    for index, command in enumerate(script.commands):
        script.at = index
        line, offset = line + text.count("\n", offset, command.offset), command.offset
        printed.clear()
        host.begin()
        failure = script.failure(command)
        notes = tuple(host.notes)
        yield Outcome(line + 1, failure.message if failure else None, tuple(printed), host.pauses, notes)
    yield Outcome(line + 1, None, tuple(contents(script)), 0, (), script.rewritten, script.untouched)


def contents(script: Counted) -> Iterator[str]:
    """What the exported memories and globals of all instances hold."""
    for index, instance in script.made_at.items():
        for name, (kind, _) in instance.interface.exports.items():
            if name.startswith("bysyncify_"):
                continue
            if kind == "global":
                yield f"global {name!r} of instance {index}: {instance.read(name)}"
            extern = instance.externs[name] if kind == "memory" else None
            if isinstance(extern, wasmtime.Memory):
                size = extern.data_len(script.store)
                digest = hashlib.sha256(extern.read(script.store, 0, min(size, COMPARED))).hexdigest()
                yield f"memory {name!r} of instance {index}: {size} bytes, {digest[:16]}"


# Running all


@dataclass(slots=True)
class Task:
    """A script, the ways in which it is to be run, and what came of it in those in which it was."""

    path: Path
    ways: list[Way]
    found: dict[str, list[Outcome]] = field(default_factory=dict)


def serve(pipe: Connection) -> None:
    """Runs tasks until there are no more, in a process of its own: one that dies costs one script in one way."""
    while task := pipe.recv():
        for way in task.ways:
            for outcome in outcomes(task.path, way):
                pipe.send(outcome)
            pipe.send(None)


class Worker:
    """A process that runs tasks; at most so many, for wasmtime's stores are not always freed."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=serve, args=(far,), daemon=True)
        self.process.start()
        far.close()
        self.task: Task | None = None
        self.left = 20
        self.heard = 0.0

    def start(self, task: Task) -> None:
        self.task, self.heard = task, time.monotonic()
        self.left -= 1
        self.pipe.send(task)
        task.found.setdefault(task.ways[0].name, [])

    def listen(self, timeout: float) -> bool:
        """Takes what has come; whether the task is over, or the process."""
        assert self.task
        try:
            while self.pipe.poll():
                message = self.pipe.recv()
                self.heard = time.monotonic()
                if message:
                    self.task.found[self.task.ways[0].name].append(message)
                else:
                    del self.task.ways[0]
                    if not self.task.ways:
                        return True
                    self.task.found[self.task.ways[0].name] = []
        except (EOFError, ConnectionResetError):
            self.process.join(10)
            return self.died(f"the process died with {self.process.exitcode}")
        if time.monotonic() > self.heard + timeout:
            return self.died(f"not done in {timeout} s")
        return False

    def died(self, why: str) -> bool:
        assert self.task
        self.process.kill()
        self.process.join()
        self.left = 0
        found = self.task.found[self.task.ways.pop(0).name]
        found.append(Outcome(0, why))
        return True

    def stop(self) -> None:
        if self.process.is_alive():
            self.pipe.send(None)
        self.process.join(10)
        self.pipe.close()


def run_all(paths: Iterable[Path], ways: Sequence[Way], jobs: int, timeout: float) -> Iterator[Task]:
    """All scripts in all ways, in their order."""
    tasks = [Task(path, list(ways)) for path in paths]
    waiting, open_ = tasks[::-1], tasks[::-1]
    idle: list[Worker] = []
    busy: list[Worker] = []
    while open_:
        while waiting and len(busy) < jobs:
            busy.append(idle.pop() if idle else Worker())
            busy[-1].start(waiting.pop())
        multiprocessing.connection.wait([worker.pipe for worker in busy], timeout=1)
        for worker in [worker for worker in busy if worker.listen(timeout)]:
            busy.remove(worker)
            assert worker.task
            if worker.task.ways:
                waiting.append(worker.task)
            if worker.left > 0:
                idle.append(worker)
            else:
                worker.stop()
        while open_ and not open_[-1].ways:
            yield open_.pop()
    for worker in idle:
        worker.stop()


# Comparing


def differences(directly: Sequence[Outcome], found: Sequence[Outcome]) -> Iterator[tuple[int, str]]:
    """Where a run is not as good as the one of the script as it is: lines and reasons."""
    if directly[-1].line == 0:  # it did not come to its end
        yield 0, f"directly: {directly[-1].failure}"
        return
    for before, after in zip(directly, found, strict=False):
        if before.failure is not None:
            continue
        if after.failure is not None:
            yield before.line, after.failure
        elif before.printed != after.printed:
            expected, got = difference(before.printed, after.printed)
            yield before.line, f"expected {expected}, got {got}"
    if len(found) < len(directly):
        yield directly[len(found)].line, f"{len(directly) - len(found)} commands did not run"


def difference(expected: Sequence[str], got: Sequence[str]) -> tuple[str, str]:
    """The first lines that differ."""
    for before, after in zip(expected, got, strict=False):
        if before != after:
            return before, after
    return f"{len(expected)} lines", f"{len(got)}"


@dataclass(slots=True)
class Score:
    """Of a script, or of all, in one way: so many commands passed, of those that pass directly too."""

    commands: int = 0
    passed: int = 0
    pauses: int = 0
    rewritten: int = 0
    untouched: int = 0

    @classmethod
    def of(cls, directly: Sequence[Outcome], found: Sequence[Outcome]) -> Score:
        pairs = list(zip(directly[:-1], found, strict=False))  # the last outcome is of no command
        passed = sum(before.failure is None and after.failure is None for before, after in pairs)
        pauses = sum(outcome.pauses for outcome in found)
        return cls(len(directly) - 1, passed, pauses, found[-1].rewritten, found[-1].untouched)

    def add(self, other: Score) -> None:
        self.commands += other.commands
        self.passed += other.passed
        self.pauses += other.pauses
        self.rewritten += other.rewritten
        self.untouched += other.untouched


def row(name: str, scores: Sequence[Score]) -> str:
    """A line of the table: the commands, those that passed in each way, and the pauses."""
    cells = [f"{scores[0].commands:9}"]
    for score in scores:
        cells.append(f"{score.passed:9}" + (f" {score.pauses:12,}" if score is not scores[0] else ""))
    return f"{name:44}" + "".join(cells)


def scripts(testsuite: Path, patterns: Sequence[str]) -> list[Path]:
    """The scripts of a directory, and of those inside, that a pattern names."""
    found = sorted(testsuite.rglob("*.wast"))
    names = {path: path.relative_to(testsuite).as_posix() for path in found}
    for pattern in patterns:
        if not fnmatch.filter(names.values(), pattern):
            raise click.UsageError(f"no script {pattern} in {testsuite}")
    return [path for path in found if not patterns or any(fnmatch.fnmatch(names[path], each) for each in patterns)]


@click.command()
@click.argument("files", nargs=-1)
@click.option("--testsuite", default=TESTSUITE, show_default="beside the checkout", help="Where the scripts are.",
              type=click.Path(exists=True, file_okay=False, path_type=Path))  # fmt: skip
@click.option("--every", multiple=True, type=click.IntRange(1), help="Pause at every n-th pause point (default: 1).")
@click.option("--never", is_flag=True, help="Run the rewritten scripts without a pause.")
@click.option(
    "--most",
    default=MOST,
    show_default=True,
    type=click.IntRange(1),
    help="Pauses in one action; then it goes on without.",
)
@click.option(
    "--pages", default=PAGES, show_default=True, type=click.IntRange(1, 65535), help="Of the memory for the frames."
)
@click.option(
    "--form", default="skip", show_default=True, type=click.Choice([*FORMS]), help="Of the output (forms.py)."
)
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--failures", type=int, help="How many differences to print for each file and way (default: all).")
@click.option("--notes", is_flag=True, help="Print the commands that met --most, or ran out of stack while pausing.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds for a command.")
def main(
    files: tuple[str, ...], testsuite: Path, every: tuple[int, ...], never: bool, most: int, pages: int, form: str,
    jobs: int, failures: int | None, notes: bool, timeout: float,
) -> None:  # fmt: skip
    """Run the scripts (.wast) of a test suite as they are; rewritten; and rewritten and paused. Exit 1 if any differs.

    FILES are names or patterns, such as 'simd_*.wast', of scripts in the test suite; without any all are run.
    """
    start = time.monotonic()
    ways = [DIRECTLY]
    if never:
        ways.append(Way("never", pages=pages, form=form))
    rhythms = every or (() if never else (1,))
    ways += [Way(f"every {n}", every=n, most=most, pages=pages, form=form) for n in rhythms]
    heading = "".join(f"{way.name:>{9 if way is DIRECTLY else 22}}" for way in ways)
    heading = f"{'commands that pass, and pauses':44}{'all':>9}{heading}"
    click.echo(heading)
    totals = [Score() for _ in ways]
    noted: dict[str, list[str]] = {}
    count = 0
    for task in run_all(scripts(testsuite, files), ways, jobs, timeout):
        name = task.path.relative_to(testsuite).as_posix()
        directly = task.found[DIRECTLY.name]
        scores = [Score.of(directly, task.found[way.name]) for way in ways]
        for total, score in zip(totals, scores, strict=True):
            total.add(score)
        click.echo(row(name, scores))
        for way in ways[1:]:
            differing = list(differences(directly, task.found[way.name]))
            count += len(differing)
            for line, why in differing[:failures]:
                click.echo(f"    {name}:{line}: {way.name}: {why}")
            for outcome in task.found[way.name]:
                for note in outcome.notes:
                    noted.setdefault(f"{way.name}: {note}", []).append(f"{name}:{outcome.line}")
    click.echo(heading)
    click.echo(row("all", totals))
    click.echo(f"{totals[-1].rewritten} modules rewritten, {totals[-1].untouched} binary ones left as they are")
    for note, places in noted.items():
        click.echo(f"{note}: {len(places)} commands{': ' + ', '.join(places) if notes else ''}")
    click.echo(f"differences: {count}, {time.monotonic() - start:.0f} s")
    sys.exit(bool(count))


if __name__ == "__main__":
    main()
