"""Text of 2019 becomes today's, today's stays as it is, and control imports become functions of the module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.instructions import OLD_NAMES, OLD_TYPES
from wat_bysyncify.instrument.modernize import HINTS, modernize
from wat_bysyncify.sexpr import parse, print_nodes
from wat_bysyncify.sexpr.nodes import words

TREE = Path(__file__).parents[1]
TESTSUITE = TREE.parent / "shared" / "testsuite"


def modern(text: str) -> str:
    return print_nodes(modernize(parse(text), text)[0])


# ----- names


@pytest.mark.parametrize("old", sorted({**OLD_NAMES, **OLD_TYPES}))
def test_every_old_name_is_seen_and_replaced(old: str) -> None:
    """Each holds a hint, and is replaced where it is a word: not in an id, a string, a comment."""
    new = {**OLD_NAMES, **OLD_TYPES}[old]
    assert any(hint in old for hint in HINTS)
    text = f'(module (func ${old} (@{old}) (; {old} ;) ({old} 0) {old} ;; {old}\n) (data "{old}"))'
    assert modern(text) == f'(module (func ${old} (@{old}) (; {old} ;) ({new} 0) {new} ;; {old}\n) (data "{old}"))'


# ----- ifs

IFS = {
    "one arm": ("(if (a) (b))", "(if (a) (then (b)))"),
    "two arms": ("(if (a) (b) (c))", "(if (a) (then (b)) (else (c)))"),
    "arms that are lists": ("(if (a) (b (c)) (d (e)))", "(if (a) (then (b (c))) (else (d (e))))"),
    "nested": (
        "(if (a) (if (b) (c)) (if (d) (e) (f)))",
        "(if (a) (then (if (b) (then (c)))) (else (if (d) (then (e)) (else (f)))))",
    ),
    "in the condition": (
        "(if (if (result i32) (a) (b) (c)) (d))",
        "(if (if (result i32) (a) (then (b)) (else (c))) (then (d)))",
    ),
    "with a label": ("(if $l (a) (br $l))", "(if $l (a) (then (br $l)))"),
    "with results": ("(if $l (result i32) (a) (b) (c))", "(if $l (result i32) (a) (then (b)) (else (c)))"),
    "with a type": ("(if (type $t) (a) (b))", "(if (type $t) (a) (then (b)))"),
    "comments": (
        "(if ;; 1\n (a) ;; 2\n (b) ;; 3\n (c) (; 4 ;) ;; 5\n)",
        "(if ;; 1\n (a) ;; 2\n (then (b)) ;; 3\n (else (c)) (; 4 ;) ;; 5\n)",
    ),
    "beside new ones": ("(if (a) (then (b)) (else (if (c) (d))))", "(if (a) (then (b)) (else (if (c) (then (d)))))"),
    "in an operand": (
        "(drop (i32.add (if (result i32) (a) (b) (c)) (d)))",
        "(drop (i32.add (if (result i32) (a) (then (b)) (else (c))) (d)))",
    ),
}


@pytest.mark.parametrize(("old", "new"), IFS.values(), ids=IFS.keys())
def test_arms_of_an_if_get_their_words(old: str, new: str) -> None:
    """White space and comments stay; what is new already stays; doing it again changes nothing."""
    wrapped = "(module (func {}))"
    assert modern(wrapped.format(old)) == wrapped.format(new)
    assert modern(wrapped.format(new)) == wrapped.format(new)


def test_an_if_with_a_wrong_number_of_arms_is_refused() -> None:
    """At its own place."""
    text = "(module\n  (func\n    (if (i32.const 1))))"
    with pytest.raises(WatError) as raised:
        rewrite(text)
    assert raised.value.report(text, "f").startswith("f:3:5: error: an if needs a condition and one or two arms\n")


# ----- imports

LATE = {
    "behind a memory": (
        '(module (memory 1)\n  (import "a" "b" (func $f)) ;; f\n  (func $g))',
        '(module (import "a" "b" (func $f)) ;; f\n  (memory 1)\n  (func $g))',
    ),
    "in their order": (
        '(module (func $f) (import "a" "b" (func $g)) (import "a" "c" (func $h)) )',
        '(module (import "a" "b" (func $g)) (import "a" "c" (func $h)) (func $f) )',
    ),
    "inline": ('(module (func $f) (func $g (import "a" "b")) )', '(module (func $g (import "a" "b")) (func $f) )'),
    "types stay": (
        '(module (type $t (func)) (memory 1) (import "a" "b" (func $f (type $t))) )',
        '(module (type $t (func)) (import "a" "b" (func $f (type $t))) (memory 1) )',
    ),
    "numbers of another kind": (
        '(module (memory 1) (import "a" "b" (func)) (func (call 0)))',
        '(module (import "a" "b" (func)) (memory 1) (func (call 0)))',
    ),
}


@pytest.mark.parametrize(("old", "new"), LATE.values(), ids=LATE.keys())
def test_late_imports_move_to_the_front(old: str, new: str) -> None:
    """Before the first definition, in their order, with the comments behind them."""
    assert modern(old) == new
    assert modern(new) == new
    wasmtime.wat2wasm(rewrite(old, ignore_imports=True))


def test_a_late_import_does_not_swallow_what_it_moves_before() -> None:
    """A comment at the end of the text has no line end; behind the import, in front of others, it must have one."""
    text = '(memory (export "f") 1)\n(import "a" "b" (func $g)) ;; g'
    output = rewrite(text, ignore_imports=True)
    exported = wasmtime.Module(wasmtime.Engine(), output).exports
    assert "f" in [each.name for each in exported]


REFUSED = {
    "call": "(func $f (nop) (call 0))",
    "return_call": "(func $f (nop) (return_call 0))",
    "call over lines": "(func $f (call\n0))",
    "export": '(func $f) (export "f" (func 0))',
    "start": "(func $f) (start 0)",
    "reference": "(func $f (drop (ref.func 0)))",
    "elements": "(table 1 funcref) (func $f) (elem (i32.const 0) 0)",
    "elements, listed": "(table 1 funcref) (func $f) (elem (i32.const 0) func 0)",
    "elements, declared": "(func $f) (elem declare func 0)",
    "elements in a table": "(func $f) (table funcref (elem 0))",
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
def test_late_imports_with_numbers_are_refused(fields: str) -> None:
    """What a number of a function means, where a function is imported behind one, nobody knows."""
    text = f'(module\n  {fields}\n  (import "a" "b" (func $g)))'
    with pytest.raises(WatError) as raised:
        rewrite(text)
    line = text.count("\n") + 1
    assert raised.value.report(text, "f").startswith(
        f"f:{line}:3: error: an import of a func after a definition of one"
    )


# ----- today's text


def modules(path: Path) -> Iterator[str]:
    """The texts of the modules of a script."""
    for node in parse(path.read_bytes().decode("utf-8")):
        if isinstance(node, list) and words(node[0])[:1] == ["module"]:
            if not {"binary", "quote", "definition", "instance"} & set(words(node[0]) + words(str(node[1]))):
                yield print_nodes([node])


# The scripts of tests/spec that are in 2019 text say so in their first line.
SCRIPTS = sorted(
    [
        *TESTSUITE.glob("*.wast"),
        *(
            each
            for each in (TREE / "tests" / "spec").glob("*.wast")
            if "2019" not in each.read_text().partition("\n")[0]
        ),
    ]
)


@pytest.mark.skipif(not SCRIPTS, reason="there are no scripts")
def test_modules_of_today_stay_as_they_are() -> None:
    """Every text module of the official suite and of tests/spec."""
    count = 0
    for path in SCRIPTS:
        for text in modules(path):
            assert modern(text) == text, path.name
            count += 1
    assert count


OLD = {
    "locals and globals": """(module (global $g (mut i32) (i32.const 1))
      (func (export "f") (param $x i32) (result i32) (local $y i32)
        (set_local $y (get_local $x)) (set_global $g (tee_local $x (get_global $g))) (get_local 1)))""",
    "memory": "(module (memory 1) (func (result i32) (drop (current_memory)) (grow_memory (i32.const 0))))",
    "table": """(module (type $t (func (result i32))) (table 1 1 anyfunc) (elem (i32.const 0) $f)
      (func $f (result i32) (i32.const 1)) (func (export "g") (result i32) (call_indirect (type $t) (i32.const 0))))""",
    "conversions": """(module (func (export "f") (param f64) (result f32)
      (f32.demote/f64 (f64.convert_s/i32 (i32.trunc_u/f64 (get_local 0))))))""",
    "ifs": """(module (import "env" "p" (func $p (param i32)))
      (func (export "f") (param $x i32) (result i32)
        (if (get_local $x) (call $p (i32.const 1)) (block (call $p (i32.const 2)) (return (i32.const 3))))
        (if (result i32) (i32.eqz (get_local $x)) (i32.const 4)
          (if (result i32) (i32.const 0) (i32.const 5) (i32.const 6)))))""",
    "a loop that diverges": '(module (func (export "f") (result i32) (if (i32.const 0) (nop)) (loop $l (br $l))))',
    "a block that diverges": """(module (func (export "f") (param $x i32) (result i32)
      (if (get_local $x) (nop))
      (block (if (get_local $x) (return (i32.const 1)) (return (i32.const 2))))))""",
    "an operand that diverges": """(module (func (export "f") (param $x i32) (result i32)
      (if (get_local $x) (nop))
      (i32.add (block (return (i32.const 1))) (i32.const 2))))""",
    "late import": """(module (memory 1 1) (import "spectest" "print" (func $print (param i32)))
      (func (call $print (i32.const 1))))""",
}


@pytest.mark.parametrize("text", OLD.values(), ids=OLD.keys())
def test_old_text_is_accepted_after_rewriting(text: str) -> None:
    """Also where nothing pauses: the output is always today's text."""
    wasmtime.wat2wasm(rewrite(text, ignore_imports=True))
    wasmtime.wat2wasm(rewrite(text))


