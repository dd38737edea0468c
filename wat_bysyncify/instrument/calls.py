"""Which functions can pause: the whole-program analysis.

A function can pause if it calls something that can: an import that may (or is said to), a control function that
starts an unwind or ends a rewind, or another such function, directly or through a table. Code that drives the pausing
is not itself paused (the article's "runtime" code; Binaryen's top-most and bottom-most runtime):

    top-most     calls start_unwind or stop_rewind: where an unwind begins. It can pause, and is not instrumented.
    bottom-most  calls stop_unwind or start_rewind: where an unwind ends. Its callers do not pause because of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from ..sexpr.nodes import Token, tokens, words
from . import code as act
from . import names
from .code import Code, Codes, regular
from .fields import children, head, node_words
from .module import Func, FuncType, Module, TypeUses
from .options import Options
from .reftypes import top


@dataclass(slots=True)
class Pausing:
    """`can_pause` and `instrumented` are function numbers; `types` the types whose indirect calls can pause, erased."""

    module: Module
    can_pause: set[int] = field(default_factory=set)
    instrumented: set[int] = field(default_factory=set)
    types: set[FuncType] = field(default_factory=set)
    any_indirect: bool = False  # any indirect call can pause
    added: set[int] = field(default_factory=set)  # by the add list: their indirect calls can pause in any case

    def indirect(self, func: Func) -> Callable[[FuncType], bool]:
        """Whether a call through a table, of a type, can pause in a function."""
        if self.any_indirect or func.number in self.added:
            return lambda type_: True
        return lambda type_: erased(type_, self.module) in self.types


def erased(type_: FuncType, module: Module) -> FuncType:
    """A function type with each reference type widened to the top of its hierarchy.

    A function can be called at a type that is not its own but a supertype, or that is spelled otherwise; erased, all of
    these are the same.
    """
    return tuple([top(each, module) for each in type_[0]]), tuple([top(each, module) for each in type_[1]])


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name is one of the patterns: the same, or alike with `*` for any characters."""
    patterns = list(patterns)
    exact = set(patterns)
    wild = [re.compile(".*".join(map(re.escape, pattern.split("*"))), re.S) for pattern in patterns if "*" in pattern]
    return lambda name: name in exact or any(pattern.fullmatch(name) for pattern in wild)


def find_pausing(module: Module, control: dict[int, str], options: Options, codes: Codes) -> Pausing:
    """The functions that can pause, and those to instrument; `control` are the control functions among them."""
    found = Pausing(module)
    funcs = module.funcs.entities
    free = options.imports is None and not options.ignore_imports and not control  # any import may pause
    matches = matcher(options.imports or ())
    for i, func in enumerate(funcs):
        if func.imported and not options.ignore_imports:
            if free or matches(".".join(func.imported)):
                found.can_pause.add(i)
    found.any_indirect = free and not options.ignore_indirect
    added = matcher(options.add_list)
    if options.add_list:
        found.added = {
            i for i, func in enumerate(funcs)
            if not func.imported
            and any(map(added, [str(i), *((func.id, func.id[1:]) if func.id else ()), *func.exports]))
        }  # fmt: skip
    if not (found.can_pause or control or found.added):
        return found

    callers, indirect, addressed = _calls(module, codes)
    bottom = {caller for i, name in control.items() if name in names.BOTTOM_MOST for caller in callers.get(i, ())}
    top = {caller for i, name in control.items() if name in names.TOP_MOST for caller in callers.get(i, ())}
    seeds = found.can_pause | top - bottom
    if options.ignore_indirect:
        indirect = {}
    if found.any_indirect:
        for users in indirect.values():
            seeds |= users - bottom
    found.can_pause = seeds
    todo = list(seeds)
    while todo:
        callee = todo.pop()
        users = set(callers.get(callee, ()))
        type_ = erased(funcs[callee].type, module)  # type: ignore[attr-defined]
        if callee in addressed and type_ not in found.types and indirect:
            found.types.add(type_)
            users |= indirect.get(type_, set())
        users -= found.can_pause
        users -= bottom
        found.can_pause |= users
        todo += users
    found.can_pause |= found.added - bottom
    found.can_pause -= control.keys()
    found.instrumented = {i for i in found.can_pause if not funcs[i].imported and i not in top}
    return found


def _calls(module: Module, codes: Codes) -> tuple[dict[int, set[int]], dict[FuncType, set[int]], set[int]]:
    """Who calls each function; who calls through a table, by type, erased; whose address is taken."""
    callers: dict[int, set[int]] = {}
    indirect: dict[FuncType, set[int]] = {}
    addressed: set[int] = set()
    index = module.funcs.index
    types = TypeUses(module)
    calling: dict[Token, Code | None] = {}  # of the distinct tokens, those that call or take an address
    for i, func in enumerate(module.funcs.entities):
        if func.imported or not isinstance(func.node, list):
            continue
        body = tokens([func.node])
        distinct = set(body)
        if any(codes[token].act in (act.IMMEDIATE, act.SEVERAL) for token in distinct):
            body = regular(body, codes)
            distinct = set(body)
        through_table = False
        for token in distinct:
            if token not in calling:
                code = codes[token]
                calling[token] = code if code.op in _CALLING else None
            called = calling[token]
            if called is None:
                continue
            if called.op in _THROUGH_TABLE:
                through_table = True
                continue
            callee = index(called.word) if called.word else None
            if callee is None:
                pass  # fold.py reports it with its position, if it matters
            elif called.op == "ref.func":
                addressed.add(callee)
            else:
                callers.setdefault(callee, set()).add(i)
        if through_table:
            for position, token in enumerate(body):
                called = calling[token]
                if called is not None and called.op in _THROUGH_TABLE:
                    by_word = called.op.endswith("call_ref")
                    type_ = module.func_type(called.word) if by_word else types.at(body, position + 1)
                    indirect.setdefault(erased(type_ or ((), ()), module), set()).add(i)
    for word, node in module.fields:
        if word in ("elem", "table", "global"):
            found = words("".join(tokens([node])))
            listed = [node] if word == "elem" else [child for child in children(node) if head(child) == "elem"]
            for name in [
                *(name for op, name in pairwise(found) if op == "ref.func"),
                *(name for each in listed for name in node_words(each)[1:] if name[0] in "$0123456789"),
            ]:
                number = index(name)
                if number is not None:
                    addressed.add(number)
    if any(entity.exports or entity.imported for entity in module.tables.entities) or any(
        head(child) == "table" for node in module.exports.values() for child in children(node)
    ):  # the host can put there what is exported
        for node in module.exports.values():
            for child in children(node):
                number = index(node_words(child)[1]) if head(child) == "func" else None
                if number is not None:
                    addressed.add(number)
        addressed |= {i for i, func in enumerate(module.funcs.entities) if func.exports}
    return callers, indirect, addressed


_THROUGH_TABLE = frozenset(("call_indirect", "call_ref", "return_call_indirect", "return_call_ref"))
_CALLING = _THROUGH_TABLE | {"call", "return_call", "ref.func"}
