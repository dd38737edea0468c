"""Annotations about an instruction, such as branch hints: made part of the token of that instruction.

They stand in the trivia behind the token before. An instruction may go elsewhere, and what was before it may not; so

    tokens   "(nop) (@metadata.code.branch_hint "\\00") "   "(if "

become

    tokens   "(nop) "   "(@metadata.code.branch_hint "\\00") (if "
"""

from __future__ import annotations

from ..sexpr.nodes import Token, core_length
from ..sexpr.trivia import annotation

MARK = "(@metadata.code."


def annotated(tokens: list[Token], before: Token) -> tuple[Token, list[Token]]:
    """The token `before` a body, and the body's tokens, one for each instruction as in `tokens`, with each such
    annotation in the token that it is about. One before a parenthesis that closes is about nothing, and stays."""
    out = [before]
    for token in tokens:
        last = out[-1]
        at = -1 if token.type == "CLOSE" else annotation(last, MARK, core_length(last))
        if at >= 0:
            width = len(last) - at if last.width else 0
            out[-1] = Token(last.type, last[:at], last.width - width)
            token = Token(token.type, last[at:] + token, width + token.width)
        out.append(token)
    return out[0], out[1:]
