"""Text -> text: the stages in order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..sexpr import parse
from ..sexpr.nodes import Token, core_length, words
from ..sexpr.trivia import newline_of
from . import names
from .additions import Additions
from .annotations import is_annotated
from .assemble import Assembled, Functions, Indents, assemble
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
    """A module that can pause, of a text, and what there is to say about it."""

    assembled: Assembled
    text: str
    program: Program
    maps: list[FunctionMap]

    @property
    def pieces(self) -> list[str]:
        """The new text."""
        return self.assembled.pieces

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
        pieces, begins, end, place = self.assembled
        lines, first_lines = map_lines(pieces, begins, end, self.maps, self.text, why)
        state = None
        if place is not None:
            state = sum(piece.count("\n") for piece in pieces[: place[0]]) + place[1] + 2
        added = sum(piece.count("\n") for piece in pieces[:end]) + 2
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
        additions, indents = Additions(program), Indents(program.module.holder)
        functions = _functions(program, indents, progress or (lambda done, total: None))
        return Rewritten(assemble(program, functions, additions, indents), text, program, functions.maps)
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


def _functions(program: Program, indents: Indents, progress: Callable[[int, int], None]) -> Functions:
    """The functions of a module, rewritten."""
    module, instrumented = program.module, program.pausing.instrumented
    stubs = program.control.stubs
    found = Functions({}, [], Needs(), [])

    def rewritten(func: Func, indent: str) -> str:
        new = rewrite_function(func, indent, program)
        found.needs.add(new.needs)
        if new.map:
            found.maps.append(new.map)
        return new.text

    own = [func for func in map(module.func, range(program.defined)) if isinstance(func.node, list)]
    todo = [func for func in own if func.number in instrumented]
    for done, func in enumerate(todo, 1):
        found.replaced[id(func.node)] = rewritten(func, indents.of(func.node))
        progress(done, len(todo))
    for func in own:
        if func.number not in instrumented and not func.imported and id(func.node) not in stubs:
            text = plain_function(func, program)
            if text is not None:
                found.replaced[id(func.node)] = text
    if program.options.trace:
        found.replaced.update(_start(program))
    added = map(module.func, range(program.defined, len(module.funcs.entities)))
    found.stand_ins.extend(rewritten(func, indents.field) for func in added)
    return found


def _start(program: Program) -> Iterator[tuple[int, str]]:
    """The start field, by identity, and what stands for it: the function's export, for the host calls it."""
    for kind, node in program.module.fields:
        if kind == "start" and program.module.start is not None:
            last = node
            while isinstance(last, list):
                last = last[-1]
            exports = (f'(export "{prefix}_{names.START}"' for prefix in program.ids.prefixes)
            word = words(node)[-1] if isinstance(node, Token) else words(node[0])[-1]
            text = " ".join(f"{export} (func {word}))" for export in exports)
            yield id(node), text + last[core_length(last) :]
