"""The examples of the article that introduced Bysyncify, as they stand there."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite

ARTICLE = Path(__file__).parent / "article"
INPUT = ARTICLE / "input.wat"
SCRIPTS = Path(sys.executable).parent  # where pip puts console scripts

TRACE = [
    "before!",
    "sleep...",
    "stack unwound",
    "(an event that happens during the sleep)",
    "timeout ended, starting to rewind the stack",
    "...resume",
    "after!",
]


def run(*command: str | Path, text: str | None = None) -> str:
    """What a command that succeeds prints on standard output."""
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed(name: str) -> str:
    """The path of a program; the test is skipped where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def numbers(printed: str) -> list[int]:
    """The numbers that a shell prints: `1 : i32` as wasm-shell does, or `(i32.const 1)` as it did in 2019."""
    found = [re.fullmatch(r"(\d+) : i32|\(i32\.const (\d+)\)", line) for line in printed.splitlines()]
    return [int(match[1] or match[2]) for match in found if match]


def folded(text: str) -> str:
    """The text with every stretch of white space as one space."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def output() -> str:
    return rewrite(INPUT.read_bytes().decode("utf-8"))


@pytest.fixture
def output_file(output: str, tmp_path: Path) -> Path:
    path = tmp_path / "output.wat"
    path.write_text(output, encoding="utf-8", newline="")
    return path


def test_as_in_the_article(tmp_path: Path) -> None:
    """`wat-bysyncify input.wat > output.wat && wat-shell output.wat`, as a shell runs it, prints 1 2 3."""
    shutil.copy(INPUT, tmp_path)
    command = f"'{SCRIPTS}/wat-bysyncify' input.wat > output.wat && '{SCRIPTS}/wat-shell' output.wat"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "(i32.const 1)\n(i32.const 2)\n(i32.const 3)\n"


def test_output(output: str, golden: Callable[[Path, str], None]) -> None:
    """What people read."""
    golden(ARTICLE / "output.wat", output)


def test_accepted_by_wasmtime(output: str) -> None:
    wasmtime.Module(wasmtime.Engine(), output)


def test_accepted_by_wabt(output_file: Path) -> None:
    run(installed("wat2wasm"), output_file, "-o", output_file.with_suffix(".wasm"))
    wasmtime.Module(wasmtime.Engine(), output_file.with_suffix(".wasm").read_bytes())


def test_run_by_binaryen(output_file: Path) -> None:
    assert numbers(run(installed("wasm-shell"), output_file)) == [1, 2, 3]


@pytest.mark.parametrize(
    "guard",
    [
        "(if (global.get $normal) (then",
        "(i32.or (global.get $normal) (i32.eq (local.get $call) (i32.const 0)))",
        "(drop (br_if $unwind (i32.const 0) (global.get $unwinding)))",
    ],
)
def test_guards(output: str, guard: str) -> None:
    """The instrumented function, `$main`, reads as the article explains it; nothing else in the program does."""
    main, rest = output[output.index("(func $main") :].split("(func $sleep", 1)
    assert guard in folded(main)
    assert guard not in folded(rest)


def test_lines_stay(output_file: Path) -> None:
    """`diff -w` of input and output: only added lines, but for 2019 syntax.

    That is: an `if` without `then`, an import behind a definition; and the imports that are taken over.
    """
    diff = installed("diff")
    done = subprocess.run([diff, "-w", str(INPUT), str(output_file)], capture_output=True, text=True)
    assert done.returncode == 1
    removed = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith("<")]
    assert removed == [
        "(memory 1 1)",
        '(import "bysyncify" "start_unwind" (func $bysyncify_start_unwind (param i32)))',
        '(import "bysyncify" "stop_unwind" (func $bysyncify_stop_unwind))',
        '(import "bysyncify" "start_rewind" (func $bysyncify_start_rewind (param i32)))',
        '(import "bysyncify" "stop_rewind" (func $bysyncify_stop_rewind))',
        "(block",
        ")",
        "(block",
        ")",
    ]
    added = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith(">")]
    assert [line for line in added if "block" in line and "$unwind" not in line] == ["(then (block", "(else (block"]
    assert "(memory 1 1)" in added


def test_second_run_is_refused(output: str) -> None:
    """What is rewritten already says so."""
    with pytest.raises(WatError, match="already"):
        rewrite(output)


def without_control(text: str) -> str:
    """The program with control functions that do nothing."""
    changed, count = re.subn(r'\(import "bysyncify" "\w+" (\(func .*\))\)$', r"\1", text, flags=re.M)
    assert count == 4
    return changed


def test_not_instrumented_in_binaryen(tmp_path: Path) -> None:
    """Without instrumentation it runs through twice: 1 3 2 1 3 (2019 text, which wasm-shell still reads)."""
    path = tmp_path / "plain.wat"
    path.write_text(without_control(INPUT.read_text(encoding="utf-8")), encoding="utf-8")
    done = subprocess.run([installed("wasm-shell"), str(path)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this wasm-shell does not read 2019 text")
    assert numbers(done.stdout) == [1, 3, 2, 1, 3]


def test_not_instrumented_in_wat_shell() -> None:
    """The same where the text is only modernised."""
    plain = without_control(INPUT.read_text(encoding="utf-8"))
    modern = run(SCRIPTS / "wat-bysyncify", "--ignore-imports", text=plain)
    assert "$unwind " not in modern
    assert numbers(run(SCRIPTS / "wat-shell", "-", text=modern)) == [1, 3, 2, 1, 3]


@pytest.mark.parametrize("stop", ["stop_unwind", "stop_rewind"])
def test_javascript_in_node(stop: str, tmp_path: Path) -> None:
    """The article's JavaScript drives the exports; its last line may say stop_rewind (as there) or stop_unwind."""
    node = installed("node")
    run(SCRIPTS / "wat-bysyncify", ARTICLE / "example.wat", "-o", tmp_path / "example.wasm")
    assert run(node, ARTICLE / "example.js", tmp_path / "example.wasm", stop).splitlines() == TRACE


