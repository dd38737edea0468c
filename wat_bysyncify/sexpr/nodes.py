"""Nodes of the text: tokens, and lists of nodes that begin with an OPEN token and end with a CLOSE token.

    (i32.add (local.get $x) (i32.const 1))   ;; sum

is the list

    [OPEN "(i32.add ", LEAF "(local.get $x) ", LEAF "(i32.const 1)", CLOSE ")   ;; sum\\n"]

Each token holds the trivia behind it, so joining the tokens of a tree in order gives its text, byte for byte.
Equal tokens of one text are one object: a token has no position (parser.offset_of finds it when it is asked for).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

List = list[Any]  # of Node; a recursive alias would cost a cast at every use
Node = Union["Token", List]


class Token(str):
    """A piece of text: `type` is a terminal of grammar.lark, the string itself the text with its trivia.

    `width` counts the characters of the source that it stands for: 0 for a token that the rewriter made.
    """

    __slots__ = ("type", "width")
    type: str
    width: int

    # What Lark asks of the tokens of a lexer of its own.
    line = column = end_line = end_column = start_pos = end_pos = None

    def __new__(cls, type: str, text: str, width: int | None = None) -> Token:
        token = super().__new__(cls, text)
        token.type = type
        token.width = len(text) if width is None else width
        return token


def tokens(nodes: Iterable[Node]) -> list[Token]:
    """All tokens below `nodes`, in the order of the text."""
    found: list[Token] = []
    add = found.append
    stack: list[Iterator[Node]] = [iter(nodes)]
    while stack:
        for node in stack[-1]:
            if node.__class__ is list:
                stack.append(iter(node))
                break
            add(node)  # type: ignore[arg-type]
        else:
            stack.pop()
    return found


_WORD = re.compile(
    r"""(?P<trivia> [ \t\r\n]+ | ;;[^\r\n]* | \(; | \(@ | [()] )
      | (?P<word> (?:[^\s()";]|;(?!;))+ (?:"(?:[^"\\]|\\.)*")? | "(?:[^"\\]|\\.)*" )""",
    re.X | re.S,
)


def pieces(token: str) -> list[tuple[int, str]]:
    """The words and strings in a token's text with the index at which each begins: `(3, '$x')`; no parentheses.

    Works on hidden trivia too: annotations and nested comments are skipped whole.
    """
    found = []
    position = 0
    while match := _WORD.match(token, position):
        position = match.end()
        if match["word"]:
            found.append((match.start(), match["word"]))
        elif match["trivia"] in ("(;", "(@"):
            position = end_of_hidden(token, match.start())
            if position < 0:
                break
    return found


def with_words(text: str, new: Mapping[int, str]) -> str:
    """A token's text with other words at some positions: `with_words("(br_if 0 ", {1: "2"})` gives `(br_if 2 `."""
    out: list[str] = []
    done = 0
    for position, (start, word) in enumerate(pieces(text) if new else ()):
        if position in new:
            out += [text[done:start], new[position]]
            done = start + len(word)
    return "".join([*out, text[done:]])


def words(token: str) -> list[str]:
    """The words and strings of a token: `(call_indirect $t (;0;) 1)` gives `["call_indirect", "$t", "1"]`."""
    return [word for _, word in pieces(token)]


def plain_id(word: str) -> str:
    """An id without quotes: `$"a\\62"` is `$ab` (spec, "Text Format / Values / Identifiers")."""
    return f"${unquote(word[1:])}" if word[1:2] == '"' else word


def unquote(string: str) -> str:
    """The text of a string literal; what is not UTF-8 comes out as replacement characters."""
    raw = string[1:-1]
    if "\\" not in raw:
        return raw
    out = bytearray()
    at = 0
    while at < len(raw):
        escape = _ESCAPE.match(raw, at)
        if escape is None:
            out += raw[at].encode("utf-8", "surrogatepass")
            at += 1
            continue
        at = escape.end()
        if escape["char"]:
            out.append(_ESCAPED[escape["char"]])
        elif escape["code"]:
            out += chr(min(int(escape["code"].replace("_", ""), 16), 0x10FFFF)).encode("utf-8", "surrogatepass")
        else:
            out.append(int(escape["byte"], 16))
    return out.decode("utf-8", "replace")


_ESCAPE = re.compile(r"""\\(?:(?P<byte>[0-9a-fA-F]{2})|u\{(?P<code>[0-9a-fA-F_]+)\}|(?P<char>[tnr"'\\]))""")
_ESCAPED = {"t": 9, "n": 10, "r": 13, '"': 34, "'": 39, "\\": 92}


def core_length(token: str) -> int:
    """The length of a token without the trivia behind it."""
    found = pieces(token)
    end = found[-1][0] + len(found[-1][1]) if found else 0
    if token.startswith("(") and not found:
        end = 1
    closing = _CLOSING.match(token, end)
    while closing and not closing[1] and closing[2]:
        end_hidden = end_of_hidden(token, closing.start(2))
        if end_hidden < 0:
            break
        closing = _CLOSING.match(token, end_hidden)
    return closing.end(1) if closing and closing[1] else end


_CLOSING = re.compile(r"(?:[ \t\r\n]+|;;[^\r\n]*)*(?:(\))|(\(;|\(@))?")
_COMMENT = re.compile(r"\(;|;\)")
_ANNOTATION = re.compile(r"""\(;|;;[^\r\n]*|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"?|[()]""")


def end_of_hidden(text: str, start: int) -> int:
    """Where the block comment or annotation that begins at `start` ends, however deep it nests; -1 if it does not."""
    comments = lists = 0
    position = start
    while match := (_COMMENT if comments else _ANNOTATION).search(text, position):
        position = match.end()
        mark = match[0]
        if mark == "(;":
            comments += 1
        elif mark == ";)":
            comments -= 1
        elif mark == "(":
            lists += 1
        elif mark == ")":
            lists -= 1
        if not comments and not lists and mark in (";)", ")"):
            return position
    return -1
