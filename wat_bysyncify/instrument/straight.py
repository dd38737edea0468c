"""A function that never rewinds: steps -> text with nothing but a check behind each pausing call.

    (func $main (param $x i32)                 (func $main (param $x i32)
                                                 (if (global.get $state) (then
                                                   (return (call $main_rewind (local.get 0)))))
                                                 (block $unwind_2 (block $unwind
      (call $sleep)                                (call $sleep)
                                                   (br_if $unwind (global.get $state))
      (call $print (local.get $x))                 (call $print (local.get $x))
      (call $sleep)                                (call $sleep)
                                                   (br_if $unwind_2 (global.get $state))
      (call $print (i32.const 3))                  (call $print (i32.const 3))
                                                   (return)
                                                 )
                                                 (i32.const 1)
                                                 (call $save_2_i32 (local.get $x))
                                                 (return)
                                                 )
                                                 (i32.const 0)
                                                 (call $save_2_i32 (i32.const 0))
    )                                          )

An exit knows the number of its call; where several calls leave for one, they bring theirs, and 5000 more, which the
exit takes off:

    (if (global.get $state) (then (br $unwind (i32.const 5002))))

For Cranelift merges equal constants, and makes the one anew at each use, but not where the use that it meets first is
in code that leaves the loop: then the constant is made before the loop and kept, in memory mostly, all through it. With
small numbers, of which an interpreter's loop is full, Lua's executed a twentieth more.

A resumed function goes on in its twin, which has the same frame, finds its way back (jump.py) and is left only when it
returns. So here no code has two ways in: an engine keeps values in registers as if there were no pauses. And each set
of live locals has an exit of its own, which saves the others as 0: a local ends where the reader's code ends it. Were
all saved at one exit, all would be alive to the end of the function; so it is where the sets are too many to be
written (plan.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from .framecode import FrameCode
from .nests import in_place
from .plan import Plan
from .source import Source
from .steps import Arm, Lifted, Nest, Resume
from .writer import Writer


def straight(plan: Plan, lifted: Lifted, source: Source, frame: FrameCode) -> Writer:
    """The text of a function behind its header."""
    writer = _Straight(plan, lifted, source, frame)
    writer.function(source.inside)
    return writer


class _Straight(Writer):
    far = 5000  # up to 8191 two bytes, as 64 and more have anyway

    def function(self, indent: str) -> None:
        """All of it."""
        plan = self.plan
        inner = indent + "  "
        self.locals(indent)
        assert plan.twin is not None
        arguments = "".join(f" (local.get {number})" for number in range(len(plan.params)))
        self.step("resuming: the twin goes on")
        self.enter(indent)
        self.line(indent, f"(if {plan.ids.is_resumed} (then")
        self.trail(plan.notes.once("twin"))
        self.line(indent, f"  (return (call {plan.twin.id}{arguments}))))")
        self.step("a pause leaves by these blocks")
        self.open_exits(indent)
        self.open_whole(inner)
        self.arms(self.arm, self.lifted.arm, inner)
        self.close_whole(inner)
        self.last_comments(inner + "  ")
        self.close_exits(indent)

    def arm(self, arm: Arm, indent: str) -> Iterator[tuple[Arm, str]]:
        """Writes an arm of a block, or the function; yields the arms inside it, to be written there and then."""
        for step in arm.steps:
            if isinstance(step, Nest):
                self.lead(step.lead, indent)
                # Parentheses have room for one list before the arms.
                inside = step.block.folded and bool(step.condition and step.condition.folded)
                yield from in_place(self, step, indent, self.condition, inside)
                continue
            if isinstance(step, Resume):
                self.step(self.said_of_call(step))
                self.call(step, indent)
            for stmt in step.stmts:
                self.stmt(stmt, indent)
            self.values(step.values or [], indent)

    def condition(self, nest: Nest, indent: str) -> None:
        """The condition of an if, as it is."""
        assert nest.condition is not None
        self.values([nest.condition], indent)
