"""Where frames go: an area in a memory of the instance, which all its calls share.

    base:     position | end | frames ... <- position           <- end

The stack of one call at a time is in the area. The frames of a paused call stay there until another call needs it; only
then they are taken out, and put back before the call goes on. So however many calls are paused, none can meet another's
frames, and each takes as much memory as its frames do. Whenever no call's frames are there, the position is at its
start, and a pause can begin.
"""

from __future__ import annotations

from typing import Protocol

import wasmtime

from .errors import StackOverflow


class Saved(Protocol):
    """Who has frames: those that were taken out of the area."""

    saved: bytes | None


class Frames:
    """An area of a memory, from `base` on, of so many bytes; the pointers at its start are of `width` bytes."""

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory, base: int, size: int, width: int) -> None:
        """Raises `StackOverflow` if the memory is smaller, and does not grow."""
        missing = base + size - memory.data_len(store)
        if missing > 0:
            page = memory.page_size(store)
            try:
                memory.grow(store, -(-missing // page))
            except wasmtime.WasmtimeError:
                raise StackOverflow(
                    f"the memory of {memory.data_len(store)} bytes does not grow to {base + size}, where the frames end"
                ) from None
        if size < 2 * width:
            raise StackOverflow(f"{size} bytes are too few for frames: two pointers take {2 * width}")
        self.store, self.memory, self.base, self.size, self.width = store, memory, base, size, width
        self.first = base + 2 * width
        self.owner: Saved | None = None
        self.clear()

    def clear(self) -> None:
        """Makes the area ready for a pause; what is there is lost."""
        self.owner = None
        self._write(self.first, b"")

    def ready(self) -> None:
        """Makes the area ready for a pause; what is there is kept by its owner."""
        if self.owner is not None:
            owner, self.owner = self.owner, None
            owner.saved = bytes(self.memory.read(self.store, self.first, self.position()))
            self._write(self.first, b"")

    def keep(self, owner: Saved) -> None:
        """What is in the area now, once a stack is unwound, is the owner's."""
        self.owner = owner

    def put(self, owner: Saved) -> None:
        """Puts the frames of a paused call there, to be rewound. Raises `StackOverflow` if they do not fit."""
        if self.owner is owner:
            self.owner = None
            return
        self.ready()
        saved = owner.saved or b""
        if self.first + len(saved) > self.base + self.size:
            raise StackOverflow(f"{len(saved)} bytes of frames do not fit into {self.size} bytes")
        self._write(self.first + len(saved), saved)
        owner.saved = None

    def spoil(self) -> None:
        """Lets the area end before it begins: frames can be taken back still, but then `stop_rewind` traps."""
        self.memory.write(self.store, bytearray(self.width), self.base + self.width)

    def position(self) -> int:
        """Where the next byte would go."""
        return int.from_bytes(self.memory.read(self.store, self.base, self.base + self.width), "little")

    def _write(self, position: int, frames: bytes) -> None:
        ends = (position, self.base + self.size)
        head = b"".join(end.to_bytes(self.width, "little") for end in ends)
        self.memory.write(self.store, bytearray(head + frames), self.base)
