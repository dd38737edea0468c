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
from typing import Any

from ..sexpr.nodes import List, Node, Token, tokens, words
from . import code as act
from . import names
from .code import Code, Codes, regular
from .control import Control
from .fields import children, head, node_words
from .module import Func, FuncType, Module, Space, TypeUses, unpacked
from .options import Options
from .reftypes import heap_type, top


@dataclass(slots=True)
class Pausing:
    """`can_pause` and `instrumented` are function numbers; `types` the types whose indirect calls can pause, erased."""

    module: Module
    can_pause: set[int] = field(default_factory=set)
    instrumented: set[int] = field(default_factory=set)
    types: set[FuncType] = field(default_factory=set)
    any_indirect: bool = False  # any indirect call can pause
    added: set[int] = field(default_factory=set)  # by the add list: their indirect calls can pause in any case
    tail_callers: set[int] = field(default_factory=set)  # the functions with tail calls, of any kind
    addressed: dict[FuncType, set[int]] = field(default_factory=dict)  # whose address is taken, by type, erased
    closed: bool = True  # no reference to a function comes from outside of the module
    written: set[int] = field(default_factory=set)  # the tables whose elements code of the module changes
    points: set[int] = field(default_factory=set)  # the functions that get pause points, and where
    places: tuple[str, ...] = ()

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


def find_pausing(module: Module, taken: Control, options: Options, codes: Codes) -> Pausing:
    """The functions that can pause, and those to instrument."""
    found = Pausing(module)
    named = {id(function.node): function.name for function in taken.functions}
    control = {i: named[id(func.node)] for i, func in enumerate(module.funcs.entities) if id(func.node) in named}
    funcs = module.funcs.entities
    driven = any(name in names.TOP_MOST | names.BOTTOM_MOST for name in control.values())  # by the module itself
    free = options.imports is None and not options.ignore_imports and not driven  # any import may pause
    matches = matcher(options.imports or ())
    for i, func in enumerate(funcs):
        if func.imported and not options.ignore_imports:
            if free or matches(".".join(func.imported)):
                found.can_pause.add(i)
    found.any_indirect = free and not options.ignore_indirect
    found.added = numbers_of(module, taken, options.add_list)
    if not (found.can_pause or control or found.added or options.pause_at):
        return found

    calls = _Calls(module, codes)
    callers, indirect = calls.callers, calls.indirect
    bottom = {caller for i, name in control.items() if name in names.BOTTOM_MOST for caller in callers.get(i, ())}
    top = {caller for i, name in control.items() if name in names.TOP_MOST for caller in callers.get(i, ())}
    if "entries" in options.pause_at:
        found.points = {i for i, func in enumerate(funcs) if not func.imported}
    elif "loops" in options.pause_at:
        found.points = calls.loops
    found.places = options.pause_at
    found.points -= control.keys() | top | bottom
    seeds = found.can_pause | found.points | top - bottom
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
        if callee in calls.addressed and type_ not in found.types and indirect:
            found.types.add(type_)
            users |= indirect.get(type_, set())
        users -= found.can_pause
        users -= bottom
        found.can_pause |= users
        todo += users
    found.can_pause |= found.added - bottom
    found.can_pause -= control.keys()
    found.instrumented = {i for i in found.can_pause if not funcs[i].imported and i not in top}
    found.tail_callers = calls.tail_callers & found.instrumented
    found.closed = calls.closed
    found.written = calls.written
    for i in calls.addressed:
        found.addressed.setdefault(erased(funcs[i].type, module), set()).add(i)  # type: ignore[attr-defined]
    return found


def numbers_of(module: Module, control: Control, patterns: tuple[str, ...]) -> set[int]:
    """The functions that a list names: by id, by export, or by the number that they have in the text."""
    if not patterns:
        return set()
    matches = matcher(patterns)
    found = {number for name, number in module.exports_of("func") if matches(name)}
    for i, func in enumerate(module.funcs.entities):
        if any(map(matches, (str(control.number_in_text(i)), *((func.id, func.id[1:]) if func.id else ())))):
            found.add(i)
    return {i for i in found if not module.funcs.entities[i].imported}


