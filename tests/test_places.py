"""Where the frames are (`--memory`, `--own-memory`), and pauses where there is no call (`--pause-at`)."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.script.instance import engine

SLEEP = '(import "env" "sleep" (func $sleep))'
MAIN = '(func (export "main") (param $x i32) (result i32) (call $sleep) (i32.add (local.get $x) (i32.const 1)))'
FRAME = 8  # $x and the number of the call

# Loops n times: one entry, and a loop head for each turn.
COUNT = """(module
  (memory (export "memory") 1)
  (global $turns (export "turns") (mut i32) (i32.const 0))
  (func $count (export "count") (param $n i32) (result i32)
    (loop $again
      (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.get $turns))
)"""


class Run:
    """An instance whose imports, if it has any, pause to the data structure at `data`."""

    def __init__(self, text: str, data: int = 0) -> None:
        self.store = wasmtime.Store(engine())
        module = wasmtime.Module(engine(), text)
        pause = wasmtime.Func(self.store, wasmtime.FuncType([], []), self.pause)
        self.exports = wasmtime.Instance(self.store, module, [pause] * len(module.imports)).exports(self.store)
        self.data, self.pauses = data, 0

    def call(self, name: str, *arguments: int) -> Any:
        return self.exports[name](self.store, *arguments)  # type: ignore[operator]

    def state(self) -> int:
        return self.call("bysyncify_get_state")  # type: ignore[no-any-return]

    def pause(self) -> None:
        if self.state() == 2:
            self.call("bysyncify_stop_rewind")
        else:
            self.call("bysyncify_start_unwind", self.data)

    def run(self, name: str, *arguments: int, fuel: int | None = None) -> Any:
        """Calls an export, which is resumed, with new fuel, as often as it pauses."""
        if fuel is not None:
            self.call("bysyncify_set_fuel", fuel)
        result = self.call(name, *arguments)
        while self.state() == 1:
            self.pauses += 1
            self.call("bysyncify_stop_unwind")
            if fuel is not None:
                self.call("bysyncify_set_fuel", fuel)
            self.call("bysyncify_start_rewind", self.data)
            result = self.call(name, *arguments)
        return result

    def memory(self, name: str) -> wasmtime.Memory:
        memory = self.exports[name]
        assert isinstance(memory, wasmtime.Memory)
        return memory

    def words(self, name: str, at: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.memory(name).read(self.store, at, at + 4 * count))


@pytest.mark.parametrize("word", ["second", "$b", "b", "1"])
def test_memory_by_name(word: str) -> None:
    """The memory is named by its export, its id or its number; the others keep their bytes."""
    text = f'(module {SLEEP} (memory (export "first") 1) (memory $b (export "second") 1) {MAIN})'
    run = Run(rewrite(text, memory=word), data=16)
    run.memory("second").write(run.store, struct.pack("<II", 32, 64), 16)
    assert run.run("main", 6) == 7
    assert run.pauses == 1
    assert run.words("second", 16, 2) == (32, 64)
    assert run.words("second", 32, FRAME // 4) == (6, 0)
    assert not any(run.memory("first").read(run.store, 0, 100))


def test_exported_name_before_id() -> None:
    """Where a name is the export of one memory and the id of another, it means the export."""
    text = f'(module {SLEEP} (memory $x (export "first") 1) (memory (export "x") 1) {MAIN})'
    assert "(i32.load 1 (global.get $data))" in rewrite(text, memory="x")
    assert "(i32.load (global.get $data))" in rewrite(text, memory="$x")


def test_64_bit_memory_behind_a_32_bit_one() -> None:
    """Pointers are as large as the memory that is chosen asks for."""
    text = f'(module {SLEEP} (memory 1) (memory $wide i64 1) (export "wide" (memory $wide)) {MAIN})'
    run = Run(rewrite(text, memory="wide"), data=16)
    run.memory("wide").write(run.store, struct.pack("<QQ", 32, 64), 16)
    assert run.run("main", 6) == 7


def test_unknown_memory() -> None:
    with pytest.raises(WatError, match="no memory is exported as 'c', and none has that name"):
        rewrite(f"(module {SLEEP} (memory $b 1) {MAIN})", memory="c")


@pytest.mark.parametrize("others", ["", "(memory 1)", '(memory i64 1) (memory (export "memory") 1)'])
def test_own_memory(others: str) -> None:
    """A memory of their own, exported, with a data structure at 0 that is ready."""
    run = Run(rewrite(f"(module {SLEEP} {others} {MAIN})", own_memory=3))
    assert run.memory("bysyncify_memory").size(run.store) == 3
    assert run.words("bysyncify_memory", 0, 2) == (8, 3 << 16)
    assert run.run("main", 6) == 7
    assert run.words("bysyncify_memory", 0, 4) == (8, 3 << 16, 6, 0)


def test_own_memory_of_both_names() -> None:
    text = rewrite(f"(module {SLEEP} {MAIN})", own_memory=1, names="both")
    assert '(export "bysyncify_memory") (export "asyncify_memory")' in text


def test_memory_that_the_host_cannot_reach() -> None:
    """The memory of the frames is exported if it is not; not for a module that drives itself."""
    run = Run(rewrite(f"(module {SLEEP} (memory $m 1) {MAIN})"), data=16)
    run.memory("bysyncify_memory").write(run.store, struct.pack("<II", 32, 64), 16)
    assert run.run("main", 6) == 7
    own = '(import "bysyncify" "start_unwind" (func $start_unwind (param i32)))'
    assert "bysyncify_memory" not in rewrite(f"(module {own} (memory $m 1) (func (call $start_unwind (i32.const 0))))")


@pytest.mark.parametrize(("places", "points"), [("entries", 1), ("loops", 10), ("entries,loops", 11)])
@pytest.mark.parametrize("fuel", [0, 1, 2, 6, 100])
def test_fuel(places: str, points: int, fuel: int) -> None:
    """With fuel n, each (n + 1)th pause point pauses, and everything comes out as it would without."""
    run = Run(rewrite(COUNT, pause_at=places, own_memory=1))
    assert run.run("count", 10, fuel=fuel) == 10
    assert run.pauses == points // (fuel + 1)
    assert run.words("bysyncify_memory", 0, 1) == (8,)


def test_no_fuel_said() -> None:
    """Nothing pauses until the fuel is set, nor after it is set to a negative number."""
    run = Run(rewrite(COUNT, pause_at="loops", own_memory=1))
    assert (run.run("count", 10), run.pauses) == (10, 0)
    assert (run.run("count", 10, fuel=3), run.pauses) == (20, 2)
    assert (run.run("count", 10, fuel=-1), run.pauses) == (30, 2)


def test_fuel_that_is_not_set_again() -> None:
    """Once it is used up, each pause point pauses."""
    run = Run(rewrite(COUNT, pause_at="loops", own_memory=1))
    run.call("bysyncify_set_fuel", 7)
    assert (run.run("count", 10), run.pauses) == (10, 3)


def test_an_endless_loop_is_stopped() -> None:
    """A loop that nobody ends comes back, and can be left where it is."""
    text = '(module (func (export "spin") (loop $l (br $l))) (func (export "one") (result i32) (i32.const 1)))'
    run = Run(rewrite(text, pause_at="loops", own_memory=1))
    run.call("bysyncify_set_fuel", 1000)
    run.call("spin")
    assert run.state() == 1
    run.call("bysyncify_stop_unwind")
    assert run.call("one") == 1


def test_pausing_into_the_first_memory() -> None:
    """Without a memory of its own, the data structure is the one that set_data names; without that, it traps."""
    run = Run(rewrite(COUNT, pause_at="loops"), data=16)
    run.memory("memory").write(run.store, struct.pack("<II", 32, 64), 16)
    run.call("bysyncify_set_fuel", 3)
    with pytest.raises(wasmtime.Trap):
        run.call("count", 10)
    assert run.state() == 0
    run = Run(rewrite(COUNT, pause_at="loops"), data=16)
    run.memory("memory").write(run.store, struct.pack("<II", 32, 64), 16)
    run.call("bysyncify_set_data", 16)
    assert (run.run("count", 10, fuel=3), run.pauses) == (10, 2)


def test_pause_import() -> None:
    """The import that pause points call pauses as any other does."""
    text = COUNT.replace("(module", '(module (import "env" "sleep" (func $yield))')
    out = rewrite(text, pause_at="loops", pause_import="env.sleep", own_memory=1)
    assert "set_data" not in out
    run = Run(out)
    assert (run.run("count", 10, fuel=3), run.pauses) == (10, 2)


def test_pause_import_that_is_none() -> None:
    with pytest.raises(WatError, match=r"'env\.sleep' is not an import of a function"):
        rewrite(COUNT, pause_at="loops", pause_import="env.sleep")
    text = '(module (import "env" "sleep" (func $s (param i32))) (func (loop)))'
    with pytest.raises(WatError, match="what pause points call has no parameters and no results"):
        rewrite(text, pause_at="loops", pause_import="env.sleep")


def test_fuel_from_inside() -> None:
    """Code inside the module sets the fuel through an import, as it calls the control functions."""
    text = """(module
      (import "bysyncify" "set_fuel" (func $set_fuel (param i32)))
      (import "bysyncify" "get_state" (func $get_state (result i32)))
      (import "bysyncify" "stop_unwind" (func $stop_unwind))
      (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
      (func $spin (param $n i32) (result i32)
        (loop $l (result i32)
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
          (i32.const 5)))
      (func (export "run") (param $n i32) (result i32 i32) (local $pauses i32) (local $result i32)
        (call $set_fuel (i32.const 9))
        (local.set $result (call $spin (local.get $n)))
        (loop $again
          (if (call $get_state) (then
            (local.set $pauses (i32.add (local.get $pauses) (i32.const 1)))
            (call $stop_unwind)
            (call $set_fuel (i32.const 9))
            (call $start_rewind (i32.const 0))
            (local.set $result (call $spin (i32.const 0)))
            (br $again))))
        (local.get $pauses) (local.get $result)))"""
    assert Run(rewrite(text, pause_at="loops", own_memory=1)).call("run", 100) == [10, 5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pause_at": "calls"}, "pause_at must be of entries, loops, not 'calls'"),
        ({"own_memory": 0}, "own_memory must be from 1 to 65535 pages, not 0"),
        ({"own_memory": 1, "memory": "m"}, "memory and own_memory exclude each other"),
        ({"pause_import": "a.b"}, "pause_import is for pause_at"),
        ({"pause_at": "loops", "ignore_indirect": True}, "pause_at and ignore_indirect exclude each other"),
        ({"imports": "a.b", "ignore_imports": True}, "imports and ignore_imports exclude each other"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rewrite(COUNT, **options)


def test_loop_whose_label_stands_apart() -> None:
    """A pause point goes behind the label of a loop, wherever that stands."""
    text = "(module (func (param i32) loop\n$l(;;)local.get 0 br_if\n$l end (loop\n $m (br_if $m (local.get 0)))))"
    wasmtime.wat2wasm(rewrite(text, pause_at="entries,loops"))
