"""A host that pauses and resumes rewritten modules, as scripts and generated programs are tested with.

The host provides `spectest.print*` at any signature. What stands behind `->` in the name are the results: the k-th
result (from 0) of the n-th call (from 1) is `10 * n + k` plus the arguments, so that a result that is lost, or that
ends up in another's place, shows:

    (import "spectest" "print->i32 f64" (func $next (param i64) (result i32 f64)))

A result named `externref` or `anyref` is a reference of the host with that number, of another reference type null.

A call that is paused at has its effect and gives its results once, after the pause: the trace of a script is the same
whether it is paused or not. What such a call returns on its way to the pause is rubbish that nobody may look at.

The frames go to the end of the first page of the memory that the module exports as "memory": scripts keep away from it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import wasmtime

from wat_bysyncify.script.host import Exports, Host
from wat_bysyncify.script.patterns import TOPS
from wat_bysyncify.script.traps import reason
from wat_bysyncify.script.values import Value

DATA, END = 0xE000, 0x10000
RUBBISH = 0xA5A5A5A5_5A5A5A5A_C3C3C3C3_3C3C3C3D
NORMAL, UNWINDING, REWINDING = 0, 1, 2
WIDTHS = {"i32": 32, "i64": 64, "f32": 32, "f64": 64, "v128": 128}
HOST_REFERENCES = {"externref": "ref.extern", "anyref": "ref.host"}


class PausingError(AssertionError):
    """Rewritten code does not keep to the protocol."""


class Numbered(Host):
    """A host whose print functions have results; it pauses nothing."""

    def __init__(self, out: Callable[[str], None]) -> None:
        super().__init__(out)
        self.count = 0

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> Sequence[Value] | None:
        self.count += 1
        self.out(f"{name} {' '.join(map(str, arguments))}".rstrip())
        sum_ = sum(map(_number, arguments))
        return [_value(type_, 10 * self.count + k + sum_) for k, type_ in enumerate(_results(name))]


class Pausing(Numbered):
    """Pauses at every call of an import of the host, or at every n-th, and resumes at once; `times`: again and again.

    `may_pause` says at which imports, by `module.name`. A start function is paused if it is exported as "start", for
    only then can it be called again. Modules without control functions are not paused. `pauses` counts.
    """

    def __init__(
        self,
        out: Callable[[str], None],
        every: int = 1,
        times: int = 1,
        may_pause: Callable[[str], bool] = lambda name: True,
        prefix: str = "bysyncify",
    ) -> None:
        super().__init__(out)
        self.every, self.times, self.may_pause, self.prefix = every, times, may_pause, prefix
        self.pauses = self.seen = self.again = 0
        self.starting = False

    def control(self, exports: Exports, name: str, *arguments: int) -> Any:
        function = exports.function(f"{self.prefix}_{name}")
        assert function
        return function(*arguments)

    def state(self, exports: Exports) -> int:
        """The state of a module; `NORMAL` if it has none."""
        function = exports.function(f"{self.prefix}_get_state")
        state = function() if function else NORMAL
        assert isinstance(state, int)
        return state

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> Sequence[Value] | None:
        state = self.state(exports)
        if state == UNWINDING:
            raise PausingError(f"{name} is called while unwinding")
        if state == REWINDING:
            self.control(exports, "stop_rewind")
            self.check(exports, NORMAL, self.frames(exports))
            self.again += 1
            if self.again < self.times:
                return self.pause(name, exports)
            self.again = 0
        elif self.may_pause(f"{module}.{name}") and self.can_pause(exports):
            self.seen += 1
            if self.seen % self.every == 0:
                return self.pause(name, exports)
        return super().called(module, name, arguments, exports)

    def can_pause(self, exports: Exports) -> bool:
        if exports.function(f"{self.prefix}_get_state") is None:
            return False
        return not self.starting or exports.function("start") is not None

    def pause(self, name: str, exports: Exports) -> list[Value]:
        """Starts to unwind; rubbish to return."""
        memory, frames = _memory(exports), self.frames(exports)
        memory.write(exports.store, b"\xa5" * (END - frames), frames)
        memory.write(exports.store, struct.pack("<QQ" if self.is_64(exports) else "<II", frames, END), DATA)
        self.control(exports, "start_unwind", DATA)
        self.check(exports, UNWINDING, frames)
        self.pauses += 1
        return [
            Value(type_, RUBBISH >> 128 - WIDTHS[type_]) if type_ in WIDTHS else _value(type_, 0xBAD)
            for type_ in _results(name)
        ]

    def check(self, exports: Exports, state: int, position: int | None = None) -> None:
        """Raises `PausingError` if the module is in another state, or its stack at another position."""
        found = self.state(exports)
        if found != state:
            raise PausingError(f"state {found}, expected {state}")
        if position is not None:
            at = self.position(exports)
            if at != position:
                raise PausingError(f"the stack's position is {at:#x}, expected {position:#x}")

    @staticmethod
    def is_64(exports: Exports) -> bool:
        """Whether the frames are in a 64-bit memory, and the two pointers at `DATA` of 64 bits too."""
        return _memory(exports).type(exports.store).is_64

    def frames(self, exports: Exports) -> int:
        """Where the frames begin."""
        return DATA + (16 if self.is_64(exports) else 8)

    def position(self, exports: Exports) -> int:
        """How far the stack is filled."""
        data = _memory(exports).read(exports.store, DATA, self.frames(exports))
        return int.from_bytes(data[: len(data) // 2], "little")

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], exports: Exports) -> Any:
        if exports.function(f"{self.prefix}_get_state") is None:
            return function(*arguments)
        self.check(exports, NORMAL)
        return self.resumed(lambda: function(*arguments), exports)

    def resumed(self, function: Callable[[], Any], exports: Exports, paused: bool = False) -> Any:
        """Calls a function, again and again until it is not paused any more."""
        self.again = 0
        try:
            results = None if paused else function()
            while paused or self.state(exports) == UNWINDING:
                paused = False
                if not self.frames(exports) <= self.position(exports) <= END:
                    raise PausingError(f"the stack's position is {self.position(exports):#x} after unwinding")
                self.control(exports, "stop_unwind")
                self.check(exports, NORMAL)
                self.control(exports, "start_rewind", DATA)
                self.check(exports, REWINDING)
                results = function()
        except wasmtime.Trap as trap:  # one of the program, not of its pausing
            if self.state(exports) != NORMAL:
                raise PausingError(f"trap in state {self.state(exports)}: {reason(trap)}") from trap
            raise
        self.check(exports, NORMAL)
        return results

    def instantiate(self, store: wasmtime.Store, module: wasmtime.Module, imports: Sequence[Any]) -> wasmtime.Instance:
        self.starting = True
        try:
            instance = super().instantiate(store, module, imports)
        finally:
            self.starting = False
        exports = Exports(store, instance.exports(store).get)
        if self.state(exports) == UNWINDING:
            start = exports.function("start")
            assert start
            self.resumed(start, exports, paused=True)
        return instance


def _memory(exports: Exports) -> wasmtime.Memory:
    memory = exports.get("memory")
    assert isinstance(memory, wasmtime.Memory), "scripts export their memory"
    return memory


def _results(name: str) -> list[str]:
    """`print->i32 f64` -> i32, f64"""
    return name.partition("->")[2].split()


def _number(value: Value) -> int:
    """An argument as a number: of floats the whole part, of v128 the lowest 32 bits, of most references 1."""
    bits = value.payload
    if not isinstance(bits, int):
        return 1
    if value.type not in WIDTHS:
        return bits
    if value.type == "v128":
        return bits % (1 << 32)
    width = WIDTHS[value.type]
    if value.type[0] == "f":
        number = struct.unpack("<f" if width == 32 else "<d", bits.to_bytes(width // 8, "little"))[0]
        return int(number) if abs(number) < 1e15 else 3
    return bits - (bits >> width - 1 << width)


def _value(type_: str, number: int) -> Value:
    """A number as a value: of a float half a one more, in all lanes of v128, as the host's reference or null."""
    if type_ in HOST_REFERENCES:
        return Value(HOST_REFERENCES[type_], number % (1 << 31))
    if type_ not in WIDTHS:
        return Value("ref.null", TOPS[type_.removesuffix("ref")])
    if type_ == "v128":
        return Value(type_, sum((number + lane) % (1 << 32) << 32 * lane for lane in range(4)))
    if type_[0] == "f":
        limit = 1 << 20
        half = (number % limit) + 0.5
        return Value(type_, int.from_bytes(struct.pack("<f" if type_ == "f32" else "<d", half), "little"))
    return Value(type_, number % (1 << WIDTHS[type_]))
