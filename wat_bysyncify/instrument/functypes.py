"""Function types as calls meet them: which functions may be called at which type.

A call through a table or reference finds a function if the function's type is the call's, or is declared a subtype of
it (spec, "Validation / Types / Matching"). Types are the same if their recursion groups are, whatever their names
("Validation / Conventions / Rolling and unrolling"). So each type gets a number, by its group rewritten so that equal
ones are equal texts:

    (type $f (func (param $x i32)))                       0: sub final (func (param i32))
    (type $g (func (param i32)))                          0
    (type $h (sub (func (param (ref null $f)))))          1: sub (func (param (ref null #0)))
    (type $i (sub final $h (func (param (ref null $g))))) 2: sub final #1 (func (param (ref null #0)))
"""

from __future__ import annotations

import re

from ..sexpr.nodes import Node
from .fields import children, head, node_words
from .module import FuncType, Module
from .reftypes import heap_type, is_nullable

_FINAL = "final"


class FuncTypes:
    """The numbers of the types of a module, by what names them."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.known: dict[tuple[tuple[str, ...], int], int] = {}  # by recursion group and position in it
        self.numbers: list[int] = []  # by type index
        self.supers: dict[int, int] = {}  # of the types, by number, that are declared subtypes
        self._lines: dict[int, tuple[int, ...]] = {}
        for word, node in module.fields:
            if word == "type":
                self._read_group([node])
            elif word == "rec":
                self._read_group([child for child in children(node) if head(child) == "type"])

    def named(self, word: str) -> int:
        """The number of the type that a word names, -1 if there is none such."""
        index = self.module.types.index(word)
        if index is not None:
            return self.numbers[index]
        added = self.module.added_types.get(word)
        return -1 if added is None else self.plain(added)

    def plain(self, type_: FuncType) -> int:
        """The number of a function type that stands alone, as type uses without `(type ..)` say it."""
        return self._number((self._text([_FINAL], self._func(type_, {})),), 0)

    def found_at(self, number: int) -> tuple[int, ...]:
        """The types at which a function of a type can be called: its own, and all above."""
        line = self._lines.get(number)
        if line is None:
            above = [number]
            while above[-1] in self.supers and len(above) <= 64:  # engines allow 63; a cycle is not valid
                above.append(self.supers[above[-1]])
            line = self._lines[number] = tuple(above)
        return line

    def _number(self, group: tuple[str, ...], position: int) -> int:
        return self.known.setdefault((group, position), len(self.known))

    def _read_group(self, group: list[Node]) -> None:
        first = len(self.numbers)
        inside = {first + position: position for position in range(len(group))}
        declared = [self._declared(node) for node in group]
        texts = []
        for position, said in enumerate(declared):
            supers = [word if word == _FINAL else self._reference(word, inside) for word in said]
            texts.append(self._text(supers, self._body(first + position, inside)))
        key = tuple(texts)
        self.numbers += [self._number(key, position) for position in range(len(group))]
        for position, said in enumerate(declared):
            above = next((self.module.types.index(word) for word in said if word != _FINAL), None)
            if above is not None and above < len(self.numbers):
                self.supers[self.numbers[first + position]] = self.numbers[above]

    @staticmethod
    def _declared(node: Node) -> list[str]:
        """What a type is declared to be: `final` or not, and below which."""
        body = next(children(node), None)
        return node_words(body)[1:] if body is not None and head(body) == "sub" else [_FINAL]

    @staticmethod
    def _text(declared: list[str], body: str) -> str:
        return " ".join(["sub", *declared, body])

    def _body(self, index: int, inside: dict[int, int]) -> str:
        module = self.module
        if index in module.func_types:
            return self._func(module.func_types[index], inside)
        fields = " ".join(self._type(type_, inside) for _, type_ in module.fields_of.get(index, ()))
        return f"({'array' if index in module.arrays else 'struct'} {fields})"

    def _func(self, type_: FuncType, inside: dict[int, int]) -> str:
        params, results = (" ".join(self._type(each, inside) for each in part) for part in type_)
        return f"(func (param {params}) (result {results}))"

    def _type(self, type_: str, inside: dict[int, int]) -> str:
        """A value or storage type, with numbers for names."""
        if "ref" not in type_:
            return type_
        if type_.startswith("(mut "):
            return f"(mut {self._type(type_[5:-1], inside)})"
        heap = heap_type(type_)
        if heap[:1] == "$" or _NUMBER.match(heap):
            heap = self._reference(heap, inside)
        return f"(ref {'null ' if is_nullable(type_) else ''}{heap})"

    def _reference(self, word: str, inside: dict[int, int]) -> str:
        index = self.module.types.index(word)
        if index is not None and index in inside:
            return f"rec.{inside[index]}"
        return f"#{self.numbers[index]}" if index is not None and index < len(self.numbers) else "?"  # not valid


_NUMBER = re.compile(r"\d")
