"""The segments of a binary module that its code may drop (spec, "Binary Format / Modules").

The module is one that wasmtime has compiled; nothing is checked again.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..script.interface import Reader
from ..sections import sections

TYPE, FUNCTION, EXPORT, START, ELEMENT, CODE, DATA = 1, 3, 7, 8, 9, 10, 11
_FUNCREF = "(ref null func)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that is dropped only by code: `kind` data or elem, `type` that of the elements."""

    kind: str
    index: int
    length: int
    type: str = ""


def passive_segments(wasm: bytes) -> list[Segment]:
    """The segments that code may drop."""
    found = []
    for section in sections(wasm):
        reader = Reader(wasm, section.start)
        if section.number == DATA:
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
        elif section.number == ELEMENT:
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
