"""The names of one function: its locals, and what its module has (`Scope`)."""

from __future__ import annotations

from ..sexpr.nodes import Token, plain_id
from .annotations import NEVER
from .module import Func, FuncType, Module, signature_text
from .names import Taken, unused
from .needs import Needs
from .program import Program


class Scope:
    """The names of one function: its locals (parameters first, id and type each), and what its module has.

    `bits` has the locals by id and by number, as 1 << number; `indirect` says whether a call through a table or
    reference can pause here, `tells` whether the function tells that it has paused (telling.py). `needs` collects what
    the function's text refers to.
    """

    __slots__ = ("bits", "func", "indirect", "instrumented", "locals", "needs", "program", "results", "taken", "tells")

    def __init__(
        self, func: Func, locals_: list[tuple[str | None, str]], program: Program, instrumented: bool = True
    ) -> None:
        self.func, self.locals, self.program, self.instrumented = func, locals_, program, instrumented
        self.needs = Needs()
        self.indirect = program.pausing.indirect(func.number)
        self.results = func.type[1]
        self.tells = func.number in program.telling
        self.bits = {str(number): 1 << number for number in range(len(locals_))}
        self.bits.update((plain_id(name), 1 << number) for number, (name, _) in enumerate(locals_) if name)
        self.taken = Taken(plain_id(name) for name, _ in locals_ if name)

    @property
    def module(self) -> Module:
        """The module of the function."""
        return self.program.module

    def can_pause(self, body: list[Token], position: int) -> bool:
        """Whether the call at body[position], which is no tail call, can pause; none in a function that is not
        instrumented."""
        program = self.program
        if not self.instrumented:
            return False
        code = program.codes[body[position]]
        if code.says:
            return code.says != NEVER
        return program.can_pause(body, position, self.indirect)

    def callee_type(self, body: list[Token], position: int) -> FuncType:
        """The type of what the call at body[position] calls; the empty one if that is not known."""
        code = self.program.codes[body[position]]
        if code.op == "call":
            return (self.program.call(code.word) or (((), ()), False))[0]
        return self.program.callees.type_of(code, body, position)

    def local_type(self, word: str) -> str:
        """The type of the local that a word names."""
        return self.locals[self.bits[word].bit_length() - 1][1]

    def helper(self, verb: str, *types: str) -> str:
        """The id of a function that saves or restores (helpers.py)."""
        self.needs.helpers[verb, *types] = 1
        return self.program.helper(verb, *types)

    def type_name(self, type_: FuncType) -> str:
        """A name of a function type that stands alone; if the module does not define it, it gets it at its end."""
        found = self.module.type_name(type_)
        if found:
            return found
        id_ = self.program.new_type(type_)
        self.needs.definitions[id_] = [f"(type {id_} (func{signature_text(type_)}))"]
        return id_

    def new_name(self, name: str) -> str:
        """A local's id that the function does not use: the name, or the name with a number."""
        return unused(name, self.taken)
