"""Generated instructions, and how they are printed: folded, flat and mixed, with comments strewn in."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Node:
    """An instruction. `results` None: control does not go on, whatever is expected is there.

    `op` is a plain instruction; or block, loop, if, try_table, with `arms`; or "" for the operands in a row.
    """

    op: str
    words: list[str] = field(default_factory=list)
    operands: list[Node] = field(default_factory=list)
    results: tuple[str, ...] | None = ()
    arms: list[list[Node]] = field(default_factory=list)
    params: int = 0


class Printer:
    """Prints nodes, in a style that is chosen once for a function: how much is folded, how lines are broken."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.folding = random.choice([0.0, 0.5, 0.9, 1.0])
        self.comments = random.choice([0.0, 0.0, 0.03, 0.1])
        self.breaks = random.choice([0.02, 0.3, 0.8])
        self.out: list[str] = []
        self.depth = 1

    def text(self, nodes: list[Node]) -> str:
        self.sequence(nodes)
        return "".join(self.out)

    def gap(self) -> None:
        """White space, and at times a comment."""
        random = self.random
        indent = "  " * self.depth
        if random.random() < self.comments:
            behind, line = f' ;; two ) " (\n{indent}', f"\n{indent};; a line\n{indent}"
            self.out.append(random.choice([" (; one ;) ", behind, line, "(;;)"]))
        elif random.random() < self.breaks:
            self.out.append("\n" + indent)
        else:
            self.out.append(" ")

    def words(self, op: str, words: list[str]) -> None:
        self.out.append(op)
        for word in words:
            if self.comments and self.random.random() < 0.03:
                self.gap()
            else:
                self.out.append(" ")
            self.out.append(word)

    def sequence(self, nodes: list[Node]) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        """A node in any style."""
        if not node.op:
            self.sequence(node.operands)
            return
        if not self.foldable(node) or self.random.random() >= self.folding:
            self.flat(node)
            return
        before, inside = self.split(node)
        self.sequence(before)
        self.folded(node, inside)

    def foldable(self, node: Node) -> bool:
        """Whether the operands that are not printed before it can stand inside it."""
        inside = node.operands[node.params :]
        return all(self.is_list(operand) for operand in inside)

    def is_list(self, node: Node) -> bool:
        return bool(node.op) and not node.params and all(self.is_list(operand) for operand in node.operands)

    def split(self, node: Node) -> tuple[list[Node], list[Node]]:
        """The operands printed before a folded node, and those inside it: parameters of a block stand before it."""
        at = node.params
        inside = node.operands[at:]
        if (node.arms and not inside) or self.random.random() > 0.12 * (self.folding < 1):
            return node.operands[:at], inside
        at = self.random.randint(at, len(node.operands))
        return node.operands[:at], node.operands[at:]

    def flat(self, node: Node) -> None:
        for operand in node.operands:
            self.node(operand)
        self.gap()
        self.words(node.op, node.words)
        if not node.arms:
            return
        label = node.words[:1] if node.words and node.words[0][0] == "$" and self.random.random() < 0.3 else []
        for position, arm in enumerate(node.arms):
            if position:
                self.gap()
                self.words("else", label)
            self.depth += 1
            self.sequence(arm)
            self.depth -= 1
        self.gap()
        self.words("end", label)

    def folded(self, node: Node, inside: list[Node]) -> None:
        self.gap()
        self.out.append("(" if self.random.random() > self.comments else "( ")
        self.words(node.op, node.words)
        self.depth += 1
        for operand in inside:
            self.folded(operand, operand.operands)
        for position, arm in enumerate(node.arms):
            if node.op == "if":
                self.gap()
                self.out.append("(else" if position else "(then")
            self.sequence(arm)
            if node.op == "if":
                self.close()
        self.depth -= 1
        self.close()

    def close(self) -> None:
        if self.random.random() < 0.2:
            self.gap()
        self.out.append(")")
