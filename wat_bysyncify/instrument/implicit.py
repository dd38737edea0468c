"""Types that only inline type uses define, written out where the text gives their numbers: nodes -> nodes.

Such types are numbered behind those that are defined, in the order of the text (spec, "Abbreviations"). Instrumented,
type uses come, go and move; a number would then stand for another type.

    (type $f (func))                             (type $f (func))
    (func (param i32) (call_ref 1 ..))   ->      (type (func (param i32)))
                                                 (func (param i32) (call_ref 1 ..))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..sexpr.nodes import List, Node, Token, tokens, words
from ..sexpr.parser import parse
from ..sexpr.trivia import newline_of
from .fields import children, head, header_of, insert_fields, parse_nat, type_use_end
from .module import FuncType, Module, UnknownType, read_types, signature_text, type_use

# One pattern for each ending of the words that a number can stand behind, for that is found fastest; `pairwise` below
# says it exactly.
_NUMBERED = [re.compile(rf"{ending}\s+(\d\w*)") for ending in ("type", "ref", "null")]
_NAME_TYPES = frozenset(("type", "ref", "null", "call_ref", "return_call_ref", "ref.null"))
_HAVE_TYPES = frozenset(("call_indirect", "return_call_indirect", "block", "loop", "if", "try_table", "try"))


def write_types(nodes: List, text: str) -> None:
    """Adds the types that inline type uses define to the fields of a module, behind the types that it has, if one of
    them is named by its number."""
    numbered = {parse_nat(number) or 0 for pattern in _NUMBERED for number in set(pattern.findall(text))}
    if not numbered:
        return
    module = read_types(nodes, nodes)
    count = len(module.types.entities)
    if max(numbered) < count:
        return
    said = (word for token in tokens(module.holder) for word in words(token))
    if not any((parse_nat(word) or 0) >= count for before, word in pairwise(said) if before in _NAME_TYPES):
        return
    added = [f"(type (func{signature_text(type_)}))" for type_ in _implicit_types(module)]
    if added:
        types = [node for kind, node in module.fields if kind in ("type", "rec")]
        insert_fields(nodes, types[-1] if types else None, added, newline_of(text))


def _implicit_types(module: Module) -> Iterator[FuncType]:
    """The types that type uses without `(type ..)` define, in the order of the text."""
    known = set(map(module.canonical, module.plain_types.values()))
    for kind, node in module.fields:
        described = next(iter(children(node)), node) if kind == "import" else node
        uses: list[tuple[str, Node]] = []
        if head(described) in ("func", "tag"):
            uses.append(("", described))
        if kind == "func" and isinstance(node, list):
            uses += _uses(tokens(node[1:-1]))
        for op, use in uses:
            if any(head(child) == "type" for child in header_of(use)):
                continue
            try:
                params, results, _ = type_use(module, use)
            except UnknownType:  # it is reported where it is read
                continue
            type_ = (tuple(each for _, each in params), results)
            canonical = module.canonical(type_)
            is_block = op and not op.endswith("call_indirect")
            if canonical not in known and (params or len(results) > 1 or not is_block):
                known.add(canonical)
                yield type_


def _uses(body: list[Token]) -> Iterator[tuple[str, Node]]:
    """The type uses in a body, each behind the name of its instruction."""
    at = 0
    while at < len(body):
        end = type_use_end(body, at)
        if end > at and at:
            said = words(body[at - 1]) or [""]
            op = said[-1 if body[at - 1].type == "WORDS" else 0]
            if op[:1] == "$" or op.isdigit():
                op = said[0]
            if op in _HAVE_TYPES:
                yield op, parse("(func " + "".join(body[at:end]) + "\n)")[1]
        at = max(end, at + 1)
