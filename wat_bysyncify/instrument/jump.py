"""Rewinding by jumping: steps -> text in which a resumed function goes straight to the call that it was in.

    (func $main                                (func $main
                                                 (block $unwind (result i32)
                                                   (block $call_1 (block $call_0
                                                   (if (global.get $rewinding) (then
                                                     (br_if $call_1 (call $restore_i32))
                                                     (br $call_0)
                                                   ))
      (call $print (i32.const 1))                  (call $print (i32.const 1))
                                                   )
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))
      (call $print (i32.const 3))                  (call $print (i32.const 3))
                                                   )
      (call $sleep)                                (call $sleep)
                                                   (drop (br_if $unwind (i32.const 1) (global.get $unwinding)))
                                                   (return)
                                                 )
                                                 (call $save_i32)
    )                                          )

Before each call a block ends that is opened where the jump is, so that the jump lands there. What normal code gets in
its way is one test at the head, of loops too, and one behind each call: no guards.

Where there is one call, or for speed where little is saved, the code that saves stands behind each call, and there is
no `$unwind`; and where there are loops in which nothing pauses, sets of live locals may have an `$unwind` each
(plan.py). With one global for the state, as optimized code has:

    (if (global.get $state) (then (i32.const 0) (call $save_2_i32 (local.get $x)) (return)))

Where few functions can pause, and two calls in this one at most, a call of a function that restores its parameters is
made again by what takes the frame back, and the jump goes behind it: so the code of a deep stack that is resumed, and
paused once more, runs in a row.

    (br_if $call_1 (i32.load (local.get $position)))
    (local.set $sum (call $deep (i32.const 0)))  ;; there it is (call $deep (i32.sub ..))
    (br $called_0)

A jump cannot go into a block. So the blocks that hold calls are opened where the jump is too (what comes before them
is then inside, and never knows), and an `if` is a branch over its arms. A loop would go round to the jump, and a
`try_table` would guard what comes before it: these keep their place. The jump goes to their front, and at their own
head stands another, for the calls inside: such a stretch of code has its own blocks and its own jump. When the loop is
repeated, the call has been made, and nothing is resumed any more:

    )                                          ;; a jump comes here, with $call set
    (loop $again
      (block $call_8 (block $call_7 (block $call_6
      (if (global.get $rewinding) (then
        (br_table $call_6 $call_7 $call_8 (i32.sub (local.get $call) (i32.const 6)))
      ))

A local that is tested there instead would have to be reset, and an engine keeps a local in two places, and moves it
where ways meet, if it is written on the way of a jump.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..sexpr.trivia import comments
from .framecode import FrameCode
from .layout import WIDTH
from .names import unused
from .nests import in_place
from .plan import Plan
from .reftypes import got
from .source import Source
from .steps import Arm, Lifted, Nest, Plain, Resume, Stmt
from .writer import Writer


@dataclass(slots=True)
class _Stretch:
    """Code in which jumps go forward only: what is opened at its head, in the order in which it ends; which labels lead
    to the calls, in order, and to those of which numbers; the calls that are made again before the jump, by the label
    behind them; where its head is in the text, and where the end of the block is that ends first, if nothing stands
    before that: a jump there would jump over nothing. `waiting` is what is said of the call there, and where, if there
    is a jump, which the next call tells."""

    head: int
    indent: str
    opened: list[str] = field(default_factory=list)
    targets: list[tuple[str, range]] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    front: int = 0
    waiting: tuple[int, str] | None = None

    @property
    def needs_jump(self) -> bool:
        """Whether there is a call that is not the first thing in it, or in what is entered first."""
        return len(self.targets) > 1 or not self.front


def jumping(plan: Plan, lifted: Lifted, source: Source, frame: FrameCode) -> Writer:
    """The text of a function behind its header, or of the twin of one."""
    jump = _Jump(plan, lifted, source, frame)
    jump.function(source.inside)
    return jump


class _Jump(Writer):
    def function(self, indent: str) -> None:
        """All of it."""
        plan = self.plan
        self.locals(indent)
        self.step("resuming: the frame is taken back")
        self.enter(indent)
        self.open_exits(indent)
        inner = indent + "  " if plan.exits else indent
        self.body(inner)
        self.last_comments(inner)
        self.close_exits(indent)

    def body(self, indent: str) -> None:
        """The reader's code."""
        self.open_whole(indent)
        stretch = _Stretch(len(self.out), indent)
        self.out.append("")
        self.arms(self.arm, self.lifted.arm, indent, stretch)
        self.finish(stretch, self.entry(stretch))
        self.close_whole(indent)

    def entry(self, stretch: _Stretch) -> list[str]:
        """What a function does first: rewinding, it takes back its frame and goes to its call."""
        rewinding = self.plan.ids.is_resumed
        restores, number = self.restores(), self.frame.number()
        if self.plan.numbered:
            number = self.checked(number)
            if any(len(numbers) > 1 for _, numbers in stretch.targets):  # it is asked for again, inside
                set_ = f"(local.set {self.plan.counter}"
                restores.append(f"{set_} {number})" if number else f"{set_})")
                number = f"(local.get {self.plan.counter})"
        if not restores and not self.plan.numbered:
            return self.only(stretch, "jump alone") if stretch.needs_jump else []
        inside = [*restores, *(self.dispatch(stretch, number) if stretch.needs_jump else [])]
        note = "jump" if stretch.needs_jump else "rewinding"
        return [self.noted(f"(if {rewinding} (then", note), *(f"  {line}" for line in inside), "))"]

    def noted(self, line: str, key: str) -> str:
        """A line with a comment for readers."""
        return f"{line} {self.plan.notes.once(key)}".rstrip()

    def again(self, stretch: _Stretch) -> list[str]:
        """What stands at the head of a stretch that is not the function's: on to the call, if that is resumed."""
        rewinding = self.plan.ids.is_resumed
        if not stretch.needs_jump:
            return []
        if len(stretch.targets) == 1:
            return self.only(stretch, "further")
        inside = self.dispatch(stretch, f"(local.get {self.plan.counter})")
        return [self.noted(f"(if {rewinding} (then", "further"), *(f"  {line}" for line in inside), "))"]

    def only(self, stretch: _Stretch, key: str) -> list[str]:
        """The jump of a stretch with one target, where nothing is taken back."""
        target, rewinding = stretch.targets[0][0], self.plan.ids.is_resumed
        if target not in stretch.again:
            return [self.noted(f"(br_if {target} {rewinding})", key)]
        return [self.noted(f"(if {rewinding} (then", key), *(f"  {line}" for line in _go(target, stretch)), "))"]

    def dispatch(self, stretch: _Stretch, call: str) -> list[str]:
        """The branch to where a call can be made again. `call` is the text of its number, "" where that is on the
        operand stack."""
        targets = sorted(stretch.targets, key=lambda target: target[1].start)
        if len(targets) == 1:
            return _go(targets[0][0], stretch)
        first, end = targets[0][1].start, targets[-1][1].stop
        backwards = targets[0] is not stretch.targets[0]
        if end - first <= 2 * len(targets) + 16:
            index = f"(i32.sub {call} (i32.const {first}))" if first else call
            labels = [label for label, numbers in targets for _ in numbers]
            return _either(labels, index, stretch) if len(labels) == 2 else _table(labels, index, backwards)
        # A table would be long, and one inside the other longer and longer.
        lines = [
            f"(br_if {label} (i32.ge_u {call} (i32.const {numbers.start})))"
            if backwards
            else f"(br_if {label} (i32.lt_u {call} (i32.const {numbers.stop})))"
            for label, numbers in stretch.targets[:-1]
        ]
        return [*lines, f"(br {stretch.targets[-1][0]})"]

    def finish(self, stretch: _Stretch, dispatch: list[str]) -> None:
        """Writes the head of a stretch, now that it is known what ends in it."""
        if not stretch.needs_jump:
            del stretch.opened[0]
            self.drop_line(stretch.front)
        lines: list[str] = []
        for opened in reversed(stretch.opened):
            if lines and len(stretch.indent) + len(lines[-1]) + len(opened) < WIDTH:
                lines[-1] += f" {opened}"
            else:
                lines.append(opened)
        text = "".join(f"{self.newline}{stretch.indent}{line}" for line in [*lines, *dispatch])
        self.out[stretch.head] = text

    def land(self, stretch: _Stretch, label: str, calls: range) -> str:
        """Ends the block whose end is where the jump to these calls goes, by their indices; its label."""
        if self.code <= stretch.head:
            stretch.front = len(self.out)
        if stretch.waiting:
            at, said = stretch.waiting
            self.out[at] = f" {self.plan.notes.each(said, 'landing')}"
            stretch.waiting = None
        label = unused(label, self.plan.labels)
        stretch.opened.append(f"(block {label}")
        numbers = sorted((self.plan.calls[calls[0]].number, self.plan.calls[calls[-1]].number))
        stretch.targets.append((label, range(numbers[0], numbers[1] + 1)))
        self.line(stretch.indent, ")")
        return label

    def arm(self, arm: Arm, indent: str, stretch: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """Writes the steps of an arm of a block, or of the function; yields the arms inside it, in their places."""
        for step in arm.steps:
            if isinstance(step, Resume):
                self.resume(step, indent, stretch)
            elif isinstance(step, Plain):
                for stmt in step.stmts:
                    self.stmt(stmt, indent)
                self.values(step.values or [], indent)
            elif step.entered:
                yield from self.entered(step, indent, stretch)
            else:
                yield from self.opened(step, indent, stretch)

    def resume(self, step: Resume, indent: str, stretch: _Stretch) -> None:
        """A pausing call, before which the jump lands, or behind it where that makes the call again."""
        said = self.said_of_call(step)
        self.step(said)
        call, notes = self.plan.calls[step.index], self.plan.notes
        here = range(step.index, step.index + 1)
        behind = call.again and self.code > stretch.head  # what stands first needs no jump
        if not behind:
            self.land(stretch, f"$call_{call.number}", here)
            if notes.wanted and not stretch.needs_jump:
                stretch.waiting = len(self.out), said
                self.out.append("")
            else:
                self.trail(notes.each(said, "landing"))
        number = self.made(step, indent)
        if behind:
            label = self.land(stretch, f"$called_{call.number}", here)
            self.trail(notes.each(said, "landing behind"))
            again = f"({step.taken} {call.again})" if step.taken else call.again
            stretch.again[label] = self.noted(again, "again behind")
        self.behind_call(step, number, indent)
        for stmt in step.stmts:
            self.stmt(stmt, indent)
        self.values(step.values or [], indent)

    def sets(self, nest: Nest, indent: str) -> None:
        """Where the results of a block go."""
        self.stored(nest, indent)
        for text in nest.sets:
            self.line(indent, f"({text})" if nest.block.folded else text)
        self.trail(nest.lead.trail)

    def opened(self, nest: Nest, indent: str, stretch: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """A block or an if, whose opening stands at the head of the stretch."""
        block, source = nest.block, self.source
        results = f" (result {' '.join(block.type[1])})" if block.type[1] else ""
        self.lead(nest.lead, indent)
        if nest.taker and nest.taker[0] < block.start:
            self.remark(indent, source.comment(nest.taker[0]))
        self.before_block(nest, indent)
        self.remark(indent, *comments(nest.lead.text + nest.head), source.trivia(block.end - 1).same_line)
        label = nest.label
        otherwise = ""
        passed = bool(nest.condition and len(nest.arms) == 1 and block.type[1])  # without an else: the parameters are
        if nest.condition:
            if len(nest.arms) > 1 or passed:
                otherwise = unused(f"$else_{block.start}", self.plan.labels)
            self.condition(nest, otherwise or label, indent)
        for position, arm in enumerate(nest.arms):
            before, behind = block.marks[position]
            if position:
                self.otherwise(nest, otherwise, indent, stretch)
            if block.op == "if" and (block.folded or position):
                if block.folded:
                    self.behind(before - 1, indent)
                self.remark(indent, *comments(source.codes[before].core), source.trivia(before).same_line)
            if arm.text is None:
                yield arm, indent, stretch
            else:
                for name, type_ in zip(nest.params, block.type[0], strict=True):
                    self.line(indent, got(name, type_))
                if arm.text.text:
                    self.stmt(Stmt(arm.text), indent)
            if before != behind:
                self.behind(behind - 1, indent)
                if block.op == "if" and block.folded and behind < block.last:
                    self.remark(indent, source.trivia(behind).same_line)
        if block.op == "if" and block.folded:
            self.behind(block.last - 1, indent)
        if passed:
            self.otherwise(nest, otherwise, indent, stretch)
            for name, type_ in zip(nest.params, block.type[0], strict=True):
                self.line(indent, got(name, type_))
        self.remark(indent, *comments(nest.foot))
        said = f" {label}" if block.op == "if" or nest.own_label or label in source.labels.used else ""
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
        self.before(value, indent)
        text = value.text
        if not value.folded:
            self.value(value, indent)
            self.line(indent, "i32.eqz")
            self.line(indent, f"br_if {target}")
        elif (
            "\n" not in text
            and not self.source.comment(value.last)
            and len(indent) + len(text) + len(target) + 18 <= WIDTH
        ):
            self.reader(indent, f"(br_if {target} (i32.eqz {text}))", value.start)
        else:
            self.line(indent, f"(br_if {target} (i32.eqz")
            self.value(value, indent + "  ")
            self.line(indent, "))")

    def entered(self, nest: Nest, indent: str, outer: _Stretch) -> Iterator[tuple[Arm, str, _Stretch]]:
        """A loop, a try_table or a try, which keeps its place."""
        calls = range(nest.block.calls[0], nest.block.calls[-1])
        self.lead(nest.lead, indent)
        self.step(f"the {nest.block.op} is entered again, for its calls")
        self.land(outer, f"$into_{nest.block.start}", calls)
        for arm, inner in in_place(self, nest, indent):
            stretch = _Stretch(len(self.out), inner)
            self.out.append("")
            yield arm, inner, stretch
            self.finish(stretch, self.again(stretch))


def _go(label: str, stretch: _Stretch) -> list[str]:
    """The branch to a label; before it the call behind which that is, if it is made again here."""
    return [*filter(None, [stretch.again.get(label)]), f"(br {label})"]


def _either(targets: list[str], index: str, stretch: _Stretch) -> list[str]:
    """A branch to one of two targets, of number 0 and 1: engines jump through a table, which takes longer. If only the
    second has a call before it, what is in a row is that call and what comes then: engines lay out code in this order.
    """
    first, second = targets
    if second not in stretch.again:
        return [f"(br_if {second} {index})" if index else f"(br_if {second})", *_go(first, stretch)]
    if first not in stretch.again:
        return [f"(br_if {first} (i32.eqz {index}))", *_go(second, stretch)]
    return [f"(if {index} (then", *(f"  {line}" for line in _go(second, stretch)), "))", *_go(first, stretch)]


def _table(targets: list[str], index: str, backwards: bool) -> list[str]:
    """A branch to the target of a number, on lines of the width that is read well. `backwards`: they stand in the text
    the other way round (policy.py), so the last is to be the last of the table's entries for a number, and not the one
    for all others, which V8 looks at in the end."""
    if backwards:
        targets = [*targets, targets[0]]
    lines = ["(br_table"]
    for word in [*targets[:-1], *([targets[-1], f"{index})"] if index else [f"{targets[-1]})"])]:
        if len(lines[-1]) + len(word) < WIDTH - 10:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return lines
