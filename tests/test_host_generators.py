"""wat_bysyncify.host: programs as generators and coroutines."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hosting import SLEEP, run, sleep

from wat_bysyncify.host import (
    Call,
    CannotPause,
    Instance,
    instantiate,
    yields,
)

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
