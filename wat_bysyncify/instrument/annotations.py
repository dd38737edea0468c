"""Annotations about an instruction, as branch hints and our own: made part of the token of that instruction.

    (@bysyncify.pauses) (call $f)     this call can pause, whatever the analysis says
    (@bysyncify.never) (call $f)      it cannot; before a function or an import, the same of that

They stand in the trivia behind the token before. An instruction may go elsewhere, and what was before it may not; so

    tokens   "(nop) (@metadata.code.branch_hint "\\00") "   "(if "

become

    tokens   "(nop) "   "(@metadata.code.branch_hint "\\00") (if "
"""

from __future__ import annotations

from ..errors import WatError
from ..sexpr.nodes import Token, core_length
from ..sexpr.trivia import annotation
from .code import OURS, stated
from .module import Module

MARKS = ("(@metadata.code.", OURS)
PAUSES = "pauses"
NEVER = "never"


def is_annotated(text: str) -> bool:
    """Whether a text may have annotations about instructions or functions."""
    return any(mark in text for mark in MARKS)


def annotated(tokens: list[Token], before: Token) -> tuple[Token, list[Token]]:
    """The token `before` a body, and the body's tokens, one for each instruction as in `tokens`, with each such
    annotation in the token that it is about. One before a parenthesis that closes is about nothing, and stays."""
    out = [before]
    for token in tokens:
        last = out[-1]
        at = -1 if token.type == "CLOSE" else _first(last)
        if at >= 0:
            width = len(last) - at if last.width else 0
            out[-1] = Token(last.type, last[:at], last.width - width)
            token = Token(token.type, last[at:] + token, width + token.width)
        out.append(token)
    return out[0], out[1:]


def _first(token: str) -> int:
    """Where the first annotation about what comes next is in the trivia behind a token, -1 if there is none."""
    if not is_annotated(token):
        return -1
    behind = core_length(token)
    return min((at for mark in MARKS if (at := annotation(token, mark, behind)) >= 0), default=-1)


def said_of_functions(module: Module) -> dict[int, str]:
    """What our annotations say of the functions of a module, PAUSES or NEVER, by number.

    Raises `WatError` for one that says neither, or both, or stands before what is not a function.
    """
    found: dict[int, str] = {}
    numbers = {id(entity.node): entity.number for entity in module.funcs.entities}
    before = ""
    for node in module.holder:
        if OURS in before and (at := annotation(before, OURS, core_length(before))) >= 0:
            said = stated(before[at:])
            if said not in (PAUSES, NEVER) or id(node) not in numbers:
                raise misplaced(said, module.offset(node) - len(before) + at)
            found[numbers[id(node)]] = said
        before = node if isinstance(node, Token) else node[-1]
    return found


def misplaced(said: str, offset: int) -> WatError:
    """The error about an annotation that means nothing where it stands."""
    if said in (PAUSES, NEVER):
        return WatError(f"@bysyncify.{said} can stand before a function, an import of one, or a call", offset)
    return WatError(f"@bysyncify.{said} means nothing: there are @bysyncify.pauses and @bysyncify.never", offset)
