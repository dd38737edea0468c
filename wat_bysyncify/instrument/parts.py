"""One function taken apart: its node -> its header, its names, its body.

What the stages behind do not know is said here in words that they know: annotations, handlers in which no pause begins,
tail calls of what has no frame, what is recorded, checks, calls through tables that change, locals that cannot be null,
pause points.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import WatError
from ..sexpr.nodes import Token, plain_id, tokens
from .annotations import annotated
from .asserts import with_checks
from .body import Body, BodyError, place
from .catching import with_catching_calls
from .code import Code, regular
from .fields import head, value_types
from .fold import fold
from .module import Func
from .nonnull import checked_gets, nullable_local
from .pausepoints import with_pause_points
from .program import Program
from .recording import with_noted_tail_calls
from .reftypes import is_nullable, is_value_type, nullable
from .scope import Scope
from .standins import with_stand_ins
from .tablecalls import settled_calls
from .telling import telling_header


@dataclass(slots=True)
class Parts:
    """A function taken apart: its header's tokens, its names, its body."""

    func: Func
    header: list[Token]
    scope: Scope
    body: Body

    @property
    def before(self) -> Code:
        """The last token of the header, with what stands before the body."""
        return self.scope.program.codes[self.header[-1]]

    @property
    def text(self) -> str:
        """The function's text, with nothing added."""
        return "".join([*self.header, *self.body.tokens, self.close])

    @property
    def close(self) -> str:
        """What closes the function."""
        return str(self.func.node[-1])

    def offset(self, at: int) -> int | None:
        """Where in the module's text a token of the body begins; None in a function that is added."""
        return _offset(self.func, self.header, place(self.body.tokens, self.body.places, at), self.scope.program)

    def error(self, error: BodyError) -> WatError:
        """What is wrong at a token of the body, with its place in the module's text."""
        return WatError(error.message, self.offset(error.token))


def take_apart(func: Func, program: Program, instrumented: bool) -> Parts:
    """The parts of a function; `instrumented`: as the stages that follow want them.

    Raises `WatError` with the place of what does not fit.
    """
    node = func.nodes
    position = func.header
    found = list(func.params)
    tells = func.number in program.telling
    nodes = list(telling_header(func) if tells else node[:position])
    for each in node[position:-1]:
        if head(each) != "local" or (isinstance(each, Token) and each.type == "WORDS"):
            break
        try:
            found += value_types(each)
        except IndexError:
            raise program.module.error("a local without a type", func.node) from None
        nodes.append(nullable_local(each) if instrumented else each)
        position += 1
    inside = tokens(node[position:-1])
    checked: set[str] = set()
    if instrumented:
        for number in range(len(func.params), len(found)):
            name, type_ = found[number]
            if not is_nullable(type_):
                found[number] = name, nullable(type_)
                checked |= {str(number), plain_id(name or "$")}
        unknown = next((type_ for _, type_ in found if not is_value_type(type_)), None)
        if unknown is not None:
            raise program.module.error(f"unknown type {unknown}", func.node)
    scope = Scope(func, found, program, instrumented)
    header = tokens(nodes)
    try:
        if instrumented:
            header[-1], inside = _prepared(inside, header[-1], checked, scope)
        elif program.checks(func.number):
            inside = with_checks(regular(inside, program.codes), scope)
        return Parts(func, header, scope, fold(inside, scope))
    except BodyError as error:
        at = place(inside, None, error.token) if error.place is None else error.place
        raise WatError(error.message, _offset(func, header, at, program)) from None


def _prepared(inside: list[Token], before: Token, checked: set[str], scope: Scope) -> tuple[Token, list[Token]]:
    """The token before a body and those of the body, in which what lifting does not know is said with what it knows."""
    func, program = scope.func, scope.program
    pausing, codes = program.pausing, program.codes
    stands_in, has_points = func.number in pausing.tail_callers, func.number in pausing.points
    asserts, ignores = program.options.asserts, program.options.ignore_unwind_from_catch
    if not (program.annotated or asserts or ignores or checked or pausing.changing or has_points or stands_in):
        return before, inside
    inside = regular(inside, codes)
    if program.annotated:
        before, inside = annotated(inside, before)
    if ignores:
        inside = with_catching_calls(inside, scope)
    if stands_in:
        inside = with_stand_ins(inside, func, program)
    if program.options.record and func.number in program.tails.dispatcher:
        inside = with_noted_tail_calls(inside, func.number, program)
    if asserts:
        inside = with_checks(inside, scope)
    if pausing.changing:
        inside = settled_calls(inside, scope)
    if checked:
        inside = checked_gets(inside, codes, checked)
    if has_points:
        inside = with_pause_points(inside, codes[before].trivia, program)
    return before, inside


def _offset(func: Func, header: list[Token], at: int, program: Program) -> int | None:
    """Where in the module's text a place behind the beginning of a function's body is; None if it is not in it."""
    try:
        start = program.module.offset(func.node)
    except LookupError:
        return None
    return start + sum(token.width for token in header) + at
