"""A module's index spaces, types and exports, as the specification counts and expands them."""

from __future__ import annotations

import pytest
import wasmtime

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.fields import own_fields, parse_nat
from wat_bysyncify.instrument.implicit import write_types
from wat_bysyncify.instrument.module import Module, read_module
from wat_bysyncify.instrument.names import Taken, unused
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import tokens


def read(text: str) -> Module:
    nodes = parse(text)
    return read_module(nodes, nodes)


SPACES = """
  (type $t (func))
  (import "a" "b" (func $f0))
  (import "a" "c" (table $t0 1 funcref))
  (import "a" "d" (memory $m0 1))
  (import "a" "e" (global $g0 i32))
  (import "a" "f" (tag $x0))
  (func $f1 (import "a" "g"))
  (table $t1 (import "a" "h") 1 funcref)
  (memory $m1 (import "a" "i") 1)
  (global $g1 (import "a" "j") (mut i64))
  (tag $x1 (import "a" "k"))
  (func $f2) (func) (func $f4 (export "x") (export "y"))
  (table $t2 1 funcref) (memory $m2 1) (global $g2 f32 (f32.const 0)) (tag $x2 (param i32))
"""


@pytest.mark.parametrize(
    "form", ["{}", "(module {})", "(module $m {})", '(module $"a module" {})', "\ufeff ;; c\n(module{})"]
)
def test_index_spaces(form: str) -> None:
    """Names and numbers of every kind, in a module or as bare fields; imports count first, inline ones too."""
    module = read(form.format(SPACES))
    assert module.funcs.names == {"$f0": 0, "$f1": 1, "$f2": 2, "$f4": 4}
    assert module.tables.names == {"$t0": 0, "$t1": 1, "$t2": 2}
    assert module.memories.names == {"$m0": 0, "$m1": 1, "$m2": 2}
    assert module.globals.names == {"$g0": 0, "$g1": 1, "$g2": 2}
    assert module.tags.names == {"$x0": 0, "$x1": 1, "$x2": 2}
    assert [entity.imported for entity in module.funcs.entities] == [("a", "b"), ("a", "g"), None, None, None]
    assert [entity.type for entity in module.globals.entities] == ["i32", "i64", "f32"]  # type: ignore[attr-defined]
    assert module.funcs.index("$f4") == module.funcs.index("4") == module.funcs.index("0x4") == 4
    assert module.funcs.index("5") is None and module.funcs.index("$f3") is None
    assert module.funcs.entities[4].exports == ("x", "y")
    assert set(module.exports) == {"x", "y"}


TYPES = [
    ("(func)", ((), ())),
    ("(func (param i32))", (("i32",), ())),
    ("(func (param $x i32) (param $y i64) (result f32))", (("i32", "i64"), ("f32",))),
    ("(func (param i32 i64) (result f32 f64) (result v128))", (("i32", "i64"), ("f32", "f64", "v128"))),
    ("(func (param) (param i32) (result))", (("i32",), ())),
    ('(func $f (export "e") (param i32) (local i64) (drop (block (result i64) (i64.const 0))))', (("i32",), ())),
    ("(func (type $t))", (("i32", "i64"), ("f32", "f64"))),
    ("(func (type 1))", (("i32", "i64"), ("f32", "f64"))),
    ("(func (type 0x1))", (("i32", "i64"), ("f32", "f64"))),
    ("(func (type $t) (param $a i32) (param i64) (result f32 f64))", (("i32", "i64"), ("f32", "f64"))),
    ("(func (type $r))", (("f32",), ())),
    ("(func (type $s))", ((), ("i32",))),
    ("(func (type 4) (nop))", ((), ("i32",))),
    ('(func (type $"q t"))', (("f64",), ())),
    ('(func (import "a" "b") (type $t))', (("i32", "i64"), ("f32", "f64"))),
    ('(import "a" "b" (func (param i32)))', (("i32",), ())),
    ('(import "a" "b" (func (type $t)))', (("i32", "i64"), ("f32", "f64"))),
]
DEFINED = """(type (func)) (type $t (func (param $a i32) (param $b i64) (result f32 f64)))
  (type $a (array i8)) (rec (type $r (func (param f32))) (type $s (sub (func (result i32)))))
  (type $"q t" (sub final (func (param f64))))"""


