"""Text -> text: the stages in order, and the module put together again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

from ..errors import WatError
from ..sexpr import parse
from ..sexpr.nodes import List, Node, Token, core_length, tokens
from . import names
from .annotations import MARK
from .calls import Pausing, find_pausing
from .code import Codes
from .control import Control, take_control
from .fields import node_words, own_fields
from .function import complete_function, rewrite_function
from .modernize import modernize
from .module import Func, Module, TypeUses, read_module
from .options import Options
from .placeholder import Placeholders
from .runtime import (
    Ids,
    control_text,
    fuel_globals,
    globals_text,
    out_of_fuel_text,
    own_memory_text,
    peek_text,
    restore_text,
    save_text,
    table_text,
)
from .scope import Program
from .tailcalls import find_tails


def rewrite_text(text: str, options: Options, progress: Callable[[int, int], None] | None = None) -> Iterator[str]:
    """The rewritten text, in pieces. `progress` is told how many of how many functions are done.

    Raises `WatError` for what is wrong with the text, before the first piece.
    """
    was_enabled = gc.isenabled()
    gc.disable()  # nothing here is cyclic; looking for cycles in a million nodes costs more than all else
    try:
        nodes = parse(text)
        own_fields(nodes)
        source = nodes
        modern, old = modernize(nodes, text)
        control = take_control(modern)
        module = read_module(control.nodes, source)
        functions = {id(function.node): function.name for function in control.functions}
        numbers = {i: functions[id(f.node)] for i, f in enumerate(module.funcs.entities) if id(f.node) in functions}
        codes = Codes()
        pausing = find_pausing(module, numbers, options, codes)
        newline = "\r\n" if "\r\n" in text[:4096] else "\n"
        return iter(_Rewrite(module, control, pausing, options, codes, newline, old, MARK in text, progress).pieces())
    finally:
        if was_enabled:
            gc.enable()


class _Rewrite:
    def __init__(
        self,
        module: Module,
        control: Control,
        pausing: Pausing,
        options: Options,
        codes: Codes,
        newline: str,
        old: bool,
        annotated: bool,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.module, self.pausing, self.options, self.newline = module, pausing, options, newline
        self.codes, self.old, self.annotated = codes, old, annotated
        self.progress = progress or (lambda done, total: None)
        self.control = control
        self.stubs = {id(function.node) for function in control.functions}
        self.prefixes = self._prefixes()
        self.ids = self._ids()
        self._check_control()

    def _prefixes(self) -> list[str]:
        if self.options.names:
            chosen = list(names.CONTROL_MODULES) if self.options.names == "both" else [self.options.names]
        else:
            said = {function.module for function in self.control.functions}
            chosen = [name for name in names.CONTROL_MODULES if name in said] or ["bysyncify"]
        for prefix in chosen:
            for name in (*names.CONTROL_FUNCTIONS, *names.FUEL_FUNCTIONS):
                if f"{prefix}_{name}" in self.module.exports:
                    raise self.module.error(
                        f'"{prefix}_{name}" is exported already: is this module rewritten?',
                        self.module.exports[f"{prefix}_{name}"],
                    )
        return chosen

    def _check_control(self) -> None:
        """Control functions are imported with the types that they have."""
        by_node = {id(entity.node): entity for entity in self.module.funcs.entities}
        for function in self.control.functions:
            params = (self.ids.address,) if function.name in names.TAKES_DATA else ()
            params = ("i32",) if function.name == "set_fuel" else params
            type_ = (params, ("i32",) if function.name == "get_state" else ())
            if by_node[id(function.node)].type != type_:  # type: ignore[attr-defined]
                arrow = f"[{' '.join(type_[0])}] -> [{' '.join(type_[1])}]"
                raise self.module.error(f"{function.name} has the type {arrow}", function.source)

    def _ids(self) -> Ids:
        taken_globals, taken_funcs = set(self.module.globals.names), set(self.module.funcs.names)
        taken_tables = set(self.module.tables.names)
        types = [*names.SAVED_SIZES, *names.SAVED_REFERENCES]
        tables = {type_: names.unused(f"${type_}s", taken_tables) for type_ in names.SAVED_REFERENCES}
        self.taken_funcs = taken_funcs
        return Ids(
            names.unused("$normal", taken_globals),
            names.unused("$unwinding", taken_globals),
            names.unused("$rewinding", taken_globals),
            names.unused("$data", taken_globals),
            names.unused("$peek_i32", taken_funcs),
            names.unused("$fuel", taken_globals),
            names.unused("$limited", taken_globals),
            names.unused("$out_of_fuel", taken_funcs),
            *self._memory(),
            {type_: names.unused(f"$save_{type_}", taken_funcs) for type_ in types},
            {type_: names.unused(f"$restore_{type_}", taken_funcs) for type_ in types},
            tables,
            {type_: names.unused(f"${type_}s_next", taken_globals) for type_ in tables},
            {type_: names.unused(f"${type_}s_count", taken_globals) for type_ in tables},
        )

    def _memory(self) -> tuple[str, str]:
        """The type of an address in the memory that holds the frames, and how it is named in an instruction."""
        module = self.module
        memories = module.memories
        if self.options.own_memory is not None:
            self.frames = names.unused("$frames", set(memories.names))
            return "i32", f"{self.frames} " if memories.entities else ""
        word = self.options.memory
        number: int | None = 0
        if word is not None:
            number = module.exported_as("memory", word)
            if number is None:
                number = memories.index(word)
            if number is None:
                number = memories.names.get(f"${word}")
            if number is None:
                raise WatError(f"no memory is exported as {word!r}, and none has that name")
        memory = memories.entities[number or 0] if memories.entities else None
        id_ = "" if memory is None or not number else f"{memory.id or number} "
        return module.address_type("memory", str(number)), id_

    def _reachable(self) -> bool:
        """Whether the host can reach the memory that holds the frames."""
        memories = self.module.memories
        number = memories.index(self.ids.memory.strip()) if self.ids.memory else 0
        return number in self.module.exported("memory") or bool(memories.entities[number or 0].imported)

    def _pause(self) -> str:
        """The import that pause points call, "" for none."""
        wanted = self.options.pause_import
        if wanted is None:
            return ""
        for func in self.module.funcs.entities:
            if func.imported and ".".join(func.imported) == wanted:
                if func.type != ((), ()):  # type: ignore[attr-defined]
                    raise self.module.error("what pause points call has no parameters and no results", func.node)
                return func.id or str(func.number)
        raise WatError(f"{wanted!r} is not an import of a function")

    def pieces(self) -> list[str]:
        """The text of the new module."""
        module = self.module
        replaced: dict[int, str] = {}  # nodes by identity
        indents = _Indents(module.holder)
        funcs: list[Func] = module.funcs.entities  # type: ignore[assignment]

        placeholders = Placeholders(module, self.taken_funcs)
        program = Program(
            module, self.codes, TypeUses(module), self.pausing, self.ids, placeholders, self.newline, self.annotated
        )
        self.defined = len(funcs)
        program.tails = find_tails(program, self.taken_funcs)
        todo = sorted(number for number in self.pausing.instrumented if number < self.defined)
        for done, number in enumerate(todo):
            func = funcs[number]
            if isinstance(func.node, list):
                replaced[id(func.node)] = rewrite_function(func, indents.of(func.node), program)
            self.progress(done + 1, len(todo))
        if self.old:
            for number, func in enumerate(funcs[: self.defined]):
                if number not in self.pausing.instrumented and isinstance(func.node, list) and not func.imported:
                    if id(func.node) not in self.stubs:
                        replaced[id(func.node)] = complete_function(func, program)

        out: list[str] = []
        place = self._state_place()
        for node in module.nodes:
            inside = node is module.holder
            for child in node if inside else [node]:
                if inside and child is node[-1]:
                    self._finish(out, indents.field, program)
                if id(child) in replaced and not indents.starts_line(child) and out:
                    before = out[-1].rstrip(" ")
                    out[-1] = before + ("" if before.endswith("\n") else self.newline) + indents.of(child)
                self._put(child, out, replaced)
                if child is place and child is not None:
                    last = child[-1] if isinstance(child, list) else child
                    self._state(out, indents.of(child), len(last) - core_length(last))
        if module.holder is module.nodes:
            self._finish(out, indents.field, program)
        return out

    def _state_place(self) -> Node | None:
        """The field behind which the globals of the state go: the last global (they have the next numbers), or else
        what stands before the first function (older tools read in one pass)."""
        fields = self.module.fields
        spaces = (self.module.funcs, self.module.tables, self.module.memories, self.module.globals, self.module.tags)
        ahead = {id(entity.node) for space in spaces for entity in space.entities if entity.imported}
        ahead |= {id(entity.node) for entity in self.module.globals.entities}
        last = next((node for _, node in reversed(fields) if id(node) in ahead), None)
        if last is not None and self.module.globals.entities:
            return last
        before: Node | None = None
        for kind, node in fields:
            if kind == "func" and id(node) not in self.stubs and id(node) not in ahead:
                break
            before = node if id(node) not in self.stubs else before
        return before

    def _state_lines(self) -> list[str]:
        fuel = self.options.pause_at or any(each.name in names.FUEL_FUNCTIONS for each in self.control.functions)
        return globals_text(self.ids) + (fuel_globals(self.ids) if fuel else [])

    def _state(self, out: list[str], indent: str, trivia_length: int) -> None:
        """Writes the globals of the state on lines of their own behind the last piece, before most of its trivia."""
        lines = f"{self.newline}{indent}".join(self._state_lines())
        at = len(out[-1]) - trivia_length
        core, trivia = out[-1][:at], out[-1][at:]
        same_line, newline, rest = trivia.partition("\n")
        out[-1] = f"{core}{same_line.rstrip()}{self.newline}{indent}{lines}{self.newline}{rest if newline else indent}"

    def _put(self, node: Node, out: list[str], replaced: dict[int, str]) -> None:
        if id(node) in replaced:
            out.append(replaced[id(node)])
        elif id(node) in self.stubs:
            pass  # _finish writes them
        elif isinstance(node, list):
            out.append("".join(tokens([node])))
        else:
            out.append(node)

    def _finish(self, out: list[str], indent: str, program: Program) -> None:
        """Adds what every rewritten module has, behind its last field."""
        closing = ""
        if out:
            stripped = out[-1].rstrip(" \t\r\n")
            closing = out[-1][len(stripped) :]
            out[-1] = stripped
        ids, module = self.ids, self.module
        groups = [] if self._state_place() else [self._state_lines()]
        if self.options.own_memory is not None:
            exports = [f'"{prefix}_memory"' for prefix in self.prefixes]
            groups.append(own_memory_text(self.frames, exports, self.options.own_memory))
        elif not self.module.memories.entities:
            export = "memory" if "memory" not in self.module.exports else "bysyncify_memory"
            groups.append([f'(memory (export "{export}") 1)'])
        elif not self.control.functions and not self._reachable():
            memory = ids.memory.strip() or module.memories.entities[0].id or "0"
            groups.append([f'(export "{prefix}_memory" (memory {memory}))' for prefix in self.prefixes])
        # The stubs first and in their order, which gave them their numbers.
        exported: set[str] = set()
        controls: dict[str, str] = {}
        wanted = [*names.CONTROL_FUNCTIONS]
        pause = self._pause()
        if self.options.pause_at:
            wanted += ["set_fuel"] if pause or self.options.own_memory is not None else names.FUEL_FUNCTIONS
        for function in self.control.functions:
            own = [f'"{prefix}_{function.name}"' for prefix in self.prefixes if function.name not in exported]
            exported.add(function.name)
            id_ = node_words(function.node)[1]
            controls[function.name] = id_
            groups.append(control_text(function.name, id_, [*own, *function.exports], ids))
        # The functions that the analysis added come next, as they are numbered.
        for number in range(self.defined, len(module.funcs.entities)):
            groups.append(rewrite_function(module.func(number), indent, program).split(self.newline))
        for name in wanted:
            if name not in exported:
                id_ = names.unused(f"$bysyncify_{name}", self.taken_funcs)
                controls[name] = id_
                groups.append(control_text(name, id_, [f'"{prefix}_{name}"' for prefix in self.prefixes], ids))
        if self.options.pause_at:
            unset = self.options.own_memory is None
            groups.append(out_of_fuel_text(ids, pause, controls, unset))
        groups += program.tails.lines
        if program.tails.dispatcher:
            groups.append(peek_text(ids))
        used = {"i32", *program.used} if self.pausing.instrumented else set()
        for type_ in ids.save:
            if type_ in used:
                groups += [table_text(type_, ids)] if type_ in ids.tables else []
                groups += [save_text(type_, ids), restore_text(type_, ids)]
        groups += program.placeholders.lines
        newline = self.newline
        for lines in groups:
            for line in lines:
                out.append(f"{newline}{indent}{line}")
        out.append(closing if "\n" in closing else newline)


class _Indents:
    """The indentation of the fields of a module; `field` is that of a field on a line of its own."""

    def __init__(self, holder: List) -> None:
        self.by_node: dict[int, str] = {}
        self.field = "  " if isinstance(holder[0], Token) and holder[0].type == "OPEN" else ""
        before: Node | None = None
        for position, node in enumerate(holder):
            while isinstance(before, list):
                before = before[-1]
            newline = before.rfind("\n") if before is not None else -1
            if before is not None and newline >= 0:
                tail = before[newline + 1 :]
                self.by_node[id(node)] = tail[: len(tail) - len(tail.lstrip(" \t"))]
                if position == 1 and len(holder) > 2:
                    self.field = self.by_node[id(node)]
            before = node

    def starts_line(self, node: Node) -> bool:
        """Whether a field is the first on its line."""
        return id(node) in self.by_node

    def of(self, node: Node) -> str:
        """The indentation of a field, or what it would have on a line of its own."""
        return self.by_node.get(id(node), self.field)
