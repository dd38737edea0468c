"""Python values <-> those that wasmtime's package passes: int, float, any object for externref, Func for funcref."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import wasmtime

VALTYPES = {
    "i32": wasmtime.ValType.i32,
    "i64": wasmtime.ValType.i64,
    "f32": wasmtime.ValType.f32,
    "f64": wasmtime.ValType.f64,
    "(ref null extern)": wasmtime.ValType.externref,
    "(ref null func)": wasmtime.ValType.funcref,
}
_BITS = {"i32": 32, "i64": 64}


def unsupported(types: Sequence[str]) -> str | None:
    """The first of these types whose values wasmtime's Python package cannot pass; None if it can pass all."""
    return next((type_ for type_ in types if type_ not in VALTYPES), None)


def given(values: Sequence[Any], types: Sequence[str], what: str) -> list[Any]:
    """Values as wasmtime takes them. Integers may be signed or unsigned.

    Raises `TypeError` for another number of values, or a value that is not of its type, `OverflowError` for an integer
    that is too large; `what` says whose values they are.
    """
    if len(values) != len(types):
        raise TypeError(f"{what}: expected {len(types)} value{'s' * (len(types) != 1)}, not {len(values)}")
    return [_given(value, type_, what) for value, type_ in zip(values, types, strict=True)]


def _given(value: Any, type_: str, what: str) -> Any:
    bits = _BITS.get(type_)
    if bits:
        if not isinstance(value, int):
            raise TypeError(f"{what}: expected an int for {type_}, not {value!r}")
        if not -(1 << bits - 1) <= value < 1 << bits:
            raise OverflowError(f"{what}: {value} does not fit into {type_}")
        return int(value)
    if type_ in ("f32", "f64"):
        if not isinstance(value, (int, float)):
            raise TypeError(f"{what}: expected a float for {type_}, not {value!r}")
        return float(value)
    if type_ == "(ref null func)" and value is not None and not isinstance(value, wasmtime.Func):
        raise TypeError(f"{what}: expected a wasmtime.Func or None for funcref, not {value!r}")
    return value


def results(returned: Any, types: Sequence[str], what: str) -> Any:
    """What a function of the host returned, as wasmtime takes it: nothing, one value, or a list."""
    if not types:
        return None
    if len(types) == 1:
        return _given(returned, types[0], what)
    if not isinstance(returned, (tuple, list)):
        raise TypeError(f"{what}: expected {len(types)} values, not {returned!r}")
    return given(returned, types, what)


def zeros(types: Sequence[str]) -> Any:
    """What a function returns while the stack is unwound; nobody reads it."""
    plain = [None if type_.startswith("(") else 0.0 if type_[0] == "f" else 0 for type_ in types]
    return plain if len(plain) > 1 else plain[0] if plain else None
