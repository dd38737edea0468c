"""A binary module as sections, and numbers and names as they stand there (spec, "Binary Format").

The module is one that is valid; nothing is checked again. script/interface.py reads what is in sections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .script.interface import Reader

HEADER = b"\0asm\1\0\0\0"


class Section(NamedTuple):
    """A section: its number, where its bytes begin, where its content does, and where both end."""

    number: int
    begin: int
    start: int
    end: int


def sections(wasm: bytes) -> Iterator[Section]:
    """The sections of a module, in order."""
    reader = Reader(wasm, len(HEADER))
    while (begin := reader.position) < len(wasm):
        number, size = reader.byte(), reader.number()
        yield Section(number, begin, reader.position, reader.position + size)
        reader.position += size


def section_bytes(number: int, content: bytes) -> bytes:
    """A section with its head."""
    return bytes([number]) + leb(len(content)) + content


def joined(parts: Iterable[tuple[int, bytes]]) -> bytes:
    """A module of these sections, given by number and content."""
    return HEADER + b"".join(section_bytes(number, content) for number, content in parts)


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
