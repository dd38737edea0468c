"""What tools want to know of a rewritten module (--map): calls, frames, lines; docs/map.md says what the data means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from . import code as act
from .callgraph import Dispatch
from .explain import Explanation
from .names import SAVED_SIZES
from .parts import Parts
from .plan import Plan
from .scope import Program
from .writer import Writer

VERSION = 1  # of the data
_SLOT = 4  # bytes: in place of a reference, a frame has the number of its slot in a table


@dataclass(frozen=True, slots=True)
class CallMap:
    """A pausing call: the index in the source at which it begins, None if it is not from there; what it calls."""

    place: int | None
    calls: int | Dispatch | None


@dataclass(frozen=True, slots=True)
class FunctionMap:
    """A function that has a frame. `calls` are its pausing calls, as in its plan; `lines` where its text stems from:
    (line of the text, from 0; index in the source; how many lines); `steps` the lines of the text with which something
    begins that reads as one, and what that is."""

    number: int
    plan: Plan
    calls: tuple[CallMap, ...]
    lines: tuple[tuple[int, int, int], ...]
    steps: tuple[tuple[int, str], ...]


def map_function(parts: Parts, plan: Plan, head: Sequence[str], written: Writer) -> FunctionMap:
    """What there is to know of a function whose text is `head`, and behind that what was written."""
    body, program = parts.body, parts.scope.program
    places = body.places or [0, *accumulate(token.width for token in body.tokens)]
    start = parts.offset(0)
    first = 0 if start is None else start - places[0]
    calls = []
    for call in plan.calls:
        code = body.codes[call.start]
        callee: int | Dispatch | None = None
        if code.act == act.CALL_INDIRECT:
            callee = program.callees.dispatch(code, body.tokens, call.start)
        elif call.callee is not None:
            callee = program.module.funcs.index(call.callee)
        calls.append(CallMap(None if start is None else first + places[call.start], callee))
    lines: list[tuple[int, int, int]] = []
    if start is not None:
        at = sum(piece.count("\n") for piece in head)
        lines.append((0, first - sum(token.width for token in parts.header), at + 1))
        done = 0
        for piece, token in written.marks:
            at += sum(each.count("\n") for each in written.out[done:piece])
            done = piece
            if body.tokens[token].width:  # what stands for nothing in the source has no line there
                lines.append((at, first + places[token], written.out[piece].count("\n") + 1))
        at += sum(each.count("\n") for each in written.out[done:]) + 1
        lines.append((at, first + sum(token.width for token in body.tokens), 1))
    steps: list[tuple[int, str]] = []
    at, done = sum(piece.count("\n") for piece in head), 0
    for piece, what in written.steps:
        at += sum(each.count("\n") for each in written.out[done:piece])
        done = piece
        steps.append((at + 1, what))
    return FunctionMap(parts.func.number, plan, tuple(calls), tuple(lines), tuple(steps))


class Lines:
    """Which lines of the output stem from which of the input: runs of (output line, input line, count), from 1."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []

    def add(self, out: int, source: int, count: int) -> None:
        """Lines in a row, behind those that are known; what is known of a line stays."""
        if self.runs:
            last = self.runs[-1]
            known = max(0, last[0] + last[2] - out)
            out, source, count = out + known, source + known, count - known
            if count > 0 and [out - last[0], source - last[1]] == [last[2], last[2]]:
                last[2] += count
                return
        if count > 0:
            self.runs.append([out, source, count])


def module_map(
    program: Program,
    functions: Iterable[FunctionMap],
    begins: Mapping[int, int],
    added: int,
    lines: Lines,
    why: Explanation,
) -> dict[str, Any]:
    """The data of a module. `begins` has the line of the output at which each function begins, by number, `added` is
    that at which all begins that is new at its end."""
    dispatches: dict[Dispatch, int] = {}
    found = [_function(each, begins.get(each.number), program, why, dispatches) for each in functions]
    ids = program.ids
    return {
        "version": VERSION,
        "prefixes": list(ids.prefixes),
        "memory": ids.frames or ids.memory.strip() or None,
        "address": ids.address,
        "functions": found,
        "dispatches": [why.finds(dispatch) for dispatch in dispatches],
        "added_line": added,
        "lines": lines.runs,
    }


def _function(
    each: FunctionMap, begins: int | None, program: Program, why: Explanation, dispatches: dict[Dispatch, int]
) -> dict[str, Any]:
    plan, func = each.plan, program.module.func(each.number)
    values = list(_values(plan))
    calls = []
    for call, of in zip(plan.calls, each.calls, strict=True):
        said: dict[str, Any] = {"number": call.number}
        if of.place is not None:
            said["line"], said["column"] = why.places.line_and_column(of.place)
        if isinstance(of.calls, Dispatch):
            said["dispatch"] = dispatches.setdefault(of.calls, len(dispatches))
        elif of.calls is not None:
            said["calls"] = program.called.name(of.calls)
        live = [local.name for group in plan.frame.groups for local in group.locals if 0 < local.bit & call.alive]
        calls.append({**said, "live": live})
    known = each.number in program.pausing.causes and why.places.has(func)
    return {
        "name": program.called.name(each.number),
        "index": each.number,
        "line": why.places.line(func) if why.places.has(func) else None,
        "output_line": begins,
        "output_end": begins and begins + each.lines[-1][0],
        "steps": [[begins + line, what] for line, what in each.steps] if begins else [],
        "form": plan.form,
        "why": why.next(each.number) if known else None,
        "params": list(plan.params),
        "results": list(plan.results),
        "calls": calls,
        "frame": {"size": sum(value["size"] for value in values), "values": values},
    }


def _values(plan: Plan) -> Iterator[dict[str, Any]]:
    """What is in a frame, in the order of the bytes: locals, the number of the call, the number of the function."""
    at = 0
    for group in plan.frame.groups:
        unnamed = len(group.types) - len(group.locals)  # the number of the call, where it is no local
        for position, kept in enumerate(group.types):
            local = group.locals[position - unnamed] if position >= unnamed else None
            size = SAVED_SIZES.get(kept, _SLOT)
            value: dict[str, Any] = {"offset": at, "size": size, "kept": kept}
            if local is None or local.bit < 0:
                yield {"is": "call", **value}
            else:
                yield {"is": "local", "name": local.name, "type": local.type, **value}
            at += size
    if plan.owner is not None:
        yield {"is": "function", "value": plan.owner, "offset": at, "size": SAVED_SIZES["i32"], "kept": "i32"}
