"""One function that can pause: its nodes -> its new text."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import WatError
from ..sexpr.nodes import List, Token, plain_id, tokens
from .annotations import annotated
from .body import Body, BodyError
from .code import regular
from .fields import head, value_types
from .fold import fold
from .lift import lift
from .liveness import live_locals
from .module import Func
from .names import unused
from .nonnull import checked_gets, nullable_local
from .pausepoints import with_pause_points
from .reftypes import is_nullable, nullable, top
from .scope import Program, Scope
from .skip import Names, Skip
from .source import Piece, Source
from .steps import Lifted
from .tablecalls import settled_calls
from .tailcalls import with_stand_ins


@dataclass(slots=True)
class _Parts:
    """A function taken apart: its header's tokens, its names, its body."""

    header: list[Token]
    scope: Scope
    body: Body


def _read(func: Func, program: Program, instrumented: bool) -> _Parts:
    node: List = func.node  # type: ignore[assignment]
    position = func.header
    found = list(func.locals)
    header = list(node[:position])
    for each in node[position:-1]:
        if head(each) != "local" or (isinstance(each, Token) and each.type == "WORDS"):
            break
        found += value_types(each)
        header.append(nullable_local(each) if instrumented else each)
        position += 1
    inside = tokens(node[position:-1])
    checked: set[str] = set()
    if instrumented:
        for number in range(len(func.locals), len(found)):
            name, type_ = found[number]
            if not is_nullable(type_):
                found[number] = name, nullable(type_)
                checked |= {str(number), plain_id(name or "$")}
    scope = Scope(func, found, program)
    try:
        head_tokens = tokens(header)
        if instrumented:
            if program.annotated:
                head_tokens[-1], inside = annotated(inside, head_tokens[-1])
            inside = _prepared(inside, head_tokens, checked, scope)
        return _Parts(head_tokens, scope, fold(inside, scope))
    except BodyError as error:
        raise _placed(error, func, tokens(node[:position]), inside, program) from None


def _prepared(inside: list[Token], header: list[Token], checked: set[str], scope: Scope) -> list[Token]:
    """The tokens of a body in which what lifting does not know is said with what it knows."""
    func, program = scope.func, scope.program
    pausing, codes = program.pausing, program.codes
    if not (checked or pausing.written or func.number in pausing.points or func.number in pausing.tail_callers):
        return inside
    inside = regular(inside, codes)
    if func.number in pausing.tail_callers:
        inside = with_stand_ins(inside, program)
    if pausing.written:
        inside = settled_calls(inside, scope)
    if checked:
        inside = checked_gets(inside, codes, checked)
    if func.number in pausing.points:
        before = codes[header[-1]].trivia
        inside = with_pause_points(inside, before, program)
    return inside


def _placed(error: BodyError, func: Func, header: list[Token], inside: list[Token], program: Program) -> WatError:
    before = (error.tokens or inside)[: error.token]
    width = sum(token.width for token in [*header, *before])
    return WatError(error.message, program.module.offset(func.node) + width)


def complete_function(func: Func, program: Program) -> str:
    """The text of a function that is not instrumented, with what Binaryen's older text leaves out (fold.py)."""
    parts = _read(func, program, instrumented=False)
    return "".join([*parts.header, *parts.body.tokens, func.node[-1]])


def rewrite_function(func: Func, indent: str, program: Program) -> str:
    """The text of a function with everything that lets it pause and resume, or as it was if nothing in it can pause.

    `indent` is the indentation of the function's first line. Raises `WatError` with the place of what does not fit.
    """
    parts = _read(func, program, instrumented=True)
    if not parts.body.calls:
        if func.number not in program.tails.dispatcher:
            return "".join(tokens([func.node]))
        return _forwarding(func, parts, indent, program)
    try:
        return _Function(func, parts, indent, program).text()
    except BodyError as error:
        raise _placed(error, func, parts.header, parts.body.tokens, program) from None


