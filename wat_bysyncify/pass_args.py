"""The options of wasm-opt's passes --asyncify and --bysyncify, `--pass-arg NAME@VALUE`, as ours.

    --pass-arg=asyncify-imports@env.sleep,env.fetch   ->   imports="env.sleep,env.fetch"
    --pass-arg=asyncify-onlylist@@functions.txt       ->   only_list from that file

What drives a module rewritten that way expects the names of Asyncify.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

_LIST = "list"
_FLAG = "flag"
_WORD = "word"

# What each means here, and what value it takes.
ASYNCIFY = {
    "imports": ("imports", _LIST),
    "ignore-imports": ("ignore_imports", _FLAG),
    "ignore-indirect": ("ignore_indirect", _FLAG),
    "removelist": ("remove_list", _LIST),
    "addlist": ("add_list", _LIST),
    "onlylist": ("only_list", _LIST),
    "propagate-addlist": ("propagate_add_list", _FLAG),
    "blacklist": ("remove_list", _LIST),
    "whitelist": ("only_list", _LIST),
    "verbose": ("verbose", _FLAG),
    "asserts": ("asserts", _FLAG),
    "ignore-unwind-from-catch": ("ignore_unwind_from_catch", _FLAG),
    "memory": ("memory", _WORD),
    "in-secondary-memory": ("in_secondary_memory", _FLAG),
    "secondary-memory-size": ("own_memory", _WORD),
    "import-globals": ("import_globals", _FLAG),
    "export-globals": ("export_globals", _FLAG),
}
BYSYNCIFY = ("imports", "ignore-imports", "ignore-indirect")  # of 2019


def options_of(arguments: Iterable[str], read_list: Callable[[str], tuple[str, ...]]) -> dict[str, Any]:
    """Our options for those of wasm-opt. `read_list` makes a list of its text, in which `@file` stands for a file.

    Raises `ValueError` for one that there is not, or that has no value, or one too many.
    """
    found: dict[str, Any] = {}
    for argument in arguments:
        name, at, value = argument.partition("@")
        family, _, rest = name.partition("-")
        known = ASYNCIFY.get(rest) if family == "asyncify" or (family == "bysyncify" and rest in BYSYNCIFY) else None
        if known is None:
            raise ValueError(f"there is no {name!r}")
        option, kind = known
        if kind == _FLAG and value not in ("", "1"):
            raise ValueError(f"{name!r} takes no value")
        if kind != _FLAG and not at:
            raise ValueError(f"{name!r} needs a value: {name}@VALUE")
        if option == "own_memory":
            if not value.isdigit():
                raise ValueError(f"{name!r} needs a number of pages, not {value!r}")
            found[option] = int(value)
        elif kind == _LIST:
            found[option] = (*found.get(option, ()), *read_list(value))
        else:
            found[option] = value if kind == _WORD else True
        if family == "asyncify":
            found.setdefault("names", "asyncify")
    pages = found.pop("own_memory", 1)
    if found.pop("in_secondary_memory", False):
        found["own_memory"] = pages
    return found
