"""A module that drives itself -> one that tells the page, too: behind what each control function does, it calls what
the page puts into a table.

    (func $bysyncify_stop_unwind (export "bysyncify_stop_unwind")
      ...
      (call_indirect $report (param i32) (i32.const 1) (i32.const 0))
    )

This is for the module in the page, not for the text that it shows. A table at the end, and a type that comes last,
change no numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..instrument import Rewritten
from ..instrument.fields import node_words
from ..instrument.names import CONTROL_FUNCTIONS


def hooked(rewritten: Rewritten) -> tuple[str, str | None]:
    """The text with the calls, and what the table is exported as; the text as it is, and None, if the module has no
    control functions that it imported."""
    program = rewritten.program
    numbers = {
        node_words(function.node)[1]: CONTROL_FUNCTIONS.index(function.name)
        for function in program.control.functions
        if function.name in CONTROL_FUNCTIONS[:4]
    }
    table = "$report"
    while table in program.module.tables.names:
        table += "_"
    export = "report:hook"
    while export in program.module.exports:
        export += "_"
    out: list[str] = []
    number: int | None = None
    started = False
    for piece in rewritten.pieces:
        line = piece.strip()
        if number is None and line.startswith("(func ") and _id(line.split()) in numbers:
            number = numbers[_id(line.split())]
            if not started:
                started = True
                out.append(f'\n(table {table} (export "{export}") 1 funcref)')
        elif number is not None and line == ")":
            out.append(f"\n(call_indirect {table} (param i32) (i32.const {number}) (i32.const 0))")
            number = None
        out.append(piece)
    return "".join(out), export if started else None


def _id(words: Sequence[str]) -> str:
    return words[1].rstrip(")") if len(words) > 1 else ""
