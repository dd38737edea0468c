"""What tools want to know of a rewritten module (--map): calls, frames, lines; docs/map.md says what the data means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from ..sexpr.nodes import Node, tokens
from . import act
from .callgraph import Dispatch
from .names import SAVED_SIZES
from .parts import Parts
from .plan import Plan
from .program import Program
from .writer import Writer

if TYPE_CHECKING:
    from .explain import Explanation

VERSION = 1  # of the data
_SLOT = 4  # bytes: in place of a reference, a frame has the number of its slot in a table


class CallMap(NamedTuple):
    """A pausing call: the index in the source at which it begins, None if it is not from there; what it calls."""

    place: int | None
    calls: int | Dispatch | None


class FunctionMap(NamedTuple):
    """A function that can be on the stack. `plan` is None of one that has no frame. `calls` are its pausing calls, in
    order; `lines` where its text stems from: (line of the text, from 0; index in the source; how many lines); `steps`
    the lines of the text with which something begins that reads as one, and what that is."""

    number: int
    plan: Plan | None
    calls: tuple[CallMap, ...]
    lines: tuple[tuple[int, int, int], ...] = ()
    steps: tuple[tuple[int, str], ...] = ()


def map_function(parts: Parts, plan: Plan, head: Sequence[str], written: Writer) -> FunctionMap:
    """What there is to know of a function whose text is `head`, and behind that what was written."""
    body = parts.body
    start = parts.offset(0)
    places, first = _places(parts)
    calls = _calls(parts)
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
    return FunctionMap(parts.func.number, plan, calls, tuple(lines), tuple(steps))


def map_frameless(parts: Parts) -> FunctionMap:
    """What there is to know of a function that can be on the stack, and has no frame."""
    return FunctionMap(parts.func.number, None, _calls(parts))


def _places(parts: Parts) -> tuple[list[int], int]:
    """Where the tokens of a body are, and what to add for an index in the source."""
    places = parts.body.places or [0, *accumulate(token.width for token in parts.body.tokens)]
    return places, (parts.offset(0) or 0) - places[0]


def _calls(parts: Parts) -> tuple[CallMap, ...]:
    """The pausing calls of a body, in its order, which is that of a plan."""
    body, program = parts.body, parts.scope.program
    places, first = _places(parts)
    found = []
    for call in body.calls:
        code = body.codes[call.start]
        callee: int | Dispatch | None = None
        if code.act == act.CALL_INDIRECT:
            callee = program.callees.dispatch(code, body.tokens, call.start)
        elif call.callee is not None:
            callee = program.module.funcs.index(call.callee)
        found.append(CallMap(None if parts.offset(0) is None else first + places[call.start], callee))
    return tuple(found)


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

    def add_same(self, out: int, new: str, source: int, old: str) -> None:
        """The lines of a text that stays but for new ones at one place."""
        kept, lines = new.rstrip().split("\n"), old.rstrip().split("\n")
        same = 0
        if len(kept) != len(lines):
            pairs = zip(kept, lines, strict=False)
            same = next((i for i, (one, other) in enumerate(pairs) if one.split() != other.split()), len(lines))
            self.add(out, source, same)
        self.add(out + len(kept) - len(lines) + same, source + same, len(lines) - same)


def map_lines(
    pieces: Sequence[str],
    begins: Sequence[tuple[int, Node]],
    end: int,
    functions: Sequence[FunctionMap],
    text: str,
    why: Explanation,
) -> tuple[Lines, dict[int, int]]:
    """Where the lines of the output stem from, and at which of them each function with a frame begins, by number.
    `begins` has which pieces begin which fields of the module, in order, and `end` is that behind them."""
    by_node = {id(why.module.func(each.number).node): each for each in functions}
    lines = Lines()
    first_lines: dict[int, int] = {}
    at, done = 1, 0
    ends = [*(piece for piece, _ in begins[1:]), end]
    for (piece, node), stop in zip(begins, ends, strict=True):
        at += sum(each.count("\n") for each in pieces[done:piece])
        done = piece
        start, found = why.places.field_offset(node), by_node.get(id(node))
        if found and found.plan:
            first_lines[found.number] = at
            for line, place, count in found.lines:
                lines.add(at + line, why.places.line_at(place), count)
        elif start is not None:
            source = text[start : start + sum(token.width for token in tokens([node]))]
            lines.add_same(at, "".join(pieces[piece:stop]), why.places.line_at(start), source)
    return lines, first_lines


def module_map(
    program: Program,
    functions: Sequence[FunctionMap],
    begins: Mapping[int, int],
    state: int | None,
    added: int,
    lines: Lines,
    why: Explanation,
) -> dict[str, Any]:
    """The data of a module. `begins` has the line of the output at which each function begins, by number, `state` is
    that of the state, None where there is none, `added` that at which all begins that is new at its end."""
    dispatches: dict[Dispatch, int] = {}
    found = [
        _function(each, each.plan, begins.get(each.number), program, why, dispatches) for each in functions if each.plan
    ]
    frameless = [_frameless(each, program, why, dispatches) for each in functions if not each.plan]
    ids, funcs = program.ids, program.module.funcs.entities
    imports = [number for number in program.pausing.causes if isinstance(number, int) and funcs[number].imported]
    return {
        "version": VERSION,
        "prefixes": list(ids.prefixes),
        "memory": ids.frames or ids.memory.strip() or None,
        "own_memory": bool(ids.frames),
        "address": ids.address,
        "imports": [program.called.name_of_import(number) for number in imports],
        "entries": _entries(program, {each.number for each in functions}),
        "functions": found,
        "frameless": frameless,
        "dispatches": [why.finds(dispatch) for dispatch in dispatches],
        "open": [number for dispatch, number in dispatches.items() if why.is_open(dispatch)],
        "state_line": state,
        "added_line": added,
        "lines": lines.runs,
    }


def _entries(program: Program, known: set[int]) -> list[dict[str, Any]]:
    """Where a stack can begin, of the functions that are known: what the host can call by name, and what is called by
    functions that drive the pausing."""
    pausing, module = program.pausing, program.module
    exports: dict[int, list[str]] = {}
    for name, number in module.exports_of("func"):
        exports.setdefault(number, []).append(name)
    found = {*exports, *(module.start,)} if module.start is not None else {*exports}
    if pausing.graph:
        found |= {callee for callee, callers in pausing.graph.callers.items() if callers & pausing.runtime}
        for dispatch, users in pausing.graph.users.items():
            found |= pausing.graph.found_by(dispatch) if users & pausing.runtime else set()
    return [
        {"name": program.called.name(number), "exports": exports.get(number, [])} for number in sorted(found & known)
    ]


def _frameless(
    each: FunctionMap, program: Program, why: Explanation, dispatches: dict[Dispatch, int]
) -> dict[str, Any]:
    said: dict[str, Any] = {"name": program.called.name(each.number), "index": each.number}
    for call in each.calls:  # one at most
        if call.place is not None:
            said["line"], said["column"] = why.places.line_and_column(call.place)
        said |= _called(call, program, dispatches)
    return said | _tails(each, program)


def _called(call: CallMap, program: Program, dispatches: dict[Dispatch, int]) -> dict[str, Any]:
    if isinstance(call.calls, Dispatch):
        return {"dispatch": dispatches.setdefault(call.calls, len(dispatches))}
    return {} if call.calls is None else {"calls": program.called.name(call.calls)}


def _tails(each: FunctionMap, program: Program) -> dict[str, Any]:
    targets = program.tails.targets.get(each.number)
    return {"tails": [program.called.name(number) for number in sorted(targets)]} if targets else {}


def _function(
    each: FunctionMap,
    plan: Plan,
    begins: int | None,
    program: Program,
    why: Explanation,
    dispatches: dict[Dispatch, int],
) -> dict[str, Any]:
    func = program.module.func(each.number)
    values = list(_values(plan))
    calls = []
    for call, of in zip(plan.calls, each.calls, strict=True):
        said: dict[str, Any] = {"number": call.number}
        if of.place is not None:
            said["line"], said["column"] = why.places.line_and_column(of.place)
        live = [
            local.name
            for group in plan.frame.groups
            for local in group.locals
            if not local.is_call and local.bit & call.alive
        ]
        calls.append({**said, **_called(of, program, dispatches), "live": live})
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
        **_tails(each, program),
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
            if local is None or local.is_call:
                yield {"is": "call", **value}
            else:
                yield {"is": "local", "name": local.name, "type": local.type, **value}
            at += size
    if plan.frame.owner is not None:
        yield {"is": "function", "value": plan.frame.owner, "offset": at, "size": SAVED_SIZES["i32"], "kept": "i32"}
