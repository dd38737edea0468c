"""Lines of text, and the reader's pieces among them, at the indentation where they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .source import Piece, Source
from .steps import Nest, Stmt, Value

WIDTH = 80


def deeper(indent: str) -> str:
    """The indentation of what stands inside; at the width it stays: white space must not outgrow deep nests."""
    return indent + "  " if len(indent) < WIDTH else indent


def filled(words: list[str]) -> list[str]:
    """Words in lines that read well."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) < WIDTH - 16:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def call_lines(call: str, words: list[str]) -> list[str]:
    """A call that is not closed yet, with its operands, on one line or under it."""
    found = filled(words)
    if len(found) < 2 and len(call) + len("".join(found)) + 8 < WIDTH:
        return [" ".join([call, *found]) + ")"]
    found[-1] += ")"
    return [call, *(f"  {line}" for line in found)]


class Layout:
    """Text that grows line by line in `out`. `marks` has which of its pieces are the reader's, each with the token
    that it begins with, `steps` the pieces with which something begins that reads as one, and what that is; `code` is
    where the last line of code ends."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.newline = source.newline
        self.out: list[str] = []
        self.marks: list[tuple[int, int]] = []
        self.steps: list[tuple[int, str]] = []
        self.code = 0

    @staticmethod
    def arms(write: Callable[..., Iterator[Any]], *where: Any) -> None:
        """Writes an arm with all arms inside it, to any depth: `write` yields its own arguments for each of these."""
        stack = [write(*where)]
        while stack:
            inner = next(stack[-1], None)
            if inner is None:
                stack.pop()
            else:
                stack.append(write(*inner))

    def line(self, indent: str, text: str) -> None:
        """A line of code."""
        self.out += (self.newline, indent, text)
        self.code = len(self.out)

    def drop_line(self, at: int) -> None:
        """Takes back the line that begins with the piece `at`."""
        self.out[at : at + 3] = ["", "", ""]

    def step(self, what: str) -> None:
        """Something begins on the next line that reads as one step."""
        self.steps.append((len(self.out), what))

    def trail(self, comment: str) -> None:
        """A comment, or none, behind the last line."""
        if comment:
            self.out += (" ", comment)

    def lead(self, piece: Piece, indent: str) -> None:
        """The comment lines before a piece."""
        self.comments(piece.lead, piece.indent, indent)

    def behind(self, at: int, indent: str) -> None:
        """The comments behind a token, but that on its line."""
        lines = self.source.remarks(at + 1)
        first = next(filter(str.strip, lines), "")
        self.comments(lines, first[: len(first) - len(first.lstrip())], indent)

    def remark(self, indent: str, *said: str) -> None:
        """Comments, each on a line of its own, for what they were behind goes elsewhere; "" is none."""
        for comment in filter(None, said):
            self.out += (self.newline, indent + comment)

    def comments(self, lines: tuple[str, ...], old: str, new: str) -> None:
        """Comment lines, at the indentation `new` instead of `old`."""
        for line in lines:
            stripped = line.rstrip("\r").removeprefix(old)
            self.out += (self.newline, new + stripped if stripped else "")

    def reader(self, indent: str, text: str, start: int, old: str | None = None) -> None:
        """Lines of the reader's, which begin with the token `start` (-1 for none), at an indentation instead of `old`,
        if it is to change. All code of the reader's but what opens, tests and closes blocks that move comes through
        here."""
        self.line(indent, text if old is None else self.reindented(text, old, indent))
        if start >= 0:
            self.marks.append((len(self.out) - 1, start))
        if start in self.source.replaced:
            first, line_feed, rest = self.out[-1].partition("\n")
            self.out[-1:] = [first, line_feed + rest]
            self.code = len(self.out)

    def reindented(self, text: str, old: str, new: str) -> str:
        """Text whose lines begin at the indentation `new` instead of `old`."""
        if old != new and "\n" in text:
            moved = text.replace("\n" + old, "\n" + new)
            if "\n" + new + "\n" in moved or "\n" + new + "\r" in moved:
                moved = moved.replace("\n" + new + "\n", "\n\n").replace("\n" + new + "\r", "\n\r")
            return moved
        return text

    def stmt(self, stmt: Stmt, indent: str) -> None:
        piece = stmt.piece
        self.lead(piece, indent)
        if not stmt.set_:
            self.reader(indent, piece.text, piece.start, piece.indent)
        elif not stmt.folded:
            set_ = stmt.set_ if stmt.set_ == "return" else f"local.set {stmt.set_}"
            self.reader(indent, piece.text, piece.start, piece.indent)
            self.line(indent, set_)
        else:
            set_ = stmt.set_ if stmt.set_[0] == "(" else f"(local.set {stmt.set_}"
            if not piece.text:
                self.line(indent, set_ + ")")
            elif "\n" not in piece.text and len(indent) + len(set_) + len(piece.text) + 2 <= WIDTH and not piece.trail:
                self.reader(indent, f"{set_} {piece.text})", piece.start)
            else:
                self.line(indent, set_)
                self.reader(indent + "  ", piece.text, piece.start, piece.indent)
                self.trail(piece.trail)
                self.line(indent, ")")
                return
        self.trail(piece.trail)

    def head(self, nest: Nest, indent: str) -> None:
        """The text that opens a block, with its label where that is used, and the comment behind it."""
        block, head = nest.block, nest.head
        if nest.label in self.source.labels.used and not nest.own_label:
            head = head.replace(block.op, f"{block.op} {nest.label}", 1)
        self.reader(indent, nest.lead.text + head, nest.lead.start)
        self.trail(self.source.trivia(block.end - 1).same_line)

    def before_block(self, nest: Nest, indent: str) -> None:
        """The comments before a block, behind what stores its result, which do not stand before both."""
        before = nest.block.start - 1
        if nest.taker and nest.taker[0] < before:
            self.behind(nest.taker[0], indent)
        self.behind(before, indent)

    def stored(self, nest: Nest, indent: str) -> None:
        """The comments between the end of a block and that of what stores its result."""
        if nest.taker:
            first, last = nest.taker
            end = nest.block.last
            self.trail(self.source.comment(end))
            self.behind(end, indent)
            for at in range(max(first, end + 1), last):
                self.remark(indent, self.source.comment(at))
                self.behind(at, indent)

    def values(self, values: list[Value], indent: str) -> None:
        for value in values:
            self.before(value, indent)
            self.value(value, indent)

    def before(self, value: Value, indent: str) -> None:
        """The comment lines before a value."""
        if value.start >= 0:
            self.behind(value.start - 1, indent)

    def value(self, value: Value, indent: str) -> None:
        """A value, with the comment behind it."""
        old = self.source.indent_of(value.start) if value.start >= 0 else ""
        self.reader(indent, value.text, value.start, old)
        self.trail(self.source.comment(value.last))
