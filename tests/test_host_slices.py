"""wat_bysyncify.host: programs in slices of time, and calls step by step."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
import wasmtime
from hosting import SLEEP, run, sleep

from wat_bysyncify.host import (
    Call,
    CannotPause,
    Instance,
    Module,
    OutOfFuel,
    instantiate,
    yields,
)

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
