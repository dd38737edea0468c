"""One function that can pause: its nodes -> its new text, and what that needs."""

from __future__ import annotations

from typing import NamedTuple

from ..sexpr.nodes import tokens
from .asserts import with_entry
from .body import BodyError
from .controlcalls import inlines_control, with_control_code
from .framecode import FrameCode
from .jump import jumping
from .labels import CountedLabels, Labels, NamedLabels
from .lift import lift
from .mapping import FunctionMap, map_frameless, map_function
from .module import Func
from .needs import Needs
from .parts import Parts, take_apart
from .plan import Form, form_of, plan_function
from .program import Program
from .scope import Scope
from .skip import skipping
from .source import NOT_PAUSED, Source
from .straight import straight

_WRITERS = {"skip": skipping, "jump": jumping, "straight": straight}


class NewFunction(NamedTuple):
    """The text of a function, what it needs, and what tools want to know of it, if it can pause and they ask."""

    text: str
    needs: Needs
    map: FunctionMap | None = None


def with_entry_check(parts: Parts) -> str:
    """The text of a function that has no frame, with the check that it makes when it is called."""
    before, body = with_entry(parts.header[-1], parts.body.tokens, parts.scope)
    return "".join([*parts.header[:-1], before, *body, parts.close])


def plain_function(func: Func, program: Program) -> str | None:
    """The text of a function that is not instrumented, if it does not stay as it is: with what Binaryen's older text
    leaves out (fold.py), with checks (asserts.py), or, made for speed, without calls of control functions."""
    checked = program.checks(func.number)
    if program.old or checked:
        parts = take_apart(func, program, instrumented=False)
        return with_entry_check(parts) if checked else parts.text
    return with_control_code(func, program) if inlines_control(func, program) else None


def rewrite_function(func: Func, indent: str, program: Program) -> NewFunction:
    """A function with everything that lets it pause and resume, or as it was if nothing in it can pause.

    `indent` is the indentation of the function's first line. Raises `WatError` with the place of what does not fit.
    """
    parts = take_apart(func, program, instrumented=True)
    form = form_of(func, parts.body, parts.scope)
    if form == "untouched":
        if program.options.asserts:
            text = with_entry_check(parts)
        elif parts.scope.tells or parts.body.dead_calls:
            text = _never_paused(parts, indent)
        elif program.old or program.options.ignore_unwind_from_catch:
            text = parts.text
        else:
            text = "".join(tokens([func.node]))
        return NewFunction(text, parts.scope.needs)
    if form == "forwarding":
        found = map_frameless(parts) if parts.scope.program.mapped else None
        return NewFunction(_forwarding(parts, indent), parts.scope.needs, found)
    try:
        return _instrumented(form, parts, indent)
    except BodyError as error:
        raise parts.error(error) from None


def _source(parts: Parts, indent: str, labels: Labels) -> Source:
    """The text of a function's body, where the function's first line is at `indent`."""
    scope = parts.scope
    return Source(parts.body, parts.before.trivia, indent, scope.program.newline, labels, scope.tells)


def _never_paused(parts: Parts, indent: str) -> str:
    """The text of a function in which nothing pauses after all, but that tells so, or calls what would tell."""
    body, tells, results = parts.body, parts.scope.tells, parts.scope.results
    source = _source(parts, indent, NamedLabels(body))
    text = source.text(0, len(body.tokens), 0, 0)
    text += body.codes[-1].trivia if body.codes else ""
    if tells or source.labels.outermost:
        head = [source.labels.outermost, f"(result {' '.join(results)})" if results else ""]
        text = f"{' '.join(['(block', *filter(None, head)])} {text})"
    if tells:
        text = f"{NOT_PAUSED} {text}"
    return "".join([*parts.header, text, parts.close])


def _forwarding(parts: Parts, indent: str) -> str:
    """The text of a function that has no frame of its own, for only its tail calls can pause: its code as it was.

    (if (global.get $rewinding) (then (return_call $rewind_tail)))
    """
    program, before, number = parts.scope.program, parts.before, parts.func.number
    ids = program.ids
    go_on = f"(if {ids.is_resumed} (then (return_call {program.tails.dispatcher[number]})))"
    check = [f"(call {ids.assert_not_unwinding} (i32.const {number}))"] if program.options.asserts else []
    line = program.newline + _source(parts, indent, CountedLabels()).inside
    added = "".join(f"{line}{each}" for each in [*check, go_on])
    text = [*parts.header[:-1], before.core, added, before.trivia or " ", *parts.body.tokens, parts.close]
    return "".join(text)


def _instrumented(form: Form, parts: Parts, indent: str) -> NewFunction:
    """A function that has a frame, or that only calls one that has."""
    body, scope, before = parts.body, parts.scope, parts.before
    source = _source(parts, indent, CountedLabels() if form == "skip" else NamedLabels(body))
    lifted = lift(body, source, scope, guards=form == "skip")
    plan = plan_function(form, body, lifted, scope)
    needs = scope.needs
    if plan is None:
        return NewFunction(parts.text, needs, map_frameless(parts) if scope.program.mapped else None)
    head = ["".join(parts.header[:-1]) + before.core]
    if source.before.same_line:
        head += (" ", source.before.same_line)
    written = _WRITERS[form](plan, lifted, source, FrameCode(plan, scope.helper))
    if plan.twin:
        text = "".join(jumping(plan.twin.plan, lifted, source, FrameCode(plan.twin.plan, scope.helper)).out)
        needs.twins.append(_twin(plan.twin.id, scope, indent, text))
    text = "".join([*head, *written.out, f"{source.newline}{indent}{parts.close}"])
    return NewFunction(text, needs, map_function(parts, plan, head, written) if scope.program.mapped else None)


def _twin(id_: str, scope: Scope, indent: str, text: str) -> list[str]:
    """The function that goes on where another was paused, whose lines are at `indent`, in lines of its own."""
    newline, given = scope.program.newline, len(scope.func.type[0])
    head = [f"(func {id_}"]
    for name, type_ in scope.locals[:given]:
        head.append(f"  (param {name} {type_})" if name else f"  (param {type_})")
    results = (*(("i32",) if scope.tells else ()), *scope.results)
    if results:
        head.append(f"  (result {' '.join(results)})")
    for name, type_ in scope.locals[given:]:
        head.append(f"  (local {name} {type_})" if name else f"  (local {type_})")
    lines = text.split(newline)[1:]
    return [*head, *(line.removeprefix(indent) for line in lines), ")"]
