"""Handlers of a `try`, as exceptions were handled before `try_table`, that can pause: moved behind the `try`.

Nobody can go back into a handler but by an exception. What it does can as well be done behind, with the same values:

    (try $t (result i32)                      (block $t (result i32)
                                                (block $caught (result i64)
                                                  (try $t (result i32)
      (do (call $f))                                (do (call $f))
      (catch $e                                     (catch $e (br $caught)))
                                                  (br $t))
        (drop) (call $can_pause))               (drop) (call $can_pause)
    )                                         )

Handlers that cannot pause stay. A `rethrow` of what a moved handler caught is refused: no value stands for an
exception.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from ..sexpr.nodes import Token, core_length, with_words, words
from .code import Code
from .fields import parse_nat
from .module import FuncType
from .names import Taken, unused


@dataclass(slots=True)
class Try:
    """A `try` of which handlers must move: tokens[start:end] open it, tokens[last] closes it.

    `marks` are the token before and the one behind the body and each handler, `moved` which of them move, `caught`
    what these are given; `level` is that of its label.
    """

    start: int
    end: int
    last: int
    folded: bool
    type: FuncType
    level: int
    marks: list[tuple[int, int]]
    moved: list[int]
    caught: list[tuple[str, ...]]


def move_handlers(
    tokens: list[Token], codes: list[Code], tries: list[Try], sites: list[tuple[int, list[tuple[int, int]]]],
    labels: Taken,
) -> tuple[list[Token], list[int]]:  # fmt: skip
    """The tokens of a body with the handlers of `tries` moved, and the place of each in the source (body.py).

    `sites` and `labels` are those of its `Body`.
    """
    opening = {each.start: each for each in tries}
    out: list[tuple[Token, int]] = []
    sinks = [out]  # what is being written, the innermost last
    bodies: dict[int, list[list[tuple[Token, int]]]] = {}  # the moved handlers of each try, by its start
    parts = [(each, k) for each in tries for k, (first, end) in enumerate(each.marks) if first < end]  # not `(do)`
    begins = {each.marks[k][0]: (each, k) for each, k in parts}
    ends = {each.marks[k][1]: (each, k) for each, k in parts}
    lasts = {each.last: each for each in tries}
    names: dict[int, tuple[str, list[str]]] = {}
    # The parts of tries that are around: the level of the try's label, and how many labels more there are now
    # to those further out (sums), and to that label itself.
    levels: list[int] = []
    sums = [0]
    own: list[int] = []
    numbers = dict(sites)
    place = 0

    def put(*made: Token) -> None:
        sinks[-1].extend((each, place) for each in made)

    for at, token in enumerate(tokens):
        if at in ends:
            each, k = ends[at]
            levels.pop()
            sums.pop()
            own.pop()
            if k in each.moved:
                bodies[each.start].append(sinks.pop())
        if at in opening:
            each = opening[at]
            first = words(token)[1] if codes[at].word.startswith("$") else unused("$handled", labels)
            names[at] = first, [unused("$caught", labels) for _ in each.moved]
            bodies[at] = []
            put(*_headers(each, tokens, *names[at]))
        if at in numbers:
            token = _renumbered(token, numbers[at], levels, sums, own)
        if (at in begins or at in lasts) and token.type == "WORDS" and core_length(token) == len(token):
            token = Token(token.type, token + " ", token.width)
        put(token)
        if at in begins:
            each, k = begins[at]
            count = len(each.moved)
            moved = k in each.moved
            position = each.moved.index(k) + 1 if moved else 0
            levels.append(each.level)
            own.append(count - position if moved else 0)
            sums.append(sums[-1] + (count - position if moved else count + 1))
            if moved:
                put(_word(each, f"br {names[each.start][1][position - 1]}"))
                sinks.append([])
        if at in lasts:
            each = lasts[at]
            for body in bodies[each.start]:
                put(_word(each, f"br {names[each.start][0]}"), _end(each))
                sinks[-1] += body
            put(_end(each))
        place += token.width
    return [token for token, _ in out], [*(at for _, at in out), place]


def _headers(each: Try, tokens: list[Token], done: str, caught: list[str]) -> list[Token]:
    """The openings of the blocks around a try: where all is done, and where each handler's values come out."""
    type_use = list(tokens[each.start + 1 : each.end])
    found = [_opening(each, f"block {done}"), *(Token(token.type, token, 0) for token in type_use)]
    for name, types in reversed(list(zip(caught, each.caught, strict=True))):
        found.append(_opening(each, f"block {name}"))
        for kind, listed in (("param", each.type[0]), ("result", types)):
            if listed:
                found.append(Token("LEAF", f"({kind} {' '.join(listed)}) ", 0))
    return found


def _opening(each: Try, said: str) -> Token:
    return Token("OPEN", f"({said} ", 0) if each.folded else Token("WORDS", f"{said} ", 0)


def _word(each: Try, said: str) -> Token:
    return Token("LEAF", f"({said}) ", 0) if each.folded else Token("WORDS", f"{said} ", 0)


def _end(each: Try) -> Token:
    return Token("CLOSE", ") ", 0) if each.folded else Token("WORDS", "end ", 0)


def _renumbered(
    token: Token, targets: list[tuple[int, int]], levels: list[int], sums: list[int], own: list[int]
) -> Token:
    """A token whose words at some positions are label numbers, to labels of some levels, with what these are now."""
    said = words(token)
    new = {}
    for position, target in targets:
        # Parts of tries whose label is further in than the target lie between.
        first = bisect_right(levels, target)
        more = sums[-1] - sums[first]
        here = bisect_left(levels, target)
        more += sum(own[here:first])
        new[position] = str((parse_nat(said[position]) or 0) + more)
    return Token(token.type, with_words(token, new), token.width)
