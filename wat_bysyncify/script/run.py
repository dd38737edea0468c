"""Commands -> what they do, on wasmtime; what fails is yielded as a `WatError` with its place.

    for failure in Script(text).run():
        print(failure.report(text, "name.wast"), file=sys.stderr)

The text of a module is compiled as it stands, or as `rewrite` returns it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import wasmtime

from ..errors import WatError
from .commands import Command, Form, Source, read_commands, unescape
from .host import Host
from .instance import Instance, Misuse, Module, Unlinkable, compile_module, engine, host_function, to_wasm
from .interface import Import
from .patterns import argument, matches
from .recorded import recorded
from .spectest import PRINTS, spectest
from .traps import is_exception, is_expected, place, reason
from .values import Value

Rewrite = Callable[[str], str]
WASM_ERRORS = (wasmtime.Trap, wasmtime.WasmtimeError, Unlinkable)


class Script:
    """A script and the state of its run: one store, the modules defined, the instances by name, what is registered.

    `rewrite` is given the text of each text module that is to be instantiated or defined, and returns the text to
    compile; modules that are expected to be malformed or invalid are compiled as they stand.
    Raises `WatError` where the text is no script.
    """

    def __init__(self, text: str, *, host: Host | None = None, rewrite: Rewrite | None = None) -> None:
        self.commands = read_commands(text)
        self.host = host or Host()
        self.rewrite = rewrite
        self.store = wasmtime.Store(engine())
        self.registered: dict[str, Mapping[str, Any]] = {"spectest": spectest(engine(), self.store)}
        self.modules: dict[str | None, Module | None] = {}  # None: the last one
        self.instances: dict[str | None, Instance | None] = {}
        self.acted: Instance | None = None  # on which the last action was
        self.made: list[Instance] = []  # all of them

    def run(self) -> Iterator[WatError]:
        """Runs all commands; yields a failure as soon as a command fails, and goes on."""
        for command in self.commands:
            failure = self.failure(command)
            if failure:
                yield failure

    def close(self) -> None:
        """Frees all that the script has made, which cannot be used then: each memory takes gigabytes of addresses,
        and instances and hosts hold each other."""
        self.store.close()

    def failure(self, command: Command) -> WatError | None:
        """Runs one command; what fails, with its place."""
        try:
            self.execute(command)
        except WatError as failure:
            failure.offset = command.offset if failure.offset is None else failure.offset
            return failure
        except (*WASM_ERRORS, Misuse) as error:
            return WatError(self.why(error), command.offset)
        return None

    def execute(self, command: Command) -> None:
        """Runs one command; raises `WatError`, `Misuse` or one of `WASM_ERRORS` if it fails."""
        if isinstance(command, Source):
            return self.define(command)
        items = command.items
        match command.head:
            case "register":
                name = items[1] if len(items) > 1 else None
                instance = self.instance(name if isinstance(name, str) else None)
                self.registered[_string(items[0])] = instance.externs
            case "invoke" | "get":
                self.act(command)
            case "assert_return":
                self.assert_return(command)
            case "assert_trap" | "assert_exhaustion" | "assert_exception":
                self.assert_trap(command)
            case "assert_unlinkable":
                self.assert_unlinkable(command)
            case _:
                self.assert_refused(command)

    def recorded(self) -> list[str]:
        """The names of the functions that were paused, of all instances that note that (recorded.py)."""
        return [*dict.fromkeys(name for instance in self.made for name in recorded(instance))]

    # Modules

    def define(self, source: Source) -> None:
        """Defines a module, instantiates one, or does both, and remembers it by name and as the last one."""
        names: set[str | None] = {None, source.name}
        if source.use != "definition":
            self.instances.update(dict.fromkeys(names))  # none, should it fail
        if source.use == "instance":
            module = self.modules.get(source.of)
            if module is None:
                raise WatError(f"no module {source.of or ''}".rstrip())
        else:
            self.modules.update(dict.fromkeys(names))
            module = self.compile(source)
            self.modules.update(dict.fromkeys(names, module))
        if source.use != "definition":
            instance = self.instantiate(module)
            self.instances.update(dict.fromkeys(names, instance))

    def compile(self, source: Source) -> Module:
        """The module of a source, rewritten if it is text; raises `WatError` if it does not compile."""
        code = source.code
        rewritten = False
        if self.rewrite and source.kind != "binary":
            try:
                code = self.rewrite(code.decode()).encode()
            except UnicodeDecodeError as error:
                raise WatError(f"malformed UTF-8: {error.reason}", source.offset) from None
            except WatError as error:
                raise WatError(error.message, source.offset + (error.offset or 0) * (source.kind == "text")) from None
            rewritten = code != source.code
        try:
            module = compile_module(code if source.kind == "binary" else to_wasm(code))
            return module if source.kind == "binary" else replace(module, text=code.decode())
        except wasmtime.WasmtimeError as error:
            at = place(error) if source.kind == "text" and not rewritten else None
            inner = _offset(code.decode(), *at) if at else 0
            raise WatError("rewritten module: " * rewritten + reason(error), source.offset + inner) from None

    def instantiate(self, module: Module, strict: bool = False) -> Instance:
        """A new instance; raises one of `WASM_ERRORS`."""
        made: list[Instance] = []
        imports = [
            self.resolve(module, item, lambda: made[0] if made else None, strict) for item in module.interface.imports
        ]
        raw = self.host.instantiate(self.store, module.compiled, imports)
        made.append(Instance(self.host, self.store, module, raw))
        self.made += made
        return made[0]

    def resolve(self, module: Module, item: Import, importer: Callable[[], Instance | None], strict: bool) -> Any:
        """What an import is linked to: an export of a registered module, or a function of the host.

        `strict`: print functions have their official types, and there are no others.
        """
        extern = self.registered.get(item.module, {}).get(item.name)
        if isinstance(extern, wasmtime.SharedMemory):  # a TypeError inside the package (50.0.1)
            raise WatError(f"wasmtime's Python package cannot import a shared memory: `{item.module}::{item.name}`")
        if extern is not None:
            return extern
        if isinstance(item.type, int) and item.kind == "func" and self.host.provides(item.module, item.name):
            type = module.interface.funcs[item.type]
            official = PRINTS.get(item.name) == type.params and not type.results and type.plain
            if strict and item.module == "spectest" and not official:
                raise Unlinkable(f"incompatible import type for `{item.module}::{item.name}`")
            names = (item.module, item.name)
            return host_function(self.host, self.store, module.interface, item.type, names, importer)
        raise Unlinkable(f"unknown import: `{item.module}::{item.name}`")

    def instance(self, name: str | None) -> Instance:
        """The instance of a name, or the last one; raises `WatError`."""
        found = self.instances.get(name)
        if found is None:
            raise WatError(f"no module instance {name or ''}".rstrip())
        return found

    # Actions and assertions

    def act(self, action: Form) -> list[Value]:
        """The results of `(invoke ..)` or `(get ..)`."""
        items = list(action.items)
        name = items.pop(0) if isinstance(items[0], str) and not items[0].startswith('"') else None
        instance = self.acted = self.instance(name if isinstance(name, str) else None)
        export = _string(items.pop(0))
        if action.head == "get":
            return [instance.read(export)]
        return instance.invoke(export, [argument(item) for item in items])

    def why(self, error: Exception) -> str:
        """The cause on one line, and what a check has found that a rewritten module makes."""
        found = self.acted.failed_check() if self.acted and isinstance(error, wasmtime.Trap) else None
        return f"{reason(error)}: {found}" if found else reason(error)

    def assert_return(self, form: Form) -> None:
        """`(assert_return (invoke ..) pattern*)`"""
        action, *patterns = form.items
        assert isinstance(action, Form)
        expected = " ".join(map(str, patterns)) or "nothing"
        try:
            results = self.act(action)
        except wasmtime.Trap as trap:
            raise WatError(f"assertion failed: {self.why(trap)}, expected {expected}") from None
        if len(results) != len(patterns) or not all(map(matches, results, patterns)):
            raise WatError(f"assertion failed: got {' '.join(map(str, results)) or 'nothing'}, expected {expected}")

    def assert_trap(self, form: Form) -> None:
        """`(assert_trap (invoke ..) "message")`, of a module too, and the same for exhaustion and exceptions."""
        what = form.items[0]
        message = _string(form.items[1]) if len(form.items) > 1 else ""
        is_caught = form.head == "assert_exception"
        expected = "an exception" if is_caught else f'trap "{message}"'
        results: list[Value] = []
        try:
            if isinstance(what, Source):
                self.instantiate(self.compile(what))
            elif isinstance(what, Form):
                results = self.act(what)
        except wasmtime.Trap as trap:
            said = self.why(trap)
            if is_exception(trap) if is_caught else is_expected(trap, message):
                return
            raise WatError(f"assertion failed: {said}, expected {expected}") from None
        got = " ".join(map(str, results)) or "nothing"
        raise WatError(f"assertion failed: got {got}, expected {expected}")

    def assert_unlinkable(self, form: Form) -> None:
        """`(assert_unlinkable (module ..) "message")`: compiles, but does not link."""
        source = form.items[0]
        assert isinstance(source, Source)
        module = self.compile(source)
        try:
            self.instantiate(module, strict=True)
        except (Unlinkable, wasmtime.WasmtimeError):
            return
        raise WatError("assertion failed: the module links")

    def assert_refused(self, form: Form) -> None:
        """`(assert_malformed (module ..) "message")`, `assert_invalid`, and of custom sections."""
        source = form.items[0]
        assert isinstance(source, Source)
        try:
            compile_module(source.code if source.kind == "binary" else to_wasm(source.code))
        except wasmtime.WasmtimeError:
            return
        raise WatError(f"assertion failed: the module is {'valid' if 'invalid' in form.head else 'well-formed'}")


def _string(item: Any) -> str:
    """A name in quotes -> its text; raises `WatError`."""
    try:
        return unescape(str(item)).decode()
    except UnicodeDecodeError:
        raise WatError(f"malformed UTF-8 in {item}") from None


def _offset(text: str, line: int, column: int) -> int:
    """The index of a line and a column in a text, both from 1."""
    lines = text.split("\n")[: line - 1]
    return min(sum(map(len, lines)) + len(lines) + column - 1, len(text))
