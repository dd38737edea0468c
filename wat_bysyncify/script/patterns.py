"""Literals of a script -> arguments, and the patterns of results (spec, interpreter/README.md, "Scripts")."""

from __future__ import annotations

from ..errors import WatError
from .commands import Form, Item
from .values import MANTISSA, Value, float_bits, int_bits, lane_words, number

NUMBERS = {f"{type}.const": type for type in ("i32", "i64", "f32", "f64", "v128")}
TOPS = {"any": "any", "eq": "any", "i31": "any", "struct": "any", "array": "any", "none": "any", "func": "func",
        "nofunc": "func", "extern": "extern", "noextern": "extern", "exn": "exn", "noexn": "exn"}  # fmt: skip


def argument(form: Item) -> Value:
    """`(i32.const 1)`, `(ref.null any)`, `(ref.extern 1)` or `(ref.host 1)` -> the value; raises `WatError`."""
    assert isinstance(form, Form)
    words = [item for item in form.items if isinstance(item, str)]
    try:
        if form.head in NUMBERS:
            return number(NUMBERS[form.head], words)
        if form.head == "ref.null" and len(words) == 1:
            return Value("ref.null", TOPS.get(words[0], "any"))
        if form.head in ("ref.extern", "ref.host") and len(words) == 1:
            return Value(form.head, int_bits(words[0], 32))
    except ValueError as error:
        raise WatError(f"bad literal {form}: {error}", form.offset) from None
    raise WatError(f"not an argument: {form}", form.offset)


def matches(value: Value, form: Item) -> bool:
    """Whether a result is what a pattern asks for; raises `WatError` for what is no pattern."""
    assert isinstance(form, Form)
    try:
        return _matches(value, form)
    except ValueError as error:
        raise WatError(f"bad pattern {form}: {error}", form.offset) from None


def _matches(value: Value, form: Form) -> bool:
    if form.head == "either":
        return any(isinstance(choice, Form) and choice.head != "either" and _matches(value, choice)
                   for choice in form.items)  # fmt: skip
    words = [item for item in form.items if isinstance(item, str)]
    if form.head in NUMBERS:
        type = NUMBERS[form.head]
        if type != "v128":
            if len(words) != 1:
                raise ValueError("expected one literal")
            word = words[0]
            return value.type == type and _lane_matches(value.payload, word, type[0], int(type[1:]))
        shape, width, lanes = lane_words(words)
        return value.type == "v128" and isinstance(value.payload, int) and all(
            _lane_matches(value.payload >> width * index & (1 << width) - 1, word, shape[0], width)
            for index, word in enumerate(lanes)
        )  # fmt: skip
    match form.head, words:
        case "ref.null", []:
            return value.type == "ref.null"
        case "ref.null", [heap]:
            return value.type == "ref.null" and value.payload == TOPS.get(heap, value.payload)
        case (("ref.extern" | "ref.host" | "ref.i31"), [word]):
            return value == Value(form.head, int_bits(word, 32))
        case (("ref.extern" | "ref.func" | "ref.exn" | "ref.i31" | "ref.struct" | "ref.array" | "ref.host"), _):
            return value.type == form.head
        case "ref.any", []:
            return value.type in ("ref.i31", "ref.struct", "ref.array", "ref.host")
        case "ref.eq", []:
            return value.type in ("ref.i31", "ref.struct", "ref.array")
    raise WatError(f"not a pattern: {form}", form.offset)


def _lane_matches(bits: int | str | None, word: str, kind: str, width: int) -> bool:
    assert isinstance(bits, int)
    if kind == "i":
        return bits == int_bits(word, width)
    canonical = (1 << width - 1) - (1 << MANTISSA[width] - 1)  # the exponent, and the top bit of the fraction
    match word.removeprefix("+").removeprefix("-"):
        case "nan:canonical":
            return bits & (1 << width - 1) - 1 == canonical
        case "nan:arithmetic":
            return bits & canonical == canonical
    return bits == float_bits(word, width)
