"""The functions and globals that every rewritten module gets: the state, the control functions, saving and restoring.

The state is three globals of which one is 1 and two are 0 (`normal` at first), or one global where modules share it or
the result is optimized and jumps; and the pointer to the data structure (names.py) of the stack that is being unwound
or rewound.

References cannot go to memory. Each is put into a free slot of a table, and the number of the slot goes to memory, 0
for null. A free slot holds null. Slots are taken in turn, round and round, in a table of which at least half is free:
so a free one is found in a few steps, however many stacks are paused and in whatever order they resume.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from . import names
from .ids import Ids
from .reftypes import heap_type


def globals_text(ids: Ids, shared: bool) -> list[str]:
    """The state, in lines; `shared`: its globals are exported, for other modules."""

    def exported(name: str) -> str:
        return "".join(f' (export "__{prefix}_{name}")' for prefix in ids.prefixes) if shared else ""

    data = f"(global {ids.data}{exported('data')} (mut {ids.address}) ({ids.address}.const 0))"
    if ids.state:
        return [f"(global {ids.state}{exported('state')} (mut i32) (i32.const 0))", data]
    return [
        f"(global {ids.normal} (mut i32) (i32.const 1))",
        f"(global {ids.unwinding} (mut i32) (i32.const 0))",
        f"(global {ids.rewinding} (mut i32) (i32.const 0))",
        data,
    ]


def _data(ids: Ids) -> str:
    return f"(global.get {ids.data})"


def _position(ids: Ids, data: str) -> str:
    return f"({ids.address}.load {ids.memory}{data})"


def _end(ids: Ids, data: str) -> str:
    return f"({ids.address}.load {ids.memory}offset={names.SAVED_SIZES[ids.address]} {data})"


def control_text(name: str, id_: str, exports: Iterable[str], ids: Ids, checks: Iterable[str] = ()) -> list[str]:
    """One control function, `name` as in names.CONTROL_FUNCTIONS, in lines.

    `exports` are string literals, `checks` the lines that come before all else. `start_*` and `stop_*` trap if the
    stack's position is behind its end, as the article says.
    """
    lines = [f"(func {id_}"]
    for export in exports:
        last = f"{lines[-1]} (export {export})"
        lines[-1:] = [last] if len(last) < 78 else [lines[-1], f"  (export {export})"]
    if name == "get_state" and ids.state:
        return [*lines, "  (result i32)", f"  (global.get {ids.state})", ")"]
    if name == "get_state":
        return [
            *lines,
            "  (result i32)",
            f"  (i32.add {ids.is_unwinding}",
            f"           (i32.mul (i32.const {names.REWINDING}) {ids.is_rewinding}))",
            ")",
        ]
    if name == "set_fuel":
        return [
            *lines,
            "  (param $points i32)",
            f"  (global.set {ids.fuel} (local.get $points))",
            f"  (global.set {ids.limited} (i32.ge_s (local.get $points) (i32.const 0)))",
            ")",
        ]
    if name in names.TAKES_DATA:
        lines += [f"  (param $data {ids.address})"]
    lines += [f"  {line}" for line in checks]
    if name in names.TAKES_DATA:
        lines += [f"  (global.set {ids.data} (local.get $data))"]
    if name == "set_data":
        return [*lines, ")"]
    if ids.observer:
        lines += [f"  {observed(name, ids)}"]
    return [*lines, *(f"  {line}" for line in [*set_state(name, ids), *_in_bounds(ids)]), ")"]


def observer_text(ids: Ids) -> list[str]:
    """The table in which a host puts the function that is told what control functions do, in lines."""
    exports = "".join(f' (export "{prefix}_{names.OBSERVER}")' for prefix in ids.prefixes)
    return [f"(table {ids.observer}{exports} 1 funcref)"]


def observed(name: str, ids: Ids) -> str:
    """The call that tells which control function is called, by its number, and with which pointer."""
    number = names.CONTROL_FUNCTIONS.index(name)
    return (
        f"(call_indirect {ids.observer} (param i32 {ids.address})"
        f" (i32.const {number}) (global.get {ids.data}) (i32.const 0))"
    )


def set_state(name: str, ids: Ids) -> list[str]:
    """How one of the control functions changes the state, in lines."""
    state = {"start_unwind": names.UNWINDING, "start_rewind": names.REWINDING}.get(name, 0)
    if ids.state:
        return [f"(global.set {ids.state} (i32.const {state}))"]
    each = enumerate((ids.normal, ids.unwinding, ids.rewinding))
    return [f"(global.set {global_} (i32.const {int(number == state)}))" for number, global_ in each]


def _in_bounds(ids: Ids) -> list[str]:
    """The lines that trap if the stack's position is behind its end."""
    return [
        f"(if ({ids.address}.gt_u {_position(ids, _data(ids))}",
        f"              {_end(ids, _data(ids))})",
        "  (then (unreachable)))",
    ]


def peek_text(ids: Ids) -> list[str]:
    """The function that tells the i32 that was saved last, in lines."""
    return [
        f"(func {ids.peek} (result i32)",
        f"  (i32.load {ids.memory}({ids.address}.sub {_position(ids, _data(ids))} ({ids.address}.const 4)))",
        ")",
    ]


def fuel_globals(ids: Ids) -> list[str]:
    """How many pause points are passed before one pauses, and whether anyone has said so, in lines."""
    return [
        f"(global {ids.fuel} (mut i32) (i32.const -1))",
        f"(global {ids.limited} (mut i32) (i32.const 0))",
    ]