# ----- control imports

NUMBERS = {"$stop": 0, "$host": 1, "$start": 2, "$a": 3, "$b": 4, "$c": 5, "$d": 6}
MODULE = """(module
  (type $i (func (result i32)))
  (import "bysyncify" "stop_unwind" (func $stop))
  (import "env" "host" (func $host (type $i)))
  (import "asyncify" "start_unwind" (func $start (param i32)))
  (memory 1)
  (table $t (export "t") 6 funcref)
  (func $a (type $i) (i32.const 10))
  (func $b (type $i) (i32.const 20))
  (func $c (type $i) (i32.const 30))
  (func $d (global.set $g (i32.add (global.get $g) (i32.const 1))))
  (global $g (export "g") (mut i32) (i32.const 0))
  FIELDS
)"""
HOST, A, B, C = 99, 10, 20, 30
CONTROL: dict[str, tuple[str, dict[str, Any]]] = {
    "call": ('(func (export "f") (type $i) (call $b))', {"f": B}),
    "call, flat": ('(func (export "f") (type $i) nop call $b)', {"f": B}),
    "call over lines": ('(func (export "f") (type $i) (call\n    $b))', {"f": B}),
    "call with a comment": ('(func (export "f") (type $i) (call ;; it\n    $b))', {"f": B}),
    "call over lines, flat": ('(func (export "f") (type $i)\n    nop call\n    $b)', {"f": B}),
    "call of the host": ('(func (export "f") (type $i) (call $host))', {"f": HOST}),
    "call in a one-line function": (
        '(func $e call $d)\n  (func (export "f") (type $i) (call $e) (global.get $g))',
        {"f": 1},
    ),
    "return_call": ('(func (export "f") (type $i) (return_call $c))', {"f": C}),
    "ref.func": ('(elem declare func $b)\n  (func (export "f") (type $i) (call_ref $i (ref.func $b)))', {"f": B}),
    "calls of control functions": ('(func (export "f") (type $i) (call $stop) (call $a))', {"f": A}),
    "export": ('(export "f" (func $b)) (export "h" (func $host))', {"f": B, "h": HOST}),
    "export over lines": ('(export "f" (func\n    $b))', {"f": B}),
    "start": ("(start $d)", {"g": 1}),
    "start over lines": ("(start\n    $d)", {"g": 1}),
    "elements": ("(elem (i32.const 0) $b $c $host)", {"t": [B, C, HOST]}),
    "elements over lines": ("(elem (i32.const 0)\n    $b\n    $c)", {"t": [B, C]}),
    "elements with an offset": ("(elem (offset (i32.const 1)) $b)", {"t": [None, B]}),
    "elements with a folded offset": ("(elem (offset i32.const 1) $b)", {"t": [None, B]}),
    "elements of a table": ("(elem (table $t) (i32.const 0) func $b $c)", {"t": [B, C]}),
    "elements of a table by number": ("(elem (table 0) (i32.const 3) func $b $c)", {"t": [None, None, None, B, C]}),
    "elements of a table, the old way": ("(elem 0 (i32.const 3) func $b)", {"t": [None, None, None, B]}),
    "elements as expressions": (
        "(elem (i32.const 0) funcref (ref.func $b) (item ref.func $c) (item (ref.func $a)))",
        {"t": [B, C, A]},
    ),
    "passive elements": (
        "(elem $e func $b $c)\n  (func $n (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)))\n  (start $n)",
        {"t": [B, C]},
    ),
    "passive elements as expressions": (
        "(elem $e funcref (ref.func $b) (item ref.func $c))\n"
        "  (func $n (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)))\n  (start $n)",
        {"t": [B, C]},
    ),
    "declared elements": (
        '(elem declare func $c)\n  (func (export "f") (type $i) (call_ref $i (ref.func $c)))',
        {"f": C},
    ),
    "declared as expressions": (
        '(elem declare funcref (ref.func $c))\n  (func (export "f") (type $i) (call_ref $i (ref.func $c)))',
        {"f": C},
    ),
    "elements in a table": ('(table (export "u") funcref (elem $b $c))', {"u": [B, C]}),
    "elements in a table as expressions": (
        '(table (export "u") funcref (elem (ref.func $b) (ref.func $c)))',
        {"u": [B, C]},
    ),
    "a table's first value": ('(table (export "u") 2 funcref (ref.func $c))', {"u": [C, C]}),
    "global": (
        '(global $r funcref (ref.func $b))\n  (func (export "f") (type $i)'
        " (table.set $t (i32.const 0) (global.get $r)) (call_indirect $t (type $i) (i32.const 0)))",
        {"f": B},
    ),
    "hexadecimal": ('(func (export "f") (type $i) (call 0x3))', {"f": A}),
    "numbers that are not functions": (
        '(func (export "f") (type $i) (local i32 i32 i32 i32) (local.set 3 (i32.const 3)) (local.get 3))',
        {"f": 3},
    ),
}


