"""Random programs, rewritten, paused and resumed, against the same programs as they are: `python tests/fuzz.py --help`.

A program's functions are called one after the other. What they return or how they trap, what they print, and memory
and globals at the end are the same in all the ways to run it (`WAYS`). A program that fails is made smaller: lists and
instructions are left out as long as the text is valid and fails in the same way.

The programs are from generate.py; with `--ttf` so many more are made by `wasm-opt -ttf` of random bytes, printed by
`wasm2wat`, flat and folded, and never paused, for they know nothing of a host.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import wasmtime

sys.path.insert(0, str(Path(__file__).parent))

from generate import MEMORY_END, Type, generate
from pausing import Numbered, Pausing, PausingError

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.script.instance import Instance, Module, compile_module, to_wasm
from wat_bysyncify.script.interface import read_interface
from wat_bysyncify.script.run import Script
from wat_bysyncify.script.traps import reason
from wat_bysyncify.script.values import Value, number

ARGUMENTS = {
    "i32": ["0", "1", "-1", "7", "0x80000000", "1000"],
    "i64": ["0", "1", "-1", "0x123456789abcdef"],
    "f32": ["0", "1.5", "-2", "1e6"],
    "f64": ["0", "2.5", "-1", "1e10"],
    "v128": ["i32x4 1 2 3 4", "i32x4 -1 0 -1 0"],
}


class EndlessError(Exception):
    """A program, made smaller, that does not end: nothing to compare."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run a rewritten program: with which options, paused when. `some`: only some imports may pause."""

    name: str
    every: int = 0  # 0: never
    times: int = 1
    some: bool = False
    options: dict[str, Any] = field(default_factory=dict)


