"""Where in the text functions and calls are: nodes and tokens -> lines."""

from __future__ import annotations

from bisect import bisect_right

from ..errors import line_starts
from ..sexpr.nodes import Node, tokens
from .fields import holder_of
from .module import Func, Module


class Places:
    """The lines, from 1, of a text, and of the functions of its module."""

    def __init__(self, text: str, module: Module) -> None:
        self.module = module
        self._starts = line_starts(text)
        self._offsets: dict[int, int] = {}  # of the fields, by identity
        source = module.source
        holder = holder_of(source)
        at = 0
        for node in source:
            if node is holder:
                for field in node:
                    self._offsets[id(field)] = at
                    at += sum(token.width for token in tokens([field]))
            else:
                self._offsets[id(node)] = at
                at += sum(token.width for token in tokens([node]))

    def line_at(self, offset: int) -> int:
        """The line of an index into the text."""
        return bisect_right(self._starts, offset)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """The line and the column, both from 1, of an index into the text."""
        line = self.line_at(offset)
        return line, offset - self._starts[line - 1] + 1

    def field_offset(self, node: Node) -> int | None:
        """The index in the text of a field; None for one that is not from there."""
        return self._offsets.get(id(self.module.origins.get(id(node), node)))

    def has(self, func: Func) -> bool:
        """Whether the code of a function is from the text."""
        return id(func.node) in self._offsets

    def offset(self, func: Func) -> int:
        """The index in the text of a function; that of the whole text for one that is not from there."""
        node = self.module.origins.get(id(func.node), func.node)
        return self._offsets.get(id(node), 0)

    def line(self, func: Func) -> int:
        """The line of a function, or of an import."""
        return self.line_at(self.offset(func))

    def body(self, func: Func) -> int:
        """The index in the text at which the code of a function begins."""
        node = func.nodes
        return self.offset(func) + sum(token.width for token in tokens(node[: func.header]))
