"""What a script runs on: where prints go, which imports the host provides, how wasm is called. Subclass to take part.

To pause and resume at every import, for example:

    class Pausing(Host):
        def called(self, module, name, arguments, exports):
            if exports.function("bysyncify_get_state")() == 2:         # rewinding: the second time
                exports.function("bysyncify_stop_rewind")()
                return super().called(module, name, arguments, exports)
            exports.function("bysyncify_start_unwind")(DATA)
            return None                                                # zeros, that nobody reads

        def call(self, function, arguments, exports):
            results = function(*arguments)
            while exports.function("bysyncify_get_state")() == 1:      # unwinding
                exports.function("bysyncify_stop_unwind")()
                exports.function("bysyncify_start_rewind")(DATA)
                results = function(*arguments)
            return results
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import wasmtime

from .interface import Interface
from .values import Value


def print_line(line: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Exports:
    """What a module instance exports, bound to its store."""

    def __init__(self, store: Any, find: Callable[[str], Any]) -> None:
        self.store = store
        self.find = find

    def get(self, name: str) -> Any:
        """The export as wasmtime has it (a `Memory`, a `Func`); None if there is none."""
        return self.find(name)

    def function(self, name: str) -> Callable[..., Any] | None:
        """An exported function to be called with its arguments alone, all of types that wasmtime's package knows."""
        found = self.find(name)
        return partial(found, self.store) if isinstance(found, wasmtime.Func) else None


class Host:
    """Prints `spectest.print*` imports of any signature, one call a line: `(i32.const 1) (f64.const 2.5)`.

    A call without arguments is an empty line, so that a trace shows it.
    """

    def __init__(self, out: Callable[[str], None] = print_line) -> None:
        self.out = out

    def provides(self, module: str, name: str) -> bool:
        """Whether a function import, of whatever signature, is the host's: then `called` gets its calls."""
        return module == "spectest" and name.startswith("print")

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> Sequence[Value] | None:
        """A call of an import that the host provides; its results, or None for zeros and nulls.

        `exports` are those of the module that imports. In a start function they are found only for a function of
        integers: others are called through an adapter module, and the instance is not there yet.
        """
        self.out(" ".join(map(str, arguments)))
        return None

    def exported(self, function: wasmtime.Func, interface: Interface, type: int, exports: Exports) -> wasmtime.Func:
        """What stands for an exported function of a type of its module where the script invokes it; of the same type.

        Asked once for each export of an instance.
        """
        return function

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], exports: Exports) -> Any:
        """Calls an export, or the adapter in front of it, for an action of the script; what it returns.

        Arguments and results are wasmtime's, see adapter.py; `exports` are those of the instance that is acted on.
        """
        return function(*arguments)

    def instantiate(self, store: wasmtime.Store, module: wasmtime.Module, imports: Sequence[Any]) -> wasmtime.Instance:
        """A new instance; its start function runs here."""
        return wasmtime.Instance(store, module, imports)
