"""Custom sections of a binary, put into another of the same module: text does not hold them.

    old:  dylink.0, type, import, .., code, name, producers, target_features
    new:  type, import, .., code, name                                          ->
          dylink.0, type, import, .., code, name, producers, target_features

The names stay the new ones; what tells about places in the code is left out, for the code has moved.
"""

from __future__ import annotations

from collections.abc import Iterator

from .script.interface import Reader
from .sections import HEADER, section_bytes, sections

_CUSTOM = 0
_LABELS = 3  # the subsection of names that most tools do not know, and warn about
_ABOUT_PLACES = ("name", "linking", "reloc.", ".debug_", "sourceMappingURL", "external_debug_info")


def with_custom_sections(new: bytes, old: bytes) -> bytes:
    """`new` with the custom sections of `old`, and without the names of labels. Both are binaries that are valid."""
    before: list[bytes] = []
    behind: list[bytes] = []
    for number, name, section in _named(old):
        if number != _CUSTOM:
            before, behind = before + behind, []
        elif not name.startswith(_ABOUT_PLACES):
            behind.append(section)
    # what stands between sections goes before them: nothing but dylink.0 has to be somewhere, which is first
    kept = [_without_labels(section) if name == "name" else section for _, name, section in _named(new)]
    return b"".join([HEADER, *before, *kept, *behind])


def _named(binary: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Each section's number, its name if it is a custom one, and all of its bytes."""
    for number, begin, start, end in sections(binary):
        yield number, Reader(binary, start).name() if number == _CUSTOM else "", binary[begin:end]


def _without_labels(section: bytes) -> bytes:
    """A name section without its subsection of labels."""
    reader = Reader(section, 1)
    reader.number()
    start = reader.position
    reader.name()
    kept = [section[start : reader.position]]
    while (start := reader.position) < len(section):
        subsection, size = reader.byte(), reader.number()
        reader.position += size
        if subsection != _LABELS:
            kept.append(section[start : reader.position])
    return section_bytes(_CUSTOM, b"".join(kept))