class _Calls:
    """What calls what, in all of a module.

    `callers` has who calls each function, `indirect` who calls through a reference or table, by type, erased;
    `addressed` are the functions to which references are made.
    """

    def __init__(self, module: Module, codes: Codes) -> None:
        self.module, self.codes = module, codes
        self.callers: dict[int, set[int]] = {}
        self.indirect: dict[FuncType, set[int]] = {}
        self.addressed: set[int] = set()
        self.tail_callers: set[int] = set()
        self.loops: set[int] = set()
        self.written: set[int] = set()  # tables
        self.types = TypeUses(module)
        self.calling: dict[Token, Code | None] = {}  # of the distinct tokens, those that matter here
        for i, func in enumerate(module.funcs.entities):
            if not func.imported and isinstance(func.node, list):
                self.read(i, func.node)
        for word, node in module.fields:
            if word in ("elem", "table", "global"):
                self.read_references(word, node)
        self.closed = self.is_closed()
        if not self.closed:  # the host can give back what it got
            self.addressed |= module.exported("func")

    def read(self, i: int, node: List) -> None:
        """Reads the body of a function."""
        codes, calling, index = self.codes, self.calling, self.module.funcs.index
        body = tokens([node])
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
            if called.op.startswith("return_"):
                self.tail_callers.add(i)
            if called.op in _THROUGH_TABLE:
                through_table = True
                continue
            if called.op == "loop":
                self.loops.add(i)
                continue
            if called.op in _WRITING:
                named = called.word if len(called.words) > (called.op == "table.init") else "0"
                table = self.module.tables.index(named)
                self.written |= set() if table is None else {table}
                continue
            callee = index(called.word) if called.word else None
            if callee is None:
                pass  # fold.py reports it with its position, if it matters
            elif called.op == "ref.func":
                self.addressed.add(callee)
            else:
                self.callers.setdefault(callee, set()).add(i)
        if through_table:
            for position, token in enumerate(body):
                called = calling[token]
                if called is not None and called.op in _THROUGH_TABLE:
                    by_word = called.op.endswith("call_ref")
                    type_ = self.module.func_type(called.word) if by_word else self.types.at(body, position + 1)
                    self.indirect.setdefault(erased(type_ or ((), ()), self.module), set()).add(i)

    def read_references(self, word: str, node: Node) -> None:
        """Reads the references to functions in a field."""
        found = words("".join(tokens([node])))
        listed = [node] if word == "elem" else [child for child in children(node) if head(child) == "elem"]
        for name in [
            *(name for op, name in pairwise(found) if op == "ref.func"),
            *(name for each in listed for name in node_words(each)[1:] if name[0] in "$0123456789"),
        ]:
            number = self.module.funcs.index(name)
            if number is not None:
                self.addressed.add(number)

    def is_closed(self) -> bool:
        """Whether no reference to a function can come from outside: by table, global, parameter or result."""
        module = self.module
        inside = [unpacked(field) for fields in module.fields_of.values() for _, field in fields]
        held = any(top(type_, module) == "funcref" for type_ in inside)  # structures and arrays may hold functions

        def carries(type_: str) -> bool:
            return top(type_, module) == "funcref" or (held and heap_type(type_) != "")

        def shared(space: Space, kind: str) -> list[Any]:
            exported = module.exported(kind)
            return [entity for entity in space.entities if entity.imported or entity.number in exported]

        for entity in [*shared(module.tables, "table"), *shared(module.globals, "global")]:
            if carries(entity.type):
                return False
        for entity in shared(module.tags, "tag"):
            if any(map(carries, entity.type[0])):
                return False
        exported = module.exported("func")
        escaping = False
        for func in module.funcs.entities:
            params, results = func.type  # type: ignore[attr-defined]
            coming, going = (results, params) if func.imported else (params, results)
            if func.imported or func.number in exported:
                if any(map(carries, coming)):
                    return False
                escaping = escaping or any(map(carries, going))
        return not escaping  # what the host is given, it may call with references of its own


_THROUGH_TABLE = frozenset(("call_indirect", "call_ref", "return_call_indirect", "return_call_ref"))
_WRITING = frozenset(("table.set", "table.fill", "table.copy", "table.init"))
_CALLING = _THROUGH_TABLE | _WRITING | {"call", "return_call", "ref.func", "loop"}
