"""Which memory of an instance holds the frames, and where in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wasmtime

from .errors import CannotPause, StackOverflow
from .frames import Frames
from .module import Module

Place = tuple[int, int] | tuple[str, str]


class Room:
    """The choice of a place for frames: `place` and `stack` are the `frames` and the `stack` of `Instance`.

    `allocated` is the address that the program's allocator gave, None if it was not asked.
    """

    def __init__(
        self, module: Module, store: wasmtime.Store, externs: Mapping[str, Any], place: Place | None, stack: int | None
    ) -> None:
        """Raises `ValueError` for what is no range."""
        self.module, self.store, self.externs, self.place, self.stack = module, store, externs, place, stack
        if place is not None and isinstance(place[0], int) and not 0 <= place[0] < int(place[1]):
            raise ValueError(f"frames go from an address to a higher one, not {place}")
        self.own = self._own_memory() if module.prefix else None
        self.allocated: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether the place is known without asking the program."""
        if self.place is None:
            return self.own is not None
        return self.module.prefix is not None and isinstance(self.place[0], int)

    def area(self) -> Frames:
        """The area. Raises `CannotPause` if nobody has said where it is, `StackOverflow` if it is not there."""
        place = self.place
        if place is None:
            memory = self.own
            if memory is None:
                raise CannotPause(
                    "the frames have no memory of their own: say where they go, as frames=(1024, 16384) "
                    'or frames=("malloc", "free"), or rewrite the module with own_memory'
                )
            return Frames(self.store, memory, 0, self.stack or memory.data_len(self.store), 4)
        memory, width = self._memory()
        if isinstance(place[0], str):
            size = self.stack or 1 << 16
            base = self.allocated if self.allocated is not None else self._function(place[0])(self.store, size)
            if not base:
                raise StackOverflow(f"the program's {place[0]} has no {size} bytes for frames")
            self.allocated = base
            base %= 1 << 8 * width  # wasmtime has it signed
        else:
            assert isinstance(place[1], int)
            base, size = place[0], place[1] - place[0]
            room = memory.data_len(self.store)
            if room < place[1]:
                raise StackOverflow(f"the memory has {room} bytes, fewer than frames=({base}, {place[1]}) says")
        return Frames(self.store, memory, base, size, width)

    def free(self) -> None:
        """Gives back what the program's allocator gave."""
        if self.allocated is not None and self.place is not None:
            self._function(str(self.place[1]))(self.store, self.allocated)
        self.allocated = None

    def _function(self, name: str) -> wasmtime.Func:
        found = self.externs.get(name)
        if not isinstance(found, wasmtime.Func):
            raise CannotPause(f"the module exports no function {name!r}")
        return found

    def _own_memory(self) -> wasmtime.Memory | None:
        """The memory that the frames have of their own."""
        memory = self.externs.get(f"{self.module.prefix}_memory")
        if not isinstance(memory, wasmtime.Memory):
            return None
        if self.module.source is None:  # a program's own, under this name, if there was none to find it by
            size = memory.data_len(self.store)
            head = b"".join(number.to_bytes(4, "little") for number in (8, size))
            return memory if memory.read(self.store, 0, 8) == head else None
        return memory if self.module.source[1].own_memory is not None else None

    def _memory(self) -> tuple[wasmtime.Memory, int]:
        """The memory that frames go to, and how many bytes its addresses take."""
        indices = self.module.interface.indices
        said = self.module.source[1].memory if self.module.source else None
        for name in (f"{self.module.prefix}_memory", said):
            if name is not None and indices.get(name, ("", 0))[0] == "memory":
                index = indices[name][1]
                break
        else:
            name, index = self.module.names[("memory", 0)], 0
        memory = self.externs[name]
        if not isinstance(memory, wasmtime.Memory):
            raise CannotPause("wasmtime's Python package cannot write to a shared memory: rewrite with own_memory")
        return memory, 8 if self.module.interface.spaces["memory"][index] == "i64" else 4
