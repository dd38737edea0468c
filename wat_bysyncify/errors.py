"""What is wrong with an input, said the way compilers say it: file, line, column, the line, a caret."""

from __future__ import annotations

import re


class WatError(Exception):
    """Bad input. `message` says what is wrong, `offset` where: an index into the text, or None for the whole.

    `str(error)` is the bare message; `report` gives it with its place in the text.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def report(self, text: str, file: str) -> str:
        """`file:line:col: error: message`, then the source line and a caret under the column (both counted from 1).

        Lines end at LF, CR LF or CR, as in the text format (spec, "Text Format / Lexical Format / Comments").
        A long line is cut to a window around the caret.
        """
        if self.offset is None:
            return f"{file}: error: {self.message}"
        line, column = line_and_column(text, self.offset)
        start = max(text.rfind("\n", 0, self.offset), text.rfind("\r", 0, self.offset)) + 1
        ends = [end for end in (text.find("\n", start), text.find("\r", start)) if end >= 0]
        source = text[start : min(ends, default=len(text))].removeprefix("\ufeff")
        caret = column - 1
        if len(source) > 100:
            cut = max(0, min(caret - 50, len(source) - 100))
            source, caret = source[cut : cut + 100], caret - cut
        pad = "".join("\t" if char == "\t" else " " for char in source[:caret])
        return f"{file}:{line}:{column}: error: {self.message}\n{source}\n{pad}^"


_LINE_END = re.compile(r"\r\n|\n|\r")


def line_starts(text: str) -> list[int]:
    """The index of the first character of each line, in order."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an index into `text`; a byte order mark does not count."""
    before = text[:offset]
    if before.startswith("\ufeff"):
        before, offset = before[1:], offset - 1
    line = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
    return line, offset - max(before.rfind("\n"), before.rfind("\r"))
