"""Who calls whom: Module -> CallGraph. Direct calls, and what calls through tables and references can find.

A function stands in *spaces*: in the tables that element segments and initialisers put it into, in REFERENCES if a
reference to it is made, in HOST if it is exported. Code moves functions from one space to another:

    (table.set $t ..)       REFERENCES -> $t         (table.get $t ..)       $t -> REFERENCES
    (table.copy $t $u ..)   $u -> $t                 (table.init $t $e ..)   those of $e stand in $t

and so do hosts: what they are given, as an exported table, they read and write. `$t` is *open* if a function that the
host made can stand there. A call looks for a function of a type in a space: that pair is a *dispatch*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import pairwise
from typing import Any, NamedTuple

from ..sexpr.nodes import Node, Token, plain_id, tokens, words
from . import act
from .annotations import NEVER, PAUSES, annotated, misplaced
from .code import OURS, Code, Codes, regular
from .fields import children, head, parse_nat, type_use_end
from .functypes import FuncTypes
from .module import Func, FuncType, Module, Space, TypeUses, unpacked
from .reftypes import heap_type, top

REFERENCES = -1
HOST = -2


class Dispatch(NamedTuple):
    """What a call through a table or reference looks for: a space, which is a table's number or `REFERENCES`, and the
    number of a type (functypes.py)."""

    space: int
    type: int


class Site(NamedTuple):
    """A call in a body, at tokens[position], of a function by number or of a dispatch, None where the text names
    nothing that there is; `says` is what an annotation says of it, PAUSES or NEVER, or ""."""

    position: int
    callee: int | Dispatch | None
    says: str


class Callees:
    """What the calls in bodies call: `type_numbers` are those of function types that are the same (functypes.py),
    `called_at` has, by these, the types of the dispatches that were read."""

    def __init__(self, module: Module, codes: Codes) -> None:
        self.module, self.codes = module, codes
        self.type_uses = TypeUses(module)
        self.type_numbers = FuncTypes(module)
        self.called_at: dict[int, FuncType] = {}
        self._dispatches: dict[tuple[str, str, str], Dispatch] = {}

    def dispatch(self, code: Code, body: list[Token], position: int) -> Dispatch:
        """What the call through a table or reference at body[position] looks for."""
        if code.op.endswith("call_ref"):
            number = self.type_numbers.named(code.word)
            self.called_at.setdefault(number, self.type_of(code, body, position))
            return Dispatch(REFERENCES, number)
        end = type_use_end(body, position + 1)
        said = "".join(body[position + 1 : end])
        key = code.op, code.word, said
        found = self._dispatches.get(key)
        if found is None:
            named = words(body[position + 1])[1:2] if end > position + 1 and head(body[position + 1]) == "type" else []
            numbers = self.type_numbers
            type_ = numbers.named(named[0]) if named else numbers.plain(self.type_of(code, body, position))
            table = self.module.tables.index(code.word or "0")
            found = Dispatch(REFERENCES if table is None else table, type_)
            self._dispatches[key] = found
            self.called_at.setdefault(type_, self.type_of(code, body, position))
        return found

    def type_of(self, code: Code, body: list[Token], position: int) -> FuncType:
        """The type at which the call through a table or reference at body[position] calls; of what names no type, the
        empty one."""
        if code.op.endswith("call_ref"):
            return self.module.func_type(code.word) or ((), ())
        end = type_use_end(body, position + 1)
        return (self.type_uses.of(body[position + 1 : end]) if end > position + 1 else None) or ((), ())

    def body(self, func: Func) -> list[Token]:
        """The tokens of a function's body, each one instruction, with what annotations say of it in its token."""
        node = func.nodes
        inside = tokens(node[func.header : -1])
        before = tokens(node[: func.header])[-1]
        distinct = {before, *inside}
        if any(self.codes[token].act in (act.IMMEDIATE, act.SEVERAL) for token in distinct):
            inside = regular(inside, self.codes)
        return annotated(inside, before)[1] if any("(@" in token for token in distinct) else inside

    def sites(self, func: Func) -> Iterator[Site]:
        """The calls in a function's body."""
        for position, token in enumerate(body := self.body(func)):
            code = self.codes[token]
            if code.op in DIRECT:
                yield Site(position, self.module.funcs.index(code.word) if code.word else None, code.says)
            elif code.op in THROUGH:
                yield Site(position, self.dispatch(code, body, position), code.says)


