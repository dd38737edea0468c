"""Broken text: every module is rewritten, or refused by a `WatError` with its place, and nothing else happens.

    python tests/fuzz_text.py --count 1000 ../shared/testsuite

The texts are those of tests/spec, and of the directories that are named. In each, a few tokens of one part are taken
away, doubled or exchanged. What fails otherwise than it should is printed, once for each line of code that fails.
"""

from __future__ import annotations

import random
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import click

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.options import REWIND
from wat_bysyncify.script.commands import Source, read_commands

_PART = re.compile(r""" ;;[^\n]*\n | \(;.*?;\) | "(?:[^"\\]|\\.)*" | [()] | [^\s()";]+\s* | \s+ | . """, re.X | re.S)
OPTIONS = [{}, {"add_list": ["*"]}, {"pause_at": ["entries"], "pause_import": None}, {"imports": ["spectest.print"]}]


def texts(directories: list[Path]) -> Iterator[str]:
    """The modules of the scripts in some directories, in their order."""
    for path in sorted(each for directory in directories for each in directory.rglob("*.wast")):
        try:
            commands = list(read_commands(path.read_text()))
        except (WatError, UnicodeDecodeError):
            continue
        for source in commands:
            if isinstance(source, Source) and source.kind == "text" and 0 < len(source.code) < 10_000:
                yield source.code.decode()


def mutated(text: str, dice: random.Random) -> str:
    """A text in which some words, strings and parentheses are missing, doubled or elsewhere."""
    kept = _PART.findall(text)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(kept))
        near = min(len(kept) - 1, max(0, at + dice.randint(-8, 8)))
        match dice.randrange(4):
            case 0:
                kept[at : at + dice.randint(1, 3)] = [""]
            case 1:
                kept[at] *= 2
            case 2:
                kept[at], kept[near] = kept[near], kept[at]
            case _:
                kept[at] = kept[dice.randrange(len(kept))]
    return "".join(kept)


def failure(text: str, options: dict[str, object]) -> BaseException | None:
    """What `rewrite` raises for a text, other than a `WatError` with a place."""
    try:
        rewrite(text, **options)  # type: ignore[arg-type]
    except WatError as error:
        return error if error.offset is None else None
    except Exception as error:
        return error
    return None


@click.command()
@click.option("--count", default=1000, help="How many texts are tried.")
@click.option("--seed", default=0, help="Where the dice begin.")
@click.argument("directories", nargs=-1, type=click.Path(exists=True, path_type=Path))
def main(count: int, seed: int, directories: tuple[Path, ...]) -> None:
    """Rewrites broken texts, and prints those that end in anything but an error with its place."""
    known = list(texts([Path(__file__).parent / "spec", *directories]))
    seen: set[tuple[str, int | None]] = set()
    for number in range(seed, seed + count):
        dice = random.Random(number)
        text = mutated(dice.choice(known), dice)
        for rewind in REWIND:
            options = {**dice.choice(OPTIONS), "rewind": rewind}
            error = failure(text, options)
            place = traceback.extract_tb(error.__traceback__)[-1] if error else None
            if error and place and (place.filename, place.lineno) not in seen:
                seen.add((place.filename, place.lineno))
                click.echo(f";; text {number}, {options}: {type(error).__name__}: {error}")
                click.echo(f";; {place.filename}:{place.lineno} {place.line}\n{text}\n")
    click.echo(f"{count} texts, {len(seen)} failures")
    raise SystemExit(bool(seen))


if __name__ == "__main__":
    main()
