"""The host of random programs, itself in WebAssembly, so that a thousand pauses cost no more than one call of Python.

For the interface of a module there are two more modules:

    host     what the module imports. A function writes its number and arguments to a trace, and gives results that
             depend on them and on how many calls there were; or it pauses, as the ways of fuzz_run.py want it.
    driver   a function `0.1` for each exported function and each of two lists of arguments. It calls the export, again
             and again while it is paused, and writes the results to the trace; `globals` writes the globals.

References are written as numbers: null or not, the number of an i31, which type, and what a struct or array holds, some
steps deep. The trace is a list of entries of 9 bytes: what it is (`ENTRIES`), and an i64.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from wat_bysyncify.script.interface import Interface

DATA, END = 0xE000, 0x10000  # the frames, where they are in the memory of the module
ENTRIES = (
    "end", "call", "i32", "i64", "f32", "f64", "v128", "high half", "null", "i31", "struct", "array", "extern", "func",
    "exn", "export", "results", "exception",
)  # fmt: skip
CONTROL = ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state", "set_fuel")
FAILURES = (
    "", "an import is called while unwinding", "not normal after stop_rewind", "the stack is not empty after rewinding",
    "not unwinding after start_unwind", "the stack is not in its room after unwinding", "not normal after stop_unwind",
    "not rewinding after start_rewind", "still rewinding when the export returned", "the stack is not empty at the end",
    "the trace is full",
)  # fmt: skip
ARGUMENTS = {
    "i32": ["0", "1", "-1", "7", "0x80000000", "1000"],
    "i64": ["0", "1", "-1", "0x123456789abcdef"],
    "f32": ["0", "1.5", "-2", "1e6"],
    "f64": ["0", "2.5", "-1", "1e10"],
    "v128": ["i32x4 1 2 3 4", "i32x4 -1 0 -1 0"],
}
NUMBERS = ("i32", "i64", "f32", "f64", "v128")
TOPS = ("any", "extern", "func", "exn")
DEEP = 3  # so many steps into structs and arrays

OWN_TYPES = """
  (type $positions (func (param i32) (result i32))) (type $prepares (func (param i32)))
  (type $own_struct (struct (field i32))) (type $own_array (array i32))"""
CONTROL_TYPES = {
    "$nothing": "(func (param ) (result ))",
    "$takes": "(func (param i32) (result ))",
    "$gives": "(func (param ) (result i32))",
}
WRITERS = """
  (func $put (export "put") (param $what i32) (param $value i64)
    (if (i32.gt_u (global.get $at) (i32.const 0x7fff0)) (then (call $fail (i32.const 10))))
    (i32.store8 (global.get $at) (local.get $what))
    (i64.store offset=1 (global.get $at) (local.get $value))
    (global.set $at (i32.add (global.get $at) (i32.const 9))))
  (func $put_i32 (export "put_i32") (param i32) (result i64)
    (call $put (i32.const 2) (i64.extend_i32_s (local.get 0))) (i64.extend_i32_s (local.get 0)))
  (func $put_i64 (export "put_i64") (param i64) (result i64)
    (call $put (i32.const 3) (local.get 0)) (local.get 0))
  (func $put_f32 (export "put_f32") (param f32) (result i64)
    (call $put (i32.const 4) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0))))
    (i64.and (i64.trunc_sat_f32_s (local.get 0)) (i64.const 0xfffff)))
  (func $put_f64 (export "put_f64") (param f64) (result i64)
    (call $put (i32.const 5) (i64.reinterpret_f64 (local.get 0)))
    (i64.and (i64.trunc_sat_f64_s (local.get 0)) (i64.const 0xfffff)))
  (func $put_v128 (export "put_v128") (param v128) (result i64)
    (call $put (i32.const 6) (i64x2.extract_lane 0 (local.get 0)))
    (call $put (i32.const 7) (i64x2.extract_lane 1 (local.get 0)))
    (i64x2.extract_lane 0 (local.get 0)))
  (func $put_null (param $is_null i32) (param $what i32) (result i64)
    (local.set $what (select (i32.const 8) (local.get $what) (local.get $is_null)))
    (call $put (local.get $what) (i64.const 0)) (i64.extend_i32_u (local.get $what)))
  (func $put_func (export "put_func") (param funcref i32) (result i64)
    (call $put_null (ref.is_null (local.get 0)) (i32.const 13)))
  (func $put_exn (export "put_exn") (param exnref i32) (result i64)
    (call $put_null (ref.is_null (local.get 0)) (i32.const 14)))
  (func $put_extern (export "put_extern") (param externref i32) (result i64)
    (call $put_any (any.convert_extern (local.get 0)) (local.get 1)))"""
PAUSING = """
  (func $fail (param i32) (global.set $failed (local.get 0)) (unreachable))
  (func $expect (param $is i32) (param $failure i32)
    (if (i32.eqz (local.get $is)) (then (call $fail (local.get $failure)))))
  (func $state (export "state") (result i32)
    (if (result i32) (global.get $rewritten)
      (then (call_indirect (type $gives) (i32.const 4)))
      (else (i32.const 0))))
  (func $position (result i32) (call_indirect (type $positions) (global.get $data) (i32.const 6)))
  (func $is_empty (result i32)
    (i32.eq (call $position) (i32.add (global.get $data) (i32.const 8))))
  (func $pause (result i32)
    (call_indirect (type $prepares) (global.get $data) (i32.const 7))
    (call_indirect (type $takes) (global.get $data) (i32.const 0))
    (call $expect (i32.eq (call $state) (i32.const 1)) (i32.const 4))
    (i32.const 1))
  (func $pauses (param $may i64) (result i32)
    (local $state i32)
    (if (i32.eqz (global.get $rewritten)) (then (return (i32.const 0))))
    (local.set $state (call $state))
    (if (i32.eq (local.get $state) (i32.const 1)) (then (call $fail (i32.const 1))))
    (if (i32.eq (local.get $state) (i32.const 2)) (then
      (call_indirect (type $nothing) (i32.const 3))
      (call $expect (i32.eqz (call $state)) (i32.const 2))
      (call $expect (call $is_empty) (i32.const 3))
      (global.set $again (i32.add (global.get $again) (i32.const 1)))
      (if (i32.lt_s (global.get $again) (global.get $times)) (then (return (call $pause))))
      (global.set $again (i32.const 0))
      (return (i32.const 0))))
    (if (i32.eqz (global.get $every)) (then (return (i32.const 0))))
    (if (i64.eqz (i64.and (global.get $may) (local.get $may))) (then (return (i32.const 0))))
    (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
    (if (i32.rem_u (global.get $seen) (global.get $every)) (then (return (i32.const 0))))
    (call $pause))
  (func (export "begin")
    (global.set $again (i32.const 0))
    (if (i32.ge_s (global.get $fuel) (i32.const 0)) (then
      (call_indirect (type $takes) (global.get $fuel) (i32.const 5)))))
  (func (export "resume") (result i32)
    (local $state i32)
    (if (i32.eqz (global.get $rewritten)) (then (return (i32.const 0))))
    (local.set $state (call $state))
    (if (i32.eqz (local.get $state)) (then
      (if (i32.or (global.get $every) (i32.ge_s (global.get $fuel) (i32.const 0))) (then
        (if (global.get $pauses) (then (call $expect (call $is_empty) (i32.const 9))))))
      (return (i32.const 0))))
    (call $expect (i32.eq (local.get $state) (i32.const 1)) (i32.const 8))
    (call $expect (i32.ge_u (call $position) (i32.add (global.get $data) (i32.const 8))) (i32.const 5))
    (global.set $pauses (i32.add (global.get $pauses) (i32.const 1)))
    (call_indirect (type $nothing) (i32.const 1))
    (call $expect (i32.eqz (call $state)) (i32.const 6))
    (if (i32.gt_s (global.get $fuel) (i32.const 0)) (then
      (call_indirect (type $takes) (global.get $fuel) (i32.const 5))))
    (call_indirect (type $takes) (global.get $data) (i32.const 2))
    (call $expect (i32.eq (call $state) (i32.const 2)) (i32.const 7))
    (i32.const 1))"""
GLOBALS = """
  (memory (export "trace") 8)
  (table (export "control") 8 funcref)
  (tag $own (param i32))""" + "".join(
    f'\n  (global ${name} (export "{name}") (mut {type_}) ({type_}.const {value}))'
    for name, type_, value in (
        ("at", "i32", 0), ("count", "i32", 0), ("failed", "i32", 0), ("rewritten", "i32", 0), ("data", "i32", 0),
        ("every", "i32", 0), ("times", "i32", 1), ("may", "i64", -1), ("fuel", "i32", -1), ("seen", "i32", 0),
        ("again", "i32", 0), ("pauses", "i32", 0),
    )
)  # fmt: skip
# What reaches into the memory where the frames are: at its start, or at the end of the first page.
OWN_MEMORY = """(module (import "" "" (memory 0))
  (func (export "position") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "prepare") (param i32)))"""
HOST_MEMORY = f"""(module (import "" "" (memory 0))
  (func (export "position") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "prepare") (param i32)
    (memory.fill (i32.const {DATA + 8}) (i32.const 0xa5) (i32.const {END - DATA - 8}))
    (i32.store (local.get 0) (i32.const {DATA + 8}))
    (i32.store offset=4 (local.get 0) (i32.const {END}))))"""


def control_types(interface: Interface) -> str:
    """The types of control functions, whose text says no type: for wat2wasm the first alike, even one in a `sub`."""
    fields = interface.types.split("\n  ")
    found = []
    for id_, text in CONTROL_TYPES.items():
        alike = [field for field in fields if field.startswith("(type") and text in field]
        found.append(alike[0].replace("(type", f"(type {id_}", 1) if alike else f"(type {id_} {text})")
    return " ".join(found)


class UnknownError(Exception):
    """The host has no such thing to import."""


class Values:
    """Text that makes and writes values of a module's types."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.types = [type_ for tree in _lists(interface.types) for type_ in _definitions(tree)]
        self.funcs: list[str] = []

    def heap(self, type_: str) -> tuple[bool, str]:
        """Whether it may be null, and what is referred to."""
        words = type_[1:-1].split()
        return "null" in words, words[-1]

    def top(self, type_: str) -> str:
        return self.interface.hierarchy(self.heap(type_)[1])

    def put(self, type_: str, value: str, depth: str) -> str:
        """Writes a value, pushes an i64."""
        if type_ in NUMBERS:
            return f"(call $put_{type_} {value})"
        return f"(call $put_{self.top(type_)} {value} {depth})"

    def fresh(self, type_: str, number: str, depth: int = 3) -> str | None:
        """An instruction that makes a value from an i32; None if there can be no such value."""
        match type_:
            case "i32" | "i8" | "i16":
                return number
            case "i64":
                return f"(i64.extend_i32_s {number})"
            case "f32" | "f64":
                half = f"({type_}.convert_i32_s (i32.and {number} (i32.const 0xfffff)))"
                return f"({type_}.add {half} ({type_}.const 0.5))"
            case "v128":
                return f"(i32x4.splat {number})"
        is_nullable, heap = self.heap(type_)
        made = self.fresh_heap(heap, number, depth - 1) if depth else None
        return made or (f"(ref.null {heap})" if is_nullable else None)

    def fresh_heap(self, heap: str, number: str, depth: int) -> str | None:
        match heap:
            case "any" | "eq" | "i31":
                return f"(ref.i31 {number})"
            case "extern":
                return f"(extern.convert_any (ref.i31 {number}))"
            case "struct":
                return f"(struct.new $own_struct {number})"
            case "array":
                return f"(array.new_fixed $own_array 2 {number} {number})"
            case "func":
                return "(ref.func $own_func)"
            case "exn":
                thrown = f"(try_table (catch_all_ref 0) (throw $own {number}))"
                return f"(block (result (ref exn)) {thrown} (unreachable))"
        if not heap.isdigit():
            return None
        kind, fields = self.types[int(heap)]
        if kind == "func":
            results = [self.fresh(result, "(i32.const 5)", depth) for result in fields]
            if None in results:
                return None
            self.funcs.append(f"(func $made{len(self.funcs)} (type {heap}) {' '.join(map(str, results))})")
            return f"(ref.func $made{len(self.funcs) - 1})"
        values = [self.fresh(content, number, depth) for content in fields]
        if None in values:
            return None
        words = " ".join(map(str, values))
        return f"(struct.new {heap} {words})" if kind == "struct" else f"(array.new_fixed {heap} 1 {words})"

    def declared(self) -> str:
        """The functions that `fresh` made, and their declaration."""
        names = " ".join(f"$made{number}" for number in range(len(self.funcs)))
        return "\n  ".join(
            ['(func $own_func (export "own_func"))', *self.funcs, f"(elem declare func $own_func {names})"]
        )

    def put_any(self) -> str:
        """The function that writes a reference to data, with what it holds."""
        lines = [
            '(func $put_any (export "put_any") (param $ref anyref) (param $depth i32) (result i64)',
            "(local $sum i64)",
            "(if (ref.is_null (local.get $ref)) (then (return (call $put_null (i32.const 1) (i32.const 8)))))",
            "(if (ref.test (ref i31) (local.get $ref)) (then",
            "  (local.set $sum (i64.extend_i32_s (i31.get_s (ref.cast (ref i31) (local.get $ref)))))",
            "  (call $put (i32.const 9) (local.get $sum)) (return (local.get $sum))))",
            "(if (i32.eqz (local.get $depth)) (then (return (call $put_null (i32.const 0) (i32.const 12)))))",
        ]
        types = [(str(number), *type_) for number, type_ in enumerate(self.types)]
        types += [("$own_struct", "struct", ["i32"]), ("$own_array", "array", ["i32"])]
        for number, (name, kind, fields) in reversed(list(enumerate(types))):
            if kind == "func":
                continue
            cast = f"(ref.cast (ref {name}) (local.get $ref))"
            what = ENTRIES.index(kind)
            lines.append(f"(if (ref.test (ref {name}) (local.get $ref)) (then")
            lines.append(f"  (call $put (i32.const {what}) (i64.const {number}))")
            if kind == "array":
                lines.append(f"  (if (i64.eqz (call $put_i32 (array.len {cast}))) (then (return (i64.const 0))))")
            for field, content in enumerate(fields):
                sign = "_u" if content in ("i8", "i16") else ""
                get = f"(struct.get{sign} {name} {field} {cast})"
                if kind == "array":
                    get = f"(array.get{sign} {name} {cast} (i32.const 0))"
                put = self.put("i32" if sign else content, get, "(i32.sub (local.get $depth) (i32.const 1))")
                lines.append(f"  (local.set $sum (i64.add (local.get $sum) {put}))")
            lines.append("  (return (local.get $sum))))")
        return "\n    ".join([*lines, "(call $put_null (i32.const 0) (i32.const 12)))"])


