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
    memory: str  # how a load or store names the memory: "" for the only one, "$id " otherwise
    save: dict[str, str]  # by value type
    restore: dict[str, str]


def globals_text(ids: Ids) -> list[str]:
    """The state, in lines."""
    return [
        f"(global {ids.normal} (mut i32) (i32.const 1))",
        f"(global {ids.unwinding} (mut i32) (i32.const 0))",
        f"(global {ids.rewinding} (mut i32) (i32.const 0))",
        f"(global {ids.data} (mut i32) (i32.const 0))",
    ]


def control_text(name: str, id_: str, exports: Iterable[str], ids: Ids) -> list[str]:
    """One control function, `name` as in names.CONTROL_FUNCTIONS, in lines.

    `start_*` and `stop_*` trap if the stack's position is behind its end, as the article says.
    """
    lines = [f"(func {id_}"]
    for export in exports:
        last = f'{lines[-1]} (export "{export}")'
        lines[-1:] = [last] if len(last) < 78 else [lines[-1], f'  (export "{export}")']
    if name == "get_state":
        return [
            *lines,
            "  (result i32)",
            f"  (i32.add (global.get {ids.unwinding})",
            f"           (i32.mul (i32.const {names.REWINDING}) (global.get {ids.rewinding})))",
            ")",
        ]
    if name in names.TAKES_DATA:
        lines += ["  (param $data i32)", f"  (global.set {ids.data} (local.get $data))"]
    state = {"start_unwind": ids.unwinding, "start_rewind": ids.rewinding}.get(name, ids.normal)
    for each in (ids.normal, ids.unwinding, ids.rewinding):
        lines.append(f"  (global.set {each} (i32.const {int(each == state)}))")
    return [
        *lines,
        f"  (if (i32.gt_u (i32.load {ids.memory}(global.get {ids.data}))",
        f"                (i32.load {ids.memory}offset=4 (global.get {ids.data})))",
        "    (then (unreachable)))",
        ")",
    ]


def save_text(type_: str, ids: Ids) -> list[str]:
    """The function that saves a value: at the stack's position, once it is known to fit there, in lines."""
    size = names.SAVED_SIZES[type_]
    store = "v128.store" if type_ == "v128" else f"{type_}.store"
    return [
        f"(func {ids.save[type_]} (param $value {type_})",
        "  (local $position i32)",
        f"  (local.set $position (i32.load {ids.memory}(global.get {ids.data})))",
        f"  (if (i32.lt_u (i32.sub (i32.load {ids.memory}offset=4 (global.get {ids.data}))",
        "                         (local.get $position))",
        f"                (i32.const {size}))",
        "    (then (unreachable)))",
        f"  ({store} {ids.memory}align=4 (local.get $position) (local.get $value))"
        if size > 4
        else f"  ({store} {ids.memory}(local.get $position) (local.get $value))",
        f"  (i32.store {ids.memory}(global.get {ids.data})",
        f"             (i32.add (local.get $position) (i32.const {size})))",
        ")",
    ]


def restore_text(type_: str, ids: Ids) -> list[str]:
    """The function that takes back the value saved last, in lines."""
    size = names.SAVED_SIZES[type_]
    align = "align=4 " if size > 4 else ""
    return [
        f"(func {ids.restore[type_]} (result {type_})",
        "  (local $position i32)",
        "  (local.set $position",
        f"    (i32.sub (i32.load {ids.memory}(global.get {ids.data})) (i32.const {size})))",
        f"  (i32.store {ids.memory}(global.get {ids.data}) (local.get $position))",
        f"  ({type_}.load {ids.memory}{align}(local.get $position))",
        ")",
    ]