def reached(text: str) -> dict[str, Any]:
    """What each export of a rewritten module gives: functions are called, so are the entries of tables."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    linker.define_func("env", "host", wasmtime.FuncType([], [wasmtime.ValType.i32()]), lambda: HOST)
    found: dict[str, Any] = {}
    exports = linker.instantiate(store, wasmtime.Module(engine, rewrite(text))).exports(store)
    for name, export in exports.items():
        if isinstance(export, wasmtime.Global):
            found[name] = export.value(store)
    for name, export in exports.items():
        if isinstance(export, wasmtime.Func) and not name.startswith(("bysyncify_", "asyncify_")):
            found[name] = export(store)
        elif isinstance(export, wasmtime.Table):
            entries = [
                getattr(entry, "value", entry) for entry in (export.get(store, i) for i in range(export.size(store)))
            ]
            found[name] = [entry(store) if entry is not None else None for entry in entries]
    return found


@pytest.mark.parametrize("numbered", [False, True], ids=["by name", "by number"])
@pytest.mark.parametrize(("fields", "expected"), CONTROL.values(), ids=CONTROL.keys())
def test_functions_are_reached_when_control_imports_go(fields: str, expected: dict[str, Any], numbered: bool) -> None:
    """The functions that names reach are those that the numbers reach which stood for them before."""
    names = fields
    if numbered:
        fields = re.sub(r"\$[a-z]+\b", lambda match: str(NUMBERS.get(match[0], match[0])), names)
    elif "0x3" in fields:
        fields = fields.replace("0x3", "$a")
    found = reached(MODULE.replace("FIELDS", fields))
    for name, value in expected.items():
        got = found[name]
        assert (got[: len(value)] if isinstance(value, list) else got) == value


def test_an_imported_control_function_keeps_its_exports() -> None:
    """Those that stand in the import itself, and those of their own."""
    text = '(module (func $x (export "a") (import "bysyncify" "stop_unwind")) (export "b" (func $x)))'
    names = {each.name for each in wasmtime.Module(wasmtime.Engine(), rewrite(text)).exports}
    assert {"a", "b", "bysyncify_stop_unwind"} <= names


def test_types_by_number_that_a_control_import_brought() -> None:
    """An inline signature adds a type; without the import the types behind it must not move."""
    text = (
        '(module (import "bysyncify" "start_unwind" (func (param i32))) (func (result i32) (i32.const 1))\n'
        '  (func (export "f") (type 1) (i32.const 2)))'
    )
    assert reached(text)["f"] == 2
