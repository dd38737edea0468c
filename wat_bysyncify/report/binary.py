"""Binary module -> what the page must know of it; and the same module with more exports, for looking into it.

The module is one that wasmtime has assembled: nothing is checked again (spec, "Binary Format / Modules").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..script.interface import Reader, read_interface
from ..sections import leb, name_bytes, section_bytes, sections

_KINDS = ("func", "table", "memory", "global", "tag")
_CUSTOM, _IMPORTS, _EXPORTS, _START, _CODE = 0, 2, 7, 8, 10
_FROM_EXPORTS = (7, 8, 9, 12, 10, 11)  # the sections from the exports on, in the order in which they stand
_NAMED = {1: "func", 5: "table", 6: "memory", 7: "global"}  # by the number of the name section's subsection


@dataclass
class Binary:
    """What is in a module. Sizes are in bytes; names are those of the name section, by kind and number."""

    size: int
    imports: list[dict[str, Any]] = field(default_factory=list)
    exports: list[dict[str, Any]] = field(default_factory=list)
    globals: list[str] = field(default_factory=list)  # the types of all, as `i32` or `(mut i32)`
    names: dict[str, dict[int, str]] = field(default_factory=dict)
    start: int | None = None
    code: dict[int, int] = field(default_factory=dict)  # the size of each defined function's code


def read_binary(wasm: bytes) -> Binary:
    """What is in a valid binary module."""
    found = Binary(len(wasm))
    known = read_interface(wasm)
    numbers: dict[str, int] = {}
    limits: list[dict[str, Any]] = []
    for number, _, start, end in sections(wasm):
        reader = Reader(wasm, start)
        if number == _IMPORTS:
            limits = [_import_limits(reader) for _ in range(reader.number())]
        elif number == _START:
            found.start = reader.number()
        elif number == _CUSTOM and reader.name() == "name":
            found.names = dict(_names(reader, end))
        elif number == _CODE:
            first = len(known.spaces["func"]) - reader.number()
            for index in range(first, len(known.spaces["func"])):
                size = reader.number()
                reader.position += size
                found.code[index] = size
    for each, limit in zip(known.imports, limits, strict=True):
        said = {"module": each.module, "name": each.name, "kind": each.kind, **limit}
        if each.kind in ("func", "tag") and isinstance(each.type, int):
            type_ = known.funcs[each.type]
            said.update(params=list(type_.params), results=list(type_.results))
        elif each.kind == "global":
            said["type"] = each.type
        said["index"] = numbers[each.kind] = numbers.get(each.kind, -1) + 1
        found.imports.append(said)
    found.globals = [str(type_) for type_ in known.spaces["global"]]
    for name, (kind, index) in known.indices.items():
        exported: dict[str, Any] = {"name": name, "kind": kind, "index": index}
        type_number = known.spaces[kind][index]
        if kind == "func" and isinstance(type_number, int):
            func_type = known.funcs[type_number]
            exported.update(params=list(func_type.params), results=list(func_type.results))
        found.exports.append(exported)
    return found


def opened(wasm: bytes, binary: Binary, memory: int) -> tuple[bytes, dict[str, Any]]:
    """The module with its globals, the memory of that number and its start function exported, and not started; and
    the names of these exports: `globals`, a list; `memory`; `start`, None if there is none."""
    prefix = "report"
    while any(each["name"].startswith(prefix) for each in binary.exports):
        prefix += "_"
    names: dict[str, Any] = {
        "globals": [f"{prefix}:global:{number}" for number in range(len(binary.globals))],
        "memory": f"{prefix}:memory",
        "start": None if binary.start is None else f"{prefix}:start",
    }
    added = [(name, 3, number) for number, name in enumerate(names["globals"])] + [(names["memory"], 2, memory)]
    if binary.start is not None:
        added.append((names["start"], 0, binary.start))
    entries = b"".join(name_bytes(name) + bytes([kind]) + leb(number) for name, kind, number in added)
    out, exported = [wasm[:8]], False
    for number, _, start, end in sections(wasm):
        if number in _FROM_EXPORTS and not exported:
            exported = True
            before, rest = 0, b""
            if number == _EXPORTS:
                reader = Reader(wasm, start)
                before = reader.number()
                rest = wasm[reader.position : end]
            out.append(section_bytes(_EXPORTS, leb(before + len(added)) + rest + entries))
        if number not in (_EXPORTS, _START):
            out.append(section_bytes(number, wasm[start:end]))
    return b"".join(out), names


def _import_limits(reader: Reader) -> dict[str, Any]:
    """Of an import of a table or memory: `least`, `most`, `shared`, `address`; and a table's `element`."""
    reader.name()
    reader.name()
    kind = _KINDS[reader.byte()]
    if kind not in ("table", "memory"):
        reader.extern_type(kind)
        return {}
    said: dict[str, Any] = {"element": reader.value_type()} if kind == "table" else {}
    flags = reader.byte()
    said.update(least=reader.number(), most=reader.number() if flags & 1 else None)
    if flags & 8:
        reader.number()  # the size of a page
    return {**said, "shared": bool(flags & 2), "address": "i64" if flags & 4 else "i32"}


def _names(reader: Reader, end: int) -> Iterator[tuple[str, dict[int, str]]]:
    """The names of the name section, by kind."""
    while reader.position < end:
        kind, size = _NAMED.get(reader.byte()), reader.number()
        behind = reader.position + size
        if kind is not None:
            yield kind, {reader.number(): reader.name() for _ in range(reader.number())}
        reader.position = behind
