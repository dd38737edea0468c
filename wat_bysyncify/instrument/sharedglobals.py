"""Globals of the state that are another module's (--import-globals): nodes -> nodes with their imports.

    (import "env" "__bysyncify_state" (global $state (mut i32)))
    (import "env" "__bysyncify_data" (global $data (mut i32)))

Imports come first in an index space, so behind them the numbers of globals are two more, wherever they stand.
"""

from __future__ import annotations

from itertools import pairwise

from ..sexpr.nodes import List, Token, with_words, words
from .fields import head, header_of, insert_fields, parse_nat
from .module import Module
from .names import SHARED_GLOBALS, Taken, unused


def import_shared(module: Module, prefix: str, address: str, newline: str) -> tuple[str, str]:
    """Adds imports of the globals that another module exports, named by `prefix`, to the nodes of a module, behind its
    own imports. `address` is the type of the pointer to the data structure. Returns their ids: state, data."""
    taken = Taken(module.globals.names)
    state, data = (unused(f"${name}", taken) for name in SHARED_GLOBALS)
    fields = [
        f'(import "env" "__{prefix}_{name}" (global {id_} (mut {type_})))'
        for name, id_, type_ in zip(SHARED_GLOBALS, (state, data), ("i32", address), strict=True)
    ]
    first = sum(1 for entity in module.globals.entities if entity.imported)
    _renumber(module.holder, first, len(fields))
    imports = [node for word, node in module.fields if word == "import" or "import" in map(head, header_of(node))]
    insert_fields(module.nodes, imports[-1] if imports else None, fields, newline)
    return state, data


def _renumber(nodes: List, first: int, more: int) -> None:
    """Makes the numbers of globals, from `first`, so much more."""
    known: dict[Token, str] = {}  # what tokens are then
    before = ""  # the last word of the token before, whose number may stand on a line of its own
    stack = [iter(enumerate(nodes))]
    holders = [nodes]
    while stack:
        for position, child in stack[-1]:
            if isinstance(child, list):
                stack.append(iter(enumerate(child)))
                holders.append(child)
                break
            if child not in known or before in _NAME_GLOBALS:
                said = [before, *words(child)]
                new = {
                    at: str(number + more)
                    for at, (op, word) in enumerate(pairwise(said))
                    if op in _NAME_GLOBALS and (number := parse_nat(word)) is not None and number >= first
                }
                changed = with_words(child, new) if new else child
                if before not in _NAME_GLOBALS:
                    known[child] = changed
            else:
                changed = known[child]
            if changed != child:  # each a token of its own, for it may be a field
                holders[-1][position] = Token(child.type, changed, child.width)
            before = "" if child.type in ("LEAF", "CLOSE") else (words(child) or [""])[-1]
        else:
            stack.pop()
            holders.pop()


_NAME_GLOBALS = frozenset(("global.get", "global.set", "global"))
