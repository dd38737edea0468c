"""Which functions are hot, as a profile says: these are written to run fast, some of them twice (twins.py), and all
others to be small."""

from __future__ import annotations

from collections.abc import Mapping

# The functions that ran longest are hot, until they have so much of the time that rewritten functions have.
_MOST = 0.95


def hot(times: Mapping[int, float], rewritten: set[int]) -> dict[int, float]:
    """The numbers of the functions that are hot, of those that are rewritten, with the share that each has in the time
    of all; `times` is how long the functions of the module ran, each by itself."""
    ran = sorted((-time, number) for number, time in times.items() if number in rewritten and time > 0)
    whole = sum(times.values())
    room = -_MOST * sum(time for time, _ in ran)
    found = {}
    for time, number in ran:
        if room <= 0:
            break
        found[number] = -time / whole
        room += time
    return found
