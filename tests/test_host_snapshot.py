"""Snapshots: a paused program goes on in a fresh process; what cannot be saved, or is no snapshot, is refused."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from wat_bysyncify.host import Instance, Module, SnapshotError, instantiate, restore, yields

HERE = Path(__file__).parent


def paused_at(module: Module, name: str, argument: int, chosen: set[int]) -> tuple[Any, int, list[bytes]]:
    """The result of a call, how often it called its import, and snapshots at these calls."""
    count = 0

    def sleep(*arguments: int) -> Any:
        nonlocal count
        count += 1
        if count - 1 in chosen:
            return yields()
        return arguments[0] if arguments else None

    instance = asyncio.run(instantiate(module, {"env": {"sleep": sleep, "tick": sleep}}))
    call = instance.call(name, argument)
    states = []
    ended = call.run()
    while not ended:
        states.append(instance.snapshot())
        assert call.waiting is not None
        ended = call.resume(*call.waiting.arguments)
    return call.result, count, states


@pytest.mark.parametrize(
    ("program", "name", "argument", "options"),
    [
        ("fannkuch", "fannkuch", 6, {}),
        ("fannkuch", "fannkuch", 6, {"optimize": "speed"}),
        ("state", "main", 50, {}),
        ("state", "main", 50, {"optimize": "speed"}),
    ],
    ids=["fannkuch", "fannkuch -O", "recursion", "recursion -O"],
)
def test_a_fresh_process_goes_on(
    program: str, name: str, argument: int, options: dict[str, Any], tmp_path: Path
) -> None:
    """100 random pauses; the results are those of the program that was never paused."""
    text = HERE / "programs" / f"{program}.wat"
    module = Module.of(text.read_text(), snapshots=True, **options)
    expected, count, _ = paused_at(module, name, argument, set())
    chosen = set(random.Random(program).sample(range(count), 100))
    result, _, states = paused_at(module, name, argument, chosen)
    assert result == expected and len(states) == 100
    paths = [tmp_path / str(number) for number in range(100)]
    for path, state in zip(paths, states, strict=True):
        path.write_bytes(state)
    command = [sys.executable, str(HERE / "host_restore.py"), str(text), json.dumps(options), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr and json.loads(done.stdout) == [[expected]] * 100


def state_at(pause: int = 60) -> tuple[Module, Any, bytes]:
    module = Module.of((HERE / "programs" / "state.wat").read_text(), snapshots=True)
    expected, _, states = paused_at(module, "main", 50, {pause})
    return module, expected, states[0]


IMPORTS: dict[str, Any] = {"env": {"tick": lambda n: n, "sleep": lambda: None}}


def outcome(instance: Instance) -> Any:
    async def main() -> Any:
        (call,) = instance.paused
        return await call

    return asyncio.run(main())


def test_fork() -> None:
    """One snapshot, many programs: each of its own."""
    module, expected, state = state_at()
    many = [restore(module, state, IMPORTS) for _ in range(3)]
    assert [outcome(instance) for instance in many] == [expected] * 3
    again = restore(module, restore(module, state, IMPORTS).snapshot(), IMPORTS)
    assert outcome(again) == expected


def test_dropped_segments_stay_dropped() -> None:
    module, _, before = state_at(0)
    _, count, _ = paused_at(module, "main", 50, set())
    module, _, after = state_at(count - 1)
    for name in ("init_data", "init_elem"):
        assert restore(module, before, IMPORTS).call(name).run()
        with pytest.raises(wasmtime.Trap):
            restore(module, after, IMPORTS).call(name).run()


def test_every_byte_flipped_is_refused() -> None:
    module = Module.of(SMALL, snapshots=True, own_memory=1)
    instance = asyncio.run(instantiate(module, {"env": {"sleep": lambda n: yields(n)}}))
    assert not instance.call("main", 3).run()
    state = instance.snapshot()
    assert len(state) < 2000
    for at in range(len(state)):
        for change in (0xFF, 0x01):
            damaged = bytearray(state)
            damaged[at] ^= change
            with pytest.raises(SnapshotError):
                restore(module, damaged, {"env": {"sleep": lambda n: n}})
    for length in range(len(state)):
        with pytest.raises(SnapshotError):
            restore(module, state[:length], {"env": {"sleep": lambda n: n}})


def test_a_forged_snapshot_does_not_crash() -> None:
    """With its checksum made right again, whatever its body says, it is refused or runs in its sandbox."""
    import hashlib
    import zlib

    module = Module.of(SMALL, snapshots=True, own_memory=1)
    instance = asyncio.run(instantiate(module, {"env": {"sleep": lambda n: yields(n)}}))
    assert not instance.call("main", 3).run()
    state = instance.snapshot()
    body = zlib.decompress(state[88:])
    end = 4 + int.from_bytes(body[:4], "little")
    ran = refused = 0
    for at in [*range(end), *range(end, len(body), 997), *range(len(body) - 16, len(body))]:
        forged = bytearray(body)
        forged[at] ^= 1
        checked = state[56:88] + zlib.compress(bytes(forged), 1)
        try:
            found = restore(
                module, state[:24] + hashlib.sha256(checked).digest() + checked, {"env": {"sleep": lambda n: n}}
            )
            for call in list(found.paused):
                asyncio.run(call.outcome())
            ran += 1
        except (SnapshotError, wasmtime.Trap, RuntimeError, TypeError):
            refused += 1
    assert ran and refused


SMALL = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func (export "main") (param $n i32) (result i32)
    (i32.add (call $sleep (local.get $n)) (local.get $n))))"""