def host_text(interface: Interface) -> str:
    """The host of a module. Raises `UnknownError`."""
    values = Values(interface)
    fields = []
    number = 0
    for import_ in interface.imports:
        name = f"{import_.module}.{import_.name}"
        export = f'(export "{name}")'
        if import_.kind == "func":
            assert isinstance(import_.type, int)
            fields.append(_imported(values, number, import_.name, export, import_.type))
            number += 1
        elif import_.kind == "global" and isinstance(import_.type, str):
            content = import_.type.removeprefix("(mut ").removesuffix(")") if "(mut" in import_.type else import_.type
            value = "(extern.convert_any (ref.i31 (i32.const 77)))" if values_top(values, content) == "extern" else None
            value = value or values.fresh(content, "(i32.const 77)")
            if value is None or "add" in value or "block" in value or "convert_i" in value:
                raise UnknownError(name)
            fields.append(f"(global {export} {import_.type} {value})")
        elif import_.kind == "tag" and import_.name in ("wasmtag", "jstag"):
            fields.append(
                f"(tag ${import_.name} {export} (param {'i32' if import_.name == 'wasmtag' else 'externref'}))"
            )
        else:
            raise UnknownError(name)
    put_any = values.put_any()
    return "\n  ".join(
        [
            "(module",
            interface.types,
            OWN_TYPES,
            control_types(interface),
            GLOBALS,
            WRITERS,
            PAUSING,
            put_any,
            *fields,
            values.declared() + ")",
        ]
    )


