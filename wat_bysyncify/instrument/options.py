"""What the user chose."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

NAMES = ("bysyncify", "asyncify", "both")
REWIND = ("skip", "jump")
OPTIMIZE = ("speed", "size")
PAUSE_AT = ("entries", "loops")
MOST_PAGES = 65535  # a 32-bit address must reach the end

_LISTS = ("imports", "add_list", "remove_list", "only_list", "pause_at", "twins")
_EXCLUDE = (
    ("imports", "ignore_imports"),
    ("pause_at", "ignore_indirect"),  # with pause points, any code can pause
    ("memory", "own_memory"),
    ("only_list", "add_list"),
    ("only_list", "remove_list"),
    ("import_globals", "export_globals"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a rewrite, as the command line names them, and `trace`, which is wat-shell's; `Options.of` makes
    and checks them."""

    # Which imports may pause, as `module.base`, `*` for any characters. None: any, or none where the module imports
    # control functions, for it then drives itself.
    imports: tuple[str, ...] | None = None
    ignore_imports: bool = False  # none may
    ignore_indirect: bool = False  # calls through tables and references do not pause
    closed_world: bool = False  # the host puts no functions into tables, and hands in no references to any
    add_list: tuple[str, ...] = ()  # functions that may pause, whatever the analysis says
    propagate_add_list: bool = False  # and so may their callers
    remove_list: tuple[str, ...] = ()  # functions that do not pause, and do not let pauses through
    only_list: tuple[str, ...] | None = None  # the functions that may pause, and no others
    asserts: bool = (
        False  # the module checks that nothing pauses that is not to, and that frames are whose they must be
    )
    ignore_unwind_from_catch: bool = False  # a pause that begins in a handler of an exception does not
    save_all_locals: bool = False  # frames hold all locals, also those that nobody will read
    annotate: bool = False  # with comments for those who read the output to learn
    record: bool = False  # the module notes which functions were paused
    import_globals: bool = False  # the state is that of another module, which exports it
    export_globals: bool = False  # and of this one
    trace: bool = False  # control functions say what they do (support.py); the start function is exported, not run
    names: str | None = None  # of exports, one of NAMES; None: as imports say, bysyncify where there are none
    memory: str | None = None  # that holds the frames, by its exported name or id; None: the first
    own_memory: int | None = None  # the size in pages of a memory for the frames alone
    pause_at: tuple[str, ...] = ()  # where pause points go, of PAUSE_AT
    pause_import: str | None = None  # the import that they call
    optimize: str | None = None  # what the result is made for, one of OPTIMIZE; None: to be read
    rewind: str = "skip"  # how a function finds its way back to a call, one of REWIND
    twins: tuple[str, ...] | None = None  # functions to write twice, when jumping; None: with "speed", some
    # How long each function ran, by its name: with "speed", what is hot is made for that, the rest to be small.
    profile: tuple[tuple[str, float], ...] | None = None

    @classmethod
    def of(cls, **given: Any) -> Options:
        """Options from keyword arguments, lists as iterables of strings or as one string (`split_list`), the profile as
        a dictionary. `rewind` None: to jump where the result is optimized, else to skip.

        Raises `TypeError` for what is no option, and `ValueError` for what is not an option's value.
        """
        unknown = given.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise TypeError(f"unknown option {min(unknown)!r}")
        for name in _LISTS:
            if given.get(name) is not None:
                given[name] = split_list(given[name])
        for one, other in _EXCLUDE:
            if given.get(one) not in (None, False, ()) and given.get(other) not in (None, False, ()):
                raise ValueError(f"{one} and {other} exclude each other")
        for name, values in (("names", NAMES), ("optimize", OPTIMIZE), ("rewind", REWIND)):
            if given.get(name) not in (None, *values):
                raise ValueError(f"{name} must be {', '.join(values[:-1])} or {values[-1]}, not {given[name]!r}")
        for place in given.get("pause_at") or ():
            if place not in PAUSE_AT:
                raise ValueError(f"pause_at must be of {', '.join(PAUSE_AT)}, not {place!r}")
        pages = given.get("own_memory")
        if pages is not None and not 1 <= pages <= MOST_PAGES:
            raise ValueError(f"own_memory must be from 1 to {MOST_PAGES} pages, not {pages}")
        if given.get("rewind") is None:
            given["rewind"] = "jump" if given.get("optimize") else "skip"
        if given.get("twins") is not None and given["rewind"] == "skip":
            raise ValueError("twins is for rewinding by jumping")
        if given.get("profile") is not None:
            if given.get("optimize") != "speed" or given["rewind"] == "skip":
                raise ValueError("profile needs optimizing for speed (-O), and jumping")
            given["profile"] = _times(given["profile"])
        if given.get("pause_import") is not None and not given.get("pause_at"):
            raise ValueError("pause_import is for pause_at")
        if given.get("propagate_add_list") and not given.get("add_list"):
            raise ValueError("propagate_add_list is for add_list")
        return cls(**given)


def _times(profile: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    if not isinstance(profile, Mapping) or not all(
        isinstance(name, str) and isinstance(time, int | float) and 0 <= time < math.inf
        for name, time in profile.items()
    ):
        raise ValueError("profile must have the times of functions, by their names")
    return tuple(profile.items())


def split_list(value: Iterable[str] | str) -> tuple[str, ...]:
    """`"env.sleep, wasi.*"` as `("env.sleep", "wasi.*")`; a newline separates too, so that a file can be a list.
    Where brackets are balanced, a comma in them is part of a name: `"f(int, char), g"` names two."""
    if isinstance(value, str):
        value = [item for line in value.splitlines() for item in _split_line(line)]
    return tuple(item.strip() for item in value if item.strip())


def _split_line(line: str) -> list[str]:
    items = [""]
    depth = 0
    for part in re.split(r"([][(){}<>,])", line):
        depth += (part in _OPENING) - (part in _CLOSING)
        if part == "," and not depth:
            items.append("")
        else:
            items[-1] += part
    return items if not depth else line.split(",")


_OPENING = frozenset("([{<")
_CLOSING = frozenset(")]}>")
