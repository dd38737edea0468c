"""What the added things are called, and which memory holds the frames: chosen before anything is written."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import WatError
from ..sexpr.nodes import unquote
from . import names
from .control import Control
from .module import Module
from .names import Taken, unused
from .options import Options


class Ids(NamedTuple):
    """The ids of what is added, each its first choice where the module does not use that."""

    prefixes: tuple[str, ...]  # of exported names: bysyncify, asyncify
    normal: str
    unwinding: str
    rewinding: str
    state: str  # one global instead of these three; "" if there is none
    data: str
    fuel: str
    limited: str  # whether anyone has set the fuel
    out_of_fuel: str
    pause: str  # the import that pause points call, "" for none
    peek: str
    address: str  # the type of an address in the memory that holds the frames
    memory: str  # that memory, as it is said in an instruction: "" for the first, else its name and a space
    frames: str  # its id, if it is one of their own
    save: dict[str, str]  # by value type
    restore: dict[str, str]
    tables: dict[str, str]  # by the type of the references in it
    last_slot: dict[str, str]  # the globals of each table: the slot that was taken last, how many are taken
    slot_count: dict[str, str]
    catching: str  # how many handlers are at work in which no pause begins
    error: str  # what the checks store (asserts.py), and the functions that make them
    error_function: str
    fail: str
    assert_normal: str
    assert_normal_i32: str
    assert_called: str
    assert_not_unwinding: str
    assert_frame: str
    assert_call: str
    observer: str  # the table of the function that control functions call, "" if there is none
    recorded: str  # the memory that has which functions were paused
    funcs: Taken  # all ids of functions: those that are made later keep clear of them

    @property
    def is_normal(self) -> str:
        """The text that asks whether the state is normal."""
        return f"(i32.eqz (global.get {self.state}))" if self.state else f"(global.get {self.normal})"

    @property
    def is_unwinding(self) -> str:
        """The text that asks whether the stack is unwound."""
        return self._is(self.unwinding, names.UNWINDING)

    @property
    def is_rewinding(self) -> str:
        """The text that asks whether the stack is rewound."""
        return self._is(self.rewinding, names.REWINDING)

    @property
    def has_paused(self) -> str:
        """The text that asks, behind a pausing call, whether it has paused: for nothing comes back while rewinding."""
        return f"(global.get {self.state or self.unwinding})"

    @property
    def is_resumed(self) -> str:
        """The text that asks, first in a function that can pause, whether it is resumed: for none is called while
        unwinding. At the head of a loop it asks so too: when that is repeated, the call has been made."""
        return f"(global.get {self.state or self.rewinding})"

    @property
    def pointer(self) -> str:
        """The text of the pointer to the data structure."""
        return f"(global.get {self.data})"

    def position(self, pointer: str = "") -> str:
        """The text that loads the stack's position; `pointer` is that of the pointer, if not the global's."""
        return f"({self.address}.load {self.memory}{pointer or self.pointer})"

    def end(self, pointer: str = "") -> str:
        """The text that loads where the stack ends, in the same way."""
        return f"({self.address}.load {self.memory}offset={names.SAVED_SIZES[self.address]} {pointer or self.pointer})"

    def _is(self, alone: str, state: int) -> str:
        return f"(i32.eq (global.get {self.state}) (i32.const {state}))" if self.state else f"(global.get {alone})"


def choose_ids(module: Module, control: Control, options: Options, shared: tuple[str, str] | None = None) -> Ids:
    """The ids for a module; `shared` are those of the state and the data if they are imported (sharedglobals.py).

    Raises `WatError` if the module is rewritten already, or does not have what the options name.
    """
    funcs, globals_ = Taken(module.funcs.names), Taken(module.globals.names)
    tables = Taken(module.tables.names)
    types = [*names.SAVED_SIZES, *names.SAVED_REFERENCES]
    address, memory, frames = _memory(module, options)
    state, data = shared or _state(options, globals_)
    return Ids(
        prefixes=prefixes(module, control, options),
        normal=unused("$normal", globals_),
        unwinding=unused("$unwinding", globals_),
        rewinding=unused("$rewinding", globals_),
        state=state,
        data=data,
        fuel=unused("$fuel", globals_),
        limited=unused("$limited", globals_),
        out_of_fuel=unused("$out_of_fuel", funcs),
        pause=_pause(module, options),
        peek=unused("$peek_i32", funcs),
        address=address,
        memory=memory,
        frames=frames,
        save={type_: unused(f"$save_{type_}", funcs) for type_ in types},
        restore={type_: unused(f"$restore_{type_}", funcs) for type_ in types},
        tables={type_: unused(f"${type_}s", tables) for type_ in names.SAVED_REFERENCES},
        last_slot={type_: unused(f"${type_}s_next", globals_) for type_ in names.SAVED_REFERENCES},
        slot_count={type_: unused(f"${type_}s_count", globals_) for type_ in names.SAVED_REFERENCES},
        catching=unused("$catching", globals_),
        error=unused("$error", globals_),
        error_function=unused("$error_function", globals_),
        fail=unused("$fail", funcs),
        assert_normal=unused("$assert_normal", funcs),
        assert_normal_i32=unused("$assert_normal_i32", funcs),
        assert_called=unused("$assert_called", funcs),
        assert_not_unwinding=unused("$assert_not_unwinding", funcs),
        assert_frame=unused("$assert_frame", funcs),
        assert_call=unused("$assert_call", funcs),
        observer=unused("$observer", tables) if options.trace else "",
        recorded=unused("$recorded", Taken(module.memories.names)),
        funcs=funcs,
    )


def prefixes(module: Module, control: Control, options: Options) -> tuple[str, ...]:
    """What exported names begin with. Raises `WatError` if the module has such exports already."""
    if options.names:
        chosen = list(names.CONTROL_MODULES) if options.names == "both" else [options.names]
    else:
        said = {function.module for function in control.functions}
        chosen = [name for name in names.CONTROL_MODULES if name in said] or ["bysyncify"]
    exports = {unquote(name): function.source for function in control.functions for name in function.exports}
    exports.update(module.exports)
    for prefix in chosen:
        for name in (*names.CONTROL_FUNCTIONS, *names.FUEL_FUNCTIONS, "memory"):
            node = exports.get(f"{prefix}_{name}")
            if node is not None:
                raise module.error(f'"{prefix}_{name}" is exported already: is this module rewritten?', node)
    return tuple(chosen)


def address_of(module: Module, options: Options) -> str:
    """The type of an address in the memory that holds the frames."""
    return _memory(module, options)[0]


def _state(options: Options, taken: Taken) -> tuple[str, str]:
    """New ones for `state` and `data`."""
    one = options.export_globals or (options.optimize and options.rewind == "jump")  # without guards, one is enough
    return unused("$state", taken) if one else "", unused("$data", taken)


def _memory(module: Module, options: Options) -> tuple[str, str, str]:
    """`address`, `memory` and `frames` of the memory that holds the frames."""
    memories = module.memories
    if options.own_memory is not None:
        id_ = unused("$frames", Taken(memories.names))
        return "i32", f"{id_} " if memories.entities else "", id_
    word = options.memory
    if word is None:
        return module.address_type("memory", ""), "", ""
    number = module.exported_as("memory", word)
    if number is None:
        number = memories.index(word)
    if number is None:
        number = memories.names.get(f"${word}")
    if number is None:
        raise WatError(f"no memory is exported as {word!r}, and none has that name")
    address = module.address_type("memory", str(number))
    return address, f"{memories.entities[number].id or number} " if number else "", ""


def _pause(module: Module, options: Options) -> str:
    wanted = options.pause_import
    if wanted is None:
        return ""
    for func in map(module.func, range(len(module.funcs.entities))):
        if func.imported and ".".join(func.imported) == wanted:
            if func.type != ((), ()):
                raise module.error("what pause points call has no parameters and no results", func.node)
            return func.id or str(func.number)
    raise WatError(f"{wanted!r} is not an import of a function")