def values_top(values: Values, type_: str) -> str:
    return "" if type_ in NUMBERS else values.top(type_)


def _imported(values: Values, number: int, name: str, export: str, index: int) -> str:
    """A function that the module imports."""
    type_ = values.interface.funcs[index]
    rubbish = [values.fresh(result, "(i32.const 0x25a5a5a5)") for result in type_.results]
    lines = [
        f"(func {export} (type {index}) (local $sum i64)",
        f"(if (call $pauses (i64.const {1 << number % 63})) (then (return {_row(rubbish)})))",
        f"(call $put (i32.const 1) (i64.const {number}))",
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))",
        "(local.set $sum (i64.extend_i32_u (i32.mul (global.get $count) (i32.const 10))))",
    ]
    for param, content in enumerate(type_.params):
        put = values.put(content, f"(local.get {param})", f"(i32.const {DEEP})")
        lines.append(f"(local.set $sum (i64.add (local.get $sum) {put}))")
    if name == "throw":
        lines.append("(throw $own (i32.wrap_i64 (local.get $sum)))")
    if name == "print_throws":
        lines.append("(if (i64.eqz (i64.rem_u (local.get $sum) (i64.const 3))) (then (throw $own (i32.const 3))))")
    for position, result in enumerate(type_.results):
        if result not in NUMBERS and result in type_.params:
            lines.append(f"(local.get {type_.params.index(result)})")
            continue
        sum_ = f"(i32.add (i32.wrap_i64 (local.get $sum)) (i32.const {position}))"
        made = values.fresh(result, sum_)
        if result not in NUMBERS and made and values.heap(result)[0]:
            some = f"(i32.eqz (i32.and {sum_} (i32.const 7)))"
            made = f"(if (result {result}) {some} (then (ref.null {values.heap(result)[1]})) (else {made}))"
        lines.append(made or "(unreachable)")
    return "\n    ".join(lines) + ")"


