"""A body's tokens as text: with their comments, their indentation, and labels as they must be said now (labels.py)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..sexpr.nodes import pieces, with_words, words
from ..sexpr.trivia import Trivia, comments
from .body import Body
from .code import Code
from .labels import Labels

# What a function that tells (telling.py) returns before its results.
PAUSED, NOT_PAUSED = "(i32.const 1)", "(i32.const 0)"


@dataclass(slots=True)
class Piece:
    """A piece of the reader's text on its way to another place.

    `indent` is the indentation of the line that it began on, `lead` the comment lines before it, `trail` the comment
    behind it on its last line; `start` is the token of the body that it begins with, -1 if it is new.
    """

    text: str
    indent: str
    lead: tuple[str, ...] = ()
    trail: str = ""
    start: int = -1


class Source:
    """The text of one body. `before` is the trivia in front of its first token, `indent` the function's own, `newline`
    the line break of the text; `labels` is what its branches say; `tells`: what returns says that it has not paused
    (telling.py).

    A comment stands once. Where lifting takes pieces apart, it says which comments go with which: `led` are the tokens
    whose comments on the lines behind them stand before the piece that begins there, `trailed` those whose comments on
    their own line stand behind the piece that ends there. And `replaced` are the tokens with which pieces begin of
    which only the first line is the reader's.
    """

    def __init__(self, body: Body, before: str, indent: str, newline: str, labels: Labels, tells: bool = False) -> None:
        self.labels = labels
        self.newline = newline
        self.tokens = body.tokens
        self.codes = body.codes
        self.before = Trivia(before)
        self.indent = indent
        self.sites = dict(body.sites)
        self.returns = dict(body.returns) if tells else {}
        self.dead_calls = set(body.dead_calls)
        self.site_list = [at for at, _ in body.sites]
        if self.returns or self.dead_calls:
            self.site_list = sorted([*self.site_list, *self.returns, *self.dead_calls])
        self._trivia: dict[Code, Trivia] = {}
        self.line_ends: list[int] | None = None
        self.led: set[int] = set()
        self.trailed: set[int] = set()
        self.replaced: set[int] = set()

    def text(self, start: int, end: int, level: int, shift: int = 1) -> str:
        """The text of tokens[start:end] without the trivia behind it, as it stands `shift` labels deeper.

        `level` is the level of the innermost label around: branches to it and to those further out count `shift`
        labels more by number, one yet more to get out of the function.
        """
        if start >= end:
            return ""
        last = self.codes[end - 1].core
        first_site = bisect_left(self.site_list, start)
        if first_site < len(self.site_list) and self.site_list[first_site] < end:
            kept = [str(token) for token in self.tokens[start : end - 1]] + [last]
            for at in self.site_list[first_site : bisect_left(self.site_list, end)]:
                kept[at - start] = self._as_now(kept[at - start], at, level, shift)
            return "".join(kept)
        return "".join(self.tokens[start : end - 1]) + last

    def token(self, at: int, level: int) -> str:
        """One token with its trivia."""
        return self._as_now(str(self.tokens[at]), at, level, 1)

    def _as_now(self, text: str, at: int, level: int, shift: int) -> str:
        """The text of token `at` as it must be said now."""
        if at in self.returns or at in self.dead_calls:
            parts = [(start, start + len(word)) for start, word in pieces(text)[-2:]]
            if at in self.dead_calls:  # what they give is never there: any number of results
                (start, end), (name, behind) = parts
                return f"{text[:start]}unreachable{text[end:name].rstrip(' ')}{text[behind:]}"
            start, end = parts[-1]
            return text[:start] + self._returning(at, level, shift) + text[end:]
        if at not in self.sites:
            return text
        near = [(position, target) for position, target in self.sites[at] if target <= level]
        found = words(text)
        said = self.labels.said
        return with_words(text, {position: said(found[position], target, level, shift) for position, target in near})

    def _returning(self, at: int, level: int, shift: int) -> str:
        """What stands for the word `return` in a function that tells: below what it returns it says that nothing has
        paused; where that stands before it, it goes to the end of a block that does so."""
        if not self.returns[at]:
            return f"br {self.labels.said('', 0, level, shift)}"
        return f"{NOT_PAUSED} return" if self.codes[at].flat else f"return {NOT_PAUSED}"

    def trivia(self, at: int) -> Trivia:
        """The trivia behind token `at`, taken apart; that before the body for -1."""
        if at < 0:
            return self.before
        code = self.codes[at]
        found = self._trivia.get(code)
        if found is None:
            found = self._trivia[code] = Trivia(code.trivia)
        return found

    def between(self, at: int) -> str:
        """The trivia behind token `at`, without the comments that stand elsewhere; the others stand here from now."""
        text = self.codes[at].trivia
        if ";" not in text and "(@" not in text:
            return text
        led, trailed = at in self.led, at in self.trailed
        self.led.add(at)
        self.trailed.add(at)
        if not (led or trailed):
            return text
        trivia = self.trivia(at)
        same_line = f" {trivia.same_line}" if trivia.same_line and not trailed else ""
        if trivia.indent is None:
            return f"{same_line} "
        if led:
            return f"{same_line}{self.newline}{trivia.indent}"
        return self.newline.join([same_line, *_without_cr(trivia.lines), trivia.indent + trivia.inline])

    def ended(self, text: str, at: int) -> str:
        """The text of token `at` with what is behind it, without the comments that stand elsewhere."""
        return text.removesuffix(self.codes[at].trivia) + self.between(at)

    def with_lead(self, between: str, at: int) -> str:
        """Trivia before token `at`, which was not there, with the comment lines before that token."""
        lines = self.remarks(at) if at > 0 else ()
        if not any(map(str.strip, lines)):
            return between
        self.led.add(at - 1)
        return self.newline.join([between.rstrip(" \t\r\n"), *_without_cr(lines), self.indent_of(at)])

    def remarks(self, at: int) -> tuple[str, ...]:
        """The comments before token `at`, each on lines of its own, if they do not stand anywhere yet."""
        if at - 1 in self.led:
            return ()
        before = self.trivia(at - 1)
        return (*before.lines, *(f"{self.indent_of(at)}{comment}" for comment in comments(before.inline)))

    def comment(self, at: int) -> str:
        """The comment behind token `at`, on its line, if it does not stand anywhere yet."""
        return "" if at < 0 or at in self.trailed else self.trivia(at).same_line

    def trail(self, at: int) -> str:
        """The same, which from now on stands behind a piece."""
        found = self.comment(at)
        self.trailed.add(at)
        return found

    def indent_of(self, at: int) -> str:
        """The indentation of the line on which token `at` stands."""
        before = self.trivia(at - 1)
        if before.indent is not None:
            return before.indent
        if self.line_ends is None:
            self.line_ends = [i for i, code in enumerate(self.codes) if code.indent is not None]
        position = bisect_left(self.line_ends, at) - 1
        if position >= 0:
            return self.codes[self.line_ends[position]].indent or ""
        return self.indent if self.before.indent is None else self.before.indent

    @property
    def inside(self) -> str:
        """The indentation of the body's first line, or what it would have on a line of its own."""
        return self.indent + "  " if self.before.indent is None else self.before.indent

    def starts_line(self, at: int) -> bool:
        """Whether token `at` is the first on its line."""
        return self.trivia(at - 1).indent is not None

    def piece(self, start: int, end: int, level: int, shift: int = 1) -> Piece:
        """tokens[start:end], if there are any, with the comments before them and behind them."""
        if start == end:
            return Piece("", "")
        return self.begun(start, self.text(start, end, level, shift), self.trail(end - 1))

    def begun(self, start: int, text: str, trail: str = "") -> Piece:
        """Text that begins with token `start`, -1 for none, with the comments before it, if they do not stand anywhere
        yet."""
        if start < 0:
            return Piece(text, "", trail=trail)
        indent = self.indent_of(start)
        if start - 1 in self.led:
            return Piece(text, indent, (), trail, start)
        self.led.add(start - 1)
        before = self.trivia(start - 1)
        return Piece(before.inline + text, indent, before.lines, trail, start)


def _without_cr(lines: Iterable[str]) -> Iterator[str]:
    return (line.removesuffix("\r") for line in lines)
