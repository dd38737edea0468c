"""Text -> nodes, by Lark (LALR) with ../grammar.lark."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache

from lark import Lark
from lark.exceptions import UnexpectedInput

from ..errors import WatError
from .lexer import WatLexer
from .nodes import List, Node, Token, tokens


class _Build:
    """What Lark calls for each rule of the grammar, while it parses: lists that grow in place."""

    start = staticmethod(lambda children: children[0])
    begin = staticmethod(lambda children: children)

    @staticmethod
    def more(children: List) -> List:
        parent: List = children[0]
        parent += children[1:]
        return parent

    @staticmethod
    def close(children: List) -> List:
        parent, child, end = children
        child.append(end)
        parent.append(child)
        return parent  # type: ignore[no-any-return]

    @staticmethod
    def small(children: List) -> List:
        parent: List = children[0]
        parent.append(children[1:])
        return parent


@cache
def _lark() -> Lark:
    return Lark.open(
        "../grammar.lark", rel_to=__file__, parser="lalr", lexer=WatLexer, transformer=_Build(), keep_all_tokens=True
    )


def parse(text: str) -> List:
    """The nodes of a text, in order; the first a TRIVIA token, perhaps empty. Joined they are `text` again.

    Raises `WatError` with the position of an unclosed or stray parenthesis, string or comment, or a stray character.
    """
    mark = Token("TRIVIA", "\ufeff") if text.startswith("\ufeff") else None  # a byte order mark
    was_enabled = gc.isenabled()
    gc.disable()  # millions of small lists, none of them garbage: 2 to 3 times faster
    try:
        nodes: List = _lark().parse(text[1:] if mark else text)  # type: ignore[assignment]
    except WatError as error:
        if mark and error.offset is not None:
            error.offset += 1
        raise
    except UnexpectedInput:
        raise _unbalanced(text, 1 if mark else 0) from None
    finally:
        if was_enabled:
            gc.enable()
    if mark:
        nodes.insert(0, mark)
    return nodes


def _unbalanced(text: str, start: int) -> WatError:
    """The parenthesis that has no partner, found by counting."""
    lexer = WatLexer(_LexerConf())
    opened: list[int] = []
    offset = start
    for token in lexer.lex(text[start:]):
        if token.type == "OPEN":
            opened.append(offset)
        elif token.type == "CLOSE":
            if not opened:
                return WatError("unexpected ')'", offset)
            opened.pop()
        offset += len(token)
    return WatError("unclosed '('", opened[-1])


class _LexerConf:
    def __init__(self) -> None:
        self.terminals = _lark().terminals


def offset_of(nodes: List, target: Node, inner: int = 0) -> int:
    """The index in the source of a list (found by identity), plus the widths of its first `inner` tokens.

    >>> nodes = parse("(module (func) (start 0 (;x;) (a)))")
    >>> offset_of(nodes, nodes[1][2])
    15
    """
    offset = 0
    stack: list[Iterator[Node]] = [iter(nodes)]
    while stack:
        for node in stack[-1]:
            if node is target:
                return offset + sum(token.width for token in tokens([target])[:inner])
            if isinstance(node, list):
                stack.append(iter(node))
                break
            offset += node.width
        else:
            stack.pop()
    raise LookupError("the node is not in the tree")
