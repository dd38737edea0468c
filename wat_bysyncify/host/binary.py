"""A binary module as sections, and the segments that its code may drop (spec, "Binary Format / Modules").

The module is one that wasmtime has compiled; nothing is checked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..script.interface import Reader

TYPE, FUNCTION, EXPORT, START, ELEMENT, CODE, DATA = 1, 3, 7, 8, 9, 10, 11
_FUNCREF = "(ref null func)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that is dropped only by code: `kind` data or elem, `type` that of the elements."""

    kind: str
    index: int
    length: int
    type: str = ""


def sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the content of each section, in order."""
    reader = Reader(wasm, 8)
    while reader.position < len(wasm):
        number = reader.byte()
        length = reader.number()
        yield number, wasm[reader.position : reader.position + length]
        reader.position += length


def joined(parts: Iterator[tuple[int, bytes]] | list[tuple[int, bytes]]) -> bytes:
    """A module of these sections."""
    return b"\0asm\1\0\0\0" + b"".join(bytes([number]) + leb(len(content)) + content for number, content in parts)


def leb(number: int) -> bytes:
    """A number in LEB128, unsigned."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def name_bytes(name: str) -> bytes:
    """A name as it stands in a module."""
    encoded = name.encode()
    return leb(len(encoded)) + encoded


def passive_segments(wasm: bytes) -> list[Segment]:
    """The segments that code may drop."""
    found = []
    for number, content in sections(wasm):
        reader = Reader(content, 0)
        if number == DATA:
            for index in range(reader.number()):
                mode = reader.number()
                if mode == 2:
                    reader.number()
                if mode != 1:
                    reader.skip_expr()
                length = reader.number()
                reader.position += length
                if mode == 1:
                    found.append(Segment("data", index, length))
        elif number == ELEMENT:
            for index in range(reader.number()):
                mode = reader.number()
                if mode & 1 == 0:
                    if mode & 2:
                        reader.number()
                    reader.skip_expr()
                type_ = "(ref func)"
                if mode & 3 and mode & 4:
                    type_ = reader.value_type()
                elif mode & 3:
                    reader.byte()
                elif mode & 4:
                    type_ = _FUNCREF
                length = reader.number()
                for _ in range(length):
                    if mode & 4:
                        reader.skip_expr()
                    else:
                        reader.number()
                if mode & 3 == 1:
                    found.append(Segment("elem", index, length, type_))
    return found
