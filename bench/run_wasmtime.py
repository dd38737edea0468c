"""Runs a program on wasmtime, as often as it is told; the child process of `runner.py`.

    python bench/run_wasmtime.py KIND MODULE STUBS ARGUMENT...

Compiles the module, and prints the seconds that took. Then, for each line on standard input, makes a fresh instance,
runs it, and prints the seconds of the run alone and what it returned.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

import wasmtime
from stubs import PROVIDED


def main() -> None:
    kind, path, stubs, *arguments = sys.argv[1:]
    hook = Hook(*(arguments.pop(0) for _ in range(2))) if kind == "resumed" else None
    engine = wasmtime.Engine()
    start = time.perf_counter()
    module = wasmtime.Module(engine, Path(path).read_bytes())
    print(time.perf_counter() - start, flush=True)
    stub_module = wasmtime.Module(engine, Path(stubs).read_bytes())
    for _ in sys.stdin:
        print(*run(engine, module, stub_module, kind, arguments, hook), flush=True)


class Hook:
    """The import (module.base) that a program is paused at, or from which on it is timed; see resumed.mjs."""

    room = 1 << 20

    def __init__(self, mode: str, name: str) -> None:
        self.mode, self.name = mode, name
        self.paused = False
        self.start = 0.0
        self.data = 0

    def called(self, caller: wasmtime.Caller, *_: int) -> int:
        """What the import does."""
        if self.paused:
            self.paused = False
            self.control(caller, caller, "stop_rewind")
            return 0
        self.start = time.perf_counter()
        self.paused = self.mode == "pause"
        if self.paused:
            self.control(caller, caller, "start_unwind", self.data)
        return 0

    def control(self, store: Any, exports: Any, name: str, *values: int) -> None:
        """Calls a control function, whichever its prefix."""
        found = exports.get(f"bysyncify_{name}") or exports[f"asyncify_{name}"]
        found(store, *values)

    def run(self, store: wasmtime.Store, exports: Any) -> tuple[float, str]:
        """The seconds from the call to the end, and how many bytes were saved."""
        memory = exports["memory"]
        data = self.data = exports["malloc"](store, self.room)
        memory.write(store, struct.pack("<II", data + 8, data + self.room), data)
        size = 0
        try:
            exports["_start"](store)
            self.control(store, exports, "stop_unwind")
            size = struct.unpack("<I", memory.read(store, data, data + 4))[0] - data - 8
            self.control(store, exports, "start_rewind", data)
            exports["_start"](store)
        except wasmtime.ExitTrap as done:
            if done.code:
                raise
        seconds = time.perf_counter() - self.start
        assert self.start, f"{self.name} was not called"
        return seconds, str(size)


def run(
    engine: wasmtime.Engine,
    module: wasmtime.Module,
    stubs: wasmtime.Module,
    kind: str,
    arguments: list[str],
    hook: Hook | None,
) -> tuple[float, str]:
    """The seconds of a run in a fresh instance, and its result."""
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = arguments
    wasi.stdout_file = wasi.stderr_file = os.devnull
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    provided = wasmtime.Instance(store, stubs, []).exports(store)
    for each in module.imports:
        if hook and f"{each.module}.{each.name}" == hook.name:
            assert isinstance(each.type, wasmtime.FuncType)
            linker.define(
                store, each.module, each.name or "", wasmtime.Func(store, each.type, hook.called, access_caller=True)
            )
        elif each.module != PROVIDED:
            linker.define(store, each.module, each.name or "", provided[f"{each.module}.{each.name}"])
    exports = linker.instantiate(store, module).exports(store)
    if hook:
        return hook.run(store, exports)
    export, numbers = ("_start", []) if kind == "start" else (arguments[0], [int(each) for each in arguments[1:]])
    function = exports[export]
    assert isinstance(function, wasmtime.Func)
    result: object = None
    start = time.perf_counter()
    try:
        result = function(store, *numbers)
    except wasmtime.ExitTrap as done:
        if done.code:
            raise
    seconds = time.perf_counter() - start
    return seconds, repr(result).replace(" ", "")


if __name__ == "__main__":
    main()
