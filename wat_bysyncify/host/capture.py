"""What an instance holds -> numbers and bytes, and back into a new instance of the same module: memories, globals that
can change, tables (cells.py), and which segments were dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import wasmtime

from .binary import Segment
from .cells import Global, References, Table, is_null, top_of
from .errors import SnapshotError

if TYPE_CHECKING:
    from .instance import Instance


def captured(instance: Instance) -> tuple[dict[str, Any], list[bytes]]:
    """What an instance holds, as JSON has it, and the contents of its memories.

    Raises `SnapshotError` for what cannot be captured, by its name.
    """
    memories = []
    for name, memory in _externs(instance, "memory"):
        if not isinstance(memory, wasmtime.Memory):
            raise SnapshotError(f"{name} is shared: what is in it is not the program's alone")
        memories.append(bytes(memory.read(instance.store)))
    known = _known(instance)
    return {
        "globals": [value.get() for value in _globals(instance, known)],
        "tables": [table.get() for table in _tables(instance, known)],
        "dropped": [[segment.kind, segment.index] for segment in _dropped(instance)],
    }, memories


def put_back(instance: Instance, held: dict[str, Any], memories: list[bytes]) -> None:
    """Makes a new instance hold what another did.

    Raises `SnapshotError` if it cannot, `ValueError` and the like for what `captured` does not make.
    """
    store = instance.store
    for (name, memory), content in zip(_externs(instance, "memory"), memories, strict=True):
        if not isinstance(memory, wasmtime.Memory):
            raise SnapshotError(f"{name} is shared")
        more = len(content) - memory.data_len(store)
        if more < 0:
            raise SnapshotError(f"{name} is larger here than it was")
        memory.grow(store, more // memory.page_size(store))
        if content:
            memory.write(store, bytearray(content), 0)
    known = _known(instance)
    for value, was in zip(_globals(instance, known), held["globals"], strict=True):
        value.set(was)
    for table, slots in zip(_tables(instance, known), held["tables"], strict=True):
        table.set(slots)
    drops = {(segment.kind, segment.index): drop for segment, (_, drop) in instance.module.segments.items()}
    for kind, index in held["dropped"]:
        instance.function(drops[kind, index])(store)


def _externs(instance: Instance, kind: str) -> Iterator[tuple[str, Any]]:
    """The entities of a kind, by index, with what they are called."""
    module = instance.module
    for index in range(len(module.interface.spaces[kind])):
        yield module.name_of(kind, index), instance.externs[module.names[kind, index]]


def _known(instance: Instance) -> References:
    return References([function for _, function in _externs(instance, "func")])


def _globals(instance: Instance, known: References) -> Iterator[Global]:
    types = instance.module.interface.spaces["global"]
    for (name, extern), type_ in zip(_externs(instance, "global"), types, strict=True):
        said = str(type_)
        if said.startswith("(mut "):
            yield Global(name, extern, said[5:-1], instance, known)
        elif top_of(instance, said) in ("any", "exn") and not is_null(instance, said, extern):
            raise SnapshotError(f"{name} holds a reference to {top_of(instance, said)}")


def _tables(instance: Instance, known: References) -> Iterator[Table]:
    types = instance.module.interface.spaces["table"]
    for (name, extern), type_ in zip(_externs(instance, "table"), types, strict=True):
        yield Table(name, extern, str(type_), instance, known)


def _dropped(instance: Instance) -> Iterator[Segment]:
    """The segments that code has dropped."""
    for segment in instance.module.passive:
        if not segment.length:
            continue
        if segment not in instance.module.segments:
            raise SnapshotError(f"{segment.kind} {segment.index} may have been dropped, and nothing tells")
        try:
            instance.function(instance.module.segments[segment][0])(instance.store)
        except wasmtime.Trap:
            yield segment
