"""Checks that all goes as it must (--asserts): what they are, and tokens -> tokens with them.

    (func $f                                    (func $f
                                                  (call $assert_called (i32.const 3))
      (drop (call $g))                            (drop (call $g) (call $assert_normal (i32.const 3)))
    )                                           )

A call that is taken not to pause must not have: behind each there is a check, in functions that are instrumented too.
A function that is not instrumented and calls others must not be called while the stack is unwound or rewound, one that
is not while it is unwound. Each frame has the number of its function on top, mixed with one of the module, so that a
frame that is taken for another's is known; control functions look whether it is their turn. What fails stores why, and
the number of the function, in two exported globals, and traps then.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from ..sexpr.nodes import Token
from ..sexpr.trivia import Trivia
from . import names
from .code import CALLS
from .fields import added_tokens, separator, type_use_end
from .ids import Ids
from .scope import Scope

# Why a check failed: a function paused that was not to; one was called that must not be then; a control function was
# called out of turn; a frame is not the function's; a frame says a call that the function does not have.
PAUSED, CALLED, STATE, FRAME, INDEX = range(1, 6)


def frame_numbers(text: str, functions: Iterable[int]) -> dict[int, int]:
    """What stands on top of the frames of functions: the number of each, mixed with one of their module's text."""
    mixed = crc32(text.encode("utf-8", "surrogatepass"))
    return {number: ((mixed + number + (1 << 31)) & 0xFFFFFFFF) - (1 << 31) for number in functions}


def with_checks(body: list[Token], scope: Scope) -> list[Token]:
    """The tokens of a function's body, each one instruction, with a check behind each call that is not to pause: each
    call, in a function that is not instrumented.

    The condition of a folded `if` is to stay one instruction, for not all tools read more:

        (if (call $f) (then        ->      (if (i32.or (call $f) (call $assert_normal_i32 (i32.const 3))) (then
    """
    codes, ids = scope.program.codes, scope.program.ids
    out: list[Token] = []
    lists: list[
        tuple[bool, bool, str]
    ] = []  # of each list around: is it a call to check, and that a condition; its head
    last = -1  # of a call whose tokens are in no list of its own
    for position, token in enumerate(body):
        code = codes[token]
        checked = code.op in CALLS and not scope.can_pause(body, position)
        inside = lists[-1][2] if lists else ""
        condition = checked and not code.flat and inside == "if" and scope.callee_type(body, position)[1] == ("i32",)
        if condition:
            out.append(Token("OPEN", "(i32.or ", 0))
        ends = False
        if code.opens:
            lists.append((checked, condition, code.op))
        elif token.type == "CLOSE":
            ends, condition, _ = lists.pop() if lists else (False, False, "")
        elif checked:
            last = type_use_end(body, position + 1) - 1 if code.flat else position
        if not ends and position != last:
            out.append(token)
            continue
        trivia = code.trivia
        check = ids.assert_normal_i32 if condition else ids.assert_normal
        out += [
            Token(token.type, f"{token.removesuffix(trivia)} ", token.width),
            Token("OPEN", f"(call {check} ", 0),
            Token("LEAF", f"(i32.const {scope.func.number})", 0),
            Token("CLOSE", ")" if condition else f"){trivia}", 0),
        ]
        if condition:
            out.append(Token("CLOSE", f"){trivia}", 0))
    return out


def with_entry(before: Token, body: list[Token], scope: Scope) -> tuple[Token, list[Token]]:
    """The token before a body and those of the body, with the check that a function makes which is not instrumented, if
    it calls any: hosts call small ones at any time, as Emscripten's JavaScript does `stackSave`."""
    if not any("call" in scope.program.codes[token].op for token in body):
        return before, body
    trivia = scope.program.codes[before].trivia
    check = f"(call {scope.program.ids.assert_called} (i32.const {scope.func.number}))"
    between = separator(Trivia(trivia).indent, scope.program.newline)
    return (before if trivia else Token(before.type, f"{before} ", before.width)), added_tokens(check + between) + body


def control_checks(name: str, ids: Ids) -> list[str]:
    """The lines with which a control function finds out whether it is its turn."""
    turn = {"stop_unwind": ids.is_unwinding, "stop_rewind": ids.is_rewinding}.get(name, ids.is_normal)
    number = -2 - names.CONTROL_FUNCTIONS.index(name)
    return [f"(if (i32.eqz {turn})", f"  (then (call {ids.fail} (i32.const {STATE}) (i32.const {number}))))"]


def assert_texts(ids: Ids) -> list[list[str]]:
    """The fields that the checks use, each in lines: two globals, exported, and the functions."""

    def exported(name: str) -> str:
        return "".join(f' (export "{prefix}_{name}")' for prefix in ids.prefixes)

    state = ids.is_normal
    code, where = ids.error, ids.error_function
    return [
        [f"(global {code}{exported('error')} (mut i32) (i32.const 0))"],
        [f"(global {where}{exported('error_function')} (mut i32) (i32.const -1))"],
        [
            f"(func {ids.fail} (param $code i32) (param $function i32)",
            f"  (global.set {code} (local.get $code))",
            f"  (global.set {where} (local.get $function))",
            "  (unreachable)",
            ")",
        ],
        [
            f"(func {ids.assert_normal} (param $function i32)",
            f"  (if (i32.eqz {state})",
            f"    (then (call {ids.fail} (i32.const {PAUSED}) (local.get $function))))",
            ")",
        ],
        [
            f"(func {ids.assert_normal_i32} (param $function i32) (result i32)",
            f"  (call {ids.assert_normal} (local.get $function))",
            "  (i32.const 0)",
            ")",
        ],
        [
            f"(func {ids.assert_called} (param $function i32)",
            f"  (if (i32.eqz {state})",
            f"    (then (call {ids.fail} (i32.const {CALLED}) (local.get $function))))",
            ")",
        ],
        [
            f"(func {ids.assert_not_unwinding} (param $function i32)",
            f"  (if {ids.is_unwinding}",
            f"    (then (call {ids.fail} (i32.const {CALLED}) (local.get $function))))",
            ")",
        ],
        [
            f"(func {ids.assert_frame} (param $number i32) (param $function i32)",
            f"  (if (i32.ne (call {ids.restore['i32']}) (local.get $number))",
            f"    (then (call {ids.fail} (i32.const {FRAME}) (local.get $function))))",
            ")",
        ],
        [
            f"(func {ids.assert_call} (param $call i32) (param $count i32) (param $function i32)",
            "  (result i32)",
            "  (if (i32.ge_u (local.get $call) (local.get $count))",
            f"    (then (call {ids.fail} (i32.const {INDEX}) (local.get $function))))",
            "  (local.get $call)",
            ")",
        ],
    ]
