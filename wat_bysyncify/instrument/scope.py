"""What names mean: for all functions of a module (`Program`), and inside one of them (`Scope`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby

from ..sexpr.nodes import Token, plain_id
from .annotations import NEVER
from .callgraph import Dispatch
from .control import Control
from .ids import Ids
from .lists import Names
from .module import Func, FuncType, Module, signature_text
from .names import Taken, unused
from .needs import Needs
from .notes import Notes
from .options import Options
from .pausing import Pausing
from .placeholder import Placeholders
from .policy import Policy, policy


@dataclass(slots=True)
class Tails:
    """What functions must know of tail calls.

    `numbers` are the functions whose frames have a number on top, with it, by function; `dispatcher` is the id of the
    function to go on to, by the function that tail-calls; `stand_ins` the functions that stand for those without
    frames, by the function that tail-calls and what it says; `targets` what each function tail-calls that can pause.
    """

    numbers: dict[int, int] = field(default_factory=dict)
    dispatcher: dict[int, str] = field(default_factory=dict)
    stand_ins: dict[tuple[int, str], Func] = field(default_factory=dict)
    lines: list[list[str]] = field(default_factory=list)  # the dispatchers
    targets: dict[int, set[int]] = field(default_factory=dict)


class Program:
    """What the functions of a module have in common.

    `defined` is how many functions the module has without those that are added; `annotated` says whether there are
    annotations about instructions, `old` whether the text is that of older tools, `mapped` whether tools want to
    know more (mapping.py), `options` what the user chose. `notes` are comments for readers; `text` is all of it;
    `called` is what functions are called, `callees` what calls call. `hot` are the functions that ran long, with their
    share of the time, None without a profile (hot.py). The next stages add `tails` (tailcalls.py) and `twinned`, the
    functions that are to be written twice (twins.py).

    Functions change nothing here, but that what is asked for first gets its name then, and is added to the module
    later: `helpers` are the ids of the functions that save and restore, by what they do and the types of the values
    (the one to "leave" room has none), `new_types` those of types, `settled_calls` those of functions that look into
    tables (tablecalls.py), `catching_calls` those of functions that are called in handlers (catching.py); `lookups`
    says of such functions what `call` does of others; `placeholders` has functions of its own.
    """

    __slots__ = (
        "annotated", "called", "callees", "catching_calls", "codes", "control", "defined", "helpers", "hot", "ids",
        "lookups", "mapped", "module", "new_types", "newline", "notes", "old", "options", "pausing", "placeholders",
        "settled_calls", "tails", "text", "twinned", "type_ids", "type_uses",
    )  # fmt: skip

    def __init__(
        self,
        module: Module,
        control: Control,
        pausing: Pausing,
        text: str,
        called: Names,
        ids: Ids,
        newline: str,
        *,
        annotated: bool,
        old: bool,
        mapped: bool,
        options: Options,
        hot: Mapping[int, float] | None,
    ) -> None:
        self.control, self.hot = control, hot
        self.module, self.pausing, self.called, self.ids, self.newline = module, pausing, called, ids, newline
        self.text, self.callees = text, pausing.callees
        self.codes = self.callees.codes
        self.annotated, self.old, self.mapped, self.options = annotated, old, mapped, options
        self.notes = Notes(options.annotate)
        self.defined = len(module.funcs.entities)
        self.type_uses = self.callees.type_uses
        self.type_ids = Taken(module.types.names)
        self.placeholders = Placeholders(module, ids.funcs, self.type_ids)
        self.tails = Tails()
        self.helpers: dict[tuple[str, ...], str] = {}
        self.twinned: Set[int] = set()
        self.catching_calls: dict[str, str] = {}  # by what is called
        self.new_types: dict[FuncType, str] = {}
        self.settled_calls: dict[tuple[int, str], str] = {}  # by table and type
        # Functions that are added, as `call` knows them: those, and the checks.
        self.lookups: dict[str, tuple[FuncType, bool]] = dict.fromkeys(
            (ids.assert_normal, ids.assert_called), ((("i32",), ()), False)
        )
        self.lookups[ids.assert_normal_i32] = (("i32",), ("i32",)), False

    def helper(self, verb: str, *types: str) -> str:
        """The id of the function that does `save` or `restore` to values of these types."""
        key = verb, *types
        if key not in self.helpers:
            known = (self.ids.save if verb == "save" else self.ids.restore) if len(types) == 1 else {}
            words = [f"{len(list(run))}_{type_}" for type_, run in groupby(types)] or ["room"]
            new = f"${verb}_{'_'.join(word.removeprefix('1_') for word in words)}"
            self.helpers[key] = known[types[0]] if known else unused(new, self.ids.funcs)
        return self.helpers[key]

    def policy(self, number: int) -> Policy:
        """What a function is written for."""
        return policy(self.options.optimize, self.hot, number)

    def checks(self, number: int) -> bool:
        """Whether a function is checked (asserts.py): not what drives the pausing."""
        return self.options.asserts and number not in self.pausing.runtime

    def new_type(self, type_: FuncType) -> str:
        """The name of a function type that the module does not define."""
        if type_ not in self.new_types:
            id_ = self.new_types[type_] = unused("$called", self.type_ids)
            self.module.added_types[id_] = type_
        return self.new_types[type_]

    def call(self, word: str) -> tuple[FuncType, bool] | None:
        """The type of the function that a word names, and whether it can pause."""
        number = self.module.funcs.index(word)
        if number is None:
            return (((), ()), True) if word == self.ids.out_of_fuel else self.lookups.get(word)
        type_: FuncType = self.module.funcs.entities[number].type  # type: ignore[attr-defined]
        return type_, number in self.pausing.can_pause

    def can_pause(self, body: list[Token], position: int, indirect: Callable[[Dispatch], bool]) -> bool:
        """Whether the call at body[position], which is no tail call, can pause; `indirect` says so of a dispatch in its
        function."""
        code = self.codes[body[position]]
        if code.op == "call":
            found = self.call(code.word)
            return found is not None and found[1]
        return indirect(self.callees.dispatch(code, body, position))

    def instrumented(self, word: str) -> bool:
        """Whether the function that a word names restores its own parameters."""
        return self.module.funcs.index(word) in self.pausing.instrumented


class Scope:
    """The names of one function: its locals (parameters first, id and type each), and what its module has.

    `bits` has the locals by id and by number, as 1 << number; `indirect` says whether a call through a table or
    reference can pause here. `needs` collects what the function's text refers to.
    """

    __slots__ = ("bits", "func", "indirect", "instrumented", "locals", "needs", "program", "results", "taken")

    def __init__(
        self, func: Func, locals_: list[tuple[str | None, str]], program: Program, instrumented: bool = True
    ) -> None:
        self.func, self.locals, self.program, self.instrumented = func, locals_, program, instrumented
        self.needs = Needs()
        self.indirect = program.pausing.indirect(func.number)
        self.results = func.type[1]
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
        """The id of the function that does `save` or `restore` to values of these types."""
        self.needs.helpers.add((verb, *types))
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