WAYS = (
    Way("never paused"),
    Way("every call", 1),
    Way("every 2nd call", 2),
    Way("every 3rd call", 3),
    Way("twice each", 1, 2),
    Way("some imports", 1, some=True),
    Way("add list", 1, options={"add_list": "*"}),
    Way("add list, some imports", 2, some=True, options={"add_list": "*"}),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What went wrong: the way, a word for the kind of failure, and more."""

    way: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.way}: {self.kind}: {self.detail}"


def outcome(module: Module, exports: list[tuple[str, Type]], seed: int, host: Numbered, lines: list[str]) -> list[str]:
    """What calling all exports comes to: results or traps and prints in order, then memory and globals."""
    script = Script("", host=host)
    instance = script.instantiate(module)
    pick = random.Random(seed)
    for name, (params, _) in exports:
        for _ in range(2):
            arguments = [number(type_, pick.choice(ARGUMENTS[type_]).split()) for type_ in params]
            refuel(instance, script.store)
            try:
                results = instance.invoke(name, arguments)
            except wasmtime.Trap as trap:
                if trap.trap_code == wasmtime.TrapCode.STACK_OVERFLOW:
                    raise EndlessError from None
                lines.append(f"{name}: {reason(trap)}")
            else:
                lines.append(f"{name}: {' '.join(map(shown, results))}")
    memory = instance.externs.get("memory")
    if isinstance(memory, wasmtime.Memory):
        end = min(MEMORY_END, memory.data_len(script.store))
        lines.append(f"memory: {hashlib.sha256(memory.read(script.store, 0, end)).hexdigest()}")
    for name, (kind, _) in sorted(instance.interface.exports.items()):
        if kind == "global":
            lines.append(f"{name}: {shown(instance.read(name))}")
    return lines


def refuel(instance: Instance, store: wasmtime.Store) -> None:
    fuel = instance.externs.get("fuel")
    if isinstance(fuel, wasmtime.Global):
        fuel.set_value(store, 40)


def shown(value: Value) -> str:
    """A value as text; the bits of a NaN are not the same each time."""
    text = str(value)
    return text.replace("-nan", "nan").partition(":")[0] + ")" if "nan" in text else text


def compiled(text: str) -> Module:
    return compile_module(to_wasm(text.encode()))


def some_imports(imports: list[str]) -> list[str]:
    return [f"spectest.{name}" for name in imports[::2]]


def difference(
    text: str, exports: list[tuple[str, Type]], imports: list[str], seed: int, ways: tuple[Way, ...] = WAYS
) -> Difference | None:
    """How a program, rewritten, differs from itself; None if it does not. Raises what the original text raises."""
    expected: list[str] = []
    outcome(compiled(text), exports, seed, Numbered(expected.append), expected)
    for way in ways:
        options = dict(way.options)
        if way.some:
            options["imports"] = some_imports(imports)
        found = differs_in(text, exports, seed, way, options, expected)
        if found:
            return found
    return None


def differs_in(
    text: str,
    exports: list[tuple[str, Type]],
    seed: int,
    way: Way,
    options: dict[str, Any],
    expected: list[str],
    host_class: type[Numbered] = Numbered,
) -> Difference | None:
    try:
        output = rewrite(text, **options)
    except WatError as error:
        return Difference(way.name, "refused", error.message)
    except Exception as error:
        return Difference(way.name, "crash", f"{type(error).__name__}: {error}")
    try:
        module = compiled(output)
    except wasmtime.WasmtimeError as error:
        return Difference(way.name, "invalid output", reason(error))
    lines: list[str] = []
    host = host_class(lines.append)
    if way.every:
        host = Pausing(lines.append, way.every, way.times)
        if way.some:
            allowed = options["imports"]
            host.may_pause = lambda name: name in allowed
    try:
        outcome(module, exports, seed, host, lines)
    except PausingError as error:
        return Difference(way.name, "protocol", str(error))
    except EndlessError:
        return Difference(way.name, "call stack exhausted", "in rewritten code only")
    except wasmtime.WasmtimeError as error:
        return Difference(way.name, "error", reason(error))
    if not any(line.startswith("memory: ") for line in expected):  # the rewriter adds one and exports it
        lines = [line for line in lines if not line.startswith("memory: ")]
    for mine, right in zip([*lines, "(end)"], [*expected, "(end)"], strict=False):
        if mine != right:
            return Difference(way.name, "other behaviour", f"{mine!r} instead of {right!r}")
    return None


# Reduction


def reduced(text: str, fails: Callable[[str], bool], seconds: float = 60) -> str:
    """The text with as many of its lists and words left out as `fails` allows; a list may become a constant."""
    end = time.monotonic() + seconds
    before = ""
    while before != text:
        before = text
        for strategy in (without_list, with_constant, with_inner, without_words):
            at = 0
            while time.monotonic() < end:
                candidate = strategy(text, at)
                if candidate is None:
                    break
                if len(candidate) < len(text) and fails(candidate):
                    text = candidate
                else:
                    at += 1
    return text


def without_list(text: str, at: int) -> str | None:
    """A list left out, the largest first."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    if at >= len(spans):
        return None
    start, end = spans[at]
    return text[:start] + text[end:]


CONSTANTS = ("(i32.const 0)", "(i64.const 0)", "(f32.const 0)", "(f64.const 0)", "(v128.const i64x2 0 0)", "nop")


def with_constant(text: str, at: int) -> str | None:
    """A list as a constant, the largest first."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    number_, which = divmod(at, len(CONSTANTS))
    if number_ >= len(spans):
        return None
    start, end = spans[number_]
    return text[:start] + CONSTANTS[which] + text[end:]


def with_inner(text: str, at: int) -> str | None:
    """A list as one in it."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    pairs = [(outer, inner) for outer in spans for inner in spans if outer[0] < inner[0] and inner[1] < outer[1]]
    if at >= len(pairs):
        return None
    (start, end), (first, last) = pairs[at]
    return text[:start] + text[first:last] + text[end:]


def without_words(text: str, at: int) -> str | None:
    """A few words in a row left out."""
    words = text.split()
    position, which = divmod(at, 5)
    if position >= len(words):
        return None
    return " ".join(words[:position] + words[position + 5 - which :])


def lists(text: str) -> list[tuple[int, int]]:
    """Where lists begin and end; there are no parentheses in comments once `without_comments` is through."""
    found, stack = [], []
    for position, char in enumerate(text):
        if char == "(":
            stack.append(position)
        elif char == ")" and stack:
            found.append((stack.pop(), position + 1))
    return found


def without_comments(text: str) -> str:
    lines = [line.partition(";;")[0].rstrip() for line in text.replace("(; one ;)", "").replace("(;;)", "").split("\n")]
    return "\n".join(line for line in lines if line)


def signatures(text: str) -> list[tuple[str, Type]]:
    """The functions that a text exports."""
    interface = read_interface(to_wasm(text.encode()))
    found = []
    for name, (kind, index) in interface.exports.items():
        if kind == "func" and isinstance(index, int):
            found.append((name, (interface.funcs[index].params, interface.funcs[index].results)))
    return found


def answers(connection: Any, imports: list[str], seed: int, found: Difference) -> None:
    """Receives texts; sends whether each differs in the same way."""
    ways = tuple(way for way in WAYS if way.name == found.way)
    while True:
        text = connection.recv()
        try:
            again = difference(text, signatures(text), imports, seed, ways)
        except Exception:  # not valid
            again = None
        same = again is not None and again.kind == found.kind
        if again is not None and found.kind in ("crash", "refused"):
            same = same and again.detail[:30] == found.detail[:30]
        connection.send(same)


class Asking:
    """Whether a text differs in the same way, asked of another process: not every text ends."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.start()

    def start(self) -> None:
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=answers, args=(other, *self.arguments), daemon=True)
        self.process.start()

    def __call__(self, text: str) -> bool:
        self.connection.send(text)
        if self.connection.poll(10):
            return bool(self.connection.recv())
        self.process.kill()
        self.start()
        return False


def reduce_difference(text: str, imports: list[str], seed: int, found: Difference, seconds: float = 60) -> str:
    """A smaller text that differs in the same way."""
    fails = Asking(imports, seed, found)
    clean = without_comments(text)
    smaller = reduced(clean if fails(clean) else text, fails, seconds)
    fails.process.kill()
    return smaller


# The command


def generated_failure(seed: int) -> tuple[int, str, list[str], Difference] | None:
    program = generate(seed, 12 + seed % 5 * 10)
    try:
        found = difference(program.text, program.exports, program.imports, seed)
    except EndlessError:
        return None
    except wasmtime.WasmtimeError as error:  # generate.py is wrong
        found = Difference("as it is", "cannot run", reason(error))
    return (seed, program.text, program.imports, found) if found else None


def tool(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


TTF = (
    "--mvp-features", "--enable-mutable-globals", "--enable-nontrapping-float-to-int", "--enable-sign-ext",
    "--enable-multivalue", "--enable-bulk-memory", "--enable-simd",
)  # fmt: skip


def ttf_texts(seed: int, folder: Path) -> list[str]:
    """A module that wasm-opt makes of random bytes, as wasm2wat prints it: flat, folded."""
    data, wasm = folder / f"{seed}.bytes", folder / f"{seed}.wasm"
    data.write_bytes(random.Random(seed).randbytes(random.Random(seed).randint(200, 6000)))
    tool("wasm-opt", str(data), "-ttf", *TTF, "--denan", "-o", str(wasm), *(["-O2"] if seed % 2 else []))
    texts = [tool("wasm2wat", str(wasm)), tool("wasm2wat", "-f", str(wasm))]
    data.unlink()
    wasm.unlink()
    return texts


def ttf_failure(seed: int) -> tuple[int, str, list[str], Difference] | None:
    with tempfile.TemporaryDirectory() as folder:
        texts = ttf_texts(seed, Path(folder))
    for text in texts:
        try:
            found = difference_ttf(text, seed)
        except wasmtime.WasmtimeError as error:
            found = Difference("as it is", "cannot run", reason(error))
        if found:
            return seed, text, [], found
    return None


class Logging(Numbered):
    """A host that provides all that `wasm-opt -ttf` imports."""

    def provides(self, module: str, name: str) -> bool:
        return True


def difference_ttf(text: str, seed: int) -> Difference | None:
    """How a module of `wasm-opt -ttf`, rewritten and never paused, differs from itself."""
    exports = signatures(text)
    expected: list[str] = []
    try:
        outcome(compiled(text), exports, seed, Logging(expected.append), expected)
    except (EndlessError, wasmtime.Trap):  # deep recursion, or a trap as it starts
        return None
    for way in (WAYS[0], Way("add list", options={"add_list": "*"})):
        found = differs_in(text, exports, seed, way, way.options, expected, Logging)
        if found:
            return found
    return None


@click.command()
@click.option("--count", default=300, show_default=True, help="How many generated programs.")
@click.option("--seed", default=0, show_default=True, help="Of the first program.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--ttf", default=0, show_default=True, help="How many modules of `wasm-opt -ttf` besides.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Write failing texts to this directory.")
@click.option("--most", default=5, show_default=True, help="How many failures to make smaller and print.")
def main(count: int, seed: int, jobs: int, ttf: int, keep: Path | None, most: int) -> None:
    """Run random programs in all ways; print those that differ, made smaller, and a summary. Exit 1 if any differs."""
    if ttf and not (shutil.which("wasm-opt") and shutil.which("wasm2wat")):
        raise click.UsageError("--ttf needs wasm-opt and wasm2wat")
    start = time.monotonic()
    kinds: dict[str, int] = {}
    printed = 0
    # Compiled adapters stay in memory (instance.py): new processes now and then.
    with get_context("spawn").Pool(jobs, maxtasksperchild=12) as pool:
        generated = pool.imap(generated_failure, range(seed, seed + count), chunksize=8)
        made = pool.imap(ttf_failure, range(seed, seed + ttf), chunksize=8)
        for origin, failures in (("generated", generated), ("ttf", made)):
            for failure in failures:
                if failure is None:
                    continue
                number_, text, imports, found = failure
                key = f"{origin}, {found.way}, {found.kind}"
                kinds[key] = kinds.get(key, 0) + 1
                click.echo(f"{origin} {number_}: {found}"[:300])
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{origin}-{number_}.wat").write_text(text)
                if printed < most and origin == "generated" and kinds[key] <= 2:
                    printed += 1
                    click.echo(reduce_difference(text, imports, number_, found, 150))
    click.echo(f"{count} generated, {ttf} of -ttf, {sum(kinds.values())} fail, {time.monotonic() - start:.0f} s")
    for key, times in sorted(kinds.items()):
        click.echo(f"  {times:5} {key}")
    sys.exit(bool(kinds))


if __name__ == "__main__":
    main()
