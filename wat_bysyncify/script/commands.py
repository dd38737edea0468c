"""Text of a script -> its commands, each with its place (spec, interpreter/README.md, "Scripts").

    (module $M (func (export "f") ...))              Source: the text, untouched
    (assert_return (invoke "f" (i32.const 1)) ...)   Form: words and forms

A command's offset is an index into the script; all are found in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from ..errors import WatError
from ..sexpr import List, Node, Token, parse
from ..sexpr.nodes import core_length, pieces, tokens

ACTIONS = frozenset({"invoke", "get"})
OF_ACTIONS = frozenset("assert_return assert_trap assert_exhaustion assert_exception".split())
OF_MODULES = frozenset(
    "assert_trap assert_exception assert_invalid assert_malformed assert_invalid_custom assert_malformed_custom "
    "assert_unlinkable".split()
)
FIELDS = frozenset("type rec import func table memory global export start elem data tag".split())


@dataclass(frozen=True, slots=True)
class Form:
    """A list that is not a module: its first word, and what follows."""

    head: str
    items: tuple[Item, ...]
    offset: int

    def __str__(self) -> str:
        """The form on one line."""
        parts: list[str] = []
        stack: list[Item] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, Form):
                parts += ["(", item.head]
                stack += [")", *reversed(item.items)]
            else:
                parts.append("(module ...)" if isinstance(item, Source) else item)
        return " ".join(parts).replace("( ", "(").replace(" )", ")")


@dataclass(frozen=True, slots=True)
class Source:
    """A module as the script gives it.

    `kind` is text, quote or binary; `use` is "" (define and instantiate), "definition" or "instance", whose second
    name is `of`. `code` is what is to be compiled: for text as long as the source, at the same place.
    """

    kind: str
    use: str
    name: str | None
    of: str | None
    code: bytes
    offset: int


Item = Union[str, Form, Source]
Command = Union[Form, Source]


def read_commands(text: str) -> list[Command]:
    """The commands of a script, or the one module of a text without `(module`.

    Raises `WatError` where the text is no script.
    """
    placed = list(_placed(parse(text)))
    if placed and _leading_words(placed[0][0])[0][1] in FIELDS:
        start = placed[0][1]
        return [Source("text", "", None, None, text[start:].encode(), start)]
    return [_command(node, text, start, end) for node, start, end in placed]


def _placed(nodes: List) -> Iterator[tuple[Node, int, int]]:
    """The lists of a text with the indexes at which they begin and end."""
    offset = 0
    for node in nodes:
        start = offset
        leaves = tokens([node])
        offset += sum(map(len, leaves))
        if isinstance(node, list):
            yield node, start, offset - len(leaves[-1]) + 1
        elif node.type == "LEAF":
            yield node, start, start + core_length(node)
        elif node.type != "TRIVIA":
            raise WatError("expected a command in parentheses", start)


def _command(node: Node, text: str, start: int, end: int) -> Command:
    head = _leading_words(node)[0][1]
    if head == "module":
        return _source(node, text[start:end], start)
    if head not in ACTIONS | OF_ACTIONS | OF_MODULES | {"register"}:
        raise WatError(f"unknown command {head or '()'}", start)
    form = _form(node, text, start)
    assert isinstance(form, Form)
    problem = _misfit(form)
    if problem:
        raise WatError(f"{head}: {problem}", start)
    return form


def _misfit(form: Form) -> str | None:
    """What is wrong with the shape of a command, if anything."""
    if form.head in ACTIONS or form.head == "register":
        names = form.items[:2] if form.items[:1] and not _is_string(form.items[0]) else form.items[:1]
        if not names or not _is_string(names[0] if form.head == "register" else names[-1]):
            return "expected a name in quotes"
        literals = form.items[len(names) :] if form.head == "invoke" else ()
        return None if all(isinstance(item, Form) for item in literals) else "expected an argument in parentheses"
    first = form.items[0] if form.items else None
    if isinstance(first, Source):
        return None if form.head in OF_MODULES else "expected an action"
    if form.head not in OF_ACTIONS:
        return "expected a module"
    if not isinstance(first, Form) or first.head not in ACTIONS:
        return "expected an action"
    if form.head == "assert_return" and not all(isinstance(item, Form) for item in form.items):
        return "expected patterns in parentheses"
    return _misfit(first)


def _is_string(item: Item) -> bool:
    return isinstance(item, str) and item.startswith('"')


def _leading_words(node: Node) -> list[tuple[int, str]]:
    """The words before the first inner list, each with its index in the node; an empty one for `()`."""
    if isinstance(node, str):
        return pieces(node) or [(0, "")]
    found: list[tuple[int, str]] = []
    offset = 0
    for child in node:
        if isinstance(child, list) or child.type == "LEAF":
            break
        found += [(offset + index, word) for index, word in pieces(child)]
        offset += len(child)
    return found or [(0, "")]


def _source(node: Node, text: str, offset: int) -> Source:
    words = _leading_words(node)[1:]
    use, name, of = "", None, None
    if words and words[0][1] in ("definition", "instance"):
        index, use = words.pop(0)
        text = text[:index] + " " * len(use) + text[index + len(use) :]
    if words and words[0][1].startswith("$"):
        name = words.pop(0)[1]
    if use == "instance" and words and words[0][1].startswith("$"):
        of = words.pop(0)[1]
    if words and words[0][1] in ("binary", "quote"):
        kind = words[0][1]
        try:
            strings = [unescape(word) for _, word in words[1:]]
        except WatError as error:
            raise WatError(error.message, offset) from None
        return Source(kind, use, name, of, (b"" if kind == "binary" else b" ").join(strings), offset)
    return Source("text", use, name, of, text.encode(), offset)


def _form(node: Node, text: str, offset: int) -> Form | Source:
    """A list and all lists in it; a module in it stays text."""
    done: list[Item] = []
    open_forms: list[tuple[int, int]] = []  # where the form begins: in `done`, in the text
    stack: list[Iterator[Node]] = [iter([node])]
    while stack:
        for child in stack[-1]:
            if isinstance(child, list):
                if _leading_words(child)[0][1] == "module":
                    leaves = tokens(child)
                    width = sum(map(len, leaves))
                    done.append(_source(child, text[offset : offset + width - len(leaves[-1]) + 1], offset))
                    offset += width
                    continue
                open_forms.append((len(done), offset))
                stack.append(iter(child))
                break
            if child.type == "LEAF":
                done.append(_leaf(child, text, offset))
            elif child.type == "CLOSE":
                first, start = open_forms.pop()
                head, items = done[first] if len(done) > first else "", tuple(done[first + 1 :])
                del done[first:]
                done.append(Form(head if isinstance(head, str) else "", items, start))
            else:
                done += [word for _, word in pieces(child)]
            offset += len(child)
        else:
            stack.pop()
    form = done[0]
    assert not isinstance(form, str)
    return form


def _leaf(token: Token, text: str, offset: int) -> Form | Source:
    words = [word for _, word in pieces(token)] or [""]
    if words[0] == "module":
        return _source(token, text[offset : offset + core_length(token)], offset)
    return Form(words[0], tuple(words[1:]), offset)


_ESCAPE = re.compile(rb"\\(?:u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2})|(.[\x80-\xbf]*))", re.S)
_ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\", b'"': b'"', b"'": b"'"}


def unescape(word: str) -> bytes:
    r"""The bytes of a string in quotes: `"a\00\u{e9}"` gives `b"a\x00\xc3\xa9"`; raises `WatError`."""
    if len(word) < 2 or word[0] != '"':
        raise WatError(f"expected a string, not {word}")
    return _ESCAPE.sub(_unescaped, word[1:-1].encode())


def _unescaped(match: re.Match[bytes]) -> bytes:
    try:
        if match[1]:
            return chr(int(match[1], 16)).encode()
        return bytes([int(match[2], 16)]) if match[2] else _ESCAPED[match[3]]
    except (KeyError, ValueError, OverflowError):
        raise WatError(f"bad escape {match[0].decode()} in a string") from None
