"""wat_bysyncify.host: which modules are taken, where their frames go, and what their checks say."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from hosting import SLEEP, run, settled, sleep

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.host import (
    Busy,
    CannotPause,
    CheckFailed,
    Module,
    StackOverflow,
    engine,
    instantiate,
)
from wat_bysyncify.script.instance import to_wasm

START = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (global $slept (export "slept") (mut i32) (i32.const 0))
  (func $start (global.set $slept (call $sleep (i32.const 3))))
  (start $start))"""


def test_an_import_called_from_start_is_awaited() -> None:
    async def main() -> None:
        for source in (START, to_wasm(rewrite(START, own_memory=1).encode())):
            inst = await instantiate(source, {"env": {"sleep": sleep}})
            assert inst.exports.slept.value(inst.store) == 3
            assert next(iter(inst.exports)) == "slept" and "host start" not in dir(inst.exports)
        with pytest.raises(CannotPause, match=r"env.sleep pauses, but the module cannot be paused"):
            await instantiate(to_wasm(START.encode()), {"env": {"sleep": sleep}})

    run(main())


def test_sources() -> None:
    """Text, text that is rewritten already, and binaries."""

    async def main() -> None:
        rewritten = rewrite(SLEEP, own_memory=1, names="asyncify")
        for source in (rewritten, to_wasm(rewritten.encode()), Module.of(SLEEP)):
            inst = await instantiate(source, {"env": {"sleep": sleep}})
            assert await asyncio.gather(inst.exports.main(2), inst.exports.main(5)) == [3, 6]
        plain = await instantiate(to_wasm(SLEEP.encode()), {"env": {"sleep": lambda n: n}})
        assert await plain.exports.main(2) == 3
        plain = await instantiate(to_wasm(SLEEP.encode()), {"env": {"sleep": sleep}})
        with pytest.raises(CannotPause, match=r"env.sleep pauses, but the module cannot be paused: give its text"):
            await plain.exports.main(2)
        with pytest.raises(WatError, match="unknown"):
            await instantiate("(module (func (call $f)))")
        with pytest.raises(TypeError, match=r"the import env.sleep is missing"):
            await instantiate(SLEEP)
        with pytest.raises(TypeError, match="a binary is not rewritten: 'names' is for text"):
            await instantiate(to_wasm(SLEEP.encode()), names="asyncify")
        with pytest.raises(wasmtime.WasmtimeError):
            await instantiate(b"\0asm\1\0\0\0\7")
        with pytest.raises(AttributeError, match="exports no 'nothing'"):
            plain.exports.nothing  # noqa: B018

    run(main())


DEEP = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "program")
  (func $deep (export "deep") (param $n i32) (result i32)
    (local $wide i64)
    (local.set $wide (i64.extend_i32_u (local.get $n)))
    (if (result i32) (local.get $n)
      (then
        (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (local.get $n))
        (i32.add (i32.wrap_i64 (local.get $wide)))
        (i32.sub (local.get $n)))
      (else (call $sleep (i32.const 0)))))
  (global $brk (mut i32) (i32.const 4096))
  (global $freed (export "freed") (mut i32) (i32.const 0))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $brk)
    (if (i32.gt_u (local.get $size) (i32.const 32768)) (then (return (i32.const 0)) ))
    (global.set $brk (i32.add (global.get $brk) (local.get $size))))
  (func (export "free") (param i32) (global.set $freed (local.get 0))))""".replace(
    "(return (i32.const 0)) ", "(unreachable)"
)


@pytest.mark.parametrize(
    ("place", "size"),
    [
        ({}, 1 << 20),
        ({"own_memory": 1}, 1 << 16),
        ({"own_memory": 1, "stack": 1 << 17}, 1 << 17),
        ({"frames": (256, 4096)}, 3840),
        ({"frames": ("malloc", "free"), "stack": 8192}, 8192),
    ],
)
def test_where_frames_go(place: dict[str, Any], size: int) -> None:
    """In each place a deep stack fits, one that is too deep is refused by its size, and no byte around is changed."""

    async def main() -> None:
        options = {"memory": "memory"} if "frames" in place else {}
        inst = await instantiate(DEEP, {"env": {"sleep": sleep}}, **place, **options)
        assert await asyncio.gather(*(inst.exports.deep(n) for n in (10, 100, 50))) == [55, 5050, 1275]
        before = inst.exports.memory.read(inst.store)
        frames = inst.frames()
        assert frames.size == size
        full = (StackOverflow, f"do not fit into {size} bytes")
        error, said = full if size < 1 << 20 else (wasmtime.Trap, "call stack exhausted")  # before ours is
        with pytest.raises(error, match=said):
            await inst.exports.deep(size // 16 + 8)
        after = inst.exports.memory.read(inst.store)
        if "frames" in place:
            for memory in (before, after):
                memory[frames.base : frames.base + frames.size] = bytes(frames.size)
        assert before == after and after.startswith(b"program")
        assert await inst.exports.deep(100) == 5050
        inst.close()
        assert inst.exports.freed.value(inst.store) == (4096 if place.get("frames") == ("malloc", "free") else 0)

    run(main())


def test_places_that_are_not_there() -> None:
    async def main() -> None:
        imports = {"env": {"sleep": sleep}}
        inst = await instantiate(DEEP, imports, memory="memory")
        with pytest.raises(CannotPause, match="say where they go"):
            await inst.exports.deep(1)
        with pytest.raises(StackOverflow, match="the memory has 65536 bytes"):
            await instantiate(DEEP, imports, memory="memory", frames=(256, 1 << 20))
        inst = await instantiate(DEEP, imports, memory="memory", frames=("calloc", "free"))
        with pytest.raises(CannotPause, match="no function 'calloc'"):
            await inst.exports.deep(1)
        with pytest.raises(StackOverflow, match="are too few for frames"):
            await instantiate(DEEP, imports, memory="memory", frames=(256, 260))

    run(main())


CHECKED = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func $parse (param $n i32) (result i32)
    (call $sleep (local.get $n)))
  (func (export "main") (param $n i32) (result i32) (call $parse (local.get $n))))"""


