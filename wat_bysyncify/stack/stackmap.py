"""What the map of a module (docs/map.md) says of its frames: JSON -> StackMap."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Union


class StackError(ValueError):
    """What is wrong with a map, or with the stack that it is to explain. `frames` are those that could be read, of a
    stack: the innermost first."""

    def __init__(self, message: str, frames: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.frames = frames


@dataclass(frozen=True, slots=True)
class Slot:
    """A value in a frame: `is_` says whether it is a local, the number of the call, or that of the function, which is
    `value`. `kept` is the type in which it is saved."""

    is_: str
    offset: int
    size: int
    kept: str
    name: str
    type: str
    value: int


@dataclass(frozen=True, slots=True)
class Call:
    """A pausing call: its number, where it is, the function that it calls or the number of a dispatch, and the names of
    the locals that are live behind it."""

    number: int
    line: int | None
    column: int | None
    calls: str | None
    dispatch: int | None
    live: frozenset[str]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be on the stack. One without a frame has one call at most, and no `slots`."""

    name: str
    calls: dict[int, Call]
    tails: tuple[str, ...]
    size: int
    slots: tuple[Slot, ...]


# Functions without frames that are on the stack: (those further outside, the innermost), or nothing.
Path = Union[tuple["Path", Function], tuple[()]]


def inwards(path: Path) -> list[Function]:
    """The functions of a path, the outermost first."""
    found = []
    while path:
        path, function = path
        found.append(function)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Next:
    """What a call may lead to: functions with frames, each behind those without that are between; and whether it may
    lead to no further frame, and how."""

    framed: tuple[tuple[Function, Path], ...]
    last: Path | None


@dataclass(slots=True)
class StackMap:
    """The frames of a module. `prefix` is what its exported names begin with, `word` the size of an address in bytes;
    `own_memory`: the frames have a memory of their own. `imports` may pause, as `module.base`."""

    prefix: str
    word: int
    own_memory: bool
    memory: str | None
    imports: tuple[str, ...]
    functions: tuple[Function, ...]
    named: dict[str, list[Function]]
    framed: set[int]  # by identity
    entries: tuple[str, ...]
    exports: dict[str, str]  # the function of each export
    dispatches: tuple[tuple[str, ...], ...]
    open: frozenset[int]
    _found: dict[tuple[str | int | None, ...], Next] = field(default_factory=dict)

    def behind(self, call: Call) -> Next:
        """What a call may lead to."""
        if call.dispatch is None:
            return self.next((call.calls,), False)
        key = (call.dispatch,)
        if key not in self._found:
            self._found[key] = self.next(self.dispatches[call.dispatch], call.dispatch in self.open)
        return self._found[key]

    def next(self, names: tuple[str | None, ...], open_: bool) -> Next:
        """What the call of one of some functions may lead to; `open_`: or of functions that nobody knows."""
        if len(names) == 1 and not open_ and names in self._found:
            return self._found[names]
        framed: dict[int, tuple[Function, Path]] = {}
        last: Path | None = () if open_ or not names else None
        seen: set[str] = set()
        todo: deque[tuple[str | None, Path]] = deque((name, ()) for name in names)
        while todo:  # the nearest first
            name, path = todo.popleft()
            if name in seen:
                continue
            found = self.named.get(name, []) if name is not None else []
            seen |= {name} if name is not None else set()
            if not found and last is None:
                last = path
            for function in found:
                todo += ((tail, path) for tail in function.tails)
                if id(function) in self.framed:
                    framed.setdefault(id(function), (function, path))
                    continue
                for call in function.calls.values():
                    inside: Path = (path, function)
                    if call.dispatch is None:
                        todo.append((call.calls, inside))
                        continue
                    todo += ((each, inside) for each in self.dispatches[call.dispatch])
                    if last is None and call.dispatch in self.open:
                        last = inside
        result = Next(tuple(framed.values()), last)
        if len(names) == 1 and not open_:
            self._found[names] = result
        return result


def read_map(data: Any) -> StackMap:
    """The map of a module, as `json.loads` gives it. Raises `StackError` for what is no map of this version."""
    try:
        if data["version"] != 1:
            raise StackError(f"the map is of version {data['version']}, expected 1")
        framed = [_function(each) for each in data["functions"]]
        frameless = [_frameless(each) for each in data["frameless"]]
        named: dict[str, list[Function]] = {}
        for function in (*framed, *frameless):
            named.setdefault(function.name, []).append(function)
        dispatches = tuple(tuple(map(str, names)) for names in data["dispatches"])
        for function in (*framed, *frameless):
            for call in function.calls.values():
                if call.calls is not None and not isinstance(call.calls, str):
                    raise StackError(f"the map is damaged: {function.name} calls {call.calls}")
                if call.dispatch is not None and not 0 <= call.dispatch < len(dispatches):
                    raise StackError(f"the map is damaged: {function.name} calls through dispatch {call.dispatch}")
        return StackMap(
            str(data["prefixes"][0]),
            {"i32": 4, "i64": 8}[data["address"]],
            bool(data["own_memory"]),
            data["memory"],
            tuple(map(str, data["imports"])),
            tuple(framed),
            named,
            set(map(id, framed)),
            tuple(str(entry["name"]) for entry in data["entries"]),
            {str(name): str(entry["name"]) for entry in data["entries"] for name in entry["exports"]},
            dispatches,
            frozenset(map(int, data["open"])),
        )
    except StackError:
        raise
    except KeyError as error:
        raise StackError(f"no map of a module: there is no {error}") from None
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise StackError(f"no map of a module: {error}") from None


def _function(data: dict[str, Any]) -> Function:
    slots = tuple(
        Slot(
            str(each["is"]), int(each["offset"]), int(each["size"]), str(each["kept"]), str(each.get("name", "")),
            str(each.get("type", each["kept"])), int(each.get("value", 0)),
        )
        for each in data["frame"]["values"]
    )  # fmt: skip
    size = int(data["frame"]["size"])
    if any(not 0 <= slot.offset <= size - slot.size for slot in slots):
        raise StackError(f"the map is damaged: the frame of {data['name']} is smaller than what is in it")
    calls = [_call(each) for each in data["calls"]]
    if len(calls) != 1 and not (calls and any(slot.is_ == "call" for slot in slots)):
        raise StackError(f"the map is damaged: the frame of {data['name']} does not say which call it is in")
    return Function(str(data["name"]), {call.number: call for call in calls}, _tails(data), size, slots)


def _frameless(data: dict[str, Any]) -> Function:
    calls = {0: _call({"number": 0, **data})} if "line" in data or "calls" in data or "dispatch" in data else {}
    return Function(str(data["name"]), calls, _tails(data), 0, ())


def _tails(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, data.get("tails", ())))


def _call(data: dict[str, Any]) -> Call:
    return Call(
        int(data["number"]),
        data.get("line"),
        data.get("column"),
        data.get("calls"),
        data.get("dispatch"),
        frozenset(map(str, data.get("live", ()))),
    )
