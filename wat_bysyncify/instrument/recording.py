"""Which functions were paused (--record): what notes that in text, and tokens -> tokens with it before tail calls.

A function is noted where its frame is saved. One that tail-calls what pauses has no frame any more, but must be on a
list all the same, to find its way to what it called; so it is noted before that, whether there is a pause or not.

    (return_call $g)   ->   (i32.store8 $recorded (i32.const 3) (i32.const 1)) (return_call $g)
"""

from __future__ import annotations

from ..sexpr.nodes import Token
from .annotations import NEVER
from .fields import added_tokens
from .ids import Ids
from .program import Program
from .standins import TAIL_CALLS


def noted(number: int, ids: Ids) -> str:
    """The text that notes a function."""
    return f"(i32.store8 {ids.recorded} (i32.const {number}) (i32.const 1))"


def with_noted_tail_calls(body: list[Token], number: int, program: Program) -> list[Token]:
    """The tokens of the body of a function that has tail calls that can pause, one for each instruction."""
    added = added_tokens(f"{noted(number, program.ids)} ")
    out: list[Token] = []
    for token in body:
        code = program.codes[token]
        if code.op in TAIL_CALLS and code.says != NEVER and token.type != "CLOSE":
            out += added
        out.append(token)
    return out
