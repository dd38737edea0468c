"""The examples that stand side by side, before and after, in docstrings and the README: that is what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wat_bysyncify import rewrite

ROOT = Path(__file__).parent.parent
INSTRUMENT = ROOT / "wat_bysyncify" / "instrument"
HEAD = "(func $main"
IMPORTS = '(module (import "env" "print" (func $print (param i32))) (import "env" "sleep" (func $sleep))\n'

EXAMPLES: dict[Path, dict[str, Any]] = {
    ROOT / "README.md": {},
    INSTRUMENT / "__init__.py": {},
    INSTRUMENT / "skip.py": {},
    INSTRUMENT / "jump.py": {"rewind": "jump"},
    INSTRUMENT / "straight.py": {"optimize": "speed", "twins": "*"},
}


def sides(text: str) -> tuple[str, str]:
    """The function on the left and that on the right, in the first lines that have both."""
    lines = text[text.index(HEAD) :].splitlines()
    column = lines[0].index(HEAD, len(HEAD))
    margin = len(text[: text.index(HEAD)].rpartition("\n")[2])
    rows = [lines[0], *(line[margin:] for line in lines[1:])]
    end = next(i for i, row in enumerate(rows) if row[column:].rstrip() == ")" and row[:column].strip() in ("", ")"))
    while rows[end][:column].strip() != ")" and rows[end + 1][:column].strip() == ")":
        end += 1
    return "\n".join(row[:column] for row in rows[: end + 1]), "\n".join(row[column:] for row in rows[: end + 1])


def function(text: str) -> list[str]:
    """The words of the function `$main` in a text, without white space."""
    text = text[text.index(HEAD) :]
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            text = text[: position + 1]
            break
    return text.replace("(", " ( ").replace(")", " ) ").split()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_side_by_side(path: Path) -> None:
    before, after = sides(path.read_text(encoding="utf-8"))
    output = rewrite(f"{IMPORTS}{before}\n)", imports="env.sleep", **EXAMPLES[path])
    assert function(output) == function(after)


def test_the_optimized_example() -> None:
    """The README's second block with a `$main` is what -Os makes of this."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = [block for block in readme.split("```wat\n")[1:] if "$restore_2_i32" in block]
    source = (
        "(func $main (param $x i32) (call $print (i32.const 1)) (call $sleep) (call $print (local.get $x))"
        " (call $sleep) (call $print (i32.const 3)))"
    )
    output = rewrite(f"{IMPORTS}{source})", imports="env.sleep", optimize="size")
    assert [function(block) for block in blocks] == [function(output)]