def test_imports_that_do_not_pause() -> None:
    """What the options say of an import is kept: nothing of the program has been changed for it."""
    text = """(module
      (import "env" "sleep" (func $sleep (param i32) (result i32)))
      (import "env" "log" (func $log (param i32) (result i32)))
      (func (export "main") (result i32) (i32.add (call $sleep (i32.const 1)) (call $log (i32.const 2)))))"""

    async def main() -> None:
        for options in ({"imports": "env.sleep"}, {"ignore_imports": True}):
            inst = await instantiate(text, {"env": {"sleep": sleep, "log": sleep}}, **options)
            with pytest.raises(CannotPause, match=r"pauses, but the options with which the module was rewritten say"):
                await inst.exports.main()
        inst = await instantiate(text, {"env": {"sleep": sleep, "log": lambda n: n}}, imports="env.sleep")
        assert await inst.exports.main() == 3
        with pytest.raises(TypeError, match="imports are given without their name"):
            await instantiate(text, imports={"env": {}})
        inst = await instantiate(text, {"env": {"sleep": sleep, "log": sleep}}, imports="env.*")
        assert await inst.exports.main() == 3

    run(main())


def test_an_import_that_is_called_while_unwinding() -> None:
    """A function in between, which was said not to pause, went on."""
    text = CHECKED.replace("(func $parse", '(import "env" "log" (func $log))\n  (func $parse').replace(
        "(call $sleep (local.get $n))", "(call $sleep (local.get $n)) (call $log)"
    )
    logged: list[int] = []

    async def main() -> None:
        imports = {"env": {"sleep": sleep, "log": lambda: logged.append(1)}}
        inst = await instantiate(text, imports, remove_list="$parse")
        with pytest.raises(CannotPause, match=r"env.log is called while the stack is unwound from env.sleep"):
            await inst.exports.main(1)
        assert not logged and not inst.paused and inst.state() == 0

    run(main())


def test_checks_name_the_function() -> None:
    async def main() -> None:
        inst = await instantiate(CHECKED, {"env": {"sleep": sleep}}, asserts=True, remove_list="$parse")
        with pytest.raises(
            CheckFailed, match=r"`\$parse` \(line 3\) was paused through, but is not instrumented"
        ) as info:
            await inst.exports.main(1)
        assert "add it to the list" in str(info.value)
        assert isinstance(info.value.__cause__, wasmtime.Trap)
        good = await instantiate(CHECKED, {"env": {"sleep": sleep}}, asserts=True)
        assert await asyncio.gather(good.exports.main(2), good.exports.main(5)) == [2, 5]

    run(main())


