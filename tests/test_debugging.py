"""docs/debugging.md: its commands print what it says (`pytest --bless` writes it there), its Python runs."""

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

from wat_bysyncify.stack.cli import main

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "debugging.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.S | re.M)


def printed(command: str, directory: Path) -> str:
    """What a shell shows of a command, on both of its outputs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=directory,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Every command on the page, in order, in a directory with its files."""
    text = PAGE.read_text(encoding="utf-8")
    for file in (TESTS / "article" / "input.wat", TESTS / "programs" / "types.wat"):
        shutil.copy(file, tmp_path)
    for language, name in (("wat", "square.wast"), ("python", "dump.py")):
        found = re.search(rf"^```{language}\n(.*?)^```\n", text, re.S | re.M)
        assert found
        (tmp_path / name).write_text(found[1], encoding="utf-8")

    def shown(block: re.Match[str]) -> str:
        commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"$ {command}\n{printed(command, tmp_path)}" for command in commands) + "```\n"

    now = CONSOLE.sub(shown, text)
    said = CliRunner().invoke(main, ["--help"], prog_name="wat-bysyncify-stack", terminal_width=80).output
    block = f"<!-- help: wat-bysyncify-stack -->\n```text\n{said}```\n<!-- /help -->"
    now = re.sub(r"<!-- help: .*?<!-- /help -->", lambda _: block, now, flags=re.S)
    if request.config.getoption("--bless"):
        PAGE.write_text(now, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == now
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted and not result.failed


def test_the_readme() -> None:
    """It shows the beginning of the story of the article's example."""
    story = (TESTS / "article" / "trace.txt").read_text(encoding="utf-8")
    beginning = "".join(story.splitlines(keepends=True)[:8])
    assert f"```text\n{beginning}```\n" in (TESTS.parent / "README.md").read_text(encoding="utf-8")
