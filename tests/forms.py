"""The forms of the output, each with the options that give it: all tests of behaviour run through all of them."""

from __future__ import annotations

from typing import Any

FORMS: dict[str, dict[str, Any]] = {
    "skip": {},
    "jump": {"rewind": "jump"},
    "skip -Os": {"optimize": "size", "rewind": "skip"},
    "-Os": {"optimize": "size"},
    "-O": {"optimize": "speed"},
    "twins": {"optimize": "speed", "twins": "*"},  # of all functions; -O gives them to few large ones
}