def test_javascript_runtime_in_node(tmp_path: Path) -> None:
    """The same with the runtime that `--print-runtime js` prints, and its handleSleep."""
    node = installed("node")
    run(SCRIPTS / "wat-bysyncify", ARTICLE / "example.wat", "-o", tmp_path / "example.wasm")
    runtime = tmp_path / "bysyncify.mjs"
    runtime.write_text(run(SCRIPTS / "wat-bysyncify", "--print-runtime", "js"), encoding="utf-8")
    assert run(node, ARTICLE / "handle_sleep.mjs", runtime, tmp_path / "example.wasm").splitlines() == TRACE


@pytest.mark.parametrize("stop", ["stop_unwind", "stop_rewind"])
def test_javascript_example_in_python(stop: str) -> None:
    """The same host in Python, on wasmtime, with asyncio's event loop."""
    assert asyncio.run(example(stop)) == TRACE


async def example(stop: str) -> list[str]:
    """What the article's example.js prints, written in Python."""
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    trace: list[str] = []
    data = 16
    sleeping = False

    def before() -> None:
        trace.append("before!")
        loop.call_later(0.1, trace.append, "(an event that happens during the sleep)")

    def sleep(ms: int) -> None:
        nonlocal sleeping
        if not sleeping:
            trace.append("sleep...")
            for address, value in ((data, data + 8), (data + 4, 1024)):
                memory.write(store, value.to_bytes(4, "little"), address)
            call("bysyncify_start_unwind", data)
            sleeping = True
            loop.call_later(ms / 10_000, resume)
        else:
            trace.append("...resume")
            call("bysyncify_stop_rewind")
            sleeping = False

    def resume() -> None:
        trace.append("timeout ended, starting to rewind the stack")
        call("bysyncify_start_rewind", data)
        call("main")
        finished.set_result(None)

    def after() -> None:
        trace.append("after!")

    def call(name: str, *arguments: int) -> None:
        exports[name](store, *arguments)

    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, rewrite((ARTICLE / "example.wat").read_text(encoding="utf-8")))
    nothing, number = wasmtime.FuncType([], []), wasmtime.FuncType([wasmtime.ValType.i32()], [])
    imports = [
        wasmtime.Func(store, nothing, before),
        wasmtime.Func(store, number, sleep),
        wasmtime.Func(store, nothing, after),
    ]
    exports: Any = wasmtime.Instance(store, module, imports).exports(store)
    memory = exports["memory"]
    call("main")
    trace.append("stack unwound")
    call(f"bysyncify_{stop}")
    await asyncio.wait_for(finished, 60)
    return trace
