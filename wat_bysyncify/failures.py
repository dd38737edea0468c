"""Why a check of a module failed that was rewritten with --asserts: its code -> a sentence (instrument/asserts.py)."""

from __future__ import annotations

from .instrument.asserts import CALLED, FRAME, INDEX, PAUSED, STATE
from .instrument.names import CONTROL_FUNCTIONS

_SENTENCES = {
    PAUSED: "{} was paused through, but is not instrumented, or this call of it is taken not to pause: "
    "add it to the list, or the import that paused to the imports",
    CALLED: "{} was called while the stack was unwound or rewound, and must not be then: add its caller to the list",
    STATE: "{} was called out of turn: a pause starts where all is normal, stop_unwind ends an unwind, "
    "stop_rewind a rewind",
    FRAME: "the frame that {} was to take back is another function's: "
    "another stack, another export or another module was rewound",
    INDEX: "the frame that {} was to take back says a call that it does not have: the saved stack is damaged",
}


def control_function(number: int) -> str | None:
    """The control function that a number below -1 stands for; None for other numbers."""
    return CONTROL_FUNCTIONS[-2 - number] if -2 - len(CONTROL_FUNCTIONS) < number < -1 else None


def sentence(code: int, number: int, name: str | None = None, line: int | None = None) -> str:
    """What is wrong, in a sentence. `code` and `number` are what the exported globals `bysyncify_error` and
    `bysyncify_error_function` hold; `name` and `line` are those of the function of that number, where known."""
    said = control_function(number) or name or (f"function {number}" if number >= 0 else "a function")
    place = f" (line {line})" if line else ""
    return _SENTENCES.get(code, "{} failed a check").format(f"`{said}`{place}")