def test_what_is_no_snapshot_of_the_module() -> None:
    module, _, state = state_at()
    small = Module.of(SMALL, snapshots=True)
    with pytest.raises(SnapshotError, match="these bytes are no snapshot"):
        restore(module, b"", IMPORTS)
    with pytest.raises(SnapshotError, match="of version 9, and only version 1"):
        restore(module, state[:22] + b"\x09\x00" + state[24:], IMPORTS)
    with pytest.raises(SnapshotError, match="of another module"):
        restore(small, state, IMPORTS)
    with pytest.raises(SnapshotError, match="rewritten with other options"):
        restore((HERE / "programs" / "state.wat").read_text(), state, IMPORTS, optimize="speed")
    with pytest.raises(SnapshotError, match="is damaged: its checksum is another"):
        restore(module, state + b"x", IMPORTS)
    hidden = asyncio.run(instantiate(SMALL, IMPORTS | {"env": {"sleep": lambda n: n}}))
    with pytest.raises(SnapshotError, match="instantiate it with snapshots=True"):
        hidden.snapshot()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ('(global $kept (mut externref) (ref.null extern)) (func (export "keep") (param externref) '
         "(global.set $kept (local.get 0)))", r"\$kept holds a reference of the host"),
        ('(table $seats 3 externref) (func (export "keep") (param externref) '
         "(table.set $seats (i32.const 2) (local.get 0)))", r"\$seats, slot 2, holds a reference of the host"),
        ('(global $box (mut (ref null struct)) (ref.null struct)) (type $s (struct)) (func (export "keep") '
         "(param externref) (global.set $box (struct.new $s)))", r"\$box holds a reference to any"),
        ('(table $boxes 3 (ref null i31)) (func (export "keep") (param externref) '
         "(table.set $boxes (i32.const 1) (ref.i31 (i32.const 5))))", r"\$boxes, slot 1, holds a reference to any"),
        ('(func $held (param $x externref) (result externref) (call $sleep) (local.get $x)) '
         '(func (export "keep") (param externref) (drop (call $held (local.get 0))))',
         r"\$externrefs, slot 1, holds a reference of the host"),
    ],
)  # fmt: skip
def test_references_are_refused_by_name(fields: str, said: str) -> None:
    text = f'(module (import "env" "sleep" (func $sleep)) {fields})'
    instance = asyncio.run(instantiate(text, {"env": {"sleep": yields}}, snapshots=True))
    instance.snapshot()
    instance.call("keep", object()).run()
    with pytest.raises(SnapshotError, match=said):
        instance.snapshot()


