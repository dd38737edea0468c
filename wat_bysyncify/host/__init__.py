"""Programs that pause, driven from Python on wasmtime: with asyncio, as generators, in slices of time, by snapshots.

module.py     text or bytes -> a module (binary.py: its sections, opened.py: what its host must reach)
instance.py   its instances, and where their frames go (frames.py)
imports.py    functions of Python that may pause
call.py       a call: run, paused, resumed
values.py     Python values <-> wasmtime's
errors.py     what can go wrong
"""

from ..script.instance import engine
from .call import Call
from .errors import Busy, CannotPause, CheckFailed, HostError, OutOfFuel, SnapshotError, StackOverflow
from .exports import Exports
from .imports import Yielded, yields
from .instance import Instance, instantiate
from .module import Module
from .restore import restore

__all__ = [
    "Busy",
    "Call",
    "CannotPause",
    "CheckFailed",
    "Exports",
    "HostError",
    "Instance",
    "Module",
    "OutOfFuel",
    "SnapshotError",
    "StackOverflow",
    "Yielded",
    "engine",
    "instantiate",
    "restore",
    "yields",
]
