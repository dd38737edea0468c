"""The types of operands: what instructions do to the types on the operand stack (spec, "Validation / Instructions")."""

from __future__ import annotations

from collections.abc import Iterable

from ..sexpr.nodes import words
from . import act
from .body import Body, BodyError
from .fields import parse_nat, type_use_end
from .instructions import SIGNATURES
from .module import FuncType
from .reftypes import SHORT_NAMES, heap_type, is_nullable, non_null
from .scope import Scope


class OperandTypes:
    """The types of operands in a function's body."""

    def __init__(self, body: Body, scope: Scope) -> None:
        self.body, self.codes, self.scope = body, body.codes, scope

    def left(self, start: int, end: int, operands: Iterable[str], alone: bool) -> tuple[str, ...]:
        """The types that tokens[start:end] leave of `operands`, the types of values that were before them.

        `alone`: only the instruction at `start` counts, for the operands inside its parentheses are among them.
        """
        stack = [*operands]
        if alone:
            self.apply(start, stack)
            return tuple(stack)
        opened: list[int] = []
        at = start
        while at < end:
            code = self.codes[at]
            first = at
            at += 1
            if code.act == act.CLOSE:
                first = opened.pop() if opened else first
            elif code.act in (act.THEN, act.ELSE) and not code.flat:
                at = self.behind(first)
                continue
            elif code.act == act.HEAP_TYPE or code.act == act.TYPE_USE:
                at = self.behind(first)
                continue
            elif code.opens and code.act != act.BLOCK:
                opened.append(first)
                at = self.operands_at(first)
                continue
            elif code.act in (act.BLOCK, act.IF):
                at = self.behind(first)
            self.apply(first, stack)
        return tuple(stack)

    def apply(self, at: int, stack: list[str]) -> None:
        """Does what the instruction at a token does to the types on the operand stack."""
        code, module = self.codes[at], self.scope.module
        operand = stack[-1] if stack else "unknown"
        declared: tuple[str, ...] | None = None
        if code.op == "select":
            needs = 3
            if self.operands_at(at) == at + 1:
                declared = tuple(stack[-3:-2])
        elif code.op == "ref.as_non_null":
            needs, declared = 1, (non_null(operand),)
        elif code.op in ("any.convert_extern", "extern.convert_any"):
            heap = code.op.partition(".")[0]
            needs, declared = 1, (f"(ref null {heap})" if is_nullable(operand) else f"(ref {heap})",)
        elif code.act == act.BRANCH:
            needs = len(self.body.carried.get(at, ())) + 1
            if code.op == "br_on_null":
                declared = (*self.body.carried[at], non_null(operand))
        elif code.act in (act.BLOCK, act.IF, act.CALL_INDIRECT):
            type_ = self.used_type(at)
            needs = len(type_[0]) + (code.act != act.BLOCK)
        elif code.act == act.CALL:
            found = self.scope.program.call(code.word)
            needs = len(found[0][0]) if found else 0
        elif code.op == "struct.new":
            needs = len(module.type_fields(code.word) or ())
        elif code.op == "array.new_fixed":
            needs = parse_nat(code.words[1]) or 0
        else:
            needs = code.pops
        if declared is None:
            declared = self.declared(at)
        del stack[max(0, len(stack) - needs) :]
        stack += declared

    def used_type(self, at: int) -> FuncType:
        """The type that the type use of a block or a call says, or the index of a call_ref."""
        code = self.codes[at]
        if code.op == "call_ref":
            return self.scope.module.func_type(code.word) or ((), ())
        end = type_use_end(self.body.tokens, at + 1)
        return self.scope.program.type_uses.of(self.body.tokens[at + 1 : end]) or ((), ())

    def operands_at(self, start: int) -> int:
        """Behind the immediates of the instruction at a token that are lists."""
        at = type_use_end(self.body.tokens, start + 1)
        while at < len(self.codes) and self.codes[at].act == act.HEAP_TYPE:
            at += 1
        return at

    def declared(self, start: int) -> tuple[str, ...]:
        """The types of the results of the instruction at a token, where its name and immediates say them."""
        code, module = self.codes[start], self.scope.module
        if code.act == act.CALL:
            found = self.scope.program.call(code.word)
            return found[0][1] if found else ()
        if code.act in (act.BLOCK, act.IF, act.CALL_INDIRECT) or code.op == "select":
            return self.used_type(start)[1]
        if code.act == act.BRANCH:
            return (*self.body.carried.get(start, ()), *self.cast(start))
        if code.act == act.STOP:
            return ()
        results = SIGNATURES[code.op][1] if code.op in SIGNATURES else ("ref",)
        match results:
            case ("local",):
                return (self.scope.local_type(code.word),)
            case ("global",):
                return (module.global_type(code.word),)
            case ("addr",):
                return (module.address_type(code.op.partition(".")[0], code.word),)
            case ("elem",):
                return (module.table_type(code.word),)
            case ("field",):
                if code.op.startswith("array"):
                    return (module.field_type(code.word, ""),)
                if len(code.words) < 2:
                    raise BodyError(f"{code.op} lacks its field", start)
                return (module.field_type(code.word, code.words[1]),)
            case ("ref",):
                return self.reference(start)
        return results

    def reference(self, start: int) -> tuple[str]:
        """The type of the reference that an instruction leaves, where its immediates say it."""
        code = self.codes[start]
        named = words(self.body.tokens[start])[1:2]
        if not named and code.op not in ("ref.i31", "ref.cast"):
            raise BodyError(f"{code.op} without a type", start)
        match code.op:
            case "ref.null":
                return (f"(ref null {named[0]})",)
            case "ref.func":
                number = self.scope.module.funcs.index(code.word)
                if number is None:
                    raise BodyError(f"unknown function {code.word}", start)
                func = self.scope.module.func(number)
                return (f"(ref {func.type_name or self.scope.type_name(func.type)})",)
            case "ref.i31":
                return ("(ref i31)",)
            case "ref.cast":
                return (self.type_immediates(start, 1)[0],)
        return (f"(ref {named[0]})",)  # struct.new, array.new

    def cast(self, start: int) -> tuple[str, ...]:
        """The type of the reference that br_on_cast or br_on_cast_fail leaves when it does not branch."""
        op = self.codes[start].op
        if not op.startswith("br_on_cast"):
            return ()
        from_, to = self.type_immediates(start, 2)
        if op == "br_on_cast_fail":
            return (to,)
        return (non_null(from_) if is_nullable(to) else from_,)

    def type_immediates(self, start: int, count: int) -> list[str]:
        """The reference types among the immediates of an instruction, which has so many."""
        said = list(self.codes[start].words)
        at = start + 1
        while at < len(self.codes) and self.codes[at].act == act.HEAP_TYPE:
            said += words(self.body.tokens[at])
            at += 1
        found = []
        rest = iter(said)
        for word in rest:
            if word in SHORT_NAMES:
                found.append(word)
            elif word == "ref":
                heap = next(rest, "")
                found.append(f"(ref null {next(rest, '')})" if heap == "null" else f"(ref {heap})")
        if len(found) != count or not all(map(heap_type, found)):
            raise BodyError(f"{self.codes[start].op} lacks a type", start)
        return found

    def behind(self, start: int) -> int:
        """The token behind the list that a token opens, the flat block that it begins, or itself."""
        depth = 0
        while True:
            code = self.codes[start]
            depth += code.opens or (code.flat and code.act in (act.BLOCK, act.IF))
            depth -= code.act == act.CLOSE or code.act == act.END or (code.flat and code.act == act.DELEGATE)
            start += 1
            if depth <= 0:
                return start
