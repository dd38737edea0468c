"""Reference types: their hierarchies, and whether null is one of their values (spec, "Validation / Types / Matching").

Types are spelled as the text spells them, `(ref null $t)` or the short `anyref`. Those of a temporary or of what is
saved are nullable, whatever the value: null stands there until the value does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .names import SAVED_REFERENCES, SAVED_SIZES

if TYPE_CHECKING:
    from .module import Module

_SHORT = {
    "funcref": "func", "nullfuncref": "nofunc",
    "externref": "extern", "nullexternref": "noextern",
    "anyref": "any", "eqref": "eq", "i31ref": "i31", "structref": "struct", "arrayref": "array", "nullref": "none",
    "exnref": "exn", "nullexnref": "noexn",
}  # fmt: skip

# The top of the hierarchy that an abstract heap type is in, as a reference type that holds all of it.
_TOPS = {
    "func": "funcref", "nofunc": "funcref",
    "extern": "externref", "noextern": "externref",
    "any": "anyref", "eq": "anyref", "i31": "anyref", "struct": "anyref", "array": "anyref", "none": "anyref",
    "exn": "exnref", "noexn": "exnref",
}  # fmt: skip

SHORT_NAMES = frozenset(_SHORT)


def heap_type(type_: str) -> str:
    """What a reference type refers to: `$t` of `(ref null $t)`, `any` of `anyref`; "" for other types."""
    if type_ in _SHORT:
        return _SHORT[type_]
    return type_[5:-1].removeprefix("null ") if type_.startswith("(ref ") else ""


def is_value_type(type_: str) -> bool:
    """Whether that is a type of values; what a reference refers to is not looked at."""
    return type_ in SAVED_SIZES or heap_type(type_) != ""


def is_nullable(type_: str) -> bool:
    """Whether null is a value of a type; a number's type has a value to begin with too."""
    return not type_.startswith("(ref ") or type_.startswith("(ref null ")


def nullable(type_: str) -> str:
    """`(ref $t)` -> `(ref null $t)`; other types as they are."""
    return type_ if is_nullable(type_) else f"(ref null {heap_type(type_)})"


def non_null(type_: str) -> str:
    """`(ref null $t)` -> `(ref $t)`; types that are not references as they are."""
    heap = heap_type(type_)
    return f"(ref {heap})" if heap else type_


def top(type_: str, module: Module) -> str:
    """The type in which a value can be kept: of a reference type the top of its hierarchy, of others the type."""
    heap = heap_type(type_)
    if not heap:
        return type_
    if heap in _TOPS:
        return _TOPS[heap]
    if module.is_aggregate(heap):
        return "anyref"
    return "funcref" if module.func_type(heap) is not None else type_


def can_be_kept(type_: str, module: Module) -> bool:
    """Whether values of a type can be kept at all: not if it is unknown."""
    kept = top(type_, module)
    return kept in SAVED_SIZES or kept in SAVED_REFERENCES


def short_name(type_: str) -> str:
    """A word for a type, as part of an id: `i32`, `anyref`, `node` for `(ref null $node)`."""
    heap = heap_type(type_)
    if not heap:
        return type_
    word = re.sub(r"[^A-Za-z0-9_.\-]", "_", heap.lstrip("$"))
    return word if heap[0] == "$" else f"type_{word}" if heap[0].isdigit() else f"{word}ref"


def got(name: str, type_: str, flat: bool = False) -> str:
    """The text that gets a value of a type out of a local, which is nullable where the type need not be."""
    if is_nullable(type_):
        return f"local.get {name}" if flat else f"(local.get {name})"
    return f"local.get {name} ref.as_non_null" if flat else f"(ref.as_non_null (local.get {name}))"
