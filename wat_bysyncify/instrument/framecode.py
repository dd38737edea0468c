"""The text that saves a function's frame (frames.py) and takes it back.

Each value has a line of its own, which reads best:

    (local.set $x (call $restore_i32))           (call $save_i64 (local.get $y))
    (local.set $y (call $restore_i64))           (call $save_i32 (local.get $x))

Made for size or speed, those of a group have one call:

    (call $pop_i32_i64)                          (call $save_i32_i64 (local.get $x) (local.get $y))
    (local.set $x) (local.set $y)

What pops values gives the last one first, so it may call others that pop some of them each (helpers.py). Made for
size, the number of the call is taken back with the values and left on the operand stack, below them: that cannot.

    (call $restore_2_i32)                        (call $save_2_i32 (local.get $y))
    (local.set $y)

Made for speed, the number of the call is taken back by a call of its own, the last: so V8 has put what was taken back
before it into memory, as it does with most that is alive at a pausing call in normal code. Otherwise it would load all
that to registers, and store it again, at each place where a jump lands.

Where few functions can pause, made for speed, the code of these calls stands in the function itself, if the frame is
small.
"""

from __future__ import annotations

from collections.abc import Callable

from .frames import Group, Inline
from .helpers import popping
from .layout import call_lines, filled
from .names import SAVED_SIZES
from .placeholder import zero
from .plan import Plan
from .reftypes import is_nullable, nullable
from .stackcode import position_behind, restoring, saving


class FrameCode:
    """The text for the frame of a plan; `helper` gives the ids of functions that save and restore values (scope.py)."""

    def __init__(self, plan: Plan, helper: Callable[..., str]) -> None:
        self.frame, self.ids, self.asserts, self.function = plan.frame, plan.ids, plan.asserts, plan.function
        self.helper = helper

    def restores(self) -> list[str]:
        """The lines that take all locals back. If the number of the call is not one of them, the last line leaves it on
        the operand stack, unless `number` is the text that gives it."""
        lines: list[str] = []
        if self.frame.owner is not None and self.asserts:
            lines.append(f"(call {self.ids.assert_frame} (i32.const {self.frame.owner}) (i32.const {self.function}))")
        elif self.frame.owner is not None:
            lines.append(f"(drop (call {self.helper('restore', 'i32')}))")
        for group in reversed(self.frame.groups):
            if self.frame.inline and group.types[0] in SAVED_SIZES:
                lines += self._restores(group, self.frame.inline)
                continue
            if not group.locals:
                continue  # the number alone
            types = group.types[1:] if self.frame.apart and group is self.frame.groups[0] else group.types
            numbered = len(types) > len(group.locals)
            helper = ("restore", *types) if numbered else popping(types)
            call = f"(call {self.helper(*helper)})"
            if len(types) == 1:
                local = group.locals[0]
                lines.append(f"(local.set {local.name} {self._back(call, types[0], local.type)})")
                continue
            sets = [f"(local.set {local.name})" for local in group.locals]
            lines += [call, *filled(sets[::-1] if numbered else sets)]
        return lines

    def number(self) -> str:
        """The text that takes back the number of the call behind `restores`; "" where that is on the operand stack."""
        if self.frame.number_first and self.frame.inline:
            return f"(i32.load {self.ids.memory}(local.get {self.frame.inline.position}))"
        return f"(call {self.helper('restore', 'i32')})" if self.frame.apart else ""

    def _restores(self, group: Group, names: Inline) -> list[str]:
        """The lines that take back a group without a call."""
        data = f"(local.get {names.data})"
        lines, values = restoring(group.types, self.ids, data, names.position)
        lines.insert(0, f"(local.set {names.data} {self.ids.pointer})")
        values = values[len(values) - len(group.locals) :]
        return lines + [f"(local.set {local.name} {value})" for local, value in zip(group.locals, values, strict=True)]

    def _saves(self, group: Group, words: list[str], names: Inline, number: str, known: str) -> list[str]:
        """The lines that save a group without a call, each word that is not ""; `number` is the text of the number of
        the call, "" where that is on the operand stack, and `known` that of the stack's position, "" to load it."""
        lines = [f"(local.set {names.data} {self.ids.pointer})"]
        if len(words) < len(group.types):
            if not number:
                lines.insert(0, f"(local.set {names.number})")
                number = f"(local.get {names.number})"
            words = [number, *words]
        return lines + saving(group.types, words, self.ids, f"(local.get {names.data})", names.position, known)

    def _back(self, call: str, kept: str, type_: str) -> str:
        """The text of a value as the type that its local has, not as that in which it was kept."""
        if kept == type_:
            return call
        if nullable(type_) == nullable(f"(ref {kept.removesuffix('ref')})"):
            return call if is_nullable(type_) else f"(ref.as_non_null {call})"
        return f"(ref.cast {type_} {call})"

    def saves(self, alive: int, number: str, position: str) -> tuple[list[str], str]:
        """The lines that save it, and the text of the stack's position behind them. `alive` are the locals that must be
        saved, as bits, -1 for all; `number` is the text of the number of the call, "" where that is on the operand
        stack or not saved, and `position` that of the stack's position before: where that is "", here and there, it
        must be loaded."""
        lines = [number] if number and not self.frame.inline else []
        room = 0
        for group in self.frame.groups:
            first = self.frame.number_first and group is self.frame.groups[0]
            lives = [bool(local.bit & alive) or not is_nullable(local.type) for local in group.locals]
            if not first and not any(lives) and SAVED_SIZES.keys() >= {*group.types}:
                room += sum(map(SAVED_SIZES.__getitem__, group.types))
                continue
            if room:
                lines.append(self._leave(room))
                position, room = "", 0
            inline = self.frame.inline if group.types[0] in SAVED_SIZES else None
            words = []
            for local, live in zip(group.locals, lives, strict=True):
                left = inline and local is not group.locals[-1]  # the last value is what traps past all addresses
                words.append(f"(local.get {local.name})" if live else "" if left else zero(local.type))
            if inline:
                lines += self._saves(group, words, inline, number, position)
                position = position_behind(group.types, self.ids, inline.position)
                continue
            position = ""
            call = f"(call {self.helper('save', *group.types)}"
            lines += call_lines(call, words)
        if room:
            lines.append(self._leave(room))
            position = ""
        if self.frame.owner is not None:
            lines.append(f"(call {self.helper('save', 'i32')} (i32.const {self.frame.owner}))")
            position = ""
        return lines, position

    def _leave(self, room: int) -> str:
        """The line that leaves room for so many bytes."""
        return f"(call {self.helper('leave')} ({self.ids.address}.const {room}))"
