"""Handlers in which no pause begins (--ignore-unwind-from-catch): tokens -> tokens with other calls in them.

    (catch_all                                  (catch_all
      (call $f (local.get $x)))                   (call $catching_f (local.get $x)))

    (func $catching_f (param i32)
      (global.set $catching (i32.add (global.get $catching) (i32.const 1)))
      (try (do (call $f (local.get 0)))
        (catch_all
          (global.set $catching (i32.sub (global.get $catching) (i32.const 1)))
          (rethrow 0)))
      (global.set $catching (i32.sub (global.get $catching) (i32.const 1)))
    )

While `$catching` is not 0, `start_unwind` does nothing, and the program goes on as if it had not been called. Handlers
are the `catch` and `catch_all` of a `try`; those of a `try_table` are code like any other, behind it.
"""

from __future__ import annotations

from ..sexpr.nodes import Token
from .code import CALLS
from .fields import spelled_tokens, type_use_end
from .module import FuncType, signature_text
from .names import plain, unused
from .scope import Scope

_CATCHES = frozenset(("catch", "catch_all"))
_BLOCKS = frozenset(("block", "loop", "if", "try", "try_table"))


def with_catching_calls(body: list[Token], scope: Scope) -> list[Token]:
    """The tokens of a body, each one instruction, with calls that begin no pause for those in handlers that can."""
    codes = scope.program.codes
    out: list[Token] = []
    around: list[tuple[str, bool]] = []  # of each list and flat block: what it is, and is it in a handler
    skip = 0
    for position, token in enumerate(body):
        if position < skip:
            continue
        code = codes[token]
        inside = bool(around) and around[-1][1]
        if code.op in CALLS and token.type != "CLOSE" and inside and scope.can_pause(body, position):
            skip = type_use_end(body, position + 1) if code.op == "call_indirect" else position + 1
            id_ = _catching(body, position, skip, scope)
            trivia = codes[body[skip - 1]].trivia
            opening, closing = ("", "") if code.flat else ("(", "" if code.opens else ")")
            width = sum(each.width for each in body[position:skip])
            out.append(Token(token.type, f"{opening}call {id_}{closing}{trivia or ' ' * (not closing)}", width))
        else:
            out.append(token)
        if code.opens:
            handler = code.op in _CATCHES and bool(around) and around[-1][0] == "try"
            around.append((code.op, inside or handler))
        elif token.type == "CLOSE" or (code.flat and code.op in ("end", "delegate")):
            del around[-1:]
        elif code.flat and code.op in _BLOCKS:
            around.append((code.op, inside))
        elif code.flat and code.op in _CATCHES and around and around[-1][0] == "try":
            around[-1] = ("try", True)
    return out


def _catching(body: list[Token], position: int, end: int, scope: Scope) -> str:
    """The id of the function that makes the call at body[position] and lets no pause begin."""
    program = scope.program
    code = program.codes[body[position]]
    params, results = scope.callee_type(body, position)
    rest = f"{' '.join(code.words)} {spelled_tokens(body[position + 1 : end])}".strip()
    said = f"{code.op} {rest}".rstrip()
    if code.op == "call_indirect":
        params = (*params, program.module.address_type("table", code.word if code.words else ""))
    elif code.op == "call_ref":
        params = (*params, f"(ref null {code.word})")
    id_ = program.catching_calls.get(said, "")
    if not id_:
        id_ = unused(f"$catching_{plain(code.word) or 'indirect'}", program.ids.funcs)
        program.catching_calls[said] = id_
        program.unnumbered[id_] = params, results
    scope.needs.definitions[id_] = _text(id_, said, (params, results), program.ids.catching)
    return id_


def _text(id_: str, said: str, type_: FuncType, catching: str) -> list[str]:
    """The function, in lines."""
    params = signature_text((type_[0], ()))
    results = signature_text(((), type_[1]))
    arguments = "".join(f" (local.get {number})" for number in range(len(type_[0])))
    less = f"(global.set {catching} (i32.sub (global.get {catching}) (i32.const 1)))"
    return [
        f"(func {id_}{params}{results}",
        f"  (global.set {catching} (i32.add (global.get {catching}) (i32.const 1)))",
        f"  (try{results} (do ({said}{arguments}))",
        "    (catch_all",
        f"      {less}",
        "      (rethrow 0)))",
        f"  {less}",
        ")",
    ]
