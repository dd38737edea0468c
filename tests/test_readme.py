"""The README: its help texts are those of the commands, its Python example runs, its commands are those of CI."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
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


def test_javascript_example_runs(tmp_path: Path) -> None:
    """The README's commands make what its JavaScript example runs."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    found = re.search(
        r"```sh\n(wat-bysyncify --print-runtime .*?)```\n\n```js\n(.*?)```", README.read_text("utf-8"), re.S
    )
    assert found is not None
    (tmp_path / "host.mjs").write_text(found[2], encoding="utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", f"{found[1]}node host.mjs"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "before!\n(the program sleeps)\nafter!\n"


def test_ci_runs_the_test_line() -> None:
    """CI runs exactly the line that the README gives for all tests."""
    line = re.search(r"^python3 -m venv .*pytest$", README.read_text(encoding="utf-8"), re.M)
    assert line is not None
    assert line[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
