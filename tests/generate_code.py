"""Generated code over numbers: statements and expressions in blocks, loops and ifs, with branches, calls, memories.

A kind of statement `x` is the method `x_statement`, a kind of expression `x_value`; either may return None, where there
is nothing of the kind to be made. What the kinds weigh is in tables, which generate_refs.py and generate_control.py add
to.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from generate_print import Node
from generate_types import NUMBERS, Type, Types, is_number

LABEL_NAMES = "$l $out $unwind $unwind_ $call $a $b $again".split()
UNARY = {
    "i32": [
        ("i32.eqz", "i32"), ("i32.clz", "i32"), ("i32.popcnt", "i32"), ("i32.extend8_s", "i32"),
        ("i32.wrap_i64", "i64"), ("i64.eqz", "i64"), ("i32.trunc_sat_f64_s", "f64"), ("i32.trunc_sat_f32_u", "f32"),
        ("i32x4.extract_lane 2", "v128"), ("i8x16.extract_lane_s 5", "v128"), ("v128.any_true", "v128"),
    ],
    "i64": [
        ("i64.extend_i32_s", "i32"), ("i64.extend_i32_u", "i32"), ("i64.ctz", "i64"), ("i64.extend16_s", "i64"),
        ("i64.trunc_sat_f64_u", "f64"), ("i64x2.extract_lane 1", "v128"),
    ],
    "f32": [("f32.convert_i32_s", "i32"), ("f32.neg", "f32"), ("f32.abs", "f32"), ("f32.demote_f64", "f64")],
    "f64": [
        ("f64.convert_i32_u", "i32"), ("f64.convert_i64_s", "i64"), ("f64.floor", "f64"), ("f64.promote_f32", "f32"),
    ],
    "v128": [("i32x4.splat", "i32"), ("i64x2.splat", "i64"), ("v128.not", "v128"), ("i8x16.abs", "v128")],
}  # fmt: skip
BINARY = {
    "i32": [
        *((f"i32.{op}", "i32") for op in "add sub mul xor and shl lt_s rotl".split()), ("i64.lt_u", "i64"),
        ("f32.lt", "f32"), ("f64.ge", "f64"), ("i32.rem_u", "i32"),
    ],
    "i64": [(f"i64.{op}", "i64") for op in "add sub mul or shr_s".split()],
    "f32": [(f"f32.{op}", "f32") for op in "min max copysign".split()],
    "f64": [(f"f64.{op}", "f64") for op in "min max copysign".split()],
    "v128": [(op, "v128") for op in ("i32x4.add", "i8x16.sub", "v128.xor", "i64x2.eq")],
}  # fmt: skip
# Where in memory values of a type are: floats apart, so that no other bits are read as one.
PLACES = {"i32": (0, 0xFF), "i64": (0, 0xFF), "v128": (0, 0xFF), "f32": (1024, 0xFC), "f64": (2048, 0xF8)}
STATEMENTS = {
    "set": 20.0, "set_global": 8.0, "store": 8.0, "drop": 5.0, "call": 26.0, "block": 22.0, "stop": 2.2, "br_if": 9.0,
    "nop": 1.0, "bulk": 1.0,
}  # fmt: skip
STOPS = {"br": 5.0, "return": 3.0, "br_table": 3.0, "unreachable": 0.3}
VALUES = {
    "leaf": 22.0, "unary": 10.0, "binary": 20.0, "load": 6.0, "call": 28.0, "block": 10.0, "select": 4.0, "tee": 7.0,
    "br_if": 3.0, "row": 5.0, "tall": 2.0, "grow": 3.0,
}  # fmt: skip


@dataclass(slots=True)
class Func:
    id: str | None
    type: Type
    import_: str | None = None
    is_plain: bool = False  # it calls nothing


@dataclass(slots=True)
class Table:
    """`is_fixed`: it holds functions of the module, `places`, and nothing writes to it."""

    id: str | None
    content: str
    address: str = "i32"
    places: tuple[int, ...] = ()

    @property
    def is_fixed(self) -> bool:
        return bool(self.places)


class Code:
    """What is around the code of a function, and makes it."""

    def __init__(self, random: Random, size: int) -> None:
        self.random = random
        self.size = size
        self.budget = 0
        self.types = Types(random)
        self.features: set[str] = set()
        self.pool: list[tuple[str, float]] = list(zip(NUMBERS, (6, 3, 2, 2, 1), strict=True))
        self.statements = dict(STATEMENTS)
        self.stops = dict(STOPS)
        self.number_values = dict(VALUES)
        self.reference_values: dict[str, float] = {}
        self.funcs: list[Func] = []
        self.inner: set[int] = set()  # functions that only their callers know
        self.func = Func(None, ((), ()))
        self.globals: list[tuple[str | None, str]] = []
        self.memories: list[tuple[str | None, str]] = []  # with their types of addresses
        self.tables: list[Table] = []
        self.locals: list[tuple[str | None, str]] = []
        self.ready: set[int] = set()  # locals that hold something, here
        self.labels: list[tuple[str | None, tuple[str, ...], str]] = []

    # -- helpers

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def kind(self, weights: dict[str, float]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def some_type(self) -> str:
        return self.random.choices([type_ for type_, _ in self.pool], [weight for _, weight in self.pool])[0]

    def some_types(self, most: int) -> tuple[str, ...]:
        count = self.random.choice([0, 1, 1, *range(most + 1)])
        return tuple(self.some_type() for _ in range(min(count, most)))

    def word(self, id_: str | None, number: int) -> str:
        return id_ if id_ and self.chance(0.75) else str(number)

    def referred(self, number: int) -> str:
        """What stands for a function where it is not called: for one that only its callers know, the one around it."""
        return f"$around_{number}" if number in self.inner else self.word(self.funcs[number].id, number)

    def type_use(self, type_: Type, probability: float = 0.3) -> list[str]:
        for number, known in enumerate(self.types.defined):
            if known.kind == "func" and known.func == type_ and self.chance(probability):
                return [f"(type {self.types.word(number)})"]
        return self.types.signature(type_)

    def const(self, value: int, type_: str = "i32") -> Node:
        return Node(f"{type_}.const", [str(value)], results=(type_,))

    # -- sequences and statements

    def sequence(
        self, results: tuple[str, ...], depth: int, fuel: bool = False, given: tuple[str, ...] = ()
    ) -> list[Node]:
        """Statements, then the results; `given` are the values there at the start (of a block with parameters)."""
        nodes: list[Node] = []
        if given:
            nodes += self.taken(given)
        if fuel:
            nodes += self.fuel_check()
        for _ in range(self.random.randint(0, 4 if depth else 6)):
            if self.budget <= 0:
                break
            nodes.append(self.statement(depth))
        return nodes + self.operands(results, depth)

    def scoped(
        self, results: tuple[str, ...], depth: int, fuel: bool = False, given: tuple[str, ...] = ()
    ) -> list[Node]:
        """A sequence in a block: what it gives to locals that are never null counts only there."""
        ready = set(self.ready)
        nodes = self.sequence(results, depth, fuel, given)
        self.ready = ready
        return nodes

    def taken(self, types: tuple[str, ...]) -> list[Node]:
        """What takes the parameters of a block from the stack."""
        nodes = []
        for type_ in reversed(types):
            choices = [number for number, (_, known) in enumerate(self.locals) if self.types.is_sub(type_, known)]
            if choices and self.chance(0.8):
                number = self.random.choice(choices)
                self.ready.add(number)
                nodes.append(Node("local.set", [self.local_word(number)]))
            else:
                nodes.append(Node("drop"))
        return nodes

    def fuel_check(self) -> list[Node]:
        """Returns if there is no fuel, and uses some."""
        fuel = Node("global.get", ["$fuel"], results=("i32",))
        condition = Node("i32.le_s", [], [fuel, self.const(0)], ("i32",))
        zeros = [self.constant_node(type_) for type_ in self.func.type[1]]
        leave = Node("return", [], zeros, None)
        less = Node("i32.sub", [], [fuel, self.const(1)], ("i32",))
        return [Node("if", [], [condition], (), [[leave]]), Node("global.set", ["$fuel"], [less])]

    def statement(self, depth: int) -> Node:
        self.budget -= 1
        found = getattr(self, f"{self.kind(self.statements)}_statement")(depth)
        assert isinstance(found, Node | None)
        return found or Node("nop")

    def dropped(self, node: Node, count: int) -> Node:
        """A node whose results are dropped."""
        for _ in range(count):
            node = Node("drop", [], [node]) if count == 1 else Node("", [], [node, Node("drop")])
        return node

    def nop_statement(self, depth: int) -> Node:
        return Node("nop")

    def set_statement(self, depth: int) -> Node:
        number = self.random.randrange(len(self.locals))
        operands = self.operands((self.locals[number][1],), depth)
        self.ready.add(number)
        return Node("local.set", [self.local_word(number)], operands)

    def set_global_statement(self, depth: int) -> Node:
        number = self.random.randrange(1, len(self.globals))
        id_, type_ = self.globals[number]
        return Node("global.set", [self.word(id_, number)], self.operands((type_,), depth))

    def store_statement(self, depth: int) -> Node:
        type_ = self.random.choice(NUMBERS)
        op, words, address = self.access(type_, "store", depth)
        return Node(op, words, [address, *self.operands((type_,), depth)])

    def drop_statement(self, depth: int) -> Node:
        return Node("drop", [], self.operands((self.some_type(),), depth))

    def call_statement(self, depth: int) -> Node | None:
        callees = [func for func in self.callees() if len(func.type[1]) < 2]
        if not callees:
            return None
        func = self.random.choice(callees)
        return self.dropped(self.call(func, depth), len(func.type[1]))

    def block_statement(self, depth: int) -> Node | None:
        if depth >= 5:
            return None
        results = self.some_types(2) if self.chance(0.2) else ()
        block = self.block(results, depth)
        for _ in results:
            block = Node("", [], [block, Node("drop")])
        return block

    def br_if_statement(self, depth: int) -> Node:
        number = self.random.randrange(len(self.labels))
        word, types = self.label_word(number), self.labels[number][1]
        # What it carries stays: dropped.
        node = Node("br_if", [word], self.operands((*types, "i32"), depth), types)
        for _ in types:
            node = Node("", [], [node, Node("drop")])
        return node

    def bulk_statement(self, depth: int) -> Node:
        """`memory.fill` or `memory.copy`, in one memory or from one to another."""
        number = self.random.randrange(len(self.memories))
        other = self.random.randrange(len(self.memories))
        length = self.random.randrange(16)
        if self.chance(0.5):
            operands = [self.address("i32", depth, number), *self.operands(("i32",), depth)]
            operands.append(self.const(length, self.memories[number][1]))
            return Node("memory.fill", self.memory_words(number), operands)
        places = [self.address("i32", depth, number), self.address("i32", depth, other)]
        both = "i64" if self.memories[number][1] == self.memories[other][1] == "i64" else "i32"
        words = [self.memory_word(number), self.memory_word(other)] if number or other else []
        return Node("memory.copy", words, [*places, self.const(length, both)])

    def callees(self) -> list[Func]:
        return [] if self.func.is_plain else self.funcs

    def label_word(self, number: int) -> str:
        id_ = self.labels[number][0]
        hidden = any(inner == id_ for inner, _, _ in self.labels[number + 1 :])
        return id_ if id_ and not hidden and self.chance(0.6) else str(len(self.labels) - 1 - number)

    def stop_statement(self, depth: int) -> Node:
        """Control that does not go on."""
        found = getattr(self, f"{self.kind(self.stops)}_stop")(depth)
        assert isinstance(found, Node | None)
        return found or self.return_stop(depth)

    def unreachable_stop(self, depth: int) -> Node:
        return Node("unreachable", results=None)

    def return_stop(self, depth: int) -> Node:
        return Node("return", [], self.operands(self.func.type[1], depth), None)

    def br_stop(self, depth: int) -> Node:
        number = self.random.randrange(len(self.labels))
        return Node("br", [self.label_word(number)], self.operands(self.labels[number][1], depth), None)

    def br_table_stop(self, depth: int) -> Node:
        types = self.random.choice(self.labels)[1]
        alike = [other for other, label in enumerate(self.labels) if label[1] == types]
        words = [self.label_word(self.random.choice(alike)) for _ in range(self.random.randint(1, 5))]
        return Node("br_table", words, self.operands((*types, "i32"), depth), None)

    # -- expressions

    def operands(self, types: tuple[str, ...], depth: int) -> list[Node]:
        """Nodes that together give values of these types."""
        nodes: list[Node] = []
        position = 0
        while position < len(types):
            rest = types[position:]
            if self.budget > 0 and self.chance(0.006):
                nodes.append(self.stop_statement(depth + 1))
                position = self.random.randint(position, len(types))
                continue
            width = self.random.randint(2, 3)
            if len(rest) >= width and self.budget > 0 and self.chance(0.5):
                callees = [func for func in self.callees() if self.types.are_sub(func.type[1], rest[:width])]
                if callees:
                    nodes.append(self.call(self.random.choice(callees), depth + 1))
                    position += width
                    continue
                if depth < 5:
                    nodes.append(self.block(rest[:width], depth + 1))
                    position += width
                    continue
            nodes.append(self.value(rest[0], depth + 1))
            position += 1
        return nodes

    def value(self, type_: str, depth: int) -> Node:
        """An expression of a type."""
        self.budget -= 1
        if self.budget <= 0 or depth > 7:
            return self.leaf(type_)
        weights = self.number_values if is_number(type_) else self.reference_values
        found = getattr(self, f"{self.kind(weights)}_value")(type_, depth)
        assert isinstance(found, Node | None)
        return found or self.leaf(type_)

    def leaf_value(self, type_: str, depth: int) -> Node:
        return self.leaf(type_)

    def unary_value(self, type_: str, depth: int) -> Node:
        op, operand = self.random.choice(UNARY[type_])
        head, *rest = op.split()
        return Node(head, rest, self.operands((operand,), depth), (type_,))

    def binary_value(self, type_: str, depth: int) -> Node:
        op, operand = self.random.choice(BINARY[type_])
        if op == "i32.rem_u" and self.chance(0.9):  # hardly ever traps
            return Node(op, [], [*self.operands(("i32",), depth), self.const(7)], ("i32",))
        return Node(op, [], self.operands((operand, operand), depth), (type_,))

    def load_value(self, type_: str, depth: int) -> Node:
        op, words, address = self.access(type_, "load", depth)
        return Node(op, words, [address], (type_,))

    def call_value(self, type_: str, depth: int) -> Node | None:
        callees = [func for func in self.callees() if self.types.are_sub(func.type[1], (type_,))]
        return self.call(self.random.choice(callees), depth) if callees else None

    def block_value(self, type_: str, depth: int) -> Node | None:
        return self.block((type_,), depth) if depth < 6 else None

    def select_value(self, type_: str, depth: int) -> Node:
        is_typed = not is_number(type_) or self.chance(0.4)
        typed = [f"(result {self.types.spelled(type_)})"] if is_typed else []
        return Node("select", typed, self.operands((type_, type_, "i32"), depth), (type_,))

    def tee_value(self, type_: str, depth: int) -> Node | None:
        choices = [number for number, (_, known) in enumerate(self.locals) if self.types.is_sub(known, type_)]
        if not choices:
            return None
        number = self.random.choice(choices)
        operands = self.operands((self.locals[number][1],), depth)
        self.ready.add(number)
        return Node("local.tee", [self.local_word(number)], operands, (type_,))

    def br_if_value(self, type_: str, depth: int) -> Node | None:
        choices = [number for number, label in enumerate(self.labels) if self.types.are_sub(label[1], (type_,))]
        if not choices:
            return None
        number = self.random.choice(choices)
        word = self.label_word(number)
        return Node("br_if", [word], self.operands((self.labels[number][1][0], "i32"), depth), (type_,))

    def row_value(self, type_: str, depth: int) -> Node:
        """A statement before or behind the value, which waits on the stack."""
        if self.chance(0.7):
            return Node("", [], [self.value(type_, depth), self.statement(depth)], (type_,))
        return Node("", [], [self.statement(depth), self.value(type_, depth)], (type_,))

    def tall_value(self, type_: str, depth: int) -> Node:
        return Node("drop", [], self.operands((type_, self.random.choice(NUMBERS)), depth), (type_,))

    def grow_value(self, type_: str, depth: int) -> Node | None:
        """A float that grows a little, or a memory."""
        if type_ in ("f32", "f64"):
            small = Node(f"{type_}.const", [str(self.random.randint(-4, 4))], results=(type_,))
            return Node(f"{type_}.add", [], [*self.operands((type_,), depth), small], (type_,))
        choices = [number for number, (_, address) in enumerate(self.memories) if address == type_]
        if not choices or "memories" not in self.features:
            return None
        words = self.memory_words(self.random.choice(choices))
        if self.chance(0.5):
            return Node("memory.size", words, results=(type_,))
        return Node("memory.grow", words, [self.const(self.random.randint(0, 1), type_)], (type_,))

    def leaf(self, type_: str) -> Node:
        """A local, a global or a constant."""
        choices = [number for number in self.ready if self.types.is_sub(self.locals[number][1], type_)]
        if choices and self.chance(0.6):
            return Node("local.get", [self.local_word(self.random.choice(sorted(choices)))], results=(type_,))
        known = [n for n, (_, content) in enumerate(self.globals) if n and self.types.is_sub(content, type_)]
        if known and self.chance(0.3):
            number = self.random.choice(known)
            return Node("global.get", [self.word(self.globals[number][0], number)], results=(type_,))
        return self.constant_node(type_)

    def local_word(self, number: int) -> str:
        return self.word(self.locals[number][0], number)

    def constant_node(self, type_: str) -> Node:
        head, _, rest = self.constant(type_)[1:-1].partition(" ")
        return Node(head, rest.split(), results=(type_,))

    def constant(self, type_: str) -> str:
        random = self.random
        if type_ == "v128":
            return f"(v128.const i32x4 {' '.join(str(random.randint(-9, 9)) for _ in range(4))})"
        if type_[0] == "f":
            return f"({type_}.const {random.choice(['0', '-0', '1.5', '-7', '1e3', '0x1p-3'])})"
        return f"({type_}.const {random.choice([0, 1, 2, 3, -1, 7, 100, 65537, '0x7fffffff'])})"

    def memory_word(self, number: int) -> str:
        return self.word(self.memories[number][0], number)

    def memory_words(self, number: int) -> list[str]:
        return [self.memory_word(number)] if number or self.chance(0.1) else []

    def access(self, type_: str, what: str, depth: int) -> tuple[str, list[str], Node]:
        """A load or store, `i64.load8_u $m offset=0`, and its address."""
        op = f"{type_}.{what}"
        if type_ == "i64" and self.chance(0.4):
            op = "i64.load32_s" if what == "load" else "i64.store16"
        number = self.random.randrange(len(self.memories))
        words = [*self.memory_words(number), f"offset={PLACES[type_][0] + 8 * self.random.randint(0, 1)}"]
        return op, words, self.address(type_, depth, number)

    def address(self, type_: str, depth: int, number: int) -> Node:
        """An address of values of a type in a memory."""
        content = self.memories[number][1]
        mask = self.const(PLACES[type_][1], content)
        return Node(f"{content}.and", [], [*self.operands((content,), depth + 1), mask], (content,))

    def call(self, func: Func, depth: int) -> Node:
        """A call of a function: direct, through a table, through a reference."""
        number = next(n for n, each in enumerate(self.funcs) if each is func)
        tables = [(n, table) for n, table in enumerate(self.tables) if number in table.places]
        operands = self.operands(func.type[0], depth)
        through = self.through_reference(func, depth) if self.chance(0.3) else None
        if through:
            return Node("call_ref", [through[0]], [*operands, through[1]], func.type[1])
        if tables and self.chance(0.5):
            at, table = self.random.choice(tables)
            places = [place for place, each in enumerate(table.places) if each == number]
            index = self.const(self.random.choice(places), table.address)
            if self.chance(0.5):  # through something that cannot be evaluated twice
                zero = self.const(0, table.address)
                zero = Node(f"{table.address}.and", [], [*self.operands((table.address,), depth + 1), zero])
                index = Node(f"{table.address}.add", [], [zero, index], (table.address,))
            words = [self.word(table.id, at)] if at or self.chance(0.1) else []
            return Node("call_indirect", words + self.type_use(func.type), [*operands, index], func.type[1])
        return Node("call", [self.word(func.id, number)], operands, func.type[1])

    def through_reference(self, func: Func, depth: int) -> tuple[str, Node] | None:
        """The type and a reference of a function, to call it by."""
        return None

    def block(self, results: tuple[str, ...], depth: int) -> Node:
        """A block, loop or if with these results, perhaps with parameters."""
        kind = self.random.choices(["block", "loop", "if"], [4, 3, 4])[0]
        params = self.some_types(2) if self.chance(0.2) else ()
        operands = self.operands(params, depth + 1)
        before = len(operands)  # not that of the parameters: a node may give several, or none
        if kind == "if":
            operands += self.operands(("i32",), depth + 1)
        id_ = self.random.choice(LABEL_NAMES) if self.chance(0.5) else None
        self.labels.append((id_, params if kind == "loop" else results, kind))
        arms = [self.scoped(results, depth + 1, kind == "loop", params)]
        if kind == "if" and (results != params or self.chance(0.6)):
            arms.append(self.scoped(results, depth + 1, False, params))
        self.labels.pop()
        words = [id_] if id_ else []
        return Node(kind, words + self.type_use((params, results)), operands, results, arms, before)
