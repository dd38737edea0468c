"""A call of an export: begun, paused and resumed, as often as it takes.

    new -> running <-> paused
              |           |
              v           v
            ended       ended (dropped, or an exception was thrown in)

`run`, `resume` and `throw` are all there is; `outcome` drives a call on asyncio, `values` as a generator. To resume,
the stack is rewound: the export is called again, down to the import that paused, which takes the answer. An exception
is thrown in the same way: raised from the import, it ends the call as a trap does, and nothing of the stack is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import wasmtime

from .errors import CannotPause, OutOfFuel
from .imports import Imported, Waiting, Yielded, dispose
from .values import given, unsupported

if TYPE_CHECKING:
    from .instance import Instance

NEW, RUNNING, PAUSED, ENDED = "new", "running", "paused", "ended"


class _Dropped(BaseException):
    """Thrown into a call that is not to go on."""


class Call:
    """A call of an export of an instance; nothing of it has run yet.

    `state` is new, running, paused or ended; `result` what the export returned: None, a value or a list of several.
    `waiting` is the import that a paused call waits for, None if it ran out of fuel.
    """

    def __init__(self, instance: Instance, name: str, arguments: tuple[Any, ...]) -> None:
        """Raises `AttributeError` if there is no such function, `TypeError` or `OverflowError` for bad arguments."""
        self.instance, self.name = instance, name
        type_ = instance.module.type_of(name)
        if type_ is None:
            raise AttributeError(f"the module exports no function {name!r}")
        unknown = unsupported((*type_.params, *type_.results))
        if unknown:
            raise TypeError(f"{name}: wasmtime's Python package cannot pass values of type {unknown}")
        self.arguments = given(arguments, type_.params, name)
        function = instance.externs[name]
        assert isinstance(function, wasmtime.Func)
        self.function = function
        self.state = NEW
        self.result: Any = None
        self.waiting: Waiting | None = None
        self.answer: tuple[bool, Any] | None = None  # what the import returns, or raises, once the stack is rewound
        self.fuel: int | None = None  # of this turn
        self.saved: bytes | None = None  # its frames, where they are not in the area (frames.py)
        self.stack_pointer: int | None = None  # of a C program, as it was at first

    def __repr__(self) -> str:
        at = f" at {self.waiting.imported.name}" if self.waiting else ""
        return f"<call of {self.name}: {self.state}{at}>"

    # One step

    def run(self, fuel: int | None = None) -> bool:
        """Begins, or goes on where the fuel ran out; True once the call has ended, False if it is paused.

        `fuel`: how many pause points it may pass (`pause_at`); None: any number. Raises what the program raises, and
        `RuntimeError` for a call that cannot go on like this.
        """
        if self.state == NEW:
            self.instance.begin(self)
            return self._enter(fuel, rewind=False)
        if self.state != PAUSED or self.waiting is not None:
            raise RuntimeError(f"{self!r} does not go on by itself")
        return self._enter(fuel, rewind=True)

    def resume(self, value: Any = None, fuel: int | None = None) -> bool:
        """Goes on with the result of the import at which it is paused; as `run`."""
        return self._answer((True, value), fuel)

    def throw(self, error: BaseException) -> bool:
        """Raises an exception from the import at which it is paused, and so out of here: the call has ended."""
        if self.state == PAUSED and self.waiting is None:
            self.drop()
            raise error
        return self._answer((False, error), None)

    def drop(self) -> None:
        """Ends the call where it is; what it holds is let go."""
        if self.state == RUNNING:
            raise RuntimeError(f"{self!r} cannot be dropped by what it calls")
        if self.state == PAUSED:
            try:
                if self.waiting is not None:
                    self.throw(_Dropped())
                else:
                    self._enter(None, rewind=True, spoil=True)
            except (_Dropped, wasmtime.Trap):
                pass
        self.state = ENDED

    def _answer(self, answer: tuple[bool, Any], fuel: int | None) -> bool:
        if self.state != PAUSED or self.waiting is None:
            raise RuntimeError(f"{self!r} waits for nothing")
        dispose(self.waiting.returned)
        self.answer = answer
        return self._enter(fuel, rewind=True)

    def answered(self, imported: Imported) -> Any:
        """The import takes its answer, when the stack is rewound to it; raises what is to be raised there."""
        assert self.answer is not None and self.waiting is not None
        expected, self.waiting = self.waiting.imported, None
        (returns, value), self.answer = self.answer, None
        if imported is not expected:
            raise RuntimeError(f"the stack was rewound to {imported.name} instead of {expected.name}")
        if not returns:
            raise value
        return value

    def _enter(self, fuel: int | None, rewind: bool, spoil: bool = False) -> bool:
        """Calls the export; True if it has ended, False if it is paused. `spoil`: it traps once it is rewound."""
        instance = self.instance
        try:
            instance.enter(self, fuel, rewind)
            if spoil:
                instance.frames().spoil()
        except BaseException:
            self.answer = None  # it is as it was
            raise
        self.state, self.fuel = RUNNING, fuel
        instance.running.append(self)
        try:
            result = self.function(instance.store, *self.arguments)
        except BaseException as error:
            self.state, self.answer = ENDED, None
            if self.waiting is not None:
                dispose(self.waiting.returned)
                self.waiting = None
            raise instance.failed(self, error)  # noqa: B904
        finally:
            instance.leave()
        if instance.left(self):
            self.state = PAUSED
            return False
        self.state, self.result = ENDED, result
        return True

    # All of it

    def __await__(self) -> Generator[Any, None, Any]:
        return self.outcome().__await__()

    async def outcome(self, fuel: int | None = None, turns: int | None = None) -> Any:
        """The result of the call, whose imports are awaited.

        `fuel`: it runs in turns of so many pause points at most, between which other tasks have theirs. `turns`: how
        many it has; then it is dropped, and `OutOfFuel` raised. When the task is cancelled, or an import raises, that
        is raised from the import, and the call has ended.
        """
        async with self.instance.turn():
            had = 0
            ended = self.state == ENDED or (self.state == NEW and self.run(fuel))
            while not ended:
                had += 1
                if turns is not None and had >= turns:
                    self.drop()
                    raise OutOfFuel(f"{self.name} did not end in {turns} turns of {fuel} pause points")
                try:
                    value = None
                    if self.waiting is not None:
                        value = await self._awaitable()
                    if self.waiting is None or fuel is not None:
                        await asyncio.sleep(0)
                except BaseException as error:
                    ended = self.throw(error)
                else:
                    ended = self.run(fuel) if self.waiting is None else self.resume(value, fuel)
        return self.result

    def _awaitable(self) -> Any:
        assert self.waiting is not None
        returned = self.waiting.outcome()
        if isinstance(returned, Yielded):
            raise CannotPause(f"{self.waiting.imported.name} yields, so {self.name} is called as a generator")
        return returned if hasattr(returned, "__await__") else _at_once(returned)

    def values(self) -> Generator[Any, Any, Any]:
        """The values that the program hands out at `yields`. What is sent is the result there, and None for `next`; the
        result of the call is the value of the `StopIteration`, as with any generator of Python."""
        ended = self.state == ENDED or (self.state == NEW and self.run())
        while not ended:
            yielded = self._yielded()
            if yielded is None:
                ended = self.run()
                continue
            try:
                sent = yield yielded.value
            except BaseException as error:
                ended = self.throw(error)
            else:
                ended = self.resume(sent)
        return self.result

    def _yielded(self) -> Yielded | None:
        """What is handed out now; None if the call ran out of fuel."""
        if self.waiting is None:
            return None
        returned = self.waiting.outcome()
        if not isinstance(returned, Yielded):
            dispose(returned)
            name = self.waiting.imported.name
            self.throw(CannotPause(f"{name} is to be awaited: use async_generator, or call {self.name} with await"))
        return returned  # type: ignore[no-any-return]

    async def async_values(self) -> AsyncGenerator[Any, Any]:
        """As `values`, for `async for`; other imports may be awaited in between."""
        async with self.instance.turn():
            ended = self.state == ENDED or (self.state == NEW and self.run())
            while not ended:
                try:
                    returned = self.waiting.outcome() if self.waiting is not None else None
                    if isinstance(returned, Yielded):
                        value = yield returned.value
                    elif self.waiting is not None:
                        value = await self._awaitable()
                    else:
                        await asyncio.sleep(0)
                except BaseException as error:
                    ended = self.throw(error)
                else:
                    ended = self.run() if self.waiting is None else self.resume(value)


async def _at_once(value: Any) -> Any:
    return value
