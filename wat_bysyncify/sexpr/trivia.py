"""The space and comments between two tokens, taken apart into lines. No comment or annotation is ever cut in two.

(call $f) ;; of the call                 same_line   ";; of the call"
                                         lines       "", "  (; of all", "     that comes ;)"
  (; of all
     that comes ;)
  (; of g ;) (call $g)                   indent      "  "
                                         inline      "(; of g ;) "
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .nodes import Token, core_length, end_of_hidden, pieces

_MARK = re.compile(r"""\n|;;[^\r\n]*|\(;|\(@|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"?""")


class Trivia:
    """`same_line` is the comment on the line of the token before, `lines` the whole lines of comments (and blank lines)
    after that, `inline` a comment before the token behind, on its line; `indent` that line's indentation, None if there
    is no line break.
    """

    __slots__ = ("indent", "inline", "lines", "same_line")

    def __init__(self, text: str) -> None:
        first, last = line_breaks(text)
        self.lines: tuple[str, ...] = ()
        self.inline = ""
        self.indent: str | None = None
        if first < 0:
            self.same_line = text.strip()
            return
        self.same_line = text[:first].strip()
        self.inline = text[last + 1 :].lstrip(" \t")
        self.indent = text[last + 1 : len(text) - len(self.inline)]
        if first < last:
            self.lines = tuple(text[first + 1 : last].split("\n"))


def line_breaks(text: str) -> tuple[int, int]:
    """Where the first and the last line break is that is in no comment or annotation; -1 for both if there is none.

    The text may be a token with its trivia.
    """
    if "(" not in text:
        return text.find("\n"), text.rfind("\n")
    found = [start for start, mark in _marks(text) if mark == "\n"] or [-1]
    return found[0], found[-1]


def annotation(text: str, opening: str, start: int) -> int:
    """Where, from `start`, the first annotation that opens like that is, `(@name`; -1 if there is none."""
    if text.find(opening, start) < 0:
        return -1
    found = (at for at, mark in _marks(text) if mark == "(@" and at >= start and text.startswith(opening, at))
    return next(found, -1)


def comments(text: str) -> list[str]:
    """The comments in a text, in order."""
    found = []
    for start, mark in _marks(text):
        if mark == "(;":
            found.append(text[start : end_of_hidden(text, start)])
        elif mark.startswith(";;"):
            found.append(mark)
    return found


def besides_words(token: Token) -> str:
    """What a token has besides its words and parentheses: two comments, and space, of `(type (;;) $t) ;; behind`."""
    end = core_length(token)
    spans = [span for start, word in pieces(token) for span in (start, start + len(word))]
    inside = "".join([token[start:stop] for start, stop in pairwise([0, *spans, end])][::2])
    return inside[token.type != "CLOSE" : len(inside) - (token.type != "OPEN")] + token[end:]


def _marks(text: str) -> Iterator[tuple[int, str]]:
    """Line breaks, strings, comments and annotations, none of them inside another: where each is, how it begins."""
    position = 0
    while match := _MARK.search(text, position):
        yield match.start(), match[0]
        position = match.end()
        if match[0][0] == "(":
            position = end_of_hidden(text, match.start())
            if position < 0:
                return


def newline_of(text: str) -> str:
    """How the lines of a text end."""
    return "\r\n" if "\r\n" in text[:4096] else "\n"
