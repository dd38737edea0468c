"""Which functions can pause: the whole-program analysis.

A function can pause if it calls something that can: an import that may (or is said to), a control function that
starts an unwind or ends a rewind, or another such function, directly or through a table or reference. Code that drives
the pausing is not itself paused (the article's "runtime" code; Binaryen's top-most and bottom-most runtime):

    top-most     calls start_unwind or stop_rewind: where an unwind begins. It can pause, and is not instrumented.
    bottom-most  calls stop_unwind or start_rewind: where an unwind ends. Its callers do not pause because of it.

From what pauses by itself, the search goes to the callers, the nearest first: so the cause that is kept for each
function is the next step of a shortest way to a pause.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from . import names
from .annotations import PAUSES, said_of_functions
from .callgraph import HOST, Callees, CallGraph, Dispatch
from .control import Control
from .lists import Called
from .module import Module
from .options import Options


class Cause(Enum):
    """Why something pauses by itself. The value says it, of a function or of a call."""

    IMPORT = "may pause"
    HOST = "may call what the host put there"
    RUNTIME = "starts an unwind or ends a rewind"
    LISTED = "is on a list"
    ANNOTATED = "is annotated"
    CALL_ANNOTATED = "has a call that is annotated"
    POINT = "has pause points"


Pauses = int | Dispatch  # a function, or what a call looks for


@dataclass(slots=True)
class Pausing:
    """`can_pause` and `instrumented` are function numbers; stand-ins are added to them (standins.py). `causes` has
    what pauses, in the order in which that was found, each with that because of which it pauses, or why it does by
    itself."""

    module: Module
    callees: Callees
    graph: CallGraph | None = None  # None if nothing can pause
    question: Question | None = None
    causes: dict[Pauses, Pauses | Cause] = field(default_factory=dict)
    added: set[int] = field(default_factory=set)  # by a list or annotation: their indirect calls can pause in any case
    listed: set[int] = field(default_factory=set)  # of those, the ones that nothing else makes pause by themselves
    only: bool = False  # there is a list of the only ones
    runtime: set[int] = field(default_factory=set)  # the functions that drive the pausing
    points: set[int] = field(default_factory=set)  # the functions that get pause points
    can_pause: set[int] = field(init=False)
    instrumented: set[int] = field(init=False)
    tail_callers: set[int] = field(init=False)  # those to instrument with tail calls, of any kind
    changing: set[int] = field(init=False)  # the tables whose elements code of the module changes

    def __post_init__(self) -> None:
        self.can_pause = {each for each in self.causes if not isinstance(each, Dispatch)}
        self.instrumented = self.to_instrument(self.causes)
        self.tail_callers = self.graph.tail_callers & self.instrumented if self.graph else set()
        self.changing = self.graph.changing if self.graph else set()

    def indirect(self, number: int) -> Callable[[Dispatch], bool]:
        """Whether a call through a table or reference can pause in a function."""
        if number in self.added:
            return lambda dispatch: True
        return self.causes.__contains__

    def to_instrument(self, causes: Iterable[Pauses]) -> set[int]:
        """The functions to instrument where these are what pauses."""
        funcs = self.module.funcs.entities
        found = {each for each in causes if not isinstance(each, Dispatch) and not funcs[each].imported}
        return (found | self.listed) - self.runtime

    def found_by(self, number: int, dispatch: Dispatch) -> set[int] | None:
        """The functions that can pause, or in one that is `added` all, that a call in a function may find; None if some
        are not known, for the host may have put them there."""
        assert self.graph is not None
        graph = self.graph.closed() if self.question and self.question.closed_world else self.graph
        if dispatch.space in graph.open_spaces():
            return None
        found = graph.found_by(dispatch)
        return found if number in self.added else found & self.can_pause


class Question(NamedTuple):
    """What the search starts from: what pauses by itself, and why; the functions that do not pause whatever they call
    (`barred`); whether functions of the host pause, wherever it can put them; and how far it looks."""

    seeds: dict[int, Cause]
    barred: set[int]
    host_pauses: bool
    ignore_indirect: bool = False
    closed_world: bool = False

    def answer(self, graph: CallGraph) -> dict[Pauses, Pauses | Cause]:
        """What pauses, each with its cause; the nearest to a pause first."""
        if self.closed_world:
            graph = graph.closed()
        users = {} if self.ignore_indirect else graph.users
        causes: dict[Pauses, Pauses | Cause] = {}
        causes.update((number, cause) for number, cause in self.seeds.items() if number not in self.barred)
        if self.host_pauses and users:
            opened = graph.open_spaces()
            causes.update((dispatch, Cause.HOST) for dispatch in users if dispatch.space in opened)
        todo = deque(causes)
        while todo:
            found = todo.popleft()
            reached: list[Iterable[Pauses]]
            if isinstance(found, Dispatch):
                reached = [users.get(found, ()), graph.onward(found)]
            else:
                reached = [graph.callers.get(found, ()), graph.dispatches(found) if users else ()]
            for each in (each for some in reached for each in some):
                if each not in causes and each not in self.barred:
                    causes[each] = found
                    todo.append(each)
        return causes


def find_pausing(
    module: Module, control: Control, options: Options, callees: Callees, called: Called, marked: bool
) -> Pausing:
    """The functions that can pause, and those to instrument. `marked`: there may be annotations that say so.

    Raises `WatError` for a function that is said to pause, and not to, and for references to control functions.
    """
    funcs = module.funcs.entities
    named = {id(function.node): function.name for function in control.functions}
    controls = {number: named[id(func.node)] for number, func in enumerate(funcs) if id(func.node) in named}
    driven = any(name in names.TOP_MOST | names.BOTTOM_MOST for name in controls.values())  # by the module itself
    said = said_of_functions(module) if marked else {}
    free = options.imports is None and not options.ignore_imports and not driven  # any import may pause
    if free:
        pausing = {number for number, func in enumerate(funcs) if func.imported}
    else:
        pausing = called.imports("imports", options.imports or ())
    seeds = dict.fromkeys(sorted(pausing), Cause.IMPORT)
    added = called.functions("add-list", options.add_list)
    removed = called.functions("remove-list", options.remove_list)
    only = None if options.only_list is None else called.functions("only-list", options.only_list)
    for number, word in said.items():
        if funcs[number].imported:
            seeds.pop(number, None)
            seeds.update({number: Cause.ANNOTATED} if word == PAUSES else {})
        else:
            (added if word == PAUSES else removed).add(number)
    if only is not None:
        only |= added
    for number in sorted((added if only is None else only) & removed):
        raise module.error(f"{called.name(number)} is said to pause, and not to", funcs[number].node)
    host_pauses = free or bool(seeds)
    if not (seeds or host_pauses or controls or added or only or options.pause_at or marked):
        return Pausing(module, callees)

    graph = CallGraph(module, callees, marked)
    for number in controls:
        if graph.homes.get(number, set()) - {HOST}:
            source = next(each.source for each in control.functions if each.node is funcs[number].node)
            raise module.error("a control function is called by its name: there must be no references to it", source)
    bottom = _callers(graph, {number for number, name in controls.items() if name in names.BOTTOM_MOST})
    top = _callers(graph, {number for number, name in controls.items() if name in names.TOP_MOST})
    points: set[int] = set()
    if "entries" in options.pause_at:
        points = {number for number, func in enumerate(funcs) if not func.imported}
    elif "loops" in options.pause_at:
        points = graph.loops
    points = points - controls.keys() - top - bottom - removed
    for numbers, cause in ((top, Cause.RUNTIME), (graph.marked, Cause.CALL_ANNOTATED), (points, Cause.POINT)):
        seeds.update((number, cause) for number in sorted(numbers - seeds.keys()))
    listed = dict.fromkeys(sorted((added if only is None else only) - seeds.keys()), Cause.LISTED)
    if options.propagate_add_list:
        seeds.update(listed)
    barred = bottom | removed | controls.keys()
    question = Question(seeds, barred, host_pauses, options.ignore_indirect, options.closed_world)
    causes = question.answer(graph)
    if only is not None:
        causes = {each: cause for each, cause in causes.items() if each in top or _is_import(each, module)}
    for number, cause in listed.items():
        if number not in barred:
            causes.setdefault(number, cause)
    return Pausing(
        module,
        callees,
        graph,
        question,
        causes,
        added=(added if only is None else only) - barred,
        listed=listed.keys() - barred,
        only=only is not None,
        runtime=top | bottom,
        points=points,
    )


def _is_import(each: Pauses, module: Module) -> bool:
    return not isinstance(each, Dispatch) and module.funcs.entities[each].imported is not None


def _callers(graph: CallGraph, callees: set[int]) -> set[int]:
    return set[int]().union(*(graph.callers.get(number, ()) for number in callees))
