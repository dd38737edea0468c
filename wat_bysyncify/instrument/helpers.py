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

References cannot go to memory. Each is put into a free slot of a table, and the number of the slot goes to memory, 0
for null. A free slot holds null. Slots are taken in turn, round and round, in a table of which at least half is free:
so a free one is found in a few steps, however many stacks are paused and in whatever order they resume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from . import names
from .ids import Ids
from .layout import call_lines
from .reftypes import heap_type

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
    if types[0] in names.SAVED_REFERENCES:
        return _hold_text(types[0], ids)
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


def saving(
    types: Sequence[str], values: Sequence[str], ids: Ids, data: str, position: str, known: str = ""
) -> list[str]:
    """The lines that save values, given as text; room is left for those that are "", which the last is not (see
    `_room`). `data` is the text of the pointer to the data structure, `position` a local for the stack's position, and
    `known` the text of that where it need not be loaded."""
    size, offsets = _offsets(types)
    count = f"({ids.address}.const {size})"
    lines = _room(count, ids, data, position, known or ids.position(data))
    for value, type_, offset in zip(values, types, offsets, strict=True):
        if value:
            lines.append(f"({type_}.store {ids.memory}{offset}(local.get {position}) {value})")
    return [*lines, *_moved(count, ids, data, position)]


def _restore_text(types: Sequence[str], popped: bool, parts: Sequence[str], ids: Ids, id_: str) -> list[str]:
    """The function that takes back the values of these types that were saved last; `popped`: its first result is the
    last one. It may call others, of these ids."""
    if types[0] in names.SAVED_REFERENCES:
        return _release_text(types[0], ids)
    order = -1 if popped else 1
    lines = [f"(func {id_} (result {' '.join(types[::order])})"]
    if parts:
        return [*lines, *(f"  (call {part})" for part in reversed(parts)), ")"]
    lines.append(f"  (local $position {ids.address})")
    back, values = restoring(types, ids, ids.pointer, "$position")
    return [*lines, *(f"  {line}" for line in [*back, *values[::order]]), ")"]


def restoring(types: Sequence[str], ids: Ids, data: str, position: str) -> tuple[list[str], list[str]]:
    """The lines that go back to the values of these types that were saved last, and the text of each value then."""
    address = ids.address
    size, offsets = _offsets(types)
    lines = [
        f"(local.set {position}",
        f"  ({address}.sub {ids.position(data)} ({address}.const {size})))",
        f"({address}.store {ids.memory}{data} (local.get {position}))",
    ]
    values = zip(types, offsets, strict=True)
    return lines, [f"({type_}.load {ids.memory}{offset}(local.get {position}))" for type_, offset in values]


def _room(size: str, ids: Ids, data: str, position: str, found: str) -> list[str]:
    """The lines that find the stack's position, and trap if `size` bytes do not fit, of which the last is then written.

    Where the sum is past all addresses, at the end of a memory that has them all, it is the writing that traps.
    """
    address = ids.address
    return [
        f"(local.set {position} {found})",
        f"(if ({address}.gt_u ({address}.add (local.get {position}) {size})",
        f"              {ids.end(data)})",
        "  (then (unreachable)))",
    ]


def position_behind(types: Sequence[str], ids: Ids, position: str) -> str:
    """The text of the stack's position behind saved values of these types; `position` is the local that has it before
    them."""
    return f"({ids.address}.add (local.get {position}) ({ids.address}.const {_offsets(types)[0]}))"


def _moved(size: str, ids: Ids, data: str, position: str) -> list[str]:
    """The lines that move the stack's position `size` bytes on."""
    address = ids.address
    return [
        f"({address}.store {ids.memory}{data}",
        f"           ({address}.add (local.get {position}) {size}))",
    ]


def _offsets(types: Sequence[str]) -> tuple[int, list[str]]:
    """How many bytes values of these types take, and the text of where each is."""
    size = 0
    found = []
    for type_ in types:
        align = "align=4 " if names.SAVED_SIZES[type_] > 4 else ""
        found.append((f"offset={size} " if size else "") + align)
        size += names.SAVED_SIZES[type_]
    return size, found


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
        *(f"  {line}" for line in _moved("(local.get $bytes)", ids, ids.pointer, position)),
        ")",
    ]


def table_text(type_: str, ids: Ids) -> list[str]:
    """The table for references of a type, with its globals, in lines."""
    return [
        f"(table {ids.tables[type_]} 8 {type_})",
        f"(global {ids.last_slot[type_]} (mut i32) (i32.const 0))",
        f"(global {ids.slot_count[type_]} (mut i32) (i32.const 0))",
    ]


def _hold_text(type_: str, ids: Ids) -> list[str]:
    table, next_, count = ids.tables[type_], ids.last_slot[type_], ids.slot_count[type_]
    null = f"(ref.null {heap_type(type_)})"
    return [
        f"(func {ids.save[type_]} (param $value {type_})",
        "  (if (ref.is_null (local.get $value))",
        f"    (then (return (call {ids.save['i32']} (i32.const 0)))))",
        f"  (if (i32.ge_u (i32.add (i32.mul (global.get {count}) (i32.const 2)) (i32.const 2))",
        f"                (table.size {table}))",
        "    (then",
        f"      (if (i32.eq (table.grow {table} {null} (table.size {table}))",
        "                  (i32.const -1))",
        "        (then (unreachable)))))",
        "  (loop $taken",
        f"    (global.set {next_} (i32.rem_u (i32.add (global.get {next_}) (i32.const 1))",
        f"                                   (table.size {table})))",
        f"    (br_if $taken (i32.eqz (global.get {next_})))",
        f"    (br_if $taken (i32.eqz (ref.is_null (table.get {table} (global.get {next_}))))))",
        f"  (call {ids.save['i32']} (global.get {next_}))",
        f"  (table.set {table} (global.get {next_}) (local.get $value))",
        f"  (global.set {count} (i32.add (global.get {count}) (i32.const 1)))",
        ")",
    ]


def _release_text(type_: str, ids: Ids) -> list[str]:
    table, count = ids.tables[type_], ids.slot_count[type_]
    null = f"(ref.null {heap_type(type_)})"
    return [
        f"(func {ids.restore[type_]} (result {type_})",
        "  (local $slot i32)",
        f"  (local $value {type_})",
        f"  (local.set $slot (call {ids.restore['i32']}))",
        "  (if (i32.eqz (local.get $slot))",
        f"    (then (return {null})))",
        f"  (local.set $value (table.get {table} (local.get $slot)))",
        f"  (table.set {table} (local.get $slot) {null})",
        f"  (global.set {count} (i32.sub (global.get {count}) (i32.const 1)))",
        "  (local.get $value)",
        ")",
    ]
