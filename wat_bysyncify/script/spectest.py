"""The module `spectest` that scripts may import from (spec, interpreter/host/spectest.ml)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wasmtime

TEXT = """(module
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (table (export "table64") i64 10 20 funcref)
  (memory (export "memory") 1 2))"""

# Their official parameters. The host prints at any signature; only assert_unlinkable goes by these.
PRINTS = {
    "print": (),
    "print_i32": ("i32",),
    "print_i64": ("i64",),
    "print_f32": ("f32",),
    "print_f64": ("f64",),
    "print_i32_f32": ("i32", "f32"),
    "print_f64_f64": ("f64", "f64"),
}


def spectest(engine: wasmtime.Engine, store: wasmtime.Store) -> Mapping[str, Any]:
    """Its exports but the functions."""
    return wasmtime.Instance(store, wasmtime.Module(engine, TEXT), []).exports(store)
