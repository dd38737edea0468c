"""Text or bytes -> a module that is compiled, can be paused if it says so, and lets its host reach what it must."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import wasmtime

from ..errors import WatError
from ..instrument import Options, rewrite_text
from ..instrument.names import CONTROL_FUNCTIONS, CONTROL_MODULES, is_control
from ..instrument.places import Places
from ..instrument.program import Program
from ..instrument.rewrite import read_program
from ..script.instance import engine, to_wasm
from ..script.interface import FuncType, Interface, Reader, read_interface
from ..script.names import read_names
from ..script.traps import reason
from .binary import Segment, passive_segments
from .opened import opened

STACK = 16  # pages for frames, where the module does not say how many

# What the code that LLVM makes does to the stack pointer of its C program: takes from a global, keeps that, writes it.
_STACK_POINTER = re.compile(
    rb"\x23(?P<pointer>[\x80-\xff]*[\0-\x7f])\x41(?P<size>[\x80-\xff]*[\0-\x7f])\x6b"
    rb"(?:\x22[\x80-\xff]*[\0-\x7f]|\x21(?P<local>[\x80-\xff]*[\0-\x7f])\x20(?P=local))\x24(?P=pointer)"
)


_DRIVES_ITSELF = re.compile(r'\(\s*import\s+"(?:bysyncify|asyncify)"')


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module; `Module.of` makes one, for any number of instances."""

    wasm: bytes
    compiled: wasmtime.Module
    interface: Interface
    prefix: str | None  # of the control functions: bysyncify, asyncify; None: it cannot be paused
    start: str | None  # the export that is its start function
    snapshots: bool
    names: dict[tuple[str, int], str]  # of exports, by kind and index
    called: dict[tuple[str, int], str]  # what its author calls things
    segments: dict[Segment, tuple[str, str]]  # opened.py
    passive: list[Segment]
    hidden: frozenset[str]
    stack_pointer: str | None  # the export that is the stack pointer of a C program
    digest: bytes
    steady: frozenset[str]  # the imports that do not pause, as its options say: module.base
    source: tuple[str, Options] | None = field(repr=False)  # the text that it was rewritten from

    @classmethod
    def of(cls, source: str | bytes | Module, *, snapshots: bool = False, **options: Any) -> Module:
        """A module from text, which is rewritten with these options (`wat_bysyncify.Options`) unless it exports the
        control functions already, or from a binary, which is taken as it is. The frames get a memory of their own
        unless `memory` or `own_memory` say otherwise, or the module imports control functions.

        `snapshots`: whatever the module has is exported under names that it does not use, so that an instance can be
        saved and restored. A `Module` comes back as it is.

        Raises `WatError` for text that is wrong, `ValueError` and `TypeError` for what are not options or not their
        values, `wasmtime.WasmtimeError` for a binary that is not valid.
        """
        if isinstance(source, Module):
            if options or (snapshots and not source.snapshots):
                raise TypeError("the options of a Module are given to Module.of")
            return source
        text, steady = None, frozenset[str]()
        if isinstance(source, str):
            given = _options(source, options)
            try:
                pieces = rewrite_text(source, given)
            except WatError as error:
                if "is exported already" not in error.message:
                    raise
                wasm = _assembled(source)
            else:
                for warning in pieces.warnings:
                    warnings.warn(warning, stacklevel=2)
                wasm = _assembled("".join(pieces.pieces))
                text, steady = (source, given), _steady(pieces.program)
        else:
            if options:
                raise TypeError(f"a binary is not rewritten: {min(options)!r} is for text")
            wasm = bytes(source)
            wasmtime.Module.validate(engine(), wasm)
        return cls._opened(wasm, snapshots, text, steady)

    @classmethod
    def _opened(
        cls, wasm: bytes, snapshots: bool, source: tuple[str, Options] | None, steady: frozenset[str]
    ) -> Module:
        interface = read_interface(wasm)
        exports = interface.exports
        has = (name for name in CONTROL_MODULES if all(f"{name}_{each}" in exports for each in CONTROL_FUNCTIONS))
        prefix = next(has, None)
        called = read_names(wasm)
        names = {where: name for name, where in interface.indices.items()}
        start, hidden, segments = None, frozenset[str](), {}
        pointer = _stack_pointer(wasm, interface, called)
        if prefix or snapshots:
            wanted = [("memory", 0)] if interface.spaces["memory"] else []
            if pointer is not None:
                wanted.append(("global", pointer))
            if snapshots:
                wanted = [
                    (kind, index)
                    for kind in ("memory", "table", "global", "func")
                    for index in range(len(interface.spaces[kind]))
                ]
            new = opened(wasm, interface, wanted, snapshots)
            wasm, names, start, segments, hidden = new.wasm, new.names, new.start, new.segments, new.hidden
        return cls(
            wasm, wasmtime.Module(engine(), wasm), interface, prefix, start, snapshots, names, called, segments,
            passive_segments(wasm) if snapshots else [], hidden,
            names.get(("global", pointer)) if pointer is not None else None,
            hashlib.sha256(wasm).digest(), steady, source,
        )  # fmt: skip

    def type_of(self, name: str) -> FuncType | None:
        """The type of an exported function; None if there is none of that name."""
        if name == self.start and name in self.hidden:
            return FuncType((), (), True)
        kind, type_ = self.interface.exports.get(name, ("", 0))
        return self.interface.funcs[type_] if kind == "func" and isinstance(type_, int) else None

    def name_of(self, kind: str, index: int) -> str:
        """What a thing is called: its id, its export, or its index, as `$counter` or `global 3`."""
        name = self.called.get((kind, index))
        if name:
            return f"${name}"
        exported = self.names.get((kind, index))
        return f'{kind} "{exported}"' if exported and exported not in self.hidden else f"{kind} {index}"

    def line_of(self, func: int) -> int | None:
        """The line, from 1, of a function in the text that the module was rewritten from; None if that is not known."""
        if self.source is None or func < 0:
            return None
        text, options = self.source
        program = read_program(text, options)
        if func >= len(program.module.funcs.entities):
            return None
        entity = program.module.func(func)
        places = Places(text, program.module)
        return places.line(entity) if places.has(entity) else None


