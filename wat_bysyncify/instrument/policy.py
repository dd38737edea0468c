"""What a function is written for: to be read, to run fast (-O), or to be small (-Os).

Here stands all that the three differ in, function by function; the numbers were measured (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# How many values of a type are saved by one call, at most; a reference is always alone, for its table has the slot.
_ALIKE = {"i32": 8, "i64": 4, "f32": 4, "f64": 4, "v128": 2}


class Policy(NamedTuple):
    """What a function gets for the sake of what it is written for.

    `values`: how many values a group of its frame has at most, by the type of the last; a type that is not there stays
    alone (frames.py); `mixed`: they may be of several types. `elided`: it need not know of pauses if it does nothing
    but its call. In bytes, about, what is spent more than is needed: `at_once` to save the frame behind each call
    rather than at one place for all, `for_a_loop`, for each loop in which nothing pauses, on landings of their own for
    sets of live locals. In these loops a program has its registers for itself, if no other locals are kept for a pause
    behind them.
    `own_frames`: the code that saves and restores a frame stands in the functions, if so many or fewer can pause: a
    switch takes a fifth less time, for some 50 bytes a function and 6 for each value. `own_control`: so does the code
    of control functions that are called.
    """

    values: Mapping[str, int] = MappingProxyType({})
    mixed: bool = False
    elided: bool = True
    at_once: int = 0
    for_a_loop: int = 0
    own_frames: int = 0
    own_control: bool = False


READ = Policy(elided=False)
SMALL = Policy(values=_ALIKE)
FAST = Policy(
    values=dict.fromkeys(_ALIKE, 8),  # more are seldom wanted
    mixed=True,
    at_once=18,
    for_a_loop=24,
    own_frames=8,
    own_control=True,
)
POLICIES = {None: READ, "speed": FAST, "size": SMALL}
