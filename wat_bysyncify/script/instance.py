"""Modules and instances on wasmtime: compiling, linking, calling, with all values as `Value`s."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import wasmtime

from ..failures import sentence
from ..instrument.names import CONTROL_MODULES
from . import adapter
from .host import Exports, Host
from .interface import Interface, read_interface
from .names import read_names
from .values import Value

VALTYPES = {
    "i32": wasmtime.ValType.i32,
    "i64": wasmtime.ValType.i64,
    "externref": wasmtime.ValType.externref,
    "funcref": wasmtime.ValType.funcref,
}
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class Misuse(Exception):
    """The script asks for what is not there: an export, an argument of another type."""


class Unlinkable(Exception):
    """An import that nobody provides, or not at this type."""


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module, what it imports and exports, its bytes, and its text, "" if it has none."""

    compiled: wasmtime.Module
    interface: Interface
    wasm: bytes
    text: str = ""


def to_wasm(text: bytes) -> bytes:
    """Text -> binary; raises `wasmtime.WasmtimeError`.

    Characters that change the direction of writing are refused by wat2wasm, but are good WebAssembly: in strings they
    are escaped.
    """
    if text.startswith(b"\0"):  # it would be taken for binary
        raise wasmtime.WasmtimeError("unexpected character '\\0'")
    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        if "likely-confusing" not in str(error):
            raise
    escaped = _STRING.sub(lambda string: _BEYOND_ASCII.sub(lambda byte: b"\\%02x" % byte[0][0], string[0]), text)
    return bytes(wasmtime.wat2wasm(escaped))


@cache
def engine() -> wasmtime.Engine:
    """The one engine, so that adapters are compiled once."""
    config = wasmtime.Config()
    config.shared_memory = True
    return wasmtime.Engine(config)


def compile_module(wasm: bytes) -> Module:
    """Raises `wasmtime.WasmtimeError` for what is not valid."""
    if not wasm.startswith(b"\0"):  # it would be taken for text
        raise wasmtime.WasmtimeError("magic header not detected")
    compiled = wasmtime.Module(engine(), wasm)
    return Module(compiled, read_interface(wasm), wasm)


class Instance:
    """An instance of a module in a store."""

    def __init__(self, host: Host, store: wasmtime.Store, module: Module, raw: wasmtime.Instance) -> None:
        self.host = host
        self.store = store
        self.interface, self.wasm, self.text = module.interface, module.wasm, module.text
        self.externs: Mapping[str, Any] = raw.exports(store)
        self.exports = Exports(store, self.externs.get)
        self._functions: dict[str, wasmtime.Func] = {}

    def invoke(self, name: str, arguments: list[Value]) -> list[Value]:
        """Calls an exported function; raises `wasmtime.Trap`, or `Misuse`."""
        index = self._exported(name, "func")
        assert isinstance(index, int)
        type = self.interface.funcs[index]
        try:
            plain = adapter.plain_values(self.interface, type.params, arguments)
        except TypeError as error:
            raise Misuse(str(error)) from None
        function = self._functions.get(name)
        if function is None:
            function = self.host.exported(self.externs[name], self.interface, index, self.exports)
            if not adapter.is_direct(type):
                function = instantiate_adapter(self.store, adapter.calling(self.interface, index), function)
            self._functions[name] = function
        bound = Exports(self.store, {"": function}.get).function("")
        assert bound
        return self._values(type.results, self.host.call(bound, plain, self.exports))

    def read(self, name: str) -> Value:
        """The value of an exported global; raises `Misuse`."""
        type = self._exported(name, "global")
        assert isinstance(type, str)
        reader = instantiate_adapter(self.store, adapter.reading(self.interface, type), self.externs[name])
        content = type.removeprefix("(mut ").removesuffix(")") if type.startswith("(mut ") else type
        (value,) = self._values((content,), reader(self.store))
        return value

    def failed_check(self) -> str | None:
        """What is wrong where a check of a module failed that was rewritten with asserts, asked once; else None."""
        for prefix in CONTROL_MODULES:
            names = (f"{prefix}_error", f"{prefix}_error_function")
            if any(self.interface.exports.get(name) != ("global", "(mut i32)") for name in names):
                continue
            error, function = (self.externs[name] for name in names)
            code, number = error.value(self.store), function.value(self.store)
            if code:
                error.set_value(self.store, 0)
                name = read_names(self.wasm).get(("func", number))
                return sentence(code, number, name and f"${name}")
        return None

    def _exported(self, name: str, kind: str) -> int | str | None:
        found, type = self.interface.exports.get(name, (None, None))
        if found != kind:
            raise Misuse(f"no exported {kind} {name!r}")
        return type

    def _values(self, types: tuple[str, ...], results: Any) -> list[Value]:
        plain = results if isinstance(results, list) else [] if not types else [results]
        return adapter.values(self.interface, types, plain)


def instantiate_adapter(store: wasmtime.Store, text: str, *imports: Any) -> wasmtime.Func:
    """The function that an adapter exports."""
    function = wasmtime.Instance(store, _adapter(text), imports).exports(store)[""]
    assert isinstance(function, wasmtime.Func)
    return function


@lru_cache(maxsize=256)  # compiled code takes memory maps, of which a process has only so many
def _adapter(text: str) -> wasmtime.Module:
    return wasmtime.Module(engine(), text)


def host_function(
    host: Host, store: wasmtime.Store, interface: Interface, index: int, names: tuple[str, str],
    importer: Callable[[], Instance | None],
) -> wasmtime.Func:  # fmt: skip
    """The function of the host behind an import (`names`) of a type of the importing module."""
    type = interface.funcs[index]

    def call(caller: wasmtime.Caller, *plain: Any) -> Any:
        instance = importer()
        exports = instance.exports if instance else Exports(caller, caller.get)
        results = host.called(*names, adapter.values(interface, type.params, plain), exports)
        if results is None:
            flat = adapter.zeros(interface, type.results)
        else:
            flat = adapter.plain_values(interface, type.results, results)
        return flat if len(flat) > 1 else flat[0] if flat else None

    params = [VALTYPES[plain]() for param in type.params for plain in adapter.flat_out(interface, param)]
    results = [VALTYPES[plain]() for result in type.results for plain in adapter.flat_in(interface, result)]
    function = wasmtime.Func(store, wasmtime.FuncType(params, results), call, access_caller=True)
    if adapter.is_direct(type) and type.plain:
        return function
    return instantiate_adapter(store, adapter.called(interface, index), function)
