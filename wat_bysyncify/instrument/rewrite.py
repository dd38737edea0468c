"""Text -> text: the stages in order, and the module put together again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

from ..errors import WatError
from ..sexpr import parse
from ..sexpr.nodes import List, Node, Token, tokens
from . import names
from .calls import Pausing, TypeUses, find_pausing
from .code import Codes
from .function import Shared, instrument_function
from .modernize import modernize
from .module import Entity, Func, Module, read_module
from .options import Options
from .renumber import renumber
from .runtime import Ids, control_text, globals_text, restore_text, save_text


def rewrite_text(text: str, options: Options, progress: Callable[[int, int], None] | None = None) -> Iterator[str]:
    """The rewritten text, in pieces. `progress` is told how many of how many functions are done.

    Raises `WatError` for what is wrong with the text, before the first piece.
    """
    was_enabled = gc.isenabled()
    gc.disable()  # nothing here is cyclic; looking for cycles in a million nodes costs more than all else
    try:
        nodes = modernize(parse(text))
        module = read_module(nodes)
        pausing = find_pausing(module, options)
        return iter(_Rewrite(module, pausing, options, "\r\n" if "\r\n" in text[:4096] else "\n", progress).pieces())
    finally:
        if was_enabled:
            gc.enable()


class _Rewrite:
    def __init__(
        self,
        module: Module,
        pausing: Pausing,
        options: Options,
        newline: str,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.module, self.pausing, self.options, self.newline = module, pausing, options, newline
        self.progress = progress or (lambda done, total: None)
        self.control = [
            func for func in module.funcs.entities if func.imported and names.is_control(func.imported)
        ]  # fmt: skip
        self.prefixes = self._prefixes()
        self.ids = self._ids()
        if module.memories.entities and self._is_64(module.memories.entities[0].node):
            raise module.error("a 64-bit memory is not supported yet", module.memories.entities[0].node)

    def _prefixes(self) -> list[str]:
        if self.options.names:
            chosen = list(names.CONTROL_MODULES) if self.options.names == "both" else [self.options.names]
        else:
            said = {func.imported[0] for func in self.control if func.imported}
            chosen = [name for name in names.CONTROL_MODULES if name in said] or ["bysyncify"]
        for prefix in chosen:
            for name in names.CONTROL_FUNCTIONS:
                if f"{prefix}_{name}" in self.module.exports:
                    raise self.module.error(
                        f'"{prefix}_{name}" is exported already: is this module rewritten?',
                        self.module.exports[f"{prefix}_{name}"],
                    )
        return chosen

    def _ids(self) -> Ids:
        taken_globals, taken_funcs = set(self.module.globals.names), set(self.module.funcs.names)
        types = names.SAVED_SIZES
        self.taken_funcs = taken_funcs
        return Ids(
            *(unused(f"${name}", taken_globals) for name in ("normal", "unwinding", "rewinding", "data")),
            "",
            {type_: unused(f"$save_{type_}", taken_funcs) for type_ in types},
            {type_: unused(f"$restore_{type_}", taken_funcs) for type_ in types},
        )

    @staticmethod
    def _is_64(node: Node) -> bool:
        return " i64 " in f" {''.join(tokens([node]))} "

    def pieces(self) -> list[str]:
        """The text of the new module."""
        module = self.module
        replaced: dict[int, str] = {}  # nodes by identity
        used = {"i32"} if self.pausing.instrumented else set()
        indents = _Indents(module.holder)
        codes = Codes()
        funcs: list[Func] = module.funcs.entities  # type: ignore[assignment]

        def call(word: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], bool] | None:
            number = module.funcs.index(word)
            return None if number is None else (funcs[number].type, number in self.pausing.can_pause)

        def instrumented(word: str) -> bool:
            return module.funcs.index(word) in self.pausing.instrumented

        shared = Shared(module, codes, TypeUses(module), self.ids, self.newline, call, instrumented, used)
        todo = sorted(self.pausing.instrumented)
        for done, number in enumerate(todo):
            func = funcs[number]
            if isinstance(func.node, list):
                text = instrument_function(func, self.pausing.indirect(number), indents.of(func.node), shared)
                if text is not None:
                    replaced[id(func.node)] = text
            self.progress(done + 1, len(todo))

        removed = {id(func.node) for func in self.control}
        moved = renumber(module, self.control, self._control_ids()) if self.control else {}
        out: list[str] = []
        nodes = module.nodes
        within = module.holder is not nodes
        for node in nodes:
            if node is module.holder:
                out.append(str(node[0]))
                for child in node[1:-1]:
                    self._put(child, out, replaced, removed, moved)
                self._finish(out, indents.field, used)
                out.append(str(node[-1]))
            else:
                self._put(node, out, replaced, removed, moved)
        if not within:
            self._finish(out, indents.field, used)
        return out

    def _put(self, node: Node, out: list[str], replaced: dict[int, str], removed: set[int], moved: dict[int, str]) -> None:
        if id(node) in removed:
            trivia = tokens([node])[-1]
            rest = trivia.partition("\n")[2]
            if ";;" in rest or "(;" in rest:
                out.append(rest.lstrip(" \t"))
        elif id(node) in replaced:
            out.append(replaced[id(node)])
        elif id(node) in moved:
            out.append(moved[id(node)])
        elif isinstance(node, list):
            out += tokens([node])
        else:
            out.append(node)

    def _control_ids(self) -> dict[int, str]:
        """The id of the function that stands for each import of a control function, by the import's node."""
        ids = {}
        for func in self.control:
            assert func.imported is not None
            ids[id(func.node)] = func.id or unused(f"$bysyncify_{func.imported[1]}", self.taken_funcs)
        return ids

    def _finish(self, out: list[str], indent: str, used: set[str]) -> None:
        """Adds what every rewritten module has, behind its last field."""
        closing = ""
        if out:
            stripped = out[-1].rstrip(" \t\r\n")
            closing = out[-1][len(stripped) :]
            out[-1] = stripped
        ids = self.ids
        groups = [globals_text(ids)]
        if not self.module.memories.entities:
            export = "memory" if "memory" not in self.module.exports else "bysyncify_memory"
            groups.append([f'(memory (export "{export}") 1)'])
        control_ids = self._control_ids()
        for name in names.CONTROL_FUNCTIONS:
            exports = [f"{prefix}_{name}" for prefix in self.prefixes]
            imports = [func for func in self.control if func.imported and func.imported[1] == name]
            for func in imports:
                groups.append(control_text(name, control_ids[id(func.node)], exports, ids))
                exports = []
            if not imports:
                groups.append(control_text(name, unused(f"$bysyncify_{name}", self.taken_funcs), exports, ids))
        for type_ in names.SAVED_SIZES:
            if type_ in used:
                groups += [save_text(type_, ids), restore_text(type_, ids)]
        newline = self.newline
        for lines in groups:
            for line in lines:
                out.append(f"{newline}{indent}{line}")
        out.append(closing or newline)


def unused(name: str, taken: set[str]) -> str:
    """The name, or the name with a number, that is not taken; it is then."""
    found = name
    count = 2
    while found in taken:
        found = f"{name}_{count}"
        count += 1
    taken.add(found)
    return found


class _Indents:
    """The indentation of the fields of a module."""

    def __init__(self, holder: List) -> None:
        self.by_node: dict[int, str] = {}
        self.field = "  " if holder and isinstance(holder[0], Token) and holder[0].type == "OPEN" else ""
        indent = ""
        before: Node | None = None
        for node in holder:
            if before is not None:
                last = before
                while isinstance(last, list):
                    last = last[-1]
                newline = last.rfind("\n")
                if newline >= 0:
                    tail = last[newline + 1 :]
                    indent = tail[: len(tail) - len(tail.lstrip(" \t"))]
            self.by_node[id(node)] = indent
            before = node
        if len(holder) > 1 and self.field and "\n" in holder[0]:
            self.field = self.by_node[id(holder[1])] if len(holder) > 2 else self.field

    def of(self, node: Node) -> str:
        """The indentation of the line that a field begins on."""
        return self.by_node[id(node)]


__all__ = ["WatError", "Entity", "rewrite_text"]
