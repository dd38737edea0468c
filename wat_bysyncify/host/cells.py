"""Globals and tables of any type, read as numbers and written from them.

A function is its index: wasmtime's package does not say which function a reference is, so its record of it is compared
with those of all functions. Any other reference must be null. What the package cannot read or write is read and written
by small modules:

    (module (global $held (import "" "") (mut v128))
      (func (export "get") (result i64 i64) ...)
      (func (export "set") (param i64 i64) ...))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import wasmtime

from ..script.instance import engine
from .errors import SnapshotError

if TYPE_CHECKING:
    from .instance import Instance

# How the bits of a number are had as integers, and a number made of them.
_BITS = {
    "f32": ("i32", "i32.reinterpret_f32", "f32.reinterpret_i32"),
    "f64": ("i64", "i64.reinterpret_f64", "f64.reinterpret_i64"),
}


def _identity(function: wasmtime.Func) -> bytes:
    """The same for two references to one function: the store, and the address of its record there."""
    return bytes(function._func)


class References:
    """References to functions <-> their indices, null <-> None."""

    def __init__(self, functions: list[wasmtime.Func]) -> None:
        self.functions = functions
        self.indices = {_identity(function): index for index, function in enumerate(functions)}

    def index(self, value: Any, where: str) -> int | None:
        if isinstance(value, wasmtime.Val):
            value = value.value
        if value is None:
            return None
        if not isinstance(value, wasmtime.Func):
            raise SnapshotError(f"{where} holds a reference of the host")
        index = self.indices.get(_identity(value))
        if index is None:
            raise SnapshotError(f"{where} holds a function that is not of this module")
        return index

    def function(self, index: int | None) -> wasmtime.Func | None:
        if index is not None and index < 0:
            raise ValueError(index)
        return None if index is None else self.functions[index]


class Global:
    """A global that can change."""

    def __init__(self, name: str, extern: wasmtime.Global, type_: str, instance: Instance, known: References) -> None:
        self.name, self.extern, self.type, self.instance, self.known = name, extern, type_, instance, known

    def get(self) -> Any:
        store = self.instance.store
        if self.type in ("i32", "i64"):
            return self.extern.value(store)
        top = top_of(self.instance, self.type)
        if top == "func":
            return self.known.index(self.extern.value(store), self.name)
        value = self._adapter("get")(store)
        if top and not value:
            raise SnapshotError(f"{self.name} holds a reference {'of the host' if top == 'extern' else 'to ' + top}")
        return None if top else value

    def set(self, value: Any) -> None:
        store = self.instance.store
        if self.type in ("i32", "i64"):
            self.extern.set_value(store, value)
        elif top_of(self.instance, self.type) == "func":
            if value is not None or "null" in self.type:
                self._adapter("set")(store, self.known.function(value))
        elif self.type == "v128":
            self._adapter("set")(store, *value)
        elif self.type in _BITS:
            self._adapter("set")(store, value)
        elif value is not None:
            raise ValueError(value)
        else:
            self._adapter("set")(store)

    def _adapter(self, name: str) -> Callable[..., Any]:
        imported = f'(global $held (import "" "") (mut {self.type}))'
        return _adapter(self.instance, imported, *self._code(), self.extern)[name]

    def _code(self) -> tuple[str, str]:
        type_, held = self.type, "(global.get $held)"
        if type_ in _BITS:
            bits, to, back = _BITS[type_]
            return f"(result {bits}) ({to} {held})", f"(param {bits}) (global.set $held ({back} (local.get 0)))"
        if type_ == "v128":
            halves = " ".join(f"(i64x2.extract_lane {lane} {held})" for lane in (0, 1))
            both = "(i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1))"
            return f"(result i64 i64) {halves}", f"(param i64 i64) (global.set $held {both})"
        if top_of(self.instance, type_) == "func":
            return "", f"(param funcref) (global.set $held (ref.cast {type_} (local.get 0)))"
        null = f"(global.set $held (ref.null {_heap(type_)}))" if "null" in type_ else "unreachable"
        return f"(result i32) (ref.is_null {held})", null


def is_null(instance: Instance, type_: str, extern: wasmtime.Global) -> bool:
    """Whether a global that does not change is null."""
    held = f'(global $held (import "" "") {type_})'
    get = "(result i32) (ref.is_null (global.get $held))"
    return bool(_adapter(instance, held, get, "", extern)["get"](instance.store))


class Table:
    """A table: the indices of functions, or the number of nulls."""

    def __init__(self, name: str, extern: wasmtime.Table, type_: str, instance: Instance, known: References) -> None:
        self.name, self.extern, self.instance, self.known = name, extern, instance, known
        self.type, self.index = type_.removeprefix("i64 "), "i64" if type_.startswith("i64 ") else "i32"
        self.top = top_of(instance, self.type)

    def get(self) -> Any:
        store, size = self.instance.store, self.extern.size(self.instance.store)
        if self.top in ("func", "extern"):
            slots = [
                self.known.index(self.extern.get(store, slot), f"{self.name}, slot {slot},") for slot in range(size)
            ]
            return slots if self.top == "func" else size
        is_null_at = self._adapter("get")
        for slot in range(size):
            if not is_null_at(store, slot):
                raise SnapshotError(f"{self.name}, slot {slot}, holds a reference to {self.top}")
        return size

    def set(self, slots: Any) -> None:
        store, size = self.instance.store, self.extern.size(self.instance.store)
        more = (slots if isinstance(slots, int) else len(slots)) - size
        if more < 0:
            raise SnapshotError(f"{self.name} is larger here than it was")
        if self.top != "func":
            self._adapter("set")(store, more, size)
            return
        found = [self.known.function(index) for index in slots]
        now = [*self.get(), *slots[-1:] * more]
        if more and self._adapter("grow")(store, found[-1], more) != size:
            raise SnapshotError(f"{self.name} does not grow to {len(slots)} elements")
        put = self._adapter("set")
        for slot, (before, after) in enumerate(zip(now, slots, strict=True)):
            if before != after:
                put(store, slot, found[slot])

    def _adapter(self, name: str) -> Callable[..., Any]:
        index, type_, zero = self.index, self.type, f"({self.index}.const 0)"
        table = f'(table $held (import "" "") {"i64 " if index == "i64" else ""}0 {type_})'
        if self.top == "func":
            cast = f"(ref.cast {type_} (local.get %d))"
            grow = f"(param funcref {index}) (result {index}) (table.grow $held {cast % 0} (local.get 1))"
            put = f"(param {index} funcref) (table.set $held (local.get 0) {cast % 1})"
            return _adapter(self.instance, table, "", put, self.extern, grow)[name]
        get = f"(param {index}) (result i32) (ref.is_null (table.get $held (local.get 0)))"
        null = f"(ref.null {_heap(type_)})"
        put = (
            f"(param {index} {index}) (table.fill $held {zero} {null} (local.get 1))"
            f" (if ({index}.lt_s (table.grow $held {null} (local.get 0)) {zero}) (then unreachable))"
        )
        return _adapter(self.instance, table, get, put if "null" in type_ else "unreachable", self.extern)[name]


def top_of(instance: Instance, type_: str) -> str:
    """The top of the heap types of a reference type: func, extern, any or exn; empty for numbers."""
    return instance.module.interface.hierarchy(_heap(type_)) if type_.startswith("(ref") else ""


def _heap(type_: str) -> str:
    """`(ref null 3)` -> `3`"""
    return type_[:-1].split()[-1]


def _adapter(
    instance: Instance, imported: str, get: str, put: str, extern: Any, grow: str = ""
) -> dict[str, Callable[..., Any]]:
    """The functions of a small module around an import, by name; each takes the store first."""
    code = {"get": get, "set": put, "grow": grow}
    functions = "\n".join(f'(func (export "{name}") {body})' for name, body in code.items() if body)
    text = f"(module {instance.module.interface.types}\n{imported}\n{functions})"
    found = instance.adapters.get((id(extern), text))  # a store keeps its instances
    if found is None:
        exports = wasmtime.Instance(instance.store, _compiled(text), [extern]).exports(instance.store)
        found = instance.adapters[id(extern), text] = {name: exports[name] for name in exports}
    return found


@lru_cache(maxsize=64)  # compiled code takes memory maps, of which a process has only so many
def _compiled(text: str) -> wasmtime.Module:
    return wasmtime.Module(engine(), text)
