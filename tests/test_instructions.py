"""The instruction table against the real thing: wasmtime assembles and runs what the table says.

One tiny module per instruction: a function whose parameters are its operands and whose results are its results.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import wasmtime

from wat_bysyncify.instrument.instructions import CONTROL, OLD_NAMES, OLD_TYPES, PURE, SIGNATURES

TESTSUITE = Path(__file__).parents[2] / "shared" / "testsuite"

# Instructions that wasmtime refuses, whatever the options: legacy exceptions. (Their catch and catch_all are also
# words of try_table, and are tested as such.)
LEGACY = {"try", "do", "delegate", "rethrow"}


def modern_engine() -> wasmtime.Engine:
    """An engine with every proposal of the table on."""
    config = wasmtime.Config()
    for feature in (
        "wasm_threads", "wasm_tail_call", "wasm_function_references", "wasm_gc", "wasm_exceptions", "wasm_memory64",
        "wasm_relaxed_simd", "wasm_wide_arithmetic",
    ):  # fmt: skip
        setattr(config, feature, True)
    return wasmtime.Engine(config)


ENGINE = modern_engine()

# ----- filling in immediates and placeholder types

LANES = " ".join(map(str, range(16)))
IMMEDIATES = {
    "local.get": "$l", "local.set": "$l", "local.tee": "$l", "global.get": "$g", "global.set": "$g",
    "table.init": "$e", "elem.drop": "$e", "memory.init": "$d", "data.drop": "$d",
    "i32.const": "7", "i64.const": "7", "f32.const": "nan", "f64.const": "-0x1p-1074", "v128.const": "i64x2 1 -1",
    "i8x16.shuffle": LANES,
    "ref.null": "func", "ref.func": "$h", "ref.test": "i31ref", "ref.cast": "i31ref",
    "struct.new_default": "$s", "struct.get": "$s 0", "struct.get_s": "$s 1", "struct.get_u": "$s 1",
    "struct.set": "$s 0",
    "array.new": "$a", "array.new_default": "$a", "array.new_data": "$a $d", "array.new_elem": "$r $e",
    "array.get": "$a", "array.get_s": "$b", "array.get_u": "$b", "array.set": "$a", "array.fill": "$a",
    "array.copy": "$a $a", "array.init_data": "$a $d", "array.init_elem": "$r $e",
}  # fmt: skip
# What each `ref` of a signature is, operands first.
REFERENCES = {
    "ref.null": "funcref", "ref.func": "funcref", "ref.is_null": "externref", "ref.test": "anyref",
    "ref.eq": "eqref,eqref", "ref.as_non_null": "anyref,(ref any)", "ref.cast": "anyref,i31ref",
    "ref.i31": "(ref i31)", "i31.get_s": "i31ref", "i31.get_u": "i31ref",
    "any.convert_extern": "externref,anyref", "extern.convert_any": "anyref,externref",
    "struct.new_default": "(ref $s)", "struct.get": "(ref null $s)", "struct.get_s": "(ref null $s)",
    "struct.get_u": "(ref null $s)", "struct.set": "(ref null $s)",
    "array.new": "(ref $a)", "array.new_default": "(ref $a)", "array.new_data": "(ref $a)",
    "array.new_elem": "(ref $r)", "array.get": "(ref null $a)", "array.get_s": "(ref null $b)",
    "array.get_u": "(ref null $b)", "array.set": "(ref null $a)", "array.len": "arrayref",
    "array.fill": "(ref null $a)", "array.copy": "(ref null $a),(ref null $a)",
    "array.init_data": "(ref null $a)", "array.init_elem": "(ref null $r)",
}  # fmt: skip

# Read by wabt and Binaryen of any age, but for the reference types.
PLAIN_FIELDS = """
  (type $h (func))
  (memory {addr} 1 9)
  (table $t {addr} 1 9 funcref)
  (global $g (mut f32) (f32.const 1))
  (elem $e funcref (ref.func $h))
  (data $d "abcdefgh")
  (func $h (type $h))
"""
TYPES = """
  (type $s (struct (field (mut i64)) (field (mut i8))))
  (type $a (array (mut i64)))
  (type $b (array (mut i8)))
  (type $r (array (mut funcref)))
  (global $object (ref $s) (struct.new_default $s))
