"""Nodes -> Module: the fields, the index spaces by name and by number, types, imports and exports.

Abbreviations are read as the spec expands them ("Text Format / Modules"): inline imports and exports, type uses,
fields without `(module ...)` around them. Of the bodies of functions nothing is read (fold.py does).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import WatError
from ..sexpr.nodes import List, Node, Token, plain_id, tokens, unquote, words
from ..sexpr.parser import offset_of, parse
from .fields import (
    children,
    head,
    header_of,
    holder_of,
    node_words,
    parse_nat,
    spelled,
    value_types,
)
from .reftypes import SHORT_NAMES, heap_type, is_nullable

FuncType = tuple[tuple[str, ...], tuple[str, ...]]  # parameters, results


def signature_text(type_: FuncType) -> str:
    """A function type as a type use spells it: ` (param i32 i64) (result f32)`."""
    return "".join(f" ({kind} {' '.join(of)})" for kind, of in zip(("param", "result"), type_, strict=True) if of)


@dataclass(slots=True)
class Entity:
    """One entry of an index space, and its number there."""

    id: str | None
    node: Node
    imported: tuple[str, str] | None = None
    exports: tuple[str, ...] = ()
    number: int = field(default=-1, kw_only=True)


@dataclass(slots=True)
class Func(Entity):
    """A function, or a tag, which has the type of one and nothing else."""

    type: FuncType = ((), ())
    header: int = 0  # how many nodes of a defined function stand before its locals and instructions
    params: list[tuple[str | None, str]] = field(default_factory=list)  # id and type of each
    type_name: str = ""  # the word of `(type ..)`, if there is one

    @property
    def nodes(self) -> List:
        """Its node, of which there is more than `(func)`."""
        assert isinstance(self.node, list)
        return self.node


@dataclass(slots=True)
class Typed(Entity):
    """A global, with its type; a table, with that of its elements."""

    type: str = ""


@dataclass(slots=True)
class Space:
    """An index space: `entities` by number, `names` by `$id`."""

    kind: str
    entities: list[Entity] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)

    def index(self, word: str) -> int | None:
        """The number that `$id` or a number stands for, None where there is none such."""
        if word[:1] == "$":
            return self.names.get(word if word in self.names else plain_id(word))
        number = parse_nat(word)
        return number if number is not None and number < len(self.entities) else None


@dataclass(slots=True)
class Module:
    """A text, read: `nodes` is all of it, `fields` the module's fields among them (`holder` is the list they are in).

    `source` are the nodes in the order of the text, for the places of errors; `origins` are those that others stand
    for, by the identity of these.
    """

    nodes: List
    source: List
    holder: List
    fields: list[tuple[str, Node]] = field(default_factory=list)
    types: Space = field(default_factory=lambda: Space("type"))
    funcs: Space = field(default_factory=lambda: Space("func"))
    tables: Space = field(default_factory=lambda: Space("table"))
    memories: Space = field(default_factory=lambda: Space("memory"))
    globals: Space = field(default_factory=lambda: Space("global"))
    tags: Space = field(default_factory=lambda: Space("tag"))
    func_types: dict[int, FuncType] = field(default_factory=dict)  # of the types that are functions
    plain_types: dict[int, FuncType] = field(default_factory=dict)  # of these, those that are final and stand alone
    # Of those that are structures, their fields (id, storage type); of those that are arrays, one such.
    fields_of: dict[int, list[tuple[str | None, str]]] = field(default_factory=dict)
    arrays: set[int] = field(default_factory=set)
    added_types: dict[str, FuncType] = field(default_factory=dict)  # by id; the rewritten module gets them at its end
    exports: dict[str, Node] = field(default_factory=dict)
    origins: dict[int, Node] = field(default_factory=dict)
    type_numbers: dict[FuncType, int] | None = None  # of the types that stand alone, canonical, the first of each
    offsets: dict[int, int] | None = None  # of the fields in the text, by the identity of their nodes

    def address_type(self, kind: str, word: str) -> str:
        """The type of an address in a memory or table, the first if the word names none."""
        space = self.memories if kind == "memory" else self.tables
        index = (space.index(word) if word else 0) or 0
        if index >= len(space.entities):
            return "i32"
        entity = space.entities[index]
        node = next(children(entity.node), entity.node) if head(entity.node) == "import" else entity.node
        return "i64" if "i64" in node_words(node) else "i32"

    def func(self, number: int) -> Func:
        """The function with a number."""
        found = self.funcs.entities[number]
        assert isinstance(found, Func)
        return found

    def func_of(self, node: Node) -> Func:
        """The function that a field defines."""
        return next(func for func in map(self.func, range(len(self.funcs.entities))) if func.node is node)

    def func_type(self, word: str) -> FuncType | None:
        """The function type that a word names."""
        index = self.types.index(word)
        return self.added_types.get(word) if index is None else self.func_types.get(index)

    def type_fields(self, word: str) -> list[tuple[str | None, str]] | None:
        """The fields, (id, storage type), of the structure that a word names, or the one of the array."""
        index = self.types.index(word)
        return None if index is None else self.fields_of.get(index)

    def field_type(self, type_word: str, field_word: str) -> str:
        """The type of a field of a structure, unpacked; of an array's elements if `field_word` is empty."""
        fields = self.type_fields(type_word) or []
        index = parse_nat(field_word) if field_word else 0
        if index is None:
            index = next((i for i, (id_, _) in enumerate(fields) if id_ and plain_id(id_) == field_word), -1)
        return unpacked(fields[index][1]) if 0 <= index < len(fields) else "unknown"

    def is_aggregate(self, word: str) -> bool:
        """Whether a word names a structure or an array type."""
        return self.type_fields(word) is not None

    def is_array(self, word: str) -> bool:
        """Whether a word names an array type."""
        return self.types.index(word) in self.arrays

    def table_type(self, word: str) -> str:
        """The type of the elements of the table that a word names, the first if it is empty."""
        index = self.tables.index(word or "0")
        return self.tables.entities[index].type if index is not None else "unknown"  # type: ignore[attr-defined]

    def global_type(self, word: str) -> str:
        """The type of the global that a word names."""
        index = self.globals.index(word)
        return "unknown" if index is None else self.globals.entities[index].type  # type: ignore[attr-defined]

    def type_name(self, type_: FuncType) -> str:
        """A name of a function type that stands alone; "" if the module defines none such."""
        if self.type_numbers is None:
            self.type_numbers = {}
            for number, each in self.plain_types.items():
                self.type_numbers.setdefault(self.canonical(each), number)
        found = self.type_numbers.get(self.canonical(type_))
        return "" if found is None else str(found)

    def canonical(self, type_: FuncType) -> FuncType:
        """A function type spelled in one way: long forms of reference types, numbers for names."""
        return tuple(map(self._canonical, type_[0])), tuple(map(self._canonical, type_[1]))

    def _canonical(self, type_: str) -> str:
        heap = heap_type(type_)
        if not heap:
            return type_
        index = self.types.index(heap)
        return f"(ref {'null ' if is_nullable(type_) else ''}{heap if index is None else index})"

    def tag_type(self, word: str) -> FuncType | None:
        """The type of the tag that a word names."""
        index = self.tags.index(word)
        return None if index is None else self.tags.entities[index].type  # type: ignore[attr-defined]

    def exports_of(self, kind: str) -> Iterator[tuple[str, int]]:
        """The names under which entities of a kind, `func` or `memory`, are exported, with the numbers of these."""
        space: Space = getattr(self, SPACES[kind])
        for entity in space.entities:
            for name in entity.exports:
                yield name, entity.number
        for name, node in self.exports.items():
            if head(node) == "export":
                for child in children(node):
                    number = space.index(node_words(child)[1]) if head(child) == kind else None
                    if number is not None:
                        yield name, number

    @property
    def start(self) -> int | None:
        """The number of the start function, if there is one."""
        said = next((node_words(node) for kind, node in self.fields if kind == "start"), [])
        return self.funcs.index(said[1]) if len(said) > 1 else None

    def exported_as(self, kind: str, name: str) -> int | None:
        """The number of the entity of a kind that is exported under a name."""
        return next((number for found, number in self.exports_of(kind) if found == name), None)

    def exported(self, kind: str) -> set[int]:
        """The numbers of the entities of a kind that are exported."""
        return {number for _, number in self.exports_of(kind)}

    def error(self, message: str, node: Node) -> WatError:
        """An error at a field: a list, or a token of `holder`."""
        return WatError(message, self.offset(node))

    def offset(self, node: Node) -> int:
        """The index in the source of a field."""
        node = self.origins.get(id(node), node)
        holder = holder_of(self.source)
        if isinstance(node, list):
            if self.offsets is None:
                at = 0 if holder is self.source else offset_of(self.source, holder)
                self.offsets = {}
                for child in holder:
                    self.offsets[id(child)] = at
                    at += sum(token.width for token in tokens([child]))
            found = self.offsets.get(id(node))
            return offset_of(self.source, node) if found is None else found
        position = next(i for i, child in enumerate(holder) if child is node)
        before = sum(token.width for token in tokens(holder[:position]))
        return before if holder is self.source else before + offset_of(self.source, holder)