def _forwarding(func: Func, parts: _Parts, indent: str, program: Program) -> str:
    """The text of a function that has no frame of its own, for only its tail calls can pause: its code as it was.

    (if (global.get $rewinding) (then (return_call $rewind_tail)))
    """
    before = program.codes[parts.header[-1]]
    source = Source(parts.body, before.trivia, indent)
    inside = source.before.indent if source.before.indent is not None else indent + "  "
    go_on = program.tails.dispatcher[func.number]
    added = f"{program.newline}{inside}(if (global.get {program.ids.rewinding}) (then (return_call {go_on})))"
    return "".join([*parts.header[:-1], before.core, added, before.trivia or " ", *parts.body.tokens, func.node[-1]])


class _Function:
    def __init__(self, func: Func, parts: _Parts, indent: str, program: Program) -> None:
        self.func, self.header, self.body, self.scope = func, parts.header, parts.body, parts.scope
        self.indent, self.program = indent, program

    def text(self) -> str:
        """The new text of the function."""
        program, body, scope = self.program, self.body, self.scope
        before = program.codes[self.header[-1]]
        source = Source(body, before.trivia, self.indent)
        call_name = scope.new_name("$call")
        lifted = lift(body, source, scope)
        saved = self.saved(lifted)
        unwind = unused("$unwind", body.labels)
        ids = program.ids
        names = Names(ids.normal, ids.unwinding, ids.rewinding, call_name, unwind)
        inside = source.before.indent if source.before.indent is not None else self.indent + "  "
        skip = Skip(source, names, program.newline)
        out = skip.out

        out.append("".join(self.header[:-1]) + before.core)
        if source.before.same_line:
            out += (" ", source.before.same_line)
        skip.line(inside, f"(local {call_name} i32)")
        for temp in lifted.temps:
            skip.line(inside, f"(local {temp.name} {temp.type})")
        skip.line(inside, f"(if (global.get {ids.rewinding}) (then")
        frame = program.tails.numbers.get(self.func.number)
        if self.func.number in program.tails.dispatcher:
            skip.line(inside + "  ", f"(if (i32.ne (call {ids.peek}) (i32.const {frame}))")
            skip.line(inside + "    ", f"(then (return_call {program.tails.dispatcher[self.func.number]})))")
        if frame is not None:
            skip.line(inside + "  ", f"(drop (call {ids.restore['i32']}))")
        skip.line(inside + "  ", f"(local.set {call_name} (call {ids.restore['i32']}))")
        for name, type_ in saved:
            skip.line(inside + "  ", f"(local.set {name} {self.restored(type_)})")
        skip.line(inside, "))")
        skip.line(inside, f"(local.set {call_name} (block {unwind} (result i32)")
        skip.body(lifted, scope.results, inside + "  ")
        last = source.around(len(body.tokens) - 1)
        skip.lead(Piece("", last.indent or "", last.lines), inside + "  ")
        skip.line(inside, "))")
        for name, type_ in reversed(saved):
            skip.line(inside, f"(call {ids.save[top(type_, program.module)]} (local.get {name}))")
        skip.line(inside, f"(call {ids.save['i32']} (local.get {call_name}))")
        if frame is not None:
            skip.line(inside, f"(call {ids.save['i32']} (i32.const {frame}))")
        for type_ in scope.results:
            placeholder = program.placeholders.of(type_)
            if placeholder is None:
                raise BodyError(f"a function with a result of type {type_} cannot pause: none can be made to return",
                                body.calls[0].start)  # fmt: skip
            skip.line(inside, placeholder)
        skip.line(self.indent, str(self.func.node[-1]))
        program.used.update(top(type_, program.module) for _, type_ in saved)
        return "".join(out)

    def saved(self, lifted: Lifted) -> list[tuple[str, str]]:
        """The locals of a frame, with their types: those that are live at any of the pausing calls."""
        bits = lifted.saved
        for live in live_locals(self.body):
            bits |= live
        found = []
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            number = lowest.bit_length() - 1
            name, type_ = self.scope.locals[number]
            found.append((name or str(number), type_))
        return found + [(temp.name, temp.type) for temp in lifted.temps if temp.saved]

    def restored(self, type_: str) -> str:
        """The text that takes back a value of a type."""
        kept = top(type_, self.program.module)
        text = f"(call {self.program.ids.restore[kept]})"
        if kept == type_:
            return text
        if nullable(type_) == nullable(f"(ref {kept.removesuffix('ref')})"):
            return text if is_nullable(type_) else f"(ref.as_non_null {text})"
        return f"(ref.cast {type_} {text})"
