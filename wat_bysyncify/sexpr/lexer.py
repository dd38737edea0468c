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
# A plain comment with a number in characters of private use stands for it while the text is cut.
_FIRST, _LAST = "\uf0f0", "\uf0f1"
_HIDDEN = re.compile(f"\\(;{_FIRST}([0-9]+){_LAST};\\)")
_OUTSIDE = re.compile(r"""(?P<text>"(?:[^"\\\n]|\\.)*"|;;[^\r\n]*)|\(;|\(@""")


class WatLexer(Lexer):
    """Cuts text by the terminals of the grammar, longest kind first; knows nothing of what the words mean."""

    def __init__(self, lexer_conf: Any) -> None:
        kinds = {terminal.name: terminal.pattern.to_regexp() for terminal in lexer_conf.terminals}
        self.leaf, self.words, self.trivia = (re.compile(kinds[name]) for name in ("LEAF", "WORDS", "TRIVIA"))
        self.cut = re.compile("|".join(kinds[name] for name in ("LEAF", "OPEN", "CLOSE", "WORDS")) + r"|[\s\S]")

    def lex(self, text: Any, parser_state: Any = None) -> Iterator[Token]:  # type: ignore[override]
        """The tokens of a text, the first a TRIVIA. Raises `WatError` where no terminal fits."""
        hidden: list[str] = []
        if _NOT_REGULAR.search(text):
            text = _hide(text, hidden)
        cache = _Tokens(self, hidden)
        leading: str = self.trivia.match(text)[0]  # type: ignore[index]
        yield Token("TRIVIA", _unhide(leading, hidden))
        try:
            yield from map(cache.__getitem__, self.cut.findall(text, len(leading)))
        except _NoTerminal:
            raise WatError(*self.first_misfit(text, hidden)) from None

    def kind(self, piece: str) -> str:
        """Which terminal took a piece of the text; raises `_NoTerminal`, as the catch-all takes what none wants."""
        if piece[0] == "(":
            return "LEAF" if self.leaf.fullmatch(piece) else "OPEN"
        if piece[0] == ")":
            return "CLOSE"
        if len(piece) > 1 or self.words.fullmatch(piece):
            return "WORDS"
        raise _NoTerminal

    def first_misfit(self, text: str, hidden: list[str]) -> tuple[str, int]:
        """What is wrong at the first character that no terminal takes, and its index in the source: the slow way."""
        leading = self.trivia.match(text)[0]  # type: ignore[index]
        offset = len(_unhide(leading, hidden))
        for piece in self.cut.findall(text, len(leading)):
            if piece[0] not in "()" and len(piece) == 1 and not self.words.fullmatch(piece):
                break
            offset += len(_unhide(piece, hidden))
        if text.startswith("(;", offset):
            return "unclosed block comment", offset
        if piece == '"':
            return "unclosed string", offset
        return f"unexpected character {piece!r}", offset


class _NoTerminal(Exception):
    pass


class _Tokens(dict[str, Token]):
    """Piece of text -> the one token for it."""

    def __init__(self, lexer: WatLexer, hidden: list[str]) -> None:
        self.lexer = lexer
        self.hidden = hidden

    def __missing__(self, piece: str) -> Token:
        text = _unhide(piece, self.hidden) if self.hidden else piece
        token = self[piece] = Token(self.lexer.kind(piece), text)
        return token


def _hide(text: str, hidden: list[str]) -> str:
    """`text` with each annotation and each comment that holds comments replaced by a numbered plain comment."""
    parts = []
    done = position = 0
    while match := _OUTSIDE.search(text, position):
        position = match.end()
        if match["text"]:
            continue
        end = end_of_hidden(text, match.start())
        if end < 0:
            what = "annotation" if match[0] == "(@" else "block comment"
            raise WatError(f"unclosed {what}", match.start())
        position = end
        piece = text[match.start() : end]
        if match[0] == "(@" or "(;" in piece[2:] or _FIRST in piece:
            parts += [text[done : match.start()], f"(;{_FIRST}{len(hidden)}{_LAST};)"]
            hidden.append(piece)
            done = end
    return "".join([*parts, text[done:]])


def _unhide(piece: str, hidden: list[str]) -> str:
    return _HIDDEN.sub(lambda match: hidden[int(match[1])], piece)
