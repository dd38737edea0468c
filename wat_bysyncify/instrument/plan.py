"""How one function is rewritten, decided before any of it is written: its body in steps -> `Plan`.

A function takes one of these forms:

    untouched    nothing in it pauses, or it need not know of that
    forwarding   only its tail calls can pause: it goes on to the function whose frame is next, and has none itself
    skip         it finds its way back past guards (skip.py)
    jump         it jumps to the call that it was in (jump.py)
    straight     it never finds its way back (straight.py), for its twin does, which jumps

The first two have no plan. Of the others the plan says how its pausing calls are numbered, which locals are saved at
each, what a frame looks like, which locals and labels are new, and what it returns while unwinding. The writers turn
it into text, and decide nothing that others would have to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

from .body import Body, BodyError
from .frames import Frame, Local, inline
from .ids import Ids
from .liveness import live_locals
from .module import Func
from .names import Taken, plain, unused
from .notes import Notes
from .reftypes import can_be_kept
from .scope import Program, Scope
from .steps import Lifted, Nest, Resume

Form = Literal["untouched", "forwarding", "skip", "jump", "straight"]

# So many live locals, at all landings of a function that never rewinds, for each of its tokens at most.
_LANDED = 8
# So many locals at landings, where a resumed function jumps to its call: engines need time for each, and far more than
# twice as much for twice as many. SQLite's largest function has 39,000.
_MEETINGS = 100_000
# So many bytes more, about, are spent to save a frame behind each call rather than at one place for all.
_AT_ONCE = 18


@dataclass(frozen=True, slots=True)
class PausingCall:
    """A pausing call as it is planned: `number` is what stands for it in frames, `start` the token of the body that it
    begins with, `callee` the word for the function that is called, None where that is not known, `alive` the locals
    that are saved if it pauses, as bits, and `landing` the label to leave for then."""

    number: int
    start: int
    callee: str | None
    alive: int
    landing: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a function that has a frame is rewritten.

    `numbered`: the code behind a call says which it is; `frame` is what is saved, and `owner` the number on top of it
    where its function must be told, with `dispatcher`, which knows whose others are ("" where there are none). `unwind`
    is the label that unwinding leaves for, or several in the straight form: `landings` has the live locals, as bits, of
    each; `at_once`: there is none, for each call has the code that saves behind it. `counters` are the locals that say
    which call to go back to, or in a jump how far inside, by depth; `temps` those that hold values, with their types.
    `labels` are all labels. `params` and `results` are types, `placeholders` the texts that stand for results while
    unwinding. `twin` is the id of the twin, `function` the number of the function; `asserts`: there are checks
    (asserts.py), `record`: it is noted that the function was paused.
    """

    form: Form
    calls: tuple[PausingCall, ...]
    numbered: bool
    frame: Frame
    owner: int | None
    dispatcher: str
    unwind: str
    landings: dict[int, str]
    at_once: bool
    counters: tuple[str, ...]
    temps: tuple[tuple[str, str], ...]
    labels: Taken
    params: tuple[str, ...]
    results: tuple[str, ...]
    placeholders: tuple[str, ...]
    twin: str
    function: int
    asserts: bool
    record: bool
    ids: Ids
    notes: Notes


def form_of(func: Func, body: Body, scope: Scope) -> Form:
    """The form of a function that can pause, as far as it is known before its calls are lifted."""
    program = scope.program
    if not body.calls:
        return "forwarding" if func.number in program.tails.dispatcher else "untouched"
    if (
        program.options.rewind != "jump"
        or body.shadowed  # blocks that move must not take another's label
        or len(body.calls) * len(scope.locals) > _MEETINGS
    ):
        return "skip"
    return "straight" if func.number in program.twinned else "jump"


