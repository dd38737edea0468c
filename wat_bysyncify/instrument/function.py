"""One function that can pause: its nodes -> its new text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import WatError
from ..sexpr.nodes import List, Token, plain_id, tokens
from .body import Body, BodyError
from .code import Codes
from .fields import head, value_types
from .fold import Context, fold
from .lift import Facts, lift, zero
from .liveness import live_locals
from .module import Func, FuncType, Module, TypeUses
from .names import SAVED_SIZES, unused
from .runtime import Ids
from .skip import Names, Skip
from .source import Piece, Source
from .steps import Lifted


@dataclass(slots=True)
class Shared:
    """What the functions of a module have in common. `used` collects the types that are saved."""

    module: Module
    codes: Codes
    types: TypeUses
    ids: Ids
    newline: str
    call: Callable[[str], tuple[FuncType, bool] | None]
    instrumented: Callable[[str], bool]
    used: set[str]


@dataclass(slots=True)
class _Parts:
    """A function taken apart: its header's tokens, its locals (parameters first), their bits, its body."""

    header: list[Token]
    locals: list[tuple[str | None, str]]
    bits: dict[str, int]
    body: Body


def _read(func: Func, indirect: Callable[[FuncType], bool], shared: Shared) -> _Parts:
    node: List = func.node  # type: ignore[assignment]
    position = func.header
    found = list(func.locals)
    for each in node[position:-1]:
        if head(each) != "local" or (isinstance(each, Token) and each.type == "WORDS"):
            break
        found += value_types(each)
        position += 1
    bits = {str(number): 1 << number for number in range(len(found))}
    bits.update((plain_id(name), 1 << number) for number, (name, _) in enumerate(found) if name)
    header = tokens(node[:position])
    module = shared.module
    context = Context(
        bits, shared.call, module.func_type, indirect, shared.types.of, module.field_count, module.tag_type,
        func.type[1], shared.codes,
    )  # fmt: skip
    inside = tokens(node[position:-1])
    try:
        return _Parts(header, found, bits, fold(inside, context))
    except BodyError as error:
        raise _placed(error, func, header, inside, shared) from None


def _placed(error: BodyError, func: Func, header: list[Token], inside: list[Token], shared: Shared) -> WatError:
    before = (error.tokens or inside)[: error.token]
    width = sum(token.width for token in [*header, *before])
    return WatError(error.message, shared.module.offset(func.node) + width)


def complete_function(func: Func, shared: Shared) -> str:
    """The text of a function that is not instrumented, with what Binaryen's older text leaves out (fold.py)."""
    parts = _read(func, lambda type_: False, shared)
    return "".join([*parts.header, *parts.body.tokens, func.node[-1]])


def rewrite_function(func: Func, indirect: Callable[[FuncType], bool], indent: str, shared: Shared) -> str:
    """The text of a function with everything that lets it pause and resume, or as it was if nothing in it can pause.

    `indent` is the indentation of the function's first line. Raises `WatError` with the place of what does not fit.
    """
    parts = _read(func, indirect, shared)
    if not parts.body.calls:
        return "".join([*parts.header, *parts.body.tokens, func.node[-1]])
    try:
        return _Function(func, parts, indent, shared).text()
    except BodyError as error:
        raise _placed(error, func, parts.header, parts.body.tokens, shared) from None


class _Function:
    def __init__(self, func: Func, parts: _Parts, indent: str, shared: Shared) -> None:
        self.func, self.header, self.body = func, parts.header, parts.body
        self.locals, self.bits = parts.locals, parts.bits
        self.indent, self.shared = indent, shared
        self.taken = {plain_id(name) for name, _ in parts.locals if name}

    def new_name(self, name: str) -> str:
        """A local's id that the function does not use: the name, or the name with a number."""
        return unused(name, self.taken)

    def local_type(self, word: str) -> str:
        return self.locals[self.bits[word].bit_length() - 1][1]

    def text(self) -> str:
        """The new text of the function."""
        shared, body = self.shared, self.body
        before = shared.codes[self.header[-1]]
        source = Source(body, before.trivia, self.indent)
        call_name = self.new_name("$call")
        types = self.shared.types
        lifted = lift(
            body,
            source,
            Facts(
                self.bits.__getitem__,
                self.local_type,
                shared.instrumented,
                self.callee_results,
                self.global_type,
                shared.module.address_type,
                types.of,
                shared.module.func_type,
                self.new_name,
            ),
        )
        saved = self.saved(lifted)
        unwind = unused("$unwind", body.labels)
        ids = shared.ids
        names = Names(ids.normal, ids.unwinding, ids.rewinding, call_name, unwind)
        inside = source.before.indent if source.before.indent is not None else self.indent + "  "
        skip = Skip(source, names, shared.newline)
        out = skip.out

        out.append("".join(self.header[:-1]) + before.core)
        if source.before.same_line:
            out += (" ", source.before.same_line)
        skip.line(inside, f"(local {call_name} i32)")
        for temp in lifted.temps:
            skip.line(inside, f"(local {temp.name} {temp.type})")
        skip.line(inside, f"(if (global.get {ids.rewinding}) (then")
        skip.line(inside + "  ", f"(local.set {call_name} (call {ids.restore['i32']}))")
        for name, type_ in saved:
            skip.line(inside + "  ", f"(local.set {name} (call {ids.restore[type_]}))")
        skip.line(inside, "))")
        skip.line(inside, f"(local.set {call_name} (block {unwind} (result i32)")
        skip.body(lifted, self.func.type[1], inside + "  ")
        last = source.around(len(body.tokens) - 1)
        skip.lead(Piece("", last.indent or "", last.lines), inside + "  ")
        skip.line(inside, "))")
        for name, type_ in reversed(saved):
            skip.line(inside, f"(call {ids.save[type_]} (local.get {name}))")
        skip.line(inside, f"(call {ids.save['i32']} (local.get {call_name}))")
        for type_ in self.func.type[1]:
            if type_ not in SAVED_SIZES:
                raise BodyError(
                    f"a result of type {type_} in a function that can pause is not supported yet", body.calls[0].start
                )
            skip.line(inside, zero(type_))
        skip.line(self.indent, str(self.func.node[-1]))
        shared.used.update(type_ for _, type_ in saved)
        return "".join(out)

    def saved(self, lifted: Lifted) -> list[tuple[str, str]]:
        """The locals of a frame, with their types: those that are live at any of the pausing calls."""
        bits = lifted.saved
        for live in live_locals(self.body):
            bits |= live
        found = []
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            number = lowest.bit_length() - 1
            name, type_ = self.locals[number]
            if type_ not in SAVED_SIZES:
                raise BodyError(
                    f"local {name or number} of type {type_} is alive across a pause: not supported yet",
                    self.body.calls[0].start,
                )
            found.append((name or str(number), type_))
        return found + [(temp.name, temp.type) for temp in lifted.temps if temp.saved]

    def callee_results(self, word: str) -> tuple[str, ...]:
        found = self.shared.call(word)
        assert found is not None
        return found[0][1]

    def global_type(self, word: str) -> str:
        space = self.shared.module.globals
        number = space.index(word)
        if number is None:
            return "unknown"
        return space.entities[number].type  # type: ignore[attr-defined,no-any-return]
