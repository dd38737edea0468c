"""Random programs do the same as they are, rewritten, and paused and resumed in all the ways of fuzz_run.py."""

from __future__ import annotations

import pytest
from fuzz_run import WAYS, EndlessError, Runner
from generate import FEATURES, generate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SEEDS = range(300)


def size_of(seed: int) -> int:
    return 12 + seed % 5 * 8


@pytest.mark.parametrize("seed", SEEDS)
def test_same_in_all_ways(seed: int) -> None:
    """Results, traps, prints, memories and globals are those of the original."""
    program = generate(seed, size_of(seed))
    runner = Runner(program.text, seed)
    found = runner.difference(WAYS)
    assert found is None, f"{found}\n{program.text}"
    assert not runner.missing
    assert runner.ran == len(WAYS)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(size=st.integers(4, 44), seed=st.integers(1_000, 1_000_000))
def test_same_at_any_size(size: int, seed: int) -> None:
    """The same, of programs of any size; a small one is shown where it fails."""
    program = generate(seed, size)
    try:
        found = Runner(program.text, seed).difference(WAYS)
    except EndlessError:
        assume(False)
        return
    assert found is None, f"{found}\n{program.text}"


def test_there_is_something_to_pause() -> None:
    """The programs are what they are meant to be: most print, many in loops, and hold what generate.py says."""
    programs = [generate(seed, size_of(seed)) for seed in SEEDS]
    texts = [program.text for program in programs]
    for what in (
        "(loop", "loop ", "(if", "else", "br_table", "call_indirect", "(param", "v128", "select", "local.tee",
        "(; one ;)", "return", "br_if", "ref.null", "ref.func", "ref.i31", "struct.new", "struct.get", "struct.set",
        "array.new", "array.get", "array.set", "ref.cast", "ref.test", "ref.eq", "ref.as_non_null", "call_ref",
        "br_on_null", "br_on_non_null", "br_on_cast ", "br_on_cast_fail", "return_call ", "return_call_indirect",
        "return_call_ref", "try_table", "(catch $", "(catch_ref", "(catch_all ", "(catch_all_ref", "throw ",
        "throw_ref", "table.get", "table.set", "memory.copy", "memory.grow", "(rec", "(sub",
    ):  # fmt: skip
        assert sum(what in text for text in texts) > 5, what
    for feature in FEATURES:
        assert sum(feature in program.features for program in programs) > 30, feature
    assert sum(not program.features for program in programs) > 50
    assert len({way.name for way in WAYS}) == len(WAYS) == 44


def test_the_same_each_time() -> None:
    """A seed gives one program."""
    assert [generate(seed).text for seed in range(5)] == [generate(seed).text for seed in range(5)]
