"""Functions of Python -> imports that may pause.

A function that returns an awaitable, as those of `async def` do, or what `yields` makes, pauses the program: its stack
is unwound. When it is rewound the import is called again; the function is not, its result is handed over.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import ref

import wasmtime

from ..script.interface import Import
from .errors import CannotPause
from .module import Module, drives_itself
from .values import VALTYPES, results, unsupported, zeros

if TYPE_CHECKING:
    from .instance import Instance

Imports = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Yielded:
    """A value that a program hands out, and is paused until it is sent another."""

    value: Any


def yields(*arguments: Any) -> Yielded:
    """An import that hands out its argument, None if it has none, a tuple if it has several; its result is what is sent
    then."""
    return Yielded(arguments[0] if len(arguments) == 1 else arguments or None)


class Imported:
    """An import of an instance, as wasm calls it."""

    def __init__(self, item: Import, function: Callable[..., Any], module: Module, instance: Instance) -> None:
        self.name = f"{item.module}.{item.name}"
        self.function = function
        assert isinstance(item.type, int)
        self.type = module.interface.funcs[item.type]
        self.zeros = zeros(self.type.results)
        # A store keeps its functions, so these must not keep what keeps the store.
        self.instance = ref(instance)

    def __call__(self, *arguments: Any) -> Any:
        instance = self.instance()
        assert instance is not None
        call = instance.running[-1] if instance.running else None
        if call is not None and call.answer is not None:
            instance.control["stop_rewind"]()
            return results(call.answered(self), self.type.results, self.name)
        if call is not None and call.waiting is not None:
            raise CannotPause(
                f"{self.name} is called while the stack is unwound from {call.waiting.imported.name}: "
                "a function in between is taken not to pause; rewrite with asserts=True to hear which"
            )
        returned = self.function(*arguments)
        if type(returned) is not Yielded and not inspect.isawaitable(returned):
            return results(returned, self.type.results, self.name)
        try:
            if call is None:
                raise CannotPause(
                    f"{self.name} pauses, but {instance.why_not()}" if instance.why_not() else
                    f"{self.name} pauses, but what called it was not called through the instance"
                )  # fmt: skip
            instance.pause(call, Waiting(self, arguments, returned))
        except BaseException:
            dispose(returned)
            raise
        return self.zeros


@dataclass(slots=True)
class Waiting:
    """The import at which a call is paused, its arguments, and what the function returned; in a call that was restored
    it is still to be called."""

    imported: Imported
    arguments: tuple[Any, ...]
    returned: Any
    called: bool = True

    def outcome(self) -> Any:
        """What the function returned: an awaitable or `Yielded`, and in a call that was restored any value."""
        if not self.called:
            self.returned = self.imported.function(*self.arguments)
            self.called = True
        return self.returned


def dispose(returned: Any) -> None:
    """Nobody will await it."""
    if inspect.iscoroutine(returned):
        returned.close()


def link(module: Module, imports: Imports, instance: Instance) -> tuple[list[Any], list[Imported]]:
    """What the imports of a module are linked to, and the functions of Python among them.

    Raises `TypeError` for what is missing, or is not what the module imports.
    """
    externs = []
    functions = []
    for item in module.interface.imports:
        name = f"{item.module}.{item.name}"
        try:
            found = imports[item.module][item.name]
        except KeyError:
            if drives_itself(module.interface):
                raise TypeError(f"{name} is a control function: rewrite this module, or give its text") from None
            raise TypeError(f"the import {name} is missing") from None
        if item.kind == "func" and not isinstance(found, wasmtime.Func):
            if not callable(found):
                raise TypeError(f"the import {name} is a function, not {found!r}")
            imported = Imported(item, found, module, instance)
            unknown = unsupported((*imported.type.params, *imported.type.results))
            if unknown:
                raise TypeError(f"the import {name}: wasmtime's Python package cannot pass values of type {unknown}")
            params = [VALTYPES[type_]() for type_ in imported.type.params]
            types = [VALTYPES[type_]() for type_ in imported.type.results]
            found = wasmtime.Func(instance.store, wasmtime.FuncType(params, types), imported)
            functions.append(imported)
        externs.append(found)
    return externs, functions