def _row(values: Sequence[str | None]) -> str:
    return " ".join(value or "(unreachable)" for value in values)


def driver_text(interface: Interface, seed: int, fuel: int) -> tuple[str, list[str]]:
    """The driver of a module, and the names of the functions to call; `fuel` goes to its global "fuel"."""
    values = Values(interface)
    random = Random(seed)
    head, body, names = [], [], []
    refuel = ""
    for number, (name, (kind, type_)) in enumerate(interface.exports.items()):
        if kind == "global" and isinstance(type_, str):
            head.append(f'(import "m" {quoted(name)} (global $g{number} {type_}))')
            if name == "fuel":
                refuel = f"(global.set $g{number} (i32.const {fuel}))"
        elif kind == "func" and isinstance(type_, int):
            head.append(f'(import "m" {quoted(name)} (func $f{number} (type {type_})))')
    puts = []
    for number, (_name, (kind, type_)) in enumerate(interface.exports.items()):
        if kind == "global" and isinstance(type_, str):
            content = type_[5:-1] if type_.startswith("(mut ") else type_
            puts.append(f"(drop {values.put(content, f'(global.get $g{number})', '(i32.const 4)')})")
        elif kind == "func" and isinstance(type_, int):
            for variant in range(2):
                text = _calls(values, number, type_, variant, random, refuel)
                if text:
                    body.append(text)
                    names.append(f"{number}.{variant}")
    body.append(f'(func (export "globals") {" ".join(puts)})')
    uses = ["put", "put_i32", "put_i64", "put_f32", "put_f64", "put_v128", "begin", "resume"]
    signatures = [
        "(param i32 i64)", "(param i32) (result i64)", "(param i64) (result i64)", "(param f32) (result i64)",
        "(param f64) (result i64)", "(param v128) (result i64)", "", "(result i32)",
    ]  # fmt: skip
    imports = [f'(import "host" "{use}" (func ${use} {sig}))' for use, sig in zip(uses, signatures, strict=True)]
    for top in TOPS:
        imports.append(f'(import "host" "put_{top}" (func $put_{top} (param {top}ref i32) (result i64)))')
    own = ["(tag $own (param i32))", values.declared()]
    return "\n  ".join(["(module", interface.types, OWN_TYPES, *imports, *head, *own, *body]) + ")", names


