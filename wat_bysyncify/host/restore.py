"""A snapshot -> an instance that goes on where the saved one was."""

from __future__ import annotations

from typing import Any

import wasmtime

from .call import PAUSED, Call
from .capture import put_back
from .errors import SnapshotError, StackOverflow
from .imports import Imports, Waiting
from .instance import Instance
from .module import Module
from .room import Place
from .snapshot import WRONG, read


def restore(
    source: str | bytes | Module,
    state: bytes,
    imports: Imports | None = None,
    /,
    *,
    store: wasmtime.Store | None = None,
    frames: Place | None = None,
    stack: int | None = None,
    concurrent: bool | None = None,
    **options: Any,
) -> Instance:
    """A new instance that is where a saved one was: its paused calls are its `paused`, each to be awaited, run or
    resumed. A call that waits for an import calls that again, with the same arguments, when it is awaited.

    `source` and `options` are those of the instance that was saved, the rest is as for `instantiate`.

    Raises `SnapshotError` for bytes that are damaged, of another version or of another module, and what `Module.of` and
    `Instance` raise.
    """
    module = Module.of(source, snapshots=True, **options)
    held, blobs = read(bytes(state), module)
    instance = Instance(module, imports, store=store, frames=frames, stack=stack, concurrent=concurrent)
    try:
        count = len(module.interface.spaces["memory"])
        put_back(instance, held, blobs[:count])
        instance.moved(held["allocated"])
        for said, saved in zip(held["calls"], blobs[count:], strict=True):
            instance.paused[_paused(said, saved, instance)] = None
    except (*WRONG, wasmtime.WasmtimeError, wasmtime.Trap, StackOverflow) as error:
        raise SnapshotError(f"the snapshot does not fit the module: {error}") from error
    return instance


def _paused(said: dict[str, Any], saved: bytes, instance: Instance) -> Call:
    """A call as it was."""
    call = Call(instance, said["name"], tuple(said["arguments"]))
    if said["waiting"] is not None:
        index, *arguments = said["waiting"]
        call.waiting = Waiting(instance.imported[range(len(instance.imported))[index]], tuple(arguments), None, False)
    call.state, call.saved, call.stack_pointer = PAUSED, saved, said["pointer"]
    return call
