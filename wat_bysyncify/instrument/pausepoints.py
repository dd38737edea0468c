"""Pause points where there is no call: tokens of a body -> the same with checks of the fuel.

    (loop $again                         (loop $again
                                           (if (i32.eqz (global.get $fuel))
                                             (then (call $out_of_fuel))
                                             (else (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))))
      (br $again)                          (br $again)
    )                                    )

The call of `$out_of_fuel` (support.py) can pause; all else follows from that.
"""

from __future__ import annotations

from ..sexpr.nodes import Token, core_length
from ..sexpr.trivia import Trivia
from .fields import added_tokens, separator, type_use_end
from .program import Program


def with_pause_points(body: list[Token], before: str, program: Program) -> list[Token]:
    """The tokens of a body, one for each instruction, with a pause point at its head and at those of its loops, as the
    options say. `before` is the trivia in front of the body."""
    codes, ids, places, newline = program.codes, program.ids, program.options.pause_at, program.newline
    made: dict[str, list[Token]] = {}

    def point(trivia: str) -> list[Token]:
        """A pause point, as it stands behind trivia and before what stood there."""
        if trivia not in made:
            indent = Trivia(trivia).indent
            between = separator(indent, newline)
            lines = [
                f"(if (i32.eqz (global.get {ids.fuel}))",
                f"  (then (call {ids.out_of_fuel}))",
                f"  (else (global.set {ids.fuel} (i32.sub (global.get {ids.fuel}) (i32.const 1)))))",
            ]
            text = ("" if indent is None else between).join(lines) + between
            made[trivia] = added_tokens(text)
        return made[trivia]

    out = point(before)[:] if "entries" in places else []
    behind = -1
    for position, token in enumerate(body):
        out.append(token)
        if "loops" in places and codes[token].op == "loop" and not (token.type == "CLOSE"):
            behind = type_use_end(body, position + 1) - 1
        if position == behind:
            out += point(token[core_length(token) :])
    return out
