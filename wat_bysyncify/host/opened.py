"""A binary module -> the same module with what a host must reach: its start function, and for snapshots all it has.

    (start 3)                       (export "host func 3" (func 3))
                                    (export "host global 0" (global 0)) ...

A start function cannot be paused, for it runs before there is an instance to call again; an export can, and is called
when the instance is there. Whether code has dropped a segment, nobody tells: there are functions that find out, for
taking nothing from behind the first byte traps where there is none, and functions that drop it.

    (func (export "host data 2")  (memory.init 2 (i32.const 0) (i32.const 1) (i32.const 0)))
    (func (export "drop data 2")  (data.drop 2))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..script.interface import Interface, Reader
from ..sections import joined, leb, name_bytes, sections
from . import binary
from .binary import Segment

_CODES = {"func": 0, "table": 1, "memory": 2, "global": 3}


@dataclass(frozen=True, slots=True)
class Opened:
    """The module, and by kind and index the names of its exports; those of `start`, and of the functions for each
    segment that code may drop: to find out, and to drop. `hidden` are the names that were added."""

    wasm: bytes
    names: dict[tuple[str, int], str]
    start: str | None
    segments: dict[Segment, tuple[str, str]]
    hidden: frozenset[str]


def opened(wasm: bytes, interface: Interface, wanted: Iterable[tuple[str, int]], segments: bool) -> Opened:
    """The module with exports of what is wanted, by kind and index, and functions for its `segments`."""
    parts = [(section.number, wasm[section.start : section.end]) for section in sections(wasm)]
    names = {where: name for name, where in interface.indices.items()}
    added: list[tuple[str, str, int]] = []  # name, kind, index

    def export(kind: str, index: int, said: str) -> str:
        name = said
        while name in interface.indices:
            name += "'"
        added.append((name, kind, index))
        return name

    start = None
    for number, content in parts:
        if number == binary.START:
            index = Reader(content, 0).number()
            start = names.get(("func", index)) or export("func", index, "host start")
    for kind, index in wanted:
        if (kind, index) not in names:
            names[kind, index] = export(kind, index, f"host {kind} {index}")
    found: dict[Segment, tuple[str, str]] = {}
    bodies: list[bytes] = []
    for segment in binary.passive_segments(wasm) if segments else []:
        codes = _probe(segment, interface)
        if not segment.length or codes is None:
            continue
        count = len(interface.spaces["func"]) + len(bodies)
        found[segment] = (
            export("func", count, f"host {segment.kind} {segment.index}"),
            export("func", count + 1, f"drop {segment.kind} {segment.index}"),
        )
        bodies += codes
    parts = [part for part in parts if part[0] != binary.START or start is None]
    if bodies:
        parts = _more(parts, binary.TYPE, 1, b"\x60\0\0")
        parts = _more(parts, binary.FUNCTION, len(bodies), leb(len(interface.composites)) * len(bodies))
        parts = _more(parts, binary.CODE, len(bodies), b"".join(leb(len(body)) + body for body in bodies))
    if added:
        exports = (name_bytes(name) + bytes([_CODES[kind]]) + leb(index) for name, kind, index in added)
        parts = _more(parts, binary.EXPORT, len(added), b"".join(exports))
    return Opened(joined(parts), names, start, found, frozenset(name for name, _, _ in added))


def _more(parts: list[tuple[int, bytes]], number: int, count: int, content: bytes) -> list[tuple[int, bytes]]:
    """The sections with so many items more, as bytes, in one that there is: a module that can pause has them all."""
    out = []
    for part in parts:
        if part[0] == number:
            reader = Reader(part[1], 0)
            before = reader.number()
            out.append((number, leb(before + count) + part[1][reader.position :] + content))
        else:
            out.append(part)
    return out


def _probe(segment: Segment, interface: Interface) -> tuple[bytes, bytes] | None:
    """The code of the two functions of a segment; None for elements that no table of the module takes."""
    index, zero, one = leb(segment.index), b"\x41\0", b"\x41\1"
    if segment.kind == "data":
        space, target, take, drop = "memory", 0, b"\xfc\x08" + index + b"\0", b"\xfc\x09" + index
    else:
        tables = interface.spaces["table"]
        fits = [number for number, type_ in enumerate(tables) if type_ in (segment.type, _nullable(segment.type))]
        if not fits:
            return None
        space, target = "table", fits[0]
        take, drop = b"\xfc\x0c" + index + leb(target), b"\xfc\x0d" + index
    is_64 = space == "memory" and interface.spaces["memory"][target] == "i64"
    start = b"\x42\0" if is_64 else zero
    return b"\0" + start + one + zero + take + b"\x0b", b"\0" + drop + b"\x0b"


def _nullable(type_: str) -> str:
    return type_ if type_.startswith("(ref null") else type_.replace("(ref ", "(ref null ")
