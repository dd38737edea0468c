"""Runs a program on wasmtime, as often as it is told; the child process of `runner.py`.

    python bench/run_wasmtime.py KIND MODULE STUBS ARGUMENT...

Compiles the module, and prints the seconds that took. Then, for each line on standard input, makes a fresh instance,
runs it, and prints the seconds of the run alone and what it returned.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import wasmtime
from stubs import PROVIDED


def main() -> None:
    kind, path, stubs, *arguments = sys.argv[1:]
    engine = wasmtime.Engine()
    start = time.perf_counter()
    module = wasmtime.Module(engine, Path(path).read_bytes())
    print(time.perf_counter() - start, flush=True)
    stub_module = wasmtime.Module(engine, Path(stubs).read_bytes())
    for _ in sys.stdin:
        print(*run(engine, module, stub_module, kind, arguments), flush=True)


def run(
    engine: wasmtime.Engine, module: wasmtime.Module, stubs: wasmtime.Module, kind: str, arguments: list[str]
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
        if each.module != PROVIDED:
            linker.define(store, each.module, each.name or "", provided[f"{each.module}.{each.name}"])
    exports = linker.instantiate(store, module).exports(store)
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
