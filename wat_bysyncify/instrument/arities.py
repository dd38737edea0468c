"""How many operands the instructions of a body take, and results they give, where their names alone do not say: of
blocks, calls, and what depends on a type."""

from __future__ import annotations

from typing import NoReturn

from ..sexpr.nodes import Token
from . import act
from .body import BodyError
from .code import Code
from .fields import parse_nat
from .module import FuncType
from .scope import Scope


class Arities:
    """What fold.py asks of the tokens of a body, whose names are those of `scope`.

    Its methods raise `BodyError` with the place of a token that says what is not there.
    """

    def __init__(self, tokens: list[Token], codes: list[Code], scope: Scope) -> None:
        self._tokens, self._codes, self._scope = tokens, codes, scope

    def local(self, code: Code, at: int) -> NoReturn:
        """Raises what is wrong with a local that the function does not have."""
        raise BodyError(f"unknown local {code.word}" if code.word else f"{code.op} lacks its local", at)

    def caught(self, code: Code, at: int) -> int:
        """How many values a handler of a try gets."""
        if code.op == "catch_all":
            return 0
        type_ = self._scope.module.tag_type(code.word)
        if type_ is None:
            raise BodyError(f"unknown tag {code.word}", at)
        return len(type_[0])

    def block_type(self, start: int, end: int) -> FuncType:
        """The type of a block whose head is tokens[start:end]."""
        if end == start + 1:
            return (), ()
        return self.type_use(start, end)

    def type_use(self, start: int, end: int) -> FuncType:
        """What the type use in tokens[start + 1:end] says."""
        type_ = self._scope.program.type_uses.of(self._tokens[start + 1 : end])
        if type_ is None:
            raise BodyError("unknown type", start + 1)
        return type_

    def called(self, start: int, end: int) -> tuple[FuncType, bool, int]:
        """The type of the function that a call calls, whether it can pause, and how many operands there are."""
        code = self._codes[start]
        if code.act == act.CALL:
            found = self._scope.program.call(code.word) if code.word else None
            if found is None:
                raise BodyError(f"unknown function {code.word}", start)
            return found[0], self._scope.can_pause(self._tokens, start), len(found[0][0])
        if code.op == "call_ref":
            type_ = self.func_type(code.word, start)
        else:
            type_ = self.type_use(start, end) if end > start + 1 else ((), ())
        return type_, self._scope.can_pause(self._tokens, start), len(type_[0]) + 1

    def func_type(self, word: str, at: int) -> FuncType:
        """The function type that a word names."""
        type_ = self._scope.module.func_type(word)
        if type_ is None:
            raise BodyError(f"unknown function type {word}", at)
        return type_

    def other(self, code: Code, at: int) -> tuple[int, int]:
        """Operands and results of the instructions that depend on a type."""
        if code.op == "struct.new":
            fields = self._scope.module.type_fields(code.word)
            if fields is None:
                raise BodyError(f"unknown structure type {code.word}", at)
            return len(fields), 1
        if code.op == "array.new_fixed" and len(code.words) > 1:
            return parse_nat(code.words[1]) or 0, 1
        raise BodyError(f"{code.op} is not supported in a function that can pause", at)
