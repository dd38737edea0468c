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

from ..sexpr.nodes import List, Node, Token, core_length, tokens, words
from ..sexpr.parser import parse
from .fields import children, head, header_of, parse_nat, type_use_end
from .module import FuncType, Module, UnknownType, read_types, signature_text, type_use

_NUMBERED = re.compile(r"\b(?:type|ref|null|call_ref)\s+(\d\w*)")  # `pairwise` below says it exactly
_INDENT = re.compile(r"\n([ \t]*)$")
_HIDDEN = re.compile(r"\([;@]")
_NAME_TYPES = frozenset(("type", "ref", "null", "call_ref", "return_call_ref", "ref.null"))
_HAVE_TYPES = frozenset(("call_indirect", "return_call_indirect", "block", "loop", "if", "try_table", "try"))


def write_types(nodes: List, text: str) -> None:
    """Adds the types that inline type uses define to the fields of a module, behind the types that it has, if one of
    them is named by its number."""
    numbered = {parse_nat(number) or 0 for number in set(_NUMBERED.findall(text))}
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
        _insert(module, added, "\r\n" if "\r\n" in text[:4096] else "\n")


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


def _insert(module: Module, added: list[str], newline: str) -> None:
    """Adds fields behind the last type, each on a line; at the beginning if the module has none."""
    holder = module.holder
    types = [node for kind, node in module.fields if kind in ("type", "rec")]
    before = types[-1] if types else holder[0]
    position = next(i for i, node in enumerate(holder) if node is before)
    last: Token = before[-1] if isinstance(before, list) else before
    end = core_length(last)
    line = last.find("\n", end)
    if line >= 0 and not _HIDDEN.search(last, end, line):  # a comment on its line stays there
        end = line
    first = _INDENT.search(holder[0]) if holder is not module.nodes else None
    indent = first[1] if first else ""
    new: List = parse("".join(f"{newline}{indent}{field}" for field in added) + last[end:])
    stack = [new]
    while stack:
        node = stack.pop()
        for i, child in enumerate(node):
            if isinstance(child, list):
                stack.append(child)
            else:
                node[i] = Token(child.type, child, 0)
    kept = Token(last.type, last[:end], last.width)
    if isinstance(before, list):
        before[-1] = kept
    else:
        holder[position] = kept
    holder[position + 1 : position + 1] = new
