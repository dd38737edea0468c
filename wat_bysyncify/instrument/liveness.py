"""Which locals are live at each pausing call: the events of a body, read backwards.

A local is live at a call if its value then may be read once the call has returned. The problem is the textbook one
(backward, union, reads minus writes); WebAssembly's structure makes the order of the text a good order for it. A
branch forward goes to a block that the backward walk has already left; only a branch to a loop must wait for the
next round. After a few rounds, which real code never needs, what is live at a loop's head is taken to be live
everywhere in the loop: more is saved than need be, in linear time.
"""

from __future__ import annotations

from .body import ARMS, CATCHES, FINISH, HANDLE, JUMP, LOCALS, OTHERWISE, PAUSE, START, Body

_ROUNDS = 12


def live_locals(body: Body) -> list[int]:
    """For each pausing call, the locals that are live after it, as bits (1 << number).

    What the call's result is stored to is not live, unless it is read again before.
    """
    live_at = [0] * len(body.calls)
    heads: dict[int, int] = {}  # what is live at the head of each loop, by block id
    for _ in range(_ROUNDS):
        if not _walk(body, live_at, heads):
            return live_at
    _widen(body, live_at, heads)
    return live_at


def _walk(body: Body, live_at: list[int], heads: dict[int, int]) -> bool:
    """One round; whether any loop's head changed."""
    changed = False
    live = 0
    after: dict[int, int] = {0: 0}  # what is live where a branch to a block goes; block 0 is the function
    otherwise: dict[int, int] = {}
    leave: dict[int, int] = {}
    for kind, a, b in reversed(body.events):
        if kind == LOCALS:
            live = live & b | a
        elif kind == PAUSE:
            live_at[a] = live
        elif kind == JUMP:
            if b:
                live = 0
            for target in a:
                live |= after[target]
        elif kind == HANDLE:
            after[a] = 0
            for target in b:
                after[a] |= after[target]
        elif kind == CATCHES:
            after[-a] |= live
            live = leave[a]
        elif kind == FINISH:
            leave[a] = live
            after[a] = heads.get(a, 0) if b else live
        elif kind == START:
            if b and heads.get(a, 0) != live:
                heads[a] = live
                changed = True
        elif kind == OTHERWISE:
            otherwise[a] = live
            live = leave[a]
        elif kind == ARMS:
            live |= otherwise.get(a, leave[a])
    return changed


def _widen(body: Body, live_at: list[int], heads: dict[int, int]) -> None:
    """Adds what is live at the heads of all loops around a call to what is live at the call."""
    inside = [0]
    for kind, a, _ in body.events:
        if kind == START or kind == ARMS:
            inside.append(inside[-1] | heads.get(a, 0))
        elif kind == FINISH:
            inside.pop()
        elif kind == PAUSE:
            live_at[a] |= inside[-1]
