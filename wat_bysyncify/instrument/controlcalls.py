"""Calls of control functions inside the module, made for speed: their code instead, tokens -> tokens.

    (call $stop_unwind)                   (global.set $state (i32.const 0))

    (call $start_rewind (local.get $x))   (global.set $data (local.get $x))
                                          (global.set $state (i32.const 2))

A switch, from one stack that is paused to another that is resumed, makes four of these calls: where stacks are not
deep, they are a quarter of its time. The host's calls are as before, with the check that the stack is in its bounds;
here the check that comes with each frame must do. (With `--rewind skip`, the state is three globals.)
"""

from __future__ import annotations

from ..sexpr.nodes import Token, tokens, with_words
from . import names
from .code import regular
from .module import Func
from .program import Program
from .support import set_state


def with_control_code(func: Func, program: Program) -> str | None:
    """The text of a function that is not instrumented, with code instead of calls; None if there are no such calls."""
    codes, ids, index = program.codes, program.ids, program.module.funcs.index
    if not program.control.functions:
        return None
    called = {
        program.module.func_of(each.node).number: each.name for each in program.control.functions if each.name in _STATE
    }

    def name_of(token: Token) -> str:
        """The control function that a token calls, or ""."""
        code = codes[token]
        number = index(code.word) if code.op == "call" else None
        return called.get(number, "") if number is not None else ""

    header, body = tokens(func.nodes[: func.header]), regular(tokens(func.nodes[func.header :]), codes)
    if not any(map(name_of, set(body))):
        return None
    out: list[str] = [*header]
    indent = codes[header[-1]].indent
    lists: list[tuple[str, str | None]] = []  # of each list around: the control function it calls, or ""; its indent
    for token in body:
        code, name = codes[token], name_of(token)
        text = with_words(token, {0: "global.set", 1: ids.data}) if name in names.TAKES_DATA else ""
        ended, at = name, indent
        if code.opens:
            ended = ""
            lists.append((name if text else "", indent))  # what takes nothing can have something in it
        elif token.type == "CLOSE" and lists:
            ended, at = lists.pop()
            text = token
        if ended:
            between = " " if at is None else f"{program.newline}{at}"
            core = [text.removesuffix(code.trivia)] if text else []
            out.append(between.join([*core, *set_state(ended, ids)]) + code.trivia)
        else:
            out.append(text or token)
        if code.indent is not None:
            indent = code.indent
    return "".join(out)


_STATE = names.TOP_MOST | names.BOTTOM_MOST