SPACES = {"func": "funcs", "table": "tables", "memory": "memories", "global": "globals", "tag": "tags"}
_FIELDS = frozenset("type rec import func table memory global export start elem data tag".split())


def read_types(nodes: List, source: List) -> Module:
    """The module of a text, of which only the types are read so far; `source` are the nodes before any were moved.

    Raises `WatError` for fields that there are not, and types that are malformed.
    """
    holder = holder_of(nodes)
    module = Module(nodes, source, holder)
    for node in holder[1:-1] if holder is not nodes else holder:
        if isinstance(node, Token) and node.type == "TRIVIA":
            continue
        word = head(node)
        if word not in _FIELDS or (isinstance(node, Token) and node.type == "WORDS"):
            raise module.error(f"unknown module field {word!r}" if word else "empty module field", node)
        module.fields.append((word, node))
    try:
        for word, node in module.fields:
            if word in ("type", "rec"):
                _read_types(module, word, node)
    except IndexError:
        raise module.error(f"malformed {word}", node) from None
    return module


def read_module(nodes: List, source: List, origins: dict[int, Node] | None = None) -> Module:
    """The module of a text; `source` are the nodes before any were moved, `origins` what new ones stand for.

    Raises `WatError` where fields, names or types do not fit together.
    """
    module = read_types(nodes, source)
    module.origins.update(origins or {})
    try:
        for word, node in module.fields:
            if word == "import":
                _read_import(module, node)
        for word, node in module.fields:
            _read_field(module, word, node)
    except (IndexError, ValueError):
        raise module.error(f"malformed {word}", node) from None
    return module


