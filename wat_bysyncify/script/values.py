"""Literals of the text format <-> values, exact to the bit (spec, "Text Format / Values").

A number is its bit pattern, so that a NaN keeps its payload and -0 its sign.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from fractions import Fraction

LANES = {"i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64, "f32x4": 32, "f64x2": 64}
MANTISSA = {32: 23, 64: 52}
_INT = re.compile(r"[+-]?(?:[0-9](?:_?[0-9])*|0x[0-9a-fA-F](?:_?[0-9a-fA-F])*)")
_FLOAT = re.compile(
    r"""(?P<sign>[+-]?) (?: (?P<inf>inf) | nan(?::0x(?P<payload>[0-9a-fA-F_]+))?
      | 0x(?P<hex>[0-9a-fA-F_]+) (?:\.(?P<hexfraction>[0-9a-fA-F_]*))? (?:[pP](?P<hexexponent>[+-]?[0-9_]+))?
      | (?P<whole>[0-9_]+) (?:\.(?P<fraction>[0-9_]*))? (?:[eE](?P<exponent>[+-]?[0-9_]+))? )""",
    re.X,
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value, named as its literal is: `type` i32 i64 f32 f64 v128 with `payload` the bits, or a reference:

    `ref.null` with the top of its heap types (any, func, extern, exn), `ref.extern` and `ref.host` with the host's
    number, `ref.i31` with its unsigned number, `ref.struct`, `ref.array`, `ref.func`, `ref.exn`, `ref.extern` of
    something inside (the payload is None).
    """

    type: str
    payload: int | str | None = None

    def __str__(self) -> str:
        """The literal: `(i32.const -1)`, `(f32.const nan:0x200000)`, `(ref.null any)`, `(ref.func)`."""
        bits = self.payload
        if self.type.startswith("ref."):
            return f"({self.type})" if bits is None else f"({self.type} {bits})"
        assert isinstance(bits, int)
        if self.type == "v128":
            lanes = " ".join(f"0x{bits >> shift & 0xFFFFFFFF:08x}" for shift in range(0, 128, 32))
            return f"(v128.const i32x4 {lanes})"
        width = int(self.type[1:])
        if self.type[0] == "f":
            return f"({self.type}.const {float_text(bits, width)})"
        return f"({self.type}.const {bits - (bits >> width - 1 << width)})"


def number(type: str, words: list[str]) -> Value:
    """`number("i32", ["-1"])` is `Value("i32", 0xffffffff)`; for v128 the shape comes first. Raises `ValueError`."""
    if type != "v128":
        if len(words) != 1:
            raise ValueError("expected one literal")
        word = words[0]
        return Value(type, int_bits(word, int(type[1:])) if type[0] == "i" else float_bits(word, int(type[1:])))
    shape, width, lanes = lane_words(words)
    bits = 0
    for word in reversed(lanes):
        bits = bits << width | (int_bits(word, width) if shape[0] == "i" else float_bits(word, width))
    return Value("v128", bits)


def lane_words(words: list[str]) -> tuple[str, int, list[str]]:
    """`i32x4 1 2 3 4` -> the shape, the width of a lane, the literals of the lanes; raises `ValueError`."""
    shape, *lanes = words or [""]
    if shape not in LANES:
        raise ValueError("expected a shape, such as i32x4")
    if len(lanes) * LANES[shape] != 128:
        raise ValueError("wrong number of lanes")
    return shape, LANES[shape], lanes


def int_bits(word: str, width: int) -> int:
    """The bits of an integer literal, signed or unsigned; raises `ValueError`."""
    if not _INT.fullmatch(word):
        raise ValueError(f"not an integer: {word}")
    value = int(word, 16 if "x" in word else 10)
    if not -(1 << width - 1) <= value < 1 << width:
        raise ValueError(f"constant out of range: {word}")
    return value % (1 << width)


def float_bits(word: str, width: int) -> int:
    """The bits of a float literal, rounded to the nearest, ties to even; raises `ValueError`."""
    match = _FLOAT.fullmatch(word)
    if not match:
        raise ValueError(f"not a float: {word}")
    mantissa = MANTISSA[width]
    sign = (match["sign"] == "-") << width - 1
    infinity = (1 << width - 1) - (1 << mantissa)
    if match["inf"]:
        return sign | infinity
    if "nan" in word:
        payload = int(match["payload"], 16) if match["payload"] else 1 << mantissa - 1
        if not 0 < payload < 1 << mantissa:
            raise ValueError(f"constant out of range: {word}")
        return sign | infinity | payload
    if match["hex"]:
        base, whole, fraction, exponent = 16, match["hex"], match["hexfraction"] or "", match["hexexponent"]
    else:
        base, whole, fraction, exponent = 10, match["whole"], match["fraction"] or "", match["exponent"]
    fraction = fraction.replace("_", "")
    digits = int(whole + fraction, base)
    power = int(exponent or 0)
    if not digits or power < -5000 - 4 * len(word):
        return sign
    if power > 5000 + 4 * len(word):
        raise ValueError(f"constant out of range: {word}")
    exact = digits * Fraction(2 if base == 16 else 10) ** power / base ** len(fraction)
    rounded = _rounded(exact, mantissa, infinity)
    if rounded >= infinity:
        raise ValueError(f"constant out of range: {word}")
    return sign | rounded


def _rounded(exact: Fraction, mantissa: int, infinity: int) -> int:
    """The bits of the float nearest to a positive number; `infinity` or more when there is none."""
    bias = infinity >> mantissa + 1
    exponent = max(exact.numerator.bit_length() - exact.denominator.bit_length() - 1, 1 - bias)
    if exact >= Fraction(2) ** (exponent + 1):
        exponent += 1
    # What rounds up to the next power of two carries into the exponent field, as it should.
    units = round(exact / Fraction(2) ** (exponent - mantissa))
    return units + (exponent + bias - 1 << mantissa)


def float_text(bits: int, width: int) -> str:
    """The shortest text that reads back as these bits: `1`, `-0`, `0.1`, `1e+30`, `inf`, `nan`, `nan:0x1`."""
    mantissa = MANTISSA[width]
    sign = "-" if bits >> width - 1 else ""
    fraction = bits & (1 << mantissa) - 1
    if bits >> mantissa & (1 << width - 1 - mantissa) - 1 == (1 << width - 1 - mantissa) - 1:
        if not fraction:
            return f"{sign}inf"
        return f"{sign}nan" if fraction == 1 << mantissa - 1 else f"{sign}nan:{fraction:#x}"
    if width == 64:
        value = struct.unpack("<d", bits.to_bytes(8, "little"))[0]
    else:
        value = exact = struct.unpack("<f", bits.to_bytes(4, "little"))[0]
        candidates = (f"{exact:.{digits}g}" for digits in range(1, 10))
        if abs(exact) >= 1e16 or exact % 1:
            value = float(next(word for word in candidates if _reads_back(word, bits)))
    return repr(value).removesuffix(".0")


def _reads_back(word: str, bits: int) -> bool:
    try:
        return float_bits(word, 32) == bits
    except ValueError:  # rounded up past the largest float
        return False
