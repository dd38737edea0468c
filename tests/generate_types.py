"""The types that generated programs use: numbers, references, and the types that a module defines.

A reference type is written out, with the index of a defined type: `(ref null any)`, `(ref 2)`; `Types.spelled` gives
one of its spellings in a text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

NUMBERS = ("i32", "i64", "f32", "f64", "v128")
Type = tuple[tuple[str, ...], tuple[str, ...]]

ABOVE = {"i31": "eq", "struct": "eq", "array": "eq", "eq": "any"}  # heap type: the one above it
TOPS = {"i31": "any", "struct": "any", "array": "any", "eq": "any"}
PACKED = ("i8", "i16")


@dataclass(slots=True)
class Defined:
    """A type that the module defines; `fields` of a struct, or one of an array: what it holds and whether mutable."""

    id: str | None
    kind: str  # func, struct, array
    func: Type = ((), ())
    fields: list[tuple[str, bool]] = field(default_factory=list)
    above: int | None = None
    is_final: bool = False


def is_number(type_: str) -> bool:
    return type_ in NUMBERS


def heap(type_: str) -> str:
    return type_[1:-1].split()[-1]


def is_nullable(type_: str) -> bool:
    return " null " in type_


def nullable(type_: str) -> str:
    return f"(ref null {heap(type_)})"


def non_null(type_: str) -> str:
    return f"(ref {heap(type_)})"


class Types:
    """The defined types of a module, and what is a subtype of what."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.defined: list[Defined] = []
        self.group = 0, 0  # the first and the one behind the last of those defined in a `rec`

    def of_kind(self, kind: str) -> list[int]:
        return [number for number, type_ in enumerate(self.defined) if type_.kind == kind]

    def above(self, heap_: str) -> str | None:
        if not heap_.isdigit():
            return ABOVE.get(heap_)
        type_ = self.defined[int(heap_)]
        return str(type_.above) if type_.above is not None else type_.kind

    def top(self, heap_: str) -> str:
        while (above := self.above(heap_)) is not None:
            heap_ = above
        return heap_

    def is_sub(self, type_: str, other: str) -> bool:
        """Whether a value of a type is one of another."""
        if type_ == other or is_number(type_) or is_number(other):
            return type_ == other
        if is_nullable(type_) and not is_nullable(other):
            return False
        found: str | None = heap(type_)
        while found is not None and found != heap(other):
            found = self.above(found)
        return found is not None

    def are_sub(self, types: tuple[str, ...], others: tuple[str, ...]) -> bool:
        return len(types) == len(others) and all(map(self.is_sub, types, others))

    def word(self, number: int) -> str:
        """The id or the index of a defined type."""
        id_ = self.defined[number].id
        return id_ if id_ and self.random.random() < 0.7 else str(number)

    def heap_word(self, heap_: str) -> str:
        return self.word(int(heap_)) if heap_.isdigit() else heap_

    def spelled(self, type_: str) -> str:
        """A spelling of a type: `anyref` for `(ref null any)`."""
        if type_[0] != "(":
            return type_
        if is_nullable(type_) and not heap(type_).isdigit() and self.random.random() < 0.7:
            return f"{heap(type_)}ref"
        return f"(ref {'null ' * is_nullable(type_)}{self.heap_word(heap(type_))})"

    def list(self, head: str, types: tuple[str, ...]) -> list[str]:
        """`(param i32 anyref)`, or nothing."""
        return [f"({head} {' '.join(map(self.spelled, types))})"] if types else []

    def signature(self, type_: Type) -> list[str]:
        return self.list("param", type_[0]) + self.list("result", type_[1])

    def define_data(self) -> None:
        """Structs and arrays that know each other, in a `rec`."""
        random = self.random
        first = len(self.defined)
        kinds = ["struct", "struct", "array", *random.choices(["struct", "array"], k=random.randint(0, 2))]
        self.group = first, first + len(kinds)
        for number, kind in enumerate(kinds, first):
            type_ = Defined(random.choice([None, f"$data{number}", f"${kind}{number}"]), kind)
            self.defined.append(type_)
        for number, kind in enumerate(kinds, first):
            type_ = self.defined[number]
            earlier = [other for other in range(first, number) if kinds[other - first] == kind == "struct"]
            earlier = [other for other in earlier if not self.defined[other].is_final]
            if earlier and random.random() < 0.7:
                type_.above = random.choice(earlier)
                type_.fields += self.defined[type_.above].fields
            for _ in range(random.randint(1, 3) if kind == "struct" else 1):
                type_.fields.append((self.content(first, number), random.random() < 0.8))
            type_.is_final = random.random() < 0.2

    def content(self, first: int, number: int) -> str:
        """What a field holds; one that is never null refers only to types before it, so that there can be values."""
        random = self.random
        last = self.group[1] - 1
        kind = random.choices(["number", "packed", "any", "data", "earlier", "i31", "func"], [8, 2, 2, 3, 1, 1, 1])[0]
        if kind == "earlier" and number > first:
            return f"(ref {random.randrange(first, number)})"
        match kind:
            case "packed":
                return random.choice(PACKED)
            case "any":
                return f"(ref null {random.choice(['any', 'eq', 'i31'])})"
            case "data":
                return f"(ref null {random.randint(first, last)})"
            case "i31":
                return "(ref i31)"
            case "func" if first:
                return "(ref null 0)"
        return random.choices(NUMBERS, (6, 3, 1, 2, 1))[0]

    def texts(self) -> list[str]:
        """The type fields of the module."""
        fields = [self.text(number) for number in range(len(self.defined))]
        first, end = self.group
        group = [f"(rec {' '.join(fields[first:end])})"] if first < end else []
        return [*fields[:first], *group, *fields[end:]]

    def text(self, number: int) -> str:
        type_ = self.defined[number]
        start = f"(type {type_.id or ''} "
        if type_.kind == "func":
            return f"{start}(func {' '.join(self.signature(type_.func))}))"
        contents = [
            f"(mut {self.spelled(content)})" if is_mutable else self.spelled(content)
            for content, is_mutable in type_.fields
        ]
        body = f"(array {contents[0]})"
        if type_.kind == "struct":
            body = f"(struct {' '.join(f'(field {content})' for content in contents)})"
        above = "" if type_.above is None else self.word(type_.above)
        if type_.is_final and type_.above is None and self.random.random() < 0.5:
            return f"{start}{body})"
        return f"{start}(sub {'final ' * type_.is_final}{above} {body}))"
