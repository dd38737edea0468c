"""wat_bysyncify.host: programs that pause, on asyncio, as generators, in slices of time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import tracemalloc
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.host import (
    Busy,
    Call,
    CannotPause,
    CheckFailed,
    Instance,
    Module,
    OutOfFuel,
    StackOverflow,
    engine,
    instantiate,
    yields,
)
from wat_bysyncify.script.instance import to_wasm

SLEEP = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (global $ran (export "ran") (mut i32) (i32.const 0))
  (func $inner (param $n i32) (result i32)
    (i32.add (call $sleep (local.get $n)) (i32.const 1)))
  (func (export "main") (param $n i32) (result i32)
    (local $before i32)
    (global.set $ran (i32.add (global.get $ran) (i32.const 1)))
    (local.set $before (local.get $n))
    (i32.sub (i32.add (call $inner (local.get $n)) (local.get $before)) (local.get $before)))
  (func (export "trap") (unreachable)))"""


async def sleep(n: int) -> int:
    await asyncio.sleep(n / 1000)
    return n


def run(awaitable: Any) -> Any:
    async def main() -> Any:
        return await awaitable

    return asyncio.run(main())


async def settled() -> None:
    """Until every task that can run has run, down to where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_two_concurrent_calls_get_their_own_results() -> None:
    async def main() -> None:
        inst = await instantiate(SLEEP, {"env": {"sleep": sleep}})
        assert await asyncio.gather(inst.exports.main(2), inst.exports.main(5)) == [3, 6]
        assert await asyncio.gather(inst.exports.main(5), inst.exports.main(2)) == [6, 3]
        calls = [inst.exports.main(n * 7 % 13) for n in range(50)]
        assert await asyncio.gather(*calls) == [n * 7 % 13 + 1 for n in range(50)]

    run(main())


@pytest.mark.parametrize("rewind", ["skip", "jump"])
@pytest.mark.parametrize("seed", range(10))
def test_interleaved_calls(seed: int, rewind: str) -> None:
    """Recursions of different depths, in one instance, that wake in any order."""
    import random

    choose = random.Random(seed)
    text = """(module
      (import "env" "wait" (func $wait (param i32) (result i64)))
      (func $sum (export "sum") (param $n i32) (param $more f64) (result i64 f64)
        (local $rest i64) (local $value f64)
        (if (i32.eqz (local.get $n)) (then (return (call $wait (local.get $n)) (local.get $more))))
        (call $sum (i32.sub (local.get $n) (i32.const 1)) (f64.add (local.get $more) (f64.const 0.5)))
        (local.set $value) (local.set $rest)
        (i64.add (local.get $rest) (i64.mul (call $wait (local.get $n)) (i64.extend_i32_s (local.get $n))))
        (local.get $value)))"""
    waiting: list[asyncio.Future[int]] = []

    async def wait(n: int) -> int:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        waiting.append(future)
        return await future + n

    async def main() -> None:
        inst = await instantiate(text, {"env": {"wait": wait}}, rewind=rewind)
        depths = [choose.randrange(30) for _ in range(20)]
        tasks = [asyncio.ensure_future(inst.exports.sum(n, float(n))) for n in depths]
        await settled()
        while waiting:
            waiting.pop(choose.randrange(len(waiting))).set_result(1 << 40)
            await settled()
        for n, task in zip(depths, tasks, strict=True):
            expected = (1 << 40) + sum(((1 << 40) + k) * k for k in range(1, n + 1))
            assert await task == [expected, n + n * 0.5]

    run(main())


def test_plain_functions_do_not_pause() -> None:
    seen: list[int] = []

    def now(n: int) -> int:
        seen.append(n)
        return 2 * n

    async def main() -> None:
        inst = await instantiate(SLEEP, {"env": {"sleep": now}})
        call = inst.call("main", 4)
        assert call.run() and call.result == 9
        assert await inst.exports.main(4) == 9
        assert seen == [4, 4]

    run(main())


def test_a_function_that_paused_is_not_run_again() -> None:
    seen: list[int] = []

    def later(n: int) -> Awaitable[int]:
        seen.append(n)
        return sleep(n)

    async def main() -> None:
        inst = await instantiate(SLEEP, {"env": {"sleep": later}})
        assert await inst.exports.main(1) == 2
        assert seen == [1] and inst.exports.ran.value(inst.store) == 1

    run(main())


def test_all_types() -> None:
    text = """(module
      (import "env" "f" (func $f (param i32 i64 f32 f64 externref funcref)
        (result funcref externref f64 f32 i64 i32)))
      (func $one (result i32) (i32.const 41))
      (elem declare func $one)
      (func (export "one") (result funcref) (ref.func $one))
      (func (export "f") (param i32 i64 f32 f64 externref funcref) (result i32 i64 f32 f64 externref funcref)
        (local $a funcref) (local $b externref) (local $c f64) (local $d f32) (local $e i64) (local $f i32)
        (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))
        (local.set $f) (local.set $e) (local.set $d) (local.set $c) (local.set $b) (local.set $a)
        (drop (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
        drop drop drop drop drop
        (local.get $f) (local.get $e) (local.get $d) (local.get $c) (local.get $b) (local.get $a)))"""

    async def f(*values: Any) -> tuple[Any, ...]:
        await asyncio.sleep(0)
        return tuple(reversed(values))

    async def main() -> None:
        inst = await instantiate(text, {"env": {"f": f}})
        one = await inst.exports.one()
        here = object()
        a, b, c, d, e, g = await inst.exports.f(-1, -1 << 63, 1.5, math.inf, here, one)
        assert (a, b, c, d, e) == (-1, -1 << 63, 1.5, math.inf, here) and g(inst.store) == 41
        a, b, c, d, e, g = await inst.exports.f(0xFFFFFFFF, (1 << 64) - 1, 2, 3, None, None)
        assert (a, b, c, d, e, g) == (-1, -1, 2.0, 3.0, None, None)
        with pytest.raises(TypeError, match="expected 6 values, not 1"):
            await inst.exports.f(1)
        with pytest.raises(TypeError, match="expected an int for i32, not 'x'"):
            await inst.exports.f("x", 1, 1, 1, None, None)
        with pytest.raises(OverflowError, match="does not fit into i32"):
            await inst.exports.f(1 << 32, 1, 1, 1, None, None)

    run(main())


def test_bad_results_of_imports_are_raised() -> None:
    async def wrong(n: int) -> str:
        await asyncio.sleep(0)
        return "x"

    async def main() -> None:
        for function in (wrong, lambda n: "x"):
            inst = await instantiate(SLEEP, {"env": {"sleep": function}})
            with pytest.raises(TypeError, match=r"env.sleep: expected an int for i32, not 'x'"):
                await inst.exports.main(1)

    run(main())


def test_exceptions_leave_the_instance_usable() -> None:
    async def moody(n: int) -> int:
        await asyncio.sleep(0)
        if n < 0:
            raise LookupError("below zero")
        return n

    def at_once(n: int) -> int:
        if n < 0:
            raise LookupError("below zero")
        return n

    async def main() -> None:
        for function in (moody, at_once):
            inst = await instantiate(SLEEP, {"env": {"sleep": function}})
            good = [inst.exports.main(n) for n in range(3)]
            bad = [inst.exports.main(-1) for _ in range(3)]
            found = await asyncio.gather(*bad, *good, return_exceptions=True)
            assert [type(each) for each in found[:3]] == [LookupError] * 3 and found[3:] == [1, 2, 3]
            assert await inst.exports.main(7) == 8 and not inst.paused
            with pytest.raises(wasmtime.Trap):
                await inst.exports.trap()
            assert await inst.exports.main(7) == 8

    run(main())


def test_cancelled_and_timed_out() -> None:
    async def main() -> None:
        inst = await instantiate(SLEEP, {"env": {"sleep": sleep}})
        other = asyncio.create_task(inst.exports.main(30))
        await settled()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await inst.exports.main(60_000)
        task = asyncio.create_task(inst.exports.main(60_000))
        await settled()
        assert len(inst.paused) == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await other == 31 and not inst.paused
        assert await inst.exports.main(0) == 1

    run(main())


REFERENCES = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func (export "main") (param $n i32) (param $held externref) (result externref)
    (drop (call $sleep (local.get $n)))
    (local.get $held)))"""


def test_a_thousand_rejections_do_not_grow() -> None:
    async def refuse(n: int) -> int:
        await asyncio.sleep(0)
        if n:
            raise LookupError
        return n

    async def main() -> None:
        module = Module.of(REFERENCES, snapshots=True)
        inst = await instantiate(module, {"env": {"sleep": refuse}})
        table = inst.externs[module.names["table", 0]]
        assert isinstance(table, wasmtime.Table)
        sizes = []
        for _ in range(3):
            for _ in range(500):
                with pytest.raises(LookupError):
                    await inst.exports.main(1, inst)
            gc.collect()
            sizes.append((table.size(inst.store), inst.frames().position(), tracemalloc.get_traced_memory()[0]))
            assert all(table.get(inst.store, slot).value is None for slot in range(table.size(inst.store)))
        assert sizes[0][:2] == sizes[1][:2] == sizes[2][:2]
        assert sizes[2][2] - sizes[1][2] < 50_000
        assert await inst.exports.main(0, "held") == "held" and not inst.paused

    tracemalloc.start()
    try:
        run(main())
    finally:
        tracemalloc.stop()


def test_instances_are_let_go() -> None:
    async def main() -> None:
        from weakref import ref

        inst = await instantiate(SLEEP, {"env": {"sleep": sleep}})
        assert await inst.exports.main(1) == 2
        gone = ref(inst.store)
        del inst
        gc.collect()
        assert gone() is None

    run(main())


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


PRODUCE = """(module
  (import "env" "yield" (func $yield (param i32) (result i32)))
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func (export "produce") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $yield (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "slowly") (result i32)
    (drop (call $yield (call $sleep (i32.const 1))))
    (call $yield (call $sleep (i32.const 2)))))"""


def test_generators() -> None:
    async def main() -> Instance:
        return await instantiate(PRODUCE, {"env": {"yield": lambda n: yields(n), "sleep": sleep}})

    inst = run(main())
    with pytest.raises(TypeError, match="expected an int for i32, not None"):
        list(inst.generator("produce", 3))
    inst = run(instantiate(PRODUCE, {"env": {"yield": yields, "sleep": sleep}}))
    coro = inst.generator("produce", 3)
    other = inst.generator("produce", 2)
    assert next(coro) == 0 and next(other) == 0
    assert coro.send(10) == 1 and other.send(1) == 1 and coro.send(20) == 2
    with pytest.raises(StopIteration) as stop:
        coro.send(12)
    assert stop.value.value == 42
    with pytest.raises(StopIteration) as stop:
        other.send(2)
    assert stop.value.value == 3
    assert not inst.paused
    with contextlib.closing(inst.generator("produce", 3)) as coro:
        next(coro)
        assert inst.paused
    assert not inst.paused
    coro = inst.generator("produce", 3)
    next(coro)
    with pytest.raises(LookupError):
        coro.throw(LookupError())
    with pytest.raises(CannotPause, match=r"env.sleep is to be awaited"):
        list(inst.generator("slowly"))
    assert not inst.paused


def test_a_generator_without_results() -> None:
    text = """(module (import "env" "yield" (func $yield (param i32 i32)))
      (func (export "pairs") (param $n i32)
        (loop $next
          (call $yield (local.get $n) (i32.mul (local.get $n) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"""
    inst = run(instantiate(text, {"env": {"yield": yields}}))
    assert list(inst.generator("pairs", 3)) == [(3, 9), (2, 4), (1, 1)]
    assert dict(inst.generator("pairs", 2)) == {2: 4, 1: 1}


def test_async_generators() -> None:
    async def main() -> None:
        inst = await instantiate(PRODUCE, {"env": {"yield": yields, "sleep": sleep}})
        values = inst.async_generator("slowly")
        assert await anext(values) == 1
        assert await values.asend(7) == 2
        with pytest.raises(StopAsyncIteration):
            await values.asend(8)
        values = inst.async_generator("slowly")
        await anext(values)
        await values.aclose()
        assert not inst.paused
        with pytest.raises(CannotPause, match=r"env.yield yields, so produce is called as a generator"):
            await inst.exports.produce(1)

    run(main())


LOOP = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (global $count (export "count") (mut i64) (i64.const 0))
  (func (export "forever")
    (loop $again
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (br $again)))
  (func (export "sleepy")
    (loop $again
      (drop (call $sleep (i32.const 0)))
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (br $again)))
  (func (export "count_to") (param $n i32) (result i32)
    (local $i i32)
    (loop $again
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i)))"""


def test_an_endless_loop_is_stopped_after_its_fuel() -> None:
    async def main() -> None:
        inst = await instantiate(LOOP, {"env": {"sleep": sleep}}, pause_at="loops")
        with pytest.raises(OutOfFuel, match="forever did not end in 5 turns of 1000 pause points"):
            await inst.run("forever", fuel=1000, turns=5)
        assert 5000 <= inst.exports.count.value(inst.store) <= 5005 and not inst.paused
        assert await inst.run("count_to", 10_000, fuel=100) == 10_000
        assert await inst.exports.count_to(10_000) == 10_000  # all it wants
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await inst.run("forever", fuel=1000)
        assert not inst.paused
        call = inst.call("forever")
        assert not call.run(fuel=10) and not call.run(fuel=10) and call.state == "paused"
        call.drop()
        assert call.state == "ended" and not inst.paused
        plain = await instantiate(SLEEP, {"env": {"sleep": sleep}})
        with pytest.raises(CannotPause, match="rewrite the module with pause_at"):
            await plain.run("main", 1, fuel=10)

    run(main())


def test_a_hundred_endless_loops_have_equal_shares() -> None:
    """Half of them call an import that returns at once, again and again: that brings them nothing."""

    async def nothing(n: int) -> int:
        return n

    async def main() -> None:
        module = Module.of(LOOP, pause_at="loops")
        insts = [await instantiate(module, {"env": {"sleep": nothing}}) for _ in range(100)]
        tasks = [asyncio.create_task(inst.run("forever", fuel=500)) for inst in insts[:50]]
        greedy = [asyncio.create_task(inst.run("sleepy", fuel=500)) for inst in insts[50:]]
        await asyncio.sleep(2)
        counts = [inst.exports.count.value(inst.store) for inst in insts]
        mean = sum(counts[:50]) / 50
        assert mean > 5000 and max(abs(count - mean) for count in counts[:50]) <= 0.05 * mean
        assert max(counts[50:]) < mean
        for task in tasks + greedy:
            task.cancel()
        await asyncio.gather(*tasks, *greedy, return_exceptions=True)

    run(main())


def test_a_thousand_instances_on_one_loop() -> None:
    async def main() -> None:
        module = Module.of(SLEEP)
        insts = [await instantiate(module, {"env": {"sleep": sleep}}) for _ in range(1000)]
        for _ in range(2):
            results = await asyncio.gather(*(inst.exports.main(n % 10) for n, inst in enumerate(insts)))
            assert results == [n % 10 + 1 for n in range(1000)]

    run(main())


@pytest.mark.slow
def test_a_hundred_thousand_switches() -> None:
    text = """(module (import "env" "next" (func $next (result i64)))
      (func (export "sum") (param $n i32) (result i64) (local $sum i64)
        (loop $again
          (local.set $sum (i64.add (local.get $sum) (call $next)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"""

    async def main() -> None:
        count = 0

        async def next_() -> int:
            nonlocal count
            count += 1
            return count

        inst = await instantiate(text, {"env": {"next": next_}}, optimize="speed")
        assert await inst.exports.sum(100_000) == 100_000 * 100_001 // 2

    run(main())


CHECKED = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func $parse (param $n i32) (result i32)
    (call $sleep (local.get $n)))
  (func (export "main") (param $n i32) (result i32) (call $parse (local.get $n))))"""


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


def test_what_cannot_be() -> None:
    async def main() -> None:
        inst = await instantiate(SLEEP, {"env": {"sleep": sleep}})
        call = inst.call("main", 1)
        with pytest.raises(RuntimeError, match="waits for nothing"):
            call.resume(1)
        assert not call.run()
        with pytest.raises(RuntimeError, match=r"<call of main: paused at env.sleep> does not go on by itself"):
            call.run()
        assert call.resume(1) and call.result == 2
        with pytest.raises(RuntimeError, match="<call of main: ended>"):
            call.run()
        with pytest.raises(TypeError, match="cannot pass values of type v128"):
            vector = await instantiate('(module (func (export "f") (param v128)))')
            await vector.exports.f(1)
        with pytest.raises(TypeError, match=r"env.f: wasmtime's Python package cannot pass values of type v128"):
            await instantiate('(module (import "env" "f" (func (param v128))))', {"env": {"f": print}})

    run(main())


def test_a_generator_inside_of_an_import() -> None:
    """An import may step another call of the same instance while it is called."""

    async def main() -> None:
        inner: list[Call] = []

        def step(n: int) -> int:
            if n == 5:
                inner.append(inst.call("main", 1))
                assert not inner[0].run()
                return 5
            return run_later(n)  # type: ignore[return-value]

        async def run_later(n: int) -> int:
            await asyncio.sleep(0)
            return n

        inst = await instantiate(SLEEP, {"env": {"sleep": step}})
        assert await inst.exports.main(5) == 6
        assert await inst.exports.main(2) == 3
        assert await inner[0] == 2

    run(main())


def test_wasm_opt_names(tmp_path: Path) -> None:
    """Modules of Asyncify are driven in the same way, with a place for their frames."""

    async def main() -> None:
        wasm = to_wasm(rewrite(DEEP, names="asyncify").encode())
        inst = await instantiate(wasm, {"env": {"sleep": sleep}}, frames=(1024, 4096))
        assert await asyncio.gather(*(inst.exports.deep(n) for n in (10, 100))) == [55, 5050]

    run(main())


def test_what_ran_out_of_fuel_lets_go() -> None:
    """Nothing of it runs any more, and the references that it held are free."""
    text = """(module
      (global $count (export "count") (mut i32) (i32.const 0))
      (func $spin (param $held externref) (result externref)
        (loop $again
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (br $again))
        (local.get $held))
      (func (export "hold") (param $held externref) (result externref)
        (drop (call $spin (ref.null extern)))
        (local.get $held)))"""
    for options in ({}, {"optimize": "speed"}, {"asserts": True}, {"memory": "memory"}):
        if "memory" in options:
            text = text.replace("(module", '(module (memory (export "memory") 1)')
        module = Module.of(text, snapshots=True, pause_at="loops", **options)
        inst = Instance(module, frames=(1024, 4096) if "memory" in options else None)
        table = inst.externs[module.names["table", 0]]
        assert isinstance(table, wasmtime.Table)
        for _ in range(20):
            calls = [inst.call("hold", object()) for _ in range(3)]
            assert not any(call.run(fuel=3) for call in calls)
            before = inst.exports.count.value(inst.store)
            for call in (calls[1], calls[0], calls[2]):
                call.drop()
                assert call.state == "ended"
            assert inst.exports.count.value(inst.store) == before and not inst.paused
        assert table.size(inst.store) == 8
        assert all(table.get(inst.store, slot).value is None for slot in range(8))


@pytest.mark.parametrize("rewind", ["skip", "jump"])
@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens(seed: int, rewind: str) -> None:
    """Calls with references begin, go on, are thrown into, dropped and saved, in any order: each has its own values."""
    import random

    choose = random.Random(seed)
    text = """(module
      (import "env" "ask" (func $ask (param i32 externref) (result i64)))
      (func $climb (export "climb") (param $n i32) (param $x f64) (param $held externref)
        (result i64 f64 externref)
        (local $sum i64)
        (local.set $sum (call $ask (local.get $n) (local.get $held)))
        (if (local.get $n) (then
          (call $climb (i32.sub (local.get $n) (i32.const 1)) (f64.add (local.get $x) (f64.const 1)) (local.get $held))
          (local.set $held) (local.set $x)
          (local.set $sum (i64.add (local.get $sum)))
          (local.set $sum (i64.add (local.get $sum) (call $ask (local.get $n) (local.get $held))))))
        (local.get $sum) (local.get $x) (local.get $held)))"""
    text = text.replace("(local.set $sum (i64.add (local.get $sum)))", "(local.get $sum) (i64.add) (local.set $sum)")
    module = Module.of(text, rewind=rewind, snapshots=True)
    inst = Instance(module, {"env": {"ask": yields}}, stack=4096)
    table = inst.externs[module.names["table", 0]]
    assert isinstance(table, wasmtime.Table)
    alive: dict[Call, tuple[int, float, Any, int]] = {}  # n, x, the reference, the sum of the answers
    ended = 0
    for _ in range(400):
        if len(alive) < 2 or choose.random() < 0.1:
            n, x, held = choose.randrange(8), float(choose.randrange(100)), choose.choice([None, object(), "text"])
            call = inst.call("climb", n, x, held)
            assert not call.run()
            alive[call] = n, x, held, 0
            continue
        call = choose.choice(list(alive))
        n, x, held, total = alive[call]
        what = choose.random()
        assert call.waiting is not None and call.waiting.arguments[1] is held
        if what < 0.05:
            del alive[call]
            with pytest.raises(LookupError):
                call.throw(LookupError())
        elif what < 0.1:
            del alive[call]
            call.drop()
        else:
            answer = choose.randrange(-(1 << 40), 1 << 40)
            alive[call] = n, x, held, total + answer
            if call.resume(answer):
                assert call.result == [total + answer, x + n, held]
                ended += 1
                del alive[call]
        assert set(inst.paused) == set(alive)
    assert ended > 5
    inst.close()
    assert all(table.get(inst.store, slot).value is None for slot in range(table.size(inst.store)))


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


def test_fuel_and_calls_from_imports() -> None:
    """A call that an import makes, with all the fuel it wants, does not give it to its caller."""

    async def main() -> None:
        def step(n: int) -> int:
            assert inst.call("count_to", 3).run()
            return n

        inst = await instantiate(LOOP, {"env": {"sleep": step}}, pause_at="loops")
        with pytest.raises(OutOfFuel):
            await inst.run("sleepy", fuel=100, turns=5)

    run(main())


def test_pause_points_that_call_an_import() -> None:
    text = """(module (import "env" "pause" (func $pause))
      (func (export "count_to") (param $n i32) (result i32) (local $i i32)
        (loop $again
          (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.get $i)))"""

    async def main() -> None:
        pauses = 0

        async def pause() -> None:
            nonlocal pauses
            pauses += 1
            await asyncio.sleep(0)

        inst = await instantiate(text, {"env": {"pause": pause}}, pause_at="loops", pause_import="env.pause")
        assert await inst.run("count_to", 1000, fuel=9) == 1000
        assert 90 <= pauses <= 112

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