def _options(text: str, given: dict[str, Any]) -> Options:
    """With a memory for the frames, unless it is said where they go, or the program drives itself, and knows where."""
    if isinstance(given.get("imports"), Mapping):
        raise TypeError("imports are given without their name: imports= is the option, those that may pause")
    keep = any(given.get(name) is not None for name in ("own_memory", "memory")) or _DRIVES_ITSELF.search(text)
    return Options.of(**(given if keep else {**given, "own_memory": STACK}))


def _steady(program: Program) -> frozenset[str]:
    """The imports that may not pause; none where functions were added of which any indirect call may."""
    pausing = program.pausing
    funcs = map(program.module.func, range(len(program.module.funcs.entities)))
    imported = {func.number: func.imported for func in funcs if func.imported}
    if pausing.added:
        return frozenset()
    return frozenset(".".join(name) for number, name in imported.items() if number not in pausing.can_pause)


def _assembled(text: str) -> bytes:
    try:
        return to_wasm(text.encode())
    except wasmtime.WasmtimeError as error:
        raise WatError(reason(error)) from None


def _stack_pointer(wasm: bytes, interface: Interface, called: dict[tuple[str, int], str]) -> int | None:
    """The global that is the stack pointer of a C program, by its name or by what is done with it."""
    types = interface.spaces["global"]
    for index, type_ in enumerate(types):
        if type_ in ("(mut i32)", "(mut i64)") and (
            called.get(("global", index)) == "__stack_pointer"
            or interface.indices.get("__stack_pointer") == ("global", index)
        ):
            return index
    for found in _STACK_POINTER.finditer(wasm):
        index = Reader(found["pointer"], 0).number()
        aligned = Reader(found["size"], 0).number() % 16 == 0  # the low bits are those of the signed number
        if aligned and index < len(types) and types[index] == "(mut i32)":
            return index
    return None


def drives_itself(interface: Interface) -> bool:
    """Whether a module still imports control functions: it is text that was assembled, but not rewritten."""
    return any(is_control((item.module, item.name)) for item in interface.imports)
