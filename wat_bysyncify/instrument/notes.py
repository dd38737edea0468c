"""Comments for those who read the output to learn (--annotate): what is said, and that each thing is said once.

    (if (global.get $normal) (then           ;; skipped on the way back to a call
      (call $print (i32.const 1))
    ))
    (if (i32.or (global.get $normal)
                (i32.eq (local.get $call) (i32.const 0))) (then  ;; call 0: $sleep, made again when resuming
      (call $sleep)
      (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))  ;; it paused: leave, with the number of the call
    ))

A sentence stands where it is first of use in the module; what differs from place to place, as the number of a call, is
said at each.
"""

from __future__ import annotations

from collections.abc import Iterable

_SENTENCES = {
    # In functions.
    "counter": "the pausing call to go back to",
    "rewinding": "resuming: take back what was saved at the pause",
    "leave": "a pause leaves this block, with the number of its call",
    "leave alone": "a pause leaves this block",
    "done": "skipped on the way back to a call",
    "again": "made again when resuming",
    "inside": "entered when resuming, if the call is inside",
    "choice": "when resuming: is the call in the first arm?",
    "told": "its first result, whether it has paused, stays on the operand stack",
    "paused": "it paused: leave, with the number of the call",
    "far": "the number of the call is so much less; a loop hardly has such constants",
    "never": "never reached",
    "result": "a result that nobody looks at",
    "position": "the result says where the frame ends: the next one goes there",
    "paused alone": "it paused: leave",
    "paused at once": "it paused: save what is read later, and return; nobody looks at the result",
    "paused below": "it paused: save what is read later, and return where the frame ends: the next one goes there",
    "jump": "resuming: take back what was saved at the pause, and jump to the call",
    "jump alone": "resuming: jump to the call",
    "further": "resuming: on to the call inside",
    "again behind": "the call is made again; its operands do not matter, for it restores its parameters",
    "landing": "the jump lands here, for the call to be made again",
    "landing behind": "the jump lands here, where the call has been made again",
    "twin": "resuming is the work of the twin, which can jump into the code",
    # Of the module: the globals of the state, and at its end.
    "state": "the state: of these three, exactly one is 1",
    "one state": "the state: normal is 0, unwinding 1, rewinding 2",
    "data": "where the saved frames are: a pointer to their next free byte, and to their end",
    "start_unwind": "begins a pause: from here calls return at once, each saving its frame",
    "stop_unwind": "the stack is unwound: whoever called goes on with other things",
    "start_rewind": "begins to resume: the same calls are made again",
    "stop_rewind": "the stack is as it was: all goes on from here",
    "get_state": "0 normal, 1 unwinding, 2 rewinding",
    "save": "a value is saved, if there is room, and the next free byte is behind it",
    "restore": "the value that was saved last comes back",
    "pop": "the values that were saved last come back, the last one first",
}


class Notes:
    """Comments, if they are wanted."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.said: set[str] = set()

    def once(self, key: str) -> str:
        """A sentence as a comment, where it is said for the first time; else ""."""
        found = self._once(key)
        return f";; {found}" if found else ""

    def each(self, text: str, key: str = "") -> str:
        """A comment that is said at each place, with the sentence behind it where that is said for the first time."""
        if not self.wanted:
            return ""
        return ";; " + ", ".join(filter(None, [text, self._once(key) if key else ""]))

    def _once(self, key: str) -> str:
        if not self.wanted or key in self.said:
            return ""
        self.said.add(key)
        return _SENTENCES[key]


def frame_note(saved: Iterable[tuple[str, Iterable[int]]], calls: int, numbered: bool) -> str:
    """What a frame holds and why: each local, with the numbers of the calls after which it is read, of so many;
    `numbered`: the number of the call is in it."""
    after: dict[tuple[int, ...], list[str]] = {}
    for name, numbers in saved:
        after.setdefault(tuple(numbers), []).append(name)
    parts = ["the number of the call"] if numbered else []
    for numbers, names in after.items():
        if not numbers:
            why = "for collectors of garbage"
        elif len(numbers) == calls:
            why = f"read after {'every call' if calls > 1 else 'the call'}"
        else:
            why = f"read after call{'s' * (len(numbers) > 1)} {_ranges(numbers)}"
        parts.append(f"{' '.join(names)} ({why})")
    return f"the frame: {', '.join(parts) or 'nothing'}"


def _ranges(numbers: tuple[int, ...]) -> str:
    """`1, 2, 3, 5` as `1-3 5`."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
