"""Pausing calls brought to statement level, and nothing else: a folded body -> steps.

    (i32.add (i32.load (local.get $p)) (call $f (local.get $x)))

becomes

    (local.set $value_i32 (i32.load (local.get $p)))     ;; a step of code without pausing calls
    (local.set $value_i32_2 (call $f (local.get $x)))    ;; a step with a pausing call, and what follows it
    (i32.add (local.get $value_i32) (local.get $value_i32_2))

Operands that are evaluated before a lifted call go to temporaries, unless they are constants, or locals that nothing
in between writes. The operands of a pausing call itself are evaluated again on rewind, so they must be constants,
locals or pure instructions on those. A function that restores its own parameters may be given anything (and is, where
jump.py makes the call elsewhere); for any other callee, what the operands read is saved too.

The result of a call is stored before the check for unwinding, made-up as it may be then: nobody reads it until the call
has been made again. Where somebody might (it is an operand of that very call, or the call throws in the end, and a
handler is around), it goes through a temporary.

With -O, the text of a call may be the code of what it calls (controlcalls.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..sexpr.nodes import words
from . import act
from .body import Block, Body, BodyError, Call, Item, Op, Run, Seq, Text
from .controlcalls import code_of_calls
from .instructions import PURE
from .operandtypes import OperandTypes
from .placeholder import zero
from .reftypes import got, heap_type, is_nullable, is_value_type, nullable, short_name
from .scope import Scope
from .source import NOT_PAUSED, Piece, Source
from .steps import Arm, Lifted, Nest, Plain, Resume, Step, Stmt, Value, flat
from .temps import Numbers, Temp

_STOPPING = frozenset((act.STOP, act.RETURN_CALL_INDIRECT))


def lift(body: Body, source: Source, scope: Scope, guards: bool) -> Lifted:
    """The steps of a body; `guards`: a block is passed, while rewinding, by going through it or by a guard around it;
    without, jumps pass it.

    Raises `BodyError` for what cannot be held in a temporary.
    """
    return _Lift(body, source, scope, guards).lift()


class _Lift:
    def __init__(self, body: Body, source: Source, scope: Scope, guards: bool) -> None:
        self.body = body
        self.guards = guards
        self.codes = body.codes
        self.source = source
        self.scope = scope
        self.operand_types = OperandTypes(body, scope)
        self.inlined = code_of_calls(body, scope)
        self.temps: dict[str, list[Temp]] = {}
        self.all_temps: list[Temp] = []
        self.alive = [0] * len(body.calls)
        self.results: list[Value] = []
        # Of the sequence that is being lifted.
        self.level = 0
        self.around = 0  # what values that wait around it read, as in `Lifted.alive`
        self.numbers: dict[str, Numbers] = {}
        self.floor: dict[str, int] = {}
        self.steps: list[Step] = []
        self.open: Plain | Resume | None = None
        self.stack: list[Value] = []
        self.below: list[int] = []  # what the values on the stack read, each with those below it, as far as known
        self.settled = 0  # how many are not expressions that are yet to be evaluated
        self.detached = 0  # the locals that detached values on the stack read, and perhaps more

    def lift(self) -> Lifted:
        whole = Arm(self.body.seq)
        # Sequences wait here for their turn, with the temporaries that are in use around them.
        self.waiting: list[tuple[Arm, int, Nest | None, list[tuple[Temp, str]], dict[str, int], int]]
        self.waiting = [(whole, 0, None, [], {}, 0)]
        while self.waiting:
            arm, self.level, nest, params, self.floor, self.around = self.waiting.pop()
            self.source.labels.enter(self.level, nest is not None and nest.guarded, nest.label if nest else "")
            self.numbers = {type_: Numbers(first) for type_, first in self.floor.items()}
            self.steps, self.open = arm.steps, None
            self.below = []
            self.settled = self.detached = 0
            self.stack = [self.temp_value(temp, type_, False, -1, -1) for temp, type_ in params]
            self.sequence(arm.seq, arm is whole)
        return Lifted(whole, self.all_temps, self.alive, self.results)

    # -- sequences

    def sequence(self, seq: Seq, is_function: bool) -> None:
        for item in seq.items:
            if isinstance(item, Run):
                self.close_step()
                self.emit(Stmt(self.source.piece(item.start, item.end, self.level)))
            else:
                self.close_step()
                if not self.statement(item.items):
                    return
        tail = seq.tail
        if tail is None:
            return
        if isinstance(tail, Run):
            self.close_step()
            text = self.source.text(tail.start, tail.end, self.level)
            folded = not self.codes[tail.start].flat and self.one_list(tail.start, tail.end)
            values = [Value([text], tail.end - 1, tail.start, folded, "", "expr")]
        else:
            self.close_step()
            if not self.statement(tail.items):
                return
            values = self.stack
            self.stack = []
        if is_function:
            self.results = values
            self.emit(self.returned(values))
        else:
            self.step().values = values
            self.open = None

    def one_list(self, start: int, end: int) -> bool:
        """Whether tokens[start:end] are lists only, so that they can stand inside another."""
        depth = 0
        for code in self.codes[start:end]:
            if code.flat and not depth:
                return False
            depth += code.opens
            depth -= code.act == act.CLOSE
        return True

    def returned(self, values: list[Value]) -> Stmt:
        piece = self.joined(values)
        tells = self.scope.tells
        if values and all(value.folded for value in values):
            return Stmt(piece, f"(return {NOT_PAUSED}" if tells else "(return")
        if tells:
            self.emit(Stmt(Piece(NOT_PAUSED, "")))
        return Stmt(piece, "return", folded=False)

    def joined(self, values: list[Value]) -> Piece:
        """Values in a row, each on a line of its own where the source had it so."""
        if not values:
            return Piece("", "")
        row = [part or " " for part in self.row(values[:-1], values[-1].start)]
        text = "".join(flat([*row, values[-1].parts]))
        start = next((value.start for value in values if value.start >= 0), -1)
        return self.source.begun(start, text, self.source.trail(values[-1].last))

    def opening(self, head: list[str], first: int, start: int, end: int, operands: list[Value]) -> list[Any]:
        """The parts of what opens an instruction, tokens[start:end], with its operands inside. These may have begun
        before it, with the token `first`; or code was before them that stands elsewhere by now."""
        if first < start:
            return [self.source.with_lead("", start).lstrip(), *head]
        if operands and operands[0].start > end:
            return [*head[:-1], self.source.with_lead(head[-1], operands[0].start)]
        return head

    def row(self, values: list[Value], following: int) -> list[Any]:
        """The parts of values in a row, with what is between them, and before the token that follows, -1 for none."""
        parts: list[Any] = []
        starts = [*(value.start for value in values), following]
        for value, start in zip(values, starts[1:], strict=True):
            between = self.source.between(value.last) if value.last >= 0 else " "
            if start - 1 != value.last:
                between = self.source.with_lead(between, start)
            parts += (value.parts, between if value.folded else between or " ")
        return parts

    def step(self) -> Plain | Resume:
        if self.open is None:
            self.open = Plain()
            self.steps.append(self.open)
        return self.open

    def close_step(self) -> None:
        """A statement ends: the next one does not stand in the step of a call before it."""
        if not isinstance(self.open, Plain):
            self.open = None

    def emit(self, stmt: Stmt) -> None:
        self.step().stmts.append(stmt)

    # -- temporaries

    def temp(self, type_: str, at: int) -> Temp:
        """A temporary for values of a type, that is not in use. One for references is nullable."""
        type_ = nullable(type_)
        if not is_value_type(type_):
            raise BodyError("the type of a value that is alive across a pause is not known", max(at, 0))
        pool = self.temps.setdefault(type_, [])
        number = self.numbers.setdefault(type_, Numbers(0)).take()
        while number >= len(pool):
            suffix = f"_{len(pool) + 1}" if pool else ""
            name = self.scope.new_name(f"$value_{short_name(type_)}{suffix}")
            pool.append(Temp(name, type_, len(pool), 1 << len(self.scope.locals) + len(self.all_temps)))
            self.all_temps.append(pool[-1])
        return pool[number]

    def read_by(self, values: Iterable[Value]) -> int:
        """The locals and temporaries that values read, as bits."""
        bits = 0
        for value in values:
            bits |= value.reads
            for temp in flat(value.temps):
                bits |= temp.bit
        return bits

    def free(self, values: Iterable[Value]) -> None:
        for value in values:
            for temp in flat(value.temps):
                self.numbers[temp.type].give(temp.number)

    def temp_value(self, temp: Temp, type_: str, flat: bool, last: int, at: int) -> Value:
        """A value of a type that a temporary holds."""
        exact = not is_nullable(type_)
        value = Value([got(temp.name, type_, flat)], last, at, not flat, type_, "temp", temps=[temp], pure=True)
        value.exact = exact
        return value

    def spill(self, value: Value) -> Value:
        """The value in a temporary, set by a statement now."""
        self.free([value])
        temp = self.temp(value.type, value.start)
        piece = self.source.begun(value.start, value.text, self.source.trail(value.last))
        self.emit(Stmt(piece, temp.name, folded=value.folded))
        return self.temp_value(temp, value.type, not value.folded, value.last, value.start)

    def waits(self) -> int:
        """What all values that wait read, here and in the sequences around, as bits; none is yet to be evaluated."""
        below = self.below
        for value in self.stack[len(below) :]:
            below.append(self.read_by([value]) | (below[-1] if below else 0))
        return self.around | (below[-1] if below else 0)

    def settle(self, writes: int) -> None:
        """Evaluates what waits on the stack, before a statement that writes the locals `writes`.

        Constants and temporaries wait on, and so do locals that neither the statement nor anything in between writes:
        they are then read later than in the source.
        """
        self.read_before(writes)
        stack = self.stack
        spill = []
        for position in range(len(stack) - 1, self.settled - 1, -1):
            value = stack[position]
            if value.kind == "expr" or (value.kind == "local" and value.reads & writes):
                spill.append(position)
            writes |= value.writes
        self.read_before(writes)
        for position in reversed(spill):
            stack[position] = self.spill(stack[position])
        for value in stack[self.settled :]:
            if value.kind == "local":
                value.detached = True
                self.detached |= value.reads
        self.settled = len(stack)

    def read_before(self, writes: int) -> None:
        """Locals that wait to be read are read now if something that comes next writes them."""
        if writes & self.detached:
            self.detached = 0
            for position, value in enumerate(self.stack):
                if value.detached and value.reads & writes:
                    self.stack[position] = self.spill(value)
                    del self.below[position:]
                elif value.detached:
                    self.detached |= value.reads

    def pop(self, count: int) -> list[Value]:
        if not count:
            return []
        values = self.stack[-count:]
        del self.stack[-count:]
        del self.below[len(self.stack) :]
        self.settled = min(self.settled, len(self.stack))
        return values

    # -- items

    def statement(self, items: list[Item]) -> bool:
        """Lifts one statement, of these items; False if control does not come out behind it."""
        position = 0
        while position < len(items):
            item = items[position]
            position += 1
            following = items[position] if position < len(items) else None
            if isinstance(item, Call):
                position += self.call(item, following)
            elif isinstance(item, Block):
                position += self.block(item, following)
            elif not self.plain(item):
                return False
        return True

    def plain(self, item: int | Text | Op) -> bool:
        """An item without a pausing call of its own; False if control does not come out behind it."""
        level, source = self.level, self.source
        writes = 0
        stops = False
        if isinstance(item, int):
            start, last = item, item
            code = self.codes[item]
            needs, gives = code.pops, code.pushes
        else:
            start = item.start
            last = item.end - 1 if isinstance(item, Text) else item.last
            code = self.codes[start]
            needs, gives = item.needs, item.gives
            stops = item.stops if isinstance(item, Text) else code.act in _STOPPING or code.op in ("br", "br_table")
        if isinstance(item, Text) or (isinstance(item, Op) and code.act == act.IF):
            writes = item.writes
        elif code.act == act.SET or code.act == act.TEE:
            writes = self.scope.bits[code.word]
        self.read_before(writes)
        operands = self.pop(needs)
        folded = not code.flat and all(value.folded for value in operands)
        folded = folded and not (code.act == act.IF and len(operands) > 1)  # wabt has room for a condition only
        first = min([start, *(value.start for value in operands if value.start >= 0)])
        parts: list[Any] = []
        if isinstance(item, Op):
            head_end = self.operand_types.operands_at(start)
            head = [source.token(start, level), *self.body.tokens[start + 1 : head_end]]
            head[-1] = source.ended(head[-1], head_end - 1)
            if not folded and item.rest == item.last:
                head[-1] = head[-1].rstrip(" ")  # its operands stand before it now
            if folded:
                parts = self.opening(head, first, start, head_end, operands)
            parts += self.row(operands, item.rest if folded else start)
            if not folded:
                parts += head
            parts.append(source.text(item.rest, last + 1, level))
        else:
            parts += self.row(operands, start)
            folded = folded and not operands
            parts.append(source.text(start, last + 1, level))
        types: tuple[str, ...] = ()
        if gives and not stops:
            before = [value.type for value in operands]
            alone = isinstance(item, Op)
            types = self.operand_types.left(start, start + 1 if alone else last + 1, before, alone)
        if gives != 1 or stops:
            for operand in operands:
                writes |= operand.writes
            self.settle(writes)
            self.emit(Stmt(source.begun(first, "".join(flat(parts)), source.trail(last))))
            self.free(operands)
            if stops and gives:
                self.emit(Stmt(Piece("(unreachable)", "")))
            if not stops and gives:
                self.push_results(types, folded, last, first)
            return not stops
        value = Value(parts, last, first, folded, "", "expr")
        value.writes = writes
        for operand in operands:
            value.writes |= operand.writes
            if operand.temps:
                value.temps.append(operand.temps)
        if isinstance(item, int) and code.act == act.GET:
            value.kind, value.pure, value.reads = "local", True, self.scope.bits[code.word]
        elif isinstance(item, int) and code.op in PURE and not operands:
            value.kind, value.pure = "const", True
        else:
            value.pure = all(operand.pure for operand in operands)
            value.exact = any(operand.exact for operand in operands)
            for operand in operands:
                value.reads |= operand.reads
            for each in self.codes[start : last + 1] if isinstance(item, Text) else (code,):
                if each.act == act.GET:
                    value.reads |= self.scope.bits[each.word]
                elif each.act != act.CLOSE and each.act != act.TYPE_USE and each.op not in PURE:
                    value.pure = False
        value.type = types[0] if types else "unknown"
        self.stack.append(value)
        return True

    def push_results(self, types: tuple[str, ...], folded: bool, last: int, at: int) -> None:
        """Stores the results that the last statement left, and pushes the temporaries that hold them."""
        temps = [self.temp(type_, at) for type_ in types]
        for temp in reversed(temps):
            self.emit(Stmt(Piece(f"(local.set {temp.name})" if folded else f"local.set {temp.name}", "")))
        for temp, type_ in zip(temps, types, strict=True):
            self.stack.append(self.temp_value(temp, type_, not folded, last if temp is temps[-1] else -1, at))

    def taker(self, results: tuple[str, ...], following: Item | None) -> tuple[int | None, int]:
        """What takes a single result next: the token of the `local.set`, `local.tee` or `drop`, and the local's bit."""
        if len(results) == 1 and isinstance(following, (int, Op)):
            at = following if isinstance(following, int) else following.start
            code = self.codes[at]
            if code.act == act.SET or code.act == act.TEE:
                return at, self.scope.bits[code.word]
            if code.op == "drop":
                return at, 0
        return None, 0

    def call(self, item: Call, following: Item | None) -> int:
        """A pausing call: its step. How many of the following items it took in: what stores its result."""
        source, scope = self.source, self.scope
        operands = self.pop(item.operands)
        results = item.type[1]
        restores = item.callee is not None and scope.program.instrumented(item.callee)
        set_, target = self.taker(results, following)
        if item.tried or (not restores and any(value.reads & target for value in operands)):
            # The made-up result must not take the place of what is read again on rewind, nor of what is there still
            # when the call throws in the end.
            set_, target = None, 0

        # What must be evaluated before the call goes to temporaries, in order.
        spill = [False] * len(operands)
        writes = 0
        for position in range(len(operands) - 1, -1, -1):
            value = operands[position]
            spill[position] = not value.pure or bool(value.reads & writes)
            if spill[position]:
                writes |= value.writes
        for value in operands:
            writes |= value.writes
        self.settle(writes | target)
        self.read_before(target)
        for position, value in enumerate(operands):
            if spill[position]:
                operands[position] = self.spill(value)
        kept = [value for value in operands if value.exact or not restores]
        self.alive[item.index] = self.waits() | self.read_by(kept)

        folded = not self.codes[item.start].flat
        inside = folded and all(value.folded for value in operands)
        first = min([item.start, *(value.start for value in operands if value.start >= 0)])
        parts: list[Any] = []
        if item.last >= item.end:
            head: list[str] = [*self.body.tokens[item.start : item.end]]
            head[-1] = source.ended(head[-1], item.end - 1)
            if inside:
                parts = self.opening(head, first, item.start, item.end, operands)
            parts += self.row(operands, item.last if inside else item.start)
            if not inside:
                parts += [*head[:-1], head[-1].rstrip(" ")]
            parts.append(self.codes[item.last].core)
        else:
            parts += self.row(operands, item.start)
            parts.append(source.text(item.start, item.end, self.level))
            inside = folded and not operands
        said = "".join(flat(parts))
        if item.index in self.inlined:
            first_line, *lines = self.inlined[item.index]
            at = source.indent_of(item.start)
            said = "\n".join([first_line, *(at + line for line in lines)])
        last = item.last
        # What is read again on rewind keeps its temporary: the result must not take its place.
        if restores:
            self.free(value for value in operands if not value.exact)

        step = Resume(item.index, [])
        self.steps.append(step)
        self.open = step
        taken = 0
        if set_ is not None:
            taken = 1
            code = self.codes[set_]
            set_text = code.core
            if isinstance(following, Op) and not inside:
                set_text = code.core[1:].strip()  # its operand does not stand in its parentheses any more
            if code.act == act.TEE:
                set_text = set_text.replace(code.op, "local.set", 1)
            step.taken = "drop" if code.op == "drop" else f"local.set {words(self.body.tokens[set_])[1]}"
            if isinstance(following, Op) and inside:
                last = following.last
                between = source.with_lead(source.between(set_), first)
                said = set_text + between + said + source.between(item.last) + self.codes[last].core
                piece = source.begun(min(first, set_), said)
            else:
                last = following.last if isinstance(following, Op) else set_
                piece = source.begun(first, said + (source.between(item.last) or " ") + set_text)
            step.call.append(Stmt(piece))
            if code.act == act.TEE:
                text = f"local.get {words(self.body.tokens[set_])[1]}"
                type_ = self.scope.local_type(code.word)
                value = Value([f"({text})" if inside else text], last, set_, inside, type_, "local", pure=True)
                value.reads = target
                value.detached = True
                self.detached |= target
                self.stack.append(value)
            else:
                step.call[-1].piece.trail = source.trail(last)
        elif len(results) == 1:
            temp = self.temp(results[0], item.start)
            step.taken = f"local.set {temp.name}"
            step.call.append(Stmt(source.begun(first, said, source.trail(last)), temp.name, folded=inside))
            self.stack.append(self.temp_value(temp, results[0], not folded, last, first))
        else:
            step.call.append(Stmt(source.begun(first, said, source.trail(last))))
            if results:
                self.push_results(results, folded, last, first)
                if item.callee is not None and scope.program.tells(item.callee):  # that is below them
                    step.call += step.stmts
                    step.stmts = []
        if item.index in self.inlined:
            source.replaced.add(step.call[-1].piece.start)
        self.free(kept)
        return taken

    def block(self, item: Block, following: Item | None) -> int:
        """A block with pausing calls in it: its step, whose arms wait to be lifted. How many items it took in."""
        source = self.source
        condition = self.pop(1)[0] if item.op == "if" else None
        params = self.pop(len(item.type[0]))
        results = item.type[1]
        writes = item.writes | (condition.writes if condition else 0)
        for value in params:
            writes |= value.writes
        keep: list[str] = []
        sets: list[str] = []
        taken = 0
        set_, target = self.taker(results, following)
        if target and heap_type(results[0]):
            if nullable(self.scope.local_type(self.codes[set_ or 0].word)) != nullable(results[0]):
                set_, target = None, 0  # what a wider local holds cannot stand for the result
        code = None if set_ is None else self.codes[set_]
        word = words(self.body.tokens[set_])[1] if set_ is not None and target else ""
        self.settle(writes | target)
        self.read_before(target)
        held = []
        for value, type_ in zip(params, item.type[0], strict=True):
            value.type = type_  # what comes round a loop may be of a wider type than what comes first
            own = value.kind == "temp" and value.temps[0].type == nullable(type_)
            held.append(value.temps[0] if own else self.spill(value).temps[0])
        around = self.waits()
        for temp in held:
            around |= temp.bit  # the block gets it while rewinding too
        guarded = self.guards and not all(map(is_nullable, (*item.type[0], *results)))
        if condition:
            if guarded and condition.kind == "expr":
                condition = self.spill(condition)  # it may have branches, which the guard is not around
            self.free([condition])  # it is read before anything in the arms
        floor = {type_: numbers.next for type_, numbers in self.numbers.items()}
        tail, first = item.last, item.start
        if condition and not item.folded and condition.start >= 0:
            first = min(first, condition.start)
        taker = None
        if code:
            taker = (following.start, following.last) if isinstance(following, Op) else (item.last + 1, item.last + 1)
            tail, first = taker[1], min(first, taker[0])
            taken = 1
            if code.op == "drop":
                keep, sets = [zero(results[0]) if is_nullable(results[0]) else "(unreachable)"], ["drop"]
            else:
                keep, sets = [got(word, results[0])], [f"local.set {word}"]
            if code.act == act.TEE:
                type_ = self.scope.local_type(code.word)
                value = Value([f"(local.get {word})"], tail, first, True, type_, "local", pure=True)
                value.reads, value.detached = target, True
                self.detached |= target
        lead = source.begun(first, "", source.trail(tail))
        nest = Nest(item, condition, [temp.name for temp in held], keep, sets, [], lead)
        nest.guarded = guarded
        nest.taker = taker
        nest.label, nest.own_label = source.labels.name(item)
        if not code and results:
            temps = [self.temp(type_, item.start) for type_ in results]
            nest.keep = [got(temp.name, type_) for temp, type_ in zip(temps, results, strict=True)]
            nest.sets = [f"local.set {temp.name}" for temp in reversed(temps)]
            for temp, type_ in zip(temps, results, strict=True):
                self.stack.append(self.temp_value(temp, type_, not item.folded, tail, first))
        elif code and code.act == act.TEE:
            self.stack.append(value)
        self.steps.append(nest)
        self.open = None
        source.labels.enter(item.level, nest.guarded, nest.label)
        nest.head = source.text(item.start, item.end, item.level, 0)
        nest.foot = source.text(item.last, item.last + 1, item.level, 0)
        if item.op == "try" and item.folded:
            nest.delegate = source.text(item.marks[-1][1] + 1, item.last, item.level, 0)
        for seq in item.arms:
            arm = Arm(seq)
            nest.arms.append(arm)
            if seq.pauses:
                self.waiting.append((arm, item.level, nest, list(zip(held, item.type[0], strict=True)), floor, around))
            else:
                arm.text = source.piece(seq.first, seq.end, item.level, 0)
        for temp in held:
            self.numbers[temp.type].give(temp.number)
        return taken
