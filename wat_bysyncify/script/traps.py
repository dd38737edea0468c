"""What wasmtime says when something goes wrong -> what the specification's scripts expect, and one line to show."""

from __future__ import annotations

import re

import wasmtime
from wasmtime import TrapCode

# The messages of the reference interpreter that a trap of wasmtime may stand for (assert_trap compares beginnings).
MESSAGES = {
    TrapCode.STACK_OVERFLOW: ("call stack exhausted",),
    TrapCode.MEMORY_OUT_OF_BOUNDS: ("out of bounds memory access",),
    TrapCode.HEAP_MISALIGNED: ("unaligned atomic",),
    TrapCode.TABLE_OUT_OF_BOUNDS: ("out of bounds table access", "undefined element"),
    TrapCode.INDIRECT_CALL_TO_NULL: ("uninitialized element",),
    TrapCode.BAD_SIGNATURE: ("indirect call type mismatch",),
    TrapCode.INTEGER_OVERFLOW: ("integer overflow",),
    TrapCode.INTEGER_DIVISION_BY_ZERO: ("integer divide by zero",),
    TrapCode.BAD_CONVERSION_TO_INTEGER: ("invalid conversion to integer",),
    TrapCode.UNREACHABLE: ("unreachable",),
    TrapCode.ATOMIC_WAIT_NON_SHARED_MEMORY: ("expected shared memory",),
    TrapCode.NULL_REFERENCE: tuple(
        f"null {kind}reference" for kind in ("", "function ", "array ", "structure ", "i31 ", "exception ")
    ),
    TrapCode.ARRAY_OUT_OF_BOUNDS: ("out of bounds array access",),
    TrapCode.CAST_FAILURE: ("cast failure",),
}


def is_expected(trap: wasmtime.Trap, message: str) -> bool:
    """Whether a trap is the one that an assertion names."""
    code = trap.trap_code
    known = MESSAGES.get(code, ()) if code else ()
    return any(text.startswith(message) or message.startswith(text) for text in known)


def is_exception(trap: wasmtime.Trap) -> bool:
    """Whether it is an exception that wasm threw and did not catch."""
    return trap.trap_code in (None, TrapCode.UNCAUGHT_EXCEPTION) and "thrown Wasm exception" in trap.message


def reason(error: Exception) -> str:
    """The cause on one line: `wasm trap: integer divide by zero`, without the backtrace."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    first, last = lines[0], _NUMBER.sub("", lines[-1])
    if "Caused by:" not in lines:
        return first
    return last if first.startswith(("error while executing", "failed to compile")) else f"{first}: {last}"


def place(error: Exception) -> tuple[int, int] | None:
    """The line and the column, from 1, that wat2wasm gives for an error in a text."""
    match = _AT.search(str(error))
    return (int(match[1]), int(match[2])) if match else None


_AT = re.compile(r"--> <anon>:(\d+):(\d+)")
_NUMBER = re.compile(r"^\d+: ")
