"""The text that saves values at the stack's position, and takes them back: in functions that do it for others
(helpers.py), or in one that does it itself (framecode.py).

    (local.set $position (i32.load (global.get $data)))
    (if (i32.ge_u (i32.add (local.get $position) (i32.const 11))
                  (i32.load offset=4 (global.get $data)))
      (then (unreachable)))
    (i32.store (local.get $position) (local.get $x))
    (i64.store offset=4 align=4 (local.get $position) (local.get $y))
    (i32.store (global.get $data)
               (i32.add (local.get $position) (i32.const 12)))
"""

from __future__ import annotations

from collections.abc import Sequence

from .ids import Ids
from .names import SAVED_SIZES


def saving(
    types: Sequence[str], values: Sequence[str], ids: Ids, data: str, position: str, known: str = ""
) -> list[str]:
    """The lines that save values, given as text; room is left for those that are "", which the last is not (see
    `_room`). `data` is the text of the pointer to the data structure, `position` a local for the stack's position, and
    `known` the text of that where it need not be loaded."""
    size, offsets = _offsets(types)
    count = f"({ids.address}.const {size})"
    lines = _room(size, ids, data, position, known or ids.position(data))
    for value, type_, offset in zip(values, types, offsets, strict=True):
        if value:
            lines.append(f"({type_}.store {ids.memory}{offset}(local.get {position}) {value})")
    return [*lines, *moved(count, ids, data, position)]


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


def _room(size: int, ids: Ids, data: str, position: str, found: str) -> list[str]:
    """The lines that find the stack's position, and trap if `size` bytes do not fit, of which the last is then written.

    That is so if the last byte is at the end or behind it. Its address may be that of the last byte of all there are;
    where the sum is past that, it is the writing that traps.
    """
    address = ids.address
    return [
        f"(local.set {position} {found})",
        f"(if ({address}.ge_u ({address}.add (local.get {position}) ({address}.const {size - 1}))",
        f"              {ids.end(data)})",
        "  (then (unreachable)))",
    ]


def position_behind(types: Sequence[str], ids: Ids, position: str) -> str:
    """The text of the stack's position behind saved values of these types; `position` is the local that has it before
    them."""
    return f"({ids.address}.add (local.get {position}) ({ids.address}.const {_offsets(types)[0]}))"


def moved(size: str, ids: Ids, data: str, position: str) -> list[str]:
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
        align = "align=4 " if SAVED_SIZES[type_] > 4 else ""
        found.append((f"offset={size} " if size else "") + align)
        size += SAVED_SIZES[type_]
    return size, found
