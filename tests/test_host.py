"""wat_bysyncify.host: programs whose imports are awaited, on asyncio."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import tracemalloc
from collections.abc import Awaitable
from typing import Any

import pytest
import wasmtime
from hosting import SLEEP, run, settled, sleep

from wat_bysyncify.host import (
    Module,
    instantiate,
)


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