def test_functions_of_others_are_refused_by_name() -> None:
    text = """(module (table $handlers (export "handlers") 2 funcref)
      (func $own) (elem (i32.const 0) $own)
      (func (export "own") (result funcref) (table.get $handlers (i32.const 0))))"""

    async def main() -> None:
        one = await instantiate(text, snapshots=True)
        store = one.store
        two = await instantiate(text, snapshots=True, store=store)
        one.exports.handlers.set(store, 1, await one.exports.own())
        restored = restore(text, one.snapshot())
        assert isinstance(restored.exports.handlers.get(restored.store, 1), wasmtime.Func)
        one.exports.handlers.set(store, 1, await two.exports.own())
        with pytest.raises(SnapshotError, match=r"\$handlers, slot 1, holds a function that is not of this module"):
            one.snapshot()

    asyncio.run(main())


def test_nobody_saves_itself() -> None:
    saved: list[Any] = []

    def sleep(n: int) -> int:
        with pytest.raises(SnapshotError, match="is not paused"):
            saved.append(instance.snapshot())
        return n

    instance = asyncio.run(instantiate(SMALL, {"env": {"sleep": sleep}}, snapshots=True))
    assert instance.call("main", 1).run() and not saved


def test_several_calls_and_a_running_loop() -> None:
    """All that is paused is saved, and goes on here as well as there."""

    async def sleep(n: int) -> int:
        await asyncio.sleep(0.01)
        return n

    async def main() -> None:
        instance = await instantiate(SMALL, {"env": {"sleep": sleep}}, snapshots=True)
        tasks = [asyncio.create_task(instance.exports.main(n)) for n in (1, 2, 3)]
        await asyncio.sleep(0)
        state = instance.snapshot()
        assert await asyncio.gather(*tasks) == [2, 4, 6]
        other = restore(SMALL, state, {"env": {"sleep": sleep}})
        assert await asyncio.gather(*other.paused) == [2, 4, 6] and not other.paused
        assert await other.exports.main(5) == 10

    asyncio.run(main())


def test_a_loop_that_ran_out_of_fuel() -> None:
    text = """(module (func (export "count") (param $n i32) (result i32) (local $i i32)
      (loop $again
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.get $i)))"""
    instance = asyncio.run(instantiate(text, snapshots=True, pause_at="loops"))
    call = instance.call("count", 1000)
    assert not call.run(fuel=10)
    other = restore(text, instance.snapshot(), pause_at="loops")
    (again,) = other.paused
    turns = 1
    while not again.run(fuel=10):
        turns += 1
    assert again.result == 1000 and 80 < turns < 100
    assert call.run() and call.result == 1000


def test_a_generator_goes_on() -> None:
    """Its value is handed out once more, and it takes what it is sent."""
    text = """(module (import "env" "yield" (func $yield (param i32) (result i32)))
      (func (export "sum") (result i32) (i32.add (call $yield (i32.const 1)) (call $yield (i32.const 2)))))"""
    instance = asyncio.run(instantiate(text, {"env": {"yield": yields}}, snapshots=True))
    values = instance.generator("sum")
    assert next(values) == 1 and values.send(10) == 2
    other = restore(text, instance.snapshot(), {"env": {"yield": yields}})
    (call,) = other.paused
    again = call.values()
    assert next(again) == 2
    for each, sent in ((values, 5), (again, 7)):
        with pytest.raises(StopIteration) as stop:
            each.send(sent)
        assert stop.value.value == 10 + sent


@pytest.mark.parametrize("place", [("malloc", "free"), (1024, 2048)])
def test_frames_elsewhere(place: Any) -> None:
    text = (
        SMALL[:-1]
        + """
      (memory (export "memory") 1)
      (global $brk (mut i32) (i32.const 4096))
      (func (export "malloc") (param $size i32) (result i32)
        (global.get $brk) (global.set $brk (i32.add (global.get $brk) (local.get $size))))
      (func (export "free") (param i32)))"""
    )

    async def main() -> None:
        given: dict[str, Any] = {"memory": "memory", "frames": place, "stack": 1024}
        instance = await instantiate(text, {"env": {"sleep": lambda n: yields(n)}}, snapshots=True, **given)
        assert not instance.call("main", 4).run()
        other = restore(text, instance.snapshot(), {"env": {"sleep": lambda n: n}}, **given)
        (call,) = other.paused
        assert await call == 8
        assert other.frames().base == (4096 if place[0] == "malloc" else 1024)

    asyncio.run(main())
