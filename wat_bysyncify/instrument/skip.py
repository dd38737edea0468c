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
from dataclasses import dataclass

from .layout import WIDTH, Layout
from .reftypes import got
from .source import Piece, Source
from .steps import Arm, Lifted, Nest, Plain, Resume, Stmt

_WITH_ARMS = frozenset(("if", "try"))


@dataclass(frozen=True, slots=True)
class Names:
    """The ids that instrumented code uses."""

    normal: str
    unwinding: str
    rewinding: str
    call: str
    unwind: str


class Skip(Layout):
    """Writes the steps of one body."""

    def __init__(self, source: Source, names: Names, newline: str) -> None:
        super().__init__(source, newline)
        self.names = names

    def body(self, lifted: Lifted, results: tuple[str, ...], indent: str) -> None:
        """The whole of a function's steps, and how its end is left."""
        self.arms(self.arm, lifted.arm, None, indent)
        self.line(indent, "(unreachable)" if results else "(return)")

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
        names = self.names
        inner = indent + "  "
        head = "(if"
        if step.values is not None and nest and len(nest.keep) == 1:
            head = f"(if (result {nest.block.type[1][0]})"
        if isinstance(step, Resume):
            self.open_guard(indent, head, self.one_of(step.index, step.index + 1))
            for stmt in step.call:
                self.stmt(stmt, inner)
            check = f"(drop (br_if {names.unwind} (i32.const {step.index}) (global.get {names.unwinding})))"
            self.line(inner, check)
        else:
            self.line(indent, f"{head} (global.get {names.normal}) (then")
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
        """A block with pausing calls, and where its results go."""
        block, source = nest.block, self.source
        self.lead(nest.lead, indent)
        outside = indent
        if nest.guarded:
            self.open_guard(indent, "(if", self.one_of(block.calls[0], block.calls[-1]))
            indent += "  " if len(indent) < WIDTH else ""
        at = indent
        wrapped = block.folded and len(nest.sets) == 1 and not (nest.condition and self.condition_first(nest))
        if wrapped:
            self.line(indent, f"({nest.sets[0]}")
            at += "  " if len(at) < WIDTH else ""
        for name, type_ in zip(nest.params, block.type[0], strict=True):
            self.line(at, got(name, type_))
        if nest.condition and self.condition_first(nest):
            self.condition(nest, at)
        self.line(at, nest.lead.text + self.head(nest))
        comment = source.around(block.end - 1).same_line
        if comment:
            self.out += (" ", comment)
        inner = at + self.deeper(nest, at)
        if nest.condition and not self.condition_first(nest):
            self.condition(nest, inner)
        for position, arm in enumerate(nest.arms):
            before, behind = block.marks[position]
            arm_at = at
            if block.op in _WITH_ARMS and (block.folded or position):
                arm_at = inner if block.folded else at
                text = source.codes[before].core
                self.line(arm_at, text[:-1].rstrip() if before == behind else text)
                comment = source.around(before).same_line
                if comment and before != behind:
                    self.out += (" ", comment)
            inside = arm_at + self.deeper(nest, arm_at)
            if arm.text is not None:
                if arm.text.text:
                    self.stmt(Stmt(arm.text), inside)
            else:
                for name in reversed(nest.params):
                    self.line(inside, f"(local.set {name})")
                yield arm, nest, inside
            lead = source.around(behind - 1)
            self.lead(Piece("", lead.indent or "", lead.lines), inside)
            if block.op in _WITH_ARMS and block.folded:
                self.line(arm_at, ")")
                if behind < block.last:
                    comment = source.around(behind).same_line
                    if comment:
                        self.out += (" ", comment)
        if block.folded:
            if block.op in _WITH_ARMS:
                if nest.delegate:
                    self.line(inner, nest.delegate)
                lead = source.around(block.last - 1)
                self.lead(Piece("", lead.indent or "", lead.lines), inner)
            self.line(at, ")")
        else:
            self.line(at, nest.foot)
        if wrapped:
            self.line(indent, ")")
        else:
            for text in nest.sets:
                self.line(indent, text if not block.folded else f"({text})")
        if nest.lead.trail:
            self.out += (" ", nest.lead.trail)
        if nest.guarded:
            self.line(outside, "))")

    def one_of(self, first: int, end: int) -> str:
        """Whether the call to go back to is one of those from `first` to before `end`."""
        call = f"(local.get {self.names.call})"
        if end == first + 1:
            return f"(i32.eq {call} (i32.const {first}))"
        if first:
            call = f"(i32.sub {call} (i32.const {first}))"
        return f"(i32.lt_u {call} (i32.const {end - first}))"

    def open_guard(self, indent: str, head: str, one_of: str) -> None:
        """Opens a guard of what is done normally, and while rewinding if `one_of` says so."""
        first = f"{head} (i32.or (global.get {self.names.normal})"
        if len(indent) + len(first) + len(one_of) + 8 <= WIDTH:
            self.line(indent, f"{first} {one_of}) (then")
            return
        under = indent + " " * (len(head) + 9)  # below the other operand, if there is room
        if len(under) + len(one_of) + 7 > WIDTH:
            under = indent + "    "
        self.line(indent, first)
        self.line(under, f"{one_of}) (then")

    def deeper(self, nest: Nest, at: str) -> str:
        """How much deeper a block's content stands than the block, which stands at `at`: as the reader has it.

        Where all is on one line, levels stop counting at the width: white space must not outgrow deep nests.
        """
        source, block = self.source, nest.block
        outer = source.indent_of(block.start)
        first = block.arms[0].first if block.op not in _WITH_ARMS or not block.folded else block.marks[0][0]
        if source.starts_line(first) and source.starts_line(block.start):
            inner = source.indent_of(first)
            if inner.startswith(outer) and len(inner) - len(outer) <= 8:
                return inner[len(outer) :]
        return "  " if len(at) < WIDTH else ""

    def condition_first(self, nest: Nest) -> bool:
        """Whether the condition of an if stands before it, not inside its parentheses."""
        return not nest.block.folded

    def condition(self, nest: Nest, indent: str) -> None:
        """The condition of an if: while rewinding, whether the call to go back to is in its first arm.

        Before:

            (i32.eqz (local.get $x))

        After:

            (if (result i32) (global.get $normal) (then
              (i32.eqz (local.get $x))
            ) (else (i32.const 1)))
        """
        block, names, source = nest.block, self.names, self.source
        value = nest.condition
        assert value is not None
        first, second, last = (*block.calls, block.calls[-1]) if len(block.calls) == 2 else block.calls
        if second == last:
            choice = "(i32.const 1)"
        elif first == second:
            choice = "(i32.const 0)"
        else:
            choice = f"(i32.lt_u (local.get {names.call}) (i32.const {second}))"
        if value.start >= 0:
            before = source.around(value.start - 1)
            self.lead(Piece("", before.indent or "", before.lines), indent)
        self.line(indent, f"(if (result i32) (global.get {names.normal}) (then")
        old = source.indent_of(value.start) if value.start >= 0 else ""
        self.line(indent + "  ", self.place(value.text, old, indent + "  "))
        comment = value.comment
        if comment:
            self.out += (" ", comment)
        self.line(indent, f") (else {choice}))")
