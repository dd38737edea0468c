"""Rewinding by skipping, the article's way: steps -> text in which whatever was done already is passed over.

    (func $main                                   (func $main
      (call $print (i32.const 1))                   (local $call i32)
      (call $sleep)                                 (if (global.get $rewinding) (then
    )                                                 (local.set $call (call $restore_i32))
                                                    ))
                                                    (local.set $call (block $unwind (result i32)
                                                      (if (global.get $normal) (then
                                                        (call $print (i32.const 1))
                                                      ))
                                                      (if (i32.or (global.get $normal)
                                                                  (i32.eq (local.get $call) (i32.const 0))) (then
                                                        (call $sleep)
                                                        (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))
                                                      ))
                                                      (return)
                                                    ))
                                                    (call $save_i32 (local.get $call))
                                                  )

Blocks with pausing calls are entered while rewinding, for the call may be inside; what they leave at their end then is
what their result's place holds already. An `if` takes the arm that holds the call to go back to.
"""

from __future__ import annotations

from collections.abc import Iterator

from .framecode import FrameCode
from .layout import WIDTH, deeper
from .nests import in_place
from .plan import Plan
from .source import Source
from .steps import Arm, Lifted, Nest, Plain, Resume
from .writer import Writer


def skipping(plan: Plan, lifted: Lifted, source: Source, frame: FrameCode) -> Writer:
    """The text of a function behind its header."""
    skip = _Skip(plan, lifted, source, frame)
    skip.function(source.inside)
    return skip


class _Skip(Writer):
    def function(self, indent: str) -> None:
        """All of it."""
        plan = self.plan
        inner = indent + "  "
        self.locals(indent)
        self.step("resuming: the frame is taken back")
        self.enter(indent)
        self.line(indent, f"(if {plan.ids.is_resumed} (then")
        self.trail(plan.notes.once("rewinding"))
        for line in self.restores():
            self.line(inner, line)
        if plan.asserts:
            self.line(inner, f"(drop {self.checked(f'(local.get {plan.counter})')})")
        self.line(indent, "))")
        self.step("a pause leaves by this block")
        self.line(indent, f"(local.set {plan.counter} (block {plan.exits[0].label} (result i32)")
        self.trail(plan.notes.once("leave"))
        self.arms(self.arm, self.lifted.arm, None, inner)
        self.step("the end, where nothing has paused")
        self.line(inner, "(unreachable)" if plan.results else "(return)")
        self.trail(plan.notes.once("never") if plan.results else "")
        self.last_comments(inner)
        self.line(indent, "))")
        self.leave(-1, "", indent)

    def arm(self, arm: Arm, nest: Nest | None, indent: str) -> Iterator[tuple[Arm, Nest, str]]:
        """Writes an arm of a block, or the function; yields the arms inside it, to be written there and then."""
        left = False
        for step in arm.steps:
            if isinstance(step, Nest):
                yield from self.nest(step, indent)
            else:
                left = step.values is not None
                self.guarded(step, nest, indent)
        if nest and not left:
            for text in nest.keep:
                self.line(indent, text)

    def guarded(self, step: Plain | Resume, nest: Nest | None, indent: str) -> None:
        """A guard with its statements.

        While rewinding the values it leaves are what their place holds already:

            (if (result i32) (global.get $normal) (then ..) (else (local.get $x)))
        """
        inner = indent + "  "
        head = "(if"
        self.step(self.said_of_call(step) if isinstance(step, Resume) else "only when all is normal")
        if step.values is not None and nest and len(nest.keep) == 1:
            head = f"(if (result {nest.block.type[1][0]})"
        if isinstance(step, Resume):
            self.open_guard(indent, head, self.one_of(step.index, step.index + 1))
            self.trail(self.plan.notes.each(self.said_of_call(step), "again"))
            self.call(step, inner)
        else:
            self.line(indent, f"{head} {self.plan.ids.is_normal} (then")
            self.trail(self.plan.notes.once("done"))
        for stmt in step.stmts:
            self.stmt(stmt, inner)
        if step.values is None or nest is None:
            self.line(indent, "))")
            return
        self.values(step.values, inner)
        if len(nest.keep) == 1:
            self.line(indent, f") (else {nest.keep[0]}))")
            return
        # Several results: their temporaries are set here, so that the guard needs no type of its own.
        for text in nest.sets:
            self.line(inner, f"({text})")
        self.line(indent, "))")
        for text in nest.keep:
            self.line(indent, text)

    def nest(self, nest: Nest, indent: str) -> Iterator[tuple[Arm, Nest, str]]:
        """A block with pausing calls, with a guard around it if it must have one."""
        self.step(f"the {nest.block.op} is entered again, for its calls")
        self.lead(nest.lead, indent)
        at = indent
        if nest.guarded:
            self.open_guard(indent, "(if", self.one_of(nest.block.calls[0], nest.block.calls[-1]))
            self.trail(self.plan.notes.once("inside"))
            at = deeper(indent)
        for arm, inside in in_place(self, nest, at, self.condition, nest.block.folded):
            yield arm, nest, inside
        if nest.guarded:
            self.line(indent, "))")

    def one_of(self, first: int, end: int) -> str:
        """Whether the call to go back to is one of those from `first` to before `end`."""
        call = f"(local.get {self.plan.counter})"
        if end == first + 1:
            return f"(i32.eq {call} (i32.const {first}))"
        if first:
            call = f"(i32.sub {call} (i32.const {first}))"
        return f"(i32.lt_u {call} (i32.const {end - first}))"

    def open_guard(self, indent: str, head: str, one_of: str) -> None:
        """Opens a guard of what is done normally, and while rewinding if `one_of` says so."""
        first = f"{head} (i32.or {self.plan.ids.is_normal}"
        if len(indent) + len(first) + len(one_of) + 8 <= WIDTH:
            self.line(indent, f"{first} {one_of}) (then")
            return
        under = indent + " " * (len(head) + 9)  # below the other operand, if there is room
        if len(under) + len(one_of) + 7 > WIDTH:
            under = indent + "    "
        self.line(indent, first)
        self.line(under, f"{one_of}) (then")

    def condition(self, nest: Nest, indent: str) -> None:
        """The condition of an if: while rewinding, whether the call to go back to is in its first arm.

        Before:

            (i32.eqz (local.get $x))

        After:

            (if (result i32) (global.get $normal) (then
              (i32.eqz (local.get $x))
            ) (else (i32.const 1)))
        """
        block = nest.block
        value = nest.condition
        assert value is not None
        first, second, last = (*block.calls, block.calls[-1]) if len(block.calls) == 2 else block.calls
        if second == last:
            choice = "(i32.const 1)"
        elif first == second:
            choice = "(i32.const 0)"
        else:
            choice = f"(i32.lt_u (local.get {self.plan.counter}) (i32.const {second}))"
        self.before(value, indent)
        self.line(indent, f"(if (result i32) {self.plan.ids.is_normal} (then")
        self.trail(self.plan.notes.once("choice"))
        self.value(value, indent + "  ")
        self.line(indent, f") (else {choice}))")
