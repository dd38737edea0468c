"""Random programs do the same as they are, rewritten, and paused and resumed in all the ways of fuzz.py."""

from __future__ import annotations

import pytest
from fuzz import WAYS, difference
from generate import generate

SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_same_in_all_ways(seed: int) -> None:
    """Results, traps, prints, memory and globals are those of the original."""
    program = generate(seed, 12 + seed % 5 * 8)
    found = difference(program.text, program.exports, program.imports, seed)
    assert found is None, f"{found}\n{program.text}"


def test_there_is_something_to_pause() -> None:
    """The programs are what they are meant to be: most print, many in loops, and hold what generate.py says."""
    texts = [generate(seed, 12 + seed % 5 * 8).text for seed in SEEDS]
    for what in (
        "(loop", "loop ", "(if", "else", "br_table", "call_indirect", "(param", "v128", "select", "local.tee",
        "(; one ;)", "return", "br_if",
    ):  # fmt: skip
        assert sum(what in text for text in texts) > 10, what
    assert len({way.name for way in WAYS}) == len(WAYS) == 8


def test_the_same_each_time() -> None:
    """A seed gives one program."""
    assert [generate(seed).text for seed in range(5)] == [generate(seed).text for seed in range(5)]
