"""What the functions of a module have in common (`Program`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from itertools import groupby

from ..sexpr.nodes import Token
from .callgraph import Dispatch
from .control import Control
from .helpers import Helper
from .ids import Ids
from .lists import Called
from .module import Func, FuncType, Module
from .names import Taken, unused
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
    share of the time, None without a profile (hot.py). The next stages add `tails` (tailcalls.py), `twinned`, the
    functions that are to be written twice (twins.py), and `telling`, those that tell that they have paused
    (telling.py).

    Functions change nothing here, but that what is asked for first gets its name then, and is added to the module
    later: `helpers` are the ids of the functions that save and restore (helpers.py), `new_types` those of types,
    `settled_calls` those of functions that look into tables (tablecalls.py), `catching_calls` those of functions that
    are called in handlers (catching.py); `unnumbered` has the types of such functions, by their ids; `placeholders` has
    functions of its own.
    """

    __slots__ = (
        "annotated", "called", "callees", "catching_calls", "codes", "control", "defined", "helpers", "hot", "ids",
        "mapped", "module", "new_types", "newline", "notes", "old", "options", "pausing", "placeholders",
        "settled_calls", "tails", "telling", "text", "twinned", "type_ids", "type_uses", "unnumbered",
    )  # fmt: skip

    def __init__(
        self,
        module: Module,
        control: Control,
        pausing: Pausing,
        text: str,
        called: Called,
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
        self.helpers: dict[Helper, str] = {}
        self.twinned: Set[int] = set()
        self.telling: Set[int] = set()
        self.catching_calls: dict[str, str] = {}  # by what is called
        self.new_types: dict[FuncType, str] = {}
        self.settled_calls: dict[tuple[int, str], str] = {}  # by table and type
        # Of functions that are added and have no number yet: those that look into tables or catch, and the checks.
        self.unnumbered: dict[str, FuncType] = {
            ids.assert_normal: (("i32",), ()),
            ids.assert_called: (("i32",), ()),
            ids.assert_normal_i32: (("i32",), ("i32",)),
        }

    def helper(self, verb: str, *types: str) -> str:
        """The id of a function that saves or restores (helpers.py)."""
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

    def few_pause(self, number: int) -> bool:
        """Whether so few functions can pause, and jump then, that a function may be longer for that (policy.py):
        `Policy.inline_frames` or fewer are instrumented."""
        few = len(self.pausing.instrumented) <= self.policy(number).inline_frames
        return few and self.options.rewind == "jump"

    def position_type(self, number: int) -> str:
        """The type in which a function that unwinds returns the stack's position, "" if it does not. Who called it has
        the place of its own frame from that, and need not wait for what was just stored: where many frames are saved,
        one after the other, that is what takes time. None does where functions tail-call: what returns may be an import
        then."""
        if number not in self.pausing.instrumented or self.tails.targets or not self.few_pause(number):
            return ""
        results = self.module.func(number).type[1]
        return results[0] if results in (("i64",), (self.ids.address,)) else ""

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
            if word == self.ids.out_of_fuel:
                return ((), ()), True
            added = self.unnumbered.get(word)
            return added and (added, False)
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

    def tells(self, word: str) -> bool:
        """Whether the function that a word names tells that it has paused."""
        return self.module.funcs.index(word) in self.telling

    def instrumented(self, word: str) -> bool:
        """Whether the function that a word names may have a frame, and restores its own parameters."""
        return self.module.funcs.index(word) in self.pausing.instrumented