def out_of_fuel_text(ids: Ids, controls: dict[str, str]) -> list[str]:
    """The function that pause points call when there is no fuel, in lines.

    It calls the import that pauses, or without one unwinds by itself, with the control functions of these ids, to the
    data structure that is known; it traps if none can be.
    """
    lines = [
        f"(func {ids.out_of_fuel}",
        f"  (if (i32.eqz (i32.or {ids.is_rewinding} (global.get {ids.limited})))",
        "    (then",
        f"      (global.set {ids.fuel} (i32.const -1))",
        "      (return)))",
    ]
    if ids.pause:
        return [*lines, f"  (call {ids.pause})", ")"]
    lines += [f"  (if {ids.is_rewinding}", f"    (then (return (call {controls['stop_rewind']}))))"]
    if not ids.frames:
        lines.append(f"  (if ({ids.address}.eqz (global.get {ids.data})) (then (unreachable)))")
    return [*lines, f"  (call {controls['start_unwind']} (global.get {ids.data}))", ")"]


def own_memory_text(id_: str, exports: Iterable[str], pages: int) -> list[str]:
    """A memory for the frames, with a data structure at 0 for as many as it can hold, in lines."""
    exported = "".join(f" (export {export})" for export in exports)
    end = pages << 16
    structure = "".join(f"\\{byte:02x}" for number in (8, end) for byte in number.to_bytes(4, "little"))
    return [f"(memory {id_}{exported} {pages})", f'(data (memory {id_}) (i32.const 0) "{structure}")']


def save_text(types: Sequence[str], ids: Ids, id_: str) -> list[str]:
    """The function that saves values of these types: at the stack's position, once it is known that they fit there, in
    lines."""
    if types[0] in names.SAVED_REFERENCES:
        return _hold_text(types[0], ids)
    values = ["$value"] if len(types) == 1 else [f"$value_{number}" for number in range(1, len(types) + 1)]
    lines = [f"(func {id_}"]
    for value, type_ in zip(values, types, strict=True):
        if len(lines[-1]) < 60:
            lines[-1] += f" (param {value} {type_})"
        else:
            lines.append(f"  (param {value} {type_})")
    lines.append(f"  (local $position {ids.address})")
    words = [f"(local.get {value})" for value in values]
    return [*lines, *(f"  {line}" for line in saving(types, words, ids, _data(ids), "$position")), ")"]


def saving(
    types: Sequence[str], values: Sequence[str], ids: Ids, data: str, position: str, known: str = ""
) -> list[str]:
    """The lines that save values, given as text. `data` is the text of the pointer to the data structure, `position` a
    local for the stack's position, and `known` the text of that where it need not be loaded."""
    size, offsets = _offsets(types)
    count = f"({ids.address}.const {size})"
    lines = _room(count, ids, data, position, known or _position(ids, data))
    for value, type_, offset in zip(values, types, offsets, strict=True):
        lines.append(f"({type_}.store {ids.memory}{offset}(local.get {position}) {value})")
    return [*lines, *_moved(count, ids, data, position)]


def restore_text(types: Sequence[str], ids: Ids, id_: str) -> list[str]:
    """The function that takes back the values of these types that were saved last, in lines."""
    if types[0] in names.SAVED_REFERENCES:
        return _release_text(types[0], ids)
    lines, values = restoring(types, ids, _data(ids), "$position")
    return [
        f"(func {id_} (result {' '.join(types)})",
        f"  (local $position {ids.address})",
        *(f"  {line}" for line in [*lines, *values]),
        ")",
    ]


def restoring(types: Sequence[str], ids: Ids, data: str, position: str) -> tuple[list[str], list[str]]:
    """The lines that go back to the values of these types that were saved last, and the text of each value then."""
    address = ids.address
    size, offsets = _offsets(types)
    lines = [
        f"(local.set {position}",
        f"  ({address}.sub {_position(ids, data)} ({address}.const {size})))",
        f"({address}.store {ids.memory}{data} (local.get {position}))",
    ]
    values = zip(types, offsets, strict=True)
    return lines, [f"({type_}.load {ids.memory}{offset}(local.get {position}))" for type_, offset in values]


def _room(size: str, ids: Ids, data: str, position: str, found: str) -> list[str]:
    """The lines that find the stack's position, and trap if `size` bytes, which are then written, do not fit there.

    Where the sum is past all addresses, at the end of a memory that has them all, it is the writing that traps.
    """
    address = ids.address
    return [
        f"(local.set {position} {found})",
        f"(if ({address}.gt_u ({address}.add (local.get {position}) {size})",
        f"              {_end(ids, data)})",
        "  (then (unreachable)))",
    ]


def loaded_position(ids: Ids) -> str:
    """The text of the stack's position, from memory."""
    return _position(ids, _data(ids))


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


def leave_room_text(ids: Ids, id_: str) -> list[str]:
    """The function that saves so many bytes that nobody will read, in lines. It writes nothing, so it is careful with
    the sum."""
    address, data, position = ids.address, _data(ids), "$position"
    return [
        f"(func {id_} (param $bytes {address})",
        f"  (local {position} {address})",
        f"  (local.set {position} {_position(ids, data)})",
        f"  (if ({address}.lt_u ({address}.sub {_end(ids, data)}",
        f"                         (local.get {position}))",
        "                (local.get $bytes))",
        "    (then (unreachable)))",
        *(f"  {line}" for line in _moved("(local.get $bytes)", ids, data, position)),
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