@pytest.mark.parametrize(("field", "expected"), TYPES)
def test_types_of_functions(field: str, expected: object) -> None:
    """Type uses by id, by number, inline, both; types in groups and with supertypes count each."""
    assert read(f"(module {DEFINED} {field})").funcs.entities[0].type == expected  # type: ignore[attr-defined]


def test_reference_types_are_read_whole() -> None:
    """Also in parentheses, and with an id before."""
    func = read(
        "(module (type $t (func)) (func (param $x (ref null $t)) (param (ref func) i32) (result funcref)))"
    ).funcs
    assert func.entities[0].type == (("(ref null $t)", "(ref func)", "i32"), ("funcref",))  # type: ignore[attr-defined]


NAMED = [
    "(func $f (nop) (call $sleep))",
    "(func\n    $f (call $sleep))",
    "(func ;; it\n    $f (call $sleep))",
    "(func (; it ;) $f (call $sleep))",
    "(func(@it)$f (call $sleep))",
    '(func $"f" (call $sleep))',
    "(;f;)(func $f call $sleep)",
]


@pytest.mark.parametrize("field", NAMED)
def test_ids_wherever_they_stand(field: str) -> None:
    """A function's id may have comments and line ends before it, or quotes around it."""
    output = rewrite(f'(module (import "a" "b" (func $sleep)) {field} (func $g (call $f) ;; f\n))')
    assert output.count("(block $unwind ") == 2


def test_quoted_ids_are_ids() -> None:
    """Quotes and escapes are no part of the name."""
    module = read('(module (func $"a\\62") (func $"a )") (func $plain))')
    for word, number in (("$ab", 0), ('$"ab"', 0), ('$"a )"', 1), ('$"a\\20\\29"', 1), ('$"plain"', 2)):
        assert module.funcs.index(word) == number


STRINGS = [
    ('"a b"', "a b"),
    ('"\\t\\n\\r\\"\\\'\\\\"', "\t\n\r\"'\\"),
    ('"\\41\\c3\\a9"', "Aé"),
    ('"\\u{e9}\\u{1F600}"', "é\U0001f600"),
    ('"\\u{1_0}"', "\x10"),
    ('"é中"', "é中"),
    ('""', ""),
    ('"a.b*"', "a.b*"),
]


@pytest.mark.parametrize(("literal", "name"), STRINGS)
def test_names_are_unescaped(literal: str, name: str) -> None:
    """In imports and exports, wherever these stand."""
    module = read(f"(import {literal} {literal} (func)) (func (export {literal}) (import {literal} {literal}))")
    assert [func.imported for func in module.funcs.entities] == [(name, name), (name, name)]
    assert module.funcs.entities[1].exports == (name,)
    assert list(read(f"(func) (export {literal} (func 0))").exports) == [name]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("1_2", 12),
        ("0x1f", 31),
        ("0x_1", 1),
        ("-1", None),
        ("$1", None),
        ("", None),
        ("1.5", None),
        ("offset=4", None),
        ("0xg", None),
        ("1e3", None),
    ],
)
def test_unsigned_numbers(word: str, value: int | None) -> None:
    """Of the text format: decimal or hexadecimal, with underscores; anything else is none."""
    assert parse_nat(word) == value


