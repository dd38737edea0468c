"""What driving programs from Python costs (wat_bysyncify.host): switches a second, and memory for each paused program.

    python bench/host.py [OPTIONS]

Switch: one instance calls an import that is awaited and returns at once; the same as a generator; and pausing because
its fuel is out. Instances: each waits, all on one asyncio loop. Seconds are those of the processor, memory is what the
process has resident.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from wat_bysyncify.host import Instance, Module, instantiate, restore, yields

TEXT = """(module
  (import "env" "wait" (func $wait (param i32) (result i32)))
  (func $down (param $depth i32) (param $n i32)
    (if (local.get $depth)
      (then (call $down (i32.sub (local.get $depth) (i32.const 1)) (local.get $n)))
      (else (loop $again
        (drop (call $wait (local.get $n)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))
  (func (export "run") (param $depth i32) (param $n i32) (call $down (local.get $depth) (local.get $n)))
  (func (export "spin") (param $n i32)
    (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"""


async def at_once(n: int) -> int:
    return n


async def until_cancelled(n: int) -> int:
    await asyncio.get_running_loop().create_future()
    return n


def rate(count: int, run: Callable[[], Any]) -> float:
    """How many in a second of the processor's time."""
    start = time.process_time()
    run()
    return count / (time.process_time() - start)


def resident() -> int:
    """The bytes of memory that the process has now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def made(module: Module, wait: Callable[..., Any]) -> Instance:
    return asyncio.run(instantiate(module, {"env": {"wait": wait}}))


async def paused(module: Module, count: int, depth: int) -> tuple[float, float]:
    """The bytes of each instance before it runs, and how many more each paused one takes."""
    start = resident()
    instances = [await instantiate(module, {"env": {"wait": until_cancelled}}) for _ in range(count)]
    idle = resident()
    tasks = [asyncio.create_task(instance.run("run", depth, 1)) for instance in instances]
    while sum(len(instance.paused) for instance in instances) < count:
        await asyncio.sleep(0)
    waiting = resident()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return (idle - start) / count, (waiting - idle) / count


@click.command(help=__doc__)
@click.option("--switches", default=100_000, show_default=True, help="How many switches are timed.")
@click.option("--instances", default=1000, show_default=True, help="How many are paused at once.")
def main(switches: int, instances: int) -> None:
    module = Module.of(TEXT, optimize="speed", pause_at="loops", snapshots=True)
    plain = Module.of(TEXT, optimize="speed")
    idle, waiting = asyncio.run(paused(plain, instances, 10))  # first, for what is freed later is not given back
    click.echo(f"{instances} instances: {idle:,.0f} bytes each; paused at depth 10: {waiting:,.0f} bytes more")
    for depth in (1, 10, 100):
        awaited = made(plain, at_once)
        found = rate(switches, lambda: asyncio.run(awaited.run("run", depth, switches)))  # noqa: B023
        click.echo(f"awaited, depth {depth}: {found:,.0f} switches/s")
    generated = made(plain, yields)
    found = rate(switches, lambda: [generated.generator("run", 1, 1), *_resumed(generated, switches)])
    click.echo(f"generator, depth 1: {found:,.0f} switches/s")
    spinning = made(module, yields)
    found = rate(switches, lambda: asyncio.run(spinning.run("spin", switches, fuel=0)))
    click.echo(f"out of fuel: {found:,.0f} switches/s")
    saved = made(module, yields)
    saved.call("run", 100, 1).run()
    state = saved.snapshot()
    click.echo(
        f"snapshot: {len(state):,} bytes, {rate(100, lambda: [saved.snapshot() for _ in range(100)]):,.0f} a second"
    )
    restored = rate(100, lambda: [restore(module, state, {"env": {"wait": yields}}) for _ in range(100)])
    click.echo(f"restored: {restored:,.0f} a second")


def _resumed(instance: Instance, switches: int) -> list[None]:
    """A generator is run to its end, each value answered by a number."""
    values = instance.generator("run", 1, switches)
    next(values)
    for _ in range(switches - 1):
        values.send(0)
    return []


if __name__ == "__main__":
    main()