"""


def filled(name: str, addr: str) -> tuple[list[str], list[str]]:
    """The operand and result types of an instruction with the immediates of `instruction`, no placeholders left."""
    references = iter(REFERENCES.get(name, "").split(","))
    packed = name.endswith(("_s", "_u"))
    known = {"addr": addr, "elem": "funcref", "local": "f64", "global": "f32", "operand": "f64"}
    known["field"] = "i32" if packed else "i64"

    def fill(types: tuple[str, ...]) -> list[str]:
        return [next(references) if word == "ref" else known.get(word, word) for word in types]

    operands, results = SIGNATURES[name]
    filled_types = fill(operands), fill(results)
    assert next(references, "") == "", f"{name}: more references listed in this test than in the table"
    return filled_types


def instruction(name: str) -> str:
    lane = "0" if name.removesuffix("_s").removesuffix("_u").endswith("_lane") else ""
    return f"{name} {IMMEDIATES.get(name, lane)}"


def once(name: str, operands: list[str], results: list[str], first: int = 0) -> str:
    """A function that is just the instruction, its operands (from the `first` on) pushed."""
    pushed = " ".join(f"local.get {index}" for index in range(first, len(operands)))
    return (
        f"(func $once (param {' '.join(operands)}) (result {' '.join(results)}) (local $l f64)\n"
        f"    {pushed} {instruction(name)})"
    )


def module(*fields: str, addr: str = "i32", types: str = TYPES) -> str:
    # An i32 memory is written without its address type, as ever.
    head = PLAIN_FIELDS.format(addr="" if addr == "i32" else addr)
    return "\n  ".join(["(module", types, head, *fields]) + ")"


WITH_ADDRESS = [name for name, (operands, results) in SIGNATURES.items() if "addr" in operands + results]


def test_tables_agree_with_each_other() -> None:
    assert not SIGNATURES.keys() & CONTROL
    assert SIGNATURES.keys() >= PURE
    assert set(OLD_NAMES.values()) <= SIGNATURES.keys()
    assert not OLD_NAMES.keys() & (SIGNATURES.keys() | CONTROL)
    assert IMMEDIATES.keys() | REFERENCES.keys() <= SIGNATURES.keys()


# ----- signatures


@pytest.mark.parametrize(
    ("name", "addr"), [(name, "i32") for name in SIGNATURES] + [(name, "i64") for name in WITH_ADDRESS]
)
def test_signature_is_what_wasmtime_validates(name: str, addr: str) -> None:
    wasmtime.Module(ENGINE, module(once(name, *filled(name, addr)), addr=addr))


@pytest.mark.parametrize("name", [name for name, (operands, _) in SIGNATURES.items() if operands])
def test_one_operand_fewer_is_refused(name: str) -> None:
    with pytest.raises(wasmtime.WasmtimeError, match="type mismatch"):
        wasmtime.Module(ENGINE, module(once(name, *filled(name, "i32"), first=1)))


# ----- control: the same word with no operand, one and two ({v} pushes them, {r} and {p} are (result) and (param))

BLOCK = "{v} block {p} {r} end"
IF = "{v} i32.const 1 if {p} {r} else end"
TRY_TABLE = "block {r} {v} try_table {p} {r} (catch $tag 0) end end"
CONTROL_BODIES = {
    "block": BLOCK, "end": BLOCK, "loop": "{v} loop {p} {r} end",
    "if": IF, "else": IF, "then": "{v} (if {p} {r} (i32.const 1) (then) (else))",
    "try_table": TRY_TABLE, "catch": TRY_TABLE, "catch_all": "block try_table (catch_all 0) end end {v}",
    "br": "block {r} {v} br 0 end",
    "br_if": "block {r} {v} i32.const 1 br_if 0 end",
    "br_table": "block {r} {v} i32.const 0 br_table 0 0 end",
    "br_on_null": "block {r} {v} ref.null func br_on_null 0 drop end",
    "br_on_non_null": "block {r} (result funcref) {v} ref.null func br_on_non_null 0 ref.func $f end drop",
    "br_on_cast": "block {r} (result i31ref) {v} ref.null any br_on_cast 0 anyref i31ref drop ref.null i31 end drop",
    "br_on_cast_fail": "block {r} (result anyref) {v} ref.null any br_on_cast_fail 0 anyref i31ref end drop",
    "return": "{v} return",
    "unreachable": "unreachable",
    "call": "{v} call $f", "return_call": "{v} return_call $f",
    "call_indirect": "{v} i32.const 0 call_indirect (type $f)",
    "return_call_indirect": "{v} i32.const 0 return_call_indirect (type $f)",
    "call_ref": "{v} ref.func $f call_ref $f", "return_call_ref": "{v} ref.func $f return_call_ref $f",
    "throw": "{v} throw $tag", "throw_ref": "ref.null exn throw_ref",
    "struct.new": "{v} struct.new $s drop {v}",
    "array.new_fixed": "{zeros} array.new_fixed $a {n} drop {v}",
}  # fmt: skip


def control_module(body: str, types: list[str]) -> str:
    params, results = f"(param {' '.join(types)})", f"(result {' '.join(types)})"
    values = " ".join(f"{word}.const 1" for word in types)
    zeros = " ".join("i32.const 0" for _ in types)
    code = body.format(v=values, r=results, p=params, zeros=zeros, n=len(types))
    fields = " ".join(f"(field {word})" for word in types)
    return f"""(module
      (type $f (func {params} {results}))
      (type $s (struct {fields}))
      (type $a (array i32))
      (tag $tag {params})
      (table funcref (elem $f))
      (func $f (type $f) {" ".join(f"local.get {index}" for index in range(len(types)))})
      (func {results} {code}))"""


def test_every_control_instruction_has_a_body() -> None:
    assert CONTROL_BODIES.keys() | LEGACY == CONTROL


@pytest.mark.parametrize("types", [[], ["i32"], ["i64", "f32"]], ids=len)
@pytest.mark.parametrize("name", CONTROL_BODIES)
def test_control_takes_what_its_context_says(name: str, types: list[str]) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", CONTROL_BODIES[name])
    wasmtime.Module(ENGINE, control_module(CONTROL_BODIES[name], types))


LEGACY_MODULE = """(module (tag $tag (param i32))
  (func (result i32)
    (try $outer (result i32)
      (do (try (result i32) (do (i32.const 1)) (delegate $outer)))
      (catch $tag)
      (catch_all (rethrow $outer)))))"""


def test_wasmtime_refuses_legacy_exceptions() -> None:
    assert all(f"({name}" in LEGACY_MODULE for name in LEGACY)
    with pytest.raises(wasmtime.WasmtimeError, match="unknown operator"):
        wasmtime.Module(ENGINE, LEGACY_MODULE)


def test_wabt_reads_legacy_exceptions(tmp_path: Path) -> None:
    wat2wasm = shutil.which("wat2wasm")
    if wat2wasm is None:
        pytest.skip("wat2wasm (wabt) is not on PATH")
    assert assembled([wat2wasm, "--enable-exceptions"], LEGACY_MODULE, tmp_path) is not None


# ----- purity: evaluate, disturb memory, table and global, evaluate again, compare bit by bit

EXTREMES = {
    "i32": ["i32.const 0", "i32.const -1", "i32.const 0x80000000", "i32.const 0x7fffffff"],
    "i64": ["i64.const 0", "i64.const -1", "i64.const 0x8000000000000000", "i64.const 0x7fffffffffffffff"],
    "f32": ["f32.const 0", "f32.const -0", "f32.const nan", "f32.const -nan:0x200001", "f32.const -inf",
            "f32.const 0x1.fffffep127"],
    "f64": ["f64.const 0", "f64.const -0", "f64.const nan", "f64.const -nan:0x4000000000001", "f64.const -inf",
            "f64.const 0x1.fffffffffffffp1023"],
    "v128": ["v128.const i64x2 0 0", "v128.const i64x2 -1 -1", "v128.const i8x16" + " 0x80" * 16,
             "v128.const f32x4 nan -inf -0 0x1.fffffep127", "v128.const f64x2 -nan:0x4000000000001 inf",
             "v128.const i32x4 0x80000000 0x7fffffff 0 1"],
    "i31ref": ["ref.null i31", "ref.i31 (i32.const -1)"],
    "eqref": ["ref.null eq", "ref.i31 (i32.const -1)", "global.get $object"],
    "anyref": ["ref.null any", "ref.i31 (i32.const -1)", "global.get $object"],
    "externref": ["ref.null extern", "extern.convert_any (global.get $object)"],
    "funcref": ["ref.null func", "ref.func $h"],
    "arrayref": ["ref.null array", "array.new_default $a (i32.const 1)"],
    "(ref null $s)": ["ref.null $s", "struct.new_default $s"],
    "(ref null $a)": ["ref.null $a", "array.new_default $a (i32.const 1)"],
    "(ref null $b)": ["ref.null $b", "array.new_default $b (i32.const 1)"],
}  # fmt: skip
SAME = {
    "i32": "(i32.eq {a} {b})",
    "i64": "(i64.eq {a} {b})",
    "f32": "(i32.eq (i32.reinterpret_f32 {a}) (i32.reinterpret_f32 {b}))",
    "f64": "(i64.eq (i64.reinterpret_f64 {a}) (i64.reinterpret_f64 {b}))",
    "v128": "(i8x16.all_true (i8x16.eq {a} {b}))",
    "funcref": "(i32.eq (ref.is_null {a}) (ref.is_null {b}))",
    "externref": "(ref.eq (ref.cast eqref (any.convert_extern {a})) (ref.cast eqref (any.convert_extern {b})))",
}
SAME_REFERENCE = "(ref.eq (ref.cast eqref {a}) (ref.cast eqref {b}))"
DISTURB = """(func $disturb
    (global.set $g (f32.add (global.get $g) (f32.const 1)))
    (memory.fill (i32.const 0) (i32.add (memory.size) (i32.const 1)) (i32.const 256))
    (drop (memory.grow (i32.const 1)))
    (table.set (i32.const 0) (ref.func $h))
    (drop (table.grow (ref.func $h) (i32.const 1))))"""
EVALUATED = [name for name, (_, results) in SIGNATURES.items() if results]


def evaluated_twice(name: str) -> Callable[[], object]:
    """A function that traps if, for some extreme operands, the instruction does or two evaluations of it differ.

    All pairs of extremes for one or two operands; for more, operand i is extreme k + i * s, for all k and s.
    """
    operands, results = filled(name, "i32")
    most = max((len(EXTREMES[word]) for word in operands), default=1)
    rows = []
    for start, step in dict.fromkeys((start, step) for start in range(most) for step in range(most)):
        extremes = [EXTREMES[word] for word in operands]
        arguments = [f"({words[(start + index * step) % len(words)]})" for index, words in enumerate(extremes)]
        call = f"(call $once {' '.join(arguments)})"
        count = len(results)
        rows += [call, *(f"local.set $a{index}" for index in reversed(range(count))), "call $disturb"]
        rows += [call, *(f"local.set $b{index}" for index in reversed(range(count)))]
        for index, word in enumerate(results):
            same = SAME.get(word, SAME_REFERENCE).format(a=f"(local.get $a{index})", b=f"(local.get $b{index})")
            rows.append(f"(if (i32.eqz {same}) (then unreachable))")
    twice = [f"(local ${which}{index} {word})" for which in "ab" for index, word in enumerate(results)]
    check = f'(func (export "check") {" ".join(twice)}\n    ' + "\n    ".join(rows) + ")"
    store = wasmtime.Store(ENGINE)
    text = module(once(name, operands, results), DISTURB, check)
    found = wasmtime.Instance(store, wasmtime.Module(ENGINE, text), []).exports(store)["check"]
    assert isinstance(found, wasmtime.Func)
    return partial(found, store)


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_does_not_trap_and_gives_the_same_twice(name: str) -> None:
    assert SIGNATURES[name][1], "a pure instruction leaves a value"
    evaluated_twice(name)()


@pytest.mark.parametrize("name", [name for name in EVALUATED if name not in PURE])
def test_the_rest_is_not_pure(name: str) -> None:
    if name == "local.tee":
        pytest.skip("gives the same twice, but sets a local")
    check = evaluated_twice(name)
    with pytest.raises(wasmtime.Trap):
        check()


# ----- old names


def assembled(command: list[str], text: str, folder: Path) -> bytes | None:
    """The binary that a tool makes of the text, or None where it refuses."""
    source, target = folder / "module.wat", folder / "module.wasm"
    source.write_text(text)
    target.unlink(missing_ok=True)
    done = subprocess.run([*command, str(source), "-o", str(target)], capture_output=True, check=False)
    return target.read_bytes() if done.returncode == 0 else None


@pytest.mark.parametrize(("tool", "option"), [("wat2wasm", "--enable-all"), ("wasm-opt", "-all")])
def test_old_names_mean_the_new_where_a_tool_still_reads_them(tool: str, option: str, tmp_path: Path) -> None:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not on PATH")
    read, today = [], 0
    for old, new in OLD_NAMES.items():
        # Folded: old versions of Binaryen read nothing else.
        operands, results = filled(new, "i32")
        pushed = " ".join(f"(local.get {index})" for index in range(len(operands)))
        parts = f"(func (param {' '.join(operands)}) (result {' '.join(results)}) (local $l f64) (", f" {pushed}))"
        before, after = [
            assembled([path, option], module(parts[0] + word + parts[1], types=""), tmp_path)
            for word in (instruction(new).replace(new, old), instruction(new))
        ]
        today += after is not None
        if before is not None:
            assert before == after, f"{old} is not {new}"
            read.append(old)
    assert today > len(OLD_NAMES) * 0.9, f"{tool} refuses the modules of this test for another reason"
    print(f"{tool} reads {len(read)} of {len(OLD_NAMES)} old names: {' '.join(read)}")
    if not read:
        pytest.skip(f"this {tool} reads today's names of {today} instructions, and none of {len(OLD_NAMES)} old ones")


@pytest.mark.parametrize("old", [*OLD_NAMES, *OLD_TYPES])
def test_old_names_are_words_no_more(old: str) -> None:
    """A name that still is one today must not be listed as old."""
    with pytest.raises(wasmtime.WasmtimeError, match="unknown operator"):
        wasmtime.wat2wasm(f"(module (func {old}))")


# ----- the spec's own scripts

TOKEN = re.compile(r""";;[^\n\r]*|\(;|"(?:[^"\\]|\\.)*"|\(@|[^\s()";,]+|[()]""", re.DOTALL)
COMMENT_END = re.compile(r"\(;|;\)")
# Words of modules, types and scripts that are no instructions.
SYNTAX = """
    module definition instance binary quote register invoke get input output script
    assert_return assert_trap assert_exhaustion assert_invalid assert_malformed assert_unlinkable assert_exception
    assert_malformed_custom assert_invalid_custom either
    type rec sub final func param result local global mut memory table tag import export start elem data declare item
    offset struct array field ref null shared pagesize catch_ref catch_all_ref
    i8 i16 i32 i64 f32 f64 v128 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2
    any none eq i31 extern noextern nofunc exn noexn
    anyref eqref i31ref structref arrayref nullref externref nullexternref funcref nullfuncref exnref nullexnref
    inf nan ref.extern ref.host ref.struct ref.array
