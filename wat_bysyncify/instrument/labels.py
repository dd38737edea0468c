"""Labels of a body whose blocks get other blocks around them, or other places: what a branch must say now.

Blocks that keep their places, in and out of guards, can be counted as before; a guard counts too:

    (br_if 1 ..)   ->   (br_if 2 ..)

Where blocks are opened elsewhere, those with a pausing call have a name:

    (br_if 1 ..)   ->   (br_if $block_7 ..)

Both know which block is being lifted (`enter`), and the labels around it by their levels; that of the function is 0.
"""

from __future__ import annotations

from ..sexpr.nodes import words
from .body import Block, Body
from .fields import parse_nat
from .names import unused


class CountedLabels:
    """Labels by number."""

    used: frozenset[str] = frozenset()
    outermost = ""

    def __init__(self) -> None:
        self.guards = [0]  # by level: how many of the blocks around, down to it, have a guard around them

    def name(self, block: Block) -> tuple[str, bool]:
        """The label that a block is to have, and whether it is the reader's; "" where nobody asks for one."""
        return "", False

    def enter(self, level: int, guarded: bool, label: str) -> None:
        """Goes into the block whose label has a level and a name, and which has a guard around it, or not."""
        del self.guards[level:]
        self.guards.append(self.guards[-1] + guarded if level else 0)

    def said(self, word: str, target: int, level: int, shift: int) -> str:
        """What says the label of the level `target` where a number said it, from inside `level`. Branches to it and to
        those further out count `shift` labels more, one yet more to get out of the function."""
        more = shift + (target == 0) + self.guards[level] - self.guards[target]
        return str((parse_nat(word) or 0) + more)


class NamedLabels:
    """Labels by name, of which those `used` must be written."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.used: set[str] = set()
        self.around = [unused("$body", body.labels)]  # by level

    @property
    def outermost(self) -> str:
        """The label that stands for the function's, "" if no branch goes there."""
        return self.around[0] if self.around[0] in self.used else ""

    def name(self, block: Block) -> tuple[str, bool]:
        """The label that a block is to have, and whether it is the reader's."""
        own = self.body.codes[block.start].word.startswith("$")
        said = words(self.body.tokens[block.start])
        return said[1] if own else unused(f"${block.op}_{block.start}", self.body.labels), own

    def enter(self, level: int, guarded: bool, label: str) -> None:
        """Goes into the block whose label has a level and a name."""
        if level:
            del self.around[level:]
            self.around.append(label)

    def said(self, word: str, target: int, level: int, shift: int) -> str:
        """The label of the level `target`, where a number said it."""
        label = self.around[target]
        self.used.add(label)
        return label


Labels = CountedLabels | NamedLabels
