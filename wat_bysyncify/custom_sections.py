"""Custom sections of a binary, put into another of the same module: text does not hold them.

    old:  dylink.0, type, import, .., code, name, producers, target_features
    new:  type, import, .., code, name                                          ->
          dylink.0, type, import, .., code, name, producers, target_features

The names stay the new ones; what tells about places in the code is left out, for the code has moved.
"""

from __future__ import annotations

from collections.abc import Iterator

_CUSTOM = 0
_LABELS = 3  # the subsection of names that most tools do not know, and warn about
_ABOUT_PLACES = ("name", "linking", "reloc.", ".debug_", "sourceMappingURL", "external_debug_info")
_HEADER = 8


def with_custom_sections(new: bytes, old: bytes) -> bytes:
    """`new` with the custom sections of `old`, and without the names of labels. Both are binaries that are valid."""
    before: list[bytes] = []
    behind: list[bytes] = []
    for number, name, section in _sections(old):
        if number != _CUSTOM:
            before, behind = before + behind, []
        elif not name.startswith(_ABOUT_PLACES):
            behind.append(section)
    # what stands between sections goes before them: nothing but dylink.0 has to be somewhere, which is first
    kept = [_without_labels(section) if name == "name" else section for _, name, section in _sections(new)]
    return b"".join([new[:_HEADER], *before, *kept, *behind])


def _sections(binary: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Each section's number, its name if it is a custom one, and all of its bytes."""
    position = _HEADER
    while position < len(binary):
        start = position
        number = binary[position]
        size, position = _unsigned(binary, position + 1)
        name = ""
        if number == _CUSTOM:
            length, at = _unsigned(binary, position)
            name = binary[at : at + length].decode("utf-8")
        position += size
        yield number, name, binary[start:position]


def _without_labels(section: bytes) -> bytes:
    """A name section without its subsection of labels."""
    _, position = _unsigned(section, 1)
    length, at = _unsigned(section, position)
    kept = [section[position : at + length]]
    position = at + length
    while position < len(section):
        start = position
        size, at = _unsigned(section, position + 1)
        position = at + size
        if section[start] != _LABELS:
            kept.append(section[start:position])
    content = b"".join(kept)
    return bytes([_CUSTOM, *_leb(len(content))]) + content


def _unsigned(binary: bytes, position: int) -> tuple[int, int]:
    """The unsigned LEB128 number at a position, and the position behind it."""
    value = shift = 0
    while True:
        byte = binary[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def _leb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
