"""Which functions are instrumented: direct calls, tables, control functions, and the options that change it."""

from __future__ import annotations

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
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


@pytest.mark.parametrize(("fields", "options", "expected"), DIRECT.values(), ids=DIRECT.keys())
def test_direct_calls(fields: list[str], options: dict[str, object], expected: set[str]) -> None:
    """Callers of what can pause, and theirs; nobody else."""
    assert instrumented(module(*fields), **options) == expected


TYPES = ["(type $v (func))", "(type $i (func (param i32)))"]
TABLE = "(table $t 2 funcref)"
PLACED = "(elem (table $t) (i32.const 0) func $sleep)"
INDIRECT = {
    "worst case": ([TABLE, "(func $f (nop) (call_indirect (i32.const 0)))"], {}, {"$f"}),
    "worst case, ignored": ([TABLE, "(func $f (nop) (call_indirect (i32.const 0)))"], {"ignore_indirect": True}, set()),
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
