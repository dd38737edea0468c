"""Calls through tables that the module writes to: what is called is settled once, and kept while it is paused.

To resume, an indirect call is made again, and looks into its table again. If there is another function by then, that
one would get the frame. So where code of the module changes a table, a call through it becomes the call of a reference,
which is kept like any other:

    (call_indirect $t (type $f)              (call_ref $f
      (local.get $x) (local.get $i))           (call $f_in_t (local.get $x) (local.get $i)))

`$f_in_t` takes the index alone, and leaves the reference; where there is none it traps as the call would.
"""

from __future__ import annotations

from ..sexpr.nodes import Token, words
from .fields import type_use_end
from .module import FuncType
from .names import plain, unused
from .program import Program
from .scope import Scope


def settled_calls(body: list[Token], scope: Scope) -> list[Token]:
    """The tokens of a body, one for each instruction, with calls of references for those through tables that change."""
    program = scope.program
    out: list[Token] = []
    lists: list[bool] = []  # the open ones: are they calls that have changed
    skip = 0
    for position, token in enumerate(body):
        if position < skip:
            continue
        code = program.codes[token]
        found = None
        if code.op == "call_indirect":
            end = type_use_end(body, position + 1)
            type_ = program.type_uses.of(body[position + 1 : end])
            table = program.module.tables.index(code.word) if code.word else 0
            if type_ is not None and table in program.pausing.changing and scope.can_pause(body, position):
                found = _reference(scope, table or 0, type_, body[position + 1 : end])
        if code.opens:
            lists.append(found is not None)
        closes = token.type == "CLOSE" and bool(lists) and lists.pop()
        if closes:
            out.append(Token("CLOSE", ")", 0))
        if found is None:
            out.append(token)
            continue
        skip = end
        name, function = found
        width = sum(each.width for each in body[position:end])
        trivia = program.codes[body[end - 1]].trivia
        if code.opens:
            out += [Token("OPEN", f"(call_ref {name} ", 0), Token("OPEN", f"(call {function}{trivia or ' '}", width)]
        elif code.flat:
            out += [Token("WORDS", f"call {function} ", 0), Token("WORDS", f"call_ref {name}{trivia or ' '}", width)]
        else:
            out += [Token("LEAF", f"(call {function}) ", 0), Token("LEAF", f"(call_ref {name}){trivia}", width)]
    return out


def _reference(scope: Scope, table: int, type_: FuncType, type_use: list[Token]) -> tuple[str, str]:
    """The name of the type of a call, and the id of the function that looks for its callee in a table."""
    program, module = scope.program, scope.module
    said = words(type_use[0]) if type_use else []
    name = said[1] if said[:1] == ["type"] else scope.type_name(type_)
    entity = module.tables.entities[table]
    word = entity.id or str(table)
    id_ = program.settled_calls.get((table, name), "")
    if not id_:
        id_ = unused(f"${plain(name)}_in_{plain(word)}", program.ids.funcs)
        program.settled_calls[table, name] = id_
        address = module.address_type("table", str(table))
        program.unnumbered[id_] = (address,), (f"(ref null {name})",)
    if id_ not in scope.needs.definitions:
        scope.needs.definitions[id_] = _lookup(program, id_, word, name, type_)
    return name, id_


def _lookup(program: Program, id_: str, table: str, name: str, type_: FuncType) -> list[str]:
    address = program.module.address_type("table", table)
    arguments = [program.placeholders.of(each) for each in type_[0]]
    lines = [
        f"(func {id_} (param $index {address}) (result (ref null {name}))",
        f"  (if ({address}.lt_u (local.get $index) (table.size {table})) (then",
        f"    (if (ref.test (ref {name}) (table.get {table} (local.get $index))) (then",
        f"      (return (ref.cast (ref {name}) (table.get {table} (local.get $index))))))))",
    ]
    if None not in arguments:
        call = " ".join([f"(call_indirect {table} (type {name})", *map(str, arguments), "(local.get $index))"])
        lines.append(f"  {call}")
    return [*lines, "  (unreachable)", ")"]
