"""Generated control that leaves a function, or blocks, in other ways: tail calls, exceptions."""

from __future__ import annotations

from dataclasses import dataclass

from generate_code import LABEL_NAMES
from generate_print import Node
from generate_refs import References
from generate_types import heap, is_number

TRIES = {"try": 10.0}
THROWS = {"throw": 5.0, "throw_ref": 4.0}
TAIL_CALLS = {"tail_call": 9.0}
CHAIN = 300  # steps of a chain of tail calls
MOST, MOST_OPEN = 0x1FFF, 0xF  # steps when the host calls it: more than a stack would hold if they took any, or not


@dataclass(slots=True)
class Tag:
    id: str | None
    params: tuple[str, ...]


class Control(References):
    tags: list[Tag]

    def use_control(self) -> None:
        """Adds the kinds of statements and expressions."""
        if "exceptions" in self.features:
            self.statements |= TRIES
            self.number_values |= TRIES
            self.statements["stop"] += 2
            self.stops |= THROWS
            if self.reference_values:
                self.reference_values |= TRIES
        if "tail calls" in self.features:
            self.stops |= TAIL_CALLS
            self.statements["stop"] += 1.5
            self.number_values["chain"] = 1.0

    # -- tail calls

    def tail_call_stop(self, depth: int) -> Node | None:
        callees = [func for func in self.callees() if self.types.are_sub(func.type[1], self.func.type[1])]
        if not callees:
            return None
        node = self.call(self.random.choice(callees), depth)
        return Node(f"return_{node.op}", node.words, node.operands, None)

    def chain_value(self, type_: str, depth: int) -> Node | None:
        """A long chain of tail calls (`chains`)."""
        if type_ != "i32" or self.func.is_plain:
            return None
        return Node("call", ["$chain"], [self.const(CHAIN), *self.operands(("i32",), depth)], ("i32",))

    def chains(self) -> list[str]:
        """Two functions that tail-call each other, as often as the first parameter says; every 512th time they print.

        Where functions may come from outside, tail calls through tables and references may need stack: fewer steps.
        """
        printing = [n for n, func in enumerate(self.funcs) if func.import_ == "print"]
        says = f"(call {printing[0]} (local.get $sum))" if printing else "(nop)"
        more, extra, passed = "(i64.extend_i32_u (local.get $n))", "i64", "(i32.wrap_i64 (local.get $extra))"
        if "gc" in self.features:
            more, extra = "(ref.i31 (local.get $n))", self.random.choice(["anyref", "(ref eq)", "i31ref"])
            passed = "(i31.get_u (ref.cast (ref i31) (local.get $extra)))"
        back = self.random.choice(["return_call $chain", "return_call_indirect $chains (param i32 i32) (result i32)"])
        index = "" if "indirect" not in back else "(i32.const 0)"
        by_reference = "functions" in self.features and self.chance(0.4)
        is_open = "references" in self.features and (by_reference or index)
        types = f"(type $link (func (param i32 {extra} i32) (result i32)))"
        there, at = "return_call $link", ""
        if by_reference:
            there, at = "return_call_ref $link", "(ref.func $link)"
        return [
            types,
            "(table $chains funcref (elem $chain $link))",
            f"""(func $chain (export "chain") (param $n i32) (param $sum i32) (result i32)
    (local.set $n (i32.and (local.get $n) (i32.const {MOST_OPEN if is_open else MOST})))
    (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
    (if (i32.eqz (i32.and (local.get $n) (i32.const 511))) (then {says}))
    ({there} (local.get $n) {more} (i32.mul (local.get $sum) (i32.const 3)) {at}))""",
            f"""(func $link (type $link) (param $n i32) (param $extra {extra}) (param $sum i32) (result i32)
    (local $less i32)
    (local.set $less (i32.sub (local.get $n) (i32.const 1)))
    (if (i32.eq (i32.and (local.get $n) (i32.const 511)) (i32.const 7)) (then {says}))
    ({back} (local.get $less) (i32.add (local.get $sum) {passed}) {index}))""",
        ]

    # -- exceptions

    def throw_stop(self, depth: int) -> Node:
        number = self.random.randrange(len(self.tags))
        tag = self.tags[number]
        return Node("throw", [self.word(tag.id, number)], self.operands(tag.params, depth), None)

    def throw_ref_stop(self, depth: int) -> Node:
        type_ = "(ref exn)" if self.chance(0.8) else "(ref null exn)"
        return Node("throw_ref", [], self.operands((type_,), depth), None)

    def made_exception(self, depth: int) -> Node:
        """A reference to an exception, just caught."""
        number = self.random.randrange(len(self.tags))
        thrown = self.parts(self.tags[number].params, depth, is_constant=True)
        throw = Node("throw", [self.word(self.tags[number].id, number)], thrown, None)
        body = Node("try_table", ["(catch_all_ref 0)"], [], (), [[throw]])
        return Node("block", ["(result (ref exn))"], [], ("(ref exn)",), [[body, Node("unreachable", results=None)]])

    def constant_node(self, type_: str) -> Node:
        if not is_number(type_) and heap(type_) == "exn" and " null " not in type_:
            return self.made_exception(8)
        return super().constant_node(type_)

    def try_statement(self, depth: int) -> Node | None:
        return self.try_((), depth) if depth < 5 else None

    def try_value(self, type_: str, depth: int) -> Node | None:
        return self.try_((type_,), depth) if depth < 5 else None

    def try_(self, results: tuple[str, ...], depth: int) -> Node:
        """A `try_table` in the blocks where its handlers are, and in one that both leave with the results."""
        outer = self.random.choice(LABEL_NAMES) if self.chance(0.5) else None
        out = len(self.labels)
        self.labels.append((outer, results, "block"))
        clauses = [self.clause() for _ in range(self.random.randint(1, 3))]
        ready = set(self.ready)
        ids = [self.random.choice(LABEL_NAMES) if self.chance(0.4) else None for _ in clauses]
        for id_, (_, types) in reversed(list(zip(ids, clauses, strict=True))):
            self.labels.append((id_, types, "block"))
        base = len(self.labels) - 1
        words = self.type_use(((), results))
        for number, (head, types) in enumerate(clauses):
            target = base - number
            alike = [n for n, label in enumerate(self.labels) if self.types.are_sub(types, label[1])]
            if alike and self.chance(0.2):
                target = self.random.choice(alike)
            words.append(f"({head} {self.label_word(target)})")
        self.labels.append((None, results, "try_table"))
        body = self.sequence(results, depth + 1)
        self.ready = set(ready)
        self.labels.pop()
        content = [Node("try_table", words, [], results, [body])]
        content.append(Node("br", [self.label_word(out)], results=None))
        for id_, (_, types) in zip(ids, clauses, strict=True):
            self.labels.pop()
            handler = Node("block", ([id_] if id_ else []) + self.type_use(((), types)), [], types, [content])
            content = [handler, *self.taken(types), *self.sequence(results, depth + 1)]
            self.ready = set(ready)
            if len(self.labels) - 1 > out:
                content.append(Node("br", [self.label_word(out)], results=None))
        self.labels.pop()
        return Node("block", ([outer] if outer else []) + self.type_use(((), results)), [], results, [content])

    def clause(self) -> tuple[str, tuple[str, ...]]:
        """A clause, without its label, and what it carries."""
        kind = self.random.choice(["catch", "catch_ref", "catch_all", "catch_all_ref"])
        exception = (self.random.choice(["(ref exn)", "(ref null exn)"]),) if kind.endswith("_ref") else ()
        if "all" in kind:
            return kind, exception
        number = self.random.randrange(len(self.tags))
        return f"{kind} {self.word(self.tags[number].id, number)}", self.tags[number].params + exception
