"""A function's frame: what is saved at a pause, and in what order. framecode.py has the text of that.

Made for size, values of a type stand together, up to eight (policy.py); made for speed, values of any numbers' types;
made to be read, each alone.

Locals that are not alive at a call are saved as 0 where others of their group are, and where none is, or the function
saves its frame itself (but for the last of a group), room is left for them; references are saved as null, if they can
be. So a frame has one layout, whatever the call. Where the number of the call is saved, it is the first value; the last
where functions skip and are made to be read.
"""

from __future__ import annotations

from typing import NamedTuple

from .names import SAVED_SIZES
from .reftypes import top
from .scope import Scope


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


class Group(NamedTuple):
    """Values that are saved by one call: the types in which they are, and the locals that hold them; in the frame's
    first group the number of the call is one value more, if it is the first value (`Frame.number_first`)."""

    types: list[str]
    locals: list[Local]


class Inline(NamedTuple):
    """The locals of a function that saves its frame itself: where the data structure is, the stack's position, and the
    number of the call, if that comes from the operand stack."""

    data: str
    position: str
    number: str


class Frame(NamedTuple):
    """The frame of one function. `number_first`: the number of the call is its first value (where functions skip, it is
    one of the locals); `apart`: that is taken back by a call of its own. `owner` is the number of the function, which
    is on top where it must be told, None where it need not. `inline`: groups of numbers are saved and restored by code
    of its own, not by functions."""

    groups: list[Group]
    number_first: bool
    apart: bool
    owner: int | None
    inline: Inline | None

    @property
    def inline_locals(self) -> tuple[str, ...]:
        """The locals with which the function saves the frame itself, which are addresses."""
        own = self.inline and any(group.types[0] in SAVED_SIZES for group in self.groups)
        return (self.inline.data, self.inline.position) if self.inline and own else ()


def inline(scope: Scope, values: int, call: str) -> Inline | None:
    """The locals with which a function saves its frame itself, if it is to; `values` is how many are in it, `call` the
    local with the number of the call."""
    program, number = scope.program, scope.func.number
    if not program.few_pause(number) or values > program.policy(number).inline_values:
        return None
    return Inline(scope.new_name("$data"), scope.new_name("$position"), call)


def frame_of(saved: list[Local], number_first: bool, owner: int | None, scope: Scope, inline: Inline | None) -> Frame:
    """The frame of a function, with the locals in the order in which they are to be grouped: those together that are
    alive together."""
    policy = scope.program.policy(scope.func.number)
    groups = [Group(["i32"], [])] if number_first else []
    last = groups[0] if number_first else None
    for kept, locals_ in _by_type(saved, bool(policy.values), scope):
        largest = policy.values.get(kept, 1)
        for local in locals_:
            if (
                last is None
                or len(last.types) >= largest
                or not {kept, *last.types} <= policy.values.keys()
                or (kept != last.types[0] and not policy.mixed)
            ):
                last = Group([], [])
                groups.append(last)
            last.types.append(kept)
            last.locals.append(local)
    apart = number_first and (policy.apart or not groups[0].locals)
    return Frame(groups, number_first, apart, owner, inline)


def _by_type(saved: list[Local], grouped: bool, scope: Scope) -> list[tuple[str, list[Local]]]:
    """The locals by the types in which they are saved, i32 first, if they are grouped."""
    kept = [(top(local.type, scope.module), local) for local in saved]
    if not grouped:
        return [(type_, [local]) for type_, local in reversed(kept)]
    by_type: dict[str, list[Local]] = {"i32": []}
    for type_, local in kept:
        by_type.setdefault(type_, []).append(local)
    return list(by_type.items())
