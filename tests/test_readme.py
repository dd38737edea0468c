"""The README: its help texts are those of the commands, its Python example runs, its commands are those of CI."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import wat_bysyncify
import wat_bysyncify.sexpr.parser
from wat_bysyncify.cli import main as bysyncify
from wat_bysyncify.script.cli import main as shell

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


@pytest.mark.parametrize(("name", "command"), [("wat-bysyncify", bysyncify), ("wat-shell", shell)])
def test_help_is_that_of_the_command(name: str, command: object, request: pytest.FixtureRequest) -> None:
    """The README shows each command's --help as it is (`pytest --bless` writes it there)."""
    shown = CliRunner().invoke(command, ["--help"], prog_name=name, terminal_width=80).output  # type: ignore[arg-type]
    block = f"<!-- help: {name} -->\n```text\n{shown}```\n<!-- /help -->"
    pattern = re.compile(rf"<!-- help: {name} -->.*?<!-- /help -->", re.S)
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--bless"):
        README.write_text(pattern.sub(lambda _: block, text), encoding="utf-8")
    assert pattern.findall(text) == [block]


@pytest.mark.parametrize("module", [wat_bysyncify, wat_bysyncify.sexpr.parser])
def test_docstrings_run(module: object) -> None:
    """The examples in docstrings give what they say."""
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted and not result.failed


@pytest.mark.parametrize("path", [README, ROOT / "docs" / "python.md"], ids=["README", "python"])
def test_python_examples_run(path: Path) -> None:
    """The Python examples give what they say."""
    result = doctest.testfile(str(path), module_relative=False)
    assert result.attempted and not result.failed


def test_ci_runs_the_test_line() -> None:
    """CI runs exactly the line that the README gives for all tests."""
    line = re.search(r"^python3 -m venv .*pytest$", README.read_text(encoding="utf-8"), re.M)
    assert line is not None
    assert line[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
