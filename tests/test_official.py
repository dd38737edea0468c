"""Some scripts of the official test suite, rewritten, paused and resumed; `python tests/official.py` runs them all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import official
import pytest
from official import DIRECTLY, TESTSUITE, Way, differences, outcomes

FILES = [
    "array_init_elem", "block", "br_if", "br_on_cast", "br_table", "call", "call_indirect", "i31", "linking",
    "local_set", "memory_trap", "ref_func", "return_call", "return_call_ref", "start", "table_grow", "throw",
    "try_table",
]  # fmt: skip

with_the_suite = pytest.mark.skipif(not TESTSUITE.is_dir(), reason="no test suite beside the checkout")


def differing(path: Path, way: Way) -> list[tuple[int, str]]:
    """Where a run of a script differs from that of the script as it is."""
    return list(differences(list(outcomes(path, DIRECTLY)), list(outcomes(path, way))))


@with_the_suite
@pytest.mark.parametrize(("every", "form"), [(1, "skip"), (3, "skip"), (1, "jump"), (1, "-Os"), (1, "twins")])
@pytest.mark.parametrize("name", FILES)
def test_paused(name: str, every: int, form: str) -> None:
    """What a script asserts holds, and it prints the same."""
    path = TESTSUITE / f"{name}.wast"
    directly = list(outcomes(path, DIRECTLY))
    found = list(outcomes(path, Way("", every=every, most=20_000, form=form)))
    assert list(differences(directly, found)) == []
    assert all(outcome.failure is None for outcome in directly)
    assert every > 1 or sum(outcome.pauses for outcome in found) > 0


@with_the_suite
def test_never_paused() -> None:
    path = TESTSUITE / "block.wast"
    found = list(outcomes(path, Way("never")))
    assert list(differences(list(outcomes(path, DIRECTLY)), found)) == []
    assert sum(outcome.pauses for outcome in found) == 0
    assert found[-1].rewritten > 0


def broken(replace: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the rewriter's output wrong."""
    right = official.rewritten
    monkeypatch.setattr(official, "rewritten", lambda text, way: replace(right(text, way)))


def script(folder: Path, text: str) -> Path:
    path = folder / "script.wast"
    path.write_text(text)
    return path


COUNTING = """(module (memory (export "memory") 1) (global (export "sum") (mut i64) (i64.const 0))
  (func $add (param i64) (global.set 0 (i64.add (global.get 0) (local.get 0))))
  (func (export "f") (param $n i64) (result i64)
    (loop $again
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (call $add (local.get $n))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $again (i64.ne (local.get $n) (i64.const 0))))
    (global.get 0)))
(assert_return (invoke "f" (i64.const 4)) (i64.const 10))
(invoke "f" (i64.const 1))"""


def test_a_right_rewriter(tmp_path: Path) -> None:
    path = script(tmp_path, COUNTING)
    assert differing(path, Way("", every=1)) == []
    assert [outcome.pauses for outcome in outcomes(path, Way("", every=1))] == [0, 9, 3, 0]
    assert [outcome.pauses for outcome in outcomes(path, Way("", every=2))] == [0, 5, 1, 0]


def test_locals_get_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(lambda text: text.replace("(local.set $n (call $restore_i64))", "(drop (call $restore_i64))"), monkeypatch)
    assert differing(script(tmp_path, COUNTING), Way("", every=1))[0][0] == 10
    assert differing(script(tmp_path, COUNTING), Way("never")) == []


def test_effects_come_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exported memories are compared, whatever the script asserts."""
    broken(lambda text: text.replace("(if (global.get $normal)", "(if (i32.const 1)"), monkeypatch)
    ((line, why),) = differing(script(tmp_path, COUNTING), Way("", every=1))
    assert line == 11
    assert why.startswith("expected memory 'memory' of instance 0: 65536 bytes")


@pytest.mark.parametrize(
    "right, wrong, message",
    [
        ("(call $restore_i32)", "(unreachable)", "state 2 after wasm trap: wasm `unreachable`"),
        ("(call $restore_i32)", "(i32.const 0)", "the stack of frames is at 12 after wasm trap: wasm `unreachable`"),
    ],
)
def test_a_trap_in_a_pause(
    right: str, wrong: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trap that a script expects has to come when nothing is paused."""
    text = '(module (func $f (unreachable)) (func (export "f") (call $f))) (assert_trap (invoke "f") "unreachable")'
    assert differing(script(tmp_path, text), Way("", every=1)) == []
    broken(lambda text: text.replace(right, wrong, 1), monkeypatch)
    assert differing(script(tmp_path, text), Way("", every=1))[0][1].startswith(message)


def test_prints_pause(tmp_path: Path) -> None:
    text = """(module (import "spectest" "print_i32" (func $print (param i32)))
      (func (export "f") (result i32) (call $print (i32.const 1)) (call $print (i32.const 2)) (i32.const 3)))
    (assert_return (invoke "f") (i32.const 3))"""
    found = list(outcomes(script(tmp_path, text), Way("", every=1)))
    assert found[1].pauses == 3
    assert found[1].printed == ("(i32.const 1)", "(i32.const 2)")
    assert found[1].failure is None


def test_a_bound_on_pauses(tmp_path: Path) -> None:
    found = list(outcomes(script(tmp_path, COUNTING), Way("", every=1, most=4)))
    assert [outcome.pauses for outcome in found] == [0, 4, 3, 0]
    assert [outcome.notes for outcome in found] == [(), ("4 pauses, then none",), (), ()]
    assert found[1].failure is None


def command(*arguments: str) -> tuple[int, list[str]]:
    run = subprocess.run([sys.executable, official.__file__, *arguments], capture_output=True, text=True, timeout=100)
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


def test_command_line(tmp_path: Path) -> None:
    """It exits with 1 if anything differs, as where the frames' memory is too small."""
    deep = """(module (func $f (export "f") (param i64)
      (if (i64.ne (local.get 0) (i64.const 0)) (then (call $f (i64.sub (local.get 0) (i64.const 1)))))))
    (invoke "f" (i64.const 6000))"""
    script(tmp_path, deep)
    code, lines = command("--testsuite", str(tmp_path), "--every", "3", "--never")
    assert code == 0
    assert lines[1].split() == ["script.wast", "2", "2", "2", "0", "2", "2,001"]
    assert lines[-1].startswith("differences: 0, ")
    code, lines = command("--testsuite", str(tmp_path), "--every", "1000", "--pages", "1", "script.*")
    assert code == 1
    assert lines[2].startswith("    script.wast:3: every 1000: state 1 after wasm trap: wasm `unreachable`")
    assert lines[-1].startswith("differences: 1, ")
    script(tmp_path, '(module (func (export "f") (loop (br 0)))) (invoke "f")')
    code, lines = command("--testsuite", str(tmp_path), "--timeout", "1")
    assert code == 1
    assert lines[2] == "    script.wast:0: every 1: directly: not done in 1.0 s"
