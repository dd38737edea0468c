"""A body in steps: what lifting (lift.py) gives, and what the writers (skip.py, jump.py, straight.py) write.

After lifting, a pausing call stands only at statement level. Its step holds it, and what uses its result; between
them are steps of statements without pausing calls, and blocks, whose arms are steps again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

from .body import Block, Seq
from .source import Piece
from .temps import Temp


@dataclass(slots=True)
class Stmt:
    """A piece of text on lines of its own. `set_` is the local that its value goes to, or `return`, or `(return` where
    the value can stand inside the parentheses; "" for a piece that leaves no value."""

    piece: Piece
    set_: str = ""
    folded: bool = True


@dataclass(slots=True)
class Plain:
    """Statements without a pausing call."""

    stmts: list[Stmt] = field(default_factory=list)
    values: list[Value] | None = None  # left on the operand stack at the end


@dataclass(slots=True)
class Resume:
    """A pausing call, and the statements behind it that use its result. `taken` is what takes that, if it is one value:
    `local.set $x` or `drop`."""

    index: int
    call: list[Stmt]
    taken: str = ""
    stmts: list[Stmt] = field(default_factory=list)
    values: list[Value] | None = None


@dataclass(slots=True)
class Nest:
    """A block with pausing calls.

    `params` are the temporaries that hold its parameters; `keep` what it leaves for each result while rewinding past
    it, `sets` where the results go then, the last first. `guarded`: it must not be entered while rewinding to a call
    behind it, for a parameter or result of it cannot be null, and there is nothing to stand there then. `label` is its
    label where labels are named. `taker` are the first and the last token of what stores its result, if something does.
    `head` and `foot` are the text that opens and closes it, `delegate` what stands before the end of a try.
    """

    block: Block
    condition: Value | None
    params: list[str]
    keep: list[str]
    sets: list[str]
    arms: list[Arm]
    lead: Piece
    guarded: bool = False
    label: str = ""
    own_label: bool = False  # the label is the reader's
    taker: tuple[int, int] | None = None
    head: str = ""
    foot: str = ""
    delegate: str = ""

    @property
    def entered(self) -> bool:
        """Whether a jump to a call inside must stop at its head: the block cannot be opened where the jump is, for it
        says more than where it ends."""
        return self.block.op in ("loop", "try_table", "try")


@dataclass(slots=True)
class Arm:
    """An arm of a block: its steps; or its text, if it does not pause: where functions skip, nobody comes to it while
    rewinding."""

    seq: Seq
    steps: list[Step] = field(default_factory=list)
    text: Piece | None = None


Step = Union[Plain, Resume, Nest]


@dataclass(slots=True)
class Value:
    """An operand: text that leaves one value. `last` is the token behind which the comment is that belongs to it, -1 if
    there is none.

    Parts hold the parts of the operands inside them, to any depth: nothing is copied from level to level.
    """

    parts: list[Any]
    last: int
    start: int  # the token that it begins with in the source, -1 for a new one
    folded: bool
    type: str
    kind: str  # "const", "local", "temp", "expr"
    reads: int = 0
    writes: int = 0
    temps: list[Any] = field(default_factory=list)  # temporaries, and lists of them
    pure: bool = False
    detached: bool = False  # a local that stays to be read later than in the source
    exact: bool = False  # it cannot be evaluated while the temporaries that it reads hold anything but the values meant

    @property
    def text(self) -> str:
        return "".join(flat(self.parts))


def flat(nested: list[Any]) -> list[Any]:
    """What lists in lists hold, in order."""
    found: list[Any] = []
    stack = [iter(nested)]
    while stack:
        for each in stack[-1]:
            if each.__class__ is list:
                stack.append(iter(each))
                break
            found.append(each)
        else:
            stack.pop()
    return found


@dataclass(slots=True)
class Lifted:
    """A body in steps. `results` are the values that it returns at its end.

    `alive` says for each pausing call what values that wait for it read, locals and temporaries as bits: these are
    alive whatever liveness.py, which knows only the reader's code, says of the locals.
    """

    arm: Arm
    temps: list[Temp]
    alive: list[int]
    results: list[Value]
