"""What a function's body is once it is read: a tree of sequences in which only what can pause stands out.

Whatever holds no pausing call stays a range of tokens. The rest is

    Seq     the code of a block or an arm, cut where the operand stack is empty
      Run        statements without a pausing call: tokens[start:end]
      Statement  one with pausing calls: its items in order of evaluation
        int, Text    code without a pausing call: a token, a range
        Call         a pausing call
        Op           a folded instruction with a pausing call among its operands
        Block        a block, loop, if, try_table or try with a pausing call in it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

from ..sexpr.nodes import Token
from .code import Code
from .module import FuncType
from .names import Taken


@dataclass(slots=True)
class Text:
    """Tokens without a pausing call that together take `needs` operands and leave `gives` results.

    `writes` is the set of locals that they may write, as bits; `stops`: control does not come out behind them.
    """

    start: int
    end: int
    needs: int
    gives: int
    writes: int
    stops: bool


@dataclass(slots=True)
class Run:
    """Statements without a pausing call: tokens[start:end]. The operand stack is empty before and after."""

    start: int
    end: int


@dataclass(slots=True)
class Call:
    """A pausing call: tokens[start] opens it and tokens[last] ends it (the same for `call $f` and `(call $f)`)."""

    start: int
    end: int  # behind the tokens of its head: the call and its type use
    last: int
    index: int  # which pausing call of the function it is, in order of evaluation
    type: FuncType
    callee: str | None  # the word for the function that is called; None where that is not known
    operands: int  # how many operands there are, with the reference or table index of an indirect call
    tried: bool  # is a try_table or try around: if it throws, the function may go on without a result


@dataclass(slots=True)
class Op:
    """A folded instruction with a pausing call among its operands: tokens[start] opens it, tokens[last] closes it.

    tokens[rest:last + 1] is what stands behind the operands: of an if, its arms, in which nothing pauses. `writes` are
    the locals written in all of it, as bits.
    """

    start: int
    rest: int
    last: int
    writes: int
    needs: int
    gives: int


@dataclass(slots=True)
class Seq:
    """The code of a block or arm. `tail` leaves its results on the operand stack; None where there are none."""

    first: int  # the token that it begins with
    end: int  # behind its last token
    items: list[Run | Statement]
    tail: Run | Statement | None
    dead: bool  # its end cannot be reached
    pauses: bool


@dataclass(slots=True)
class Block:
    """A structured instruction with a pausing call in it: tokens[start:end] open it, tokens[last] closes it."""

    op: str
    start: int
    end: int
    last: int
    folded: bool
    type: FuncType
    level: int  # how many labels are around it
    writes: int
    arms: list[Seq]
    marks: list[tuple[int, int]]  # the token before each arm, and the one behind it
    calls: list[int]  # the first call index of each arm, then the one after the last


Item = Union[int, Text, Call, Op, Block]


@dataclass(slots=True)
class Statement:
    """A statement with pausing calls: its items in order of evaluation."""

    items: list[Item]


@dataclass(slots=True)
class Body:
    """A function's body: its sequence, and what the stages behind need to know of it.

    `sites` are the tokens that name labels by number, in the order of the text, each with which of its words do so and
    the levels of the labels; `labels` are all label ids. `returns` are the tokens that return, each with whether what
    is returned stands in its parentheses, or is nothing; `dead_calls` those that call what tells (telling.py), in code
    that is never reached. For `events` see below.
    """

    tokens: list[Token]
    codes: list[Code]
    seq: Seq
    calls: list[Call]
    events: list[tuple[int, Any, Any]]
    sites: list[tuple[int, list[tuple[int, int]]]]
    labels: Taken
    shadowed: bool  # does a label stand inside, or behind, another of the same name
    returns: list[tuple[int, bool]]
    dead_calls: list[int]
    carried: dict[int, tuple[str, ...]]  # what conditional branches leave of their label's types
    places: list[int] | None = None  # where each token is in the source, where they have another order now (legacy.py)


def place(tokens: list[Token], places: list[int] | None, at: int) -> int:
    """How far behind the beginning of a body one of its tokens is in the source; `places` is what `Body` has."""
    return places[at] if places else sum(token.width for token in tokens[:at])


# Events, in the order of the text, each (kind, argument, argument).
(
    LOCALS,  # locals read (before they are written), and all bits but those of the locals written
    PAUSE,  # call index
    START,  # block id, is it a loop
    ARMS,  # block id: an if, its condition read
    OTHERWISE,  # block id: its else
    FINISH,  # block id, is it a loop
    JUMP,  # block ids, or minus that of a try_table or try for its handlers; does control never go on behind it
    HANDLE,  # minus the id of a try_table or try that ends, where its exceptions go besides: as JUMP
    CATCHES,  # block id: a try, a handler of which begins
) = range(9)


class BodyError(Exception):
    """What is wrong at a token, by its number in the body; `place` is how far it is behind the beginning."""

    def __init__(self, message: str, token: int) -> None:
        super().__init__(message)
        self.message = message
        self.token = token
        self.place: int | None = None
