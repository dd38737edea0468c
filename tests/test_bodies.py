"""What is wrong in a function's body is said with its place; deep nests do not outgrow their text."""

from __future__ import annotations

import pytest

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.options import REWIND

HEAD = """(module
  (import "env" "sleep" (func $sleep (result i32)))
  (type $t (struct (field i32)))
  (func"""


@pytest.mark.parametrize("rewind", REWIND)
@pytest.mark.parametrize(
    ("code", "wrong", "message"),
    [
        ("(drop (i32.add {} (call $sleep)))", "(struct.get $t (ref.null $t))", "struct.get lacks its field"),
        ("(drop (i32.add {} (call $sleep)))", "(table.get (i32.const 0))", "the type of a value that is alive"),
        ("(drop (i32.add {} (call $sleep)))", "(ref.func $none)", "unknown function $none"),
        ("(drop (i32.add (block {} (result i32) (i32.const 1)) (call $sleep)))", "(param $x)", "unknown type"),
        ("(drop (i32.add {} (call $sleep)))", "(block (result i99) (i32.const 1))", "the type of a value that is"),
        ("(drop (select {} (ref.null $t) (call $sleep)))", "(ref.cast (ref.null $t))", "ref.cast lacks a type"),
        ("(drop (select {} (ref.null $t) (call $sleep)))", "(ref.cast (ref) (ref.null $t))", "ref.cast lacks a type"),
        ("(drop (select {} (ref.null $t) (call $sleep)))", "(ref.cast (ref null))", "ref.cast lacks operands"),
        ("(drop (select {} (ref.null $t) (call $sleep)))", "(ref.null)", "ref.null without a type"),
        (
            "(block $b (result anyref) (drop (i32.add {} (call $sleep))) (unreachable)) drop",
            "(br_on_cast $b anyref (ref.null $t))", "br_on_cast lacks a type",
        ),
        ("(drop (call $sleep)) (call_indirect {} (i32.const 0))", "(type)", "unknown type"),
        ("(drop (call $sleep)) nop (ref $t) {}", "0", "a word that belongs to no instruction"),
        ("(drop (call $sleep)) (if (i32.const 1) (then) (else) {})", "(else)", "unexpected (else"),
        ("(drop (call $sleep)) i32.const 0 i32.eqz drop i64.const 1 i32.wrap/i64 drop nop\n{}", "drop", "drop lacks"),
        ("(if (i32.const 1) (drop (i32.wrap/i64 (i64.const 1) )) (drop (call $sleep)) ) {}", "(drop)", "drop lacks"),
        ("(if (call $sleep) (then) {} (else))", "(nop)", "an instruction outside of (then"),
        ("(if (call $sleep) (then) (else (drop (call $sleep))) {})", "(block)", "an instruction outside of (then"),
        ("(try {} (do (drop (call $sleep))))", "(nop)", "an instruction outside of (then"),
        ("(try (do (drop (call $sleep))) {})", "(do (nop))", "unexpected (do"),
        ("(try (do (drop (call $sleep)) {}))", "(do)", "unexpected do"),
        ("(ref $t) {} (drop (call $sleep))", "0", "a word that belongs to no instruction"),
        ("(loop $l (br $l)) (drop (call $sleep)) (ref\n $t) {} (nop)", "0", "a word that belongs to no instruction"),
    ],
)  # fmt: skip
def test_place_of_what_is_wrong(code: str, wrong: str, message: str, rewind: str) -> None:
    with pytest.raises(WatError) as error:
        rewrite(f"{HEAD} {code.format(wrong)}))", rewind=rewind)
    assert error.value.message.startswith(message)
    assert error.value.offset == len(f"{HEAD} ") + code.index("{}")


@pytest.mark.parametrize("type_", ["", "i99", "()"])
def test_type_of_a_local(type_: str) -> None:
    with pytest.raises(WatError, match=r"without a type|unknown type") as error:
        rewrite(f"{HEAD} (local $x {type_}) (local.set $x (call $sleep)) (drop (call $sleep)) (drop (local.get $x))))")
    assert error.value.offset == HEAD.index("(func", HEAD.index("(type"))


@pytest.mark.parametrize("rewind", REWIND)
def test_deep_nests_that_are_guarded(rewind: str) -> None:
    """Twice as deep, the output is twice as long."""

    def length(depth: int) -> int:
        code = "(block (result (ref $t)) " * depth + "(struct.new $t (call $sleep))" + ")" * depth
        return len(rewrite(f"{HEAD} (drop {code})))", rewind=rewind))

    assert length(800) < 2.1 * length(400)


def test_many_sets_of_live_locals() -> None:
    """Twice as many calls, each with other live locals, give twice the output, with a twin too."""

    def length(count: int) -> int:
        names = [f"$v{number}" for number in range(count)]
        locals_ = "".join(f"(local {name} i32)" for name in names)
        sets = "".join(f"(local.set {name} (call $sleep))" for name in names)
        gets = "".join(f"(drop (i32.add (call $sleep) (local.get {name})))" for name in names)
        return len(rewrite(f"{HEAD} {locals_} {sets} {gets}))", optimize="speed", twins="*"))

    assert length(200) < 2.5 * length(100)


def test_many_locals_at_many_landings() -> None:
    """Where an engine would need minutes for the jumps, a function is rewound by skipping."""

    def output(count: int) -> str:
        names = " ".join(f"(local $v{i} i32)" for i in range(count))
        sets = " ".join(f"(local.set $v{i} (call $next))" for i in range(count))
        sums = " ".join(f"(drop (local.get $v{i}))" for i in range(count))
        return rewrite(
            f'(module (import "a" "b" (func $next (result i32))) (func {names} {sets} {sums}))', optimize="size"
        )

    assert "(br_table" in output(300)
    assert "(br_table" not in output(320)