DIRECT = frozenset(("call", "return_call"))
THROUGH = frozenset(("call_indirect", "call_ref", "return_call_indirect", "return_call_ref"))


class CallGraph:
    """What calls what, in all of a module.

    `callers` has who calls each function, `users` who uses each dispatch, `homes` the spaces in which each function
    stands, `flows` where functions go from each space. `marked` are the functions with a call that can pause, as an
    annotation says; `changing` are the tables whose elements code of the module changes.
    """

    def __init__(self, module: Module, callees: Callees, marked: bool) -> None:
        self.module, self.callees, self._marked = module, callees, marked
        self.callers: dict[int, set[int]] = {}
        self.users: dict[Dispatch, set[int]] = {}
        self.homes: dict[int, set[int]] = {}
        self.flows: dict[int, set[int]] = {}
        self.marked: set[int] = set()
        self.tail_callers: set[int] = set()
        self.loops: set[int] = set()
        self.changing: set[int] = set()
        self._segments: list[set[int]] = []  # what is in each element segment: see `_listed`
        self._segment_names: dict[str, int] = {}
        self._relevant: dict[Token, Code | None] = {}  # of the distinct tokens, those that matter here
        self._found_at: dict[int, set[int]] | None = None
        tables = {id(entity.node): entity.number for entity in module.tables.entities}
        for word, node in module.fields:
            if word == "elem":
                self._read_segment(node)
            elif word == "table":
                self._read_table(node, tables[id(node)])
            elif word == "global":
                self._stands(self._references(tokens([node])), REFERENCES)
        for number in range(len(module.funcs.entities)):
            func = module.func(number)
            if not func.imported and isinstance(func.node, list):
                self._read_function(func)
        for table in self.changing:  # a call through one is that of a reference, which is kept (tablecalls.py)
            self._flow(table, REFERENCES)
        self._read_host()

    def dispatches(self, number: int) -> Iterator[Dispatch]:
        """The dispatches that find a function where it stands to begin with."""
        homes = self.homes.get(number)
        if homes:
            for type_ in self._types_of(number):
                for space in homes:
                    yield Dispatch(space, type_)

    def onward(self, dispatch: Dispatch) -> Iterator[Dispatch]:
        """The dispatches that find what a dispatch finds, for that goes on to their spaces."""
        for space in self.flows.get(dispatch.space, ()):
            yield Dispatch(space, dispatch.type)

    def open_spaces(self) -> set[int]:
        """The spaces in which functions of the host can stand."""
        return _reached(HOST, self.flows)

    def closed(self) -> CallGraph:
        """The same, if the host puts no functions anywhere."""
        found = copy(self)
        found.flows = {from_: to for from_, to in self.flows.items() if from_ != HOST}
        return found

    def found_by(self, dispatch: Dispatch) -> set[int]:
        """The functions of the module that a dispatch can find."""
        if self._found_at is None:
            self._found_at = {}
            for number in self.homes:
                for type_ in self._types_of(number):
                    self._found_at.setdefault(type_, set()).add(number)
        spaces = self._sources(dispatch.space)
        return {number for number in self._found_at.get(dispatch.type, ()) if not spaces.isdisjoint(self.homes[number])}

    def _sources(self, space: int) -> set[int]:
        """The spaces from which functions come to a space, with itself."""
        sources: dict[int, set[int]] = {}
        for from_, all_to in self.flows.items():
            for to in all_to:
                sources.setdefault(to, set()).add(from_)
        return _reached(space, sources)

    def _types_of(self, number: int) -> tuple[int, ...]:
        func, types = self.module.func(number), self.callees.type_numbers
        return types.found_at(types.named(func.type_name) if func.type_name else types.plain(func.type))

    def _flow(self, from_: int, to: int) -> None:
        if from_ != to:
            self.flows.setdefault(from_, set()).add(to)

    def _stands(self, numbers: Iterable[int], space: int) -> None:
        for number in numbers:
            if number == REFERENCES:
                self._flow(REFERENCES, space)
            else:
                self.homes.setdefault(number, set()).add(space)

    def _read_function(self, func: Func) -> None:
        """Reads the body of a function: each of its distinct tokens once, and in order only where that matters."""
        codes, relevant, index = self.callees.codes, self._relevant, self.module.funcs.index
        node = func.nodes
        distinct = set(tokens([node]))
        if any(codes[token].act in (act.IMMEDIATE, act.SEVERAL) for token in distinct):
            distinct = set(regular(tokens([node]), codes))
        marked = self._marked and any(OURS in token for token in distinct)
        through = False
        for token in distinct:
            if token not in relevant:
                code = codes[token]
                relevant[token] = code if code.op in _RELEVANT else None
            found = relevant[token]
            if found is None:
                continue
            if found.op.startswith("return_"):
                self.tail_callers.add(func.number)
            if found.op in THROUGH:
                through = True
            elif found.op == "loop":
                self.loops.add(func.number)
            elif found.op in _MOVES:
                self._read_move(found)
            elif (named := index(found.word) if found.word else None) is None:
                pass  # fold.py reports it with its position, if it matters
            elif found.op == "ref.func":
                self._stands([named], REFERENCES)
            elif not marked:
                self.callers.setdefault(named, set()).add(func.number)
        if marked:
            self._check(func)
        if marked or through:
            for site in self.callees.sites(func):
                if site.says == PAUSES:
                    self.marked.add(func.number)
                elif site.says == NEVER or site.callee is None:
                    continue
                elif isinstance(site.callee, Dispatch):
                    self.users.setdefault(site.callee, set()).add(func.number)
                elif marked:
                    self.callers.setdefault(site.callee, set()).add(func.number)

    def _check(self, func: Func) -> None:
        """Raises `WatError` for an annotation of ours about what is no call."""
        node = func.nodes
        before = sum(token.width for token in tokens(node[: func.header]))
        for token in self.callees.body(func):
            code = self.callees.codes[token]
            if code.says and (code.op not in DIRECT | THROUGH or code.says not in (PAUSES, NEVER)):
                raise misplaced(code.says, self.module.offset(node) + before + token.find(OURS))
            before += token.width

    def _read_move(self, code: Code) -> None:
        """Reads an instruction that moves references between tables, segments and the operand stack."""
        op, said = code.op, code.words
        tables = [self._table(word) for word in said] or [0]
        if op == "table.get":
            self._flow(tables[0], REFERENCES)
        elif op in ("table.set", "table.fill", "table.grow"):
            self._flow(REFERENCES, tables[0])
        elif op == "table.copy":
            self._flow(tables[-1], tables[0])
        elif op == "table.init":
            self._stands(self._segment(said[-1] if said else "0"), tables[0] if len(said) > 1 else 0)
        else:  # array.new_elem, array.init_elem
            self._stands(self._segment(said[-1]) if said else (), REFERENCES)
        if op in _WRITING:
            self.changing.add(tables[0] if op != "table.init" or len(said) > 1 else 0)

    def _table(self, word: str) -> int:
        index = self.module.tables.index(word)
        return REFERENCES if index is None else index

    def _segment(self, word: str) -> set[int]:
        index = self._segment_names.get(plain_id(word)) if word[:1] == "$" else parse_nat(word)
        return self._segments[index] if index is not None and index < len(self._segments) else set()

    def _read_segment(self, node: Node) -> None:
        """Reads an element segment, `(elem $e? (table $t)? (offset ..)? func? $f ..)`. Its functions stand in its table
        if it has an offset, else nowhere until an instruction takes them."""
        items = list(_items(node))[1:]
        if items and not items[0][0] and items[0][1][0] == "$":
            self._segment_names[plain_id(items.pop(0)[1])] = len(self._segments)
        table = 0
        active = False
        while items:
            inside, said = items[0]
            if not inside:
                if said[0] in _INDEX and not active and any(inside for inside, _ in items):
                    table = self._table(said)  # older text: (elem 0 (i32.const 1) $f)
                elif said != "declare":
                    break
            elif said == "table":
                table = self._table(words(inside[0])[1])
            elif said in _ELEMENTS or active:
                break
            else:
                active = True
            del items[0]
        found = self._listed(items)
        self._segments.append(found)
        if active:
            self._stands(found, table)

    def _listed(self, items: list[tuple[list[Token], str]]) -> set[int]:
        """The functions in a list of elements, `func $f 1`, `funcref (ref.func $f) (item (ref.func 1))`. REFERENCES is
        among them where one is what a global holds, which may be any to which there are references."""
        found = set()
        for inside, said in items:
            if inside:
                found |= self._references(inside)
            elif said[0] in _INDEX and (number := self.module.funcs.index(said)) is not None:
                found.add(number)
        return found

    def _references(self, inside: list[Token]) -> set[int]:
        """What an expression refers to, as `_listed` has it."""
        said = words("".join(inside))
        numbers = (self.module.funcs.index(name) for op, name in pairwise(said) if op == "ref.func")
        found = {number for number in numbers if number is not None}
        return found | {REFERENCES} if "global.get" in said else found

    def _read_table(self, node: Node, table: int) -> None:
        """Reads what a table holds to begin with: `(table funcref (elem $f ..))`, `(table 9 funcref (ref.func $f))`."""
        for child in children(node):
            if head(child) == "elem":
                self._stands(self._listed(list(_items(child))[1:]), table)
                self._segments.append(set())  # it is one, and numbered
            else:
                self._stands(self._references(tokens([child])), table)

    def _read_host(self) -> None:
        """Reads what the host gets and what it can give: through imports and exports, by table, global or function, and
        through functions of either that the other has got hold of."""
        module = self.module
        exported_funcs = module.exported("func")
        self._stands(exported_funcs, HOST)
        inside = [unpacked(field) for fields in module.fields_of.values() for _, field in fields]
        held = any(top(type_, module) == "funcref" for type_ in inside)  # structures and arrays may hold functions

        def carries(types: Iterable[str]) -> bool:
            return any(top(type_, module) == "funcref" or (held and heap_type(type_) != "") for type_ in types)

        def shared(space: Space, kind: str) -> list[Any]:
            exported = module.exported(kind)
            return [entity for entity in space.entities if entity.imported or entity.number in exported]

        for table in shared(module.tables, "table"):
            if carries([table.type]):
                self._flow(table.number, HOST)
                self._flow(HOST, table.number)
        both = [entity.type for entity in shared(module.globals, "global")]
        both += [type_ for tag in shared(module.tags, "tag") for type_ in tag.type[0]]
        given, got = set(both), set(both)
        for func in shared(module.funcs, "func"):
            if func.imported:
                given.update(func.type[0])
                got.update(func.type[1])
        flows = -1
        while flows != sum(map(len, self.flows.values())):  # what crosses may let more cross
            flows = sum(map(len, self.flows.values()))
            spaces = self._sources(HOST)
            for number, homes in self.homes.items():
                if not spaces.isdisjoint(homes):  # the host can call it
                    params, results = module.func(number).type
                    given.update(results)
                    got.update(params)
            opened = self.open_spaces()
            for dispatch in self.users:
                if dispatch.space in opened:  # it can find a function of the host
                    params, results = self.callees.called_at[dispatch.type]
                    given.update(params)
                    got.update(results)
            if carries(given):
                self._flow(REFERENCES, HOST)
            if carries(got):
                self._flow(HOST, REFERENCES)


def _reached(start: int, edges: dict[int, set[int]]) -> set[int]:
    """What can be reached along edges, with the start."""
    found = {start}
    todo = [start]
    while todo:
        new = edges.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def _items(node: Node) -> Iterator[tuple[list[Token], str]]:
    """What is in a list, in the order of the text: its words, each behind no tokens, and the lists in it, as tokens and
    first word."""
    for child in [node] if isinstance(node, Token) else node[:-1]:
        if isinstance(child, Token) and (child is node or child.type != "LEAF"):
            yield from (([], word) for word in words(child))
        else:
            yield tokens([child]), head(child)


_INDEX = "$0123456789"
_ELEMENTS = frozenset(("item", "ref", "ref.func", "ref.null"))
_WRITING = frozenset(("table.set", "table.fill", "table.copy", "table.init"))
_MOVES = _WRITING | {"table.get", "table.grow", "array.new_elem", "array.init_elem"}
_RELEVANT = DIRECT | THROUGH | _MOVES | {"ref.func", "loop"}
