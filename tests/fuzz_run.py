"""Runs a module with the host of fuzz_host.py, in one of many ways; what it does then, to be compared.

What is compared is the trace (calls of imports with arguments, results of exports, traps, globals) and the memories
that the module exports.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import wasmtime
from forms import FORMS
from fuzz_host import (
    CONTROL,
    DATA,
    END,
    ENTRIES,
    FAILURES,
    HOST_MEMORY,
    OWN_MEMORY,
    driver_text,
    host_text,
)
from fuzz_yields import with_yields

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.script.interface import Interface, read_interface
from wat_bysyncify.script.traps import reason

FUEL = 40  # of a generated program, in its global "fuel"
# What the rewriter may refuse: what is not there yet, and a function whose result has a type without values.
REFUSALS = ("not supported", "unexpected keyword", "none can be made to return")
STEPS, MORE_STEPS = 30_000_000, 20_000_000_000  # of wasmtime: as it is, rewritten
FEATURES = (
    "wasm_wide_arithmetic", "wasm_custom_page_sizes", "wasm_memory64", "wasm_multi_memory", "wasm_exceptions",
    "wasm_function_references", "wasm_gc", "wasm_tail_call", "wasm_threads", "shared_memory", "wasm_relaxed_simd",
    "wasm_relaxed_simd_deterministic", "cranelift_nan_canonicalization", "consume_fuel",
)  # fmt: skip


class EndlessError(Exception):
    """A program does not end, or needs too much stack, or traps as it starts: nothing to compare."""


class ProtocolError(Exception):
    """Rewritten code does not keep to the protocol."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a rewritten program.

    `every`: paused at every n-th call of an import that may, 0 never; `times`: so often at once. `fuel`: given to
    `set_fuel` before each call, and after each pause. `share`: only one import of so many may pause. `hot`: one
    function of so many is hot, as a profile says; 0 for no profile. `yields`: the program pauses itself, where it calls
    imports (fuzz_yields.py). With the option `closed_world`, a program that is
    open to the host's functions is rewritten without it.
    """

    name: str
    every: int = 0
    times: int = 1
    fuel: int = -1
    share: int = 1
    hot: int = 0
    yields: bool = False
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What went wrong: the way, a word for the kind of failure, and more."""

    way: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.way}: {self.kind}: {self.detail}"


