"""The plan of a function says how it is rewritten: its calls and where they are, its frame, its new locals."""

from __future__ import annotations

from typing import Any

import pytest

from wat_bysyncify import rewrite
from wat_bysyncify.instrument import Options
from wat_bysyncify.instrument.framecode import FrameCode
from wat_bysyncify.instrument.function import rewrite_function
from wat_bysyncify.instrument.helpers import divided
from wat_bysyncify.instrument.parts import take_apart
from wat_bysyncify.instrument.plan import Plan
from wat_bysyncify.instrument.rewrite import read_program
from wat_bysyncify.instrument.shape import Shapes
from wat_bysyncify.sexpr.nodes import tokens

TEXT = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func $main (param $x i32) (result i64) (local $y i64)
    (local.set $y (i64.const 1))
    (loop $again
      (br_if $again (i32.sub (i32.load (local.get $x)) (call $sleep (i32.const 1)))))
    ;; a comment
    call $other
    (local.get $y))
  (func $other
    (drop (call $sleep (i32.const 2))))
  (memory 1)
)"""


def planned(number: int, text: str = TEXT, **given: Any) -> tuple[Plan | None, list[str]]:
    """The plan of a function of the module, and what stands in the text where it says that the calls are."""
    program = read_program(text, Options(**given), mapped=True)
    func = program.module.func(number)
    found = rewrite_function(func, "  ", program).map
    plan = found.plan if found else None
    parts = take_apart(func, program, instrumented=True)
    offsets = [parts.offset(call.start) for call in parts.body.calls] if plan else []
    return plan, [text[offset : offset + 12] for offset in offsets if offset is not None]


def frame(plan: Plan) -> list[tuple[str, str]]:
    """The locals of a frame, the first saved first."""
    return [(local.name, local.type) for group in plan.frame.groups for local in group.locals]


def test_skip() -> None:
    plan, places = planned(1)
    assert plan and plan.form == "skip" and plan.numbered
    assert places == ["(call $sleep", "call $other\n"]
    assert [(call.number, call.callee) for call in plan.calls] == [(0, "$sleep"), (1, "$other")]
    assert plan.counter == "$call"
    assert plan.temps == (("$value_i32", "i32"), ("$value_i32_2", "i32"))
    assert frame(plan) == [("$value_i32", "i32"), ("$y", "i64"), ("$x", "i32"), ("$call", "i32")]
    assert plan.placeholders == ("(i64.const 0)",)


def test_jump() -> None:
    """The number of the call is the first of the frame; no local holds it where jumps inside loops have one goal."""
    plan, places = planned(1, rewind="jump")
    assert plan and plan.form == "jump" and plan.numbered and plan.frame.number_first
    assert places == ["(call $sleep", "call $other\n"]
    assert [call.number for call in plan.calls] == [0, 1]
    assert not plan.counter
    assert {call.exit for call in plan.calls} == {*plan.exits}
    assert [(each.alive, each.number) for each in plan.exits] == [(-1, None)]


def test_one_call() -> None:
    plan, places = planned(2, rewind="jump")
    assert plan and not plan.numbered and not frame(plan) and not plan.counter
    assert places == ["(call $sleep"]


LOOP = """(module
  (import "env" "sleep" (func $sleep))
  (func $main
    (loop $again
      (call $sleep)
      (call $sleep)
      (br $again))))"""


def test_several_calls_in_a_loop() -> None:
    """A jump goes on inside the loop by the number, which is in a local."""
    plan, _ = planned(1, LOOP, rewind="jump")
    assert plan and plan.counter == "$call"


@pytest.mark.parametrize("values", [6, 7])
def test_own_code_for_small_frames(values: int) -> None:
    """Made for speed, a function saves a small frame itself. What saves a large one takes all at once; what restores it
    takes the number of the call apart from the others, and last."""
    names = [f"$x{number}" for number in range(values - 1)]
    used = " ".join(f"(drop (local.get {name}))" for name in names)
    given = " ".join(f"(param {name} i32)" for name in names)
    text = f"""(module (import "env" "sleep" (func $sleep)) (memory 1)
      (func $main {given} (call $sleep) {used} (call $sleep) {used}))"""
    plan, _ = planned(1, text, rewind="jump", optimize="speed")
    assert plan and plan.numbered
    small = values == 6
    assert bool(plan.frame.inline) == small
    code = FrameCode(plan, lambda verb, *types: f"${verb}_{len(types)}")
    assert ("(call $pop_6)" in code.restores()) == (not small)
    assert (code.number() == "(call $restore_1)") == (not small)
    assert any("(call $save_7" in line for line in code.saves(-1, "", "")[0]) == (not small)


def test_shared_helpers() -> None:
    """What few functions call leaves its work to what many call, and to what takes up to four values of one type; what
    must leave the number of a call below the others does not."""
    seven = ("i32",) * 7
    few = [("save", *seven, "f64"), ("pop", *seven, "f64"), ("restore", *seven), ("pop", "i64", "i64", "i64")]
    many = {("save", *seven): 8, **dict.fromkeys(few, 7)}
    few += [(verb, *seven, *types) for verb in ("save", "pop") for types in (("f32",), ("f64", "f64"), ("f64", "f32"))]
    found = divided({**many, **dict.fromkeys(few, 7)})
    assert found["save", *seven] == found["restore", *seven] == []
    assert found["save", *seven, "f64"] == [("save", *seven), ("save", "f64")]
    assert found["pop", *seven, "f64"] == [
        ("pop", "i32", "i32", "i32", "i32"),
        ("pop", "i32", "i32"),
        ("restore", "i32"),
        ("restore", "f64"),
    ]
    assert found["pop", "i64", "i64", "i64"] == [("pop", "i64", "i64"), ("restore", "i64")]
    assert found["pop", "i64", "i64"] == found["restore", "i64"] == []
    alone = {("save", *seven): 1, ("pop", *seven[1:]): 1}
    assert divided(alone) == {helper: [] for helper in alone}  # parts would be larger


def test_numbers_on_the_way_out() -> None:
    """Where an exit does not know its call, what runs brings 5000 more than the number; the twin brings that."""
    text = """(module (import "env" "sleep" (func $sleep)) (memory 1)
      (func $main (param $x i32) (loop (call $sleep) (call $sleep) (br_if 0 (local.get $x)))))"""
    out = rewrite(text, rewind="jump", optimize="speed", twins=("main",))
    assert [out.count(f"(br $unwind (i32.const {number}))") for number in (0, 1, 5000, 5001)] == [0, 0, 1, 1]
    assert out.count("(i32.sub (i32.const 5000))") == 1


def test_straight() -> None:
    """With a twin, which has one exit for all, each set of live locals has one of its own, which knows its call."""
    plan, _ = planned(1, rewind="jump", optimize="speed", twins=("*",))
    assert plan and plan.form == "straight" and plan.twin and plan.twin.id == "$main_rewind"
    assert [call.exit for call in plan.calls] == [*plan.exits]
    assert [(each.alive, each.number) for each in plan.exits] == [(call.alive, call.number) for call in plan.calls]
    twin = plan.twin.plan
    assert twin.form == "jump" and twin.twin is None
    assert [(each.alive, each.number) for each in twin.exits] == [(-1, None)]


QUIET = """(module
  (import "env" "sleep" (func $sleep))
  (func $main (param $a i32) (param $b i32) (param $c i32) (param $d i32)
    (param $e i32) (param $f i32) (param $g i32) (param $h i32) (result i32)
    (call $sleep)
    (local.set $a (i32.add (local.get $a) (i32.add (local.get $b) (i32.add (local.get $c) (i32.add (local.get $d)
      (i32.add (local.get $e) (i32.add (local.get $f) (i32.add (local.get $g) (local.get $h)))))))))
    (loop $one (br_if $one (i32.and (local.tee $a (i32.add (local.get $a) (i32.const 1))) (i32.const 1))))
    (loop $two (br_if $two (i32.and (local.tee $a (i32.add (local.get $a) (i32.const 3))) (i32.const 4))))
    (call $sleep)
    (local.get $a))
  (memory 1)
)"""


@pytest.mark.parametrize(
    ("text", "optimize", "exits"),
    [
        (QUIET, "speed", [(0xFF, 1), (1, 0)]),
        (QUIET, "size", [(-1, None)]),
        (QUIET.replace("(loop $two", "(loop $two (call $sleep)"), "speed", [(-1, None)]),
    ],
)
def test_exits(text: str, optimize: str, exits: list[tuple[int, int | None]]) -> None:
    """Made for speed, sets of live locals have exits of their own for the sake of loops in which nothing pauses."""
    plan, _ = planned(1, text, rewind="jump", optimize=optimize)
    assert plan and plan.form == "jump"
    assert [(each.alive, each.number) for each in plan.exits] == exits


def test_without_a_plan() -> None:
    """A function that does nothing but the call of one that restores its own parameters need not know of pauses."""
    text = TEXT.replace("(drop (call $sleep (i32.const 2)))", "(drop (call $main (i32.const 2)))")
    program = read_program(text, Options(optimize="size", rewind="jump"), mapped=True)
    func = program.module.func(2)
    found = rewrite_function(func, "  ", program)
    assert found.map and found.map.plan is None
    # It tells, as what it calls does, that it has paused.
    assert found.text.replace("(func $other (result i32)", "(func $other") == "".join(tokens([func.node]))


@pytest.mark.parametrize("locals_", ["(local (ref null $f))" * 1000, f"(local{' i32' * 1000})", "(local i32)" * 1000])
def test_what_skips_tells_nothing(locals_: str) -> None:
    """Too many locals at landings: the function skips, and returns where its text ends."""
    for calls in (90, 110):
        text = f"""(module (type $f (func)) (import "env" "sleep" (func $sleep)) (memory 1)
          (func $many {locals_} {"(call $sleep)" * calls}) (func (export "run") (call $many)))"""
        program = read_program(text, Options(optimize="size", rewind="jump"))
        assert program.telling == ({1} if calls == 90 else set())


def test_header_of_what_tells() -> None:
    """Comments and lines stay."""
    text = """(module (type $t (func (param i32) (result i64))) (import "env" "sleep" (func $sleep)) (memory 1)
  (func $f (;0;) (type ;; of it
    $t) ;; behind
    (param (;p;) i32) (result (;r;)
    i64) ;; last
    (local i32)
    (call $sleep) (call $sleep) (i64.const 1))
  (func (export "run") (drop (call $f (i32.const 1)))))"""
    found = rewrite(text, optimize="size")
    header = found[found.index("(func $f") : found.index("(local")]
    assert header.split() == (
        "(func $f (;0;) ;; of it ;; behind (param (;p;) i32) (;r;) (result i32 i64) ;; last".split()
    )
    assert header.count("\n") == 4


def test_nothing_to_tell() -> None:
    """A function of which there is no more than `(func)` has no result, whatever it is said to do."""
    text = '(module (memory 1) (func $empty) (func (export "run") (call $empty)))'
    program = read_program(text, Options(optimize="size", rewind="jump", add_list=("*",)))
    assert program.pausing.instrumented == {0, 1} and not program.telling


@pytest.mark.parametrize(
    ("body", "tells"),
    [
        ("(call $sleep)", False),
        ("(call $sleep) (local.get 0)", True),
        ("local.get 0 call $value", False),
        ("(call $value (local.get 0))", False),
        ("(call $value ;; with a comment\n (i32.const 1) ;; or two\n )", False),
        ("(call $value (i32.add (local.get 0) (i32.const 1)))", True),
        ("call $sleep local.get 0", True),
        ("(local i32) (call $value (local.get 0)) (drop) (local.get 1)", True),
    ],
)
def test_what_only_calls_tells_what_it_is_told(body: str, tells: bool) -> None:
    """A function that does nothing but the call of an import tells nothing."""
    result = "" if body == "(call $sleep)" else "(result i32)"
    text = f"""(module
      (import "env" "sleep" (func $sleep)) (import "env" "value" (func $value (param i32) (result i32))) (memory 1)
      (func $f (param i32) {result} {body})
      (func (export "run") (param i32) {result} (call $f (local.get 0))))"""
    program = read_program(text, Options(optimize="size", rewind="jump"))
    assert program.telling == ({2} if tells else set())


@pytest.mark.parametrize(("names", "warned"), [("main", True), ("m*", False)])
def test_no_twin_of_what_skips(names: str, warned: bool) -> None:
    """Two blocks have one label: the function is not written twice, and who named it is told so."""
    text = """(module (import "env" "sleep" (func $sleep)) (memory 1)
      (func $main (export "run") (block $a (block $a (call $sleep)) (br $a))))"""
    program = read_program(text, Options(optimize="speed", rewind="jump", twins=(names,)))
    assert not program.twinned
    assert program.called.warnings == warned * [
        "twins: $main has a label twice, or many calls and locals, so it does not jump and is written once"
    ]


@pytest.mark.parametrize("named", [True, False])
def test_twins_count_locals(named: bool) -> None:
    """A local with a name counts as one without."""
    locals_ = "".join(f"(local {f'$x{number} ' if named else ''}i32)" for number in range(50))
    calls = "(drop (call 0 (i32.const 1)))" * 40
    found = {}
    for count in (40, 120):
        text = f"""(module (import "env" "sleep" (func (param i32) (result i32)))
          (func $f {locals_} (loop {calls * (count // 40)}))
          {"(func (drop (i32.const 1)))" * 2000})"""
        found[count] = read_program(text, Options(optimize="speed", rewind="jump")).twinned
    assert found == {40: set(), 120: {1}}


def test_calls_made_again() -> None:
    """Where few functions can pause and this one has two calls at most, what takes its frame back makes those again
    whose operands nobody reads then: calls of functions that restore their own parameters, which can be null."""
    text = """(module (import "env" "sleep" (func $sleep (param i32))) (memory 1)
      (func $f (param $x i32) (param $r funcref)
        (if (local.get $x) (then (call $f (i32.sub (local.get $x) (i32.const 1)) (local.get $r)) (return)))
        (call $sleep (local.get $x)))
      (func $g (param $r (ref func)) (call $sleep (i32.const 1)) (if (i32.const 1) (then (call $g (local.get $r)))))
      (func $h (if (i32.const 1) (then (call $h))) (if (i32.const 1) (then (call $h))) (call $sleep (i32.const 2)))
      (elem declare func $f))"""
    again = {"speed": {"f": ["", "(call $f (i32.const 0) (ref.null func))"]}, "size": {}, None: {}}
    for optimize, expected in again.items():
        for number, name in enumerate("fgh", 1):
            plan, _ = planned(number, text, rewind="jump", optimize=optimize)
            assert plan
            texts = sorted(call.again for call in plan.calls)
            assert texts == expected.get(name, [""] * len(plan.calls))


def test_shape_of_a_delegate() -> None:
    """A try ends with its delegate: what comes behind is in no loop."""
    text = """(module
  (import "env" "sleep" (func $sleep))
  (memory 1)
  (func loop try call $sleep delegate 0 end call $sleep))"""
    shape = Shapes(read_program(text, Options()))[1]
    assert (shape.calls, shape.in_loops) == (2, 1)


def yielding(callers: int) -> str:
    """A module with a function that begins a pause and ends the rewinding, and so many that call it."""
    return f"""(module
  (import "asyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "asyncify" "stop_rewind" (func $stop_rewind))
  (import "asyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  (func $yield (result i32)
    ;; twice
    (if (call $get_state)
      (then
        (call $stop_rewind)
        (return (i32.const 1))))
    (call $start_unwind (i32.const 16))
    (i32.const 0)
  )
{callers * "  (func (result i32) (i32.add (call $yield) (i32.const 1))) (; behind ;)"}
)"""


@pytest.mark.parametrize(
    "callers, options, stays",
    [
        (1, {"optimize": "speed"}, False),
        (8, {"optimize": "speed"}, False),
        (9, {"optimize": "speed"}, True),
        (1, {"optimize": "speed", "annotate": True}, False),
        (1, {"optimize": "size"}, True),
        (1, {}, True),
        (1, {"optimize": "speed", "rewind": "skip"}, True),
        (1, {"optimize": "speed", "asserts": True}, True),
        (1, {"optimize": "speed", "trace": True}, True),
    ],
)
def test_what_begins_a_pause_stands_where_it_is_called(callers: int, options: dict[str, Any], stays: bool) -> None:
    text = rewrite(yielding(callers), **options)
    assert text.count("(call $yield)") == stays * callers
    if not stays:
        said = " ;; what $yield does" if "annotate" in options else ""
        block = f"""(block $end_of_yield (result i32){said}
        (if (global.get $state)
          (then
            (global.set $state (i32.const 0))
            (br $end_of_yield (i32.const 1))))
        (global.set $data (i32.const 16))
        (global.set $state (i32.const 1))
        (i32.const 0)
      )
"""
        assert text.count(block) == callers


def one_caller(yields: str, newline: str = "\n") -> str:
    """A module with a function that begins so, begins a pause, and ends the rewinding, and another that calls it."""
    return f"""(module
  (import "asyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "asyncify" "stop_rewind" (func $stop_rewind))
  (import "asyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  (global $"a\u2028b" (mut i32) (i32.const 0))
  (func $yield {yields}
    (if (call $get_state) (then (call $stop_rewind)) (else (call $start_unwind (i32.const 16)))))
  (func $caller (result i32)
    (call $yield)
    (i32.const 1))
)""".replace("\n", newline)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "yields, options, expected",
    [
        ("", {"annotate": True}, "    (block ;; what $yield does\n      (if (global.get"),
        ("(; a\n b ;)", {"annotate": True}, "    (block ;; what $yield does\n      (if (global.get"),
        (";; says", {}, "    (block\n      (if (global.get"),
        (
            '\n    (global.set $"a\u2028b" (i32.const 1))',
            {},
            '    (block\n      (global.set $"a\u2028b" (i32.const 1))\n',
        ),
        ("\n    (nop) ;; 1\n\n    ;; 2\n    (nop)", {}, "    (block\n      (nop)\n      (nop)\n      (if (global.get"),
    ],
)
def test_lines_of_what_begins_a_pause(yields: str, options: dict[str, Any], expected: str, newline: str) -> None:
    text = rewrite(one_caller(yields, newline), optimize="speed", **options)
    assert expected in text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "yields",
    ["i32.const 1 drop " * 20, "(block (br_table" + " 0" * 50 + " (i32.const 0)))", "(drop (i32.const (; one ;) 1))"],
)
def test_some_code_stays_where_it_is(yields: str) -> None:
    assert "(call $yield)" in rewrite(one_caller(yields), optimize="speed")