C_PROGRAM = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $sp (mut i32) (i32.const 4096))
  (func (export "main") (param $n i32) (result i32)
    (local $frame i32)
    global.get $sp
    i32.const 16
    i32.sub
    local.tee $frame
    global.set $sp
    (i32.store (local.get $frame) (local.get $n))
    (drop (call $sleep (local.get $n)))
    (i32.add (i32.load (local.get $frame)) (i32.const 1))
    (global.set $sp (i32.add (local.get $frame) (i32.const 16))))
  (func (export "stack") (result i32) (global.get $sp)))"""


def test_calls_of_a_c_program_wait_their_turn() -> None:
    """Its stack in linear memory is one; and where it was before is where it is after what does not end."""

    async def main() -> None:
        inst = await instantiate(C_PROGRAM, {"env": {"sleep": sleep}})
        assert not inst.concurrent
        assert await asyncio.gather(*(inst.exports.main(n) for n in (5, 1, 3))) == [6, 2, 4]
        task = asyncio.create_task(inst.exports.main(60_000))
        await settled()
        with pytest.raises(Busy, match=r"must wait: <call of main: paused at env.sleep>"):
            inst.call("stack").run()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await inst.exports.stack() == 4096
        assert (await instantiate(C_PROGRAM, {"env": {"sleep": sleep}}, concurrent=True)).concurrent

    run(main())


def test_a_call_that_would_wait_for_itself() -> None:
    async def main() -> None:
        async def again(n: int) -> int:
            return await inst.exports.stack()  # type: ignore[no-any-return]

        inst = await instantiate(C_PROGRAM, {"env": {"sleep": again}})
        with pytest.raises(Busy, match="would wait for itself"):
            await inst.exports.main(1)
        assert await inst.exports.stack() == 4096

    run(main())


def test_stores() -> None:
    """Instances of one store share what one exports; a store of another engine is refused."""
    text = '(module (import "a" "count" (global (mut i32))) (func (export "up") (global.set 0 (i32.const 7))))'

    async def main() -> None:
        store = wasmtime.Store(engine())
        one = await instantiate(SLEEP, {"env": {"sleep": sleep}}, store=store)
        two = await instantiate(text, {"a": {"count": one.exports.ran}}, store=store)
        await two.exports.up()
        assert one.exports.ran.value(store) == 7
        with pytest.raises(ValueError, match="the store is of another engine"):
            await instantiate(SLEEP, {"env": {"sleep": sleep}}, store=wasmtime.Store())

    run(main())


def test_wasm_opt_names(tmp_path: Path) -> None:
    """Modules of Asyncify are driven in the same way, with a place for their frames."""

    async def main() -> None:
        wasm = to_wasm(rewrite(DEEP, names="asyncify").encode())
        inst = await instantiate(wasm, {"env": {"sleep": sleep}}, frames=(1024, 4096))
        assert await asyncio.gather(*(inst.exports.deep(n) for n in (10, 100))) == [55, 5050]

    run(main())


def test_a_memory_of_64_bits() -> None:
    text = DEEP.replace('(export "memory") 1', '(export "memory") i64 1')
    text = text.replace("(data (i32.const 0)", "(data (i64.const 0)")

    async def main() -> None:
        given: dict[str, Any] = {"memory": "memory", "frames": (256, 4096), "snapshots": True}
        inst = await instantiate(text, {"env": {"sleep": sleep}}, **given)
        assert inst.frames().width == 8
        assert await asyncio.gather(*(inst.exports.deep(n) for n in (10, 100))) == [55, 5050]
        with pytest.raises(StackOverflow):
            await inst.exports.deep(1000)
        assert await inst.exports.deep(100) == 5050

    run(main())


def test_modules_that_drive_themselves() -> None:
    """Their frames are where they say; they are called like any other."""
    text = """(module
      (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
      (import "bysyncify" "stop_unwind" (func $stop_unwind))
      (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
      (import "bysyncify" "stop_rewind" (func $stop_rewind))
      (memory (export "memory") 1)
      (data (i32.const 16) "\\18\\00\\00\\00\\00\\01\\00\\00")
      (global $again (mut i32) (i32.const 0))
      (func $pause
        (if (global.get $again)
          (then (call $stop_rewind))
          (else (global.set $again (i32.const 1)) (call $start_unwind (i32.const 16)))))
      (func $half (result i32) (call $pause) (i32.const 21))
      (func (export "main") (result i32)
        (drop (call $half)) (call $stop_unwind)
        (call $start_rewind (i32.const 16)) (i32.mul (call $half) (i32.const 2))))"""

    async def main() -> None:
        inst = await instantiate(text)
        assert await inst.exports.main() == 42
        assert inst.exports.memory.read(inst.store, 16, 24) == b"\x18\0\0\0\0\1\0\0"

    run(main())


def test_a_counter_is_no_stack_pointer() -> None:
    counter = C_PROGRAM.replace("i32.const 16\n", "i32.const 1\n")
    assert Module.of(counter).stack_pointer is None and Module.of(C_PROGRAM).stack_pointer is not None
