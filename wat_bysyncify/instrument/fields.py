"""Fields of a module as nodes: their heads, words and lists, whatever they mean; and each a node of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..errors import WatError
from ..sexpr.nodes import List, Node, Token, core_length, pieces, tokens, words
from ..sexpr.parser import parse


def parse_nat(word: str) -> int | None:
    """The value of an unsigned number of the text format (`12`, `0x_1f`), None if the word is not one."""
    try:
        return int(word.replace("_", ""), 16 if word[:2] in ("0x", "0X") else 10) if word[:1].isdigit() else None
    except ValueError:
        return None


_HEAD = re.compile(r"\(?[ \t]*([a-z_.0-9$@]+)[\s()]")


def head(node: Node) -> str:
    """The first word of a list: `module` of `(module $m ...)`."""
    token = node[0] if node.__class__ is list else node
    match = _HEAD.match(token)  # type: ignore[arg-type]
    if match:
        return match[1]
    found = pieces(token)  # type: ignore[arg-type]
    return found[0][1] if found else ""


def node_words(node: Node) -> list[str]:
    """The words of a list itself, not of the lists in it."""
    if isinstance(node, Token):
        return words(node)
    return [word for child in node[:-1] if isinstance(child, Token) and child.type != "LEAF" for word in words(child)]


_HEADER = frozenset("export import type param result".split())


def header_of(node: Node) -> list[Node]:
    """The lists that stand before all else in a field: `(export ..)`, `(import ..)` and the type use."""
    found: list[Node] = []
    if isinstance(node, list):
        for child in node[1:-1]:
            if (isinstance(child, Token) and child.type == "WORDS") or head(child) not in _HEADER:
                break
            found.append(child)
    return found


def children(node: Node) -> Iterator[Node]:
    """The lists in a list, a LEAF token being one too."""
    if isinstance(node, list):
        for child in node[1:-1]:
            if isinstance(child, list) or child.type == "LEAF":
                yield child


def _join_words(field: List) -> None:
    """Joins words on several lines to one token; of a function only its id with its head."""
    if head(field) == "func":
        if len(words(field[0])) == 1 and isinstance(field[1], Token) and field[1].startswith("$"):
            field[:2] = [Token("OPEN", field[0] + field[1], field[0].width + field[1].width)]
        return
    stack = [field]
    while stack:
        node = stack.pop()
        joined: List = []
        for child in node:
            before = joined[-1] if joined else None
            if isinstance(child, list):
                stack.append(child)
            elif child.type == "WORDS" and isinstance(before, Token) and before.type in ("WORDS", "OPEN"):
                joined[-1] = Token(before.type, before + child, before.width + child.width)
                continue
            joined.append(child)
        node[:] = joined
        for position, child in enumerate(node):
            if isinstance(child, list) and _only_words(child):
                node[position] = Token("LEAF", "".join(child), sum(each.width for each in child))
                stack = [each for each in stack if each is not child]


def _only_words(node: List) -> bool:
    return all(isinstance(child, Token) and child.type != "LEAF" for child in node)


def own_fields(nodes: List) -> None:
    """Makes every field a node of its own: equal tokens are one object (nodes.py), and fields are told apart.

    A function whose code begins on the line of its head, `(func $f nop (nop))`, gets a token for that head alone.
    """
    holder = holder_of(nodes)
    for position, node in enumerate(holder):
        if isinstance(node, list) and node is not holder:
            _join_words(node)
            if len(node) == 2 and len(words(node[0])) > 1:  # all of it was words
                holder[position] = node = Token("LEAF", node[0] + node[1], node[0].width + node[1].width)
        leaf = isinstance(node, Token)
        if leaf and node.type != "LEAF":
            continue
        token = node if leaf else node[0]
        if leaf:
            holder[position] = Token("LEAF", token, token.width)
        if token.startswith("(func") and head(token) == "func":
            found = pieces(token)
            count = 2 if found[1:] and found[1][1][0] == "$" else 1
            if len(found) > count:
                start = found[count][0]
                opening = Token("OPEN", token[:start])
                if leaf:
                    end = found[-1][0] + len(found[-1][1])
                    holder[position] = [opening, Token("WORDS", token[start:end]), Token("CLOSE", token[end:])]
                else:
                    node[:1] = [opening, Token("WORDS", token[start:])]


def holder_of(nodes: List) -> Any:
    """The list that a module's fields are in: `(module ...)`, or the whole text if they stand there on their own."""
    lists = [node for node in nodes if isinstance(node, list) or node.type not in ("WORDS", "TRIVIA")]
    modules = [node for node in lists if head(node) == "module"]
    if not modules:
        return nodes
    extra = [node for node in nodes if node is not modules[0] and getattr(node, "type", "") != "TRIVIA"]
    if extra:
        place = tokens(nodes[: next(i for i, node in enumerate(nodes) if node is extra[0])])
        raise WatError("only one module is read, with nothing beside it", sum(token.width for token in place))
    module = modules[0]
    offset = sum(token.width for token in tokens(nodes[: next(i for i, node in enumerate(nodes) if node is module)]))
    rest = words(module if isinstance(module, Token) else module[0])[1:]
    if rest and rest[0][0] == "$":
        rest = rest[1:]
    if rest:
        what = f"a module in {rest[0]} form" if rest[0] in ("binary", "quote") else repr(rest[0])
        raise WatError(f"{what} is not supported here", offset)
    if isinstance(module, Token):  # `(module)` on its own: as the empty list that it is
        end = core_length(module) - 1
        open_, close = module[:end], module[end:]
        position = next(i for i, node in enumerate(nodes) if node is module)
        split: List = [Token("OPEN", open_), Token("CLOSE", close)]
        nodes[position] = split
        return split
    return module


