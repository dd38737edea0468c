"""The course: each listing is what the command above it prints (`pytest --bless` writes it there)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "course").glob("*.md"))
BLOCK = re.compile(r"<!-- \$ (?P<command>.*?) -->\n(?P<shown>.*?)<!-- / -->", re.S)
NEEDS = ("node", "emcc", "sed", "python3")


def output(command: str) -> str:
    """What a command prints, on standard error first; in the checkout, with the scripts of this installation."""
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, encoding="utf-8",
        env={**os.environ, "PATH": scripts},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr + done.stdout


def language(command: str) -> str:
    if "--diff" in command:
        return "diff"
    if "node " in command or any(name in command for name in ("wat-shell", "--explain", "--map", "--trace", "node ")):
        return "text"
    return {"mjs": "js", "cpp": "cpp"}.get(command.rpartition(".")[2], "wat")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_listings(page: Path, request: pytest.FixtureRequest) -> None:
    """Listings are made by their commands."""
    text = page.read_text(encoding="utf-8")
    bless = request.config.getoption("--bless")
    missing: set[str] = set()

    def made(match: re.Match[str]) -> str:
        command = match["command"]
        needed = {name for name in NEEDS if re.search(rf"\b{name}\b", command) and not shutil.which(name)}
        if needed:
            missing.update(needed)
            return match[0]
        lines = [line.rstrip() for line in output(command).rstrip().split("\n")]
        shown = "\n".join(lines)
        return f"<!-- $ {command} -->\n```{language(command)}\n{shown}\n```\n<!-- / -->"

    new = BLOCK.sub(made, text)
    if bless:
        page.write_text(new, encoding="utf-8")
    assert new == text
    if missing:
        pytest.skip(f"{page.name}: some listings are not checked, for there is no {' or '.join(sorted(missing))}")


def test_pages_are_linked() -> None:
    """All pages stand in the list, and all that the list names are there."""
    linked = set(re.findall(r"\]\((\d-[\w-]+\.md)\)", (ROOT / "docs" / "course" / "README.md").read_text()))
    assert linked == {page.name for page in PAGES if page.name != "README.md"}
