"""A function's frame: what is saved at a pause, in what order, and the text that saves it and takes it back.

Each value has a line of its own, which reads best:

    (local.set $x (call $restore_i32))           (call $save_i64 (local.get $y))
    (local.set $y (call $restore_i64))           (call $save_i32 (local.get $x))

Made for size, values of a type stand together; made for speed, values of any numbers' types, up to eight:

    (call $restore_i32_i64)                      (call $save_i32_i64 (local.get $x) (local.get $y))
    (local.set $y) (local.set $x)

The number of the call is then taken back by a call of its own, the last: so V8 has put what was taken back before it
into memory, as it does with most that is alive at a pausing call in normal code. Otherwise it would load all that to
registers, and store it again, at each place where a jump lands.

Where few functions can pause, made for speed, the code of these calls stands in the function itself, if the frame is
small.

Locals that are not alive at a call are saved as 0 where others of their group are, and where none is, room is left for
them; so a frame has one layout, whatever the call. Where the number of the call is saved, it is the first value; the
last where functions skip and are made to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .layout import WIDTH
from .names import SAVED_SIZES
from .placeholder import zero
from .reftypes import is_nullable, nullable, top
from .scope import Scope
from .support import position_behind, restoring, saving


class Local(NamedTuple):
    """A local that is saved, with its bit among all locals of the function, temporaries too: 1 << its number; -1 is for
    the one with the number of the call, where functions skip, which is alive wherever one may ask."""

    name: str
    type: str
    bit: int

    @property
    def is_call(self) -> bool:
        """Whether it has the number of the call."""
        return self.bit < 0


@dataclass(slots=True)
class Group:
    """Values that are saved by one call: the types in which they are, and the locals that hold them; in the frame's
    first group the number of the call is one value more, if it is in the frame."""

    types: list[str]
    locals: list[Local]


class Inline(NamedTuple):
    """The locals of a function that saves its frame itself: where the data structure is, the stack's position, and the
    number of the call."""

    data: str
    position: str
    number: str


def inline(scope: Scope, values: int, call: str) -> Inline | None:
    """The locals with which a function saves its frame itself, if it is to; `values` is how many are in it, `call` the
    local with the number of the call."""
    program, number = scope.program, scope.func.number
    if not program.inline_frames(number) or values > program.policy(number).inline_values:
        return None
    return Inline(scope.new_name("$data"), scope.new_name("$position"), call)


class Frame:
    """The frame of one function. `number_first`: the number of the call is its first value (where functions skip, it is
    one of the locals). `apart`: that is taken back by a call of its own. `owner` is the number of the function, which
    is on top where it must be told, None where it need not. `inline`: no functions save and restore, but code of its
    own."""

    def __init__(
        self,
        saved: list[Local],
        number_first: bool,
        owner: int | None,
        scope: Scope,
        inline: Inline | None = None,
    ) -> None:
        """`saved` in the order in which they are to be grouped: those together that are alive together."""
        self.number_first, self.owner = number_first, owner
        self.function, self.program, self.helper, self.inline = scope.func.number, scope.program, scope.helper, inline
        policy = self.program.policy(self.function)
        self.groups = [Group(["i32"], [])] if number_first else []
        last = self.groups[0] if number_first else None
        for kept, locals_ in self._by_type(saved, bool(policy.values)):
            largest = policy.values.get(kept, 1)
            for local in locals_:
                if (
                    last is None
                    or len(last.types) >= largest
                    or not {kept, *last.types} <= policy.values.keys()
                    or (kept != last.types[0] and not policy.mixed)
                ):
                    last = Group([], [])
                    self.groups.append(last)
                last.types.append(kept)
                last.locals.append(local)
        self.apart = number_first and (policy.apart or not self.groups[0].locals)

    def _by_type(self, saved: list[Local], grouped: bool) -> list[tuple[str, list[Local]]]:
        """The locals by the types in which they are saved, i32 first, if they are grouped."""
        kept = [(top(local.type, self.program.module), local) for local in saved]
        if not grouped:
            return [(type_, [local]) for type_, local in reversed(kept)]
        by_type: dict[str, list[Local]] = {"i32": []}
        for type_, local in kept:
            by_type.setdefault(type_, []).append(local)
        return list(by_type.items())

    def restores(self) -> list[str]:
        """The lines that take all locals back. If the number of the call is not one of them, the last line leaves it on
        the operand stack, unless `number` is the text that gives it."""
        lines: list[str] = []
        asserts, ids = self.program.options.asserts, self.program.ids
        if self.owner is not None and asserts:
            lines.append(f"(call {ids.assert_frame} (i32.const {self.owner}) (i32.const {self.function}))")
        elif self.owner is not None:
            lines.append(f"(drop (call {self.helper('restore', 'i32')}))")
        for group in reversed(self.groups):
            if self.inline and group.types[0] in SAVED_SIZES:
                lines += self._restores(group, self.inline)
                continue
            if not group.locals:
                continue  # the number alone
            types = group.types[1:] if self.apart and group is self.groups[0] else group.types
            call = f"(call {self.helper('restore', *types)})"
            if len(types) == 1:
                local = group.locals[0]
                lines.append(f"(local.set {local.name} {self._back(call, types[0], local.type)})")
                continue
            lines += [call, *_filled([f"(local.set {local.name})" for local in reversed(group.locals)])]
        return lines

    @property
    def inline_locals(self) -> tuple[str, ...]:
        """The locals with which the function saves the frame itself, which are addresses."""
        own = self.inline and any(group.types[0] in SAVED_SIZES for group in self.groups)
        return (self.inline.data, self.inline.position) if self.inline and own else ()

    def number(self) -> str:
        """The text that takes back the number of the call behind `restores`; "" where that is on the operand stack."""
        if self.number_first and self.inline:
            return f"(i32.load {self.program.ids.memory}(local.get {self.inline.position}))"
        return f"(call {self.helper('restore', 'i32')})" if self.apart else ""

    def _restores(self, group: Group, names: Inline) -> list[str]:
        """The lines that take back a group without a call."""
        data = f"(local.get {names.data})"
        lines, values = restoring(group.types, self.program.ids, data, names.position)
        lines.insert(0, f"(local.set {names.data} (global.get {self.program.ids.data}))")
        values = values[len(values) - len(group.locals) :]
        return lines + [f"(local.set {local.name} {value})" for local, value in zip(group.locals, values, strict=True)]

    def _saves(self, group: Group, words: list[str], names: Inline, known: str) -> list[str]:
        """The lines that save a group without a call; `known` is the text of the stack's position, "" to load it."""
        lines = [f"(local.set {names.data} (global.get {self.program.ids.data}))"]
        if len(words) < len(group.types):
            lines.insert(0, f"(local.set {names.number})")
            words = [f"(local.get {names.number})", *words]
        return lines + saving(group.types, words, self.program.ids, f"(local.get {names.data})", names.position, known)

    def _back(self, call: str, kept: str, type_: str) -> str:
        """The text of a value as the type that its local has, not as that in which it was kept."""
        if kept == type_:
            return call
        if nullable(type_) == nullable(f"(ref {kept.removesuffix('ref')})"):
            return call if is_nullable(type_) else f"(ref.as_non_null {call})"
        return f"(ref.cast {type_} {call})"

    def saves(self, alive: int = -1, position: str = "") -> tuple[list[str], str]:
        """The lines that save it, and the text of the stack's position behind them. The number of the call is on the
        operand stack; `alive` are the locals that must be saved, as bits, -1 for all. `position` is the text of the
        stack's position before; where that is "", here and there, it must be loaded."""
        lines: list[str] = []
        room = 0
        for group in self.groups:
            first = self.number_first and group is self.groups[0]
            lives = [bool(local.bit & alive) or not is_nullable(local.type) for local in group.locals]
            if not first and not any(lives) and SAVED_SIZES.keys() >= {*group.types}:
                room += sum(map(SAVED_SIZES.__getitem__, group.types))
                continue
            if room:
                lines.append(self._leave(room))
                position, room = "", 0
            words = []
            for local, live in zip(group.locals, lives, strict=True):
                words.append(f"(local.get {local.name})" if live else zero(local.type))
            if self.inline and group.types[0] in SAVED_SIZES:
                lines += self._saves(group, words, self.inline, position)
                position = position_behind(group.types, self.program.ids, self.inline.position)
                continue
            position = ""
            call = f"(call {self.helper('save', *group.types)}"
            found = _filled(words)
            if len(found) < 2 and len(call) + len("".join(found)) + 8 < WIDTH:
                lines.append(" ".join([call, *found]) + ")")
            else:
                lines += [call, *(f"  {line}" for line in found)]
                lines[-1] += ")"
        if room:
            lines.append(self._leave(room))
            position = ""
        if self.owner is not None:
            lines.append(f"(call {self.helper('save', 'i32')} (i32.const {self.owner}))")
            position = ""
        return lines, position

    def _leave(self, room: int) -> str:
        """The line that leaves room for so many bytes."""
        return f"(call {self.helper('leave')} ({self.program.ids.address}.const {room}))"


def _filled(words: list[str]) -> list[str]:
    """Words in lines that read well."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) < WIDTH - 16:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
