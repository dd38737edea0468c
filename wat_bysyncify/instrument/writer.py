"""What the texts of functions have in common: new locals, the check behind each pausing call, their end; and, of those
that do not skip, the blocks that a pause leaves."""

from __future__ import annotations

from .framecode import FrameCode
from .layout import Layout
from .notes import frame_note
from .plan import Exit, Plan
from .recording import noted
from .source import NOT_PAUSED, PAUSED, Source
from .steps import Lifted, Resume


class Writer(Layout):
    """Writes the text of one function behind its header. `far`: the number of a call is so much more on its way to an
    exit, where that does not know it."""

    far = 0

    def __init__(self, plan: Plan, lifted: Lifted, source: Source, frame: FrameCode) -> None:
        super().__init__(source)
        self.plan, self.lifted, self.frame = plan, lifted, frame

    def locals(self, indent: str) -> None:
        """The locals that are new."""
        if self.plan.counter:
            self.line(indent, f"(local {self.plan.counter} i32)")
            self.trail(self.plan.notes.once("counter"))
        for name, type_ in self.plan.temps:
            self.line(indent, f"(local {name} {type_})")
        for name in self.plan.frame.inline_locals:
            self.line(indent, f"(local {name} {self.plan.ids.address})")

    def enter(self, indent: str) -> None:
        """The check that comes before all else."""
        if self.plan.asserts:
            self.line(indent, f"(call {self.plan.ids.assert_not_unwinding} (i32.const {self.plan.function}))")

    def restores(self) -> list[str]:
        """The lines that take a frame back, or go on to the function whose frame it is."""
        plan = self.plan
        lines = []
        if plan.dispatcher:
            lines.append(f"(if (i32.ne (call {plan.ids.peek}) (i32.const {plan.frame.owner}))")
            lines.append(f"  (then (return_call {plan.dispatcher})))")
        return lines + self.frame.restores()

    def checked(self, number: str) -> str:
        """The text of the number of a call that comes from a frame, "" where that is on the operand stack, with a check
        that there is such a call."""
        plan = self.plan
        if not plan.asserts:
            return number
        arguments = f"(i32.const {len(plan.calls)}) (i32.const {plan.function})"
        said = [f"call {plan.ids.assert_call}", number, arguments]
        return f"({' '.join(filter(None, said))})"

    def call(self, step: Resume, indent: str) -> None:
        """A pausing call, and what comes behind it."""
        self.behind_call(step, self.made(step, indent), indent)

    def made(self, step: Resume, indent: str) -> str:
        """A pausing call alone; the text of its number for `behind_call`."""
        plan, call = self.plan, self.plan.calls[step.index]
        known = call.exit is not None and call.exit.number is not None
        number = f"(i32.const {call.number + self.far})" if plan.numbered and not known else ""
        if number and call.told and call.exit and plan.form != "straight":  # below what the call leaves
            self.line(indent, number)
            number = ""
        for stmt in step.call:
            self.stmt(stmt, indent)
        if call.told:
            self.trail(plan.notes.once("told"))
        return number

    def behind_call(self, step: Resume, number: str, indent: str) -> None:
        """What leaves the code if a call has paused: for its exit, or at once. `number` is the text of the number of
        the call, "" where that is below on the operand stack or the exit knows it."""
        plan, call = self.plan, self.plan.calls[step.index]
        paused = "" if call.told else f" {plan.ids.has_paused}"  # or the call has left that on the operand stack
        if call.exit:
            self.leaves(call.exit, number, paused, indent)
            return
        self.line(indent, f"(if{paused} (then")
        self.trail(plan.notes.once("paused below" if plan.position else "paused at once"))
        for line in [*self.unwinding(call.alive, number, self.position(step)), "(return)"]:
            self.line(indent + "  ", line)
        self.line(indent, "))")

    def leaves(self, exit_: Exit, number: str, paused: str, indent: str) -> None:
        """What goes to an exit, with the text of the number of the call (see `behind_call`)."""
        plan = self.plan
        if exit_.number is not None:
            self.line(indent, f"(br_if {exit_.label}{paused})")
        elif plan.form == "straight":  # an engine would have the number ready at each call
            self.line(indent, f"(if{paused} (then (br {exit_.label} {number})))")
        else:
            self.line(indent, f"(drop (br_if {exit_.label}{number and f' {number}'}{paused}))")
        self.trail(plan.notes.once("paused" if exit_.number is None else "paused alone"))

    def open_whole(self, indent: str) -> None:
        """Opens the block around the reader's code for branches to the end of the function by number, if there are."""
        results = self.plan.results
        if self.source.labels.outermost:
            typed = f" (result {' '.join(results)})" if results else ""
            if self.plan.tells:
                self.line(indent, NOT_PAUSED)
            self.line(indent, f"(block {self.source.labels.outermost}{typed}")

    def close_whole(self, indent: str) -> None:
        """The end of the reader's code: where nothing has paused, the function returns."""
        results = self.plan.results
        if self.source.labels.outermost:
            if results:
                self.line(indent, "(unreachable)")
            self.line(indent, ")")
            self.line(indent, "(return)")
        elif results and not self.lifted.results:
            self.line(indent, "(unreachable)")  # it is never reached
        elif not results and self.plan.exits:
            self.line(indent, f"(return {NOT_PAUSED})" if self.plan.tells else "(return)")
        elif not results and self.plan.tells:
            self.line(indent, NOT_PAUSED)

    def open_exits(self, indent: str) -> None:
        """Opens the blocks that a pause leaves."""
        plan = self.plan
        opening = [
            f"(block {exit_.label}{' (result i32)' if exit_.number is None else ''}" for exit_ in reversed(plan.exits)
        ]
        for at in range(0, len(opening), 3):
            self.line(indent, " ".join(opening[at : at + 3]))
        if opening:
            said = any(exit_.number is None for exit_ in plan.exits)
            self.trail(plan.notes.once("leave" if said else "leave alone"))

    def close_exits(self, indent: str) -> None:
        """Ends these blocks, each before the code that saves the frame for those that have left it."""
        plan = self.plan
        for exit_ in plan.exits:
            self.line(indent, ")")
            number = ""
            if plan.numbered and exit_.number is not None:
                number = f"(i32.const {exit_.number})"
            elif plan.numbered and self.far:
                self.line(indent, f"(i32.sub (i32.const {self.far}))")
                self.trail(plan.notes.once("far"))
            self.leave(exit_.alive, number, indent)
            if exit_ is not plan.exits[-1]:
                self.line(indent, "(return)")

    def leave(self, alive: int, number: str, indent: str) -> None:
        """The end of a function that unwinds, where these locals are saved, as bits, -1 for all; `number` is the text
        of the number of its call, "" where that is on the operand stack or not saved."""
        self.step("pausing: the frame is saved")
        if self.plan.notes.wanted:
            self.line(indent, f";; {self.saved()}")
        for line in self.unwinding(alive, number):
            self.line(indent, line)
        if self.plan.placeholders:
            self.trail(self.plan.notes.once("position" if self.plan.position else "result"))

    def saved(self) -> str:
        """What the frame holds and why."""
        plan = self.plan
        saved = [
            (local.name, [call.number for call in plan.calls if call.alive & local.bit])
            for group in plan.frame.groups
            for local in group.locals
            if not local.is_call
        ]
        return frame_note(saved, len(plan.calls), plan.numbered)

    def said_of_call(self, step: Resume) -> str:
        """Which call a step makes."""
        call = self.plan.calls[step.index]
        return f"call {call.number}: {call.callee or 'through a table or reference'}"

    def position(self, step: Resume) -> str:
        """The text of the stack's position behind a call that has paused, if its result says so, else ""."""
        name, type_ = step.call[-1].set_, self.plan.calls[step.index].position
        if not name or not type_:
            return ""
        return f"(local.get {name})" if type_ == self.plan.ids.address else f"(i32.wrap_i64 (local.get {name}))"

    def unwinding(self, alive: int, number: str, known: str = "") -> list[str]:
        """The lines of a function that unwinds, with those that save its frame; `number` is the text of the number of
        its call, "" where that is on the operand stack or not saved, and `known` that of the stack's position, if that
        need not be loaded."""
        plan = self.plan
        lines, position = self.frame.saves(alive, number, known)
        if plan.record:
            lines.append(noted(plan.function, plan.ids))
        if not plan.position:
            return [*lines, *([PAUSED] if plan.tells else []), *plan.placeholders]
        position = position or plan.ids.position()
        return [*lines, position if plan.position == plan.ids.address else f"(i64.extend_i32_u {position})"]

    def last_comments(self, indent: str) -> None:
        """The comments behind the last instruction."""
        self.behind(len(self.source.tokens) - 1, indent)
