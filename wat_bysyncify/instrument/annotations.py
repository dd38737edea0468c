"""Annotations about an instruction, such as branch hints: made part of the token of that instruction.

They stand in the trivia behind the token before. An instruction may go elsewhere, and what was before it may not; so

    tokens   "(nop) (@metadata.code.branch_hint "\\00") "   "(if "

become

    tokens   "(nop) "   "(@metadata.code.branch_hint "\\00") (if "
"""

from __future__ import annotations

from ..sexpr.nodes import Token, core_length

MARK = "(@metadata.code."


def annotated(tokens: list[Token], before: Token) -> tuple[Token, list[Token]]:
    """The token `before` a body, and the body's tokens, with each such annotation in the token that it is about."""
    out: list[Token] = []
    prefix, width = "", 0
    for token in [before, *tokens]:
        at = token.find(MARK, core_length(token))
        end = at if at >= 0 else len(token)
        kept = prefix + token[:end]
        out.append(Token(token.type, kept, width + token.width - (len(token) - end if token.width else 0)))
        prefix, width = token[end:], len(token) - end if token.width else 0
    return out[0], out[1:]
