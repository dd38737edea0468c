"""The functions and globals that every rewritten module gets: the state, the control functions, what pause points call.

The state is three globals of which one is 1 and two are 0 (`normal` at first), or one global where modules share it or
the result is optimized and jumps; and the pointer to the data structure (names.py) of the stack that is being unwound
or rewound.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import names
from .ids import Ids


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


def control_text(name: str, id_: str, exports: Iterable[str], ids: Ids, checks: Iterable[str] = ()) -> list[str]:
    """One control function, `name` as in names.CONTROL_FUNCTIONS or names.FUEL_FUNCTIONS, in lines.

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
    return f"(call_indirect {ids.observer} (param i32 {ids.address}) (i32.const {number}) {ids.pointer} (i32.const 0))"


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
        f"(if ({ids.address}.gt_u {ids.position()}",
        f"              {ids.end()})",
        "  (then (unreachable)))",
    ]


def peek_text(ids: Ids) -> list[str]:
    """The function that tells the i32 that was saved last, in lines."""
    return [
        f"(func {ids.peek} (result i32)",
        f"  (i32.load {ids.memory}({ids.address}.sub {ids.position()} ({ids.address}.const 4)))",
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
        lines.append(f"  (if ({ids.address}.eqz {ids.pointer}) (then (unreachable)))")
    return [*lines, f"  (call {controls['start_unwind']} {ids.pointer})", ")"]


def own_memory_text(id_: str, exports: Iterable[str], pages: int) -> list[str]:
    """A memory for the frames, with a data structure at 0 for as many as it can hold, in lines."""
    exported = "".join(f" (export {export})" for export in exports)
    end = pages << 16
    structure = "".join(f"\\{byte:02x}" for number in (8, end) for byte in number.to_bytes(4, "little"))
    return [f"(memory {id_}{exported} {pages})", f'(data (memory {id_}) (i32.const 0) "{structure}")']
