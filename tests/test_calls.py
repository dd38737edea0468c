"""Which functions are instrumented: direct calls, tables, control functions, and the options that change it."""

from __future__ import annotations

import re

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.options import split_list
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import tokens, words

ADDED = ("$bysyncify_", "$asyncify_", "$save_", "$restore_")


def instrumented(text: str, **options: object) -> set[str]:
    """The ids of the functions that can pause in the rewritten text, which must assemble."""
    output = rewrite(text, **options)  # type: ignore[arg-type]
    wasmtime.wat2wasm(output)
    found = set()
    module = next(node for node in parse(output) if isinstance(node, list))
    for node in module:
        if isinstance(node, list) and words(node[0])[0] == "func":
            body = tokens([node])
            if any(words(token)[:2] == ["block", "$unwind"] for token in body):
                found.add(next(word for token in body for word in words(token)[1:2] if word[0] == "$"))
    return found


def module(*fields: str) -> str:
    """A module with an import that may pause, one that hardly does, and fields."""
    imports = ['(import "env" "sleep" (func $sleep))', '(import "env" "log.it" (func $log (param i32)))']
    return "(module\n  " + "\n  ".join([*imports, *fields]) + "\n)\n"


START = '(import "bysyncify" "start_unwind" (func $start_unwind (param i32)))'
STOP = '(import "bysyncify" "stop_unwind" (func $stop_unwind))'
REWIND = '(import "bysyncify" "start_rewind" (func $start_rewind (param i32)))'
DONE = '(import "bysyncify" "stop_rewind" (func $stop_rewind))'
SLEEP = {"imports": "env.sleep"}

DIRECT = {
    "nothing": ([], {}, set()),
    "no call": (["(func $f (drop (i32.const 1)))"], {}, set()),
    "a call": (["(func $f (call $sleep))"], {}, {"$f"}),
    "a flat call": (["(func $f\n    call $sleep)"], {}, {"$f"}),
    "a flat call on the line of its function": (["(func $f call $sleep)"], {}, {"$f"}),
    "by number": (["(func $f (nop) (call 0))"], {}, {"$f"}),
    "by hexadecimal number": (["(func $f (nop) (call 0x0))"], {}, {"$f"}),
    "in a string or a comment": (
        ['(data "call $sleep")', "(func $f (nop) (; call $sleep ;) ;; call $sleep\n )"],
        {},
        set(),
    ),
    "over two lines": (["(func $f (call\n    $sleep))"], {}, {"$f"}),
    "over two lines, with a comment": (["(func $f (call ;; now\n    $sleep))"], {}, {"$f"}),
    "over two lines, flat": (["(func $f (nop) call\n    $sleep)"], {}, {"$f"}),
    "with a comment between": (["(func $f (call (; now ;) $sleep))"], {}, {"$f"}),
    "with an annotation between": (["(func $f (call (@now (call $log)) $sleep))"], {}, {"$f"}),
    "transitive": (
        [
            "(func $f (call $g))",
            "(func $g (call $h))",
            "(func $h (call $sleep))",
            "(func $i (call $j))",
            "(func $j (nop))",
        ],
        {},
        {"$f", "$g", "$h"},
    ),
    "through a function on one line": (["(func $f (nop) (call $g))", "(func $g call $sleep)"], {}, {"$f", "$g"}),
    "a cycle that pauses": (["(func $f (call $g))", "(func $g (call $f) (call $sleep))"], {}, {"$f", "$g"}),
    "a cycle that does not": (["(func $f (call $g))", "(func $g (call $f))"], {}, set()),
    "itself": (["(func $f (call $f) (call $sleep))"], {}, {"$f"}),
    "ignored imports": (["(func $f (call $sleep))"], {"ignore_imports": True}, set()),
    "listed": (["(func $f (call $sleep))", "(func $g (call $log (i32.const 1)))"], SLEEP, {"$f"}),
    "listed by a name with a dot": (
        ["(func $f (call $sleep))", "(func $g (call $log (i32.const 1)))"],
        {"imports": ["env.log.it"]},
        {"$g"},
    ),
    "all of a module": (
        ["(func $f (call $sleep))", "(func $g (call $log (i32.const 1)))"],
        {"imports": "env.*"},
        {"$f", "$g"},
    ),
    "wild in the middle": (
        ["(func $f (call $sleep))", "(func $g (call $log (i32.const 1)))"],
        {"imports": "e*.*.it"},
        {"$g"},
    ),
    "a dot is a dot": (
        ["(func $f (call $sleep))"],
        {"imports": "envxsleep,env?sleep,env.slee,env.sleepy,nv.sleep"},
        set(),
    ),
    "exact beside wild": (
        ["(func $f (call $sleep))", "(func $g (call $log (i32.const 1)))"],
        {"imports": ["env.sleep", "wasi.*"]},
        {"$f"},
    ),
    "an empty list": (["(func $f (call $sleep))"], {"imports": []}, set()),
    "a tail is only a name": (["(func $sleeping (nop))", "(func $f (call $sleeping))"], {}, set()),
}


