"""Code that drives the pausing, made for speed: it stands where it is called. Tokens -> text.

A call of a control function becomes what that does:

    (call $stop_unwind)                   (global.set $state (i32.const 0))

    (call $start_rewind (local.get $x))   (global.set $data (local.get $x))
                                          (global.set $state (i32.const 2))

    (call $get_state)                     (global.get $state)

A function that does so to begin a pause (pausing.py: top-most) has no frame. Where few functions can pause, the call of
one that is small becomes its code:

    (call $yield)                         (block
                                            (if (global.get $resumed)
                                              (then .. (global.set $state (i32.const 0)))
                                              (else .. (global.set $state (i32.const 1)))))

A switch, from one stack that is paused to another that is resumed, makes four and two of these calls: where stacks are
not deep, they are half of its time. The host's calls are as before, with the check that the stack is in its bounds;
here the check that comes with each frame must do. (Where the state is three globals, `get_state` is called.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ..sexpr.nodes import Token, pieces, plain_id, tokens, with_words, words
from ..sexpr.trivia import Trivia
from . import names
from .body import Body, Call
from .code import regular
from .fields import separator
from .module import Func
from .names import Taken, plain, unused
from .program import Program
from .scope import Scope
from .support import set_state

_STATE = names.TOP_MOST | names.BOTTOM_MOST


def inlines_control(func: Func, program: Program) -> bool:
    """Whether the code of control functions stands where a function, which is not instrumented, calls them."""
    options = program.options
    # With these, control functions do more than their code says.
    more = options.trace or options.ignore_unwind_from_catch or options.asserts
    # Text of older tools is printed by others (fold.py).
    return bool(program.control.functions) and program.policy(func.number).inline_control and not (more or program.old)


def with_control_code(func: Func, program: Program) -> str | None:
    """The text of a function that is not instrumented, with code instead of calls; None if there are no such calls."""
    called = _called(program)
    body = _body(func, program)
    if not any(map(called, set(body))):
        return None
    header = tokens(func.nodes[: func.header])
    return "".join([*header, *_inlined(body, program.codes[header[-1]].indent, called, program)])


def code_of_calls(body: Body, scope: Scope) -> dict[int, list[str]]:
    """The lines that stand for calls in a body, by the index of each, where that is the code of what is called; they
    are indented as if the first were not."""
    program = scope.program
    left = program.policy(scope.func.number).inline_top_most
    if not (left and program.few_pause(scope.func.number)):
        return {}
    found: dict[str, list[str]] = {}
    for word, count in Counter(call.callee for call in body.calls if call.callee).items():
        number = program.module.funcs.index(word)
        if number not in program.pausing.runtime:
            continue
        func = program.module.func(number)
        code = _body(func, program)
        size = count * sum(len(words(token)) for token in code)
        if size <= left and _can_move(func, code, program):
            left -= size
            found[word] = _block(func, code, program)
    return {call.index: found[call.callee] for call in body.calls if call.callee in found and _alone(call, body)}


def _body(func: Func, program: Program) -> list[Token]:
    """What stands behind the header of a function, one token for each instruction, with what closes the function."""
    return regular(tokens(func.nodes[func.header :]), program.codes)


def _can_move(func: Func, body: list[Token], program: Program) -> bool:
    """Whether the code of a function, which drives the pausing, can stand in another: comments inside of instructions
    would stand twice."""
    codes = [program.codes[token] for token in body]
    if func.type[0] or any(code.op == "local" or code.op.startswith("return_call") for code in codes):
        return False
    return inlines_control(func, program) and not any(";;" in code.core or "(;" in code.core for code in codes)


def _alone(call: Call, body: Body) -> bool:
    """Whether the text of a call has no operands in it, and no comments."""
    text = "".join([*body.tokens[call.start : call.last], body.codes[call.last].core])
    return " ".join(text.split()).strip("()") == f"call {call.callee}"


def _block(func: Func, body: list[Token], program: Program) -> list[str]:
    """The code of a function as a block, in lines (without line feeds), of which the first is not indented; comments
    stay where they were."""
    codes = program.codes
    label = ""
    if any(codes[token].op == "return" for token in body):
        own = {plain_id(word) for token in body if "$" in token for _, word in pieces(token)}
        label = unused(f"$end_of_{plain(func.id or str(func.number))}", Taken(own))
    code: list[Token] = []
    for token in body:
        text = codes[token].core + _white_space(codes[token].trivia, program)
        code.append(Token(token.type, with_words(text, {0: f"br {label}"}) if codes[token].op == "return" else text))
    code[-1] = Token("CLOSE", ")")
    before = codes[tokens(func.nodes[: func.header])[-1]]
    inlined = "".join(_inlined(code, before.indent, _called(program), program))
    results = f"(result {' '.join(func.type[1])})" if func.type[1] else ""
    first, *rest = f"{_white_space(before.trivia, program) or ' '}{inlined}".split("\n")
    note = program.notes.each(f"what {func.id or f'function {func.number}'} does") if rest and not first.strip() else ""
    opening = " ".join(filter(None, ["(block", label, results, note]))
    margin = min((line[: len(line) - len(line.lstrip(" \t"))] for line in rest), key=len, default="")
    # Lines of a function whose end stands behind the last one are further in than that.
    further = "" if rest and rest[-1].strip() == ")" else "  "
    return [opening + first, *(further + line.removeprefix(margin) for line in rest)]


def _white_space(trivia: str, program: Program) -> str:
    """Trivia without comments: a line break and the indentation behind it, a space, or nothing."""
    return separator(Trivia(trivia).indent, program.newline) if trivia else ""


def _called(program: Program) -> Callable[[Token], str]:
    """What tells which control function a token calls, "" for none or one whose code is not known here."""
    index = program.module.funcs.index
    known = _STATE | {"get_state"} if program.ids.state else _STATE
    numbers = {
        program.module.func_of(each.node).number: each.name for each in program.control.functions if each.name in known
    }

    def called(token: Token) -> str:
        code = program.codes[token]
        number = index(code.word) if code.op == "call" else None
        return numbers.get(number, "") if number is not None else ""

    return called


def _inlined(body: list[Token], at: str | None, called: Callable[[Token], str], program: Program) -> list[str]:
    """A body with code instead of calls of control functions; its first line is at `at`."""
    codes, ids = program.codes, program.ids
    out: list[str] = []
    lists: list[tuple[str, str | None]] = []  # of each list around: the control function it calls, or ""; its indent
    for token in body:
        code, name = codes[token], called(token)
        text = with_words(token, {0: "global.set", 1: ids.data}) if name in names.TAKES_DATA else ""
        if name == "get_state":
            name, text = "", with_words(token, {0: "global.get", 1: ids.state})
        ended, begun = name, at
        if code.opens:
            ended = ""
            lists.append((name if text else "", at))  # what takes nothing can have something in it
        elif token.type == "CLOSE" and lists:
            ended, begun = lists.pop()
            text = token
        if ended:
            between = separator(begun, program.newline)
            core = [text.removesuffix(code.trivia)] if text else []
            out.append(between.join([*core, *set_state(ended, ids)]) + code.trivia)
        else:
            out.append(text or token)
        if code.indent is not None:
            at = code.indent
    return out
