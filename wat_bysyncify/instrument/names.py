"""Every name and number that hosts rely on: control functions, states, the data structure (article; Asyncify.cpp).

The data structure that `start_unwind` and `start_rewind` are given a pointer to:

    offset 0   i32   where the stack's next byte goes; the stack grows up
    offset 4   i32   where the stack ends

In a 64-bit memory both are i64, at 0 and 8.
"""

from __future__ import annotations

CONTROL_MODULES = ("bysyncify", "asyncify")
CONTROL_FUNCTIONS = ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state")
TAKES_DATA = frozenset(("start_unwind", "start_rewind"))
TOP_MOST = frozenset(("start_unwind", "stop_rewind"))
BOTTOM_MOST = frozenset(("stop_unwind", "start_rewind"))

NORMAL, UNWINDING, REWINDING = 0, 1, 2

# The types whose values are saved to linear memory, with their size in bytes there.
SAVED_SIZES = {"i32": 4, "i64": 8, "f32": 4, "f64": 8, "v128": 16}


def is_control(imported: tuple[str, str]) -> bool:
    """Whether an import, (module, name), is one of the control functions."""
    return imported[0] in CONTROL_MODULES and imported[1] in CONTROL_FUNCTIONS