"""


def words_of(text: str) -> set[str]:
    """The keywords of a script outside comments, strings and annotations; no ids, numbers or memory arguments."""
    words: set[str] = set()
    annotation = position = 0
    while found := TOKEN.search(text, position):
        token, position = found[0], found.end()
        if token == "(;":
            depth = 1
            while depth and (found := COMMENT_END.search(text, position)):
                depth += 1 if found[0] == "(;" else -1
                position = found.end()
        elif annotation or token == "(@":
            annotation += token.startswith("(")
            annotation -= token == ")"
        elif re.match(r"[a-z]", token) and "=" not in token and not token.startswith("nan:"):
            words.add(token)
    return words


@pytest.mark.skipif(not TESTSUITE.is_dir(), reason="no spec testsuite beside the checkout (../shared/testsuite)")
def test_every_instruction_of_the_spec_testsuite_is_known() -> None:
    scripts = sorted(TESTSUITE.glob("**/*.wast"))
    assert scripts
    unknown: dict[str, str] = {}
    seen: set[str] = set()
    for script in scripts:
        words = words_of(script.read_text(encoding="utf-8", errors="replace"))
        seen |= words
        for word in words - set(SYNTAX.split()) - SIGNATURES.keys() - CONTROL - OLD_NAMES.keys() - OLD_TYPES.keys():
            unknown.setdefault(word, script.name)
    assert not unknown
    assert len(seen & SIGNATURES.keys()) > 400, "the scan finds instructions"
