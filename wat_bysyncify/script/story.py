"""A run, told: events -> lines for people, and data for tools.

An event is a dict with "event", which says what happened:

    call           an action of the script calls an export; "start": the start function
    return, trap   and what came of it
    import         a function of the host is called
    start_unwind   control functions are called, with "data", the address of the data structure:
    stop_unwind      the stack is unwound, with the "frames" that were saved, the innermost first
    start_rewind     the same frames are there to be taken back
    stop_rewind      all is as it was: "frame" goes on
    linked         a module imports from another: from here on, the host pauses nothing
    problem        frames that cannot be read
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ..stack.decode import Frame
from ..stack.text import frame_data, frame_lines, place_text


class Story:
    """Takes events as they happen; `line` gets lines for people, `json` a line of JSON for each event."""

    def __init__(self, line: Callable[[str], None] | None, json: Callable[[str], None] | None) -> None:
        self.line, self.json = line, json
        self.depth = 0

    def tell(self, event: str, lines: Sequence[str] = (), **data: Any) -> None:
        """One event, with the lines that tell it."""
        if self.json:
            self.json(json.dumps({"event": event, **data}))
        if self.line:
            for line in lines:
                self.line("  " * self.depth + line)

    def call(self, name: str, arguments: Sequence[str], said: str) -> None:
        """An export is called, as `said`."""
        self.tell("call", [said], export=name, arguments=list(arguments))
        self.depth += 1

    def result(self, name: str, said: str, results: Sequence[str]) -> None:
        """An export returns."""
        self.depth -= 1
        self.tell("return", [f"{said} returns {' '.join(results)}".rstrip()], export=name, results=list(results))

    def trap(self, name: str, said: str, message: str) -> None:
        """An export does not return."""
        self.depth -= 1
        self.tell("trap", [f"{said} does not return: {message}"], export=name, message=message)

    def imported(self, name: str, arguments: Sequence[str]) -> None:
        """A function of the host is called."""
        self.tell("import", [" ".join([name, *arguments])], **{"import": name, "arguments": list(arguments)})


class Reader:
    """The reader's text of a module, from which `first_line` on it stands in the script."""

    def __init__(self, text: str, first_line: int) -> None:
        self.lines, self.first_line = text.split("\n"), first_line

    def place(self, frame: Frame) -> str:
        """Where a frame's function is."""
        return place_text(frame, self.lines, self.first_line)

    def frames(self, frames: Sequence[Frame]) -> list[str]:
        """A backtrace."""
        return [f"  {line}" for line in frame_lines(frames, self.lines, self.first_line)]

    def data(self, frames: Sequence[Frame]) -> list[dict[str, Any]]:
        """The same, for tools."""
        return [frame_data(frame, self.first_line) for frame in frames]
