"""What a token says in a function's body: tokens -> `Code`, each distinct token read once.

A token is one instruction with its immediates in most text (see grammar.lark). Where it holds several, as in
`(then local.get 0 drop)` or `i32.const 1 drop`, it is cut; where an instruction is spread over several, as a
`br_table` over lines, it is joined: `regular` gives tokens of which each is one instruction, opening or end.
"""

from __future__ import annotations

import re

from ..sexpr.nodes import Token, core_length, pieces, plain_id
from ..sexpr.trivia import Trivia
from . import act
from .fields import parse_nat
from .instructions import CONTROL, SIGNATURES

_BLOCKS = frozenset(("block", "loop", "try_table", "try"))
CALLS = frozenset(("call", "call_indirect", "call_ref"))  # those that come back

OURS = "(@bysyncify."
_OURS = re.compile(r"\(@bysyncify\.([^\s()\";]*)")


def stated(text: str) -> str:
    """What our annotations in a text without strings and comments say: the words behind `@bysyncify.`."""
    return " and ".join(dict.fromkeys(_OURS.findall(text)))


# Lists in which instructions follow the head; of these words the head takes a label at most.
_HOLD_CODE = {
    "func": 1, "block": 1, "loop": 1, "if": 1, "then": 0, "else": 0, "try_table": 1,
    "try": 1, "do": 0, "catch": 1, "catch_all": 0,
}  # fmt: skip


class Code:
    """One token of a body, read: what it does, its name and immediates, and the text without trivia.

    `pops` and `pushes` count operands and results where the name decides them; `indent` is the white space after the
    token's last line break, None if it has none; `says` is what an annotation of ours before it says (annotations.py).
    """

    __slots__ = ("_core", "act", "flat", "indent", "op", "opens", "pops", "pushes", "says", "token", "word", "words")

    def __init__(self, token: Token) -> None:
        self.token = token
        self._core = -1
        self.opens = token.type == "OPEN"
        self.flat = token.type == "WORDS"
        self.indent = Trivia(token).indent if "\n" in token else None
        self.pops = self.pushes = 0
        self.op = self.word = self.says = ""
        self.words: list[str] = []
        if token.type == "CLOSE":
            self.act = act.CLOSE
            return
        found = pieces(token)
        self.words = [plain_id(word) if word[0] == "$" else word for _, word in found[1:]]
        if found:
            self.op = found[0][1]
            if found[0][0] >= len(OURS):
                self.says = stated(token[: found[0][0]])
        if self.words:
            self.word = self.words[0]
        if len(_starts(token, found)) > 1 or (token.type == "LEAF" and self.op in _BLOCKS):
            self.act = act.SEVERAL
        elif signature := SIGNATURES.get(self.op):
            self.pops, self.pushes = len(signature[0]), len(signature[1])
            self.act = act.OF.get(self.op, act.PLAIN)
            if self.act == act.PLAIN and not self.pops and self.pushes == 1:
                self.act = act.CONST
            if self.act in (act.GET, act.SET, act.TEE) and (number := parse_nat(self.word)) is not None:
                self.word = str(number)  # `0x0` and `00` are local 0 too
        elif self.op in act.OF:
            self.act = act.OF[self.op]
        elif self.op == "ref" and token.type == "LEAF":
            self.act = act.HEAP_TYPE
        elif self.op in CONTROL:
            self.act = act.OTHER
        elif (
            (self.flat and not self.op[:1].islower())
            or self.op in _IMMEDIATE_WORDS
            or self.op.startswith(("offset=", "align=", "nan:"))
        ):
            self.act = act.IMMEDIATE
        else:
            self.act = act.UNKNOWN

    @property
    def core(self) -> str:
        """The text without the trivia behind it."""
        if self._core < 0:
            self._core = core_length(self.token)
        return str(self.token[: self._core])

    @property
    def trivia(self) -> str:
        """The trivia behind the text."""
        if self._core < 0:
            self._core = core_length(self.token)
        return str(self.token[self._core :])


_IMMEDIATE_WORDS = frozenset(
    "func extern any eq i31 struct array exn none nofunc noextern noexn i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 "
    "funcref externref anyref eqref i31ref structref arrayref exnref nullref nullfuncref nullexternref nullexnref "
    "seq_cst acq_rel i32 i64 f32 f64 v128 inf nan null".split()
)


def _starts(token: Token, found: list[tuple[int, str]]) -> list[int]:
    """Where in a token its instructions begin; the head of a list that holds code counts as one."""
    starts = []
    skip = 0
    for position, (start, word) in enumerate(found):
        if position == 0:
            starts.append(start)
            if token.type != "WORDS" and word in _HOLD_CODE:
                skip = 1 if _HOLD_CODE[word] and len(found) > 1 and found[1][1][0] == "$" else 0
            elif token.type != "WORDS":
                return starts  # a folded plain instruction: all else are immediates
        elif position > skip and (word in SIGNATURES or word in CONTROL):
            starts.append(start)
    return starts


def regular(tokens: list[Token], codes: Codes) -> list[Token]:
    """`tokens` cut and joined so that each instruction, opening and end is one token. Linear; the text stays."""
    out: list[Token] = []
    joined: list[Token] = []  # the pieces of the instruction, or of the type, that the last token of `out` begins
    single = (each for token in tokens for each in (cut(token) if codes[token].act == act.SEVERAL else (token,)))
    for token in [*single, Token("CLOSE", "")]:
        if codes[token].act == act.IMMEDIATE and out:
            # The second type of a br_on_cast goes with the first, if that is a list.
            between = (
                codes[out[-1]].act == act.HEAP_TYPE and len(out) > 1 and codes[out[-2]].op.startswith("br_on_cast")
            )
            if between or out[-1].type in ("WORDS", "OPEN"):
                joined.append(token)
                continue
        type_ = "LEAF" if out and out[-1].type == "OPEN" and codes[out[-1]].op == "ref" else ""
        if type_:
            joined.append(token)
        if joined:
            first = out.pop()
            width = first.width + sum(each.width for each in joined)
            out.append(Token(type_ or first.type, "".join([first, *joined]), width))
            joined = []
        if not type_:
            out.append(token)
    return out[:-1]


def cut(token: Token) -> list[Token]:
    """`(then local.get 0 drop)` as `(then `, `local.get 0 `, `drop`, `)`."""
    found = pieces(token)
    starts = [0, *_starts(token, found)[1:]]
    kinds = ["WORDS" if token.type == "WORDS" else "OPEN", *["WORDS"] * (len(starts) - 1)]
    if token.type == "LEAF":
        starts.append(found[-1][0] + len(found[-1][1]))
        kinds.append("CLOSE")
    ends = [*starts[1:], len(token)]
    parts = [Token(kind, token[start:end]) for kind, start, end in zip(kinds, starts, ends, strict=True)]
    parts[-1].width += token.width - len(token)  # words may stand for others, of another length
    return parts


class Codes(dict[str, Code]):
    """Token -> Code, made when first asked for. The tokens of one text are shared, so there are few."""

    def __missing__(self, token: Token) -> Code:
        code = self[token] = Code(token)
        return code
