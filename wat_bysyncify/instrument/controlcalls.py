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
here the check that comes with each frame must do. (With `--rewind skip`, the state is three globals.)
"""

from __future__ import annotations

from collections import Counter
from textwrap import dedent, indent

from ..sexpr.nodes import Token, pieces, plain_id, tokens, with_words
from . import names
from .body import Body, Call
from .code import regular
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
    body = regular(tokens(func.nodes[func.header :]), program.codes)
    header = tokens(func.nodes[: func.header])
    inlined = _inlined(body, program.codes[header[-1]].indent, program)
    return None if inlined is None else "".join([*header, *inlined])


def code_of_calls(body: Body, scope: Scope) -> dict[int, str]:
    """The text that stands for calls in a body, by the index of each, where it is what the function does that is
    called."""
    program = scope.program
    left = program.policy(scope.func.number).inline_top_most
    if not (left and program.inlines_frame(scope.func.number)):
        return {}
    found: dict[str, str] = {}
    for word, count in Counter(call.callee for call in body.calls if call.callee).items():
        number = program.module.funcs.index(word)
        if number not in program.pausing.runtime:
            continue
        func = program.module.func(number)
        size = len(func.nodes) if len(func.nodes) > left else count * len(tokens(func.nodes))
        text = _block(func, body.labels, program) if size <= left and inlines_control(func, program) else ""
        if text:
            left -= size
            found[word] = text
    return {call.index: found[call.callee] for call in body.calls if call.callee in found and _alone(call, body)}


def _alone(call: Call, body: Body) -> bool:
    """Whether the text of a call has no operands in it, and no comments."""
    text = "".join([*body.tokens[call.start : call.last], body.codes[call.last].core])
    return " ".join(text.split()).strip("()") == f"call {call.callee}"


def _block(func: Func, labels: Taken, program: Program) -> str:
    """The code of a function without parameters as a block, which begins at no indentation, with none of the labels; ""
    if it cannot stand elsewhere: it has locals or tail calls, or does not call control functions."""
    codes = program.codes
    body = regular(tokens(func.nodes[func.header :]), codes)
    ops = {codes[token].op for token in body}
    if func.type[0] or any(op == "local" or op.startswith("return_call") for op in ops):
        return ""
    label = ""
    if "return" in ops:
        own = {plain_id(word) for token in body if "$" in token for _, word in pieces(token)}
        label = unused(f"$end_of_{plain(func.id or str(func.number))}", Taken(labels | own))
        new = {0: f"br {label}"}
        body = [Token(each.type, with_words(each, new)) if codes[each].op == "return" else each for each in body]
    before = codes[tokens(func.nodes[: func.header])[-1]]
    inlined = _inlined(body, before.indent, program)
    if inlined is None:
        return ""
    results = f"(result {' '.join(func.type[1])})" if func.type[1] else ""
    note = program.notes.each(f"what {func.id or f'function {func.number}'} does") if "\n" in before.trivia else ""
    head = " ".join(filter(None, ["(block", label, results, note]))
    inlined[-1] = codes[body[-1]].core  # comments behind the function are not of it
    first, *rest = f"{head}{before.trivia or ' '}{''.join(inlined)}".splitlines(keepends=True)
    # Lines of a function whose end stands behind the last one are further in than that.
    further = "" if rest and rest[-1].strip() == ")" else "  "
    return first + indent(dedent("".join(rest)), further)


def _inlined(body: list[Token], at: str | None, program: Program) -> list[str] | None:
    """A body with code instead of calls of control functions, None if there are none; its first line is at `at`."""
    codes, ids, index = program.codes, program.ids, program.module.funcs.index
    known = _STATE | {"get_state"} if ids.state else _STATE
    called = {
        program.module.func_of(each.node).number: each.name for each in program.control.functions if each.name in known
    }

    def name_of(token: Token) -> str:
        """The control function that a token calls, or ""."""
        code = codes[token]
        number = index(code.word) if code.op == "call" else None
        return called.get(number, "") if number is not None else ""

    if not any(map(name_of, set(body))):
        return None
    out: list[str] = []
    lists: list[tuple[str, str | None]] = []  # of each list around: the control function it calls, or ""; its indent
    for token in body:
        code, name = codes[token], name_of(token)
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
            between = " " if begun is None else f"{program.newline}{begun}"
            core = [text.removesuffix(code.trivia)] if text else []
            out.append(between.join([*core, *set_state(ended, ids)]) + code.trivia)
        else:
            out.append(text or token)
        if code.indent is not None:
            at = code.indent
    return out
