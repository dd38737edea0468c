"""Checks that fail (--asserts): what wat-shell says, by the name of the function."""

from __future__ import annotations

import pytest

from wat_bysyncify import rewrite
from wat_bysyncify.failures import sentence
from wat_bysyncify.script.run import Script

PAUSES = """(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (memory 1)
  (data (i32.const 16) "\\18\\00\\00\\00\\00\\01\\00\\00")
  (func $pause (call $start_unwind (i32.const 16)))
  (func $parse (call $pause))
  (func (export "main") (call $parse))
  (func (export "again") (unreachable)))"""


def said(script: str) -> list[str]:
    return [failure.message for failure in Script(script).run()]


def test_a_check_names_the_function() -> None:
    text = rewrite(PAUSES, asserts=True, remove_list="$parse")
    first, second = said(f'{text} (invoke "main") (invoke "again")')
    assert first == (
        "wasm trap: wasm `unreachable` instruction executed: `$parse` was paused through, but is not instrumented, or "
        "this call of it is taken not to pause: add it to the list, or the import that paused to the imports"
    )
    assert second.startswith("wasm trap: wasm `unreachable` instruction executed") and "$parse" not in second
    assert "`$parse` was paused through" in said(f'{text} (assert_return (invoke "main"))')[0]
    assert said(f'{text} (assert_trap (invoke "main") "unreachable")') == []
    plain = '(module (func (export "main") (unreachable)))'
    assert said(f'{plain} (invoke "main")') == ["wasm trap: wasm `unreachable` instruction executed"]


def test_a_control_function_out_of_turn() -> None:
    text = rewrite(PAUSES, asserts=True)
    assert "`stop_rewind` was called out of turn" in said(f'{text} (invoke "bysyncify_stop_rewind")')[0]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((1, 3), "`function 3` was paused through"),
        ((1, 3, "$f", 12), "`$f` (line 12) was paused through"),
        ((2, 0, "$f"), "`$f` was called while the stack was unwound or rewound"),
        ((3, -2), "`start_unwind` was called out of turn"),
        ((4, 0, "$f"), "the frame that `$f` was to take back is another function's"),
        ((5, 0, "$f"), "says a call that it does not have"),
        ((9, -1), "`a function` failed a check"),
    ],
)
def test_sentences(arguments: tuple[int, int], found: str) -> None:
    assert found in sentence(*arguments)
