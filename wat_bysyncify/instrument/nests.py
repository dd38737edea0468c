"""Blocks with pausing calls that keep their places: a nest of steps -> its text, around that of its arms.

(local.set $x                            what its result goes to; behind flat blocks, and several results
  (if (result i32) (local.get $y) (then  what opens it, as the reader has it
    ..
  ) (else
    ..
  ))
)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .layout import Layout, deeper
from .reftypes import got
from .source import Source
from .steps import Arm, Nest, Stmt

_WITH_ARMS = frozenset(("if", "try"))


def in_place(
    out: Layout, nest: Nest, indent: str, condition: Callable[[Nest, str], None] | None = None, inside: bool = False
) -> Iterator[tuple[Arm, str]]:
    """Writes a block without its lead, and where its results go; yields each arm that pauses, with the indentation of
    its content, to be written there and then.

    `condition` writes that of an if, if it can be one; `inside`: in its parentheses, not before it.
    """
    block, source = nest.block, out.source
    at = indent
    wrapped = block.folded and len(nest.sets) == 1 and (inside or not nest.condition)
    if wrapped:
        out.line(indent, f"({nest.sets[0]}")
        if nest.taker and nest.taker[0] < block.start:
            out.trail(source.comment(nest.taker[0]))
        at = deeper(at)
    for name, type_ in zip(nest.params, block.type[0], strict=True):
        out.line(at, got(name, type_))
    if condition and nest.condition and not inside:
        condition(nest, at)
    out.before_block(nest, at)
    out.head(nest, at)
    inner = _inside(source, nest, at)
    if condition and nest.condition and inside:
        condition(nest, inner)
    for position, arm in enumerate(nest.arms):
        before, behind = block.marks[position]
        arm_at = at
        if block.op in _WITH_ARMS and (block.folded or position):
            arm_at = inner if block.folded else at
            text = source.codes[before].core
            if block.folded:
                out.behind(before - 1, arm_at)
            out.reader(arm_at, text[:-1].rstrip() if before == behind else text, before)
            if before != behind:
                out.trail(source.trivia(before).same_line)
        content = _inside(source, nest, arm_at)
        if arm.text is not None:
            if arm.text.text:
                out.stmt(Stmt(arm.text), content)
        else:
            for name in reversed(nest.params):
                out.line(content, f"(local.set {name})")
            yield arm, content
        if before != behind:
            out.behind(behind - 1, content)
        if block.op in _WITH_ARMS and block.folded:
            out.line(arm_at, ")")
            if behind < block.last:
                out.trail(source.trivia(behind).same_line)
    if block.folded:
        if block.op in _WITH_ARMS:
            if nest.delegate:
                out.line(inner, nest.delegate)
            out.behind(block.last - 1, inner)
        out.line(at, ")")
    else:
        out.reader(at, nest.foot, block.last)
    out.stored(nest, at)
    if wrapped:
        out.line(indent, ")")
    else:
        for text in nest.sets:
            out.line(indent, text if not block.folded else f"({text})")
    out.trail(nest.lead.trail)


def _inside(source: Source, nest: Nest, at: str) -> str:
    """The indentation of the content of a block that stands at `at`: as much more as the reader has."""
    block = nest.block
    outer = source.indent_of(block.start)
    first = block.arms[0].first if block.op not in _WITH_ARMS or not block.folded else block.marks[0][0]
    if source.starts_line(first) and source.starts_line(block.start):
        inner = source.indent_of(first)
        if inner.startswith(outer) and len(inner) - len(outer) <= 8:
            return at + inner[len(outer) :]
    return deeper(at)