def plan_function(form: Form, body: Body, lifted: Lifted, scope: Scope) -> Plan | None:
    """The plan of a function of one of the last three forms; None if it need not know of pauses after all.

    Raises `BodyError` for what cannot be saved or returned.
    """
    func, program = scope.func, scope.program
    alive = [live | waiting for live, waiting in zip(live_locals(body), lifted.alive, strict=True)]
    if program.options.save_all_locals:
        known = sum(1 << number for number, (_, type_) in enumerate(scope.locals) if can_be_kept(type_, scope.module))
        alive = [live | known for live in alive]
    owner = program.tails.numbers.get(func.number)
    if program.options.optimize and owner is None and not any(alive) and _is_its_call(lifted):
        return None
    name, unwind = scope.new_name("$call"), unused("$unwind", body.labels)
    levels = 1 if form == "skip" else depth(lifted)
    counters = tuple(name if not level else scope.new_name("$call") for level in range(levels))
    first = int(form != "skip" and levels > 0)  # 0 means to go nowhere
    numbered = form == "skip" or len(body.calls) > 1
    saved = _saved(alive, body, lifted, scope)
    if form == "skip":
        saved.insert(0, Local(name, "i32", -1))
    elif form == "straight":  # those together that are saved together
        saved.sort(key=lambda local: -sum(1 for live in alive if live & local.bit))
    own = inline(scope, name) if form == "jump" else None
    if own and numbered and not counters:
        counters = (name,)
    landings = _landings(alive, unwind, body) if form == "straight" else {}
    frame = Frame(saved, form != "skip" and numbered, program, scope.helper, own)
    placeholders = _placeholders(body, scope)
    return Plan(
        form,
        tuple(
            PausingCall(first + call.index, call.start, call.callee, live, landings.get(live, unwind))
            for call, live in zip(body.calls, alive, strict=True)
        ),
        numbered,
        frame,
        owner,
        program.tails.dispatcher.get(func.number, ""),
        unwind,
        landings,
        form == "jump" and _leaves_at_once(frame, len(body.calls), len(placeholders) + (owner is not None), program),
        counters,
        tuple((temp.name, temp.type) for temp in sorted(lifted.temps, key=lambda temp: temp.type)),
        body.labels,
        func.type[0],
        scope.results,
        placeholders,
        unused(f"${plain(func.id or str(func.number))}_rewind", program.ids.funcs) if form == "straight" else "",
        func.number,
        program.options.asserts,
        program.options.record,
        program.ids,
        program.notes,
    )


def _is_its_call(lifted: Lifted) -> bool:
    """Whether a function does nothing but a pausing call; if no locals are live then, it need not know of pauses.

    (func $f (param $x i32) (result i32) (call $g (i32.const 1) (local.get $x)))

    It does not restore its parameters, and need not: what it calls does, for else the operands were alive.
    """
    steps, results = lifted.arm.steps, lifted.results
    if len(steps) != 1 or not isinstance(steps[0], Resume):
        return False
    if not results:
        return not steps[0].stmts
    if len(steps[0].stmts) > 1 or len(results) > 1 or results[0].kind != "temp" or results[0].exact:
        return False
    return bool(results[0].temps[0].name == steps[0].call[-1].set_)


def depth(lifted: Lifted) -> int:
    """How many blocks that keep their place when jumping are inside each other around a call, at most."""
    deepest = 0
    todo = [(lifted.arm, 0)]
    while todo:
        arm, around = todo.pop()
        deepest = max(deepest, around)
        for step in arm.steps:
            if isinstance(step, Nest):
                todo += [(inner, around + step.entered) for inner in step.arms if inner.text is None]
    return deepest


def _saved(alive: list[int], body: Body, lifted: Lifted, scope: Scope) -> list[Local]:
    """The locals of the frame: those that are live at any of the pausing calls."""
    bits = reduce(or_, alive)
    found = []
    known = len(scope.locals)
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        number = lowest.bit_length() - 1
        if number < known:
            name, type_ = scope.locals[number]
        else:
            name, type_ = lifted.temps[number - known].name, lifted.temps[number - known].type
        if not can_be_kept(type_, scope.module):
            raise BodyError(f"a value of type {type_} cannot be kept", body.calls[0].start)
        found.append(Local(name or str(number), type_, lowest))
    return found


def _landings(alive: list[int], unwind: str, body: Body) -> dict[int, str]:
    """The labels to leave for, by the live locals, if these are few enough: together they must not outgrow the code."""
    sets = list(dict.fromkeys(alive))
    if sum(live.bit_count() for live in sets) > _LANDED * len(body.tokens):
        sets = [reduce(or_, sets)]
    return {sets[0]: unwind, **{live: unused(unwind, body.labels) for live in sets[1:]}}


def _leaves_at_once(frame: Frame, calls: int, more: int, program: Program) -> bool:
    """Whether a frame is saved behind each call, rather than at the end of the function for all; `more` is how many
    lines come with it. With one call that is smaller; with few, it is worth its bytes: what an engine needs to save is
    then needed, and moved, only there."""
    size = sum(3 + 2 * len(group.locals) for group in frame.groups) + 2 * more
    cheap = program.options.optimize == "speed" and (calls - 1) * size <= _AT_ONCE
    return calls == 1 or cheap


def _placeholders(body: Body, scope: Scope) -> tuple[str, ...]:
    """What the function returns while unwinding."""
    found = []
    for type_ in scope.results:
        placeholder = scope.program.placeholders.of(type_)
        if placeholder is None:
            raise BodyError(f"a function with a result of type {type_} cannot pause: none can be made to return",
                            body.calls[0].start)  # fmt: skip
        found.append(placeholder)
    return tuple(found)