ERRORS = [
    ("(module\n  (func $a)\n  (func $a))", "3:3", "func $a is defined twice"),
    ("(module\n  (func $a)\n  (func $b)\n  (func $a (nop)))", "4:3", "func $a is defined twice"),
    ('(module\n  (import "a" "b" (func $a))\n  (func $a))', "3:3", "func $a is defined twice"),
    (
        '(module\n  (global $a i32 (i32.const 0))\n  (global $"a" i32 (i32.const 0)))',
        "3:3",
        'global $"a" is defined twice',
    ),
    ("(memory $a 1)\n(memory $a 1)", "2:1", "memory $a is defined twice"),
    ("(module (type $a (func))\n  (type $a (func)))", "2:3", "type $a is defined twice"),
    ("(module\n  (foo))", "2:3", "unknown module field 'foo'"),
    ("(module (func)\n  (foo (bar)))", "2:3", "unknown module field 'foo'"),
    ("(module (func)\n  ())", "2:3", "empty module field"),
    ("(module\n  (type (array)))", "2:3", "malformed type"),
    ("(module\n  (type (struct (field $x))))", "2:3", "malformed type"),
    ("(module\n  (rec (type (func (param $x)))))", "2:3", "malformed rec"),
    ("(module\n  (func (type)))", "2:3", "malformed function type"),
    ('(module\n  (export "f" (func)))', "2:3", "an export needs a name and what it exports"),
    ('(module (func)\n  (export "f"))', "2:3", "an export needs a name and what it exports"),
    ("(module (func)\n  (export (func 0)))", "2:3", "an export needs a name and what it exports"),
    ("(foo)", "1:1", "unknown module field 'foo'"),
    ("foo", "1:1", "unknown module field 'foo'"),
    ("(module (func)\n  foo)", "2:3", "unknown module field 'foo'"),
    ("(module\n  (func (type $t)))", "2:3", "unknown function type $t"),
    ("(module\n  (func (type 7)))", "2:3", "unknown function type 7"),
    ("(module (type $t (array i8))\n  (func (type $t)))", "2:3", "unknown function type $t"),
    ('(module\n  (import "a" "b" (func (type 3))))', "2:3", "unknown function type 3"),
    ('(module\n  (import "a" "b"))', "2:3", "an import needs a module name, a name and a description"),
    ('(module\n  (import "a" (func)))', "2:3", "an import needs a module name, a name and a description"),
    ("(module\n  (import a b (func)))", "2:3", "an import needs a module name, a name and a description"),
    ('(module\n  (import "a" "b" (func) (func)))', "2:3", "an import needs a module name, a name and a description"),
    ('(module\n  (import "a" "b" (data)))', "2:3", "unknown import 'data'"),
    ('(module\n  (func (import "a")))', "2:3", "malformed func"),
    ("(module\n  (func (import)))", "2:3", "malformed func"),
    ("(module\n  (export))", "2:3", "an export needs a name and what it exports"),
    ("(module\n  (func (param $x)))", "2:3", "malformed function type"),
    (
        '(module (import "a" "b" (func $s))\n  (func (result (ref string)) (call $s) (unreachable)))',
        "2:31",
        "a function with a result of type (ref string) cannot pause: none can be made to return",
    ),
    (
        '(module (import "a" "b" (func $s))\n  (func (param $x stringref) (call $s) (drop (local.get $x))))',
        "2:3",
        "unknown type stringref",
    ),
    (
        '(module (import "a" "b" (func $s))\n  (func $f (param stringref) (call $s))\n'
        "  (func (param stringref) (return_call $f (local.get 0))))",
        "3:27",
        "a tail call with an argument of type stringref cannot pause: none can be made to call again",
    ),
    (
        '(module (import "a" "b" (func $s (result (ref none))))\n  (func (result (ref none))\n    return_call $s))',
        "3:5",
        "a tail call with a result of type (ref none) cannot pause: none can be made to return",
    ),
    (
        '(module (import "a" "b" (func $s))\n  (func (result i32)\n  (return_call $s)))',
        "3:3",
        "a tail call gives 0 results, its function has 1",
    ),
    ('(module\n  (import "bysyncify" "get_state" (func (type $t))))', "2:3", "unknown function type $t"),
    (
        '(module\n  (import "bysyncify" "get_state" (func $f (result i32))) (func $f))',
        "2:3",
        "func $f is defined twice",
    ),
    ("(module)\n(module)", "2:1", "only one module is read, with nothing beside it"),
    ("(module)\n  (func)", "2:3", "only one module is read, with nothing beside it"),
    ("(func)\n(module)", "1:1", "only one module is read, with nothing beside it"),
    (';; c\n(module binary "")', "2:1", "a module in binary form is not supported here"),
    ('(module $m quote "")', "1:1", "a module in quote form is not supported here"),
    ('\ufeff\n (module binary "")', "2:2", "a module in binary form is not supported here"),
]


