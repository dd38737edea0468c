"""One function that can pause: its nodes -> its new text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

from ..errors import WatError
from ..sexpr.nodes import List, Token, plain_id, tokens
from .annotations import annotated
from .body import Body, BodyError, place
from .code import regular
from .fields import head, value_types
from .fold import fold
from .frames import Frame, Inline, Local, inline
from .jump import Jump, depth
from .layout import Layout
from .lift import lift
from .liveness import live_locals
from .module import Func
from .names import plain, unused
from .nonnull import checked_gets, nullable_local
from .pausepoints import with_pause_points
from .reftypes import can_be_kept, is_nullable, is_value_type, nullable
from .scope import Program, Scope
from .skip import Names, Skip
from .source import Piece, Source
from .steps import Resume
from .straight import Straight
from .tablecalls import settled_calls
from .tailcalls import with_stand_ins

# So many live locals, at all landings of a function that never rewinds, for each of its tokens at most.
_LANDED = 8
# So many locals at landings, where a resumed function jumps to its call: engines need time for each, and far more than
# twice as much for twice as many. SQLite's largest function has 39,000.
_MEETINGS = 100_000


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
        unknown = next((type_ for _, type_ in found if not is_value_type(type_)), None)
        if unknown is not None:
            raise program.module.error(f"unknown type {unknown}", func.node)
    scope = Scope(func, found, program)
    try:
        head_tokens = tokens(header)
        if instrumented:
            if program.annotated:
                head_tokens[-1], inside = annotated(inside, head_tokens[-1], program.codes)
            inside = _prepared(inside, head_tokens, checked, scope)
        return _Parts(head_tokens, scope, fold(inside, scope))
    except BodyError as error:
        at = place(inside, None, error.token) if error.place is None else error.place
        raise _placed(error, func, head_tokens, at, program) from None


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


def _placed(error: BodyError, func: Func, header: list[Token], at: int, program: Program) -> WatError:
    """The error of a function at a place in its body; without one if it is a function that is added."""
    try:
        start = program.module.offset(func.node)
    except LookupError:
        return WatError(error.message)
    return WatError(error.message, start + sum(token.width for token in header) + at)


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
        at = place(parts.body.tokens, parts.body.places, error.token)
        raise _placed(error, func, parts.header, at, program) from None


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
        jumps = (
            program.options.rewind == "jump"
            and not body.shadowed  # blocks that move must not take another's label
            and len(body.calls) * len(scope.locals) <= _MEETINGS
        )
        source = Source(body, before.trivia, self.indent, jumps)
        self.lifted = lift(body, source, scope)
        self.alive = [live | waiting for live, waiting in zip(live_locals(body), self.lifted.alive, strict=True)]
        if program.options.optimize and self.is_its_call():
            return "".join([*self.header, *body.tokens, self.func.node[-1]])
        ids = program.ids
        self.source = source
        self.names = Names(
            ids.normal, ids.unwinding, ids.rewinding, scope.new_name("$call"), unused("$unwind", body.labels)
        )
        self.inside = source.inside
        if not jumps:
            layout = self.skipping()
        elif self.func.number in program.twinned:
            layout = self.straight(self.twin())
        else:
            layout = self.jumping()
        layout.line(self.indent, str(self.func.node[-1]))
        head = ["".join(self.header[:-1]) + before.core]
        if source.before.same_line:
            head += (" ", source.before.same_line)
        return "".join(head + layout.out)

    def is_its_call(self) -> bool:
        """Whether the function does nothing but a pausing call, with no live locals: it need not know of pauses.

        (func $f (param $x i32) (result i32) (call $g (i32.const 1) (local.get $x)))

        It does not restore its parameters, and need not: what it calls does, for else the operands were alive.
        """
        steps = self.lifted.arm.steps
        if len(steps) != 1 or not isinstance(steps[0], Resume) or any(self.alive):
            return False
        if self.func.number in self.program.tails.numbers:
            return False
        call, rest = steps[0].call, steps[0].stmts
        if not rest:
            return True
        given = {f"(local.get {call[-1].set_})", f"local.get {call[-1].set_}"}
        return len(rest) == 1 and rest[0].set_ in ("return", "(return") and rest[0].piece.text in given

    def skipping(self) -> Layout:
        """The function's code with guards (skip.py)."""
        ids, names, inside = self.program.ids, self.names, self.inside
        self.program.guards = True
        call = Local(names.call, "i32", -1)
        frame = Frame([call, *self.saved()], False, self.program)
        skip = Skip(self.source, names, self.program.newline)
        self.locals(skip, [names.call])
        skip.line(inside, f"(if (global.get {ids.rewinding}) (then")
        for line in [*self.whose(), *frame.restores()]:
            skip.line(inside + "  ", line)
        skip.line(inside, "))")
        skip.line(inside, f"(local.set {names.call} (block {names.unwind} (result i32)")
        skip.body(self.lifted, self.scope.results, inside + "  ")
        self.last_comments(skip, inside)
        skip.line(inside, "))")
        for line in [*frame.saves(), *self.ending()]:
            skip.line(inside, line)
        return skip

    def jumping(self) -> Layout:
        """The function's code with jumps (jump.py)."""
        names, inside = self.names, self.inside
        calls = [names.call if not level else self.scope.new_name("$call") for level in range(depth(self.lifted))]
        jump = Jump(self.source, names, self.program.newline, self.body.labels, self.lifted, calls)
        own = inline(self.scope, names.call)
        frame = self.frame(own)
        self.locals(jump, calls or ([names.call] if own and frame.index else []))
        for line in own.locals(self.program) if own and frame.groups else []:
            jump.line(inside, line)
        jump.line(inside, f"(block {names.unwind}{' (result i32)' if frame.index else ''}")
        jump.body([*self.whose(), *frame.restores()], frame.number, self.scope.results, inside + "  ")
        self.last_comments(jump, inside)
        jump.line(inside, ")")
        for line in [*frame.saves(), *self.ending()]:
            jump.line(inside, line)
        return jump

    def straight(self, twin: str) -> Layout:
        """The function's code without a way back (straight.py), which its twin has."""
        names, inside = self.names, self.inside
        alive = self.alive if self.has_room_for_sets() else [reduce(or_, self.alive)] * len(self.alive)
        straight = Straight(self.source, names, self.program.newline, self.body.labels, self.lifted, alive)
        frame = self.frame()
        self.locals(straight, [])
        arguments = "".join(f" (local.get {number})" for number in range(len(self.func.type[0])))
        straight.line(inside, f"(if (global.get {names.rewinding}) (then")
        straight.line(inside, f"  (return (call {twin}{arguments}))))")
        straight.function(self.scope.results, frame.saves, self.ending(), inside, self.last_comments)
        return straight

    def has_room_for_sets(self) -> bool:
        """Whether each set of live locals is to have a landing: together they must not outgrow the code."""
        return sum(live.bit_count() for live in set(self.alive)) <= _LANDED * len(self.body.tokens)

    def twin(self) -> str:
        """Writes the function that goes on where this one was paused, among those that are added; its id."""
        func, program, scope = self.func, self.program, self.scope
        id_ = unused(f"${plain(func.id or str(func.number))}_rewind", program.ids.funcs)
        head = [f"(func {id_}"]
        given = len(func.type[0])
        for name, type_ in scope.locals[:given]:
            head.append(f"  (param {name} {type_})" if name else f"  (param {type_})")
        if scope.results:
            head.append(f"  (result {' '.join(scope.results)})")
        for name, type_ in scope.locals[given:]:
            head.append(f"  (local {name} {type_})" if name else f"  (local {type_})")
        lines = "".join(self.jumping().out).split(program.newline)[1:]
        program.twins.append([*head, *(line.removeprefix(self.indent) for line in lines), ")"])
        return id_

    def frame(self, own: Inline | None = None) -> Frame:
        """The frame, with the number of the call if there are several."""
        saved = self.saved()
        if self.func.number in self.program.twinned:  # those together that are saved together
            saved.sort(key=lambda local: -sum(1 for live in self.alive if live & local.bit))
        return Frame(saved, len(self.body.calls) > 1, self.program, own)

    def ending(self) -> list[str]:
        """What stands behind the saving of the locals: whose frame it is, and results to return."""
        program = self.program
        frame = program.tails.numbers.get(self.func.number)
        lines = []
        if frame is not None:
            lines.append(f"(call {program.helper('save', 'i32')} (i32.const {frame}))")
        for type_ in self.scope.results:
            placeholder = program.placeholders.of(type_)
            if placeholder is None:
                raise BodyError(f"a function with a result of type {type_} cannot pause: none can be made to return",
                                self.body.calls[0].start)  # fmt: skip
            lines.append(placeholder)
        return lines

    def locals(self, layout: Layout, calls: list[str]) -> None:
        """The locals that are new."""
        for name in calls:
            layout.line(self.inside, f"(local {name} i32)")
        for temp in sorted(self.lifted.temps, key=lambda temp: temp.type):
            layout.line(self.inside, f"(local {temp.name} {temp.type})")

    def whose(self) -> list[str]:
        """What is asked first when a frame is taken back: whose it is."""
        program, ids = self.program, self.program.ids
        frame = program.tails.numbers.get(self.func.number)
        lines = []
        if self.func.number in program.tails.dispatcher:
            lines.append(f"(if (i32.ne (call {ids.peek}) (i32.const {frame}))")
            lines.append(f"  (then (return_call {program.tails.dispatcher[self.func.number]})))")
        if frame is not None:
            lines.append(f"(drop (call {program.helper('restore', 'i32')}))")
        return lines

    def last_comments(self, layout: Layout, inside: str) -> None:
        """The comments behind the last instruction."""
        last = layout.source.around(len(self.body.tokens) - 1)
        layout.lead(Piece("", last.indent or "", last.lines), inside + "  ")

    def saved(self) -> list[Local]:
        """The locals of the frame: those that are live at any of the pausing calls."""
        bits = 0
        for live in self.alive:
            bits |= live
        found = []
        known = len(self.scope.locals)
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            number = lowest.bit_length() - 1
            if number < known:
                name, type_ = self.scope.locals[number]
            else:
                name, type_ = self.lifted.temps[number - known].name, self.lifted.temps[number - known].type
            if not can_be_kept(type_, self.program.module):
                raise BodyError(f"a value of type {type_} cannot be kept", self.body.calls[0].start)
            found.append(Local(name or str(number), type_, lowest))
        return found
