"""The stack of a paused program: StackMap, memory -> Stack.

A place in the search is a function and where its frame ends. Each place is looked at once, so that the time is that of
the places that fit: one for each frame, but where a call through a table or reference leaves a choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..script.values import Value
from .stackmap import Call, Function, Path, Slot, StackError, StackMap, inwards

_REFERENCE = "ref"


@dataclass(frozen=True, slots=True)
class Saved:
    """A local in a frame, or what was on the operand stack (`$value_i32` and the like). `bits` is its value, of a
    reference the number of its slot in a table, 0 for null; `kept` is the type in which it is saved."""

    name: str
    type: str
    kept: str
    bits: int

    @property
    def text(self) -> str:
        """The value as it is written: `-3`, `2.5`, `nan:0x1`, `i32x4 0x00000001 ..`, `externref #2`, `null`."""
        if self.kept.endswith(_REFERENCE):
            return f"{self.kept} #{self.bits}" if self.bits else "null"
        return str(Value(self.kept, self.bits)).partition(" ")[2].removesuffix(")")


@dataclass(frozen=True, slots=True)
class Frame:
    """A function on the stack.

    `call` is the number of the call that it is in, `line` and `column` where that is in the source, from 1, None if it
    is not from there; `calls` what is called, None if that is not known. `locals` are those that are live, in the
    order of the frame, which is `size` bytes at `address`. A function without a frame has size 0 and no locals.
    """

    function: str
    call: int
    line: int | None
    column: int | None
    calls: str | None
    address: int
    size: int
    locals: tuple[Saved, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """The frames from `start` to `position`, the innermost first. `ambiguous`: they can be read in another way too."""

    start: int
    position: int
    frames: tuple[Frame, ...]
    ambiguous: bool = False


def decode(
    map: StackMap, memory: bytes, data: int | None = None, *, start: int | None = None, entry: str | None = None
) -> Stack:
    """The stack of a paused program, in the bytes of the memory that holds its frames.

    `data` is the address of the data structure, None for 0 where the frames have a memory of their own; `start` where
    the frames begin, None for right behind it; `entry` the function that was called, or its export, None if unknown.
    Raises `StackError` for what is no such stack.
    """
    if data is None:
        if not map.own_memory:
            raise StackError("where the data structure is must be said: the frames are in the program's own memory")
        data = 0
    if not 0 <= data <= len(memory) - 2 * map.word:
        raise StackError(f"the data structure at {data} is not in the memory, which has {len(memory)} bytes")
    position = int.from_bytes(memory[data : data + map.word], "little")
    end = int.from_bytes(memory[data + map.word : data + 2 * map.word], "little")
    start = data + 2 * map.word if start is None else start
    if not 0 <= start <= position <= min(end, len(memory)):
        raise StackError(
            f"the data structure at {data} is none: it says that frames end at {position}, and their room at {end};"
            f" they begin at {start}, and the memory has {len(memory)} bytes"
        )
    return decode_frames(map, memory[start:position], start, entry)


def decode_frames(map: StackMap, frames: bytes, start: int, entry: str | None = None) -> Stack:
    """The stack whose frames are these bytes, which are at the address `start`. `entry` is the function that was
    called, or its export, None if unknown. Raises `StackError`."""
    search = _Search(map, bytes(frames), start)
    end = len(frames)
    if entry is None:
        ways = search.ways_from(map.entries, end)
        if not ways and frames:  # the host can call others too, through tables and references
            ways = search.ways_from(map.named, end)
    else:
        name = map.exports.get(entry, entry)
        names = [each for each in (name, f"${name}") if each in map.named]
        if not names:
            raise StackError(f"{entry!r} is no function that can be paused")
        ways = search.ways_from(names[:1], end) or search.without_frames(names[0], end)
    if not ways and (frames or entry is not None):
        raise search.error(end)
    return Stack(start, start + end, search.frames(), ways > 1)


_Place = tuple[int, int]  # the number of a function with a frame, and where its frame ends


class _Search:
    """Looks for ways through frames, from the outermost on."""

    def __init__(self, map: StackMap, memory: bytes, start: int) -> None:
        self.map, self.memory, self.start = map, memory, start
        self.numbers = {id(function): number for number, function in enumerate(map.functions)}
        self.ways: dict[_Place, int] = {}  # how many lead from there to the end: 0, 1, 2 for more
        self.next: dict[_Place, tuple[_Place | None, Path]] = {}  # the first of them
        self.from_: dict[_Place, tuple[_Place | None, Path]] = {}
        self.first: tuple[_Place | None, Path] = (None, ())
        self.stuck: tuple[int, _Place | None, str] | None = (
            None  # the furthest that was come: where, and why no further
        )

    def ways_from(self, names: Iterable[str], end: int) -> int:
        """How many ways there are if one of some functions was called, 2 for more; the first is kept."""
        count = 0
        for function, path in self.map.next((*names,), False).framed if names else ():
            place = self.place(function, end, None)
            if place is None:
                continue
            self.from_.setdefault(place, (None, path))
            self.search(place)
            if not count and self.ways[place]:
                self.first = place, path
            count += self.ways[place]
        return min(count, 2)

    def without_frames(self, name: str, end: int) -> int:
        """Whether nothing on the stack has a frame if a function was called; that is kept then."""
        last = self.map.next((name,), False).last
        if end or not last:
            return 0
        self.first = None, last
        return 1

    def place(self, function: Function, end: int, of: _Place | None) -> _Place | None:
        """The place of a function's frame that ends somewhere; None if what is there is not its frame."""
        problem = self.problem(function, end)
        if problem:
            self.no_further(end, of, problem)
            return None
        return self.numbers[id(function)], end

    def problem(self, function: Function, end: int) -> str:
        """Why what ends somewhere cannot be the frame of a function, or ""."""
        if function.size > end:
            return f"the frame of {function.name} has {function.size} bytes, and {end} are left"
        for slot in function.slots:
            if slot.is_ == "local":
                continue
            value = self.bits(function, end, slot)
            value -= value >> 31 << 32
            if slot.is_ == "function" and value != slot.value:
                return f"the frame of {function.name} should have {slot.value} on top, and has {value}"
            if slot.is_ == "call" and value not in function.calls:
                return f"the frame of {function.name} says call {value}, which it does not have"
        return ""

    def bits(self, function: Function, end: int, slot: Slot) -> int:
        """What is in a slot of a function's frame."""
        at = end - function.size + slot.offset
        return int.from_bytes(self.memory[at : at + slot.size], "little")

    def call(self, place: _Place) -> Call:
        """The call that a frame is in."""
        function = self.map.functions[place[0]]
        for slot in function.slots:
            if slot.is_ == "call":
                value = self.bits(function, place[1], slot)
                return function.calls[value - (value >> 31 << 32)]
        return next(iter(function.calls.values()))

    def search(self, start: _Place) -> None:
        """Finds how many ways there are from a place."""
        if start in self.ways:
            return
        around = {start}
        todo = [(start, self.places_behind(start))]
        at = [0]
        while todo:
            place, behind = todo[-1]
            if at[-1] < len(behind):
                inner, path = behind[at[-1]]
                at[-1] += 1
                if inner not in self.ways and inner not in around:  # frames of no bytes could go round and round
                    self.from_[inner] = place, path
                    around.add(inner)
                    todo.append((inner, self.places_behind(inner)))
                    at.append(0)
                continue
            todo.pop()
            at.pop()
            around.discard(place)
            good = [(inner, path) for inner, path in behind if self.ways.get(inner)]
            last = self.last(place)
            count = sum(self.ways[inner] for inner, _ in good) + (last is not None)
            self.ways[place] = min(count, 2)
            if good:
                self.next[place] = good[0]
            elif last is not None:
                self.next[place] = None, last

    def places_behind(self, place: _Place) -> list[tuple[_Place, Path]]:
        """The places that a frame may lead to, each behind the functions without frames between."""
        end = place[1] - self.map.functions[place[0]].size
        found = []
        for function, path in self.map.behind(self.call(place)).framed:
            inner = self.place(function, end, place)
            if inner is not None:
                found.append((inner, path))
        return found

    def last(self, place: _Place) -> Path | None:
        """If the frame at a place may be the innermost, the functions without frames behind it."""
        function = self.map.functions[place[0]]
        left = place[1] - function.size
        last = self.map.behind(self.call(place)).last
        if last is not None and left:
            called = self.call(place).calls or "what has no frame"
            self.no_further(left, place, f"{left} bytes are left, but {function.name} called {called}")
            return None
        return last

    def no_further(self, left: int, place: _Place | None, problem: str) -> None:
        if self.stuck is None or left < self.stuck[0]:
            self.stuck = left, place, problem

    def error(self, end: int) -> StackError:
        """Why there is no way: what was met furthest inside, and the frames that lead there."""
        left, place, problem = self.stuck or (end, None, "no function of the map can have been called")
        found: list[Frame] = []
        while place is not None:
            outer, path = self.from_[place]
            found += [self.frame(place), *(self.passed(each, place[1]) for each in reversed(inwards(path)))]
            place = outer
        return StackError(f"at {self.start + left}: {problem}", tuple(found))

    def frames(self) -> tuple[Frame, ...]:
        """The frames of the way that was found, the innermost first."""
        found: list[Frame] = []
        place, path = self.first
        at = len(self.memory)
        while place is not None:
            found += [*(self.passed(each, at) for each in inwards(path)), self.frame(place)]
            at = place[1] - self.map.functions[place[0]].size
            place, path = self.next[place]
        found += [self.passed(each, at) for each in inwards(path)]
        return tuple(reversed(found))

    def passed(self, function: Function, at: int) -> Frame:
        """A function without a frame."""
        call = next(iter(function.calls.values()))
        return Frame(function.name, 0, call.line, call.column, call.calls, self.start + at, 0, ())

    def frame(self, place: _Place) -> Frame:
        """The frame at a place."""
        function, call = self.map.functions[place[0]], self.call(place)
        saved = tuple(
            Saved(slot.name, slot.type, slot.kept, self.bits(function, place[1], slot))
            for slot in function.slots
            if slot.is_ == "local" and slot.name in call.live
        )
        address = self.start + place[1] - function.size
        return Frame(function.name, call.number, call.line, call.column, call.calls, address, function.size, saved)
