"""What a function is written for: to be read, to run fast (-O), or to be small (-Os).

Here stands what a function gets for that; the numbers were measured (docs/performance.md). What the whole module has of
it stands elsewhere: one global of state where functions jump (ids.py), which functions have a twin (twins.py) and which
tell that they have paused (telling.py), and, for who reads, the functions that save and restore an i32 (additions.py).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import NamedTuple

# How many values of a type are saved by one call, at most; a reference is always alone, for its table has the slot.
_ALIKE = {"i32": 8, "i64": 4, "f32": 4, "f64": 4, "v128": 2}


class Policy(NamedTuple):
    """What a function gets for the sake of what it is written for.

    `values`: how many values a group of its frame takes, by the type of the one that comes next; a type that is not
    there stays alone (frames.py). `mixed`: they may be of several types. `apart`: the number of the call is taken back
    by a call of its own. `backwards`: where functions jump, calls are numbered from the last one. V8 sees the last
    entries of a table first, and lays out in a row what it comes to from there: so that is all the code, as it runs
    where nothing is resumed. `elided`: it need not know of pauses if it does nothing but its call. In bytes, about,
    what may be spent: `at_once`, to save the frame behind each call rather than at one place for all; `for_a_loop`, for
    each loop in which nothing pauses, on exits for sets of live locals: if what is live at some other pause need not be
    kept, the loop has the registers for itself. `inline_frames`: where functions jump and so many or fewer are
    instrumented, the code that saves and restores a frame stands in the function, if the frame has `inline_values` at
    most: a switch takes a fifth less time, for some 50 bytes a function and 6 for each value. More values are in the
    way of code that does not pause, in V8 (see `apart`). `calls_again`: where that code stands in the function, and so
    many or fewer calls can pause, it makes those again itself whose operands nobody reads then, and goes behind them: a
    switch between deep stacks takes a tenth less time on wasmtime, for some 9 bytes a call. `inline_control`: the code
    of control functions stands where they are called. `inline_top_most`: where so few are instrumented, the code of
    functions that begin a pause stands where they are called, too, so many words at most of all such calls in a
    function together: of a switch between stacks that are not deep, that is a quarter.
    """

    values: Mapping[str, int] = MappingProxyType({})
    mixed: bool = False
    apart: bool = False
    backwards: bool = False
    elided: bool = True
    at_once: int = 0
    for_a_loop: int = 0
    inline_frames: int = 0
    inline_values: int = 0
    calls_again: int = 0
    inline_control: bool = False
    inline_top_most: int = 0


READ = Policy(elided=False)
SMALL = Policy(values=_ALIKE)
FAST = Policy(
    values=dict.fromkeys(_ALIKE, 8),  # more are seldom wanted
    mixed=True,
    apart=True,
    backwards=True,
    at_once=18,
    for_a_loop=24,
    inline_frames=8,
    inline_values=6,
    calls_again=2,
    inline_control=True,
    inline_top_most=48,
)
_POLICIES = {None: READ, "speed": FAST, "size": SMALL}


def policy(optimize: str | None, hot: Container[int] | None, number: int) -> Policy:
    """What a function is written for, by its number: what the module is made for, or, with a profile, to run fast if it
    is `hot`, and to be small if it is not."""
    if hot is None:
        return _POLICIES[optimize]
    return FAST if number in hot else SMALL
