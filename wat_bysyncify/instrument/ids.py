"""What the added things are called, and which memory holds the frames: chosen before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import WatError
from ..sexpr.nodes import unquote
from . import names
from .control import Control
from .module import Module
from .names import Taken, unused
from .options import Options


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of what is added, each its first choice where the module does not use that."""

    prefixes: tuple[str, ...]  # of exported names: bysyncify, asyncify
    normal: str
    unwinding: str
    rewinding: str
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
    next: dict[str, str]  # the globals of each table: the slot that was taken last, how many are taken
    count: dict[str, str]
    funcs: Taken  # all ids of functions: those that are made later keep clear of them


def choose_ids(module: Module, control: Control, options: Options) -> Ids:
    """The ids for a module. Raises `WatError` if it is rewritten already, or does not have what the options name."""
    funcs, globals_ = Taken(module.funcs.names), Taken(module.globals.names)
    tables = Taken(module.tables.names)
    types = [*names.SAVED_SIZES, *names.SAVED_REFERENCES]
    address, memory, frames = _memory(module, options)
    return Ids(
        _prefixes(module, control, options),
        unused("$normal", globals_),
        unused("$unwinding", globals_),
        unused("$rewinding", globals_),
        unused("$data", globals_),
        unused("$fuel", globals_),
        unused("$limited", globals_),
        unused("$out_of_fuel", funcs),
        _pause(module, options),
        unused("$peek_i32", funcs),
        address,
        memory,
        frames,
        {type_: unused(f"$save_{type_}", funcs) for type_ in types},
        {type_: unused(f"$restore_{type_}", funcs) for type_ in types},
        {type_: unused(f"${type_}s", tables) for type_ in names.SAVED_REFERENCES},
        {type_: unused(f"${type_}s_next", globals_) for type_ in names.SAVED_REFERENCES},
        {type_: unused(f"${type_}s_count", globals_) for type_ in names.SAVED_REFERENCES},
        funcs,
    )


def _prefixes(module: Module, control: Control, options: Options) -> tuple[str, ...]:
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