@pytest.mark.filterwarnings("ignore:.* matches no")
@pytest.mark.parametrize(("fields", "options", "expected"), DIRECT.values(), ids=DIRECT.keys())
def test_direct_calls(fields: list[str], options: dict[str, object], expected: set[str]) -> None:
    """Callers of what can pause, and theirs; nobody else."""
    assert instrumented(module(*fields), **options) == expected


TYPES = ["(type $v (func))", "(type $i (func (param i32)))"]
TABLE = "(table $t 2 funcref)"
SHARED = '(table $t (export "t") 2 funcref)'
PLACED = "(elem (table $t) (i32.const 0) func $sleep)"
INDIRECT = {
    "worst case": ([SHARED, "(func $f (nop) (call_indirect (i32.const 0)))"], {}, {"$f"}),
    "worst case, ignored": (
        [SHARED, "(func $f (nop) (call_indirect (i32.const 0)))"],
        {"ignore_indirect": True},
        set(),
    ),
    "worst case, a table of the module's own": ([TABLE, "(func $f (nop) (call_indirect (i32.const 0)))"], {}, set()),
    "an exported table": ([SHARED, "(func $f (nop) (call_indirect (i32.const 0)))"], SLEEP, {"$f"}),
    "an exported table, closed world": (
        [SHARED, "(func $f (nop) (call_indirect (i32.const 0)))"],
        {**SLEEP, "closed_world": True},
        set(),
    ),
    "an exported table, no import pauses": (
        [SHARED, "(func $f (nop) (call_indirect (i32.const 0)))"],
        {"ignore_imports": True},
        set(),
    ),
    "an imported table": (
        ['(import "env" "t" (table 1 funcref))', "(func $f (nop) (call_indirect (i32.const 0)))"],
        SLEEP,
        {"$f"},
    ),
    "worst case, imports ignored": (
        [TABLE, PLACED, "(func $f (nop) (call_indirect (i32.const 0)))"],
        {"ignore_imports": True},
        set(),
    ),
    "of the type": ([TABLE, PLACED, "(func $f (nop) (call_indirect (i32.const 0)))"], SLEEP, {"$f"}),
    "of the type, ignored": (
        [TABLE, PLACED, "(func $f (nop) (call_indirect (i32.const 0)))"],
        {**SLEEP, "ignore_indirect": True},
        set(),
    ),
    "of the type, by name": (
        [*TYPES, TABLE, PLACED, "(func $f (nop) (call_indirect (type $v) (i32.const 0)))"],
        SLEEP,
        {"$f"},
    ),
    "of the type, by number": (
        [*TYPES, TABLE, PLACED, "(func $f (nop) (call_indirect $t (type 0) (i32.const 0)))"],
        SLEEP,
        {"$f"},
    ),
    "of another type": (
        [*TYPES, TABLE, PLACED, "(func $f (nop) (call_indirect (type $i) (i32.const 1) (i32.const 0)))"],
        SLEEP,
        set(),
    ),
    "flat": ([*TYPES, TABLE, PLACED, "(func $f (nop) i32.const 0 call_indirect (type $v))"], SLEEP, {"$f"}),
    "flat, on one line": ([TABLE, PLACED, "(func $f i32.const 0 call_indirect)"], SLEEP, {"$f"}),
    "flat, before a block": (
        [TABLE, PLACED, "(func $f (nop) i32.const 0 call_indirect block (result i32) i32.const 1 end drop)"],
        SLEEP,
        {"$f"},
    ),
    "over lines": (
        [
            *TYPES,
            TABLE,
            "(func $g (param i32) (call $sleep))",
            "(elem (i32.const 0) $g)",
            "(func $f (call_indirect\n $t (type $i) (i32.const 1) (i32.const 0)))",
        ],
        SLEEP,
        {"$f", "$g"},
    ),
    "through a function": (
        [
            TABLE,
            "(func $g (call $sleep))",
            "(elem (i32.const 0) $g)",
            "(func $f (nop) (call_indirect (i32.const 0)))",
            "(func $h (call $f))",
        ],
        SLEEP,
        {"$f", "$g", "$h"},
    ),
    "not in a table": (
        [
            TABLE,
            "(func $g (call $sleep))",
            "(func $n (nop))",
            "(elem (i32.const 0) func $n)",
            "(func $f (nop) (call_indirect (i32.const 0)))",
        ],
        SLEEP,
        {"$g"},
    ),
    "by reference": (
        [
            TABLE,
            "(func $g (call $sleep))",
            "(elem declare func $g)",
            "(func $f (table.set (i32.const 0) (ref.func $g)) (call_indirect (i32.const 0)))",
        ],
        SLEEP,
        {"$f", "$g"},
    ),
    "call_ref": (
        [
            *TYPES,
            "(func $g (param i32) (call $sleep))",
            "(elem declare func $g)",
            "(func $f (call_ref $i (i32.const 1) (ref.func $g)))",
            "(func $n (elem.drop 0))",
        ],
        SLEEP,
        {"$f", "$g"},
    ),
    "an exported table and an exported function": (
        [
            '(table (export "t") 2 funcref)',
            '(func $g (export "g") (call $sleep))',
            "(func $f (nop) (call_indirect (i32.const 0)))",
        ],
        SLEEP,
        {"$f", "$g"},
    ),
    "exported apart": (
        [
            TABLE,
            "(func $g (call $sleep))",
            "(func $f (nop) (call_indirect (i32.const 0)))",
            '(export "t" (table $t))',
            '(export "g" (func $g))',
        ],
        SLEEP,
        {"$f", "$g"},
    ),
    "an exported function, no exported table": (
        [TABLE, '(func $g (export "g") (call $sleep))', "(func $f (nop) (call_indirect (i32.const 0)))"],
        SLEEP,
        {"$g"},
    ),
}


