"""--asserts: what goes wrong traps, and says what and where; --record: the functions that were paused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from click.testing import CliRunner
from forms import FORMS

from wat_bysyncify import rewrite
from wat_bysyncify.cli import main
from wat_bysyncify.instrument.asserts import CALLED, FRAME, INDEX, PAUSED, STATE
from wat_bysyncify.instrument.names import CONTROL_FUNCTIONS
from wat_bysyncify.script.cli import main as shell

DATA, END = 0xE000, 0x10000
COUNT = 10
NAMES = [f"$f{number}" for number in range(COUNT)]


def body(number: int) -> str:
    """Every function calls the next, before and behind something that is alive; the last two sleep."""
    callee = f"$f{number + 1}" if number < COUNT - 1 else "$sleep"
    twice = "(local.set $x (i32.add (local.get $x) (call $sleep)))" if number == COUNT - 2 else ""
    return f"""  (func $f{number} (export "f{number}") (result i32) (local $x i32)
    (call $log (i32.const {number}))
    (local.set $x (i32.add (i32.const {number}) (call {callee})))
    {twice}
    (call $log (local.get $x))
    (local.get $x))
"""


TEN = f"""(module
  (import "env" "sleep" (func $sleep (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (func $plain (export "plain") (call $log (i32.const 77)))
{"".join(map(body, range(COUNT)))})
"""


class Machine:
    """A module whose import `sleep` pauses it; `while_paused` and so on are called then."""

    def __init__(self, text: str, **options: Any) -> None:
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, rewrite(text, **options))
        i32 = wasmtime.ValType.i32
        sleep = wasmtime.Func(self.store, wasmtime.FuncType([], [i32()]), self.sleep)
        log = wasmtime.Func(self.store, wasmtime.FuncType([i32()], []), lambda value: self.trace.append(value))
        given = {"sleep": sleep, "log": log}
        imports = [given[entry.name] for entry in module.imports]
        self.exports: Any = wasmtime.Instance(self.store, module, imports).exports(self.store)
        self.trace: list[int] = []
        self.asleep = False

    def sleep(self) -> int:
        if self.asleep:
            self.control("stop_rewind")
            self.asleep = False
            return 3
        self.write(DATA, DATA + 8, END)
        self.asleep = True
        self.control("start_unwind", DATA)
        return -1

    def control(self, name: str, *arguments: int) -> Any:
        return self.exports[f"bysyncify_{name}"](self.store, *arguments)

    def write(self, address: int, *numbers: int) -> None:
        self.exports["memory"].write(self.store, struct.pack(f"<{len(numbers)}I", *numbers), address)

    def read(self, address: int) -> int:
        return int.from_bytes(self.exports["memory"].read(self.store, address, address + 4), "little")

    def call(self, name: str) -> Any:
        return self.exports[name](self.store)

    def run(self, name: str) -> Any:
        """The result of an export, paused wherever it sleeps."""
        result = self.call(name)
        while self.asleep:
            self.control("stop_unwind")
            self.control("start_rewind", DATA)
            result = self.call(name)
        return result

    def pause(self, name: str = "f0") -> None:
        """Leaves the program paused."""
        self.call(name)
        self.control("stop_unwind")

    @property
    def error(self) -> tuple[int, int]:
        """What went wrong, and the number of the function."""
        code, where = (self.exports[f"bysyncify_{name}"].value(self.store) for name in ("error", "error_function"))
        return code, where


def number(name: str) -> int:
    """Of a function of `TEN`: behind two imports and `$plain`."""
    return 3 + NAMES.index(name)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = FORMS[request.param]
    return {**options, "asserts": True, "imports": "env.sleep"}


def trapped(machine: Machine, name: str) -> tuple[int, int]:
    """What a call says that traps."""
    assert machine.error == (0, -1)
    with pytest.raises(wasmtime.Trap):
        machine.run(name)
    return machine.error


def test_nothing_wrong(form: dict[str, Any]) -> None:
    machine = Machine(TEN, **form)
    plain = Machine(TEN, ignore_imports=True)
    plain.asleep = True
    plain.control = lambda name, *arguments: None  # type: ignore[method-assign]
    assert machine.run("f0") == 45 + 6
    assert machine.trace[:COUNT] == [*range(COUNT)]
    assert machine.error == (0, -1)


@pytest.mark.parametrize("missing", NAMES)
def test_one_of_ten_is_missing(missing: str, form: dict[str, Any]) -> None:
    """Whichever function is left out of the only-list, it is named."""
    listed = [name for name in NAMES if name != missing]
    machine = Machine(TEN, **form, only_list=listed)
    assert trapped(machine, "f0") == (PAUSED, number(missing))


def test_called_while_unwinding(form: dict[str, Any]) -> None:
    """By the host, before it has stopped the unwinding: a function that is instrumented, and one that is not."""
    for name, where in (("f3", number("$f3")), ("plain", 2)):
        machine = Machine(TEN, **form)
        machine.call("f0")
        assert trapped(machine, name) == (CALLED, where)


def test_called_while_rewinding(form: dict[str, Any]) -> None:
    """A function that is not instrumented, while the stack is rewound."""
    machine = Machine(TEN, **form)
    machine.pause()
    machine.control("start_rewind", DATA)
    assert trapped(machine, "plain") == (CALLED, 2)


@pytest.mark.parametrize("name", CONTROL_FUNCTIONS[:4])
@pytest.mark.parametrize("state", ["normal", "unwinding", "rewinding"])
def test_out_of_turn(name: str, state: str, form: dict[str, Any]) -> None:
    """A control function is called only in the state in which it makes sense."""
    machine = Machine(TEN, **form)
    machine.write(DATA, DATA + 8, END)
    if state != "normal":
        machine.call("f0")
    if state == "rewinding":
        machine.control("stop_unwind")
        machine.control("start_rewind", DATA)
    turn = {"stop_unwind": "unwinding", "stop_rewind": "rewinding"}.get(name, "normal")
    arguments = (DATA,) if name.startswith("start") else ()
    if state == turn:
        machine.control(name, *arguments)
        assert machine.error == (0, -1)
    else:
        with pytest.raises(wasmtime.Trap):
            machine.control(name, *arguments)
        assert machine.error == (STATE, -2 - CONTROL_FUNCTIONS.index(name))


def test_frame_of_another_function(form: dict[str, Any]) -> None:
    """The host resumes another export than the one that was paused."""
    machine = Machine(TEN, **form)
    machine.pause()
    machine.control("start_rewind", DATA)
    assert trapped(machine, "f1") == (FRAME, number("$f1"))


def test_frame_of_another_module(form: dict[str, Any]) -> None:
    """The frames are of a module with the same functions, whose text is another."""
    machine, other = Machine(TEN, **form), Machine(TEN.replace("77", "78"), **form)
    other.pause()
    frames = other.exports["memory"].read(other.store, DATA, END)
    machine.exports["memory"].write(machine.store, frames, DATA)
    machine.control("start_rewind", DATA)
    assert trapped(machine, "f0") == (FRAME, number("$f0"))


def test_damaged_frame(form: dict[str, Any]) -> None:
    machine = Machine(TEN, **form)
    machine.pause()
    machine.write(machine.read(DATA) - 4, 12345)
    machine.control("start_rewind", DATA)
    assert trapped(machine, "f0") == (FRAME, number("$f0"))


def test_damaged_call_index(form: dict[str, Any]) -> None:
    """`$f8` has two pausing calls; its frame says a third."""
    machine = Machine(TEN, **form)
    machine.pause("f8")
    assert machine.asleep
    top = machine.read(DATA) - 4
    # Where in the frame the number of the call is, is its form's own affair: it is the one whose change is noticed so.
    said = []
    for address in range(DATA + 8, top, 4):
        again = Machine(TEN, **form)
        again.pause("f8")
        again.write(address, 99)
        again.control("start_rewind", DATA)
        try:
            again.run("f8")
        except wasmtime.Trap:
            said.append(again.error)
    assert (INDEX, number("$f8")) in said
    assert {code for code, _ in said} <= {INDEX, FRAME}


# --- Recording


def test_recorded(form: dict[str, Any]) -> None:
    """The memory has a 1 for each function that was paused, and for no other."""
    machine = Machine(TEN, **form, record=True)
    machine.run("f4")
    marks = bytes(machine.exports["bysyncify_recorded"].read(machine.store, 0, 16))
    assert marks == bytes(int(3 + 4 <= each < 3 + COUNT) for each in range(16))


DRIVEN = """(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "spectest" "print_i32" (func $print (param i32)))
  (memory 1)
  (table funcref (elem $inner $other))
  (data (i32.const 16) "\\18\\00\\00\\00\\00\\10\\00\\00")
  (global $asleep (mut i32) (i32.const 0))
  (func $sleep
    (if (global.get $asleep)
      (then (global.set $asleep (i32.const 0)) (call $stop_rewind))
      (else (global.set $asleep (i32.const 1)) (call $start_unwind (i32.const 16)))))
  (func $inner (call $print (i32.const 1)) (call $sleep) (call $print (i32.const 3)))
  (func $other (call $sleep))
  (func $never (call_indirect (i32.const 1)))
  (func $work (call_indirect (i32.const 0)) (if (i32.const 0) (then (call $never))))
  (func $driver
    (call $work) (call $stop_unwind) (call $print (i32.const 2)) (call $start_rewind (i32.const 16)) (call $work))
  (start $driver)
)
"""


# What was paused has no frame of its own in $forward, and in $both; $pass does nothing but a call.
FRAMELESS = DRIVEN.replace(
    "(func $work (call_indirect (i32.const 0))",
    """(func $forward (return_call $inner))
  (func $both (if (global.get $asleep) (then (call $sleep))) (return_call $forward))
  (func $pass (call $both))
  (func $work (call $pass)""",
)


@pytest.mark.parametrize("options", [[], ["-O"], ["-Os"]])
@pytest.mark.parametrize(
    ("text", "names"), [(DRIVEN, ("inner", "work")), (FRAMELESS, ("inner", "forward", "both", "pass", "work"))]
)
def test_recorded_list(text: str, names: tuple[str, ...], options: list[str], tmp_path: Path) -> None:
    """What wat-shell writes is a list: with nothing else instrumented, and checks, the program does the same."""
    source, recording, listed, again = (tmp_path / name for name in ("in.wat", "record.wat", "list", "again.wat"))
    source.write_text(text)
    runner = CliRunner()
    done = runner.invoke(main, [str(source), *options, "--record", "-o", str(recording)])
    assert done.exit_code == 0, done.output
    first = runner.invoke(shell, [str(recording), "--record", str(listed)])
    assert (first.exit_code, first.output) == (0, "(i32.const 1)\n(i32.const 2)\n(i32.const 3)\n")
    assert listed.read_text().split() == [f"${name}" for name in names]
    done = runner.invoke(main, [str(source), *options, "--only-list", f"@{listed}", "--asserts", "-o", str(again)])
    assert done.exit_code == 0, done.output
    second = runner.invoke(shell, [str(again)])
    assert (second.exit_code, second.output) == (0, first.output)


def test_frameless_called(form: dict[str, Any]) -> None:
    """A function that only tail-calls what can pause has no frame, and is not to be called while unwinding either."""
    text = """(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (func (export "f") (param i32) (if (local.get 0) (then (return_call $g))))
  (func $g (call $sleep)))
"""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, rewrite(text, **form))
    sleep = wasmtime.Func(store, wasmtime.FuncType([], []), lambda: None)
    exports = wasmtime.Instance(store, module, [sleep]).exports(store)
    exports["memory"].write(store, struct.pack("<II", 24, 1024), 16)
    exports["f"](store, 0)
    exports["bysyncify_start_unwind"](store, 16)
    with pytest.raises(wasmtime.Trap):
        exports["f"](store, 0)
    assert exports["bysyncify_error"].value(store) == CALLED
