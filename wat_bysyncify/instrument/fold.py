"""A function's body, read: tokens -> the tree of body.py.

The text is walked once as the stack machine it describes, so flat, folded and mixed text come out alike. For
liveness.py the walk also notes what happens to locals, in order (`Body.events`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..sexpr.nodes import Token, core_length
from . import act
from .arities import Arities
from .body import (
    ARMS,
    CATCHES,
    FINISH,
    HANDLE,
    JUMP,
    LOCALS,
    OTHERWISE,
    PAUSE,
    START,
    Block,
    Body,
    BodyError,
    Call,
    Op,
    Text,
    place,
)
from .code import Code, regular
from .controlframes import Around, ControlFrame, ControlStack, OpenSeq
from .fields import type_use_end
from .legacy import Try, move_handlers
from .scope import Scope


class _Moves(Exception):
    """The tokens must be others first: handlers that can pause are moved (legacy.py)."""

    def __init__(self, tokens: list[Token], places: list[int]) -> None:
        self.tokens, self.places = tokens, places


def fold(tokens: list[Token], scope: Scope) -> Body:
    """The body that `tokens` are: all of a function behind its locals, without its closing parenthesis.

    Raises `BodyError` with the place of the token that does not fit.
    """
    try:
        return _walked(tokens, scope)
    except BodyError:
        cut = regular(tokens, scope.program.codes)
        if cut != tokens:
            return fold(cut, scope)
        closed = _Walk(tokens, scope)
        closed.diverging = []
        with suppress(BodyError, _Moves):
            closed.walk()
        if not closed.diverging:
            raise
        return _walked(close_diverging(tokens, closed.diverging), scope)


def _walked(tokens: list[Token], scope: Scope) -> Body:
    """The body, with handlers that can pause behind their try."""
    places: list[int] | None = None
    try:
        try:
            return _Walk(tokens, scope).walk()
        except _Moves as moves:
            tokens, places = moves.tokens, moves.places
        body = _Walk(tokens, scope).walk()
    except BodyError as error:
        error.place = place(tokens, places, error.token)
        raise
    body.places = places
    return body


def close_diverging(tokens: list[Token], diverging: list[int]) -> list[Token]:
    """`(unreachable)` behind each block that ends at one of the tokens.

    Binaryen's older text leaves it out where control cannot come out of a block, though a value is expected there:

        (func (result i32) (loop $l (br $l)))   ->   (func (result i32) (loop $l (br $l)) (unreachable))
    """
    out: list[Token] = []
    done = 0
    for at in diverging:
        token = tokens[at]
        length = core_length(token)
        core, trivia = token[:length], token[length:]
        added = " unreachable" if token.type == "WORDS" else " (unreachable)"
        out += tokens[done:at]
        out.append(Token(token.type, core, token.width))
        out.append(Token("WORDS" if token.type == "WORDS" else "LEAF", added + trivia, 0))
        done = at + 1
    return out + tokens[done:]


class _Walk:
    def __init__(self, tokens: list[Token], scope: Scope) -> None:
        self.tokens = tokens
        self.scope = scope
        self.codes = list(map(scope.program.codes.__getitem__, tokens))
        self.asks = Arities(tokens, self.codes, scope)
        self.stack = ControlStack()
        self.tries: list[int] = []  # the ids of the try_tables and tries around
        self.returns: list[tuple[int, bool]] = []
        self.dead_calls: list[int] = []
        self.carried: dict[int, tuple[str, ...]] = {}
        # The last tokens of blocks that diverge, where these count as dead ends.
        self.diverging: list[int] | None = None
        self.moves: list[Try] = []

    def walk(self) -> Body:  # one loop over the tokens, in one place for speed
        codes, scope, asks, stack = self.codes, self.scope, self.asks, self.stack
        frames = stack.frames
        bits = scope.bits
        events: list[tuple[int, Any, Any]] = []
        calls: list[Call] = []
        # Open parentheses: of an instruction, its first token and, from where that is reached, the items, height, low,
        # writes and pauses; None for an arm of an if.
        open_: list[Any] = []
        frame = stack.begin("func", -1, -1, True, ((), scope.results), "")
        gen = kill = 0  # locals read, and written, since the last event
        seq = OpenSeq(0, False)
        items = seq.items
        height = low = 0  # of the operand stack in this sequence, and its lowest in the innermost open instruction
        depth = 0  # open folded instructions in this sequence
        dead = False  # code that cannot be reached
        pauses = 0  # pausing calls in this sequence
        writes = 0  # locals written in the innermost open instruction
        skip = 0  # the tokens before this one were read ahead
        n = len(codes)

        for i in range(n):
            if i < skip:
                continue
            code = codes[i]
            what = code.act
            if what <= act.CONST and not code.opens:  # most tokens: one value is pushed
                if what == act.GET:
                    bit = bits.get(code.word) or asks.local(code, i)
                    if not kill & bit:
                        gen |= bit
                height += 1
                items.append(i)
                continue

            entry = None
            start = i
            if what == act.DELEGATE:
                if frame.op != "try":
                    raise BodyError("unexpected delegate", i)
                stack.label_outside(code.word, i, 1)
                if not code.flat:
                    skip = i + 2 if code.opens else skip  # its parenthesis may stand apart
                    continue
                what = act.END
            if what == act.CLOSE:
                if not open_:
                    raise BodyError("unexpected ')'", i)
                entry = open_.pop()
                if entry is None:  # the end of an arm
                    if gen or kill:
                        events.append((LOCALS, gen, ~kill))
                        gen = kill = 0
                    self.close_arm(frame, seq, i, height, pauses, dead)
                    seq = OpenSeq(i + 1, dead)  # of what must not be there
                    items = seq.items
                    continue
                start = entry[0]
                code = codes[start]
                what = code.act
            elif what == act.BLOCK or what == act.IF or what == act.CALL_INDIRECT or what == act.RETURN_CALL_INDIRECT:
                skip = type_use_end(self.tokens, i + 1)
                if not code.opens and what == act.IF and not code.flat:
                    raise BodyError("an if needs a (then ...)", i)
                if code.opens:
                    open_.append((i, len(items), height, low, writes, pauses))
                    low = height
                    writes = 0
                    depth += 1
                if what == act.CALL_INDIRECT or what == act.RETURN_CALL_INDIRECT:
                    if code.opens:
                        continue
                elif what == act.IF and code.opens:
                    continue  # its condition comes first, in this sequence
                else:
                    if gen or kill:
                        events.append((LOCALS, gen, ~kill))
                        gen = kill = 0
                    frame = stack.begin(code.op, i, skip, not code.flat, asks.block_type(i, skip), code.word)
                    frame.around = Around(seq, height, low, depth, dead, pauses, writes)
                    frame.marks.append((skip - 1, -1))
                    frame.calls.append(len(calls))
                    events.append((ARMS, frame.id, 0) if what == act.IF else (START, frame.id, code.op == "loop"))
                    if code.op == "try_table" or code.op == "try":
                        frame.handlers = self.handlers(i, skip)
                        if self.tries:
                            frame.handlers.append(-self.tries[-1])
                        self.tries.append(frame.id)
                        events.append((JUMP, [-frame.id], False))
                    height = len(frame.type[0])
                    seq = OpenSeq(skip, dead, height)
                    items = seq.items
                    low = depth = pauses = writes = 0
                    continue
            elif what == act.THEN or what == act.ELSE:
                if gen or kill:
                    events.append((LOCALS, gen, ~kill))
                    gen = kill = 0
                if code.flat:
                    if what == act.THEN or frame.op != "if" or frame.folded or len(frame.arms):
                        raise BodyError(f"unexpected {code.op}", i)
                    self.close_arm(frame, seq, i, height, pauses, dead)
                else:
                    begun = open_[-1][0] if open_ and open_[-1] else -1
                    if (
                        begun < 0
                        or codes[begun].act != act.IF
                        or (frame.start == begun) == (what == act.THEN)
                        or (what == act.ELSE and len(frame.arms) != 1)
                    ):
                        raise BodyError(f"unexpected ({code.op}", i)
                    if what == act.THEN:
                        end = type_use_end(self.tokens, begun + 1)
                        frame = stack.begin("if", begun, end, True, asks.block_type(begun, end), codes[begun].word)
                        frame.around = Around(seq, height, low, depth, dead, pauses, writes)
                        events.append((ARMS, frame.id, 0))
                        writes = 0
                if what == act.ELSE:
                    self.nothing_between(seq, code.flat)
                    events.append((OTHERWISE, frame.id, 0))
                frame.marks.append((i, -1))
                frame.calls.append(len(calls))
                dead = frame.around.dead
                height = len(frame.type[0])
                seq = OpenSeq(i + 1, dead, height)
                items = seq.items
                low = depth = pauses = 0
                if code.opens:
                    open_.append(None)
                elif not code.flat:  # `(then)`
                    frame.arms.append(seq.close(i + 1, height, 0, dead))
                    frame.marks[-1] = (i, i)
                continue
            elif (what == act.DO and not code.flat) or what == act.CATCH:
                if gen or kill:
                    events.append((LOCALS, gen, ~kill))
                    gen = kill = 0
                begun = open_[-1][0] if open_ and open_[-1] else -1
                if frame.op != "try" or frame.folded == code.flat or (frame.folded and frame.start != begun):
                    raise BodyError(f"unexpected {code.op}", i)
                if frame.folded and (what == act.DO) != (not frame.arms):
                    raise BodyError(f"unexpected ({code.op}", i)
                self.nothing_between(seq, code.flat)
                if code.flat:
                    self.close_arm(frame, seq, i, height, pauses, dead)
                if what == act.DO:
                    frame.marks[-1] = (i, -1)
                    height = len(frame.type[0])
                else:
                    if self.tries and self.tries[-1] == frame.id:
                        self.tries.pop()
                    events.append((CATCHES, frame.id, 0))
                    frame.marks.append((i, -1))
                    frame.calls.append(len(calls))
                    height = asks.caught(code, i)
                dead = frame.around.dead
                seq = OpenSeq(i + 1, dead, height)
                items = seq.items
                low = depth = pauses = 0
                if code.opens:
                    open_.append(None)
                elif not code.flat:  # `(do)`
                    frame.arms.append(seq.close(i + 1, height, 0, dead))
                    frame.marks[-1] = (i, i)
                continue
            elif code.opens and (what <= act.STOP or what == act.OTHER):
                open_.append((i, len(items), height, low, writes, pauses))
                low = height
                writes = 0
                depth += 1
                continue

            end = start + 1
            item: Any = None
            stops = False
            if what <= act.PLAIN:
                if what == act.GET:  # `(local.get $x ;; with a comment`
                    bit = bits.get(code.word) or asks.local(code, start)
                    if not kill & bit:
                        gen |= bit
                needs, gives = code.pops, code.pushes
                if code.flat and end < n and codes[end].act == act.HEAP_TYPE:
                    skip = end + 1
                    item = Text(start, skip, needs, gives, 0, False)
            elif what == act.SET or what == act.TEE:
                bit = bits.get(code.word) or asks.local(code, start)
                kill |= bit
                writes |= bit
                needs, gives = 1, code.pushes
            elif what == act.CALL or what == act.CALL_INDIRECT:
                if what == act.CALL_INDIRECT:
                    end = type_use_end(self.tokens, end)
                type_, can_pause, needs = asks.called(start, end)
                gives = len(type_[1])
                if can_pause and not dead:
                    if gen or kill:
                        events.append((LOCALS, gen, ~kill))
                        gen = kill = 0
                    callee = code.word if what == act.CALL else None
                    last = i if entry else end - 1
                    item = Call(start, end, last, len(calls), type_, callee, needs, bool(self.tries))
                    events.append((PAUSE, len(calls), 0))
                    if self.tries:
                        events.append((JUMP, [-self.tries[-1]], False))
                    calls.append(item)
                    pauses += 1
                else:
                    if can_pause and what == act.CALL and scope.program.tells(code.word):
                        self.dead_calls.append(start)
                    if end > i + 1 and entry is None:
                        item = Text(start, end, needs, gives, 0, False)
            elif what == act.BRANCH or what == act.STOP:
                if gen or kill:
                    events.append((LOCALS, gen, ~kill))
                    gen = kill = 0
                needs, gives, targets, stops = self.branch(code, start)
                events.append((JUMP, targets, stops))
                if code.op == "return":
                    self.returns.append((start, low == entry[2] == height - needs if entry else not needs))
                if code.flat and end < n and codes[end].act == act.HEAP_TYPE:
                    while skip <= end or (skip < n and codes[skip].act == act.HEAP_TYPE):
                        skip = max(skip, end) + 1
                    item = Text(start, skip, needs, gives, 0, stops)
            elif what == act.BLOCK or what == act.IF or what == act.END:
                # The end of a block: back to the sequence around it.
                if what == act.END and (frame.folded or len(frames) == 1):
                    raise BodyError("unexpected end", i)
                if what == act.IF:
                    if frame.start != start:
                        raise BodyError("an if needs a (then ...)", start)
                    self.nothing_between(seq, code.flat)
                elif frame.op == "try" and frame.folded:
                    if not frame.arms:
                        raise BodyError("a try needs a (do ...)", start)
                    self.nothing_between(seq, code.flat)
                else:
                    if gen or kill:
                        events.append((LOCALS, gen, ~kill))
                        gen = kill = 0
                    self.close_arm(frame, seq, i, height, pauses, dead)
                events.append((FINISH, frame.id, frame.op == "loop"))
                if frame.op == "try_table" or frame.op == "try":
                    events.append((HANDLE, -frame.id, frame.handlers))
                    if self.tries and self.tries[-1] == frame.id:
                        self.tries.pop()
                done = frame
                inner = writes
                seq, height, low, depth, dead, pauses, writes = done.around
                writes |= inner
                items = seq.items
                frame = stack.finish()
                needs, gives = len(done.type[0]) + (done.op == "if"), len(done.type[1])
                if self.diverging is not None and done.diverges():
                    self.diverging.append(i)
                    stops = True
                if done.pauses:
                    pauses += done.pauses
                    if done.op == "try":
                        self.move(done, i, len(frames))
                    item = Block(
                        done.op, done.start, done.end, i, done.folded, done.type, len(frames), inner,
                        done.arms, done.marks, [*done.calls, len(calls)],
                    )  # fmt: skip
                elif entry is None:
                    item = Text(done.start, i + 1, needs, gives, inner, False)
            elif what == act.RETURN_CALL_INDIRECT:
                end = type_use_end(self.tokens, end)
                type_ = asks.type_use(start, end) if end > start + 1 else ((), ())
                events.append((LOCALS, gen, ~kill))
                gen = kill = 0
                events.append((JUMP, [], True))
                needs, gives, stops = len(type_[0]) + 1, 0, True
                if entry is None:
                    item = Text(start, end, needs, 0, 0, True)
            elif what == act.OTHER:
                needs, gives = asks.other(code, start)
            elif what == act.TYPE_USE:
                if not i or codes[i - 1].op != "select":
                    raise BodyError(f"unexpected ({code.op} ...)", i)
                skip = type_use_end(self.tokens, i)
                if codes[i - 1].flat:
                    items[-1] = Text(i - 1, skip, 3, 1, 0, False)
                continue
            elif what == act.HEAP_TYPE:
                continue  # of the folded instruction around it
            elif what == act.IMMEDIATE or what == act.SEVERAL:
                raise BodyError("a word that belongs to no instruction", i)  # unless they are cut or joined first
            else:
                raise BodyError(f"unknown instruction {code.op!r}" if code.op else "unexpected '('", i)

            # An instruction ends here.
            height -= needs
            if height < 0:
                if not dead:
                    raise BodyError(f"{code.op} lacks operands", start)
                height = 0
            if height < low:
                low = height
            height += gives
            if stops:
                dead = True
                height = low = 0
            if entry is None:
                items.append(item or (i if what <= act.TEE else Text(i, i + 1, needs, gives, 0, stops)))
            else:
                _, count, base, saved_low, saved_writes, saved_pauses = entry
                depth -= 1
                if pauses == saved_pauses and ((low == base and height - low == gives) or what == act.BLOCK or stops):
                    items[count:] = [Text(start, i + 1, max(0, base - low), height - low, writes, dead)]
                elif item:
                    items.append(item)
                else:
                    rest = done.marks[0][0] if what == act.IF else i
                    items.append(Op(start, rest, i, writes, needs, gives))
                writes |= saved_writes
                if saved_low < low:
                    low = saved_low
            if not height and not depth:
                seq.boundary(max(i + 1, skip), pauses, dead)

        if open_ or len(frames) > 1:
            raise BodyError(f"unclosed {frame.op}", frame.start)
        if gen or kill:
            events.append((LOCALS, gen, ~kill))
        if height != len(scope.results) and not dead:
            raise self.leaves(frame, height, n)
        whole = seq.close(n, height, pauses, dead)
        stack.sites.sort()  # folded branches end after what is inside them
        if self.moves:
            raise _Moves(*move_handlers(self.tokens, codes, self.moves, stack.sites, stack.labels))
        return Body(
            self.tokens, codes, whole, calls, events, stack.sites, stack.labels, stack.shadowed,
            self.returns, self.dead_calls, self.carried,
        )  # fmt: skip

    def close_arm(self, frame: ControlFrame, seq: OpenSeq, at: int, height: int, pauses: int, dead: bool) -> None:
        """Ends an arm of a block, or its only code, before a token."""
        if height != len(frame.type[1]) and not dead:
            raise self.leaves(frame, height, at)
        frame.arms.append(seq.close(at, height, pauses, dead))
        frame.marks[-1] = (frame.marks[-1][0], at)
        frame.pauses += pauses

    @staticmethod
    def nothing_between(seq: OpenSeq, flat: bool) -> None:
        """Raises if there are instructions outside of the arms of a folded if or try."""
        if seq.items and not flat:
            raise BodyError("an instruction outside of (then ...), (else ...), (do ...) and (catch ...)", seq.first)

    @staticmethod
    def leaves(frame: ControlFrame, height: int, at: int) -> BodyError:
        """The error of a block that leaves too few or too many values."""
        what = "the function" if frame.op == "func" else f"this {frame.op}"
        return BodyError(f"{what} leaves {height} values at its end instead of {len(frame.type[1])}", at)

    def branch(self, code: Code, at: int) -> tuple[int, int, list[int], bool]:
        """Operands, results, the ids of the blocks that it may go to, and whether it never goes on."""
        op = code.op
        if op == "return":
            return len(self.scope.results), 0, [], True
        if op == "unreachable":
            return 0, 0, [], True
        if op == "throw":
            type_ = self.scope.module.tag_type(code.word)
            if type_ is None:
                raise BodyError(f"unknown tag {code.word}", at)
            return len(type_[0]), 0, [], True
        if op == "throw_ref":
            return 1, 0, [], True
        if op == "rethrow":
            self.stack.label(code.word, at, 1).rethrows.append(at)
            return 0, 0, [], True
        if op in ("return_call", "return_call_ref"):
            found = (
                self.scope.program.call(code.word)
                if op == "return_call"
                else (self.asks.func_type(code.word, at), None)
            )
            if found is None:
                raise BodyError(f"unknown function {code.word}", at)
            return len(found[0][0]) + (op == "return_call_ref"), 0, [], True
        words = code.words if op == "br_table" else code.words[:1]
        targets = [self.stack.label(word, at, position) for position, word in enumerate(words, 1)]
        if not targets:
            raise BodyError(f"{op} lacks its label", at)
        ids = [target.id for target in targets]
        to = targets[-1]
        carried = to.type[0] if to.op == "loop" else to.type[1]
        arity = len(carried)
        match op:
            case "br":
                return arity, 0, ids, True
            case "br_if":
                self.carried[at] = carried
                return arity + 1, arity, ids, False
            case "br_table":
                return arity + 1, 0, ids, True
            case "br_on_null":
                self.carried[at] = carried
                return arity + 1, arity + 1, ids, False
            case "br_on_non_null":
                self.carried[at] = carried[:-1]
                return arity, arity - 1, ids, False
        self.carried[at] = carried[:-1]
        return arity, arity, ids, False  # br_on_cast, br_on_cast_fail

    def handlers(self, start: int, end: int) -> list[int]:
        """The ids of the blocks that the catch clauses in tokens[start:end] go to; their own block does not count."""
        found = []
        for at in range(start + 1, end):
            if self.codes[at].act == act.CATCH:
                words = self.codes[at].words
                if not words:
                    raise BodyError("a catch clause without a label", at)
                found.append(self.stack.label_outside(words[-1], at, len(words)).id)
        return found

    def move(self, done: ControlFrame, last: int, level: int) -> None:
        """Notes a try with handlers that can pause."""
        moved = [k for k, arm in enumerate(done.arms) if k and arm.pauses]
        if not moved:
            return
        caught = []
        for k in moved:
            first, end = done.marks[k]
            for at in done.rethrows:
                if first < at < end:
                    raise BodyError("a rethrow in a handler that can pause: the exception cannot be kept", at)
            code = self.codes[first]
            type_ = self.scope.module.tag_type(code.word) if code.op == "catch" else None
            caught.append(type_[0] if type_ else ())
        self.moves.append(Try(done.start, done.end, last, done.folded, done.type, level, done.marks, moved, caught))
