"""Which functions are hot, as a profile says: these are written to run fast, and twice (twins.py); the others are
written to be small."""

from __future__ import annotations

from collections.abc import Mapping

# The functions that ran longest, until they have so much of the time: with 0.8, twelve functions of Lua's and 57 of
# QuickJS's, whose slowdown is then a half to a third of what it was (docs/performance.md). More of them bring little.
_SHARE = 0.8


def hot(times: Mapping[int, float], rewritten: set[int]) -> frozenset[int]:
    """The numbers of the functions that are hot, of those that are rewritten; `times` is how long each ran."""
    ran = sorted(((time, -number) for number, time in times.items() if number in rewritten and time > 0), reverse=True)
    room = _SHARE * sum(time for time, _ in ran)
    found = set()
    for time, number in ran:
        if room <= 0:
            break
        found.add(-number)
        room -= time
    return frozenset(found)
