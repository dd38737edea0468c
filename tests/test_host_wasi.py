"""C programs that wasi-libc and Emscripten made: in slices of time, with output that is awaited, saved and restored."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path
from typing import Any

import programs
import pytest
import wasmtime

from wat_bysyncify.host import Instance, Module, engine, restore

SHARED = Path(__file__).parents[2] / "shared" / "programs"
WASI = "wasi_snapshot_preview1"


def module(program: str) -> Module:
    binary = SHARED / f"{program}.wasm"
    if not binary.exists():
        pytest.skip(f"{program}.wasm is not there: ../shared/programs")
    try:
        text = programs.printed(binary, "dis").read_text()
    except programs.Missing as missing:
        pytest.skip(str(missing))
    return Module.of(text, optimize="speed", snapshots=True, pause_at="loops", imports=f"{WASI}.fd_write")


def linked(module: Module, arguments: list[str], out: list[str]) -> tuple[wasmtime.Store, dict[str, dict[str, Any]]]:
    """What the program imports: WASI, but that its output goes to `out`, in a while."""
    store = wasmtime.Store(engine())
    config = wasmtime.WasiConfig()
    config.argv = arguments
    store.set_wasi(config)
    linker = wasmtime.Linker(engine())
    linker.define_wasi()
    imports: dict[str, dict[str, Any]] = {}
    for item in module.interface.imports:
        imports.setdefault(item.module, {})[item.name] = linker.get(store, item.module, item.name)

    async def fd_write(file: int, buffers: int, count: int, written: int) -> int:
        await asyncio.sleep(0.001)
        memory = instances[0].exports.memory
        total = 0
        for at in range(buffers, buffers + 8 * count, 8):
            start, length = struct.unpack("<II", memory.read(store, at, at + 8))
            out.append(memory.read(store, start, start + length).decode())
            total += length
        memory.write(store, struct.pack("<I", total), written)
        return 0

    instances: list[Instance] = []
    imports[WASI]["fd_write"] = fd_write
    imports["instances"] = instances  # type: ignore[assignment]
    return store, imports


@pytest.mark.slow
def test_fannkuch_in_c() -> None:
    """It is saved each time that its fuel is out; from some of these on it goes on elsewhere, to the same output."""

    async def main() -> None:
        program = module("fannkuch")
        expected = await ran(program, None)
        states: list[tuple[bytes, str]] = []
        assert await ran(program, states) == expected and len(states) > 5
        for state, before in states[:: max(1, len(states) // 6)]:
            out = [before]
            store, imports = linked(program, ["fannkuch", "7"], out)
            again = restore(program, state, imports, store=store)
            imports["instances"].append(again)  # type: ignore[attr-defined]
            (call,) = again.paused
            await ended(call.outcome(fuel=1000))
            assert "".join(out) == expected

    async def ran(program: Module, states: list[tuple[bytes, str]] | None) -> str:
        out: list[str] = []
        store, imports = linked(program, ["fannkuch", "7"], out)
        instance = Instance(program, imports, store=store)
        imports["instances"].append(instance)  # type: ignore[attr-defined]
        task = asyncio.ensure_future(ended(instance.run("_start", fuel=10_000 if states is not None else None)))
        while not task.done():
            await asyncio.sleep(0)
            if states is not None and any(call.waiting is None for call in instance.paused):
                states.append((instance.snapshot(), "".join(out)))
        await task
        return "".join(out)

    async def ended(program: Any) -> None:
        """Runs it to its end, which a C program tells by a trap."""
        try:
            await program
        except wasmtime.ExitTrap as trap:
            assert trap.code == 0

    asyncio.run(main())
