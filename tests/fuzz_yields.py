"""Programs that pause themselves: what was an import is a function that begins a pause, ends the rewinding, and calls
the import then. Whoever named the import, by id or by number, names that function."""

from __future__ import annotations

import re

from fuzz_host import DATA, END

from wat_bysyncify.instrument.control import _Numbers
from wat_bysyncify.instrument.fields import holder_of, own_fields
from wat_bysyncify.script.interface import Interface
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import tokens

_CONTROL = (
    '(import "bysyncify" "start_unwind" (func $to_unwind (param i32)))',
    '(import "bysyncify" "stop_rewind" (func $to_go_on))',
    '(import "bysyncify" "get_state" (func $asked (result i32)))',
)
_IMPORT = re.compile(r'\(import "spectest" "[^"]*" \(func (?P<id>\$[^\s()]+)? *')
# The number of the import, its parameters read, its results made up.
_SHAPES = (
    """
    (if (i32.eq (call $asked) (i32.const 2))
      (then
        (call $to_go_on)
        (return (call {number} {given}))))
    {prepare}
    (call $to_unwind (i32.const {data}))
    {rubbish}""",
    """
    call $asked if {results} call $to_go_on {flat} call {number}
    else {prepare} i32.const {data} call $to_unwind {rubbish} end""",
    """
    (block $again
      (br_if $again (i32.ne (call $asked) (i32.const 2)))
      (call $to_go_on)
      (br 1 (call {number} {given})))
    {prepare}
    (call $to_unwind (i32.const {data})) {rubbish} ;; the end
    """,
)
_PREPARE = f"(i64.store (i32.const {DATA}) (i64.const {END << 32 | DATA + 8}))"


def with_yields(text: str, interface: Interface) -> str:
    """The text of a module with such functions for the imports whose results can be made up."""
    nodes = parse(text)
    own_fields(nodes)
    types = [interface.funcs[each.type] for each in interface.imports if isinstance(each.type, int)]
    found = list(_IMPORT.finditer(text))
    names: dict[int, str] = {}
    added = []
    for number, (match, type_) in enumerate(zip(found, types, strict=True)):
        rubbish = [_made_up(result) for result in type_.results]
        if None in rubbish:
            continue
        names[number] = match["id"] or f"$yield_{number}"
        use = text[match.end() : _end(text, match.end())]
        shape = _SHAPES[number % len(_SHAPES)].format(
            number=number,
            given=" ".join(f"(local.get {at})" for at in range(len(type_.params))),
            flat=" ".join(f"local.get {at}" for at in range(len(type_.params))),
            results=f"(result {' '.join(type_.results)})" if type_.results else "",
            rubbish=" ".join(filter(None, rubbish)),
            prepare=_PREPARE,
            data=DATA,
        )
        added.append(f"(func {names[number]} {use}{shape})")
    _Numbers(names, len(types), -len(_CONTROL)).change(holder_of(nodes))
    new = "".join(tokens(nodes))
    for number, match in enumerate(found):
        if number in names and match["id"]:
            new = new.replace(match[0], match[0].replace(match["id"], ""), 1)
    last = list(_IMPORT.finditer(new))[-1]
    end = _end(new, last.end()) + 2
    close = new.rindex(")")
    return "\n".join([new[:end], *_CONTROL, new[end:close], *added]) + ")"


def _end(text: str, start: int) -> int:
    """Where the list ends that is open at `start`."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if not depth:
            return at
    raise ValueError(text[start:])


def _made_up(type_: str) -> str | None:
    """A value that nobody looks at."""
    if type_ == "v128":
        return "(v128.const i64x2 1 2)"
    if type_[0] != "(":
        return f"({type_}.const 9)"
    return f"(ref.null {type_[10:-1]})" if type_.startswith("(ref null ") else None