@pytest.mark.parametrize(("fields", "options", "expected"), INDIRECT.values(), ids=INDIRECT.keys())
def test_indirect_calls(fields: list[str], options: dict[str, object], expected: set[str]) -> None:
    """Calls through tables pause if something of their type can that a table may hold; in the worst case all do."""
    assert instrumented(module(*fields), **options) == expected


def test_call_ref_of_a_nullary_type() -> None:
    """A call_ref has its type among its words, not in a list behind it."""
    fields = ["(func $g (call $sleep))", "(elem declare func $g)", "(func $f (call_ref $v (ref.func $g)))"]
    other = ["(func $n (param i32))", "(elem declare func $n)", "(func $h (call_ref $i (i32.const 1) (ref.func $n)))"]
    assert instrumented(module(*TYPES, *fields, *other), imports="env.sleep") == {"$f", "$g"}


ADD = {
    "by id": ("$f", {"$f"}),
    "by id without its sign": ("f", {"$f"}),
    "by export": ("run", {"$f"}),
    "by export behind it": ("main", {"$f"}),
    "by number": ("3", {"$f"}),
    "by wildcard": ("$*", {"$f"}),
    "of nobody": ("nobody", set()),
    "import": ("$sleep", set()),
}


@pytest.mark.filterwarnings("ignore:.* matches no")
@pytest.mark.parametrize(("added", "expected"), ADD.values(), ids=ADD.keys())
def test_add_list(added: str, expected: set[str]) -> None:
    """Functions that are named are taken as ones that can pause; their calls to others that are pause too."""
    ways = ['(export "main" (func $f))', '(import "bysyncify" "get_state" (func $state (result i32)))']
    text = module(
        *ways, '(func $f (export "run") (nop) (call_indirect (i32.const 0)))', "(func $k (nop) (call $f))", TABLE
    )
    assert instrumented(text, ignore_imports=True, add_list=added) >= expected
    assert "$k" not in instrumented(text, ignore_imports=True, add_list="$f")


def control(*fields: str) -> str:
    return module(START, STOP, REWIND, DONE, "(memory 1)", *fields)