def _calls(values: Values, number: int, index: int, variant: int, random: Random, refuel: str) -> str | None:
    """A function that calls an export with arguments of its own; None if there are none of its types."""
    type_ = values.interface.funcs[index]
    arguments = []
    for param in type_.params:
        if param in NUMBERS:
            arguments.append(f"({param}.const {random.choice(ARGUMENTS[param])})")
            continue
        is_nullable, heap = values.heap(param)
        value = values.fresh(param, f"(i32.const {random.randrange(100)})")
        if value is None or (is_nullable and random.random() < 0.3):
            value = f"(ref.null {heap})" if is_nullable else None
        if value is None:
            return None
        arguments.append(value)
    params, results = type_.params, type_.results
    locals_ = [*params, *(result.replace("(ref ", "(ref null ").replace("null null", "null") for result in results)]
    lines = [f'(func (export "{number}.{variant}")', *(f"(local {each})" for each in locals_), refuel]
    lines.append(f"(call $put (i32.const 15) (i64.const {number}))")
    lines += [f"(local.set {position} {argument})" for position, argument in enumerate(arguments)]
    call = " ".join(f"(local.get {position})" for position in range(len(params)))
    sets = [f"(local.set {len(params) + position})" for position in reversed(range(len(results)))]
    lines += ["(call $begin)", "(block $caught (block $done (try_table (catch_all $caught) (loop $again",
              f"(call $f{number} {call}) {' '.join(sets)} (br_if $again (call $resume)))) (br $done))",
              "(call $put (i32.const 16) (i64.const 0))"]  # fmt: skip
    for position, result in enumerate(results):
        lines.append(f"(drop {values.put(result, f'(local.get {len(params) + position})', f'(i32.const {DEEP})')})")
    lines += ["(return))", "(call $put (i32.const 17) (i64.const 0)))"]
    return "\n    ".join(lines)


