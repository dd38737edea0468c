"""Texts made smaller that still fail in the same way: lists and words are left out, lists become constants."""

from __future__ import annotations

import time
from collections.abc import Callable

from fuzz_run import Difference, Way, difference


def reduce_difference(text: str, seed: int, found: Difference, all_ways: tuple[Way, ...], seconds: float = 60) -> str:
    """A smaller text that differs in the same way."""
    ways = tuple(way for way in all_ways if way.name == found.way)

    def fails(candidate: str) -> bool:
        try:
            again = difference(candidate, seed, ways)
        except Exception:  # not valid
            return False
        if again is None or again.kind != found.kind:
            return False
        return found.kind not in ("crash", "refused", "error") or again.detail[:30] == found.detail[:30]

    clean = without_comments(text)
    return reduced(clean if fails(clean) else text, fails, seconds)


def reduced(text: str, fails: Callable[[str], bool], seconds: float = 60) -> str:
    """The text with as many of its lists and words left out as `fails` allows; a list may become a constant."""
    end = time.monotonic() + seconds
    before = ""
    while before != text:
        before = text
        for strategy in (without_lines, without_list, with_constant, with_inner, without_words):
            at = 0
            while time.monotonic() < end:
                candidate = strategy(text, at)
                if candidate is None:
                    break
                if len(candidate) < len(text) and fails(candidate):
                    text = candidate
                else:
                    at += 1
    return text


def without_lines(text: str, at: int) -> str | None:
    """Some lines left out, or unreachable in their place: first many, then fewer."""
    lines = text.split("\n")
    size = len(lines) // 2
    while size:
        starts = -(-len(lines) // size)
        if at < 2 * starts:
            start = at // 2 * size
            middle = ["unreachable"] if at % 2 else []
            return "\n".join([*lines[:start], *middle, *lines[start + size :]])
        at -= 2 * starts
        size //= 2
    return None


def without_list(text: str, at: int) -> str | None:
    """A list left out, the largest first."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    if at >= len(spans):
        return None
    start, end = spans[at]
    return text[:start] + text[end:]


CONSTANTS = ("(i32.const 0)", "(i64.const 0)", "(f32.const 0)", "(f64.const 0)", "(v128.const i64x2 0 0)", "nop")


def with_constant(text: str, at: int) -> str | None:
    """A list as a constant, the largest first."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    number_, which = divmod(at, len(CONSTANTS))
    if number_ >= len(spans):
        return None
    start, end = spans[number_]
    return text[:start] + CONSTANTS[which] + text[end:]


def with_inner(text: str, at: int) -> str | None:
    """A list as one in it."""
    spans = sorted(lists(text), key=lambda span: span[0] - span[1])
    pairs = [(outer, inner) for outer in spans for inner in spans if outer[0] < inner[0] and inner[1] < outer[1]]
    if at >= len(pairs):
        return None
    (start, end), (first, last) = pairs[at]
    return text[:start] + text[first:last] + text[end:]


def without_words(text: str, at: int) -> str | None:
    """A few words in a row left out."""
    words = text.split()
    position, which = divmod(at, 5)
    if position >= len(words):
        return None
    return " ".join(words[:position] + words[position + 5 - which :])


def lists(text: str) -> list[tuple[int, int]]:
    """Where lists begin and end; there are no parentheses in comments once `without_comments` is through."""
    found, stack = [], []
    for position, char in enumerate(text):
        if char == "(":
            stack.append(position)
        elif char == ")" and stack:
            found.append((stack.pop(), position + 1))
    return found


def without_comments(text: str) -> str:
    lines = [line.partition(";;")[0].rstrip() for line in text.replace("(; one ;)", "").replace("(;;)", "").split("\n")]
    return "\n".join(line for line in lines if line)
