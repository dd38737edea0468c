"""The module put together again: its own text, with new functions, and what is added."""

from __future__ import annotations

from typing import NamedTuple

from ..sexpr.nodes import List, Node, Token, core_length, tokens
from ..sexpr.trivia import Trivia, line_breaks
from .additions import Additions
from .mapping import FunctionMap
from .needs import Needs
from .program import Program


class Functions(NamedTuple):
    """What comes of rewriting functions: the new texts of fields, by the identity of their nodes; those of stand-ins
    (standins.py); what all these need, and what tools want to know of them."""

    replaced: dict[int, str]
    stand_ins: list[str]
    needs: Needs
    maps: list[FunctionMap]


class Assembled(NamedTuple):
    """The text of a new module: its `pieces`, which of them begin which fields of the module before, and where what is
    added begins, behind the last of these; and which piece has the state, with how many line breaks there are before it
    in that piece."""

    pieces: list[str]
    begins: list[tuple[int, Node]]
    end: int
    state: tuple[int, int] | None


def assemble(program: Program, functions: Functions, additions: Additions, indents: Indents) -> Assembled:
    """The text of the new module."""
    return _Assembly(program, functions, additions, indents).assembled()


class _Assembly:
    def __init__(self, program: Program, functions: Functions, additions: Additions, indents: Indents) -> None:
        self.program, self.functions, self.additions, self.indents = program, functions, additions, indents
        self.module, self.newline = program.module, program.newline
        self.stubs = program.control.stubs
        self.begins: list[tuple[int, Node]] = []
        self.end = 0
        self.state: tuple[int, int] | None = None

    def assembled(self) -> Assembled:
        """All of it."""
        module, indents, replaced = self.module, self.indents, self.functions.replaced
        out: list[str] = []
        place = self._state_place()
        for node in module.nodes:
            inside = node is module.holder
            for child in node if inside else [node]:
                if inside and child is node[-1]:
                    self._finish(out, place)
                if id(child) in replaced and not indents.starts_line(child) and out:
                    before = out[-1].rstrip(" ")
                    out[-1] = before + ("" if before.endswith("\n") else self.newline) + indents.of(child)
                if self.program.mapped:
                    self.begins.append((len(out), child))
                self._put(child, out)
                if child is place and child is not None:
                    last = child[-1] if isinstance(child, list) else child
                    self._state(out, indents.of(child), len(last) - core_length(last))
        if module.holder is module.nodes:
            self._finish(out, place)
        return Assembled(out, self.begins, self.end, self.state)

    def _state_place(self) -> Node | None:
        """The field behind which the globals of the state go: where there are globals, the last of these and of the
        imports (they have the next numbers), or else what stands before the first function (older tools read in one
        pass)."""
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

    def _state(self, out: list[str], indent: str, trivia_length: int) -> None:
        """Writes the globals of the state on lines of their own behind the last piece, before most of its trivia."""
        lines = f"{self.newline}{indent}".join(self.additions.state())
        if not lines:  # they are imported
            return
        at = len(out[-1]) - trivia_length
        core, trivia = out[-1][:at], out[-1][at:]
        self.state = len(out) - 1, core.count("\n")
        end, _ = line_breaks(trivia)
        same_line, rest = (trivia[:end], trivia[end + 1 :]) if end >= 0 else (trivia, indent)
        out[-1] = f"{core}{same_line.rstrip()}{self.newline}{indent}{lines}{self.newline}{rest}"

    def _put(self, node: Node, out: list[str]) -> None:
        if id(node) in self.functions.replaced:
            out.append(self.functions.replaced[id(node)])
        elif id(node) in self.stubs:
            pass  # _finish writes them
        elif isinstance(node, list):
            out.append("".join(tokens([node])))
        else:
            out.append(node)

    def _finish(self, out: list[str], place: Node | None) -> None:
        """Adds what every rewritten module has, behind its last field."""
        indent = self.indents.field
        closing = ""
        if out:
            stripped = out[-1].rstrip(" \t\r\n")
            closing = out[-1][len(stripped) :]
            out[-1] = stripped
        self.end = len(out)
        state = [] if place is not None else [self.additions.state()]
        for lines in [*state, *self.additions.fields(self.functions.needs, self.functions.stand_ins)]:
            for line in lines:
                out.append(f"{self.newline}{indent}{line}")
        out.append(closing if "\n" in closing else self.newline)


class Indents:
    """The indentation of the fields of a module; `field` is that of a field on a line of its own."""

    def __init__(self, holder: List) -> None:
        self.by_node: dict[int, str] = {}
        self.field = "  " if isinstance(holder[0], Token) and holder[0].type == "OPEN" else ""
        before: Node | None = None
        for position, node in enumerate(holder):
            while isinstance(before, list):
                before = before[-1]
            indent = Trivia(before).indent if before is not None else None
            if indent is not None:
                self.by_node[id(node)] = indent
                if position == 1 and len(holder) > 2:
                    self.field = indent
            before = node

    def starts_line(self, node: Node) -> bool:
        """Whether a field is the first on its line."""
        return id(node) in self.by_node

    def of(self, node: Node) -> str:
        """The indentation of a field, or what it would have on a line of its own."""
        return self.by_node.get(id(node), self.field)
