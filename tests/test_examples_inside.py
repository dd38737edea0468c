"""The examples that drive themselves from inside wasm: rewritten in every form, they print what their heads say."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import wasmtime
from forms import FORMS

from wat_bysyncify import rewrite

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.wast"))
SCRIPTS = Path(sys.executable).parent


def printed(command: str) -> list[str]:
    """The numbers that a command, run by a shell in the root of the project, prints as wat-shell does."""
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return re.findall(r"^\(i32\.const (-?\d+)\)$", done.stdout, re.M)


def expected(path: Path) -> list[str]:
    said = re.search(r"^;; prints: (.*)$", path.read_text(encoding="utf-8"), re.M)
    assert said is not None
    return said[1].split()


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} == {"backtracking", "coroutines", "generator", "longjmp", "scheduler"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_prints_what_it_says(path: Path, form: str, tmp_path: Path) -> None:
    rewritten = tmp_path / path.name
    rewritten.write_text(rewrite(path.read_text(encoding="utf-8"), **FORMS[form]), encoding="utf-8")
    assert printed(f"'{SCRIPTS}/wat-shell' '{rewritten}'") == expected(path)


@pytest.mark.parametrize("option", ["", "--asserts"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_as_the_readme_runs_it(path: Path, option: str) -> None:
    """The two commands in a pipe; --asserts finds nothing wrong."""
    command = f"'{SCRIPTS}/wat-bysyncify' {option} examples/{path.name} | '{SCRIPTS}/wat-shell' -"
    assert printed(command) == expected(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_readme_lists_it(path: Path) -> None:
    assert f"(examples/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_needs_the_pauses(path: Path) -> None:
    """With control functions that do nothing they do not print that: what they show is what pausing does."""
    text, count = re.subn(
        r'\(import "bysyncify" "\w+" (\(func .*)\)$', stub, path.read_text(encoding="utf-8"), flags=re.M
    )
    assert count == 5
    config = wasmtime.Config()
    config.consume_fuel = True
    store = wasmtime.Store(wasmtime.Engine(config))
    store.set_fuel(1_000_000)
    lines: list[str] = []
    type_ = wasmtime.FuncType([wasmtime.ValType.i32()], [])
    print_ = wasmtime.Func(store, type_, lambda number: lines.append(str(number)))
    with suppress(wasmtime.Trap):
        wasmtime.Instance(store, wasmtime.Module(store.engine, text), [print_])
    assert lines != expected(path)


def stub(match: re.Match[str]) -> str:
    """An import of a control function as a function that does nothing."""
    return match[1].replace("(result i32)", "(result i32) (i32.const 0)")
