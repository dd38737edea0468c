"""The functions and globals that every rewritten module gets: the state, the control functions, saving and restoring.

The state is three globals of which one is 1 and two are 0 (`normal` at first), and the pointer to the data structure
(names.py) of the stack that is being unwound or rewound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import names


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of what is added, each its first choice where the module does not use that."""

    normal: str
    unwinding: str
    rewinding: str
    data: str
    address: str  # the type of an address in the memory that holds the frames
    save: dict[str, str]  # by value type
    restore: dict[str, str]


def globals_text(ids: Ids) -> list[str]:
    """The state, in lines."""
    return [
        f"(global {ids.normal} (mut i32) (i32.const 1))",
        f"(global {ids.unwinding} (mut i32) (i32.const 0))",
        f"(global {ids.rewinding} (mut i32) (i32.const 0))",
        f"(global {ids.data} (mut {ids.address}) ({ids.address}.const 0))",
    ]


def _position(ids: Ids) -> str:
    return f"({ids.address}.load (global.get {ids.data}))"


def _end(ids: Ids) -> str:
    return f"({ids.address}.load offset={names.SAVED_SIZES[ids.address]} (global.get {ids.data}))"


def control_text(name: str, id_: str, exports: Iterable[str], ids: Ids) -> list[str]:
    """One control function, `name` as in names.CONTROL_FUNCTIONS, in lines.

    `exports` are string literals. `start_*` and `stop_*` trap if the stack's position is behind its end, as the
    article says.
    """
    lines = [f"(func {id_}"]
    for export in exports:
        last = f"{lines[-1]} (export {export})"
        lines[-1:] = [last] if len(last) < 78 else [lines[-1], f"  (export {export})"]
    if name == "get_state":
        return [
            *lines,
            "  (result i32)",
            f"  (i32.add (global.get {ids.unwinding})",
            f"           (i32.mul (i32.const {names.REWINDING}) (global.get {ids.rewinding})))",
            ")",
        ]
    if name in names.TAKES_DATA:
        lines += [f"  (param $data {ids.address})", f"  (global.set {ids.data} (local.get $data))"]
    state = {"start_unwind": ids.unwinding, "start_rewind": ids.rewinding}.get(name, ids.normal)
    for each in (ids.normal, ids.unwinding, ids.rewinding):
        lines.append(f"  (global.set {each} (i32.const {int(each == state)}))")
    return [
        *lines,
        f"  (if ({ids.address}.gt_u {_position(ids)}",
        f"                {_end(ids)})",
        "    (then (unreachable)))",
        ")",
    ]


def save_text(type_: str, ids: Ids) -> list[str]:
    """The function that saves a value: at the stack's position, once it is known to fit there, in lines."""
    size = names.SAVED_SIZES[type_]
    address = ids.address
    align = "align=4 " if size > 4 else ""
    return [
        f"(func {ids.save[type_]} (param $value {type_})",
        f"  (local $position {address})",
        f"  (local.set $position {_position(ids)})",
        f"  (if ({address}.lt_u ({address}.sub {_end(ids)}",
        "                         (local.get $position))",
        f"                ({address}.const {size}))",
        "    (then (unreachable)))",
        f"  ({type_}.store {align}(local.get $position) (local.get $value))",
        f"  ({address}.store (global.get {ids.data})",
        f"             ({address}.add (local.get $position) ({address}.const {size})))",
        ")",
    ]


def restore_text(type_: str, ids: Ids) -> list[str]:
    """The function that takes back the value saved last, in lines."""
    size = names.SAVED_SIZES[type_]
    address = ids.address
    align = "align=4 " if size > 4 else ""
    return [
        f"(func {ids.restore[type_]} (result {type_})",
        f"  (local $position {address})",
        "  (local.set $position",
        f"    ({address}.sub {_position(ids)} ({address}.const {size})))",
        f"  ({address}.store (global.get {ids.data}) (local.get $position))",
        f"  ({type_}.load {align}(local.get $position))",
        ")",
    ]