@pytest.mark.parametrize(("text", "place", "message"), ERRORS)
def test_errors_say_what_and_where(text: str, place: str, message: str) -> None:
    """Each at its field."""
    with pytest.raises(WatError) as raised:
        rewrite(text)
    assert raised.value.report(text, "f").splitlines()[0] == f"f:{place}: error: {message}"


WRITTEN = [
    ("(module (func (param i32)) (func (type 0)))", "(module\n(type (func (param i32))) (func"),
    ("(module\n  (func (param i32))\n  (func (type 0x0)))", "(module\n  (type (func (param i32)))\n  (func"),
    ("(type $a (func)) ;; a\n(tag (param i32))\n(func (type 1))", "(func)) ;; a\n(type (func (param i32)))\n(tag"),
    ("(type $a (func)) (;a\n;) (func (param i32))\n(func (type 1))", "(func))\n(type (func (param i32))) (;a\n;) (f"),
    ("(func (block (param i64) (drop)) (call_ref\n  0))", "(type (func))\n(type (func (param i64)))(func (block"),
    (
        "(type (sub final (func (param i32))))\n(type (sub (func)))\n(func) (func (param i32))\n(func (type 2))",
        "(sub (func)))\n(type (func))\n(func) (func (param i32))\n",
    ),
    ("(func (param i32)) (func) ;; (type 0)", "(func (param i32)) (func) ;; (type 0)"),
    ("(type (func)) (func (param i32)) (func (type 0))", "(type (func)) (func (param i32)) (func (type 0))"),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN)
def test_types_of_inline_type_uses(text: str, expected: str) -> None:
    """They get fields behind the last type where one is named by its number, and else nothing changes."""
    nodes = parse(text)
    own_fields(nodes)
    write_types(nodes, text)
    assert expected in "".join(tokens(nodes))
    assert (len(tokens(nodes)) == len(tokens(parse(text)))) == (expected == text)


def test_unused_names() -> None:
    """The name, or else the first of its variants that nobody has; many of one name are found in linear time."""
    taken = Taken(["$a", "$a_2", "$a_4"])
    assert [unused(name, taken) for name in ("$b", "$a", "$a", "$a_2", "$b")] == [
        "$b",
        "$a_3",
        "$a_5",
        "$a_2_2",
        "$b_2",
    ]
    assert [unused("$c", taken) for _ in range(200_000)][-1] == "$c_200000"


def test_the_state_of_another_module_and_control_functions() -> None:
    """Imported globals come before those of the module, and stubs of control functions stay what they are."""
    text = """(module
      (import "bysyncify" "stop_rewind" (func $stop_rewind))
      (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
      (global (mut i32) (i32.const 3))
      (memory 1)
      (func $sleep (call $stop_rewind) (call $start_unwind (global.get 0)))
      (func (export "main") (call $sleep)))"""
    output = rewrite(text, import_globals=True)
    wasmtime.Module(wasmtime.Engine(), output)
    assert "(call $start_unwind (global.get 2))" in output
    assert not [line for line in output.split("\n")[:-1] if not line.strip()]
