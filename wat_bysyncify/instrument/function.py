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
from .jump import Jump
from .layout import Layout
from .lift import lift
from .liveness import live_locals
from .module import Func
from .names import unused
from .nonnull import checked_gets, nullable_local
from .pausepoints import with_pause_points
from .reftypes import can_be_kept, is_nullable, nullable, top
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
        try:
            found += value_types(each)
        except IndexError:
            raise program.module.error("a local without a type", func.node) from None
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
        inside = with_stand_ins(inside, func, program)
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
            return complete_function(func, program) if program.old else "".join(tokens([func.node]))
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
    go_on = program.tails.dispatcher[func.number]
    added = f"{program.newline}{source.inside}(if (global.get {program.ids.rewinding}) (then (return_call {go_on})))"
    return "".join([*parts.header[:-1], before.core, added, before.trivia or " ", *parts.body.tokens, func.node[-1]])


class _Function:
    def __init__(self, func: Func, parts: _Parts, indent: str, program: Program) -> None:
        self.func, self.header, self.body, self.scope = func, parts.header, parts.body, parts.scope
        self.indent, self.program = indent, program

    def text(self) -> str:
        """The new text of the function."""
        program, body, scope = self.program, self.body, self.scope
        before = program.codes[self.header[-1]]
        jumps = program.jump and not body.shadowed  # blocks that move must not take another's label
        source = Source(body, before.trivia, self.indent, jumps)
        lifted = lift(body, source, scope)
        saved = self.saved(lifted)
        program.used.update(top(type_, program.module) for _, type_ in saved)
        ids = program.ids
        names = Names(ids.normal, ids.unwinding, ids.rewinding, scope.new_name("$call"), unused("$unwind", body.labels))
        inside = source.inside
        write = self.jumping if jumps else self.skipping
        layout = write(lifted, source, names, saved, inside)
        frame = program.tails.numbers.get(self.func.number)
        if frame is not None:
            layout.line(inside, f"(call {ids.save['i32']} (i32.const {frame}))")
        for type_ in scope.results:
            placeholder = program.placeholders.of(type_)
            if placeholder is None:
                raise BodyError(f"a function with a result of type {type_} cannot pause: none can be made to return",
                                body.calls[0].start)  # fmt: skip
            layout.line(inside, placeholder)
        layout.line(self.indent, str(self.func.node[-1]))
        head = ["".join(self.header[:-1]) + before.core]
        if source.before.same_line:
            head += (" ", source.before.same_line)
        return "".join(head + layout.out)

    def skipping(
        self, lifted: Lifted, source: Source, names: Names, saved: list[tuple[str, str]], inside: str
    ) -> Layout:
        """The function's code with guards (skip.py), up to the saving of its frame."""
        ids = self.program.ids
        skip = Skip(source, names, self.program.newline)
        self.locals(skip, lifted, [names.call], inside)
        skip.line(inside, f"(if (global.get {ids.rewinding}) (then")
        restored = f"(local.set {names.call} (call {ids.restore['i32']}))"
        for line in [*self.whose(), restored, *self.restores(saved)]:
            skip.line(inside + "  ", line)
        skip.line(inside, "))")
        skip.line(inside, f"(local.set {names.call} (block {names.unwind} (result i32)")
        skip.body(lifted, self.scope.results, inside + "  ")
        self.last_comments(skip, inside)
        skip.line(inside, "))")
        for line in self.saves(saved):
            skip.line(inside, line)
        skip.line(inside, f"(call {ids.save['i32']} (local.get {names.call}))")
        return skip

    def jumping(
        self, lifted: Lifted, source: Source, names: Names, saved: list[tuple[str, str]], inside: str
    ) -> Layout:
        """The function's code with jumps (jump.py), up to the saving of its frame."""
        ids = self.program.ids
        jump = Jump(source, names, self.program.newline, self.body.labels, lifted)
        self.locals(jump, lifted, [names.call] if jump.nested else [], inside)
        several = jump.count > 1
        opening = f"(call {ids.save['i32']} (block {names.unwind} (result i32)" if several else f"(block {names.unwind}"
        jump.line(inside, opening)
        restores = [*self.whose(), *self.restores(saved)]
        jump.body(restores, f"(call {ids.restore['i32']})", self.scope.results, inside + "  ")
        self.last_comments(jump, inside)
        jump.line(inside, "))" if several else ")")
        for line in self.saves(saved):
            jump.line(inside, line)
        return jump

    def locals(self, layout: Layout, lifted: Lifted, calls: list[str], inside: str) -> None:
        """The locals that are new."""
        for name in calls:
            layout.line(inside, f"(local {name} i32)")
        for temp in lifted.temps:
            layout.line(inside, f"(local {temp.name} {temp.type})")

    def whose(self) -> list[str]:
        """What is asked first when a frame is taken back: whose it is."""
        program, ids = self.program, self.program.ids
        frame = program.tails.numbers.get(self.func.number)
        lines = []
        if self.func.number in program.tails.dispatcher:
            lines.append(f"(if (i32.ne (call {ids.peek}) (i32.const {frame}))")
            lines.append(f"  (then (return_call {program.tails.dispatcher[self.func.number]})))")
        if frame is not None:
            lines.append(f"(drop (call {ids.restore['i32']}))")
        return lines

    def restores(self, saved: list[tuple[str, str]]) -> list[str]:
        """What takes the locals of a frame back."""
        return [f"(local.set {name} {self.restored(type_)})" for name, type_ in saved]

    def saves(self, saved: list[tuple[str, str]]) -> list[str]:
        """What saves the locals of a frame."""
        save = self.program.ids.save
        return [f"(call {save[top(type_, self.program.module)]} (local.get {name}))" for name, type_ in reversed(saved)]

    def last_comments(self, layout: Layout, inside: str) -> None:
        """The comments behind the last instruction."""
        last = layout.source.around(len(self.body.tokens) - 1)
        layout.lead(Piece("", last.indent or "", last.lines), inside + "  ")

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
        found += [(temp.name, temp.type) for temp in lifted.temps if temp.saved]
        for _, type_ in found:
            if not can_be_kept(type_, self.program.module):
                raise BodyError(f"a value of type {type_} cannot be kept", self.body.calls[0].start)
        return found

    def restored(self, type_: str) -> str:
        """The text that takes back a value of a type."""
        kept = top(type_, self.program.module)
        text = f"(call {self.program.ids.restore[kept]})"
        if kept == type_:
            return text
        if nullable(type_) == nullable(f"(ref {kept.removesuffix('ref')})"):
            return text if is_nullable(type_) else f"(ref.as_non_null {text})"
        return f"(ref.cast {type_} {text})"
