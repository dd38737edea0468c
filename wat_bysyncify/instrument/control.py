"""Imports of control functions -> functions of the module: nodes -> nodes.

    (import "bysyncify" "start_unwind" (func $pause (param i32)))

goes, and at the end of the module stands a function `$pause`, whose code support.py writes: calls by name stay as they
are. The numbers of the functions behind the import are one less then, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..sexpr.nodes import List, Node, Token, core_length, pieces, tokens, unquote, with_words, words
from ..sexpr.trivia import line_breaks
from . import names
from .fields import children, head, header_of, holder_of, node_words, parse_nat


class ControlFunction(NamedTuple):
    """`node` stands for the control function `name`, which was imported from `module` by the field `source`.

    `exports` are the string literals under which the import was exported where it stood.
    """

    node: Node
    name: str
    module: str
    source: Node
    exports: tuple[str, ...]


@dataclass(slots=True)
class Control:
    """The nodes of a module without control imports, and the functions that stand for them; `removed` are the numbers
    that the imports had."""

    nodes: List
    functions: list[ControlFunction]
    removed: tuple[int, ...] = ()

    @property
    def stubs(self) -> set[int]:
        """The identities of the nodes that stand for control functions, whose text comes last."""
        return {id(function.node) for function in self.functions}

    def number_in_text(self, number: int) -> int:
        """The number that a function of the text had there."""
        for removed in self.removed:
            number += removed <= number
        return number


def take_control(nodes: List) -> Control:
    """The nodes without imports of control functions, and with functions for them at the end."""
    holder = holder_of(nodes)
    kept: List = []
    functions: list[ControlFunction] = []
    numbers: dict[int, str] = {}  # what each function's number becomes, where it changes
    count = 0
    removed: list[int] = []
    if not any(imported and names.is_control(imported[1:3]) for imported in map(_import_of, holder)):
        return Control(nodes, [])
    said = set(tokens(holder))
    taken = names.Taken(word for token in said if "$" in token for _, word in pieces(token) if word[0] == "$")
    for node in holder:
        imported = _import_of(node)
        if imported is None or imported[0] != "func":
            kept.append(node)
            continue
        if names.is_control((imported[1], imported[2])):
            name = imported[3]
            if not name:
                name = names.unused(f"$bysyncify_{imported[2]}", taken)
            described = next(children(node)) if head(node) == "import" else node
            type_use = [child for child in header_of(described) if head(child) in ("type", "param", "result")]
            stub = [Token("OPEN", f"(func {name} ", 0), *type_use, Token("CLOSE", ")", 0)]
            exports = tuple(node_words(child)[1] for child in header_of(described) if head(child) == "export")
            functions.append(ControlFunction(stub, imported[2], imported[1], node, exports))
            numbers[count] = name
            removed.append(count)
            kept += _comments_behind(node)
        else:
            if removed:
                numbers[count] = str(count - len(removed))
            kept.append(node)
        count += 1
    _Numbers(numbers, count, len(removed)).change(kept)
    end = len(kept) - 1 if holder is not nodes else len(kept)
    kept[end:end] = [function.node for function in functions]
    changed = kept if holder is nodes else [kept if node is holder else node for node in nodes]
    return Control(changed, functions, tuple(removed))


def _import_of(node: Node) -> tuple[str, str, str, str] | None:
    """What a field imports: kind, module, name, id; None if it imports nothing."""
    if isinstance(node, Token):
        return None
    kind = head(node)
    if kind == "import":
        found = node_words(node)
        described = next(children(node), None)
        if described is None or len(found) < 3 or found[1][0] != '"' or found[2][0] != '"':
            return None
        id_ = next((word for word in node_words(described)[1:2] if word[0] == "$"), "")
        return head(described), unquote(found[1]), unquote(found[2]), id_
    if kind == "func":
        for child in header_of(node):
            if head(child) == "import":
                found = node_words(child)
                if len(found) < 3:
                    return None
                id_ = next((word for word in node_words(node)[1:2] if word[0] == "$"), "")
                return kind, unquote(found[1]), unquote(found[2]), id_
    return None


def _comments_behind(node: Node) -> List:
    """The lines of comments behind a field that goes."""
    last = tokens([node])[-1]
    trivia = last[core_length(last) :]
    line_break, _ = line_breaks(trivia)
    rest = trivia[line_break + 1 :] if line_break >= 0 else ""
    return [Token("TRIVIA", rest.lstrip(" \t"), 0)] if ";;" in rest or "(;" in rest or "(@" in rest else []


class _Numbers:
    """Numbers of functions, changed wherever they can stand: code, elements, exports, the start."""

    def __init__(self, numbers: dict[int, str], imports: int, removed: int) -> None:
        self.numbers = numbers
        self.imports = imports
        self.removed = removed
        self.codes: dict[Token, Token] = {}

    def new(self, word: str) -> str | None:
        """What a word becomes, None if it stays."""
        number = parse_nat(word)
        if number is None:
            return None
        if number >= self.imports:
            return str(number - self.removed)
        return self.numbers.get(number)

    def change(self, holder: List) -> None:
        stack: list[tuple[List, bool]] = []
        for position, node in enumerate(holder):
            kind = head(node)
            if isinstance(node, Token):
                if kind == "start" and node.type == "LEAF":
                    holder[position] = self.token(node, frozenset(("start",)))
                elif kind == "elem":
                    holder[position] = self.listed(node, "func")
            elif kind in ("elem", "export", "func", "global", "table"):
                stack.append((node, kind == "elem"))
        while stack:
            node, listed = stack.pop()
            whole = listed
            before = ""  # the last word of the token before, whose number may stand on a line of its own
            for position, child in enumerate(node):
                if isinstance(child, list):
                    stack.append((child, head(child) == "elem"))
                    before = ""
                elif child.type != "CLOSE":
                    if (whole and child.type == "WORDS") or (child.type == "LEAF" and head(child) == "elem"):
                        node[position] = self.listed(child)
                    elif whole and child.type == "OPEN":
                        node[position] = self.listed(child, "func")
                    else:
                        node[position] = self.code(child, before)
                    before = "" if child.type == "LEAF" else (words(child) or [""])[-1]

    def code(self, token: Token, before: str) -> Token:
        """A token in which a number behind `call`, `ref.func`, `func` or `return_call` is a function's."""
        if before in _NAME_FUNCTIONS:
            return self.token(token, _NAME_FUNCTIONS, before)
        found = self.codes.get(token)
        if found is None:
            found = token
            if "call" in token or "func" in token:
                found = self.token(token, _NAME_FUNCTIONS)
            self.codes[token] = found
        return found

    def token(self, token: Token, ops: frozenset[str], before: str = "") -> Token:
        """A token in which a number behind one of the words `ops` is a function's."""
        said = words(token)
        return self.renumbered(token, [k for k, op in enumerate([before, *said[:-1]]) if op in ops], said)

    def listed(self, token: Token, after: str = "") -> Token:
        """A token of an element segment: its numbers are functions, behind the word `after` if one is given."""
        said = words(token)
        first = 0 if not after else said.index(after) + 1 if after in said else len(said)
        return self.renumbered(token, range(first, len(said)), said)

    def renumbered(self, token: Token, positions: Iterable[int], said: list[str]) -> Token:
        """A token in which the numbers at some positions are functions'."""
        new = {k: word for k in positions if (word := self.new(said[k])) is not None}
        return Token(token.type, with_words(token, new), token.width) if new else token


_NAME_FUNCTIONS = frozenset(("call", "return_call", "ref.func", "func"))
