"""A module for the imports of a program that no engine provides: functions that return 0.

They are in WebAssembly too, so that calling them costs as little as it can in either engine.
"""

from __future__ import annotations

from pathlib import Path

import wasmtime

PROVIDED = "wasi_snapshot_preview1"


def stubs(binary: Path) -> bytes:
    """The module; for each imported function it exports one, by the name `module.base`."""
    engine = wasmtime.Engine()
    functions = {}
    for each in wasmtime.Module(engine, binary.read_bytes()).imports:
        if each.module != PROVIDED and isinstance(each.type, wasmtime.FuncType):
            functions[f"{each.module}.{each.name}"] = _function(each.type)
    fields = "".join(f'  (func (export "{name}") {function})\n' for name, function in functions.items())
    return bytes(wasmtime.wat2wasm(f"(module\n{fields})"))


def _function(signature: wasmtime.FuncType) -> str:
    params = "".join(f" {each}" for each in signature.params)
    results = "".join(f" {each}" for each in signature.results)
    zeros = " ".join(f"({each}.const 0)" for each in signature.results)
    return f"(param{params}) (result{results}) {zeros}"
