"""Where references are while the code that holds them is paused: in tables that do not leak and do not grow."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path
from typing import Any

import wasmtime
from test_spec import modules

from wat_bysyncify import rewrite
from wat_bysyncify.script.instance import engine

TABLES = re.compile(r"\(table \$(\w+)s 8 (\w+)\)")


def with_tables_exported(text: str) -> str:
    """The rewritten text of a module, which exports the tables of references and how many are in each."""
    text = TABLES.sub(r'(table $\1s (export "\1s") 8 \2)', text)
    return re.sub(r"\(global \$(\w+s)_count ", r'(global $\1_count (export "\1_count") ', text)


def instance_of(text: str, imports: list[Any] | None = None) -> tuple[wasmtime.Store, Any]:
    store = wasmtime.Store(engine())
    module = wasmtime.Module(engine(), with_tables_exported(text))
    return store, wasmtime.Instance(store, module, imports or []).exports(store)


def test_coroutines_that_take_turns() -> None:
    """Three paused stacks hold references of all kinds; 200,000 turns later the tables are as large as they were."""
    (text,) = modules((Path(__file__).parent / "spec" / "driven_references.wast").read_text())
    store, exports = instance_of(rewrite(text))
    kinds = ["funcref", "externref", "anyref", "exnref"]

    def sizes() -> list[tuple[int, int]]:
        return [(exports[f"{kind}s"].size(store), exports[f"{kind}s_count"].value(store)) for kind in kinds]

    exports["start"](store)
    before = sizes()
    assert before == [(8, 3), (8, 3), (16, 6), (8, 3)]
    assert exports["turns"](store, 100_000) == [1_300_000, -1_100_000]
    assert sizes() == before


HOLDER = """(module
  (import "" "pause" (func $pause))
  (func (export "hold") (param $object externref) (result externref)
    (call $pause)
    (local.get $object)))"""


class Thing:
    """An object of the host."""


def test_nothing_is_kept_alive() -> None:
    """An object of the host is kept while the code that holds it is paused, and not after it has resumed."""
    store = wasmtime.Store(engine())
    module = wasmtime.Module(engine(), rewrite(HOLDER, own_memory=1))
    exports: Any = None
    state = {"rewinding": False}

    def pause() -> None:
        exports["bysyncify_stop_rewind" if state["rewinding"] else "bysyncify_start_unwind"](
            store, *([] if state["rewinding"] else [0])
        )

    function = wasmtime.Func(store, wasmtime.FuncType([], []), pause)
    exports = wasmtime.Instance(store, module, [function]).exports(store)
    thing = Thing()
    known = weakref.ref(thing)
    assert exports["hold"](store, thing) is None
    del thing
    exports["bysyncify_stop_unwind"](store)
    store.gc()
    gc.collect()
    assert known() is not None
    state["rewinding"] = True
    exports["bysyncify_start_rewind"](store, 0)
    assert exports["hold"](store, None) is known()
    store.gc()
    gc.collect()
    assert known() is None
