"""A program that does not run -> bytes, and back: in another process, and as often as wanted.

    bytes 0     wat-bysyncify snapshot
          22    the version of this format, 2 bytes, little end first
          24    SHA-256 of all that follows
          56    SHA-256 of the module
          88    compressed (zlib): the length of a text, 4 bytes, little end first; the text, JSON; memories and frames

The checksum finds what was damaged, not what was forged: who makes a snapshot says what the program does, within what
WebAssembly and the imports let it do.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from .call import Call
from .capture import captured
from .errors import SnapshotError
from .module import Module

if TYPE_CHECKING:
    from .instance import Instance

MAGIC = b"wat-bysyncify snapshot"
VERSION = 1
WRONG = (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError, zlib.error)


def snapshot(instance: Instance) -> bytes:
    """The instance, with its paused calls, as bytes. Its module was made with `snapshots=True`.

    Raises `SnapshotError` for what cannot be saved, by its name: a reference of the host, a function of another module,
    a shared memory; and if the instance runs.
    """
    module = instance.module
    if not module.snapshots:
        raise SnapshotError("the module hides its state: instantiate it with snapshots=True")
    if instance.running:
        raise SnapshotError(
            f"{instance.running[-1]!r} is not paused: a program is saved by others, not by what it calls"
        )
    allocated = instance.rest()
    calls = [_call(call, instance) for call in instance.paused]
    held, memories = captured(instance)
    blobs = memories + [call.saved or b"" for call in instance.paused]
    text = json.dumps({**held, "calls": calls, "allocated": allocated, "sizes": [*map(len, blobs)]}).encode()
    body = zlib.compress(len(text).to_bytes(4, "little") + text + b"".join(blobs), 1)
    checked = module.digest + body
    return MAGIC + VERSION.to_bytes(2, "little") + hashlib.sha256(checked).digest() + checked


def _call(call: Call, instance: Instance) -> dict[str, Any]:
    """What there is to say about a paused call, as JSON has it."""
    waiting = None
    if call.waiting is not None:
        imported = call.waiting.imported
        for value in call.waiting.arguments:
            if value is not None and not isinstance(value, (int, float)):
                raise SnapshotError(f"{call!r} gave {imported.name} a reference")
        waiting = [instance.imported.index(imported), *call.waiting.arguments]
    # Nobody reads its arguments again: what is still needed is in its frames.
    arguments = [value if isinstance(value, (int, float)) else None for value in call.arguments]
    return {"name": call.name, "arguments": arguments, "waiting": waiting, "pointer": call.stack_pointer}


def read(state: bytes, module: Module) -> tuple[dict[str, Any], list[bytes]]:
    """What a snapshot of the module says, and the bytes behind it."""
    if not state.startswith(MAGIC):
        raise SnapshotError("these bytes are no snapshot")
    version = int.from_bytes(state[22:24], "little")
    if version != VERSION:
        raise SnapshotError(f"this is a snapshot of version {version}, and only version {VERSION} can be read")
    if hashlib.sha256(state[56:]).digest() != state[24:56]:
        raise SnapshotError("the snapshot is damaged: its checksum is another")
    if state[56:88] != module.digest:
        raise SnapshotError("this is a snapshot of another module, or of this one rewritten with other options")
    try:
        body = zlib.decompress(state[88:])
        end = 4 + int.from_bytes(body[:4], "little")
        held = json.loads(body[4:end])
        blobs = []
        for size in held["sizes"]:
            blobs.append(body[end : end + size])
            end += size
        if end != len(body) or min(held["sizes"], default=0) < 0:
            raise ValueError("its length is wrong")
    except WRONG as error:
        raise SnapshotError(f"the snapshot is none that was made here: {error}") from error
    return held, blobs