CONTROL = {
    "imports do not pause": (["(func $f (call $sleep))"], {}, set()),
    "imports that are listed do": (["(func $f (call $sleep))"], SLEEP, {"$f"}),
    "top-most, start": (["(func $f (call $g))", "(func $g (call $start_unwind (i32.const 0)))"], {}, {"$f"}),
    "top-most, stop": (["(func $f (call $g))", "(func $g (call $stop_rewind))"], {}, {"$f"}),
    "bottom-most, stop": (
        [
            "(func $f (call $g))",
            "(func $g (call $h) (call $stop_unwind))",
            "(func $h (call $i))",
            "(func $i (call $start_unwind (i32.const 0)))",
        ],
        {},
        {"$h"},
    ),
    "bottom-most, start": (
        [
            "(func $f (call $g))",
            "(func $g (call $start_rewind (i32.const 0)) (call $h))",
            "(func $h (call $i))",
            "(func $i (call $stop_rewind))",
        ],
        {},
        {"$h"},
    ),
    "top and bottom at once": (
        ["(func $f (call $g))", "(func $g (call $start_unwind (i32.const 0)) (call $stop_unwind))"],
        {},
        set(),
    ),
    "the article's": (
        [
            "(func $main (call $log (i32.const 1)) (call $nap))",
            "(func $nap (if (i32.const 1) (then (call $start_unwind (i32.const 16))) (else (call $stop_rewind))))",
            "(func $runtime (call $main) (call $stop_unwind) (call $start_rewind (i32.const 16)) (call $main))",
        ],
        {},
        {"$main"},
    ),
    "through a table": (
        [
            TABLE,
            "(elem (i32.const 0) $nap)",
            "(func $nap (call $start_unwind (i32.const 16)))",
            "(func $f (nop) (call_indirect (i32.const 0)))",
        ],
        {},
        {"$f"},
    ),
    "by number": (["(func $f (call $g))", "(func $g (nop) (call 2 (i32.const 0)))"], {}, {"$f"}),
    "on one line": (["(func $f (call $g))", "(func $g call $stop_rewind)"], {}, {"$f"}),
}


@pytest.mark.parametrize(("fields", "options", "expected"), CONTROL.values(), ids=CONTROL.keys())
def test_control_functions(fields: list[str], options: dict[str, object], expected: set[str]) -> None:
    """Code that begins an unwind or ends a rewind can pause but is not instrumented; code that ends an unwind or begins
    a rewind is where pausing ends."""
    assert instrumented(control(*fields), **options) == expected


@pytest.mark.filterwarnings("ignore:.* matches no")
def test_a_list_that_matches_nothing_leaves_the_text_alone() -> None:
    """The output is the input's lines and, between and behind them, the runtime's."""
    text = module("(memory 1)", "(func $f (call $sleep) ;; now\n    (call $log (i32.const 1)))")
    output = rewrite(text, imports="nobody.nothing")
    remaining = iter(output.splitlines())
    assert all(line in remaining for line in text.splitlines())
    assert "$unwind\n" not in output and "$save_" not in output
    assert instrumented(text, imports="nobody.nothing") == set()


def test_a_chain_of_a_hundred_thousand_calls() -> None:
    """The analysis does not recurse: the first function of a long chain pauses because the last does."""
    length = 100_000
    fields = [f"(func $f{i} (call $f{i + 1}))" for i in range(length)]
    output = rewrite(module(*fields, f"(func $f{length} (call $sleep))", "(func $g (nop))"))
    assert output.count("(block $unwind ") == length + 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("(local $x) (call $sleep)", "a local without a type"),
        ("(try_table (catch) (call $sleep))", "a catch clause without a label"),
        ("(try_table (catch_all) (call $sleep))", "a catch clause without a label"),
        ("(ref.null) (call $sleep) (drop)", "ref.null without a type"),
    ],
)
def test_text_with_something_missing(code: str, message: str) -> None:
    """Bad text is said to be so, whatever is missing."""
    with pytest.raises(WatError, match=message):
        rewrite(f'(module (import "env" "sleep" (func $sleep)) (func {code}))')


