"""What can pause, and why, in words and as data: Pausing -> Explanation.

    in.wat: 3 of 5 functions are instrumented
    env.sleep (line 2) may pause
      $nap (line 9) calls it (line 10)
        $work (line 12) calls it (line 15)
          $main (line 20) calls through a table what it finds (line 21)

Each line is there because of the one above it, and each function stands once, on a shortest way to a pause.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import WatError
from .annotations import PAUSES
from .callgraph import REFERENCES, Dispatch, Site
from .dominators import counts_below, dominators
from .lists import Called
from .pausing import Cause, Pauses, Question
from .places import Places
from .program import Program

VERSION = 1  # of the JSON
_DEEPEST = 40  # levels that are indented: white space must not outgrow long chains
_NAMED = 5  # so many callees of an indirect call are named
_CULPRITS = 10  # and so many of the imports and indirect calls that matter most


class Reason(NamedTuple):
    """Why a function can pause: a call on a line, of `callee`; or (`cause`) by itself."""

    line: int
    callee: Pauses | None = None
    cause: Cause | None = None


class Saving(NamedTuple):
    """How many functions would be instrumented if `change` were so."""

    change: str
    instrumented: int


class Culprit(NamedTuple):
    """So many functions are instrumented only because of this: an import, or the calls of a dispatch in a function."""

    functions: int
    function: int
    line: int
    dispatch: Dispatch | None = None


class Explanation:
    """Answers about what can pause in a module."""

    def __init__(self, text: str, program: Program) -> None:
        self.program, self.pausing, self.called = program, program.pausing, program.called
        self.module = program.module
        self.places = Places(text, self.module)
        self.control = program.control
        self._controls = {id(function.node) for function in self.control.functions}
        funcs = map(self.module.func, range(len(self.module.funcs.entities)))
        self.defined = [func for func in funcs if not func.imported and self.places.has(func)]
        self.instrumented = self.pausing.instrumented & {func.number for func in self.defined}  # without stand-ins
        self._open: set[int] | None = None
        self._lines: dict[int, dict[Pauses, int]] = {}  # by function, the first call of each callee

    # --- In words

    def lines(self) -> Iterator[str]:
        """The tree of what pauses, and what could be saved."""
        yield f"{len(self.instrumented)} of {self._functions(len(self.defined))} instrumented"
        below: dict[Pauses, list[Pauses]] = {}
        roots: list[Pauses] = []
        for node, cause in self.pausing.causes.items():
            if isinstance(cause, Cause):
                roots.append(node)
            else:
                below.setdefault(cause, []).append(node)
        stack = [(node, 0) for node in reversed(roots)]
        while stack:
            node, depth = stack.pop()
            shown = self._tree_line(node)
            if shown and (below.get(node) or node in self.pausing.instrumented):
                yield "  " * min(depth, _DEEPEST) + shown
            stack += [(each, depth + bool(shown)) for each in reversed(below.get(node, ()))]
        for saving in self.savings():
            yield f"{saving.change}: {saving.instrumented} instead of {len(self.instrumented)}"
        for culprit in self.culprits()[:_CULPRITS]:
            what = f"the import {self.called.name(culprit.function)} (line {culprit.line})"
            if culprit.dispatch is not None:
                what = f"the indirect call in {self.called.name(culprit.function)} (line {culprit.line})"
            yield f"{culprit.functions} of {self._functions(len(self.defined))} instrumented only because of {what}"
        yield from self._hot()

    def _hot(self) -> Iterator[str]:
        """What came of a profile: the functions that are hot, the longest first, with their share of the time."""
        hot = self.program.hot
        if hot is None:
            return
        twins = self.program.twinned & hot.keys()
        yield f"{self._functions(len(hot))} hot in the profile, {len(twins)} of them to be written twice"
        for number, share in hot.items():
            twice = ", written twice" if number in twins else ""
            yield f"  {self.called.name(number)} ran {share:.1%} of the time{twice}"

    def _tree_line(self, node: Pauses) -> str:
        cause = self.pausing.causes[node]
        if isinstance(node, Dispatch):
            return f"calls {self._dispatch(node)} {cause.value}" if isinstance(cause, Cause) else ""
        func = self.module.func(node)
        said = f"{self.called.name(node)} (line {self.places.line(func)})"
        if isinstance(cause, Cause):
            return f"{said} {cause.value}"
        line = self._first_line(node, cause)
        if isinstance(cause, Dispatch):
            return f"{said} calls {self._dispatch(cause)} (line {line})"
        return f"{said} calls it (line {line})"

    def function(self, name: str) -> Iterator[str]:
        """Everything about one function, by any of its names. Raises `WatError` if there is none such."""
        numbers = Called(self.module, self.control).functions("explain", [name])
        if not numbers:
            raise WatError(f"--explain: no function of the module is called {name!r}")
        for number in sorted(numbers):
            yield from self._function(number)

    def _function(self, number: int) -> Iterator[str]:
        pausing = self.pausing
        said = f"{self.called.name(number)} (line {self.places.line(self.module.func(number))})"
        if number in pausing.runtime:
            yield f"{said} is not instrumented: it drives the pausing"
        elif number not in pausing.causes:
            removed = pausing.question is not None and number in pausing.question.barred
            why = "it is said not to pause" if removed else "nothing that it calls can pause"
            yield f"{said} is not instrumented: {why}"
        else:
            yield f"{said} can pause"
        for reason in self.reasons(number):
            yield f"  {self._reason(reason)}"
        way = list(self.way(number))
        if len(way) > 1:
            yield "a shortest way to a pause:"
            for caller, reason in way:
                yield f"  {self.called.name(caller)}, {self._reason(reason)}"

    def _reason(self, reason: Reason) -> str:
        if reason.cause is not None:
            return reason.cause.value
        if isinstance(reason.callee, Dispatch):
            finds = self.finds(reason.callee)
            names = finds[:_NAMED]
            more = len(finds) - len(names)
            if self.is_open(reason.callee):
                names.append("what the host put there")
            found = f", which may be {', '.join(names)}{f' and {more} more' if more else ''}" if names else ""
            return f"line {reason.line}: calls {self._dispatch(reason.callee)}{found}"
        assert reason.callee is not None
        return f"line {reason.line}: calls {self.called.name(reason.callee)}"

    def finds(self, dispatch: Dispatch) -> list[str]:
        """The functions that can pause and that a dispatch can find."""
        graph = self.pausing.graph
        found = graph.found_by(dispatch) & self.pausing.can_pause if graph else ()
        return [self.called.name(number) for number in sorted(found)]

    def is_open(self, dispatch: Dispatch) -> bool:
        """Whether a dispatch can also find functions that the host put there."""
        return dispatch.space in self._opened()

    def _dispatch(self, dispatch: Dispatch) -> str:
        if dispatch.space == REFERENCES:
            return "a reference"
        table = self.module.tables.entities[dispatch.space]
        return f"through table {table.id or dispatch.space}"

    def _functions(self, count: int) -> str:
        return f"{count} function is" if count == 1 else f"{count} functions are"

    # --- Reasons

    def reasons(self, number: int) -> Iterator[Reason]:
        """All reasons for which a function can pause, in the order of the text."""
        pausing, func = self.pausing, self.module.func(number)
        cause = pausing.causes.get(number)
        if isinstance(cause, Cause) and cause not in (Cause.RUNTIME, Cause.CALL_ANNOTATED):
            yield Reason(self.places.line(func), cause=cause)
        if func.imported or not isinstance(func.node, list):
            return
        can_pause = pausing.indirect(number)
        for line, site in self._sites(number):
            if site.says:
                if site.says == PAUSES:
                    yield Reason(line, cause=Cause.CALL_ANNOTATED)
            elif isinstance(site.callee, Dispatch):
                if can_pause(site.callee):
                    yield Reason(line, site.callee)
            elif site.callee in pausing.can_pause or self._is_control(site.callee):
                yield Reason(line, site.callee)

    def way(self, number: int) -> Iterator[tuple[int, Reason]]:
        """A shortest way from a function to a pause: each function on it, and why it pauses."""
        node: Pauses | Cause | None = number
        while isinstance(node, int):
            cause = self.pausing.causes.get(node)
            if cause is None:
                return
            if isinstance(cause, Cause):
                yield node, Reason(0, cause=cause)
                return
            reason = next((each for each in self.reasons(node) if each.callee == cause), None)
            if reason is not None:
                yield node, reason
            node = cause
            while isinstance(node, Dispatch):  # what it finds, perhaps by way of another space
                node = self.pausing.causes.get(node)

    def _first_line(self, number: int, callee: Pauses) -> int:
        """The line of the first call of what can pause in a function; 0 if there is none."""
        if number not in self._lines:
            lines = self._lines[number] = {}
            for reason in self.reasons(number):
                if reason.callee is not None:
                    lines.setdefault(reason.callee, reason.line)
        return self._lines[number].get(callee, 0)

    def _sites(self, number: int) -> Iterator[tuple[int, Site]]:
        """The calls in a function, with their lines."""
        func, callees = self.module.func(number), self.pausing.callees
        offsets = [self.places.body(func)]
        for token in callees.body(func):
            offsets.append(offsets[-1] + token.width)
        for site in callees.sites(func):
            yield self.places.line_at(offsets[site.position]), site

    def _is_control(self, callee: int | None) -> bool:
        return callee is not None and id(self.module.func(callee).node) in self._controls

    def _opened(self) -> set[int]:
        if self._open is None:
            graph, question = self.pausing.graph, self.pausing.question
            opened = graph.open_spaces() if graph and question and question.host_pauses else set()
            self._open = set() if question and question.closed_world else opened
        return self._open

    # --- What could be saved

    def savings(self) -> list[Saving]:
        """What options would bring, those that bring something."""
        pausing, question = self.pausing, self.pausing.question
        if question is None or pausing.only:
            return []
        changes: list[tuple[str, Question]] = []
        if not question.ignore_indirect:
            if not question.closed_world:
                changes.append(("with --closed-world", question._replace(closed_world=True)))
            changes.append(("with --ignore-indirect", question._replace(ignore_indirect=True)))
        assert pausing.graph is not None
        found = [Saving(said, len(pausing.to_instrument(each.answer(pausing.graph)))) for said, each in changes]
        return [saving for saving in found if saving.instrumented < len(self.instrumented)]

    def culprits(self) -> list[Culprit]:
        """The imports, and the calls through tables and references, without which fewer functions would pause, those
        first that matter most."""
        pausing, graph, question = self.pausing, self.pausing.graph, self.pausing.question
        if graph is None or question is None or pausing.only:
            return []
        if question.closed_world:
            graph = graph.closed()
        numbers: dict[Pauses | tuple[Dispatch, int], int] = {node: i for i, node in enumerate(pausing.causes, 1)}
        edges: list[list[int]] = [[] for _ in range(len(numbers) + 1)]
        for node, cause in pausing.causes.items():
            here = numbers[node]
            if isinstance(cause, Cause):
                edges[0].append(here)
            if isinstance(node, Dispatch):
                for user in sorted(graph.users.get(node, ())):
                    if user in numbers:  # between the two, the call itself
                        numbers[node, user] = len(edges)
                        edges[here].append(len(edges))
                        edges.append([numbers[user]])
                reached: set[Pauses] = set(graph.onward(node))
            else:
                reached = {*graph.callers.get(node, ()), *graph.dispatches(node)}
            edges[here] += sorted(numbers[each] for each in reached if each in numbers)
        counted = [False] * len(edges)
        for number in self.instrumented & pausing.causes.keys():
            counted[numbers[number]] = True
        below = counts_below(dominators(edges), counted)
        found = []
        for each, at in numbers.items():
            if isinstance(each, int) and self.module.func(each).imported and below[at]:
                found.append(Culprit(below[at], each, self.places.line(self.module.func(each))))
            elif not isinstance(each, (int, Dispatch)) and below[at]:
                dispatch, user = each
                found.append(Culprit(below[at], user, self._first_line(user, dispatch), dispatch))
        return sorted(found, key=lambda culprit: -culprit.functions)

    # --- As data

    def data(self) -> dict[str, Any]:
        """All of it, to be written as JSON (docs/analysis.md)."""
        pausing, module = self.pausing, self.module
        dispatches: dict[Dispatch, int] = {}
        functions = []
        for func in self.defined:
            reasons = []
            for reason in self.reasons(func.number) if func.number in pausing.causes else ():
                if reason.cause is not None:
                    reasons.append({"line": reason.line, "because": reason.cause.value})
                elif isinstance(reason.callee, Dispatch):
                    number = dispatches.setdefault(reason.callee, len(dispatches))
                    reasons.append({"line": reason.line, "dispatch": number})
                else:
                    reasons.append({"line": reason.line, "calls": self._name(reason.callee)})
            way = next(iter(self.way(func.number)), None)
            functions.append(
                {
                    "name": self._name(func.number),
                    "index": func.number,
                    "line": self.places.line(func),
                    "instrumented": func.number in pausing.instrumented,
                    "runtime": func.number in pausing.runtime,
                    "reasons": reasons,
                    "next": None if way is None or way[1].callee is None else self.next(way[0]),
                }
            )
        return {
            "version": VERSION,
            "functions": functions,
            "imports": [
                {"name": self._name(number), "line": self.places.line(module.func(number))}
                for number, cause in pausing.causes.items()
                if isinstance(number, int) and module.func(number).imported
            ],
            "dispatches": [
                {
                    "table": None if dispatch.space == REFERENCES else self._dispatch(dispatch),
                    "open": self.is_open(dispatch),
                    "finds": self.finds(dispatch),
                }
                for dispatch in dispatches
            ],
            "savings": [{"change": each.change, "instrumented": each.instrumented} for each in self.savings()],
            "culprits": [
                {
                    "functions": each.functions,
                    "function": self._name(each.function),
                    "line": each.line,
                    "indirect": each.dispatch is not None,
                }
                for each in self.culprits()
            ],
        }

    def _name(self, number: Any) -> str:
        return self.called.name(number)

    def next(self, number: int) -> str:
        """The next function on a shortest way to a pause."""
        node = self.pausing.causes[number]
        while isinstance(node, Dispatch):
            node = self.pausing.causes[node]
        return node.value if isinstance(node, Cause) else self._name(node)
