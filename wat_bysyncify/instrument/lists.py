"""Lists of names, as the user gives them -> the functions and imports that they name.

An entry is a name, with its `$` or without it, or a pattern in which `*` stands for any characters. Names come first:
an entry that is one is no pattern, for `*` may stand in names too. What matches nothing is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..sexpr.nodes import plain_id
from .control import Control
from .module import Module


class Called:
    """What a module's functions and imports are called. `warnings` collects what matches nothing."""

    def __init__(self, module: Module, control: Control) -> None:
        self.module, self.control = module, control
        self.warnings: list[str] = []
        self._functions: dict[str, set[int]] | None = None
        self._exported: dict[int, str] | None = None

    def name(self, number: int) -> str:
        """The name of a function: its id; or what it is imported as, or exported; or its number in the text. Lists take
        each of them."""
        func = self.module.funcs.entities[number]
        if func.id or func.imported:
            return func.id or ".".join(func.imported or ())
        if self._exported is None:
            self._exported = {each: name for name, each in self.module.exports_of("func")}
        return self._exported.get(number) or str(self.control.number_in_text(number))

    def name_of_import(self, number: int) -> str:
        """The name of an imported function, as `module.base`."""
        return ".".join(self.module.funcs.entities[number].imported or ())

    def functions(self, list_: str, entries: Iterable[str]) -> set[int]:
        """The functions of the module that a list names: by id, by export, or by the number that they have in the text.
        `list_` is what the list is called in warnings."""
        entries = list(entries)
        if not entries:
            return set()
        if self._functions is None:
            self._functions = {}
            for number, func in enumerate(self.module.funcs.entities):
                if not func.imported:
                    id_ = plain_id(func.id) if func.id else ""
                    for name in (str(self.control.number_in_text(number)), id_, id_[1:]):
                        self._functions.setdefault(name, set()).add(number)
            for name, number in self.module.exports_of("func"):
                if not self.module.funcs.entities[number].imported:
                    self._functions.setdefault(name, set()).add(number)
            self._functions.pop("", None)
        return self._matched(list_, entries, self._functions, "function of the module")

    def imports(self, list_: str, entries: Iterable[str]) -> set[int]:
        """The imported functions that a list names, as `module.base`."""
        known: dict[str, set[int]] = {}
        for number, func in enumerate(self.module.funcs.entities):
            if func.imported:
                known.setdefault(".".join(func.imported), set()).add(number)
        return self._matched(list_, entries, known, "imported function")

    def _matched(self, list_: str, entries: Iterable[str], known: dict[str, set[int]], what: str) -> set[int]:
        found: set[int] = set()
        for entry in dict.fromkeys(entries):
            name = plain_id(entry) if entry[:1] == "$" else entry
            if name in known:
                found |= known[name]
                continue
            matched = set()
            if "*" in name:
                pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.S)
                matched = set().union(*(numbers for each, numbers in known.items() if pattern.fullmatch(each)))
            if not matched and name != "*":  # which means all, even if there are none
                self.warnings.append(f"{list_}: {entry!r} matches no {what}")
            found |= matched
        return found
