"""The diff of input and output: all of both texts is in it or the same; each step is a hunk; what stays is absent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from forms import FORMS
from test_spec import SCRIPTS, modules, named

from wat_bysyncify import WatError
from wat_bysyncify.cli import main
from wat_bysyncify.diff import diff
from wat_bysyncify.instrument import Options, rewrite_text

ARTICLE = Path(__file__).parent / "article" / "input.wat"
HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@ ?(.*)")


def bare(line: str) -> str:
    return "".join(line.split())


def check(source: str, output: str, lines: list[str]) -> None:
    """The hunks are in order, their numbers are right, their lines are those of the texts, and what is between them is
    the same in both."""
    old, new = source.splitlines(), output.splitlines()
    at_old = at_new = 0
    position = 2
    while position < len(lines):
        match = HUNK.fullmatch(lines[position])
        assert match
        first_old, count_old, first_new, count_new = map(int, match.groups()[:4])
        first_old, first_new = first_old - bool(count_old), first_new - bool(count_new)
        assert first_old - at_old == first_new - at_new
        assert [*map(bare, old[at_old:first_old])] == [*map(bare, new[at_new:first_new])]
        hunk = []
        position += 1
        while position < len(lines) and not HUNK.fullmatch(lines[position]):
            hunk.append(lines[position])
            position += 1
        left = [line[1:] for line in hunk if line[0] != "+"]
        right = [line[1:] for line in hunk if line[0] != "-"]
        assert [*map(bare, left)] == [*map(bare, old[first_old : first_old + count_old])]
        assert right == new[first_new : first_new + count_new]
        at_old, at_new = first_old + count_old, first_new + count_new
    assert [*map(bare, old[at_old:])] == [*map(bare, new[at_new:])]


def differs(source: str, **options: object) -> tuple[str, list[str]]:
    rewritten = rewrite_text(source, Options.of(**options), mapped=True)
    output = "".join(rewritten.pieces)
    return output, list(diff(source, output, rewritten.map(), ("in.wat", "rewritten")))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_both_texts_are_in_it(path: Path, form: str) -> None:
    for source in modules(path.read_text()):
        try:
            output, lines = differs(source, **FORMS[form])
        except WatError:
            continue
        check(source, output, lines)


def test_the_article() -> None:
    """Each guard, each call and each frame is a hunk with its name; the reader's lines are not among what changes."""
    _, lines = differs(ARTICLE.read_text())
    titles = [match[5] for line in lines if (match := HUNK.fullmatch(line)) and match[5]]
    assert titles == [
        "the state",
        "$main",
        "$main: resuming: the frame is taken back",
        "$main: a pause leaves by this block",
        "$main: only when all is normal",
        "$main: call 0: $sleep",
        "$main: only when all is normal",
        "$main: the end, where nothing has paused",
        "$main: pausing: the frame is saved",
        "what every module gets",
    ]
    assert "         (call $print (i32.const 1))" in lines
    assert not any("$print (i32.const 2)" in line for line in lines)  # $runtime stays


def test_no_difference() -> None:
    """Untouched functions are absent."""
    source = (
        '(module\n  (import "env" "sleep" (func $sleep))\n  (func $f\n    (nop))\n  (func $g\n    (call $sleep))\n)\n'
    )
    _, lines = differs(source)
    assert not any("(nop)" in line or "$f" in line for line in lines)


@pytest.mark.parametrize(
    ("color", "no_color", "coloured"),
    [("auto", "", False), ("always", "", True), ("always", "1", True), ("never", "", False)],
)
def test_the_command(color: str, no_color: str, coloured: bool, tmp_path: Path) -> None:
    """`--diff` prints the diff instead of the text, which `-o` still writes."""
    target = tmp_path / "out.wat"
    arguments = [str(ARTICLE), "--diff", "--color", color]
    done = CliRunner().invoke(main, arguments, env={"NO_COLOR": no_color}, color=True)
    assert done.exit_code == 0
    assert ("\x1b[" in done.output) == coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", done.output).startswith(f"--- {ARTICLE}\n+++ rewritten\n@@ ")
    written = CliRunner().invoke(main, [*arguments, "-o", str(target)])
    assert f"+++ {target}" in written.output and target.read_text().startswith(";; input.wat")
