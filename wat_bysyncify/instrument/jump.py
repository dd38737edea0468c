"""Rewinding by jumping: steps -> text in which a resumed function goes straight to the call that it was in.

    (func $main                                (func $main
                                                 (call $save_i32 (block $unwind (result i32)
                                                   (block $call_1 (block $call_0
                                                   (if (global.get $rewinding) (then
                                                     (br_table $call_0 $call_1 (call $restore_i32))))
      (call $print (i32.const 1))                  (call $print (i32.const 1))
                                                   )
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))
      (call $print (i32.const 3))                  (call $print (i32.const 3))
                                                   )
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind (i32.const 1) (global.get $unwinding)))
                                                   (return)))
                                               )

Before each call a block ends that is opened where the jump is, so that the jump lands there. What normal code gets in
its way is one test at the head and one behind each call: no guards.

A jump cannot go into a block. So the blocks that hold calls are opened where the jump is too (what comes before them
is then inside, and never knows), and an `if` is a branch over its arms. A loop would go round to the jump, and a
`try_table` would guard what comes before it: these keep their place. The jump goes to their front, and at their own
head stands another, for the calls inside: such a stretch of code has its own blocks and its own jump. There a local
says where to go, 0 if nowhere; it is 0 again once the code has landed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .layout import WIDTH, Layout
from .names import Taken, unused
from .reftypes import got
from .skip import Names
from .source import Piece, Source
from .steps import Arm, Lifted, Nest, Plain, Resume, Stmt

_ENTERED = frozenset(("loop", "try_table", "try"))


@dataclass(slots=True)
class _Stretch:
    """Code in which jumps go forward only: what is opened at its head, in the order in which it ends; which labels lead
    to the calls, in order, and to how many; where its head is in the text."""

    head: int
    indent: str
    first: int  # the number of its first call
    opened: list[str] = field(default_factory=list)
    targets: list[tuple[str, int]] = field(default_factory=list)


class Jump(Layout):
    """Writes the steps of one body. `labels` are its labels; new ones keep clear of them."""

    def __init__(self, source: Source, names: Names, newline: str, labels: Taken, lifted: Lifted) -> None:
        super().__init__(source, newline)
        self.names, self.labels, self.lifted = names, labels, lifted
        self.count = len(source.body.calls)
        self.nested = _has_entered(lifted.arm)
        self.base = int(self.nested)

    def body(self, restores: list[str], restore_call: str, results: tuple[str, ...], indent: str) -> None:
        """All of a function's code. `restores` are the lines that take back its frame, `restore_call` the text that
        takes back the number of the call."""
        label = self.source.labels[0]
        whole = label in self.source.used  # a branch to the end of the function, by number
        if whole:
            typed = f" (result {' '.join(results)})" if results else ""
            self.line(indent, f"(block {label}{typed}")
        stretch = _Stretch(len(self.out), indent, self.base)
        self.out.append("")
        self.arms(self.arm, self.lifted.arm, indent, stretch)
        self.finish(stretch, self.entry(stretch, restores, restore_call))
        if whole:
            if results:
                self.line(indent, "(unreachable)")
            self.line(indent, ")")
            self.line(indent, "(return)")
        else:
            self.line(indent, "(unreachable)" if results else "(return)")

    def entry(self, stretch: _Stretch, restores: list[str], restore_call: str) -> list[str]:
        """What a function does first: rewinding, it takes back its frame and goes to its call."""
        call = self.names.call
        lines = [f"(if (global.get {self.names.rewinding}) (then", *(f"  {line}" for line in restores)]
        if self.nested:
            value = restore_call if self.count > 1 else "(i32.const 1)"
            lines.append(f"  (local.set {call} {value})")
            restore_call = f"(local.get {call})"
        lines += [f"  {line}" for line in self.dispatch(stretch, restore_call)]
        return [*lines, "))"]

    def dispatch(self, stretch: _Stretch, call: str) -> list[str]:
        """The branch to where `call`, the text of a call's number, can be made again."""
        targets, first = stretch.targets, stretch.first
        if len(targets) == 1:
            return [f"(br {targets[0][0]})"]
        if sum(count for _, count in targets) <= 2 * len(targets) + 16:
            index = f"(i32.sub {call} (i32.const {first}))" if first else call
            return _table([label for label, count in targets for _ in range(count)], index)
        lines = []  # a table would be long, and one inside the other longer and longer
        for label, count in targets[:-1]:
            first += count
            lines.append(f"(br_if {label} (i32.lt_u {call} (i32.const {first})))")
        return [*lines, f"(br {targets[-1][0]})"]

    def finish(self, stretch: _Stretch, dispatch: list[str]) -> None:
        """Writes the head of a stretch, now that it is known what ends in it."""
        lines: list[str] = []
        for opened in reversed(stretch.opened):
            if lines and len(stretch.indent) + len(lines[-1]) + len(opened) < WIDTH:
                lines[-1] += f" {opened}"
            else:
                lines.append(opened)
        text = "".join(f"{self.newline}{stretch.indent}{line}" for line in [*lines, *dispatch])
        self.out[stretch.head] = text

    def land(self, stretch: _Stretch, label: str, count: int) -> None:
        """Ends the block whose end is where the jump to the next `count` calls goes."""
        label = unused(label, self.labels)
        stretch.opened.append(f"(block {label}")
        stretch.targets.append((label, count))
        self.line(stretch.indent, ")")

    def arm(self, arm: Arm, indent: str, stretch: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """Writes the steps of an arm of a block, or of the function; yields the arms inside it, in their places."""
        for step in arm.steps:
            if isinstance(step, Resume):
                self.resume(step, indent, stretch)
            elif isinstance(step, Plain):
                for stmt in step.stmts:
                    self.stmt(stmt, indent)
                self.values(step.values or [], indent)
            elif step.block.op in _ENTERED:
                yield from self.entered(step, indent, stretch)
            else:
                yield from self.opened(step, indent, stretch)

    def resume(self, step: Resume, indent: str, stretch: _Stretch) -> None:
        names = self.names
        self.land(stretch, f"$call_{step.index}", 1)
        if self.nested:
            self.line(indent, f"(local.set {names.call} (i32.const 0))")
        for stmt in step.call:
            self.stmt(stmt, indent)
        if self.count > 1:
            check = f"(drop (br_if {names.unwind} (i32.const {step.index + self.base}) (global.get {names.unwinding})))"
        else:
            check = f"(br_if {names.unwind} (global.get {names.unwinding}))"
        self.line(indent, check)
        for stmt in step.stmts:
            self.stmt(stmt, indent)
        self.values(step.values or [], indent)

    def sets(self, nest: Nest, indent: str) -> None:
        """Where the results of a block go."""
        for text in nest.sets:
            self.line(indent, f"({text})" if nest.block.folded else text)
        if nest.lead.trail:
            self.out += (" ", nest.lead.trail)

    def opened(self, nest: Nest, indent: str, stretch: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """A block or an if, whose opening stands at the head of the stretch."""
        block, source = nest.block, self.source
        results = f" (result {' '.join(block.type[1])})" if block.type[1] else ""
        self.lead(nest.lead, indent)
        label = nest.label
        otherwise = ""
        passed = bool(nest.condition and len(nest.arms) == 1 and block.type[1])  # without an else: the parameters are
        if nest.condition:
            if len(nest.arms) > 1 or passed:
                otherwise = unused(f"$else_{block.start}", self.labels)
            source.used.add(label)
            self.condition(nest, otherwise or label, indent)
        for position, arm in enumerate(nest.arms):
            if position:
                self.otherwise(nest, otherwise, indent, stretch)
            if arm.text is None:
                yield arm, indent, stretch
            else:
                for name, type_ in zip(nest.params, block.type[0], strict=True):
                    self.line(indent, got(name, type_))
                if arm.text.text:
                    self.stmt(Stmt(arm.text), indent)
            lead = source.around(block.marks[position][1] - 1)
            self.lead(Piece("", lead.indent or "", lead.lines), indent)
        if passed:
            self.otherwise(nest, otherwise, indent, stretch)
            for name, type_ in zip(nest.params, block.type[0], strict=True):
                self.line(indent, got(name, type_))
        said = f" {label}" if label in source.used or nest.own_label else ""
        stretch.opened.append(f"(block{said}{results}")
        self.line(indent, ")")
        self.sets(nest, indent)

    def otherwise(self, nest: Nest, label: str, indent: str, stretch: _Stretch) -> None:
        """The end of the first arm of an if, behind which the other begins."""
        if nest.block.type[1] or not nest.arms[0].seq.dead:
            self.line(indent, f"(br {nest.label})")
        stretch.opened.append(f"(block {label}")
        self.line(indent, ")")

    def condition(self, nest: Nest, target: str, indent: str) -> None:
        """The branch over the first arm of an if: `(br_if $else (i32.eqz ..))`."""
        value = nest.condition
        assert value is not None
        old = self.source.indent_of(value.start) if value.start >= 0 else ""
        if value.start >= 0:
            before = self.source.around(value.start - 1)
            self.lead(Piece("", before.indent or "", before.lines), indent)
        text = value.text
        comment = value.tail.partition("\n")[0].strip()
        if not value.folded:
            self.line(indent, self.place(text, old, indent))
            self.out += (" ", comment) if comment else ()
            self.line(indent, "i32.eqz")
            self.line(indent, f"br_if {target}")
        elif "\n" not in text and not comment and len(indent) + len(text) + len(target) + 18 <= WIDTH:
            self.line(indent, f"(br_if {target} (i32.eqz {text}))")
        else:
            self.line(indent, f"(br_if {target} (i32.eqz")
            self.line(indent + "  ", self.place(text, old, indent + "  "))
            self.out += (" ", comment) if comment else ()
            self.line(indent, "))")

    def entered(self, nest: Nest, indent: str, outer: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """A loop or a try_table, which keeps its place."""
        block, source = nest.block, self.source
        first, end = block.calls[0], block.calls[-1]
        self.lead(nest.lead, indent)
        self.land(outer, f"$into_{block.start}", end - first)
        for name, type_ in zip(nest.params, block.type[0], strict=True):
            self.line(indent, got(name, type_))
        head = nest.head
        if nest.label in source.used and not nest.own_label:
            head = head.replace(block.op, f"{block.op} {nest.label}", 1)
        self.line(indent, nest.lead.text + head)
        comment = source.around(block.end - 1).same_line
        if comment:
            self.out += (" ", comment)
        inner = indent + ("  " if len(indent) < WIDTH else "")
        for position, arm in enumerate(nest.arms):
            before, behind = block.marks[position]
            if block.op == "try" and (block.folded or position):
                text = source.codes[before].core
                self.line(indent, text[:-1].rstrip() if before == behind else text)
            if arm.text is not None:
                if arm.text.text:
                    self.stmt(Stmt(arm.text), inner)
            else:
                for name in reversed(nest.params):
                    self.line(inner, f"(local.set {name})")
                stretch = _Stretch(len(self.out), inner, first + self.base)
                self.out.append("")
                yield arm, inner, stretch
                self.finish(stretch, self.again(stretch))
            lead = source.around(behind - 1)
            self.lead(Piece("", lead.indent or "", lead.lines), inner)
            if block.op == "try" and block.folded:
                self.line(indent, ")")
        if block.folded:
            if nest.delegate:
                self.line(indent, nest.delegate)
            self.line(indent, ")")
        else:
            self.line(indent, nest.foot)
        self.sets(nest, indent)

    def again(self, stretch: _Stretch) -> list[str]:
        """What stands at the head of a stretch that is not the function's: on to the call, if that is where to go."""
        call = f"(local.get {self.names.call})"
        if len(stretch.targets) == 1:
            return [f"(br_if {stretch.targets[0][0]} {call})"]
        return [f"(if {call} (then", *(f"  {line}" for line in self.dispatch(stretch, call)), "))"]


def _table(targets: list[str], index: str) -> list[str]:
    """A br_table on lines of the width that is read well."""
    lines = ["(br_table"]
    for word in [*targets, f"{index})"]:
        if len(lines[-1]) + len(word) < WIDTH - 10:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return lines


def _has_entered(arm: Arm) -> bool:
    """Whether a call is in a block that keeps its place."""
    todo = [arm]
    while todo:
        for step in todo.pop().steps:
            if isinstance(step, Nest):
                if step.block.op in _ENTERED:
                    return True
                todo += step.arms
    return False