PAUSING = "(func $g (call $sleep))"
OTHER = "(func $n (nop))"
TWO = ["(table $t 2 funcref)", "(table $u 2 funcref)"]
THROUGH_T = "(func $f (nop) (call_indirect $t (i32.const 0)))"
THROUGH_U = "(func $h (nop) (call_indirect $u (i32.const 0)))"
IN_U = "(elem (table $u) (i32.const 0) func $g)"
MOVES = {
    "each table by itself": (
        [*TWO, PAUSING, OTHER, IN_U, "(elem (i32.const 0) $n)", THROUGH_T, THROUGH_U],
        {"$g", "$h"},
    ),
    "by number": (
        [*TWO, PAUSING, "(elem 1 (i32.const 0) $g)", THROUGH_T, THROUGH_U],
        {"$g", "$h"},
    ),
    "with the table": (
        ["(table $t funcref (elem $g))", "(table $u funcref (elem $n))", PAUSING, OTHER, THROUGH_T, THROUGH_U],
        {"$f", "$g"},
    ),
    "all elements of a table": (
        ["(table $t 2 (ref null func) (ref.func $g))", "(table $u 2 funcref)", PAUSING, THROUGH_T, THROUGH_U],
        {"$f", "$g"},
    ),
    "expressions": (
        [*TWO, PAUSING, THROUGH_T, THROUGH_U,
         "(elem (table $t) (i32.const 0) funcref (item (ref.func $g)) (ref.null func))"],
        {"$f", "$g"},
    ),
    "a passive segment": ([*TWO, PAUSING, "(elem $e func $g)", THROUGH_T, THROUGH_U], {"$g"}),
    "a declared function": ([*TWO, PAUSING, "(elem declare func $g)", THROUGH_T], {"$g"}),
    "table.init": (
        [*TWO, PAUSING, OTHER, "(elem $e func $g)", "(elem $d func $n)", THROUGH_T, THROUGH_U,
         "(func $m (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)))",
         "(func $k (table.init $u $d (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$f", "$g"},
    ),
    "table.init of the first table": (
        [*TWO, PAUSING, "(elem func $g)", THROUGH_T, THROUGH_U,
         "(func $m (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$f", "$g"},
    ),
    "table.copy": (
        [*TWO, PAUSING, IN_U, THROUGH_T, THROUGH_U,
         "(func $m (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$f", "$g", "$h"},
    ),
    "table.copy the other way": (
        [*TWO, PAUSING, IN_U, THROUGH_T, THROUGH_U,
         "(func $m (table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$g", "$h"},
    ),
    "table.set": (
        [*TWO, PAUSING, "(elem declare func $g)", THROUGH_T, THROUGH_U,
         "(func $m (table.set $t (i32.const 0) (ref.func $g)))"],
        {"$f", "$g"},
    ),
    "table.grow": (
        [*TWO, PAUSING, "(elem declare func $g)", THROUGH_T, THROUGH_U,
         "(func $m (drop (table.grow $u (ref.func $g) (i32.const 1))))"],
        {"$g", "$h"},
    ),
    "table.fill": (
        [*TWO, PAUSING, "(elem declare func $g)", THROUGH_T, THROUGH_U,
         "(func $m (table.fill $u (i32.const 0) (ref.func $g) (i32.const 1)))"],
        {"$g", "$h"},
    ),
    "table.get, and table.set": (
        [*TWO, PAUSING, IN_U, THROUGH_T, THROUGH_U,
         "(func $m (table.set $t (i32.const 0) (table.get $u (i32.const 0))))"],
        {"$f", "$g", "$h"},
    ),
    "a global": (
        [*TWO, PAUSING, "(global $r funcref (ref.func $g))", THROUGH_T,
         "(func $m (table.set $t (i32.const 0) (global.get $r)))"],
        {"$f", "$g"},
    ),
    "a reference that nobody calls": ([*TWO, PAUSING, "(global $r funcref (ref.func $g))", THROUGH_T], {"$g"}),
    "over three tables": (
        [*TWO, "(table $v 2 funcref)", PAUSING, "(elem (table $v) (i32.const 0) func $g)", THROUGH_T,
         "(func $m (table.copy $u $v (i32.const 0) (i32.const 0) (i32.const 1)))",
         "(func $k (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$f", "$g"},
    ),
    "what the host may copy": (
        ['(table $t (export "t") 2 funcref)', '(table $u (export "u") 2 funcref)', PAUSING, IN_U, THROUGH_T],
        {"$f", "$g"},
    ),
    "a global in a segment": (
        [*TWO, PAUSING, "(global $r funcref (ref.func $g))", "(elem $e funcref (item (global.get $r)))", THROUGH_T,
         "(func $m (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)))"],
        {"$f", "$g"},
    ),
    "a global with the table": (
        ["(global $r funcref (ref.func $g))", "(table $t funcref (elem (item (global.get $r))))", PAUSING, THROUGH_T],
        {"$f", "$g"},
    ),
    "a parameter of what the host finds in a table": (
        ["(type $v (func))", '(table (export "t") 1 funcref)', "(elem (i32.const 0) $f)",
         "(func $f (param funcref) (call_ref $v (ref.cast (ref $v) (local.get 0))))"],
        {"$f"},
    ),
    "a parameter of what the host is given": (
        ["(type $v (func))", '(import "env" "give" (func $give (param funcref)))', "(elem declare func $cb)",
         "(global $r (mut funcref) (ref.null func))", "(func $cb (param funcref) (global.set $r (local.get 0)))",
         "(func $m (call $give (ref.func $cb)))",
         '(func $f (call_ref $v (ref.cast (ref $v) (global.get $r))) (drop (i32.const 0)))', '(export "f" (func $f))'],
        {"$f"},
    ),
    "a result of a function of the host": (
        ["(type $v (func))", "(type $r (func (result (ref null $v))))", '(import "env" "t" (table 1 funcref))',
         "(global $k (mut (ref null $v)) (ref.null $v))",
         "(func $h (global.set $k (call_indirect (type $r) (i32.const 0))))",
         "(func $f (call_ref $v (global.get $k)))"],
        {"$f", "$h"},
    ),
    "a parameter of an export": (
        ['(func $f (export "f") (param (ref null $v)) (call_ref $v (local.get 0)))', "(type $v (func))"],
        {"$f"},
    ),
    "a result of an import": (
        ['(func $f (call_ref $v (call $get)))', "(type $v (func))"],
        {"$f"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), MOVES.values(), ids=MOVES.keys())
def test_what_stands_in_which_table(fields: list[str], expected: set[str]) -> None:
    """Functions are followed from where they are put to where they are called, also those of the host."""
    get = '(import "env" "get" (func $get (result (ref null $v))))' if "$get" in str(fields) else ""
    assert instrumented(module(get, *fields), imports="env.sleep") == expected
    if any(word in str(fields) for word in ("export", "import", "$get")):
        assert "$f" not in instrumented(module(get, *fields), imports="env.sleep", closed_world=True)


SUBTYPES = [
    "(type $a (sub (func)))",
    "(type $b (sub $a (func)))",
    "(type $c (func))",
    "(rec (type $x (func)) (type $y (struct (field (ref null $x)))))",
    "(rec (type $x2 (func)) (type $y2 (struct (field $named (ref null $x2)))))",
    "(type $p (func (param (ref null $c))))",
    "(type $q (func (param $c (ref null $c))))",
]
TYPED = {
    "at its own type": ("$b", "$b", True),
    "at a type above": ("$b", "$a", True),
    "at a type below": ("$a", "$b", False),
    "at one that only looks alike": ("$b", "$c", False),
    "at a final one that looks alike": ("$c", "$a", False),
    "in a group": ("$x", "$c", False),
    "in an equal group": ("$x", "$x2", True),
    "with equal parameters": ("$p", "$q", True),
}


@pytest.mark.parametrize(("own", "called", "found"), TYPED.values(), ids=TYPED.keys())
def test_types_of_calls(own: str, called: str, found: bool) -> None:
    """A call finds functions of its type and those below, by the structure of the types and not by their names."""
    given = "(param (ref null $c))" if own == "$p" else ""
    argument = "(ref.null $c)" if own == "$p" else ""
    fields = [f"(func $g (type {own}) {given} (call $sleep))", TABLE, "(elem (i32.const 0) $g)"]
    fields.append(f"(func $f (nop) (call_indirect (type {called}) {argument} (i32.const 0)))")
    assert instrumented(module(*SUBTYPES, *fields), imports="env.sleep") == ({"$f", "$g"} if found else {"$g"})


LISTED = [
    "(func $f (call $g))",
    "(func $g (call $h))",
    "(func $h (call $sleep))",
    "(func $k (nop) (call $f))",
    "(func $m (nop) (call $aab))",
    '(func $a*b (export "x y") (nop) (call_indirect (i32.const 0)))',
    "(func $aab (nop) (call_indirect (i32.const 0)))",
    TABLE,
]
LISTS = {
    "remove": ({"remove_list": "$g"}, {"$h"}),
    "remove by pattern": ({"remove_list": "$*"}, set()),
    "only": ({"only_list": "h,f"}, {"$h"}),  # no call in $f can pause
    "only, with indirect calls": ({"only_list": ["$h", "aab"]}, {"$h", "$aab"}),
    "only nothing": ({"only_list": []}, set()),
    "add": ({"imports": [], "add_list": "aab"}, {"$aab"}),
    "add, and callers": ({"imports": [], "add_list": "aab", "propagate_add_list": True}, {"$aab", "$m"}),
    "a name with a star": ({"imports": [], "add_list": "$a*b"}, {"$a*b"}),
    "a pattern": ({"imports": [], "add_list": "a*"}, {"$a*b", "$aab"}),
    "an export with a space": ({"imports": [], "add_list": "x y"}, {"$a*b"}),
}


@pytest.mark.parametrize(("options", "expected"), LISTS.values(), ids=LISTS.keys())
def test_lists(options: dict[str, object], expected: set[str]) -> None:
    """Lists say what pauses and what does not, by names first and then by patterns."""
    assert instrumented(module(*LISTED), **options) == expected


UNMATCHED = {
    "import": ({"imports": "env.slep"}, "imports: 'env.slep' matches no imported function"),
    "pattern of imports": ({"imports": "env.sleep,wasi*.*"}, "imports: 'wasi*.*' matches no imported function"),
    "add": ({"add_list": "nobody"}, "add-list: 'nobody' matches no function of the module"),
    "add an import": ({"add_list": "$sleep"}, "add-list: '$sleep' matches no function of the module"),
    "remove": ({"remove_list": "$n*body"}, "remove-list: '$n*body' matches no function of the module"),
    "only": ({"only_list": "h,nobody"}, "only-list: 'nobody' matches no function of the module"),
    "twins": ({"twins": "nobody", "optimize": "speed"}, "twins: 'nobody' matches no function of the module"),
}


@pytest.mark.parametrize(("options", "message"), UNMATCHED.values(), ids=UNMATCHED.keys())
def test_entries_that_match_nothing(options: dict[str, object], message: str) -> None:
    """Each is reported, and the module is rewritten all the same."""
    with pytest.warns(UserWarning, match=re.escape(message)) as warned:
        rewrite(module(*LISTED), **options)
    assert len(warned) == 1


@pytest.mark.parametrize(
    "options",
    [{"add_list": "g", "remove_list": "f,g"}, {"add_list": "$*", "remove_list": "3"}],
)
def test_a_function_both_added_and_removed(options: dict[str, object]) -> None:
    text = module(*LISTED)
    with pytest.raises(WatError, match=r"\$g is said to pause, and not to") as caught:
        rewrite(text, **options)
    assert text[caught.value.offset :].startswith("(func $g")


@pytest.mark.parametrize("other", ["add_list", "remove_list"])
def test_the_only_list_and_another(other: str) -> None:
    with pytest.raises(ValueError, match=f"only_list and {other} exclude each other"):
        rewrite(module(*LISTED), only_list="f", **{other: "g"})


def test_commas_in_names() -> None:
    """Brackets hold a name together, as those of C++ do; without a partner they are letters."""
    assert split_list("f(int, char), g<a, b>::h,,k") == ("f(int, char)", "g<a, b>::h", "k")
    assert split_list("operator<, g\n  h(x, y)\n") == ("operator<", "g", "h(x, y)")


ANNOTATED = {
    "a function": (
        ["(func $k (call $g))", "(@bysyncify.pauses)\n  (func $g (nop) (call_indirect (i32.const 0)))", TABLE],
        {"imports": []},
        {"$g"},
    ),
    "a function that never does": (["(func $f (call $g))", "(@bysyncify.never) (func $g (call $sleep))"], {}, set()),
    "behind a comment": (["(func $f (call $g))", "(; (@ ;) (@bysyncify.never) (func $g (call $sleep))"], {}, set()),
    "in a comment": (
        ["(func $f (nop))", ";; (@bysyncify.pauses)\n  (func $g (call $log (i32.const 1)))"],
        SLEEP,
        set(),
    ),
    "an import": (
        ['(@bysyncify.pauses) (import "env" "nap" (func $nap))', "(func $f (call $nap))", "(func $g (call $sleep))"],
        {"imports": []},
        {"$f"},
    ),
    "an import that never does": (
        ['(@bysyncify.never) (import "env" "now" (func $now))', "(func $f (call $now))", "(func $g (call $sleep))"],
        {},
        {"$g"},
    ),
    "an import, and the only ones": (
        ['(@bysyncify.pauses) (import "env" "nap" (func $nap))', "(func $f (call $nap))", "(func $g (call $nap))"],
        {"only_list": "f"},
        {"$f"},
    ),
    "a call": (["(func $f (nop) (@bysyncify.pauses) (call $n))", "(func $k (call $f))", "(func $n)"], {}, {"$f", "$k"}),
    "a call that never does": (["(func $f (nop) (@bysyncify.never) (call $sleep))", "(func $k (call $f))"], {}, set()),
    "one call of two": (["(func $f (nop) (@bysyncify.never) (call $sleep) (call $sleep))"], {}, {"$f"}),
    "a flat call": (["(func $f (nop)\n (@bysyncify.never) call $sleep\n nop)"], {}, set()),
    "an indirect call": (
        [SHARED, "(func $f (nop) (@bysyncify.never) (call_indirect (i32.const 0)))"],
        {},
        set(),
    ),
    "an indirect call that pauses": (
        [TABLE, "(func $f (nop) (@bysyncify.pauses) (call_indirect (i32.const 0)))"],
        {},
        {"$f"},
    ),
    "the first call of a body": (["(func $f (@bysyncify.never) (call $sleep))"], {}, set()),
    "with a branch hint": (
        ['(func $f (nop) (@metadata.code.trace_inst "a") (@bysyncify.never) (call $sleep))'],
        {},
        set(),
    ),
}


@pytest.mark.parametrize(("fields", "options", "expected"), ANNOTATED.values(), ids=ANNOTATED.keys())
def test_annotations_in_the_text(fields: list[str], options: dict[str, object], expected: set[str]) -> None:
    """The text itself can say what pauses: before a function, an import or a call. What it says stays in it."""
    text = module(*fields)
    assert instrumented(text, **options) == expected
    assert rewrite(text, **options).count("(@bysyncify.") == text.count("(@bysyncify.")


@pytest.mark.parametrize(
    ("fields", "message", "place"),
    [
        (["(@bysyncify.sometimes)\n (func $f)"], "means nothing", "(@bysyncify.sometimes"),
        (["(func $f (nop) (@bysyncify.sometimes) (call $sleep))"], "means nothing", "(@bysyncify.sometimes"),
        (["(func $f (nop) (@bysyncify.pauses) (nop))"], "can stand before", "(@bysyncify.pauses"),
        (["(@bysyncify.never) (memory 1)"], "can stand before", "(@bysyncify.never"),
        (["(@bysyncify.never) (@bysyncify.pauses) (func $f)"], "means nothing", "(@bysyncify.never"),
    ],
)
def test_annotations_out_of_place(fields: list[str], message: str, place: str) -> None:
    text = module(*fields)
    with pytest.raises(WatError, match=message) as caught:
        rewrite(text)
    assert text[caught.value.offset :].startswith(place)


def test_an_annotation_against_a_list() -> None:
    with pytest.raises(WatError, match=r"\$f is said to pause, and not to"):
        rewrite(module("(@bysyncify.pauses) (func $f)"), remove_list="f")


@pytest.mark.parametrize(
    "fields",
    [
        ["(table funcref (elem $start_unwind))"],
        ["(type $w (func (param i32)))", "(elem declare func $start_unwind)",
         "(func $f (call_ref $w (i32.const 16) (ref.func $start_unwind)))"],
    ],
)  # fmt: skip
def test_references_to_control_functions(fields: list[str]) -> None:
    """Who calls them must be known: calls through references are refused by name and position."""
    text = control(*fields)
    with pytest.raises(WatError, match="a control function is called by its name") as caught:
        rewrite(text)
    assert text[caught.value.offset :].startswith('(import "bysyncify" "start_unwind"')
