"""Which functions are written twice: one version to run (straight.py), one to find its way back (jump.py).

What costs a function that rewinds by jumping is not the jump but that its loops have two ways in: each local meets
itself at each landing, and an engine that has hundreds of landings in one loop keeps all locals in memory. So it is
with interpreters, one loop around one big switch; and it is these that programs spend their time in. A twin cures that
and costs the function's size, and one call more for each of its frames that is resumed, so only few get one. A frame
that was resumed stays in the twin until it returns.

What a function gains is taken to grow with the landings in its loops and with the locals that meet there. If one
gains so much that it gets a twin, as an interpreter's loop does, the program is taken to spend its time in what that
calls: so the functions that are reached from it most often, and gain most each time, for their length, get twins too;
most of these have landings in loops. So do those that call themselves, which work through what is nested: patterns,
JSON, expressions. An interpreter reaches them through tables, where calls name nobody. Where a profile says how long
functions ran, all that is known better: each gains in proportion to that, and to how dense its pausing calls are.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from math import sqrt

from .callgraph import CallGraph
from .program import Program
from .shape import Shape, Shapes, length

# Measured to give the loops of Lua, SQLite and QuickJS their twins, and growth below 0.45 of wasm-opt's over all
# programs (docs/performance.md). Functions that gain less than this get none.
_LEAST = 3000
# Twins are written until this share of the code has one: the last may go beyond, but none that is larger than that.
_SHARE = 0.055
_LARGEST = 0.12
# Around these, twins are written until these shares of the code have one more: of functions with landings in loops, of
# any, and of those with landings in loops that call themselves.
_NEAR_LOOPS, _NEAR, _RECURSIVE = 0.04, 0.01, 0.04
# A function hands on to those that it calls so much of what it is called.
_HANDED_ON = 0.85
_STEPS = 24  # by then what is handed on is a fiftieth
# What a twin has besides the code of its function: the places where its frame is saved and taken back, in tokens.
_FRAME = 20
# With a profile: the share of the time, times the pausing calls per token, must be so much of the share of the
# code. Small functions of Lua's have ten times that, and its interpreter's loop a little more; Box2D's solver, a long
# loop with few calls, a fifth.
_WORTH = 0.03


def twinned(program: Program, shapes: Shapes) -> Set[int]:
    """The numbers of the functions that are to have a twin, if they jump: those that the user names; or of those that
    are hot, if there is a profile, the ones that are worth it; or those that gain most."""
    options = program.options
    if options.twins is not None:
        return _named(options.twins, shapes, program)
    if options.optimize != "speed" or options.rewind != "jump":
        return set()
    own = [func for func in map(program.module.func, range(program.defined)) if not func.imported]
    rewritten = {func.number: shapes[func.number] for func in own if func.number in program.pausing.instrumented}
    whole = sum(length(func) for func in own if func.number not in rewritten)
    whole += sum(shape.length for shape in rewritten.values())
    rewritten = {number: shape for number, shape in rewritten.items() if not shape.skips}
    if program.hot is None:
        found = _gaining(rewritten, whole)
        return found | _near(found, rewritten, whole, program)
    return {
        number
        for number, share in program.hot.items()
        if number in rewritten and _worth(share, rewritten[number], whole)
    }


def _named(names: Sequence[str], shapes: Shapes, program: Program) -> set[int]:
    """The functions that the user names; there is a warning for one that cannot jump, unless a pattern named many."""
    found = program.called.functions("twins", names) & program.pausing.instrumented
    skipping = {number for number in found if shapes[number].skips}
    if not any("*" in name for name in names):
        what = "has a label twice, or many calls and locals, so it does not jump and is written once"
        program.called.warnings += (f"twins: {program.called.name(number)} {what}" for number in sorted(skipping))
    return found - skipping


def _worth(share: float, shape: Shape, whole: int) -> bool:
    """Whether a function that ran for this share of the time is worth its twin; `whole` is how long all code is."""
    return shape.calls > 0 and share * shape.calls / shape.length >= _WORTH * shape.length / whole


def _gaining(shapes: dict[int, Shape], whole: int) -> set[int]:
    """The functions that gain most, until so much of the code has a twin as may have; `whole` is how long that is."""
    found = set()
    room = whole * _SHARE
    for loss, number in sorted((-shape.in_loops * shape.locals, number) for number, shape in shapes.items()):
        if room <= 0 or -loss < _LEAST:
            break
        if shapes[number].length <= whole * _LARGEST:
            found.add(number)
            room -= shapes[number].length
    return found


def _near(found: set[int], shapes: dict[int, Shape], whole: int, program: Program) -> set[int]:
    """The functions that gain most, for their length, by how often they are reached from those that were found, and of
    those that call themselves: until so much of the code has a twin as may have."""
    graph = program.pausing.graph
    if graph is None or not found:
        return set()
    often = _often(found, graph)
    rest = shapes.keys() - found
    costs = {number: shapes[number].length + _FRAME for number in rest}
    each = {number: _gain(shapes[number]) / costs[number] for number in rest if shapes[number].calls}
    reached = {number: often[number] * gain for number, gain in each.items() if number in often}
    loops = {number: gain for number, gain in reached.items() if shapes[number].in_loops}
    recursive = {
        number: gain
        for number, gain in each.items()
        if shapes[number].in_loops and number in graph.callers.get(number, ())
    }
    near: set[int] = set()
    for share, gains in ((_NEAR_LOOPS, loops), (_NEAR, reached), (_RECURSIVE, recursive)):
        room = whole * share
        for _, number in sorted((-gain, number) for number, gain in gains.items()):
            if number not in near and costs[number] <= room:
                near.add(number)
                room -= costs[number]
    return near


def _gain(shape: Shape) -> float:
    """What a function gains each time that it is called: as the times of those of QuickJS, Lua and SQLite say, it grows
    with its landings in loops and its locals, but far less than they do. (Roots are the same on every machine.)"""
    return sqrt((1 + shape.in_loops) * sqrt(1 + shape.locals))


def _often(first: set[int], graph: CallGraph) -> dict[int, float]:
    """How often functions are called, estimated from those that are called first: each hands on what it is called, in
    equal parts, to those that it calls by their names."""
    callees: dict[int, list[int]] = {}
    for callee in sorted(graph.callers):
        for caller in sorted(graph.callers[callee]):
            callees.setdefault(caller, []).append(callee)
    often = start = dict.fromkeys(sorted(first), 1 - _HANDED_ON)
    for _ in range(_STEPS):
        handed = dict(start)
        for caller, times in often.items():
            if caller in callees:
                part = _HANDED_ON * times / len(callees[caller])
                for callee in callees[caller]:
                    handed[callee] = handed.get(callee, 0) + part
        often = handed
    return often
