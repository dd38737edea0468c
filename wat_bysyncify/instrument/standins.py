"""What stands for functions that have no frames where they are tail-called, as imports have none.

A tail call of one becomes the tail call of a function that calls it the usual way, and has a frame with the arguments:

    (return_call $sleep (i32.const 1))   ->   (return_call $call_sleep (i32.const 1))

    (func $call_sleep (param i32)
      (call $sleep (local.get 0)))

So that frame can be found again (tailcalls.py).
"""

from __future__ import annotations

from ..sexpr.nodes import Token, words
from ..sexpr.parser import parse
from .annotations import NEVER
from .code import OURS, Code
from .fields import spelled_tokens, type_use_end
from .module import Func, FuncType, signature_text
from .names import plain, unused
from .program import Program

TAIL_CALLS = frozenset(("return_call", "return_call_indirect", "return_call_ref"))


def said_of(body: list[Token], position: int, code: Code) -> str:
    """A tail call with its immediates: `return_call_indirect $t (type 0)`."""
    end = type_use_end(body, position + 1) if code.op == "return_call_indirect" else position + 1
    return f"{' '.join(words(body[position]))} {spelled_tokens(body[position + 1 : end])}".rstrip()


def new_stand_in(said: str, code: Code, type_: FuncType, program: Program) -> Func:
    """A function, then among those of the program, that stands for what a tail call calls."""
    params = list(type_[0])
    call, _, rest = said.partition(" ")
    name = f"$call_{plain(code.word)}"
    if code.op == "return_call_indirect":
        params.append(program.module.address_type("table", code.word))
        name = "$call_indirect"
    elif code.op == "return_call_ref":
        params.append(f"(ref null {rest})")
        name = "$call_ref"
    id_ = unused(name, program.ids.funcs)
    arguments = "".join(f" (local.get {number})" for number in range(len(params)))
    signature = signature_text((tuple(params), type_[1]))
    annotation = f"{OURS}{code.says}) " if code.says else ""
    text = f"(func {id_}{signature}\n  {annotation}({call.removeprefix('return_')} {rest}{arguments})\n)"
    node = next(each for each in parse(text) if isinstance(each, list))
    header = 1 + bool(params) + bool(type_[1])
    func = Func(id_, node, type=(tuple(params), type_[1]), header=header, params=[(None, each) for each in params])
    space = program.module.funcs
    func.number = space.names[id_] = len(space.entities)
    space.entities.append(func)
    program.pausing.can_pause.add(func.number)
    program.pausing.instrumented.add(func.number)
    program.pausing.added.add(func.number)  # its call can pause, be it in other functions as it may
    return func


def with_stand_ins(body: list[Token], caller: Func, program: Program) -> list[Token]:
    """The tokens of a function's body, one for each instruction, with the tail calls of stand-ins where these stand in.

    (return_call $sleep (i32.const 1))   ->   (return_call $call_sleep (i32.const 1))
    """
    stand_ins = program.tails.stand_ins
    out: list[Token] = []
    skip = 0
    for position, token in enumerate(body):
        if position < skip:
            continue
        code = program.codes[token]
        stands = code.op in TAIL_CALLS and code.says != NEVER
        func = stand_ins.get((caller.number, said_of(body, position, code))) if stands else None
        if func is None:
            out.append(token)
            continue
        skip = type_use_end(body, position + 1) if code.op == "return_call_indirect" else position + 1
        whole = body[position:skip]
        text = f"(return_call {func.id}" if not code.flat else f"return_call {func.id}"
        last = program.codes[whole[-1]]
        closing = ")" if token.type == "LEAF" else ""
        trivia = last.trivia if last.trivia or token.type == "LEAF" else " "
        out.append(Token(token.type, text + closing + trivia, sum(each.width for each in whole)))
    return out
