"""Adapter modules: functions of any type, spoken to in the few types that wasmtime's Python package can pass.

A value crosses as one or more plain values:

    i32, f32    i32 (the bits)
    i64, f64    i64 (the bits)
    v128        i64 i64 (the low and the high half)
    reference   in: externref or funcref; out: i32 (its `KINDS`), i32 (the number of an i31), externref (of the host)

A function of integers needs no adapter. For `(func (type 0) (param f32) (result (ref null 1)))` it is

    (module (type ...) ...                          ;; all types of the function's module: the same indexes
      (func $host (import "" "") (type 0))
      (func (export "") (param i32) (result i32 i32 externref)
        (local (ref null 1))
        (call $host (f32.reinterpret_i32 (local.get 0)))
        (local.set 1)
        (call $kind (local.get 1))))

and for a function of the host, which wasm calls, the same the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .interface import FuncType, Interface
from .values import Value

KINDS = ("ref.null", "ref.i31", "ref.struct", "ref.array", "ref.host", "ref.func", "ref.exn")
KIND = """(func $kind (param anyref) (result i32 i32 externref)
    (if (ref.is_null (local.get 0))
      (then (return (i32.const 0) (i32.const 0) (ref.null extern))))
    (if (ref.test (ref i31) (local.get 0))
      (then (return (i32.const 1) (i31.get_u (ref.cast (ref i31) (local.get 0))) (ref.null extern))))
    (if (ref.test (ref struct) (local.get 0)) (then (return (i32.const 2) (i32.const 0) (ref.null extern))))
    (if (ref.test (ref array) (local.get 0)) (then (return (i32.const 3) (i32.const 0) (ref.null extern))))
    (i32.const 4) (i32.const 0) (extern.convert_any (local.get 0)))"""
BITS = {"i32": ("i32",), "i64": ("i64",), "f32": ("i32",), "f64": ("i64",), "v128": ("i64", "i64")}


def is_direct(type: FuncType) -> bool:
    """Whether Python can call a function of this type, and be called, without loss."""
    return {*type.params, *type.results} <= {"i32", "i64"}


def calling(interface: Interface, index: int) -> str:
    """The adapter that imports a function of a type, and exports one of plain types."""
    type = interface.funcs[index]
    plain = [flat for param in type.params for flat in flat_in(interface, param)]
    first = len(plain)
    names = iter(range(first))
    arguments = [_from_plain(interface, param, names) for param in type.params]
    return _module(
        interface,
        f'(func $host (import "" "") (type {index}))',
        f'(func (export "") {_list("param", plain)} {_results(interface, type.results)}',
        f"  {_list('local', type.results)}",
        f"  (call $host {' '.join(arguments)})",
        *(f"  (local.set {first + number})" for number in reversed(range(len(type.results)))),
        *(f"  {_to_plain(interface, result, first + number)}" for number, result in enumerate(type.results)),
        ")",
    )


def called(interface: Interface, index: int) -> str:
    """The adapter that imports a function of plain types, and exports one of a type."""
    type = interface.funcs[index]
    plain = [flat for result in type.results for flat in flat_in(interface, result)]
    params = [flat for param in type.params for flat in flat_out(interface, param)]
    first = len(type.params)
    names = iter(range(first, first + len(plain)))
    return _module(
        interface,
        f'(func $host (import "" "") {_list("param", params)} {_list("result", plain)})',
        f'(func (export "") (type {index})',
        f"  {_list('local', plain)}",
        *(f"  {_to_plain(interface, param, number)}" for number, param in enumerate(type.params)),
        "  (call $host)",
        *(f"  (local.set {first + number})" for number in reversed(range(len(plain)))),
        *(f"  {_from_plain(interface, result, names)}" for result in type.results),
        ")",
    )


def reading(interface: Interface, type: str) -> str:
    """The adapter that imports a global of a type, `i32` or `(mut i32)`, and exports a function that reads it."""
    content = type.removeprefix("(mut ").removesuffix(")") if type.startswith("(mut ") else type
    return _module(
        interface,
        f'(global $host (import "" "") {type})',
        f'(func (export "") {_results(interface, (content,))}',
        f"  (local {content})",
        "  (local.set 0 (global.get $host))",
        f"  {_to_plain(interface, content, 0)}",
        ")",
    )


def _module(interface: Interface, first: str, *lines: str) -> str:
    kind = [KIND] if any("(call $kind" in line for line in lines) else []
    return "\n  ".join(["(module", interface.types, first, *kind, *lines]) + ")"


def _list(head: str, types: Sequence[str]) -> str:
    return f"({head} {' '.join(types)})"


def _results(interface: Interface, types: Sequence[str]) -> str:
    return _list("result", [flat for type in types for flat in flat_out(interface, type)])


def _hierarchy(interface: Interface, type: str) -> str:
    return interface.hierarchy(type[:-1].split()[-1])


def flat_in(interface: Interface, type: str) -> tuple[str, ...]:
    """The plain types in which a value of a type goes into wasm."""
    return BITS.get(type) or ("funcref" if _hierarchy(interface, type) == "func" else "externref",)


def flat_out(interface: Interface, type: str) -> tuple[str, ...]:
    """The plain types in which a value of a type comes out of wasm."""
    return BITS.get(type) or ("i32", "i32", "externref")


def _from_plain(interface: Interface, type: str, names: Iterator[int]) -> str:
    """The instruction that makes a value of a type of the next plain locals."""
    local = f"(local.get {next(names)})"
    match type:
        case "i32" | "i64":
            return local
        case "f32" | "f64":
            return f"({type}.reinterpret_i{type[1:]} {local})"
        case "v128":
            return f"(i64x2.replace_lane 1 (i64x2.splat {local}) (local.get {next(names)}))"
    match _hierarchy(interface, type):
        case "any":
            return f"(ref.cast {type} (any.convert_extern {local}))"
        case "exn":
            return "(ref.null noexn)" if "null" in type else "(unreachable)"
    return f"(ref.cast {type} {local})"


def _to_plain(interface: Interface, type: str, local: int) -> str:
    """The instructions that push the plain values of a local."""
    get = f"(local.get {local})"
    match type:
        case "i32" | "i64":
            return get
        case "f32" | "f64":
            return f"(i{type[1:]}.reinterpret_{type} {get})"
        case "v128":
            return f"(i64x2.extract_lane 0 {get}) (i64x2.extract_lane 1 {get})"
    match _hierarchy(interface, type):
        case "any":
            return f"(call $kind {get})"
        case "extern":
            return f"(call $kind (any.convert_extern {get}))"
        case top:
            kind = KINDS.index(f"ref.{top}")
            return f"(select (i32.const 0) (i32.const {kind}) (ref.is_null {get})) (i32.const 0) (ref.null extern)"


def plain_values(interface: Interface, types: Sequence[str], values: Sequence[Value]) -> list[Any]:
    """What Python passes for values of these types; raises `TypeError` where a value is of another type."""
    if len(types) != len(values):
        raise TypeError(f"expected {len(types)} values, got {len(values)}")
    plain: list[Any] = []
    for type, value in zip(types, values, strict=True):
        bits = value.payload
        if type in BITS:
            if value.type != type or not isinstance(bits, int):
                raise TypeError(f"got {value}, expected a value of type {type}")
            plain += [bits & (1 << 64) - 1, bits >> 64] if type == "v128" else [bits]
        elif value.type == "ref.null" and "null" in type and bits == _hierarchy(interface, type):
            plain.append(None)
        elif value.type in ("ref.extern", "ref.host") and type in HOSTS[value.type]:
            plain.append(bits)
        else:
            raise TypeError(f"got {value}, expected a value of type {type}")
    return plain


HOSTS = {
    "ref.extern": ("(ref extern)", "(ref null extern)"),
    "ref.host": ("(ref any)", "(ref null any)"),
}


def values(interface: Interface, types: Sequence[str], plain: Sequence[Any]) -> list[Value]:
    """The values of these types that Python got as plain ones."""
    rest = iter(plain)
    found = []
    for type in types:
        if type in BITS:
            bits = next(rest) % (1 << int(BITS[type][0][1:]))
            found.append(Value(type, bits | next(rest) % (1 << 64) << 64 if type == "v128" else bits))
            continue
        kind, number, host = KINDS[next(rest)], next(rest), next(rest)
        top = _hierarchy(interface, type)
        payload = {"ref.null": top, "ref.i31": number % (1 << 31), "ref.host": host}.get(kind)
        if kind != "ref.null" and top == "extern":
            kind, payload = "ref.extern", host
        found.append(Value(kind, payload if isinstance(payload, (int, str)) else None))
    return found


def zeros(interface: Interface, types: Sequence[str]) -> list[Any]:
    """Plain zeros and nulls for these types."""
    return [None if flat.endswith("ref") else 0 for type in types for flat in flat_in(interface, type)]
