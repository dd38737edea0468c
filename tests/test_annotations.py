"""Annotations stay with what they are about, or go: branch hints as wasmtime's assembler encodes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import wasmtime
from test_spec import modules

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.options import REWIND
from wat_bysyncify.sexpr import parse

IF, BR_IF = 0x04, 0x0D
HINTED = (Path(__file__).parent / "spec" / "branch_hint.wast").read_text()
SLEEP = '(import "env" "sleep" (func $sleep (result i32)))'
HINT = '(@metadata.code.branch_hint "\\01")'


def leb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    at = 8
    while at < len(wasm):
        size, start = leb(wasm, at + 1)
        yield wasm[at], wasm[start : start + size]
        at = start + size


def hints(text: str) -> list[tuple[int, int]]:
    """The opcode at each branch hint of a module, and the hint."""
    bodies: list[bytes] = []
    found: list[tuple[int, int, int]] = []
    for kind, data in sections(bytes(wasmtime.wat2wasm(text))):
        if kind == 10:
            count, at = leb(data, 0)
            for _ in range(count):
                size, at = leb(data, at)
                bodies.append(data[at : at + size])
                at += size
        elif kind == 0 and data[1:].startswith(b"metadata.code.branch_hint"):
            count, at = leb(data, 1 + data[0])
            for _ in range(count):
                function, at = leb(data, at)
                each, at = leb(data, at)
                for _ in range(each):
                    offset, at = leb(data, at)
                    _, at = leb(data, at)
                    found.append((function, offset, data[at]))
                    at += 1
    imported = text.count("(import ")
    return [(bodies[function - imported][offset], hint) for function, offset, hint in found]


@pytest.mark.parametrize("module", modules(HINTED))
def test_hints_are_about_branches(module: str) -> None:
    """Each hint that is left is one of a branch, and says what it said."""
    before, after = hints(module), hints(rewrite(module))
    assert before and {opcode for opcode, _ in before} <= {IF, BR_IF}
    assert after == before


@pytest.mark.parametrize(
    "code",
    [
        "{hint} (if (local.get 0) (then (drop (call $sleep))))",
        "{hint} (if (call $sleep) (then (nop)))",
        "(block $b {hint} (br_if $b (call $sleep)))",
        "(drop (call $sleep)) (block $b\n {hint}\n (br_if $b (local.get 0)))",
        "(local.set 0 (i32.add\n  {hint}\n  (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))\n"
        "  (call $sleep)))",
        "(local.set 0 (i32.add (call $sleep)\n  {hint}\n"
        "  (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))",
        "local.get 0\n {hint}\n if\n call $sleep\n drop\n end",
        "call $sleep\n {hint}\n if\n nop\n end",
        "block\n call $sleep\n {hint}\n br_if 0\n end",
        "(local.set 0\n {hint}\n (if (result i32) (call $sleep) (then (i32.const 1)) (else (call $sleep))))",
        "call $sleep local.get 0 {hint} if call $sleep drop end drop",
        "(block (call $sleep) {hint} br_if 0 nop)",
        "(; {hint} ;)\n (drop (call $sleep)) (; {hint} ;) ;; {hint}\n {hint} ;; {hint}\n (if (local.get 0) (then))",
        "(block {hint} (br_if 0 (call $sleep)))",
    ],
)
def test_hint_stays(code: str) -> None:
    """A hint before an `if` or `br_if` that goes on being one stays right before it."""
    text = f"(module {SLEEP} (func (param i32) {code}))".replace("{hint}", HINT)
    assert hints(rewrite(text)) == hints(text) != []


@pytest.mark.parametrize(
    "code", ["(block (drop (call $sleep)) {hint})", "(block (drop (call $sleep))\n {hint} ) {hint} "]
)
def test_hint_of_nothing(code: str) -> None:
    """A hint before a parenthesis that closes does not keep it from closing."""
    text = f"(module {SLEEP} (func (param i32) {code}))".replace("{hint}", HINT)
    for rewind in REWIND:
        parse(rewrite(text, rewind=rewind))


@pytest.mark.parametrize("before", ["{hint} (if (local.get 0) (then))", "nop {hint} (if (local.get 0) (then))", ""])
def test_place_of_an_error_behind_a_hint(before: str) -> None:
    text = f"(module {SLEEP} (func (param i32) {before} (call $sleep) (local.get 9)))".replace("{hint}", HINT)
    with pytest.raises(WatError, match="unknown local 9") as error:
        rewrite(text)
    assert error.value.offset == text.index("(local.get 9)")


def test_never_beside_a_stand_in() -> None:
    """A tail call that is said not to pause stays, where another of the same import has a function in its place."""
    never = "(@bysyncify.never) (return_call $sleep)"
    text = f"""(module
  (import "env" "sleep" (func $sleep))
  (memory 1)
  (func (export "f") (param i32)
    (if (local.get 0) (then {never}))
    (return_call $sleep)))
"""
    rewritten = rewrite(text)
    assert never in rewritten and "\n    (return_call $call_sleep))\n" in rewritten
