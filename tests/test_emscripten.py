"""emcc with wat-bysyncify-wasm-opt in place of wasm-opt: Emscripten's own JavaScript drives what it builds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_article import installed

from wat_bysyncify import rewrite

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SOURCES = ROOT / "tests" / "emscripten"
SCRIPT = Path(sys.executable).parent / "wat-bysyncify-wasm-opt"
Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds a program of tests/emscripten with emcc -O1 and more options, with our stand-in or wasm-opt itself; the
    path of its JavaScript."""
    emcc = installed("emcc")
    installed("wasm-opt")
    directory = tmp_path / "stand-in"
    directory.mkdir()
    (directory / "wasm-opt").symlink_to(SCRIPT)

    def build(name: str, *options: str, ours: bool = True) -> Path:
        path = [str(directory), os.environ["PATH"]] if ours else [os.environ["PATH"]]
        output = tmp_path / f"{Path(name).stem}.{'ours' if ours else 'theirs'}.js"
        command = [emcc, "-O1", *options, str(SOURCES / name), "-o", str(output)]
        done = subprocess.run(
            command, env={**os.environ, "PATH": os.pathsep.join(path)}, capture_output=True, encoding="utf-8"
        )
        assert (done.returncode, done.stderr) == (0, "")
        return output

    return build


def run(program: Path) -> tuple[list[str], str]:
    """The lines that a program prints in Node, and what it prints on standard error."""
    command = [installed("node"), "--no-experimental-fetch", program.name]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


def is_ours(program: Path) -> bool:
    """Whether it was our rewriter that made its module: wasm-opt names globals of its own so."""
    return b"rewinding" in program.with_suffix(".wasm").read_bytes()


def test_the_example_of_the_article(build: Build) -> None:
    """example.cpp polls for a timer, which can only happen if emscripten_sleep returns to the event loop."""
    lines, _ = run(build("example.cpp", "-sASYNCIFY"))
    assert lines[-1] == "timer happened!"
    assert len(lines) > 2 and set(lines[:-1]) == {"sleeping..."}


def test_as_the_readme_builds_it(tmp_path: Path) -> None:
    """The README's commands, run in a directory that looks like the project; docs/emscripten.md has the same."""
    installed("emcc"), installed("wasm-opt"), installed("node")
    commands = "mkdir -p stand-in" + README.read_text(encoding="utf-8").split("mkdir -p stand-in")[1].split("```")[0]
    assert commands in (ROOT / "docs" / "emscripten.md").read_text(encoding="utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / ".venv").symlink_to(SCRIPT.parent.parent)
    done = subprocess.run(["sh", "-ec", commands], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "timer happened!"


@pytest.mark.parametrize("options", [(), ("-sASSERTIONS",), ("-g2",)], ids=" ".join)
def test_a_larger_program(build: Build, options: tuple[str, ...]) -> None:
    """It sleeps under indirect calls, recursion and qsort, and its result is that of the same without pauses."""
    expected, _ = run(build("interpreter.c", "-DNO_SLEEP"))
    assert len(expected) == 6
    program = build("interpreter.c", "-sASYNCIFY", *options)
    lines, said = run(program)
    assert lines == expected
    assert int(said.split()[0]) > 300 and said.split()[1] == "pauses"
    assert is_ours(program) or "-g2" not in options  # names are there with -g2 only


def test_smaller_than_wasm_opt_makes_it(build: Build) -> None:
    """Ours adds less than a quarter of what wasm-opt's pass adds at -O1."""
    plain, ours, theirs = (
        build("interpreter.c", *options, ours=ours).with_suffix(".wasm").stat().st_size
        for options, ours in ((("-DNO_SLEEP",), True), (("-sASYNCIFY",), True), (("-sASYNCIFY",), False))
    )
    assert 0 < ours - plain < (theirs - plain) / 4


@pytest.mark.parametrize("options", [(), ("-sASSERTIONS",)], ids=" ".join)
def test_what_else_waits(build: Build, options: tuple[str, ...]) -> None:
    """Promises, handleSleep with a result, and emscripten_wget, which in Node reads a file."""
    program = build("waits.c", "-sASYNCIFY", "-sASYNCIFY_IMPORTS=half_later", *options)
    (program.parent / "waits.txt").write_text("what was asked for\n", encoding="utf-8")
    lines, _ = run(program)
    lines = [line for line in lines if not line.startswith("warning: Browser")]
    assert lines == ["days: 7, half: 2.75", "fetched: what was asked for", "events meanwhile: some"]


@pytest.mark.parametrize("options", [(), ("-sASSERTIONS",)], ids=" ".join)
def test_fibers(build: Build, options: tuple[str, ...]) -> None:
    lines, _ = run(build("fibers.c", "-sASYNCIFY", *options))
    assert lines == ["main 0", "other 0", "main 1", "other 1", "main 2", "other 2", "done"]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-sASSERTIONS",),
        ('-sASYNCIFY_ONLY=["main","__original_main","shapes::sum(*)","Square::area(int) const"]',),
    ],
    ids=["all", "-sASSERTIONS", "only"],
)
def test_exceptions_and_virtual_functions(build: Build, options: tuple[str, ...]) -> None:
    """Also with a list of the functions that pause, named as C++ names them."""
    lines, _ = run(build("shapes.cpp", "-sASYNCIFY", "-fexceptions", *options))
    assert lines == ["1 14.0", "2 two", "3 42.0"]


def test_what_is_not_on_the_list_fails(build: Build) -> None:
    """A list without a function that pauses: the list is what counts."""
    program = build("shapes.cpp", "-sASYNCIFY", "-fexceptions", '-sASYNCIFY_REMOVE=["shapes::sum(*)"]')
    done = subprocess.run(
        [installed("node"), "--no-experimental-fetch", str(program)], capture_output=True, encoding="utf-8", timeout=60
    )
    assert (done.returncode, done.stdout.splitlines()) != (0, ["1 14.0", "2 two", "3 42.0"])


def test_what_calls_nothing_may_be_called_at_any_time() -> None:
    """With --asserts: Emscripten's JavaScript calls stackSave while the stack is rewound."""
    text = """(module (import "env" "sleep" (func $sleep)) (global $sp (mut i32) (i32.const 0))
      (func (export "stackSave") (result i32) (global.get $sp))
      (func $outer (export "outer") (drop (call $inner))) (func $inner (result i32) (i32.const 1))
      (func (export "main") (call $sleep)))"""
    output = rewrite(text, asserts=True)
    checked = [line.strip() for line in output.splitlines() if "call $assert_called" in line]
    assert len(checked) == 1 and "$outer" in checked[0]
