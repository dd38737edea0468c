"""How one function is rewritten: its form before its calls are lifted, all else when its body is in steps -> `Plan`.

A function takes one of these forms:

    untouched    nothing in it pauses
    forwarding   only its tail calls can pause: it goes on to the function whose frame is next, and has none itself
    skip         it finds its way back past guards (skip.py)
    jump         it jumps to the call that it was in (jump.py)
    straight     it never finds its way back (straight.py), for its twin does, which jumps

The first two have no plan, nor has one of the next that turns out to need not know of pauses. Of the others the plan
says how its pausing calls are numbered, which locals are saved at each, what a frame looks like, which locals are new,
and what it returns while unwinding. The writers turn it into text; they choose how a jump is written, and the labels
that it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Literal, NamedTuple

from .body import Block, Body, BodyError, Statement
from .frames import Frame, Local, frame_of, inline
from .ids import Ids
from .liveness import live_locals
from .module import Func
from .names import Taken, plain, unused
from .notes import Notes
from .placeholder import zero
from .policy import Policy
from .program import Program
from .reftypes import can_be_kept, is_nullable
from .scope import Scope
from .shape import too_many_meetings
from .steps import Lifted, Nest, Resume

Form = Literal["untouched", "forwarding", "skip", "jump", "straight"]

# So many live locals, at all exits of a function that never rewinds, for each of its tokens at most.
_LEFT = 8


class Exit(NamedTuple):
    """Where a function that unwinds saves its frame: the label that pausing calls leave for, the locals that are saved,
    as bits (-1 for all), and the number of its call, where only one leaves for it, None where each says its own."""

    label: str
    alive: int
    number: int | None


class PausingCall(NamedTuple):
    """A pausing call as it is planned: `number` is what stands for it in frames, its place among them from the first or
    from the last, `callee` the word for the function that is called, None where that is not known, `alive` the locals
    that are live behind it, as bits, and `exit` where they are saved, None for at once. `again` is the text of a call
    that what takes the frame back may make in its place, "" if there is none. `position` is the type of its result, if
    that is the stack's position where it has paused, else ""; `told`: its first result says whether it has
    (telling.py)."""

    number: int
    callee: str | None
    alive: int
    exit: Exit | None
    again: str
    position: str
    told: bool


class Plan(NamedTuple):
    """How a function that has a frame is rewritten.

    `numbered`: the code behind a call says which it is; `frame` is what is saved, `dispatcher` the function that knows
    whose the frame is where it is not this one's ("" where all are).
    `exits` are where the frame is saved, each inside the next; there is none where each call has that code behind
    it. `counter` is the local for the number of the call, "" if there is none; `temps` are those that hold values, with
    their types. `labels` are those that are taken. `params` and `results` are types, `placeholders` the texts that
    stand for results while unwinding; `position` is the type of the one that is the stack's position, "" if none is;
    `tells`: a result before them says whether it has paused (telling.py).
    `function` is the number of the function; `asserts`: there are checks (asserts.py), `record`: it is noted that the
    function was paused. `twin` is what a function in the straight form has and no other.
    """

    form: Form
    calls: tuple[PausingCall, ...]
    numbered: bool
    frame: Frame
    dispatcher: str
    exits: tuple[Exit, ...]
    counter: str
    temps: tuple[tuple[str, str], ...]
    labels: Taken
    params: tuple[str, ...]
    results: tuple[str, ...]
    placeholders: tuple[str, ...]
    position: str
    tells: bool
    function: int
    asserts: bool
    record: bool
    ids: Ids
    notes: Notes
    twin: Twin | None = None


class Twin(NamedTuple):
    """The function that goes on where one in the straight form was paused: its id, and how it is written, which is the
    jumping form. It has the frame, the locals and the calls of the other."""

    id: str
    plan: Plan


def form_of(func: Func, body: Body, scope: Scope) -> Form:
    """The form of a function that can pause, as far as it is known before its calls are lifted. One that tells jumps:
    its shape (shape.py) has said so, which counts calls in dead code too."""
    program = scope.program
    if not body.calls:
        return "forwarding" if func.number in program.tails.dispatcher else "untouched"
    if (
        program.options.rewind != "jump"
        or body.shadowed  # blocks that move must not take another's label
        or (not scope.tells and too_many_meetings(len(body.calls), len(scope.locals)))
    ):
        return "skip"
    return "straight" if func.number in program.twinned else "jump"


def plan_function(form: Form, body: Body, lifted: Lifted, scope: Scope) -> Plan | None:
    """The plan of a function of one of the last three forms; None if it need not know of pauses after all.

    Raises `BodyError` for what cannot be saved or returned.
    """
    func, program = scope.func, scope.program
    policy = program.policy(func.number)
    alive = _alive(body, lifted, scope)
    owner = program.tails.numbers.get(func.number)
    paused = [_when_paused(call.callee, program) for call in body.calls]
    position, tells = program.position_type(func.number), scope.tells
    # What it returns while unwinding is what its call does.
    stays = (not position or paused[0][0]) and tells == paused[0][1] and not body.dead_calls
    elided = policy.elided and not program.options.record
    if elided and stays and owner is None and not any(alive) and _is_its_call(lifted):
        return None
    numbered = form == "skip" or len(body.calls) > 1
    counter = scope.new_name("$call")
    saved = _saved(alive, body, lifted, scope)
    if form == "skip":
        saved.insert(0, Local(counter, "i32", -1))
    elif form == "straight":  # those together that are saved together
        saved.sort(key=lambda local: -sum(1 for live in alive if live & local.bit))
    inlined = inline(scope, len(saved) + numbered, counter) if form == "jump" else None
    frame = frame_of(saved, form != "skip" and numbered, owner, scope, inlined)
    placeholders = _placeholders(body, scope)
    calls_again = inlined is not None and len(alive) <= policy.calls_again
    again = [
        _again(call.callee, told, program) if calls_again else ""
        for call, (_, told) in zip(body.calls, paused, strict=True)
    ]
    numbers = range(len(alive))[:: -1 if _backwards(form, again, policy) else 1]
    lines = len(placeholders) + (owner is not None)
    at_once = form == "jump" and (len(alive) - 1) * _size(frame, lines) <= policy.at_once
    exits = [None] * len(alive) if at_once else _exits(form, numbers, alive, body, policy)
    calls = tuple(
        PausingCall(number, call.callee, live, exit_, text, where, told)
        for number, call, live, exit_, text, (where, told) in zip(
            numbers, body.calls, alive, exits, again, paused, strict=True
        )
    )
    # A frame's own code wants the number in a local where that comes from the operand stack.
    unknown = inlined is not None and any(exit_ and exit_.number is None for exit_ in exits)
    counted = numbered and (form == "skip" or unknown or _enters(lifted))
    plan = Plan(
        form=form,
        calls=calls,
        numbered=numbered,
        frame=frame,
        dispatcher=program.tails.dispatcher.get(func.number, ""),
        exits=tuple(dict.fromkeys(filter(None, exits))),
        counter=counter if counted else "",
        temps=tuple((temp.name, temp.type) for temp in sorted(lifted.temps, key=lambda temp: temp.type)),
        labels=body.labels,
        params=func.type[0],
        results=scope.results,
        placeholders=placeholders,
        position=position,
        tells=tells,
        function=func.number,
        asserts=program.options.asserts,
        record=program.options.record,
        ids=program.ids,
        notes=program.notes,
    )
    return _with_twin(plan, scope) if form == "straight" else plan


def _with_twin(plan: Plan, scope: Scope) -> Plan:
    """A plan in the straight form with its twin, which has one exit for all calls."""
    func, program = scope.func, scope.program
    whole = plan.exits[0]._replace(alive=-1, number=None if plan.numbered else plan.calls[0].number)
    calls = tuple(call._replace(exit=whole) for call in plan.calls)
    id_ = unused(f"${plain(func.id or str(func.number))}_rewind", program.ids.funcs)
    return plan._replace(counter="", twin=Twin(id_, plan._replace(form="jump", calls=calls, exits=(whole,))))


def _alive(body: Body, lifted: Lifted, scope: Scope) -> list[int]:
    """The locals, temporaries too, that are live behind each pausing call, as bits."""
    alive = [live | waiting for live, waiting in zip(live_locals(body), lifted.alive, strict=True)]
    if not scope.program.options.save_all_locals:
        return alive
    known = sum(1 << number for number, (_, type_) in enumerate(scope.locals) if can_be_kept(type_, scope.module))
    return [live | known for live in alive]


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


def _enters(lifted: Lifted) -> bool:
    """Whether a block that keeps its place when jumping is around several pausing calls."""
    todo = [lifted.arm]
    while todo:
        for step in todo.pop().steps:
            if isinstance(step, Nest):
                if step.entered and step.block.calls[-1] - step.block.calls[0] > 1:
                    return True
                todo += [arm for arm in step.arms if arm.text is None]
    return False


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


def _exits(form: Form, numbers: Sequence[int], alive: Sequence[int], body: Body, policy: Policy) -> list[Exit]:
    """Where each call leaves for: one place for all, or one for each set of live locals, if these are few enough for
    what they bring."""
    sets = Counter(alive)
    if form == "straight":  # together they must not outgrow the code
        exact = sum(live.bit_count() for live in sets) <= _LEFT * len(body.tokens)
    else:
        size = (len(sets) - 1) * (9 + 2 * reduce(or_, sets).bit_count())
        exact = form == "jump" and 0 < size <= policy.for_a_loop * _quiet_loops(body)
    if not exact:
        alone = form != "skip" and len(numbers) == 1
        return [Exit(unused("$unwind", body.labels), -1, 0 if alone else None)] * len(numbers)
    found: dict[int, Exit] = {}
    for number, live in zip(numbers, alive, strict=True):
        if live not in found:
            found[live] = Exit(unused("$unwind", body.labels), live, number if sets[live] == 1 else None)
    return [found[live] for live in alive]


def _quiet_loops(body: Body) -> int:
    """How many loops there are in which nothing pauses."""
    count = sum(code.op == "loop" for code in body.codes)
    todo = [body.seq]
    while todo:
        seq = todo.pop()
        for part in filter(None, [*seq.items, seq.tail]):
            for item in part.items if isinstance(part, Statement) else ():
                if isinstance(item, Block):
                    count -= item.op == "loop"
                    todo += [arm for arm in item.arms if arm.pauses]
    return count


def _size(frame: Frame, more: int) -> int:
    """How many bytes the code that saves a frame by calls has, about; `more` is how many lines come with it. What is
    saved behind each call rather than at the end of the function for all is needed, and moved, only there."""
    return sum(3 + 2 * len(group.locals) for group in frame.groups) + 2 * more


def _when_paused(word: str | None, program: Program) -> tuple[str, bool]:
    """The type in which the function that a word names returns the stack's position, "" if it does not; and whether it
    tells that it has paused."""
    number = _number(word, program)
    return ("", False) if number is None else (program.position_type(number), number in program.telling)


def _number(word: str | None, program: Program) -> int | None:
    """The number of the function that a word names; None if it is none of the module, or not known."""
    return None if word is None else program.module.funcs.index(word)


def _again(word: str | None, told: bool, program: Program) -> str:
    """The text of a call of the function that a word names, with operands that nobody reads; "" if there is none, or it
    does not restore its parameters."""
    number = _number(word, program)
    if number is None or number not in program.pausing.instrumented or told:
        return ""
    callee = program.module.func(number)
    params, results = callee.type
    if len(results) > 1 or not all(map(is_nullable, params)):
        return ""
    return f"(call {' '.join([callee.id or str(number), *map(zero, params)])})"


def _backwards(form: Form, again: Sequence[str], policy: Policy) -> bool:
    """Whether calls are numbered from the last one. If what takes the frame back may make one of two again, that is
    number 0, for V8 lays out next what follows a branch that is not taken, if that does not ask for a zero."""
    if len(again) == 2 and (not again[0] or not again[1]) and any(again):
        return bool(again[1])
    return policy.backwards and form != "skip"


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
