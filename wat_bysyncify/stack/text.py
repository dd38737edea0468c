"""A stack, told: lines for people, data for tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .decode import Frame, Saved

_WIDTH = 80
_SHOWN = 20  # frames of a deep stack, at each end
_LONG = 2 * _SHOWN + 10


def frame_lines(frames: Sequence[Frame], source: Sequence[str] = (), first_line: int = 1) -> list[str]:
    """A backtrace, the innermost frame first; of a deep stack both ends. `source` are the lines of the module's text,
    if known, of which the first is shown as `first_line`."""
    lines = []
    for number, frame in enumerate(frames):
        if len(frames) <= _LONG or not _SHOWN <= number < len(frames) - _SHOWN:
            lines.append(f"#{number} {place_text(frame, source, first_line)}")
            lines += [f"     {_local(each)}" for each in frame.locals]
        elif number == _SHOWN:
            lines.append(f"   ... {len(frames) - 2 * _SHOWN} more")
    return lines


def place_text(frame: Frame, source: Sequence[str] = (), first_line: int = 1) -> str:
    """Where a function is: `$main call 2 (line 14: (call $sleep))`."""
    said = f"{frame.function} call {frame.call}" if frame.size or frame.locals else frame.function
    if frame.line is None:
        return said
    text = source[frame.line - 1].strip() if 0 < frame.line <= len(source) else ""
    text = text if len(text) <= _WIDTH else f"{text[:_WIDTH]}.."
    return f"{said} (line {frame.line + first_line - 1}{': ' if text else ''}{text})"


def _local(saved: Saved) -> str:
    name = saved.name if saved.name.startswith("$") else f"local {saved.name}"
    return f"{name} {saved.type} = {saved.text}"


def frame_data(frame: Frame, first_line: int = 1) -> dict[str, Any]:
    """A frame as JSON: values as they are written, so that none loses bits; references as the number of their slot."""
    return {
        "function": frame.function,
        "call": frame.call,
        "line": None if frame.line is None else frame.line + first_line - 1,
        "column": frame.column,
        "calls": frame.calls,
        "address": frame.address,
        "size": frame.size,
        "locals": [
            {"name": saved.name, "type": saved.type, "value": saved.text, "bits": f"{saved.bits:#x}"}
            for saved in frame.locals
        ],
    }
