"""Locals that cannot be null, made nullable: a function's header and body -> the same with checks.

Such a local must be set before it is read, which the validator proves from the order of the code; behind guards and
after a rewind it cannot see that any more.

    (local $x (ref $t))       ->   (local $x (ref null $t))
    (local.get $x)            ->   (ref.as_non_null (local.get $x))
    (local.tee $x (..))       ->   (ref.as_non_null (local.tee $x (..)))

Parameters are set by the caller, always, and stay as they are.
"""

from __future__ import annotations

from ..sexpr.nodes import List, Node, Token, core_length, tokens, with_words, words
from .code import Codes


def nullable_local(node: Node) -> Node:
    """A `(local ..)` with types that are nullable."""
    found = tokens([node])
    out: List = []
    for token, following in zip(found, [*found[1:], Token("CLOSE", "")], strict=True):
        said = words(token)
        if token[0] == "(" and said[:1] == ["ref"] and [*said[1:], *words(following)][:1] != ["null"]:
            token = Token(token.type, with_words(token, {0: "ref null"}), token.width)
        out.append(token)
    return out


def checked_gets(body: list[Token], codes: Codes, locals_: set[str]) -> list[Token]:
    """The tokens of a body, one for each instruction, in which reading one of the locals checks for null."""
    out: list[Token] = []
    lists: list[bool] = []  # the open ones: do they get another list around them
    for token in body:
        code = codes[token]
        checked = code.op in ("local.get", "local.tee") and code.word in locals_
        if code.opens:
            lists.append(checked)
        elif token.type == "CLOSE" and lists:
            checked = lists.pop()
        if not checked:
            out.append(token)
            continue
        length = core_length(token)
        core, trivia = token[:length], token[length:]
        if code.flat:
            out += [Token("WORDS", core + " ", token.width), Token("WORDS", "ref.as_non_null" + trivia, 0)]
        elif code.opens:
            out += [Token("OPEN", "(ref.as_non_null ", 0), token]
        else:
            if token.type == "LEAF":
                out.append(Token("OPEN", "(ref.as_non_null ", 0))
            out += [Token(token.type, core, token.width), Token("CLOSE", ")" + trivia, 0)]
    return out
