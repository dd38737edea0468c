"""Text -> tokens: the lexer that Lark is given (its `lexer=` hook). One regular expression cuts the whole text.

Each distinct piece of text becomes one token, made once and shared: 16 MB of folded SQLite are 460,000 pieces, of
which 41,000 differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark.lexer import Lexer

from ..errors import WatError
from .nodes import Token, end_of_hidden

# What grammar.lark's terminals cannot count: a comment in a comment, and an annotation (spec, "Annotations").
_NOT_REGULAR = re.compile(r"\(@|\(;(?:[^;(]|;(?!\))|\((?!;))*\(;")
_OUTSIDE = re.compile(r"""(?P<text>"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"?|;;[^\r\n]*)|\(;|\(@""")


class WatLexer(Lexer):
    """Cuts text by the terminals of the grammar, longest kind first; knows nothing of what the words mean."""

    def __init__(self, lexer_conf: Any) -> None:
        kinds = {terminal.name: terminal.pattern.to_regexp() for terminal in lexer_conf.terminals}
        self.leaf, self.words, self.trivia = (re.compile(kinds[name]) for name in ("LEAF", "WORDS", "TRIVIA"))
        self.open = re.compile(kinds["OPEN"])
        # What no terminal takes comes out as one last piece.
        self.cut = re.compile("|".join(kinds[name] for name in ("LEAF", "OPEN", "CLOSE", "WORDS")) + r"|[\s\S]++")

    def lex(self, text: Any, parser_state: Any = None) -> Iterator[Token]:  # type: ignore[override]
        """The tokens of a text, the first a TRIVIA. Raises `WatError` where no terminal fits."""
        hidden = Hidden(text)
        leading = self.leading(hidden.text)
        yield Token("TRIVIA", hidden.shown(leading))
        cache = _Tokens(self, hidden)
        try:
            yield from map(cache.__getitem__, self.cut.findall(hidden.text, len(leading)))
        except _NoTerminal:
            raise WatError(*self.misfit(hidden)) from None

    def leading(self, text: str) -> str:
        """The trivia that a text begins with."""
        found = self.trivia.match(text)
        return found[0] if found else ""

    def kind(self, piece: str) -> str:
        """Which terminal took a piece of the text; raises `_NoTerminal` for the piece that none took."""
        if piece[0] == ")":
            return "CLOSE"
        if piece[0] != "(":
            if self.words.fullmatch(piece):
                return "WORDS"
        elif self.leaf.fullmatch(piece):
            return "LEAF"
        elif self.open.fullmatch(piece):
            return "OPEN"
        raise _NoTerminal

    def misfit(self, hidden: Hidden) -> tuple[str, int]:
        """What is wrong where no terminal fits, and its index in the source."""
        leading = self.leading(hidden.text)
        *before, piece = self.cut.findall(hidden.text, len(leading))
        offset = len(hidden.shown(leading)) + sum(len(hidden.shown(each)) for each in before)
        if piece.startswith("(;"):
            return "unclosed block comment", offset
        if piece[0] == '"':
            return "unclosed string", offset
        return f"unexpected character {piece[0]!r}", offset


class _NoTerminal(Exception):
    pass


class _Tokens(dict[str, Token]):
    """Piece of text -> the one token for it."""

    def __init__(self, lexer: WatLexer, hidden: Hidden) -> None:
        self.lexer = lexer
        self.hidden = hidden

    def __missing__(self, piece: str) -> Token:
        token = self[piece] = Token(self.lexer.kind(piece), self.hidden.shown(piece))
        return token


class Hidden:
    """A text in which a numbered plain comment stands for each annotation and each comment that holds comments.

    The numbers stand between two marks: a character of private use that the text does not have.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[str] = []
        if _NOT_REGULAR.search(text):
            self.mark = next(mark for mark in map(chr, range(0xF0000, 0xFFFFE)) if mark not in text)
            self.numbered = re.compile(f"\\(;{self.mark}([0-9]+){self.mark};\\)")
            self.text = "".join(self._hide(text))

    def _hide(self, text: str) -> Iterator[str]:
        done = position = 0
        while match := _OUTSIDE.search(text, position):
            position = match.end()
            if match["text"]:
                continue
            position = end_of_hidden(text, match.start())
            if position < 0:
                what = "annotation" if match[0] == "(@" else "block comment"
                raise WatError(f"unclosed {what}", match.start())
            piece = text[match.start() : position]
            if match[0] == "(@" or "(;" in piece[2:]:
                yield text[done : match.start()]
                yield f"(;{self.mark}{len(self.pieces)}{self.mark};)"
                self.pieces.append(piece)
                done = position
        yield text[done:]

    def shown(self, piece: str) -> str:
        """A piece of the text as it was."""
        if not self.pieces:
            return piece
        return self.numbered.sub(lambda match: self.pieces[int(match[1])], piece)
