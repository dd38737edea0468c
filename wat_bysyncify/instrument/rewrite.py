"""Text -> text: the stages in order, and the module put together again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..sexpr import parse
from ..sexpr.nodes import List, Node, Token, core_length, tokens, words
from ..sexpr.trivia import Trivia, line_breaks, newline_of
from . import names
from .additions import Additions
from .annotations import is_annotated
from .callgraph import Callees
from .code import OURS, Codes
from .control import take_control
from .fields import own_fields
from .function import plain_function, rewrite_function
from .hot import hot, times_of
from .ids import address_of, choose_ids, prefixes
from .implicit import write_types
from .lists import Called
from .mapping import FunctionMap, map_lines, module_map
from .modernize import modernize
from .module import Func, read_module
from .needs import Needs
from .options import Options
from .pausing import find_pausing
from .program import Program
from .shape import Shapes
from .sharedglobals import import_shared
from .tailcalls import find_tails
from .telling import find_telling
from .twins import twinned

if TYPE_CHECKING:
    from .explain import Explanation


class Rewritten(NamedTuple):
    """A module that can pause: its new text in `pieces`, and what there is to say about it."""

    pieces: list[str]
    text: str
    program: Program
    maps: list[FunctionMap]
    begins: list[tuple[int, Node]]  # which pieces begin which fields of the module
    end: int  # behind the piece with its last field
    state: tuple[int, int] | None  # the piece with the state, and the line there before it

    @property
    def warnings(self) -> list[str]:
        """What the user asked for and cannot be."""
        return self.program.called.warnings

    def explanation(self) -> Explanation:
        """What can pause, and why."""
        from .explain import Explanation  # what few runs want is imported by these

        return Explanation(self.text, self.program)

    def map(self) -> dict[str, Any]:
        """What tools want to know. Raises `ValueError` if it was not wanted (`rewrite_text`)."""
        if not self.program.mapped:
            raise ValueError("there is no map: the text was rewritten without")
        why = self.explanation()
        lines, first_lines = map_lines(self.pieces, self.begins, self.end, self.maps, self.text, why)
        state = None
        if self.state is not None:
            piece, inside = self.state
            state = sum(piece.count("\n") for piece in self.pieces[:piece]) + inside + 2
        added = sum(piece.count("\n") for piece in self.pieces[: self.end]) + 2
        return module_map(self.program, self.maps, first_lines, state, added, lines, why)


def rewrite_text(
    text: str, options: Options, progress: Callable[[int, int], None] | None = None, mapped: bool = False
) -> Rewritten:
    """The rewritten text. `progress` is told how many of how many functions are done; `mapped`: a map is wanted.

    Raises `WatError` for what is wrong with the text.
    """
    was_enabled = gc.isenabled()
    gc.disable()  # nothing here is cyclic; looking for cycles in a million nodes costs more than all else
    try:
        program = read_program(text, options, mapped)
        rewrite = _Rewrite(program)
        pieces = rewrite.pieces(progress or (lambda done, total: None))
        return Rewritten(pieces, text, program, rewrite.maps, rewrite.begins, rewrite.end, rewrite.state)
    finally:
        if was_enabled:
            gc.enable()


def read_program(text: str, options: Options, mapped: bool = False) -> Program:
    """All that the functions of a module have in common.

    Raises `WatError` for what is wrong with the text outside of functions.
    """
    nodes = parse(text)
    own_fields(nodes)
    write_types(nodes, text)
    source = nodes
    modern, old = modernize(nodes, text)
    control = take_control(modern)
    origins = {id(function.node): function.source for function in control.functions}
    module = read_module(control.nodes, source, origins)
    newline = newline_of(text)
    shared = None
    if options.import_globals:
        shared = import_shared(module, prefixes(module, control, options)[0], address_of(module, options), newline)
        module = read_module(control.nodes, source, origins)
    called = Called(module, control)
    pausing = find_pausing(module, control, options, Callees(module, Codes()), called, OURS in text)
    ids = choose_ids(module, control, options, shared)
    shares = None
    if options.profile is not None:
        shares = hot(times_of(options.profile, called), pausing.instrumented | pausing.runtime)
    program = Program(
        module,
        control,
        pausing,
        text,
        called,
        ids,
        newline,
        annotated=is_annotated(text),
        old=old,
        mapped=mapped,
        options=options,
        hot=shares,
    )
    find_tails(program)
    shapes = Shapes(program)
    program.twinned = twinned(program, shapes)
    program.telling = find_telling(program, shapes)
    return program


class _Rewrite:
    """Puts the module together again: its own text, with new functions, and what is added."""

    def __init__(self, program: Program) -> None:
        control = program.control
        self.program, self.additions = program, Additions(program, control)
        self.module, self.newline = program.module, program.newline
        self.stubs = {id(function.node) for function in control.functions}
        self.indents = _Indents(self.module.holder)
        self.needs = Needs()  # of the functions that are written
        self.maps: list[FunctionMap] = []
        self.begins: list[tuple[int, Node]] = []
        self.end = 0
        self.state: tuple[int, int] | None = None
        self.stand_ins: list[str] = []  # those that tail calls have (tailcalls.py)

    def pieces(self, progress: Callable[[int, int], None]) -> list[str]:
        """The text of the new module."""
        module, indents = self.module, self.indents
        replaced = self._functions(progress)
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
                self._put(child, out, replaced)
                if child is place and child is not None:
                    last = child[-1] if isinstance(child, list) else child
                    self._state(out, indents.of(child), len(last) - core_length(last))
        if module.holder is module.nodes:
            self._finish(out, place)
        return out

    def _functions(self, progress: Callable[[int, int], None]) -> dict[int, str]:
        """The new texts of functions, by the identity of their nodes."""
        module, program, indents = self.module, self.program, self.indents
        instrumented = program.pausing.instrumented
        own = [func for func in map(module.func, range(program.defined)) if isinstance(func.node, list)]
        todo = [func for func in own if func.number in instrumented]
        replaced: dict[int, str] = {}
        for done, func in enumerate(todo, 1):
            replaced[id(func.node)] = self._rewritten(func, indents.of(func.node))
            progress(done, len(todo))
        for func in own:
            if func.number not in instrumented and not func.imported and id(func.node) not in self.stubs:
                text = plain_function(func, program)
                if text is not None:
                    replaced[id(func.node)] = text
        if program.options.trace:
            replaced.update(self._start())
        added = map(module.func, range(program.defined, len(module.funcs.entities)))
        self.stand_ins = [self._rewritten(func, indents.field) for func in added]
        return replaced

    def _start(self) -> Iterator[tuple[int, str]]:
        """The start field, by identity, and what stands for it: the function's export, for the host calls it."""
        for kind, node in self.module.fields:
            if kind == "start" and self.module.start is not None:
                last = node
                while isinstance(last, list):
                    last = last[-1]
                exports = (f'(export "{prefix}_{names.START}"' for prefix in self.program.ids.prefixes)
                word = words(node)[-1] if isinstance(node, Token) else words(node[0])[-1]
                text = " ".join(f"{export} (func {word}))" for export in exports)
                yield id(node), text + last[core_length(last) :]

    def _rewritten(self, func: Func, indent: str) -> str:
        """The new text of a function; what it needs is noted."""
        found = rewrite_function(func, indent, self.program)
        self.needs.add(found.needs)
        self.maps += [found.map] if found.map else []
        return found.text

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

    def _put(self, node: Node, out: list[str], replaced: dict[int, str]) -> None:
        if id(node) in replaced:
            out.append(replaced[id(node)])
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
        for lines in [*state, *self.additions.fields(self.needs, self.stand_ins)]:
            for line in lines:
                out.append(f"{self.newline}{indent}{line}")
        out.append(closing if "\n" in closing else self.newline)


class _Indents:
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
