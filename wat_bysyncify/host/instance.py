"""Instances of modules that pause, and their exports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import wasmtime

from ..failures import sentence
from ..instrument.names import CONTROL_FUNCTIONS, FUEL_FUNCTIONS, UNWINDING
from ..script.instance import engine
from .call import Call
from .errors import Busy, CannotPause, CheckFailed, HostError, StackOverflow
from .exports import Exports
from .frames import Frames
from .imports import Imports, Waiting, link
from .module import Module
from .room import Place, Room
from .snapshot import snapshot

_UNKNOWN = -2  # fuel


async def instantiate(
    source: str | bytes | Module,
    imports: Imports | None = None,
    /,
    *,
    store: wasmtime.Store | None = None,
    frames: Place | None = None,
    stack: int | None = None,
    concurrent: bool | None = None,
    snapshots: bool = False,
    **options: Any,
) -> Instance:
    """An instance of a module, whose start function has run.

    `source` is text, which is rewritten with the `options` of `rewrite` unless it is already, a binary, or a `Module`.
    `imports` are functions by module and name, which may be `async def` or return awaitables, and what else the module
    imports as wasmtime has it, in the same `store`. The rest as in `Module.of` and `Instance`.

    Raises what these raise, and what the start function does.
    """
    module = Module.of(source, snapshots=snapshots, **options)
    instance = Instance(module, imports, store=store, frames=frames, stack=stack, concurrent=concurrent)
    if module.start is not None:
        await instance.call(module.start)
    return instance


class Instance:
    """An instance of a module. Its start function has not run, `call(module.start)` is for that; `instantiate` does it.

    `exports` are its functions, to be awaited, and what else it exports, as wasmtime has it in `store`; `paused` are
    its paused calls.
    """

    def __init__(
        self,
        module: Module,
        imports: Imports | None = None,
        *,
        store: wasmtime.Store | None = None,
        frames: Place | None = None,
        stack: int | None = None,
        concurrent: bool | None = None,
    ) -> None:
        """`frames` says where frames go, in the memory for which the module was rewritten: from an address to another,
        or where the program's allocator says, given by the names of two exports, as ("malloc", "free"). None: the
        memory that they have of their own. `stack` is their room in bytes: all of that memory, or 64 KiB, if not said.

        `concurrent`: whether calls may begin while others are paused; else they wait. None: they may, unless the module
        is a C program, whose stack in linear memory is one for all.

        Raises `TypeError` for imports that are missing or are not what they must be, `wasmtime.WasmtimeError` if they
        do not link, `wasmtime.Trap`, and `StackOverflow` if there is no such place for the frames.
        """
        self.module = module
        if store is not None and store.engine is not engine():
            raise ValueError("the store is of another engine: make it as wasmtime.Store(wat_bysyncify.host.engine())")
        self.store = store or wasmtime.Store(engine())
        self.concurrent = module.stack_pointer is None if concurrent is None else concurrent
        self.running: list[Call] = []
        self.paused: dict[Call, None] = {}
        self.control: dict[str, Callable[..., Any]] = {}
        externs, self.imported = link(module, imports or {}, self)
        self.externs = wasmtime.Instance(self.store, module.compiled, externs).exports(self.store)
        self.exports = Exports(self)
        prefix = module.prefix
        for name in (*CONTROL_FUNCTIONS, *FUEL_FUNCTIONS) if prefix else ():
            if f"{prefix}_{name}" in module.interface.exports:
                self.control[name] = partial(self.function(f"{prefix}_{name}"), self.store)
        self.adapters: dict[tuple[int, str], dict[str, Any]] = {}  # of snapshots (cells.py)
        self._room = Room(module, self.store, self.externs, frames, stack)
        self._frames: Frames | None = None
        self._fuel = -1
        self._waits: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._holder: asyncio.Task[Any] | None = None
        if self._room.is_there:
            self.frames()

    # Calls

    def call(self, name: str, *arguments: Any) -> Call:
        """A call of an exported function, of which nothing has run yet: `await` it, or `run` it step by step."""
        return Call(self, name, arguments)

    async def run(self, name: str, *arguments: Any, fuel: int | None = None, turns: int | None = None) -> Any:
        """The result of an exported function, which runs in turns of `fuel` pause points (`pause_at`); between them
        other tasks run. After so many `turns` it is dropped, and `OutOfFuel` raised."""
        return await Call(self, name, arguments).outcome(fuel, turns)

    def generator(self, name: str, *arguments: Any) -> Generator[Any, Any, Any]:
        """A generator of the values that an exported function hands out by an import that `yields`; `send` is what that
        import returns then."""
        return Call(self, name, arguments).values()

    def async_generator(self, name: str, *arguments: Any) -> AsyncGenerator[Any, Any]:
        """As `generator`, for `async for`: other imports may be awaited."""
        return Call(self, name, arguments).async_values()

    def close(self) -> None:
        """Drops the paused calls, and gives back the room for the frames to the program's allocator."""
        for call in list(self.paused):
            call.drop()
        self._room.free()
        self._frames = None

    # Snapshots

    def snapshot(self) -> bytes:
        """All of it with its paused calls as bytes, for `restore`; its module was made with `snapshots=True`.

        Raises `SnapshotError` for what cannot be saved, by its name, and if the instance runs.
        """
        return snapshot(self)

    def rest(self) -> int | None:
        """Takes the frames out of memory; where the program's allocator has put them."""
        if self._frames is not None:
            self._frames.ready()
        return self._room.allocated

    def moved(self, allocated: int | None) -> None:
        """Its memories are another's now, in which the program's allocator gave this address for the frames."""
        self._frames, self._room.allocated = None, allocated
        self._fuel = _UNKNOWN

    # What a call does here

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Where calls wait for each other, in the order in which they came. Raises `Busy` where one would wait for
        itself."""
        if self.concurrent:
            yield
            return
        loop = asyncio.get_running_loop()
        if self._waits is None or self._loop is not loop:
            self._waits, self._loop = asyncio.Lock(), loop
        task = asyncio.current_task()
        if self._waits.locked() and self._holder is task:
            raise Busy(
                "this task is in a call of the instance already, which would wait for itself: their C stack is one"
            )
        async with self._waits:
            self._holder = task
            yield

    def begin(self, call: Call) -> None:
        """Before a new call runs. Raises `Busy` if it would meet a paused one."""
        if self.paused and not self.concurrent:
            raise Busy(f"{call.name} must wait: {next(iter(self.paused))!r} has not ended, and their C stack is one")
        pointer = self._stack_pointer()
        call.stack_pointer = pointer.value(self.store) if pointer else None

    def enter(self, call: Call, fuel: int | None, rewind: bool) -> None:
        """Before the export of a call is called."""
        if self.running and self.running[-1].answer is not None:
            raise CannotPause(f"{call.name} is called while the stack is rewound")
        if fuel is not None:
            if "set_fuel" not in self.control:
                raise CannotPause("there are no pause points to count: rewrite the module with pause_at")
            if not 0 <= fuel < 1 << 31:
                raise ValueError(f"fuel must be from 0 to {(1 << 31) - 1}, not {fuel}")
            self.frames()
        points = -1 if fuel is None else fuel
        if points >= 0 or points != self._fuel:
            if "set_fuel" in self.control:
                self.control["set_fuel"](points)
            self._fuel = points
        if rewind:
            frames = self.frames()
            frames.put(call)
            self.paused.pop(call, None)
            self.control["start_rewind"](frames.base)
        elif self._frames is not None:
            self._frames.ready()

    def leave(self) -> None:
        """After the export of a call has returned or raised. Who called it from an import, and had fuel, has none left:
        nobody knows how much there was."""
        self.running.pop()
        if self.running and self.running[-1].fuel is not None:
            self.control["set_fuel"](0)
            self._fuel = 0

    def pause(self, call: Call, waiting: Waiting) -> None:
        """An import pauses: the stack is unwound from here. Raises `CannotPause`."""
        name = waiting.imported.name
        why = self.why_not()
        if not why and name in self.module.steady:
            why = "the options with which the module was rewritten say that it does not"
        if why:
            raise CannotPause(f"{name} pauses, but {why}")
        if self.paused and not self.concurrent:
            raise Busy(f"{name} cannot pause: {next(iter(self.paused))!r} has not ended")
        frames = self.frames()
        frames.ready()
        self.control["start_unwind"](frames.base)
        call.waiting = waiting

    def left(self, call: Call) -> bool:
        """After the export of a call has returned: whether it is paused."""
        if call.waiting is None and not ("set_fuel" in self.control and self.state() == UNWINDING):
            return False
        self.control["stop_unwind"]()
        self.frames().keep(call)
        self.paused[call] = None
        return True

    def failed(self, call: Call, error: BaseException) -> BaseException:
        """After the export of a call has raised: what to raise. All is normal again."""
        state = self.state()
        if isinstance(error, wasmtime.Trap) and error.trap_code is wasmtime.TrapCode.UNREACHABLE:
            found: HostError | None = self._failure()
            if found is None and state == UNWINDING:
                room = self.frames().size
                found = StackOverflow(f"the frames of {call.name} do not fit into {room} bytes: give it more `stack`")
            if found is not None:
                found.__cause__, error = error, found
        if self._frames is not None and (state or self._frames.owner is None):
            self._frames.clear()
        if state:
            self.control["stop_unwind" if state == UNWINDING else "stop_rewind"]()
        self._restore_stack_pointer(call)
        return error

    def _restore_stack_pointer(self, call: Call) -> None:
        pointer = self._stack_pointer()
        if pointer and call.stack_pointer is not None and not self.paused:
            pointer.set_value(self.store, call.stack_pointer)

    def _stack_pointer(self) -> wasmtime.Global | None:
        """The stack pointer of a C program. What does not end leaves it where it is."""
        found = self.externs[self.module.stack_pointer] if self.module.stack_pointer else None
        return found if isinstance(found, wasmtime.Global) else None

    def state(self) -> int:
        """0 normal, 1 unwinding, 2 rewinding."""
        found = self.control["get_state"]() if self.control else 0
        assert isinstance(found, int)
        return found

    def why_not(self) -> str | None:
        """Why the module cannot be paused now; None if it can."""
        if not self.control:
            return "the module cannot be paused: give its text, or rewrite it first"
        return None

    def _failure(self) -> CheckFailed | None:
        """The check that failed (`asserts`)."""
        code = self.externs.get(f"{self.module.prefix}_error") if self.module.prefix else None
        where = self.externs.get(f"{self.module.prefix}_error_function")
        if not isinstance(code, wasmtime.Global) or not isinstance(where, wasmtime.Global):
            return None
        said, number = code.value(self.store), where.value(self.store)
        code.set_value(self.store, 0)
        if not said:
            return None
        name = self.module.name_of("func", number) if number >= 0 else None
        return CheckFailed(sentence(said, number, name, self.module.line_of(number)))

    # Where frames go

    def frames(self) -> Frames:
        """The area for frames. Raises `CannotPause` if nobody has said where it is, `StackOverflow` if it is not
        there."""
        if self._frames is None:
            self._frames = self._room.area()
            if "set_data" in self.control:
                self.control["set_data"](self._frames.base)
        return self._frames

    def function(self, name: str) -> wasmtime.Func:
        """An exported function as wasmtime has it, that of the host among them. Raises `CannotPause`."""
        found = self.externs.get(name)
        if not isinstance(found, wasmtime.Func):
            raise CannotPause(f"the module exports no function {name!r}")
        return found