OWN = (("own_memory", 4),)
POINTS = (*OWN, ("pause_at", "entries,loops"))
ALL = (("add_list", "*"),)
ASSERTS = (("asserts", True),)
CLOSED = (*ASSERTS, ("closed_world", True))
JUMP, SMALL, FAST, TWINS = (tuple(FORMS[form].items()) for form in ("jump", "-Os", "-O", "twins"))
WAYS = (
    Way("never paused"),
    Way("every call", 1),
    Way("every 2nd call", 2),
    Way("every 3rd call", 3),
    Way("twice each", 1, 2),
    Way("some imports", 1, share=2),
    Way("add list", 1, options=ALL),
    Way("add list, some imports", 2, share=2, options=ALL),
    Way("every 3rd import, asserts", 1, share=3, options=ASSERTS),
    Way("every 2nd import, closed world, asserts", 1, share=2, options=CLOSED),
    Way("-O, every 2nd import, asserts", 1, share=2, options=FAST + ASSERTS),
    Way("-Os, every 5th import, closed world, asserts", 1, share=5, options=SMALL + CLOSED),
    Way("-O, every 2nd import", 1, share=2, options=FAST),
    Way("twins, every 3rd import", 2, share=3, options=TWINS),
    Way("yields", yields=True),
    Way("-Os, yields", yields=True, options=SMALL),
    Way("-O, yields", yields=True, options=FAST),
    Way("own memory", 1, options=OWN),
    Way("points, never paused", options=POINTS),
    Way("points, fuel 0", fuel=0, options=POINTS),
    Way("points, fuel 1", fuel=1, options=POINTS),
    Way("points, fuel 2", fuel=2, options=POINTS),
    Way("points, fuel 6, every 3rd call", 3, fuel=6, options=POINTS),
    Way("points, fuel 0, every call", 1, fuel=0, options=POINTS),
    Way("points, add list, fuel 1", fuel=1, options=POINTS + ALL),
    Way("jump, never paused", options=JUMP),
    Way("jump, every call", 1, options=JUMP),
    Way("jump, every 3rd call", 3, options=JUMP),
    Way("jump, add list, some imports", 1, share=2, options=JUMP + ALL),
    Way("jump, points, fuel 0", fuel=0, options=JUMP + POINTS),
    Way("jump, points, fuel 1, every 2nd call", 2, fuel=1, options=JUMP + POINTS),
    Way("-Os, every call", 1, options=SMALL),
    Way("-Os, add list, some imports", 1, share=2, options=SMALL + ALL),
    Way("-Os, every 2nd import, points, fuel 1", 1, fuel=1, share=2, options=SMALL + POINTS),
    Way("-Os, twins, every 3rd import", 1, share=3, options=(*SMALL, ("twins", "*"))),
    Way("-O, every call", 1, options=FAST),
    Way("-O, points, fuel 1, every 2nd call", 2, fuel=1, options=FAST + POINTS),
    Way("twins, never paused", options=TWINS),
    Way("twins, every call", 1, options=TWINS),
    Way("twins, every 3rd call", 3, options=TWINS),
    Way("profile, every call", 1, hot=2, options=FAST),
    Way("profile, points, fuel 1, every 2nd call", 2, hot=3, fuel=1, options=FAST + POINTS),
    Way("twins, points, fuel 0", fuel=0, options=TWINS + POINTS),
    Way("twins, add list, points, fuel 1, every 2nd call", 2, fuel=1, options=TWINS + ALL + POINTS),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    trace: bytes
    traps: tuple[str, ...]
    memories: tuple[str, ...]
    pauses: int

    def lines(self) -> list[str]:
        """The trace, readable."""
        found, call = [], 0
        for at in range(0, len(self.trace), 9):
            what = ENTRIES[self.trace[at]] if self.trace[at] < len(ENTRIES) else "?"
            value = int.from_bytes(self.trace[at + 1 : at + 9], "little", signed=True)
            if what == "export":
                if call and self.traps[call - 1]:
                    found.append(self.traps[call - 1])
                call += 1
            found.append(f"{what} {value}")
        return [*found, *self.traps[max(call - 1, 0) :], *self.memories]


@cache
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    for feature in FEATURES:
        setattr(config, feature, True)
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    return wasmtime.Engine(config)


@cache
def _memory_module(text: str) -> wasmtime.Module:
    return wasmtime.Module(engine(), text)


def to_wasm(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


@dataclass
class Runner:
    """A program with its host and its driver, to be run as it is and rewritten."""

    text: str
    seed: int
    interface: Interface = field(init=False)
    ran: int = 0  # ways
    paused: int = 0  # ways in which it did pause
    pauses: int = 0
    missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Raises `wasmtime.WasmtimeError` or `UnknownError` if it cannot be run at all."""
        wasm = to_wasm(self.text)
        self.original = wasmtime.Module(engine(), wasm)
        self.interface = read_interface(wasm)
        self.host = wasmtime.Module(engine(), host_text(self.interface))
        driver, self.calls = driver_text(self.interface, self.seed, FUEL)
        self.driver = wasmtime.Module(engine(), driver)
        self.open = is_open(self.interface)
        self.rewritten: dict[Any, wasmtime.Module | Difference] = {}

    def run(self, module: wasmtime.Module, way: Way | None) -> Outcome:
        """Raises `EndlessError`, `ProtocolError`, or what wasmtime raises where the module does not link."""
        store = wasmtime.Store(engine())
        store.set_fuel(MORE_STEPS if way else STEPS)
        host = wasmtime.Instance(store, self.host, []).exports(store)
        imports = [host[f"{import_.module}.{import_.name}"] for import_ in self.interface.imports]
        try:
            exports = wasmtime.Instance(store, module, imports).exports(store)
        except wasmtime.Trap as trap:
            raise EndlessError(reason(trap)) from None
        if way:
            _connect(store, host, exports, way)
        imports = []
        for import_ in self.driver.imports:
            found = exports if import_.module == "m" else host
            assert import_.name is not None
            imports.append(found[import_.name])
        driver = wasmtime.Instance(store, self.driver, imports).exports(store)
        traps = []
        for name in self.calls:
            traps.append(_call(store, driver, host, name))
        _call(store, driver, host, "globals")
        at = host["at"].value(store)
        trace = bytes(host["trace"].read(store, 0, at))
        return Outcome(trace, tuple(traps), tuple(self.memories(store, exports)), host["pauses"].value(store))

    def memories(self, store: wasmtime.Store, exports: Any) -> list[str]:
        """What the memories hold, but for the frames."""
        found = []
        for name, (kind, _) in self.interface.exports.items():
            memory = exports.get(name)
            if kind == "memory" and isinstance(memory, wasmtime.Memory):
                content = memory.read(store)
                content[DATA:END] = b""
                found.append(f"memory {name}: {hashlib.sha256(content).hexdigest()}")
        return found

    def expected(self) -> Outcome:
        """What the program does as it is. Raises `EndlessError`."""
        return self.run(self.original, None)

    def module(self, way: Way) -> wasmtime.Module | Difference:
        """The program rewritten as the way wants it; each text once."""
        options = dict(way.options)
        if way.share > 1:
            names = [f"{each.module}.{each.name}" for each in self.interface.imports if each.kind == "func"]
            options["imports"] = names[:: way.share]
        if way.hot:
            imported = sum(each.kind == "func" for each in self.interface.imports)
            options["profile"] = {
                f"wasm-function[{number}]": 1 for number in range(imported, len(self.interface.spaces["func"]), way.hot)
            }
        if self.open:
            options.pop("closed_world", None)
        key = (way.options, way.share, way.hot, way.yields)
        if key not in self.rewritten:
            self.rewritten[key] = self.compiled(way, options)
        return self.rewritten[key]

    def compiled(self, way: Way, options: dict[str, Any]) -> wasmtime.Module | Difference:
        try:
            output = rewrite(with_yields(self.text, self.interface) if way.yields else self.text, **options)
        except WatError as error:
            return Difference(way.name, "refused", error.message)
        except Exception as error:
            kind = "refused" if "unexpected keyword" in str(error) else "crash"
            return Difference(way.name, kind, f"{type(error).__name__}: {error}")
        if "own_memory" in options and "bysyncify_memory" not in output and "bysyncify_get_state" in output:
            return Difference(way.name, "refused", "own_memory is not supported")
        try:
            return wasmtime.Module(engine(), to_wasm(output))
        except wasmtime.WasmtimeError as error:
            return Difference(way.name, "invalid output", reason(error))

    def difference(self, ways: tuple[Way, ...]) -> Difference | None:
        """How the program, rewritten, differs from itself in one of the ways. Raises `EndlessError`."""
        expected = self.expected()
        for way in ways:
            found = self.differs(way, expected)
            if found and found.kind == "refused" and any(words in found.detail for words in REFUSALS):
                self.missing.add(found.detail)
            elif found:
                return found
        return None

    def differs(self, way: Way, expected: Outcome) -> Difference | None:
        module = self.module(way)
        if isinstance(module, Difference):
            return Difference(way.name, module.kind, module.detail)
        try:
            outcome = self.run(module, way)
        except ProtocolError as error:
            return Difference(way.name, "protocol", str(error))
        except EndlessError as error:
            return Difference(way.name, "endless", str(error))
        except wasmtime.WasmtimeError as error:
            return Difference(way.name, "error", reason(error))
        self.ran += 1
        self.paused += outcome.pauses > 0
        self.pauses += outcome.pauses
        if (outcome.trace, outcome.traps, outcome.memories) == (expected.trace, expected.traps, expected.memories):
            return None
        before = ""
        for mine, right in zip([*outcome.lines(), "(end)"], [*expected.lines(), "(end)"], strict=False):
            if mine != right:
                return Difference(way.name, "other behaviour", f"{mine!r} instead of {right!r}, behind {before!r}")
            before = right
        return Difference(way.name, "other behaviour", "of another length")


def is_open(interface: Interface) -> bool:
    """Whether the host could put functions into tables, or hand in references to any, be it inside of others."""
    if any(kind == "table" for kind, _ in interface.exports.values()):
        return True
    handed: list[str] = []
    for each in interface.imports:
        if each.kind == "func" and isinstance(each.type, int):
            handed += interface.funcs[each.type].results
        elif each.kind != "func":
            return True
    for kind, type_ in interface.exports.values():
        if kind == "func" and isinstance(type_, int):
            handed += interface.funcs[type_].params
        elif kind == "global":
            handed.append(str(type_))
    return any("ref" in type_ and "extern" not in type_ and "i31" not in type_ for type_ in handed)


def _call(store: wasmtime.Store, driver: Any, host: Any, name: str) -> str:
    """Calls a function of the driver; how it traps, or nothing."""
    try:
        driver[name](store)
    except wasmtime.Trap as trap:
        code = trap.trap_code
        if host["failed"].value(store):
            raise ProtocolError(FAILURES[host["failed"].value(store)]) from None
        if code in (wasmtime.TrapCode.STACK_OVERFLOW, wasmtime.TrapCode.OUT_OF_FUEL) or code is None:
            raise EndlessError(reason(trap)) from None
        state = host["state"](store)
        if state:
            raise ProtocolError(f"trap in state {state}: {reason(trap)}") from None
        return code.name
    state = host["state"](store)
    if state:
        raise ProtocolError(f"state {state} after a call")
    return ""


def _connect(store: wasmtime.Store, host: Any, exports: Any, way: Way) -> None:
    """Lets the host control a rewritten module, the way it is to be paused."""
    if exports.get("bysyncify_get_state") is None:
        return
    is_own = "own_memory" in dict(way.options)
    functions = [exports.get(f"bysyncify_{name}") for name in CONTROL]
    if way.every or way.fuel >= 0 or way.yields:
        memory = exports["bysyncify_memory" if is_own else "memory"]
        text = OWN_MEMORY if is_own else HOST_MEMORY
        reach = wasmtime.Instance(store, _memory_module(text), [memory]).exports(store)
        functions += [reach["position"], reach["prepare"]]
    for number, function in enumerate(functions):
        if function is not None:
            host["control"].set(store, number, function)
    values = {"rewritten": 1, "data": 0 if is_own else DATA, "every": way.every, "times": way.times, "fuel": way.fuel}
    if way.share > 1:
        values["may"] = sum(1 << number for number in range(0, 63, way.share))
    for name, value in values.items():
        host[name].set_value(store, value)
    if functions[5] is None:  # nothing pauses by fuel
        host["fuel"].set_value(store, -1)


def difference(text: str, seed: int, ways: tuple[Way, ...] = WAYS) -> Difference | None:
    """How a program, rewritten, differs from itself. Raises `EndlessError`, and what a wrong text raises."""
    return Runner(text, seed).difference(ways)
