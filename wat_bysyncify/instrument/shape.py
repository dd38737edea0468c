"""What the tokens of a function's body say at a glance, before any is read (fold.py): all that is asked of many
functions at once, to choose those with a twin (twins.py) and those that tell (telling.py).

    (func $f (param $x i32)                    length 5, in tokens; locals 1; calls 2, of those that can pause; and
      (call $sleep)                            in_loops 1 of these
      (loop (call $sleep) (br 0)))
"""

from __future__ import annotations

from itertools import takewhile
from typing import NamedTuple

from ..sexpr.nodes import Node, tokens
from . import act
from .code import regular
from .fields import head, value_types
from .module import Func
from .program import Program

# What may stand with a call in a function that does nothing else: what gives its operands.
_OPERANDS = frozenset((act.GET, act.CONST, act.CLOSE, act.TYPE_USE))


# So many locals at landings, where a resumed function jumps to its call: engines need time for each, and far more than
# twice as much for twice as many. SQLite's largest function has 39,000.
_MEETINGS = 100_000


class Shape(NamedTuple):
    """`length` is that of the code in tokens, with its locals; `calls` are the pausing ones in the text, whatever
    annotations say of single ones, `in_loops` those of them that stand in loops.

    `skips`: it cannot be written with jumps, when others are; `old`: only its body can say, for it has a `try` of the
    older exceptions, whose handlers may move. `passes` is the function, -1 for one that is not known, that it calls if
    it does nothing but that, else None.
    """

    length: int
    calls: int
    in_loops: int
    locals: int
    skips: bool
    old: bool
    passes: int | None


def too_many_meetings(calls: int, locals_: int) -> bool:
    """Whether a function with so many pausing calls and locals would have too many landings for its locals to jump."""
    return calls * locals_ > _MEETINGS


class Shapes:
    """The shapes of a module's functions, each found when it is asked for first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[int, Shape] = {}

    def __getitem__(self, number: int) -> Shape:
        """The shape of a function of the module's own, by its number."""
        if number not in self._found:
            self._found[number] = _shape(self._program.module.func(number), self._program)
        return self._found[number]


def length(func: Func) -> int:
    """How long a function's code is, in tokens."""
    return len(tokens(_code(func)))


def _code(func: Func) -> list[Node]:
    """The nodes behind a function's header, without its closing parenthesis; it may be no more than `(func)`."""
    return func.node[func.header : -1] if isinstance(func.node, list) else []


def _shape(func: Func, program: Program) -> Shape:
    nodes, codes = _code(func), program.codes
    body = tokens(nodes)
    whole = len(body)
    if any(codes[token].act in (act.SEVERAL, act.IMMEDIATE) for token in body):
        body = regular(body, codes)
    indirect = program.pausing.indirect(func.number)
    opened: list[bool] = []  # of each list and flat block around: is it a loop
    labels: set[str] = set()
    again = old = False  # a label is taken twice; there is a try of old, whose handlers move
    alone = True  # beside calls there are only operands
    level = -1  # how much was open around the last call
    callees: list[int] = []
    depth = loops = calls = in_loops = 0
    for position, token in enumerate(body):
        code = codes[token]
        what = code.act
        if what == act.CLOSE or what == act.END or (what == act.DELEGATE and code.flat):
            if opened and opened.pop():
                depth -= 1
        elif code.opens or (code.flat and (what == act.BLOCK or what == act.IF)):
            is_loop = code.op == "loop"
            opened.append(is_loop)
            depth += is_loop
            loops += is_loop
        if what == act.CALL or what == act.CALL_INDIRECT:
            number = program.module.funcs.index(code.word) if what == act.CALL else None
            callees.append(-1 if number is None else number)
            level = len(opened) - code.opens
            if program.can_pause(body, position, indirect):
                calls += 1
                in_loops += depth > 0
            continue
        if what == act.BLOCK or what == act.IF:
            old = old or code.op == "try"
            again = again or code.word in labels
            if code.word[:1] == "$":
                labels.add(code.word)
        alone = alone and (what in _OPERANDS or code.op == "local") and (what == act.CLOSE or len(opened) > level)
    declared = takewhile(lambda node: head(node) == "local", nodes)
    locals_ = len(func.params) + sum(len(value_types(node)) for node in declared)
    # At its head and in its loops: calls that are not there yet (pausepoints.py).
    points = 1 + loops if func.number in program.pausing.points else 0
    skips = again or too_many_meetings(calls + points, locals_)
    passes = callees[0] if alone and len(callees) == 1 and not points else None
    return Shape(whole, calls, in_loops, locals_, skips, old, passes)
