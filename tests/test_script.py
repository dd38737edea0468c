"""wat-shell: scripts of the specification, run on wasmtime."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from click.testing import CliRunner

from wat_bysyncify.errors import WatError
from wat_bysyncify.script.cli import main
from wat_bysyncify.script.commands import Form, Source, read_commands
from wat_bysyncify.script.host import Exports, Host
from wat_bysyncify.script.patterns import argument, matches
from wat_bysyncify.script.run import Script
from wat_bysyncify.script.values import Value, float_bits, float_text, number


def run(text: str, **options: object) -> tuple[list[str], list[str]]:
    """The lines that a script prints, and its failures as `line: message`."""
    lines: list[str] = []
    host = options.pop("host", None) or Host(lines.append)
    script = Script(text, host=host, **options)  # type: ignore[arg-type]
    failures = [f"{text.count(chr(10), 0, failure.offset) + 1}: {failure.message}" for failure in script.run()]
    return lines, failures


PASSING = {
    "empty": "",
    "comment": ";; nothing",
    "fields": '(memory 1) (func (export "f"))',
    "leaf module": "(module)",
    "start": "(module (func $f) (start $f))",
    "named": """
        (module $A (func (export "f") (result i32) (i32.const 1)))
        (module $B (func (export "f") (result i32) (i32.const 2)))
        (assert_return (invoke $A "f") (i32.const 1))
        (assert_return (invoke "f") (i32.const 2))""",
    "definition": """
        (module definition $M (global $g (export "g") (mut i32) (i32.const 1))
          (func (export "set") (param i32) (global.set $g (local.get 0))))
        (module instance $I $M)
        (module instance $J $M)
        (invoke $I "set" (i32.const 5))
        (assert_return (get $I "g") (i32.const 5))
        (assert_return (get $J "g") (i32.const 1))""",
    "binary": '(module binary "\\00asm" "\\01\\00\\00\\00")',
    "quote": '(module quote "(func (export \\"f\\"))" "(memory 1)") (invoke "f")',
    "register": """
        (module (func (export "f") (result i32) (i32.const 1)))
        (register "M")
        (module (import "M" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))
        (assert_return (invoke "g") (i32.const 1))""",
    "spectest": """
        (module
          (import "spectest" "global_i32" (global i32)) (import "spectest" "global_f32" (global f32))
          (import "spectest" "table" (table 10 20 funcref)) (import "spectest" "memory" (memory 1 2))
          (export "a" (global 0)) (export "b" (global 1)))
        (assert_return (get "a") (i32.const 666))
        (assert_return (get "b") (f32.const 666.6))""",
    "several results": """
        (module (func (export "f") (param i64 v128) (result i64 f32 v128)
          (local.get 0) (f32.const -0) (local.get 1)))
        (assert_return (invoke "f" (i64.const -1) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))
          (i64.const -1) (f32.const -0.0) (v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c))""",
    "signalling NaN": """
        (module (func (export "f") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
          (func (export "g") (result f32) (f32.reinterpret_i32 (i32.const 0x7fa00000))))
        (assert_return (invoke "f" (f32.const nan:0x200000)) (i32.const 0x7fa00000))
        (assert_return (invoke "g") (f32.const nan:0x200000))""",
    "references": """
        (module
          (type $s (struct (field i32))) (type $a (array (mut i8))) (tag $t)
          (rec (type $r (sub (func (param (ref null $s)) (result (ref null $s))))))
          (func $f (export "id") (type $r) (local.get 0))
          (func (export "struct") (result (ref $s)) (struct.new $s (i32.const 1)))
          (func (export "array") (result (ref null $a)) (array.new_default $a (i32.const 2)))
          (func (export "i31") (result i31ref) (ref.i31 (i32.const -1)))
          (func (export "func") (result funcref (ref $r)) (ref.func $f) (ref.func $f))
          (func (export "extern") (param externref) (result externref) (local.get 0))
          (func (export "host") (param anyref) (result anyref) (local.get 0))
          (func (export "inner") (result externref) (extern.convert_any (ref.i31 (i32.const 1))))
          (func (export "exn") (param exnref) (result exnref) (local.get 0))
          (func (export "caught") (result exnref)
            (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable)))
          (global (export "g") (ref null $s) (struct.new $s (i32.const 1)))
          (global (export "v") v128 (v128.const i64x2 1 2)))
        (assert_return (invoke "id" (ref.null none)) (ref.null $s))
        (assert_return (invoke "struct") (ref.struct))
        (assert_return (invoke "array") (either (ref.struct) (ref.array)))
        (assert_return (invoke "array") (ref.eq))
        (assert_return (invoke "i31") (ref.i31))
        (assert_return (invoke "i31") (ref.any))
        (assert_return (invoke "func") (ref.func) (ref.func))
        (assert_return (invoke "extern" (ref.extern 0)) (ref.extern 0))
        (assert_return (invoke "extern" (ref.extern 3)) (ref.extern))
        (assert_return (invoke "extern" (ref.null extern)) (ref.null extern))
        (assert_return (invoke "host" (ref.host 3)) (ref.host 3))
        (assert_return (invoke "host" (ref.null any)) (ref.null))
        (assert_return (invoke "inner") (ref.extern))
        (assert_return (invoke "exn" (ref.null exn)) (ref.null exn))
        (assert_return (invoke "caught") (ref.exn))
        (assert_return (get "g") (ref.struct))
        (assert_return (get "v") (v128.const i64x2 1 2))""",
    "traps": """
        (module (tag $t)
          (func (export "unreachable") (unreachable))
          (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
          (func $again (export "again") (call $again))
          (func (export "throw") (throw $t)))
        (assert_trap (invoke "unreachable") "unreachable")
        (assert_trap (invoke "divide" (i32.const 0)) "integer divide by zero")
        (assert_exhaustion (invoke "again") "call stack exhausted")
        (assert_exception (invoke "throw"))
        (assert_exception (invoke "throw"))
        (assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")""",
    "refused": """
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected end")
        (assert_malformed (module binary "") "unexpected end")
        (assert_malformed (module binary "(module)") "magic header not detected")
        (assert_unlinkable (module (import "spectest" "nothing" (func))) "unknown import")
        (assert_unlinkable (module (import "spectest" "print_i32" (func))) "incompatible import type")
        (assert_unlinkable (module (import "spectest" "memory" (memory 3))) "incompatible import type")""",
}


@pytest.mark.parametrize("name", PASSING)
def test_passing(name: str) -> None:
    assert run(PASSING[name]) == ([], [])


TWO = '(module (func (export "f") (result i32) (i32.const 2)))'
FAILING = [
    (TWO + '(assert_return (invoke "f") (i32.const 3))', "assertion failed: got (i32.const 2), expected (i32.const 3)"),
    (TWO + '(assert_return (invoke "f"))', "assertion failed: got (i32.const 2), expected nothing"),
    (TWO + '(assert_trap (invoke "f") "unreachable")',
     'assertion failed: got (i32.const 2), expected trap "unreachable"'),
    (TWO + '(assert_exception (invoke "f"))', "assertion failed: got (i32.const 2), expected an exception"),
    (TWO + '(invoke "f" (i32.const 1))', "expected 0 values, got 1"),
    (TWO + '(invoke "g")', "no exported func 'g'"),
    (TWO + '(get "f")', "no exported global 'f'"),
    ('(invoke "f")', "no module instance"),
    ('(module instance $I $M)', "no module $M"),
    ("(module (func $f unreachable) (start $f))", "wasm trap: wasm `unreachable` instruction executed"),
    ("(module (func i32.ad))", "unknown operator or unexpected token"),
    ('(module (import "a" "b" (func)))', "unknown import: `a::b`"),
    ("(assert_invalid (module) \"x\")", "assertion failed: the module is valid"),
    ("(assert_malformed (module) \"x\")", "assertion failed: the module is well-formed"),
    ("(assert_unlinkable (module) \"x\")", "assertion failed: the module links"),
    ('(module (func (export "f") (param f32))) (invoke "f" (i32.const 1))',
     "got (i32.const 1), expected a value of type f32"),
    ('(module (func (export "f") (param (ref any)))) (invoke "f" (ref.null any))',
     "got (ref.null any), expected a value of type (ref any)"),
    ('(module (func (export "f") unreachable)) (assert_trap (invoke "f") "integer overflow")',
     "assertion failed: wasm trap: wasm `unreachable` instruction executed, expected trap \"integer overflow\""),
    (TWO + '(assert_return (invoke "f") (v128.const i8x3 1))',
     "bad pattern (v128.const i8x3 1): expected a shape, such as i32x4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FAILING)
def test_failing(text: str, message: str) -> None:
    assert run(text) == ([], [f"1: {message}"])


def test_goes_on_after_a_failure() -> None:
    _, failures = run(f'{TWO}\n(assert_return (invoke "f"))\n(invoke "g")\n(assert_return (invoke "f") (i32.const 2))')
    assert [failure[:2] for failure in failures] == ["2:", "3:"]


NO_SCRIPT = [
    ("a", 0, "expected a command in parentheses"),
    (" ()", 1, "unknown command ()"),
    ("(module) (assert_it)", 9, "unknown command assert_it"),
    ("(assert_return)", 0, "assert_return: expected an action"),
    ('(assert_return (invoke "f") 1)', 0, "assert_return: expected patterns in parentheses"),
    ('(assert_invalid (invoke "f"))', 0, "assert_invalid: expected a module"),
    ("(register $M)", 0, "register: expected a name in quotes"),
    ('(module binary "\\zz")', 0, "bad escape \\z in a string"),
    ("(module", 0, "unclosed '('"),
]


@pytest.mark.parametrize(("text", "offset", "message"), NO_SCRIPT)
def test_no_script(text: str, offset: int, message: str) -> None:
    with pytest.raises(WatError) as caught:
        Script(text)
    assert (caught.value.offset, caught.value.message) == (offset, message)


def test_places() -> None:
    text = ';; (\n(module $M ;; x\n (func))(invoke ;; (;\n  "f"\n (i32.const (; ; ;) 1) )  (module)'
    commands = read_commands(text)
    assert [command.offset for command in commands] == [5, text.index("(invoke"), text.index("(module)")]
    module, invoke, _ = commands
    assert isinstance(module, Source)
    assert isinstance(invoke, Form)
    assert module.code == b"(module $M ;; x\n (func))"
    assert str(invoke) == '(invoke "f" (i32.const 1))'


def test_deep_nests() -> None:
    with pytest.raises(WatError):
        Script("(assert_return " + "(a " * 100_000 + ")" * 100_001)
    assert run("(module (func " + "(block " * 100_000 + ")" * 100_002) == ([], [])


PRINTED = [
    ("", "", ""),
    ("i32", "(i32.const 1)", "(i32.const 1)"),
    ("i32", "(i32.const 0xffffffff)", "(i32.const -1)"),
    ("i64", "(i64.const -5)", "(i64.const -5)"),
    ("f32", "(f32.const 1)", "(f32.const 1)"),
    ("f64", "(f64.const 2.5)", "(f64.const 2.5)"),
    ("f32", "(f32.const nan:0x200000)", "(f32.const nan:0x200000)"),
    ("f64", "(f64.const -nan)", "(f64.const -nan)"),
    ("i32 f64", "(i32.const 1) (f64.const -inf)", "(i32.const 1) (f64.const -inf)"),
    ("v128", "(v128.const i32x4 1 2 3 4)", "(v128.const i32x4 0x00000001 0x00000002 0x00000003 0x00000004)"),
    ("externref", "(ref.null extern)", "(ref.null extern)"),
    ("funcref anyref", "(ref.func $main) (ref.i31 (i32.const 7))", "(ref.func) (ref.i31 7)"),
]


@pytest.mark.parametrize(("params", "arguments", "line"), PRINTED)
@pytest.mark.parametrize("results", ["", "i32", "i64 f32 v128 externref"])
def test_print_of_any_signature(params: str, arguments: str, line: str, results: str) -> None:
    drops = "drop " * len(results.split())
    text = f"""(module (import "spectest" "print_x" (func $print (param {params}) (result {results})))
        (elem declare func $main) (func $main (call $print {arguments}) {drops}) (start $main))"""
    assert run(text) == ([line], [])


def test_print_returns_zeros() -> None:
    text = """(module (import "spectest" "print" (func $print (result i32 f64)))
        (func (export "f") (result i32 f64) (call $print)))
        (assert_return (invoke "f") (i32.const 0) (f64.const 0))"""
    assert run(text) == ([""], [])


FLOATS = [
    (32, "1", 0x3F800000, "1"),
    (32, "-0", 0x80000000, "-0"),
    (32, "0x1p-149", 1, "1e-45"),
    (32, "0x1.fffffep+127", 0x7F7FFFFF, "3.4028235e+38"),
    (32, "0.1", 0x3DCCCCCD, "0.1"),
    (32, "16777217", 0x4B800000, "16777216"),  # a tie: to even
    (32, "0x1.000001000000000000001p0", 0x3F800001, "1.0000001"),  # twice rounded it would be 1
    (32, "8589934592", 0x50000000, "8589934592"),
    (32, "inf", 0x7F800000, "inf"),
    (32, "-nan:0x1", 0xFF800001, "-nan:0x1"),
    (64, "nan", 0x7FF8000000000000, "nan"),
    (64, "1_0.5e-1_0", 0x3E120A871774E50C, "1.05e-09"),
    (64, "4.9e-324", 1, "5e-324"),
    (64, "1e-400", 0, "0"),
    (64, "1e308", 0x7FE1CCF385EBC8A0, "1e+308"),
]


@pytest.mark.parametrize(("width", "literal", "bits", "text"), FLOATS)
def test_floats(width: int, literal: str, bits: int, text: str) -> None:
    if literal.startswith("1_0"):
        bits = int.from_bytes(struct.pack("<d", float(literal)), "little")
    assert float_bits(literal, width) == bits
    assert float_text(bits, width) == text
    assert float_bits(text, width) == bits


@pytest.mark.parametrize(
    ("type", "words"),
    [("i32", "4294967296"), ("i32", "1.0"), ("i32", ""), ("f32", "1e39"), ("f32", "0x1p999999999"), ("f32", "nan:0x0"),
     ("f64", "x"), ("v128", "i32x4 1 2 3"), ("v128", "i8x3 1"), ("v128", "")],
)  # fmt: skip
def test_bad_literals(type: str, words: str) -> None:
    with pytest.raises(ValueError):
        number(type, words.split())


PATTERNS = [
    ("(i32.const -1)", "(i32.const 0xffffffff)", True),
    ("(i32.const 1)", "(i64.const 1)", False),
    ("(f32.const 0)", "(f32.const -0)", False),
    ("(f32.const nan)", "(f32.const nan:canonical)", True),
    ("(f32.const -nan)", "(f32.const nan:canonical)", True),
    ("(f32.const nan:0x600000)", "(f32.const nan:canonical)", False),
    ("(f32.const nan:0x600000)", "(f32.const nan:arithmetic)", True),
    ("(f64.const nan:0x1)", "(f64.const nan:arithmetic)", False),
    ("(f64.const inf)", "(f64.const nan:arithmetic)", False),
    ("(v128.const i32x4 0x7fc00000 0 0 0)", "(v128.const f32x4 nan:canonical 0 0 0)", True),
    ("(v128.const i32x4 0x7fc00000 0 0 1)", "(v128.const f32x4 nan:canonical 0 0 0)", False),
    ("(i32.const 2)", "(either (i32.const 1) (i32.const 2))", True),
    ("(i32.const 3)", "(either (i32.const 1) (i32.const 2))", False),
    ("(ref.null any)", "(ref.null)", True),
    ("(ref.null any)", "(ref.null none)", True),
    ("(ref.null any)", "(ref.null func)", False),
    ("(ref.null any)", "(ref.any)", False),
    ("(ref.extern 1)", "(ref.extern 1)", True),
    ("(ref.extern 1)", "(ref.extern 2)", False),
    ("(ref.extern 1)", "(ref.extern)", True),
    ("(ref.host 1)", "(ref.any)", True),
    ("(ref.host 1)", "(ref.eq)", False),
]


@pytest.mark.parametrize(("value", "pattern", "expected"), PATTERNS)
def test_patterns(value: str, pattern: str, expected: bool) -> None:
    (action,) = read_commands(f'(assert_return (invoke "f" {value}) {pattern})')
    assert isinstance(action, Form)
    invoke, form = action.items
    assert isinstance(invoke, Form)
    assert matches(argument(invoke.items[1]), form) is expected


def shell(*arguments: str, input: str | bytes = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(arguments), input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def test_command_line(tmp_path: Path) -> None:
    printing = (
        '(module (import "spectest" "print" (func $p (param i32)))\n  (func $f (call $p (i32.const 1))) (start $f))'
    )
    (tmp_path / "a.wat").write_text(printing)
    (tmp_path / "b.wast").write_text(f'{TWO}\n  (assert_return (invoke "f") (i32.const 3))\n')
    (tmp_path / "c.wast").write_bytes(b"\xff")
    a, b, c = (str(tmp_path / name) for name in ("a.wat", "b.wast", "c.wast"))
    assert shell(a) == (0, "(i32.const 1)\n", "")
    assert shell("-", input=printing) == (0, "(i32.const 1)\n", "")
    failure = f"{b}:2:3: error: assertion failed: got (i32.const 2), expected (i32.const 3)\n"
    failure += '  (assert_return (invoke "f") (i32.const 3))\n  ^\n'
    assert shell(b, a) == (1, "(i32.const 1)\n", failure)
    assert shell(c) == (1, "", f"{c}: error: invalid UTF-8 at byte 0\n")
    assert shell(a + "x") == (1, "", f"{a}x: error: No such file or directory\n")
    assert shell("-", input="(module") == (1, "", "<stdin>:1:1: error: unclosed '('\n(module\n^\n")
    assert shell()[0] == shell("--unknown")[0] == 2
    assert shell("--version")[0] == shell("--help")[0] == 0


def test_rewrite() -> None:
    text = f'{TWO}(assert_return (invoke "f") (i32.const 7)) (assert_malformed (module quote "(x)") "x")'
    assert run(text, rewrite=lambda wat: wat.replace("const 2", "const 7")) == ([], [])
    assert run(text, rewrite=lambda wat: "(x)")[1][0].startswith("1: rewritten module: ")

    def refuse(wat: str) -> str:
        raise WatError("no", 3)

    assert [failure.offset for failure in Script("  (module)", rewrite=refuse).run()] == [5]


class Pausing(Host):
    """Pauses at each import, and resumes at once."""

    def __init__(self) -> None:
        self.trace: list[str] = []
        super().__init__(self.trace.append)

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> list[Value] | None:
        state, start_unwind, stop_rewind = map(exports.function, ("get_state", "start_unwind", "stop_rewind"))
        assert state and start_unwind and stop_rewind
        if state() == 2:
            stop_rewind()
            super().called(module, name, arguments, exports)
            return [Value("f32", float_bits("1.5", 32))]
        self.trace.append("pause")
        start_unwind()
        return None

    def call(self, function, arguments, exports):  # type: ignore[no-untyped-def]
        results = function(*arguments)
        while (state := exports.function("get_state")) and state() == 1:
            self.trace.append("resume")
            exports.function("stop_unwind")()
            exports.function("start_rewind")()
            results = function(*arguments)
        return results


def test_a_host_that_pauses() -> None:
    text = """
        (module (import "spectest" "print" (func $print (param i32) (result f32)))
          (global $state (mut i32) (i32.const 0))
          (func (export "get_state") (result i32) (global.get $state))
          (func (export "start_unwind") (global.set $state (i32.const 1)))
          (func (export "stop_unwind") (global.set $state (i32.const 0)))
          (func (export "start_rewind") (global.set $state (i32.const 2)))
          (func (export "stop_rewind") (global.set $state (i32.const 0)))
          (func (export "f") (param i32) (result f32) (call $print (local.get 0))))
        (assert_return (invoke "f" (i32.const 5)) (f32.const 1.5))"""
    host = Pausing()
    assert run(text, host=host)[1] == []
    assert host.trace == ["pause", "resume", "(i32.const 5)"]


def test_a_start_function_finds_its_exports() -> None:
    class Asking(Host):
        def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> None:
            seven = exports.function("seven")
            assert seven
            self.out(f"{module}.{name} {seven()}")

        def provides(self, module: str, name: str) -> bool:
            return module == "env"

    lines: list[str] = []
    text = """(module (import "env" "sleep" (func $sleep (param i32)))
        (func (export "seven") (result i32) (i32.const 7)) (func $f (call $sleep (i32.const 1))) (start $f))"""
    assert run(text, host=Asking(lines.append)) == ([], [])
    assert lines == ["env.sleep 7"]


def test_shared_memories_cannot_be_imported() -> None:
    text = '(module (memory (export "m") 1 1 shared)) (register "a") (module (import "a" "m" (memory 1 1 shared)))'
    assert run(text)[1] == ["1: wasmtime's Python package cannot import a shared memory: `a::m`"]