def _bind(module: Module, space: Space, entity: Entity) -> None:
    if entity.id is not None:
        id_ = plain_id(entity.id)
        if id_ in space.names:
            raise module.error(f"{space.kind} {entity.id} is defined twice", entity.node)
        space.names[id_] = len(space.entities)
    entity.number = len(space.entities)
    space.entities.append(entity)


def _read_types(module: Module, word: str, node: Node) -> None:
    for each in [node] if word == "type" else [child for child in children(node) if head(child) == "type"]:
        id_ = next((name for name in node_words(each)[1:2] if name[0] == "$"), None)
        index = len(module.types.entities)
        _bind(module, module.types, Entity(id_, node))
        body = whole = next(children(each), None)
        while body is not None and head(body) == "sub":
            body = next((child for child in children(body)), None)
        if body is not None and head(body) == "func":
            params, results, _ = _signature(body)
            module.func_types[index] = (tuple(type_ for _, type_ in params), results)
            if word == "type" and (whole is body or node_words(whole or []) == ["sub", "final"]):
                module.plain_types[index] = module.func_types[index]
        elif body is not None and head(body) == "struct":
            module.fields_of[index] = [each for child in children(body) for each in value_types(child)]
        elif body is not None and head(body) == "array":
            module.fields_of[index] = [(None, _last_type(body))]
            module.arrays.add(index)


def _signature(node: Node) -> tuple[list[tuple[str | None, str]], tuple[str, ...], int]:
    """Parameters (id, type), results, and how many children of `node` stand before and among them.

    Raises `IndexError` if one has an id and no type.
    """
    params: list[tuple[str | None, str]] = []
    results: list[str] = []
    count = 1
    if isinstance(node, list):
        for position, child in enumerate(node[1:-1], 2):
            kind = head(child)
            if isinstance(child, Token) and child.type == "WORDS":
                break
            if kind == "param":
                params += value_types(child)
            elif kind == "result":
                results += [type_ for _, type_ in value_types(child)]
            elif kind not in ("type", "export", "import"):
                break
            count = position
    return params, tuple(results), count


class UnknownType(Exception):
    """A type use names no function type."""


