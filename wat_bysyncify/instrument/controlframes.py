"""What fold.py has open while it reads: blocks (the control frames of spec, "Validation Algorithm"), and in each the
sequence that grows; and the labels around."""

from __future__ import annotations

from typing import Any, NamedTuple

from .body import BodyError, Run, Seq, Statement
from .fields import parse_nat
from .module import FuncType
from .names import Taken


class Around(NamedTuple):
    """The state of the sequence around a block, for when that ends: what fold.py knows by these names."""

    seq: OpenSeq
    height: int
    low: int
    depth: int
    dead: bool
    pauses: int
    writes: int


class ControlFrame:
    """A block that is being read, and the state of the sequence around it, which only that of the function has not."""

    __slots__ = (
        "arms", "around", "branched", "calls", "end", "folded", "handlers", "id", "label", "marks", "op", "pauses",
        "rethrows", "start", "type",
    )  # fmt: skip

    def __init__(self, op: str, start: int, end: int, folded: bool, type_: FuncType, label: str, id_: int) -> None:
        self.op, self.start, self.end, self.folded, self.type = op, start, end, folded, type_
        self.label, self.id = label, id_
        self.arms: list[Seq] = []
        self.marks: list[tuple[int, int]] = []
        self.calls: list[int] = []
        self.pauses = 0
        self.branched = False
        self.handlers: list[int] = []  # of a try_table: the ids of the blocks that exceptions in it may go to
        self.rethrows: list[int] = []  # of a try: the tokens that throw again what it caught
        self.around: Around

    def diverges(self) -> bool:
        """Whether control never comes out behind it, though its type does not say so: no results, no dead end."""
        if self.type[1] or (self.branched and self.op != "loop") or (self.op == "if" and len(self.arms) < 2):
            return False
        return all(arm.dead for arm in self.arms)


class OpenSeq:
    """A sequence that is being read: `first` its first token, `bound` where in `items` the current statement begins."""

    __slots__ = ("bound", "bound_dead", "bound_pauses", "bound_token", "first", "items", "takes")

    def __init__(self, first: int, dead: bool, takes: int = 0) -> None:
        self.first = self.bound_token = first
        self.items: list[Any] = []
        self.bound = self.bound_pauses = 0
        self.bound_dead = dead
        self.takes = takes  # parameters of the block: its first statement uses them, so it is a Statement

    def boundary(self, end: int, pauses: int, dead: bool) -> None:
        """The operand stack is empty before tokens[end]: a statement ends."""
        items = self.items
        if pauses > self.bound_pauses or self.takes:
            items[self.bound :] = [Statement(items[self.bound :])]
            self.bound += 1
            self.bound_pauses = pauses
            self.takes = 0
        elif self.bound and items[self.bound - 1].__class__ is Run:
            items[self.bound - 1].end = end
            del items[self.bound :]
        else:
            items[self.bound :] = [Run(self.bound_token, end)]
            self.bound += 1
        self.bound_token = end
        self.bound_dead = dead

    def close(self, end: int, height: int, pauses: int, dead: bool) -> Seq:
        """The sequence, which ends before tokens[end] with `height` results on the operand stack."""
        tail: Run | Statement | None = None
        if height:
            if not self.bound_dead:
                tail = Run(self.bound_token, end)
                if pauses > self.bound_pauses or self.takes:
                    tail = Statement(self.items[self.bound :])
            del self.items[self.bound :]  # what cannot be reached goes: it could only leave values for nobody
        elif self.bound_token < end:
            self.boundary(end, pauses, dead)
        return Seq(self.first, end, self.items, tail, dead, pauses > 0)


class ControlStack:
    """The blocks that are open, the innermost last, and their labels: `labels` are all there were, `shadowed` whether
    one was taken twice, `sites` where a number said one, by token: its position and the level that it leads to."""

    def __init__(self) -> None:
        self.frames: list[ControlFrame] = []
        self.labels = Taken()
        self.shadowed = False
        self.sites: list[tuple[int, list[tuple[int, int]]]] = []
        self._by_label: dict[str, list[int]] = {}
        self._count = 0

    def begin(self, op: str, start: int, end: int, folded: bool, type_: FuncType, word: str) -> ControlFrame:
        """A new innermost block."""
        label = word if word[:1] == "$" else ""
        if label:
            self._by_label.setdefault(label, []).append(len(self.frames))
            self.shadowed = self.shadowed or label in self.labels
            self.labels.add(label)
        frame = ControlFrame(op, start, end, folded, type_, label, self._count)
        self._count += 1
        self.frames.append(frame)
        return frame

    def finish(self) -> ControlFrame:
        """Leaves the innermost block; the one around it."""
        done = self.frames.pop()
        if done.label:
            self._by_label[done.label].pop()
        return self.frames[-1]

    def label(self, word: str, at: int, position: int) -> ControlFrame:
        """The block whose label a word names, the word of token `at` at a position."""
        levels = self._by_label.get(word)
        if levels:
            self.frames[levels[-1]].branched = True
            return self.frames[levels[-1]]
        number = parse_nat(word)
        if number is None or number >= len(self.frames):
            raise BodyError(f"unknown label {word}", at)
        if self.sites and self.sites[-1][0] == at:
            self.sites[-1][1].append((position, len(self.frames) - 1 - number))
        else:
            self.sites.append((at, [(position, len(self.frames) - 1 - number)]))
        self.frames[-1 - number].branched = True
        return self.frames[-1 - number]

    def label_outside(self, word: str, at: int, position: int) -> ControlFrame:
        """The block that a word names as seen from outside of the innermost one."""
        inside = self.frames.pop()
        own = self._by_label[inside.label].pop() if inside.label else 0
        found = self.label(word, at, position)
        if inside.label:
            self._by_label[inside.label].append(own)
        self.frames.append(inside)
        return found
