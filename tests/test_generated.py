"""Random programs do the same as they are, rewritten, and paused and resumed in all the ways of fuzz.py."""

from __future__ import annotations

import pytest
from fuzz import WAYS, EndlessError, difference
from generate import generate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_same_in_all_ways(seed: int) -> None:
    """Results, traps, prints, memory and globals are those of the original."""
    program = generate(seed, 12 + seed % 5 * 8)
    found = difference(program.text, program.exports, program.imports, seed)
    assert found is None, f"{found}\n{program.text}"


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(size=st.integers(4, 44), seed=st.integers(1_000, 1_000_000))
def test_same_at_any_size(size: int, seed: int) -> None:
    """The same, of programs of any size; a small one is shown where it fails."""
    program = generate(seed, size)
    try:
        found = difference(program.text, program.exports, program.imports, seed)
    except EndlessError:
        assume(False)
        return
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