def type_use(module: Module, node: Node) -> tuple[list[tuple[str | None, str]], tuple[str, ...], int]:
    """What `(type $t) (param ..) (result ..)` in a node say: parameters (id, type), results, nodes until after them.

    Raises `UnknownType`, also for what is malformed.
    """
    try:
        params, results, count = _signature(node)
        named = [node_words(child)[1] for child in header_of(node) if head(child) == "type"]
    except IndexError:
        raise UnknownType("malformed function type") from None
    for word in named:
        if not params and not results:
            type_ = module.func_type(word)
            if type_ is None:
                raise UnknownType(f"unknown function type {word}")
            types, results = type_
            params = [(None, type_) for type_ in types]
    return params, results, count


def _read_import(module: Module, node: Node) -> None:
    found = node_words(node)
    if len(found) < 3 or found[1][0] != '"' or found[2][0] != '"':
        raise module.error("an import needs a module name, a name and a description", node)
    imported = (unquote(found[1]), unquote(found[2]))
    descriptions = list(children(node))
    if len(descriptions) != 1:
        raise module.error("an import needs a module name, a name and a description", node)
    _declare(module, head(descriptions[0]), descriptions[0], node, imported)


def _declare(module: Module, kind: str, node: Node, whole: Node, imported: tuple[str, str] | None) -> None:
    if kind not in SPACES:
        raise module.error(f"unknown import {kind!r}", whole)
    found = words(node if isinstance(node, Token) else node[0])
    id_ = found[1] if len(found) > 1 and found[1][0] == "$" else None
    names = tuple(unquote(node_words(child)[1]) for child in header_of(node) if head(child) == "export")
    for name in names:
        module.exports[name] = whole
    space: Space = getattr(module, SPACES[kind])
    if kind == "func" or kind == "tag":
        try:
            params, results, count = type_use(module, node)
        except UnknownType as error:
            raise module.error(str(error), whole) from None
        type_ = (tuple(each for _, each in params), results)
        named = next((node_words(child)[1] for child in header_of(node) if head(child) == "type"), "")
        _bind(module, space, Func(id_, whole, imported, names, type_, count, params, named))
    elif kind == "global":
        _bind(module, space, Typed(id_, whole, imported, names, _global_type(node)))
    elif kind == "table":
        _bind(module, space, Typed(id_, whole, imported, names, _table_type(node)))
    else:
        _bind(module, space, Entity(id_, whole, imported, names))


def _global_type(node: Node) -> str:
    for child in children(node):
        if head(child) == "mut":
            return value_types(child)[0][1]
        if head(child) == "ref":
            return spelled(child)
    return next((word for word in node_words(node)[1:] if word[0] not in '$"'), "")


def _last_type(node: Node) -> str:
    """The type that is the last thing in a list: `(array (mut (ref $t)))`, `(array i8)`."""
    return value_types(node)[-1][1]


def _table_type(node: Node) -> str:
    for child in children(node):
        if head(child) == "ref":
            return spelled(child)
    return next((word for word in node_words(node) if word in SHORT_NAMES), "funcref")


def unpacked(storage: str) -> str:
    """The value type of a field: `(mut i8)` -> `i32`, `(mut (ref $t))` -> `(ref $t)`."""
    type_ = storage[5:-1] if storage.startswith("(mut ") else storage
    return "i32" if type_ in ("i8", "i16") else type_


def _read_field(module: Module, word: str, node: Node) -> None:
    if word in SPACES:
        inline = next((child for child in header_of(node) if head(child) == "import"), None)
        imported = None
        if inline is not None:
            found = node_words(inline)
            imported = (unquote(found[1]), unquote(found[2]))
        _declare(module, word, node, node, imported)
    elif word == "export":
        found = node_words(node)
        described = list(children(node))
        if len(found) != 2 or found[1][0] != '"' or len(described) != 1 or len(node_words(described[0])) != 2:
            raise module.error("an export needs a name and what it exports", node)
        module.exports[unquote(found[1])] = node


class TypeUses:
    """The function types that type uses in bodies stand for; each distinct one is read once."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.known: dict[str, FuncType | None] = {}

    def of(self, found: list[Token]) -> FuncType | None:
        """The type that the tokens of a type use stand for, None if it is unknown."""
        text = "".join(found)
        if text not in self.known:
            node = parse(f"(func {text}\n)")[1]
            try:
                params, results, _ = type_use(self.module, node)
            except (UnknownType, IndexError):  # or there is a word too few
                self.known[text] = None
            else:
                self.known[text] = tuple(type_ for _, type_ in params), results
        return self.known[text]
