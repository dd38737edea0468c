"""Instances of modules that pause, and their exports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import wasmtime

from ..failures import sentence
from ..instrument.names import CONTROL_FUNCTIONS, FUEL_FUNCTIONS, UNWINDING
from ..script.instance import engine
from .call import Call
from .errors import Busy, CannotPause, CheckFailed, HostError, StackOverflow
from .frames import Frames
from .imports import Imports, Waiting, link
from .module import Module
from .snapshot import snapshot

_UNKNOWN = -2  # fuel

Place = tuple[int, int] | tuple[str, str]


async def instantiate(
    source: str | bytes | Module,
    imports: Imports | None = None,
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
        self.adapters: dict[tuple[int, str], dict[str, Any]] = {}  # of snapshots (capture.py)
        self._place, self._stack, self._own = frames, stack, self._own_memory() if prefix else None
        self._frames: Frames | None = None
        self.allocated: int | None = None
        self._fuel = -1
        self._waits: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        if prefix and not isinstance(frames and frames[0], str) and (frames or self._own):
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
        if self.allocated is not None and self._place is not None:
            self.function(str(self._place[1]))(self.store, self.allocated)
        self._frames = self.allocated = None

    # Snapshots

    def snapshot(self) -> bytes:
        """All of it with its paused calls as bytes, for `restore`; its module was made with `snapshots=True`.

        Raises `SnapshotError` for what cannot be saved, by its name, and if the instance runs.
        """
        return snapshot(self)

    def rest(self) -> None:
        """Takes the frames out of memory."""
        if self._frames is not None:
            self._frames.ready()

    def moved(self, allocated: int | None) -> None:
        """Its memories are another's now, in which the program's allocator gave this address for the frames."""
        self._frames, self.allocated = None, allocated
        self._fuel = _UNKNOWN

    # What a call does here

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Where calls wait for each other, in the order in which they came."""
        if self.concurrent:
            yield
            return
        loop = asyncio.get_running_loop()
        if self._waits is None or self._loop is not loop:
            self._waits, self._loop = asyncio.Lock(), loop
        async with self._waits:
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
        why = self.why_not()
        if why:
            raise CannotPause(f"{waiting.imported.name} pauses, but {why}")
        if self.paused and not self.concurrent:
            raise Busy(f"{waiting.imported.name} cannot pause: {next(iter(self.paused))!r} has not ended")
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

    def dropped(self, call: Call) -> None:
        """A paused call is not to go on."""
        self.frames().forget(call)
        self.paused.pop(call, None)
        self._restore_stack_pointer(call)

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
            self._frames = self._area()
        return self._frames

    def _area(self) -> Frames:
        place = self._place
        if place is None:
            memory = self._own
            if memory is None:
                raise CannotPause(
                    "the frames have no memory of their own: say where they go, as frames=(1024, 16384) "
                    'or frames=("malloc", "free"), or rewrite the module with own_memory'
                )
            return Frames(self.store, memory, 0, self._stack or memory.data_len(self.store), 4)
        memory, width = self._memory()
        if isinstance(place[0], str):
            size = self._stack or 1 << 16
            base = self.allocated if self.allocated is not None else self.function(place[0])(self.store, size)
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
        frames = Frames(self.store, memory, base, size, width)
        if "set_data" in self.control:
            self.control["set_data"](base)
        return frames

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

    def function(self, name: str) -> wasmtime.Func:
        """An exported function as wasmtime has it, that of the host among them. Raises `CannotPause`."""
        found = self.externs.get(name)
        if not isinstance(found, wasmtime.Func):
            raise CannotPause(f"the module exports no function {name!r}")
        return found


class Exports:
    """What an instance exports, by name: `exports.main(3)`, or `exports["a name"]`, of a function is to be awaited."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def __getitem__(self, name: str) -> Any:
        instance = self._instance
        if name in instance.module.hidden or name not in instance.module.interface.exports:
            raise KeyError(name)
        if instance.module.type_of(name) is None:
            return instance.externs[name]

        def function(*arguments: Any) -> Coroutine[Any, Any, Any]:
            return Call(instance, name, arguments).outcome()

        return function

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the module exports no {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._instance.module.interface.exports)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]