def quoted(name: str) -> str:
    return '"' + "".join(f"\\{byte:02x}" for byte in name.encode()) + '"'


# Types, as a text of lists


def _lists(text: str) -> list[Any]:
    """A text as lists of lists and words."""
    stack: list[list[Any]] = [[]]
    for word in re.findall(r"[()]|[^()\s]+", text):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    return stack[0]


def _definitions(tree: list[Any]) -> list[tuple[str, list[str]]]:
    """`(type ..)` or `(rec (type ..)*)` -> func, struct or array, and its results or what it holds."""
    if tree[0] == "rec":
        return [found for each in tree[1:] for found in _definitions(each)]
    composite = tree[1]
    while composite[0] == "sub":
        composite = composite[-1]
    head, *rest = composite
    if head == "func":
        results = [each for each in rest if each[0] == "result"]
        return [(head, [_type_text(type_) for each in results for type_ in each[1:]])]
    if head == "struct":
        return [(head, [_content(each[1]) for each in rest])]
    return [(head, [_content(rest[0])])]


def _content(tree: Any) -> str:
    return _type_text(tree[1] if isinstance(tree, list) and tree[0] == "mut" else tree)


def _type_text(tree: Any) -> str:
    return tree if isinstance(tree, str) else f"({' '.join(map(str, tree))})"
