"""Every name and number that hosts rely on: control functions, states, the data structure (article; Asyncify.cpp);
and, at the end, names that nobody has yet.

The data structure that `start_unwind` and `start_rewind` are given a pointer to:

    offset 0   i32   where the stack's next byte goes; the stack grows up
    offset 4   i32   where the stack ends

In a 64-bit memory both are i64, at 0 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

CONTROL_MODULES = ("bysyncify", "asyncify")
CONTROL_FUNCTIONS = ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state")
FUEL_FUNCTIONS = ("set_fuel", "set_data")  # of modules with pause points
OBSERVER = "observer"  # exported where a run is traced: a table of one function, (param i32 address)
START = "start"  # and the start function, which the host calls then
TAKES_DATA = frozenset(("start_unwind", "start_rewind", "set_data"))
TOP_MOST = frozenset(("start_unwind", "stop_rewind"))
BOTTOM_MOST = frozenset(("stop_unwind", "start_rewind"))

UNWINDING = 1  # what get_state gives; 0 is normal
REWINDING = 2

# The globals that modules share which are linked while they run, behind two underscores and bysyncify or asyncify.
SHARED_GLOBALS = ("state", "data")

# The types whose values are saved to linear memory, with their size in bytes there.
SAVED_SIZES = {"i32": 4, "i64": 8, "f32": 4, "f64": 8, "v128": 16}


# The types in which references are saved, to tables.
SAVED_REFERENCES = ("funcref", "externref", "anyref", "exnref")


def is_control(imported: tuple[str, str]) -> bool:
    """Whether an import, (module, name), is one of the control functions."""
    return imported[0] in CONTROL_MODULES and imported[1] in (*CONTROL_FUNCTIONS, *FUEL_FUNCTIONS)


def plain(word: str) -> str:
    """A word as part of an id: what is neither a letter nor a digit of ASCII becomes `_`, and `$` goes."""
    return re.sub(r"[^A-Za-z0-9]", "_", word.lstrip("$"))


class Taken(set[str]):
    """Names that are taken, of which none is given back.

    `next` has the number that the next variant of a name may have: many variants of one are found in linear time.
    """

    __slots__ = ("next",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__(names)
        self.next: dict[str, int] = {}


def unused(name: str, taken: Taken) -> str:
    """The name, or the name with a number, that is not taken; it is then."""
    found = name
    count = taken.next.get(name, 2)
    while found in taken:
        found = f"{name}_{count}"
        count += 1
    taken.next[name] = count
    taken.add(found)
    return found
