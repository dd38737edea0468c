r"""Which functions are hot, as a profile says: these are written to run fast, some of them twice (twins.py), and all
others to be small.

A profile has functions by the names that they have in the binary, or, without one, as `wasm-function[12]`. Tools that
print text make ids of the names in ways of their own:

    std::get<int>(int, int)                 in the binary
    $std::get<int>_int__int_                wasm2wat
    $std::get\3cint\3e\28int\2c\20int\29    wasm-dis
    $"std::get<int>(int, int)"              wasm-tools
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..sexpr.nodes import plain_id
from .lists import Called

# The functions that ran longest are hot, until they have so much of the time that rewritten functions have.
_MOST = 0.95

_NUMBER = re.compile(r"wasm-function\[(\d+)\]")
_NO_ID = re.compile(rb"[^0-9A-Za-z!#$%&'*+./:<=>?@\\^_`|~-]")


def times_of(profile: Iterable[tuple[str, float]], called: Called) -> dict[int, float]:
    """How long the functions of the module ran, by number; where the profile is mostly about others, there is a
    warning."""
    numbers: dict[int, int] = {}  # by those that they have in the text, and so in the binary
    names: dict[str, int] = {}
    for number, func in enumerate(called.module.funcs.entities):
        if not func.imported:
            numbers[called.control.number_in_text(number)] = number
            if func.id:
                names.setdefault(_unescaped(plain_id(func.id)[1:]), number)
    for name, number in called.module.exports_of("func"):
        if not called.module.funcs.entities[number].imported:
            names.setdefault(name, number)
    found: dict[int, float] = {}
    unknown: dict[str, float] = {}
    for name, time in profile:
        said = _NUMBER.fullmatch(name)
        at = numbers.get(int(said[1])) if said else names.get(name, names.get(_as_id(name)))
        if at is None:
            unknown[name] = time
        else:
            found[at] = found.get(at, 0) + time
    if sum(unknown.values()) > sum(found.values()):
        longest = max(unknown, key=lambda name: unknown[name])
        called.warnings.append(f"profile: most of it is about functions the module does not have, as {longest!r}")
    return found


def hot(times: Mapping[int, float], rewritten: set[int]) -> dict[int, float]:
    """The numbers of the functions that are hot, of those that are rewritten, with the share that each has in the time
    of all; `times` is how long the functions of the module ran, each by itself."""
    whole = sum(times.values())
    ran = {number: time for number, time in times.items() if number in rewritten and time > 0}
    room = _MOST * sum(ran.values())
    found = {}
    for number, time in sorted(ran.items(), key=lambda each: (-each[1], each[0])):
        if room <= 0:
            break
        found[number] = time / whole
        room -= time
    return found


def _unescaped(id_: str) -> str:
    r"""A name of which Binaryen made an id: `f\28int\29` is `f(int)`."""
    if "\\" not in id_:
        return id_
    raw = re.sub(rb"\\([0-9a-f]{2})", lambda byte: bytes([int(byte[1], 16)]), id_.encode("utf-8"))
    return raw.decode("utf-8", "replace")


def _as_id(name: str) -> str:
    """What wabt makes of a name: `f(int)` is `f_int_`."""
    return _NO_ID.sub(b"_", name.encode("utf-8", "surrogatepass")).decode("ascii")