_INDENT = re.compile(r"\n([ \t]*)$")
_HIDDEN = re.compile(r"\([;@]")


def insert_fields(nodes: List, before: Node | None, added: list[str], newline: str) -> None:
    """Adds fields, of which each is a line of text, behind one of a module's fields; at its beginning if that is None.
    They stand for nothing in the source."""
    holder = holder_of(nodes)
    if before is None and holder is nodes:
        holder.insert(0, Token("TRIVIA", "", 0))
    before = holder[0] if before is None else before
    position = next(i for i, node in enumerate(holder) if node is before)
    last: Token = before[-1] if isinstance(before, list) else before
    end = core_length(last)
    line = last.find("\n", end)
    if line >= 0 and not _HIDDEN.search(last, end, line):  # a comment on its line stays there
        end = line
    first = _INDENT.search(holder[0]) if holder is not nodes else None
    indent = first[1] if first else ""
    new: List = parse("".join(f"{newline}{indent}{field}" for field in added) + last[end:])
    stack = [new]
    while stack:
        node = stack.pop()
        for i, child in enumerate(node):
            if isinstance(child, list):
                stack.append(child)
            else:
                node[i] = Token(child.type, child, 0)
    own_fields(new)
    kept = Token(last.type, last[:end], last.width)
    if isinstance(before, list):
        before[-1] = kept
    else:
        holder[position] = kept
    holder[position + 1 : position + 1] = new


def value_types(node: Node) -> list[tuple[str | None, str]]:
    """The declarations in `(param $x i32)`, `(param i32 i64)`, `(local (ref null $t))`: (id or None, type) each.

    Raises `IndexError` if there is an id and no type.
    """
    if isinstance(node, Token):
        found = words(node)[1:]
    else:
        found = []
        for child in node[:-1]:
            if isinstance(child, Token) and child.type != "LEAF":
                found += words(child)
            else:
                found.append(spelled(child))
        found = found[1:]
    if found and found[0][0] == "$":
        return [(found[0], found[1])]
    return [(None, type_) for type_ in found]


def separator(indent: str | None, newline: str) -> str:
    """What stands between two instructions, of which the first has this indentation; None: it shares its line."""
    return " " if indent is None else newline + indent


def added_tokens(text: str) -> list[Token]:
    """The tokens of text that is added to a body, and takes no room in the text that was there."""
    return [Token(token.type, token, 0) for token in tokens(parse(text)) if token]


def spelled(node: Node) -> str:
    """A list without comments, with single spaces: `(mut (ref null $t))`."""
    return spelled_tokens(tokens([node]))


def spelled_tokens(found: list[Token]) -> str:
    """The same for the tokens of lists."""
    out = ""
    for token in found:
        if token.type == "CLOSE":
            out += ")"
            continue
        said = " ".join(words(token))
        out += " " * (out[-1:] not in ("", "(")) + (said if token.type == "WORDS" else f"({said}")
        out += ")" * (token.type == "LEAF")
    return out


def type_use_end(body: list[Token], position: int) -> int:
    """Behind the `(type ..)`, `(param ..)`, `(result ..)` and `(catch ..)` lists that begin at body[position]."""
    while position < len(body):
        token = body[position]
        if token[:1] != "(" or (token[1:2].isalpha() and not token.startswith(_TYPE_USES)):
            break
        if head(token) not in _TYPE_USE_HEADS:
            break
        depth = 0
        while position < len(body):
            depth += (body[position].type == "OPEN") - (body[position].type == "CLOSE")
            position += 1
            if not depth:
                break
    return position


_TYPE_USE_HEADS = frozenset(("type", "param", "result", "catch", "catch_ref", "catch_all", "catch_all_ref"))
_TYPE_USES = ("(type", "(param", "(result", "(catch")  # a quick look comes first
