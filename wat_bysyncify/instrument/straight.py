"""A function that never rewinds: steps -> text with nothing but a check behind each pausing call.

    (func $main (param $x i32)                 (func $main (param $x i32)
                                                 (if (global.get $rewinding) (then
                                                   (return (call $main_rewind (local.get 0)))))
                                                 (block $unwind_2 (result i32) (block $unwind (result i32)
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))
      (call $print (local.get $x))                 (call $print (local.get $x))
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind_2 (i32.const 1) (global.get $unwinding)))
      (call $print (i32.const 3))                  (call $print (i32.const 3))
                                                   (return)
                                                 )
                                                 (call $save_2_i32 (local.get $x))
                                                 (return)
                                                 )
                                                 (call $save_2_i32 (i32.const 0))
                                                 (return)
    )                                          )

A resumed function goes on in its twin, which has the same frame, finds its way back (jump.py) and is left only when it
returns. So here no code has two ways in: an engine keeps values in registers as if there were no pauses. And each set
of live locals has a landing of its own, which saves the others as 0: a local ends where the reader's code ends it. Were
all saved at one landing, all would be alive to the end of the function; so it is where the sets are too many to be
written (function.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .jump import depth
from .layout import Layout
from .names import Taken, unused
from .nests import in_place
from .skip import Names
from .source import Source
from .steps import Arm, Lifted, Nest, Resume


class Straight(Layout):
    """Writes the steps of one body. `labels` are its labels; `alive` are the live locals of each call, as bits."""

    def __init__(
        self, source: Source, names: Names, newline: str, labels: Taken, lifted: Lifted, alive: list[int]
    ) -> None:
        super().__init__(source, newline)
        self.names, self.lifted, self.alive = names, lifted, alive
        self.numbered = len(lifted.alive) > 1
        self.first = int(depth(lifted) > 0)
        sets = list(dict.fromkeys(alive))
        self.landings = {sets[0]: names.unwind, **{live: unused(names.unwind, labels) for live in sets[1:]}}

    def function(
        self, results: tuple[str, ...], saves: Callable[[int], list[str]], ending: list[str], indent: str,
        comments: Callable[[Layout, str], Any],
    ) -> None:  # fmt: skip
        """All of a function's code. `saves` gives the lines that save its frame, for the live locals as
        bits; `ending` are those that return behind that; `comments` writes the comments behind the last instruction."""
        typed = " (result i32)" if self.numbered else ""
        inner = indent + "  "
        opening = [f"(block {label}{typed}" for label in reversed(self.landings.values())]
        for at in range(0, len(opening), 3):
            self.line(indent, " ".join(opening[at : at + 3]))
        whole = self.source.labels.outermost  # a branch to the end of the function, by number
        if whole:
            of = f" (result {' '.join(results)})" if results else ""
            self.line(inner, f"(block {whole}{of}")
        self.arms(self.arm, self.lifted.arm, None, inner)
        if whole:
            if results:
                self.line(inner, "(unreachable)")
            self.line(inner, ")")
        self.line(inner, "(return)" if whole or not results else "(unreachable)")
        comments(self, inner)
        for live in self.landings:
            self.line(indent, ")")
            for line in [*saves(live), *ending]:
                self.line(indent, line)
            if len(self.landings) > 1:
                self.line(indent, "(return)")

    def arm(self, arm: Arm, nest: Nest | None, indent: str) -> Iterator[tuple[Arm, Nest, str]]:
        """Writes an arm of a block, or the function; yields the arms inside it, to be written there and then."""
        for step in arm.steps:
            if isinstance(step, Nest):
                yield from self.nest(step, indent)
                continue
            if isinstance(step, Resume):
                for stmt in step.call:
                    self.stmt(stmt, indent)
                self.line(indent, self.check(step.index))
            for stmt in step.stmts:
                self.stmt(stmt, indent)
            self.values(step.values or [], indent)

    def check(self, call: int) -> str:
        """What leaves the code behind a call if it has paused."""
        landing = self.landings[self.alive[call]]
        if self.numbered:
            return f"(drop (br_if {landing} (i32.const {self.first + call}) (global.get {self.names.unwinding})))"
        return f"(br_if {landing} (global.get {self.names.unwinding}))"

    def nest(self, nest: Nest, indent: str) -> Iterator[tuple[Arm, Nest, str]]:
        """A block with pausing calls, as it was."""
        self.lead(nest.lead, indent)
        # Parentheses have room for one list before the arms.
        inside = nest.block.folded and bool(nest.condition and nest.condition.folded)
        yield from in_place(self, nest, indent, self.condition, inside)

    def condition(self, nest: Nest, indent: str) -> None:
        """The condition of an if, as it is."""
        assert nest.condition is not None
        self.values([nest.condition], indent)
