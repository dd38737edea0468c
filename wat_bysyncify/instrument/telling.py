"""Which functions tell who calls them that they have paused: their first result is 1 then, and 0 else.

    (func $f (param $x i32) (result i64)       (func $f (param $x i32) (result i32 i64)
      (call $sleep)                              (call $sleep)
                                                 (if (global.get $state) (then
                                                   (call $save_i32 (local.get $x))
                                                   (i32.const 1) (i64.const 0) (return)))
      (return (i64.extend_i32_u                  (return (i32.const 0) (i64.extend_i32_u
        (local.get $x)))                           (local.get $x)))
    )                                          )

    (local.set $y (call $f (local.get $x)))    (local.set $y (call $f (local.get $x)))
                                               (br_if $unwind)  ;; takes the first result

Behind most calls that is what is asked, and an engine has it in a register, where it would have to load the state from
memory. It is shorter too: each call is two bytes shorter, each return as much longer.

Only functions that nobody knows but those that call them can have another type: not those that are exported, or stand
in a table, or are called by code that does not look at it. Nor those that skip, for these return where their text ends,
or, where few functions can pause, any that may save their frames themselves (policy.py): what these return may be the
stack's position. Where there are tail calls, annotations, checks, or handlers that are not to pause, nobody tells.
"""

from __future__ import annotations

from collections.abc import Set

from ..sexpr.nodes import Token, core_length, tokens
from ..sexpr.trivia import besides_words
from .code import OURS
from .fields import head
from .module import Func
from .program import Program
from .shape import Shapes


def find_telling(program: Program, shapes: Shapes) -> Set[int]:
    """The numbers of the functions that tell."""
    options, pausing, graph = program.options, program.pausing, program.pausing.graph
    if not options.optimize or options.rewind != "jump" or graph is None:
        return set()
    # What these make of calls knows the functions by their types.
    if options.asserts or options.ignore_unwind_from_catch or pausing.tail_callers or OURS in program.text:
        return set()
    start = program.module.start
    known = {
        number
        for number in pausing.instrumented
        if number not in graph.homes
        and number != start
        and isinstance(program.module.func(number).node, list)  # there may be no more of it than `(func)`
        and graph.callers.get(number)
        and graph.callers[number] <= pausing.instrumented
        and not program.few_pause(number)
    }
    found = {number for number in sorted(known) if not (shapes[number].skips or shapes[number].old)}
    # What does nothing but a call (plan.py) need not know of pauses if it returns what that does.
    passing: dict[int, list[int]] = {}  # by what they call
    for number in found:
        if (callee := shapes[number].passes) is not None:
            passing.setdefault(callee, []).append(number)
    lost = [number for callee, numbers in passing.items() if callee not in found for number in numbers]
    while lost:
        number = lost.pop()
        found.remove(number)
        lost += passing.get(number, ())
    return found


def telling_header(func: Func) -> list[Token]:
    """What stands before the locals of a function that tells; the type that it had is written out."""
    given = func.nodes[: func.header]
    spelled_out = any(head(node) == "param" for node in given)
    last = tokens(given)[-1]
    rest = last[core_length(last) :]
    found: list[Token] = []
    width = 0  # of what is left out
    for node in given:
        said = head(node)
        if said != "type" and said != "result":
            found += tokens([node])
            continue
        left_out = tokens([node])
        width += sum(token.width for token in left_out)
        if said == "type" and func.type[0] and not spelled_out:
            found.append(Token("LEAF", f"(param {' '.join(func.type[0])}) ", 0))
        trivia = "".join(map(besides_words, left_out))
        if left_out[-1] is last:
            trivia = trivia.removesuffix(rest)
        if trivia.strip(" "):  # comments, and lines
            found.append(Token("TRIVIA", trivia, 0))
    if found[-1] is last:
        found[-1] = Token(last.type, f"{last[: core_length(last)]} ", last.width)
    return [*found, Token("LEAF", f"(result {' '.join(('i32', *func.type[1]))}){rest}", width)]
