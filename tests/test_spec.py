"""Every script in tests/spec, run as it is; rewritten and never paused; rewritten, paused and resumed.

Rewritten in all forms of the output (`FORMS`). Each time its assertions hold and it prints the same. A
script's first line says what it is about. Lines of its head:

    ;; options: --imports spectest.print    those of the command line
    ;; pauses: none                         nothing in it ever pauses
    ;; forms: skip                           the forms of the output that it is about, if not all
    ;; checks: none                         it is not the same with --asserts
    ;; prints: print (i32.const 1)          the trace, for scripts that drive themselves

A script that imports control functions drives itself: it is run rewritten only. Functions named `$plain...` do not
pause, and stay as they are to the byte.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from forms import FORMS
from pausing import Numbered, Pausing

from wat_bysyncify import rewrite
from wat_bysyncify.cli import main
from wat_bysyncify.instrument import Options
from wat_bysyncify.script.commands import Source, read_commands
from wat_bysyncify.script.instance import compile_module, to_wasm
from wat_bysyncify.script.run import Script
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import tokens

SCRIPTS = sorted((Path(__file__).parent / "spec").glob("*.wast"))
HOSTS: dict[str, dict[str, Any]] = {
    "every call": {"every": 1},
    "every 2nd": {"every": 2},
    "every 3rd": {"every": 3},
    "three times each": {"every": 1, "times": 3},
}
PLAIN = re.compile(r"\(func \$plain")
FLAT_INSIDE = re.compile(r'\(local\.set [^\s()"]+\s+[a-z]')  # only lists stand inside a list
HINTED = re.compile(r'\(@metadata\.code\.branch_hint "[^"]*"\)\s*\(?([\w.]+)')


def head(text: str, key: str) -> list[str]:
    """What the lines `;; key: ...` of a script say."""
    return re.findall(rf"^;; {key}: (.*)$", text, re.M)


def options(text: str, form: str = "skip") -> dict[str, Any]:
    """The options of a script, read by the command line, as those of `rewrite`, with those of one of
    `FORMS`."""
    if form not in (head(text, "forms") or FORMS):
        pytest.skip("about another form of the output")
    words = [word for line in head(text, "options") for word in shlex.split(line)]
    with main.make_context("wat-bysyncify", [*words, "-"]) as context:
        given = dict(context.params)
    known = {field.name for field in fields(Options)}
    return {**{name: value for name, value in given.items() if name in known}, **FORMS[form]}


def drives_itself(text: str) -> bool:
    return re.search(r'\(import "(by|a)syncify"', text) is not None


def run(text: str, host: Numbered, **given: Any) -> list[str]:
    """The failures of a script, rewritten if options are given."""
    script = Script(text, host=host, rewrite=(lambda module: rewrite(module, **given)) if given else None)
    try:
        return [failure.report(text, "script") for failure in script.run()]
    finally:
        script.close()


def modules(text: str) -> list[str]:
    """The texts of the modules in a script."""
    return [
        source.code.decode()
        for source in read_commands(text)
        if isinstance(source, Source) and source.kind == "text"
    ]  # fmt: skip


def trace_as_it_is(text: str) -> list[str]:
    lines: list[str] = []
    assert run(text, Numbered(lines.append)) == []
    return lines


def expected_trace(text: str) -> list[str]:
    return head(text, "prints") if drives_itself(text) else trace_as_it_is(text)


def named(path: Path) -> str:
    return path.stem


def test_there_are_scripts() -> None:
    """So that the tests below are not empty, and each says what it is about."""
    assert len(SCRIPTS) > 50
    for path in SCRIPTS:
        assert re.match(r";; [A-Z`$].*[.:]\n", path.read_text()), path


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_as_it_is(path: Path) -> None:
    """The assertions of a script hold for its modules (of today's text, and without control functions)."""
    text = path.read_text()
    if drives_itself(text):
        pytest.skip("needs control functions")
    if head(text, "text") == ["2019"]:
        pytest.skip("today's tools do not read it")
    trace = trace_as_it_is(text)
    assert head(text, "prints") in ([], trace)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_never_paused(path: Path, form: str) -> None:
    """Rewritten modules do the same as long as nobody pauses them, and drive themselves where they can."""
    text = path.read_text()
    lines: list[str] = []
    assert run(text, Numbered(lines.append), **options(text, form)) == []
    if head(text, "text") == ["2019"]:
        assert lines == head(text, "prints")
    else:
        assert lines == expected_trace(text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", HOSTS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_paused(path: Path, mode: str, form: str) -> None:
    """Rewritten modules do the same when they are paused and resumed, and leave nothing on the stack of frames."""
    paused(path, mode, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_checked(path: Path, form: str) -> None:
    """With checks (--asserts) that all goes as it must, scripts do the same too, paused or driving themselves."""
    text = path.read_text()
    if head(text, "checks"):
        pytest.skip("not with checks")
    if not drives_itself(text):
        return paused(path, "every call", form, asserts=True, record=True)
    lines: list[str] = []
    assert run(text, Numbered(lines.append), **{**options(text, form), "asserts": True, "record": True}) == []
    assert lines == expected_trace(text)


def paused(path: Path, mode: str, form: str, **more: Any) -> None:
    """Runs a script whose host pauses it."""
    text = path.read_text()
    if drives_itself(text):
        pytest.skip("drives itself")
    given = {**options(text, form), **more}
    lines: list[str] = []
    host = Pausing(lines.append, **HOSTS[mode], prefix=given["names"] if given["names"] == "asyncify" else "bysyncify")
    patterns = given["imports"]
    if given["ignore_imports"]:
        host.may_pause = lambda name: False
    elif patterns is not None:
        host.may_pause = lambda name: name in patterns
    assert run(text, host, **given) == []
    assert lines == (head(text, "prints") if head(text, "text") == ["2019"] else expected_trace(text))
    if head(text, "pauses") == ["none"]:
        assert host.pauses == 0
    elif host.every == 1:
        assert host.pauses > 0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_text(path: Path, form: str) -> None:
    """The output is the same each time, is valid, and has the functions that cannot pause as they were.

    Branch hints stand before branches.
    """
    text = path.read_text()
    for module in modules(text):
        output = rewrite(module, **options(text, form))
        assert rewrite(module, **options(text, form)) == output
        assert "".join(tokens(parse(output))) == output
        assert not FLAT_INSIDE.search(output)
        assert {*HINTED.findall(output)} <= {"if", "br_if"}
        compiled = compile_module(to_wasm(output.encode()))
        assert isinstance(compiled.compiled, wasmtime.Module)
        if wabt_reads(module):
            assert wabt_reads(output)
        for match in PLAIN.finditer(module):
            function = module[match.start() : end_of_list(module, match.start())]
            assert function in output


@cache
def wabt_reads(text: str) -> bool:
    """Whether wabt, which knows less of WebAssembly and is stricter about parentheses, assembles a text."""
    tool = shutil.which("wat2wasm")
    if tool is None:
        return False
    command = [tool, "--enable-all", "-", "-o", os.devnull]
    return subprocess.run(command, input=text, capture_output=True, encoding="utf-8").returncode == 0


def end_of_list(text: str, start: int) -> int:
    """Behind the parenthesis that closes the one at `start`; there are none in comments and strings."""
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if not depth:
            return position + 1
    raise AssertionError("unbalanced")
