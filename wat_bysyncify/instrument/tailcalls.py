"""Tail calls of functions that can pause: which frame is whose, and how the right function is called again.

A tail call leaves no frame. If the function that is tail-called pauses, its frame lies right above that of the caller's
caller, who knows nothing of it: to rewind it calls again the function that it once called.

    $main calls $f, $f tail-calls $g, $g pauses:     frames   $g | $main
    to rewind, $main calls $f, but the next frame is $g's

So each frame of a function that can be tail-called, or that tail-calls, has on top of it the number of its function.
A function that tail-calls looks at that before all else, and if the frame is not its own, tail-calls on to a function
that knows all whose frames it can be:

    (func $f                                 (func $f
                                               (if (global.get $rewinding) (then
                                                 (if (i32.ne (call $peek_i32) (i32.const 1)) (then
                                                   (return_call $rewind_tail)))
                                                 (drop (call $restore_i32))
                                                 ..

    (func $rewind_tail
      (if (i32.eq (call $peek_i32) (i32.const 2)) (then (return_call $g)))
      ..

The stack is as deep as it was, in wasm and in frames: a million tail calls leave one frame.

A function that is not instrumented, as an import, has no frame to be found again: another stands for it (standins.py).
"""

from __future__ import annotations

from ..errors import WatError
from ..sexpr.nodes import Token, tokens
from .annotations import NEVER
from .asserts import frame_numbers
from .callgraph import Dispatch
from .code import Code
from .module import Func, FuncType
from .names import unused
from .program import Program
from .reftypes import can_be_kept, got, nullable, top
from .standins import TAIL_CALLS, new_stand_in, said_of


class _Find:
    """Finds the targets of all tail calls, whose frame is whose, and what stands for functions that have none."""

    def __init__(self, program: Program) -> None:
        self.program, self.taken, self.tails = program, program.ids.funcs, program.tails
        self.targets = self.tails.targets
        self.found_by: dict[tuple[Dispatch, bool], set[int] | None] = {}
        self.made: dict[str, Func] = {}  # the stand-ins, by what the tail call said

    def read(self, func: Func) -> None:
        """Reads the tail calls of a function."""
        program = self.program
        indirect = program.pausing.indirect(func.number)
        targets = self.targets.setdefault(func.number, set())
        body = program.callees.body(func)
        for position, token in enumerate(body):
            code = program.codes[token]
            if code.op not in TAIL_CALLS or code.says == NEVER:
                continue
            if code.op == "return_call":
                callee = program.module.funcs.index(code.word)
                if callee is None or not (code.says or callee in program.pausing.can_pause):
                    continue
                type_ = program.module.func(callee).type
                known = {callee} if callee in program.pausing.instrumented else None
            else:
                dispatch = program.callees.dispatch(code, body, position)
                if not (code.says or indirect(dispatch)):
                    continue
                type_ = program.callees.type_of(code, body, position)
                known = self.through_reference(func, dispatch)
            self.check(func, body, position, type_, known is None)
            if known is None:
                known = {self.stand_in(func, said_of(body, position, code), code, type_)}
            targets |= known

    def check(self, caller: Func, body: list[Token], position: int, type_: FuncType, by_stand_in: bool) -> None:
        """Raises `WatError` if a tail call at body[position] cannot be made again."""
        of = self.program.placeholders.of
        unknown = [each for each in type_[0] if not can_be_kept(each, self.program.module)]
        missing = [each for each in type_[1] if of(each) is None] if by_stand_in else []
        if unknown:
            message = f"a tail call with an argument of type {unknown[0]} cannot pause: none can be made to call again"
        elif missing:
            message = f"a tail call with a result of type {missing[0]} cannot pause: none can be made to return"
        elif len(type_[1]) != len(caller.type[1]):
            message = f"a tail call gives {len(type_[1])} results, its function has {len(caller.type[1])}"
        else:
            return
        node = caller.nodes
        before = sum(token.width for token in [*tokens(node[: caller.header]), *body[:position]])
        raise WatError(message, self.program.module.offset(node) + before)

    def through_reference(self, func: Func, dispatch: Dispatch) -> set[int] | None:
        """The functions that can pause and that a dispatch in a function may find; None if some are not known, or have
        no frames."""
        pausing = self.program.pausing
        key = dispatch, func.number in pausing.added
        if key not in self.found_by:
            found = pausing.found_by(func.number, dispatch)
            self.found_by[key] = found if found is not None and found <= pausing.instrumented else None
        return self.found_by[key]

    def stand_in(self, caller: Func, said: str, code: Code, type_: FuncType) -> int:
        """The number of the function that stands for what a tail call of a function calls."""
        if said not in self.made:
            self.made[said] = new_stand_in(said, code, type_, self.program)
        func = self.tails.stand_ins[caller.number, said] = self.made[said]
        return func.number

    def finish(self) -> None:
        """Numbers the frames and writes the dispatchers."""
        tails, func = self.tails, self.program.module.func
        called = set[int]().union(*self.targets.values())
        if self.program.options.asserts:
            tails.numbers = frame_numbers(self.program.text, sorted(self.program.pausing.instrumented))
        else:
            numbered = sorted(called | {number for number, targets in self.targets.items() if targets})
            tails.numbers = {number: position for position, number in enumerate(numbered)}
        callers: dict[tuple[str, ...], list[int]] = {}
        for number, targets in self.targets.items():
            if targets:
                callers.setdefault(func(number).type[1], []).append(number)
        for results, group in callers.items():
            id_ = unused("$rewind_tail", self.taken)
            reached: set[int] = set()
            todo = list(group)
            while todo:
                new = self.targets.get(todo.pop(), set()) - reached
                reached |= new
                todo += new
            tails.dispatcher.update(dict.fromkeys(group, id_))
            tails.lines.append(self.dispatcher(id_, results, sorted(reached)))

    def dispatcher(self, id_: str, results: tuple[str, ...], reached: list[int]) -> list[str]:
        """The function that calls the one whose frame is next."""
        program = self.program
        lines = []
        locals_: list[str] = []
        for number in reached:
            func = program.module.func(number)
            arguments = [program.placeholders.of(type_) for type_ in func.type[0]]
            if None in arguments:
                continue  # no values have such types, so that nobody calls it
            call = " ".join([func.id or str(number), *map(str, arguments)])
            lines.append(f"  (if (i32.eq (call {program.ids.peek}) (i32.const {self.tails.numbers[number]}))")
            if func.type[1] == results:
                lines.append(f"    (then (return_call {call})))")
                continue
            lines.append(f"    (then (call {call})")
            first = len(locals_)
            locals_ += map(nullable, func.type[1])
            lines += [f"      (local.set {first + k})" for k in reversed(range(len(results)))]
            for k, (from_, to) in enumerate(zip(func.type[1], results, strict=True)):
                opaque = from_ == to or top(to, program.module) in ("externref", "exnref")
                text = got(str(first + k), to) if opaque else f"(ref.cast {to} (local.get {first + k}))"
                lines.append(f"      {text}")
            lines.append("      (return)))")
        head = [f"(func {id_}"]
        if results:
            head.append(f"  (result {' '.join(results)})")
        if locals_:
            head.append(f"  (local {' '.join(locals_)})")
        return [*head, *lines, "  (unreachable)", ")"]


def find_tails(program: Program) -> None:
    """Finds out what there is to know of the tail calls of a program; adds the stand-ins to its functions."""
    found = _Find(program)
    for number in sorted(program.pausing.tail_callers):
        found.read(program.module.func(number))
    found.finish()
