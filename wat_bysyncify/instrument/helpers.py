"""The functions that save values and take them back, by what they do and the types of the values (`Helper`).

    save      saves values, the first one first
    restore   takes values back as they were given
    pop       takes them back the last one first
    leave     leaves room for some; it has no types

What few functions call leaves its work to what many call, or to what takes 1, 2 or 4 values of one type, where all are
smaller together so.

    (func $save_3_i32_f64 (param $value_1 i32) (param $value_2 i32) (param $value_3 i32) (param $value_4 f64)
      (call $save_2_i32 (local.get $value_1) (local.get $value_2))
      (call $save_i32 (local.get $value_3))
      (call $save_f64 (local.get $value_4))
    )
    (func $pop_3_i32_f64 (result f64 i32 i32 i32)
      (call $restore_f64)
      (call $restore_i32)
      (call $pop_2_i32)
    )

What these do with the stack is in stackcode.py; references are kept in tables (heldrefs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .heldrefs import hold_text, release_text
from .ids import Ids
from .layout import call_lines
from .names import SAVED_REFERENCES
from .stackcode import moved, restoring, saving

# A verb, and the types of the values.
Helper = tuple[str, ...]

# What so many functions call does its work itself: two or three calls for a frame are slower than one, and it would not
# be 60 bytes smaller.
_OFTEN = 8

# How many values of one type a function takes for others. Without 2, or without 4, as many bytes and more calls.
_PARTS = (4, 2, 1)


def divided(uses: Mapping[Helper, int]) -> dict[Helper, list[Helper]]:
    """The helpers that a module has: those that are used, each by so many functions (one and its twin are one), and
    those that they call. For each the ones that it calls, in the order of the values; none if it does its work itself,
    as all do where that is smaller."""
    found: dict[Helper, list[Helper]] = {}
    for helper, count in uses.items():
        verb, *types = helper
        parts: list[Helper] = []
        if count < _OFTEN and verb in ("save", "pop") and not _is_part(types):
            while types:
                heads = [types[:length] for length in range(len(types), 0, -1)]
                head = next(head for head in heads if _is_part(head) or uses.get((verb, *head), 0) >= _OFTEN)
                parts.append(("save", *head) if verb == "save" else popping(head))
                types = types[len(head) :]
        found[helper] = parts
    for part in [part for parts in found.values() for part in parts]:
        found.setdefault(part, [])
    whole: dict[Helper, list[Helper]] = {helper: [] for helper in uses}
    return min(whole, found, key=_size)


def popping(types: Sequence[str]) -> Helper:
    """What takes values of these types back the last one first: one alone is restored."""
    return "pop" if len(types) > 1 else "restore", *types


def _size(helpers: Mapping[Helper, Sequence[Helper]]) -> int:
    """How many bytes they take, about: with their types, and 3 for a call."""
    size = 0
    for (verb, *types), parts in helpers.items():
        values = 2 * len(types) if verb == "save" else 0
        alone = 38 + 7 * len(types) if verb == "save" else 23 + 5 * len(types)
        size += 3 + len(types) + (5 + values + 3 * len(parts) if parts else alone)
    return size


def _is_part(types: Sequence[str]) -> bool:
    """Whether a helper for these types may be there for others."""
    return len(types) in _PARTS and len({*types}) == 1


def helper_text(helper: Helper, parts: Sequence[Helper], ids: Ids, id_of: Callable[..., str]) -> list[str]:
    """A helper, in lines; `parts` are those that it calls (`divided`), `id_of` gives the id of each."""
    verb, *types = helper
    id_ = id_of(*helper)
    match verb:
        case "leave":
            return _leave_text(ids, id_)
        case "save":
            return _save_text(types, [(id_of(*part), len(part) - 1) for part in parts], ids, id_)
        case _:
            return _restore_text(types, verb == "pop", [id_of(*part) for part in parts], ids, id_)


def _save_text(types: Sequence[str], parts: Sequence[tuple[str, int]], ids: Ids, id_: str) -> list[str]:
    """The function that saves values of these types: at the stack's position, once it is known that they fit there; or
    it calls others, of these ids, with so many values each."""
    if types[0] in SAVED_REFERENCES:
        return hold_text(types[0], ids)
    values = ["$value"] if len(types) == 1 else [f"$value_{number}" for number in range(1, len(types) + 1)]
    lines = [f"(func {id_}"]
    for value, type_ in zip(values, types, strict=True):
        if len(lines[-1]) < 60:
            lines[-1] += f" (param {value} {type_})"
        else:
            lines.append(f"  (param {value} {type_})")
    words = [f"(local.get {value})" for value in values]
    if not parts:
        lines.append(f"  (local $position {ids.address})")
        return [*lines, *(f"  {line}" for line in saving(types, words, ids, ids.pointer, "$position")), ")"]
    for part, count in parts:
        lines += [f"  {line}" for line in call_lines(f"(call {part}", words[:count])]
        del words[:count]
    return [*lines, ")"]


def _restore_text(types: Sequence[str], popped: bool, parts: Sequence[str], ids: Ids, id_: str) -> list[str]:
    """The function that takes back the values of these types that were saved last; `popped`: its first result is the
    last one. It may call others, of these ids."""
    if types[0] in SAVED_REFERENCES:
        return release_text(types[0], ids)
    order = -1 if popped else 1
    lines = [f"(func {id_} (result {' '.join(types[::order])})"]
    if parts:
        return [*lines, *(f"  (call {part})" for part in reversed(parts)), ")"]
    lines.append(f"  (local $position {ids.address})")
    back, values = restoring(types, ids, ids.pointer, "$position")
    return [*lines, *(f"  {line}" for line in [*back, *values[::order]]), ")"]


def _leave_text(ids: Ids, id_: str) -> list[str]:
    """The function that saves so many bytes that nobody will read, in lines. It writes nothing, so it is careful with
    the sum."""
    address, position = ids.address, "$position"
    return [
        f"(func {id_} (param $bytes {address})",
        f"  (local {position} {address})",
        f"  (local.set {position} {ids.position()})",
        f"  (if ({address}.lt_u ({address}.sub {ids.end()}",
        f"                         (local.get {position}))",
        "                (local.get $bytes))",
        "    (then (unreachable)))",
        *(f"  {line}" for line in moved("(local.get $bytes)", ids, ids.pointer, position)),
        ")",
    ]
