"""Binary module -> what its text called things, as far as its custom section keeps it (spec, "Name Section")."""

from __future__ import annotations

from .interface import Reader

_KINDS = {1: "func", 5: "table", 6: "memory", 7: "global"}  # subsections


def read_names(wasm: bytes) -> dict[tuple[str, int], str]:
    """The names of functions, tables, memories and globals, by kind and index, as their section has them."""
    found: dict[tuple[str, int], str] = {}
    reader = Reader(wasm, 8)
    while reader.position < len(wasm):
        custom = reader.byte() == 0
        end = reader.number() + reader.position
        if custom and reader.name() == "name":
            while reader.position < end:
                kind = _KINDS.get(reader.byte())
                last = reader.number() + reader.position
                for _ in range(reader.number() if kind else 0):
                    index = reader.number()
                    found[str(kind), index] = reader.name()
                reader.position = last
        reader.position = end
    return found
