"""A program that sleeps, and how the tests of wat_bysyncify.host run it."""

from __future__ import annotations

import asyncio
from typing import Any

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
