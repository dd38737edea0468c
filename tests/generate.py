"""Random modules that always end, made to be paused: `generate(seed)` is the same module each time.

A module has functions over i32 i64 f32 f64 v128, which call each other, imports of the host (pausing.py) and through a
table, in blocks, loops and ifs with parameters and results, left by branches with values, in dead code too. Each
function and each loop begins with a check of a global, `$fuel`, and returns when it is used up.

A program is made as trees of `Node`s first, each an instruction with what gives its operands. The trees are printed
folded, flat and mixed, at random for each instruction, with comments strewn in. A NaN never comes up, for its bits are
not the same each time: floats are only moved, compared, made of integers, and grow by little.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

TYPES = ("i32", "i64", "f32", "f64", "v128")
MEMORY_END = 0xE000  # the host's frames begin here
FUEL = 40
Type = tuple[tuple[str, ...], tuple[str, ...]]

# Ids that collide with those of the rewriter, or look like they might.
LOCAL_NAMES = "$x $y $i $call $value_i32 $value_i32_2 $value_i64 $value_f64 $unwind $data $position $value".split()
LABEL_NAMES = "$l $out $unwind $unwind_ $call $a $b $again".split()
FUNC_NAMES = "$save_i32 $restore_i32 $save_f64 $bysyncify_get_state $f $g $h $main $unwind $call".split()
GLOBAL_NAMES = "$normal $unwinding $rewinding $data $state $g $h".split()

IMPORTS: dict[str, Type] = {
    "print": (("i32",), ()),
    "print_nothing": ((), ()),
    "print_i64_f32": (("i64", "f32"), ()),
    "print->i32": ((), ("i32",)),
    "print_i32->i32": (("i32",), ("i32",)),
    "print_i32_i64->i64": (("i32", "i64"), ("i64",)),
    "print_f64->f64": (("f64",), ("f64",)),
    "print_v128->v128": (("v128",), ("v128",)),
    "print->i32 i64": (("i32",), ("i32", "i64")),
    "print->f32 i32 v128": ((), ("f32", "i32", "v128")),
}
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


@dataclass(slots=True)
class Node:
    """An instruction. `results` None: control does not go on, whatever is expected is there.

    `op` is a plain instruction; or block, loop, if, with `arms`; or "" for the operands in a row, printed flat.
    """

    op: str
    words: list[str] = field(default_factory=list)
    operands: list[Node] = field(default_factory=list)
    results: tuple[str, ...] | None = ()
    arms: list[list[Node]] = field(default_factory=list)
    params: int = 0


@dataclass(slots=True)
class Func:
    id: str | None
    type: Type
    import_: str | None = None
    is_plain: bool = False  # it calls nothing


@dataclass(slots=True)
class Program:
    """A generated module, its functions to call with the types of their parameters, and its imports."""

    text: str
    exports: list[tuple[str, Type]]
    imports: list[str]


def generate(seed: int, size: int = 26) -> Program:
    """A module; `size` is about how many expressions there are in a function."""
    return _Generator(Random(seed), size).program()


class _Generator:
    def __init__(self, random: Random, size: int) -> None:
        self.random = random
        self.size = size
        self.types: list[tuple[str | None, Type]] = []
        self.budget = 0

    # -- helpers

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some_types(self, most: int) -> tuple[str, ...]:
        count = self.random.choice([0, 1, 1, *range(most + 1)])
        return tuple(self.random.choices(TYPES, (6, 3, 2, 2, 1), k=min(count, most)))

    def name(self, pool: list[str], taken: set[str], probability: float = 0.7) -> str | None:
        found = self.random.choice(pool)
        if found in taken or not self.chance(probability):
            return None
        taken.add(found)
        return found

    def word(self, id_: str | None, number: int) -> str:
        return id_ if id_ and self.chance(0.75) else str(number)

    def type_use(self, type_: Type, named: bool = False) -> list[str]:
        for number, (id_, known) in enumerate(self.types):
            if known == type_ and (named or self.chance(0.3)):
                return [f"(type {self.word(id_, number)})"]
        words = [f"(param {' '.join(type_[0])})"] if type_[0] else []
        return words + ([f"(result {' '.join(type_[1])})"] if type_[1] else [])

    # -- a module

    def program(self) -> Program:
        random = self.random
        taken: set[str] = {"$fuel"}
        func_names: set[str] = set()
        self.funcs: list[Func] = []
        for name in random.sample(list(IMPORTS), random.randint(2, 6)):
            self.funcs.append(Func(self.name(FUNC_NAMES, func_names), IMPORTS[name], name))
        imported = len(self.funcs)
        for _ in range(random.randint(2, 5)):
            type_ = random.choice(self.funcs).type if self.chance(0.3) else (self.some_types(3), self.some_types(2))
            self.funcs.append(Func(self.name(FUNC_NAMES, func_names), type_, None, self.chance(0.15)))
        self.globals = [("$fuel", "i32"), *((self.name(GLOBAL_NAMES, taken), type_) for type_ in TYPES)]
        for type_ in dict.fromkeys(func.type for func in self.funcs):
            if self.chance(0.6):
                self.types.append((f"$t{len(self.types)}" if self.chance(0.7) else None, type_))
        self.types.sort(key=repr)
        self.table = [random.randrange(len(self.funcs)) for _ in range(4)]
        fields = [
            f"(type {id_ or ''} (func {' '.join(self.inline(type_))}))" for id_, type_ in self.types
        ]  # fmt: skip
        for func in self.funcs[:imported]:
            use = " ".join(self.type_use(func.type))
            fields.append(f'(import "spectest" "{func.import_}" (func {func.id or ""} {use}))')
        fields.append('(memory (export "memory") 1)')
        fields.append(f'(global $fuel (export "fuel") (mut i32) (i32.const {FUEL}))')
        for number, (id_, content) in enumerate(self.globals[1:]):
            fields.append(f'(global {id_ or ""} (export "g{number}") (mut {content}) {self.constant(content)})')
        fields.append("(table 5 funcref)")
        places = " ".join(self.word(self.funcs[number].id, number) for number in self.table)
        fields.append(f"(elem (i32.const 0) {places})")
        fields += [self.func_text(number) for number in range(imported, len(self.funcs))]
        exports = [(f"f{number}", self.funcs[number].type) for number in range(imported, len(self.funcs))]
        separator = random.choice(["\n  ", "\n\n", "\n  ;; next\n  ", " "])
        text = f"(module{separator}{separator.join(fields)}\n)\n"
        return Program(text, exports, [func.import_ for func in self.funcs if func.import_])

    def inline(self, type_: Type) -> list[str]:
        words = [f"(param {' '.join(type_[0])})"] if type_[0] else []
        return words + ([f"(result {' '.join(type_[1])})"] if type_[1] else [])

    def func_text(self, number: int) -> str:
        func = self.funcs[number]
        self.func = func
        taken: set[str] = set()
        params, results = func.type
        self.locals = [(self.name(LOCAL_NAMES, taken), type_) for type_ in params]
        words = ["(func", func.id or "", f'(export "f{number}")']
        if not any(id_ for id_, _ in self.locals) and self.chance(0.5):
            words += self.type_use(func.type)
        else:
            words += [f"(param {id_ or ''} {type_})" for id_, type_ in self.locals]
            words += [f"(result {' '.join(results)})"] if results else []
        for type_ in (*self.some_types(4), "i32"):
            id_ = self.name(LOCAL_NAMES, taken)
            self.locals.append((id_, type_))
            words.append(f"(local {id_ or ''} {type_})")
        self.labels: list[tuple[str | None, tuple[str, ...], str]] = [(None, results, "func")]
        self.budget = self.size
        body = self.sequence(results, 0, fuel=True)
        printer = _Printer(self.random)
        return " ".join(word for word in words if word) + printer.text(body) + ")"

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

    def taken(self, types: tuple[str, ...]) -> list[Node]:
        """What takes the parameters of a block from the stack."""
        nodes = []
        for type_ in reversed(types):
            choices = [number for number, (_, known) in enumerate(self.locals) if known == type_]
            if choices and self.chance(0.8):
                nodes.append(Node("local.set", [self.local_word(self.random.choice(choices))]))
            else:
                nodes.append(Node("drop"))
        return nodes

    def fuel_check(self) -> list[Node]:
        """Returns if there is no fuel, and uses some."""
        fuel = Node("global.get", ["$fuel"], results=("i32",))
        condition = Node("i32.le_s", [], [fuel, Node("i32.const", ["0"], results=("i32",))], ("i32",))
        zeros = [self.constant_node(type_) for type_ in self.func.type[1]]
        leave = Node("return", [], zeros, None)
        less = Node("i32.sub", [], [fuel, Node("i32.const", ["1"], results=("i32",))], ("i32",))
        return [Node("if", [], [condition], (), [[leave]]), Node("global.set", ["$fuel"], [less])]

    def statement(self, depth: int) -> Node:
        self.budget -= 1
        random = self.random
        kind = random.choices(
            ["set", "global", "store", "drop", "call", "block", "branch", "br_if", "stop", "nop", "bulk"],
            [20, 8, 8, 5, 26, 22, 1.5, 9, 0.7, 1, 1],
        )[0]
        if kind == "set":
            number = random.randrange(len(self.locals))
            return Node("local.set", [self.local_word(number)], self.operands((self.locals[number][1],), depth))
        if kind == "global":
            number = random.randrange(1, len(self.globals))
            id_, type_ = self.globals[number]
            return Node("global.set", [self.word(id_, number)], self.operands((type_,), depth))
        if kind == "store":
            type_ = random.choice(TYPES)
            return Node(*self.access(type_, "store"), [self.address(type_, depth), *self.operands((type_,), depth)])
        if kind == "drop":
            return Node("drop", [], self.operands((random.choice(TYPES),), depth))
        if kind == "call":
            callees = [func for func in self.callees() if len(func.type[1]) < 2]
            if callees:
                func = random.choice(callees)
                call = self.call(func, depth)
                return Node("drop", [], [call]) if func.type[1] else call
        if kind == "block" and depth < 5:
            results = self.some_types(2) if self.chance(0.2) else ()
            block = self.block(results, depth)
            for type_ in reversed(results):
                block = Node("", [], [block, Node("drop")]) if type_ else block
            return block
        if kind == "branch" or kind == "stop":
            return self.stop(depth)
        if kind == "br_if":
            word, types = self.target()
            if not types:
                return Node("br_if", [word], self.operands(("i32",), depth))
            # What it carries stays: dropped.
            node = Node("br_if", [word], self.operands((*types, "i32"), depth), types)
            for _ in types:
                node = Node("", [], [node, Node("drop")])
            return node
        if kind == "bulk":
            places = [self.address("i32", depth), *self.operands(("i32",), depth)]
            length = Node("i32.const", [str(random.randrange(16))], results=("i32",))
            if self.chance(0.5):
                return Node("memory.fill", [], [*places, length])
            return Node("memory.copy", [], [places[0], self.address("i32", depth), length])
        return Node("nop")

    def callees(self) -> list[Func]:
        return [] if self.func.is_plain else self.funcs

    def target(self) -> tuple[str, tuple[str, ...]]:
        """A label to branch to, and the types that go there."""
        number = self.random.randrange(len(self.labels))
        return self.label_word(number), self.labels[number][1]

    def label_word(self, number: int) -> str:
        id_ = self.labels[number][0]
        hidden = any(inner == id_ for inner, _, _ in self.labels[number + 1 :])
        return id_ if id_ and not hidden and self.chance(0.6) else str(len(self.labels) - 1 - number)

    def stop(self, depth: int) -> Node:
        """Control that does not go on."""
        random = self.random
        kind = random.choices(["br", "return", "br_table", "unreachable"], [5, 3, 3, 0.3])[0]
        if kind == "unreachable":
            return Node(kind, results=None)
        if kind == "return":
            return Node(kind, [], self.operands(self.func.type[1], depth), None)
        number = random.randrange(len(self.labels))
        types = self.labels[number][1]
        if kind == "br":
            return Node(kind, [self.label_word(number)], self.operands(types, depth), None)
        alike = [other for other, label in enumerate(self.labels) if label[1] == types]
        words = [self.label_word(random.choice(alike)) for _ in range(random.randint(1, 5))]
        return Node(kind, words, self.operands((*types, "i32"), depth), None)

    # -- expressions

    def operands(self, types: tuple[str, ...], depth: int) -> list[Node]:
        """Nodes that together give values of these types."""
        nodes: list[Node] = []
        position = 0
        while position < len(types):
            rest = types[position:]
            if self.budget > 0 and self.chance(0.006):
                nodes.append(self.stop(depth + 1))
                position = self.random.randint(position, len(types))
                continue
            width = self.random.randint(2, 3)
            if len(rest) >= width and self.budget > 0 and self.chance(0.5):
                callees = [func for func in self.callees() if func.type[1] == rest[:width]]
                if callees:
                    nodes.append(self.call(self.random.choice(callees), depth + 1))
                    position += width
                    continue
                if depth < 5:
                    nodes.append(self.block(rest[:width], depth + 1))
                    position += width
                    continue
            nodes.append(self.expression(rest[0], depth + 1))
            position += 1
        return nodes

    def expression(self, type_: str, depth: int) -> Node:
        self.budget -= 1
        random = self.random
        if self.budget <= 0 or depth > 7:
            return self.leaf(type_)
        kind = random.choices(
            ["leaf", "unary", "binary", "load", "call", "block", "select", "tee", "br_if", "row", "tall", "grow"],
            [22, 10, 20, 6, 28, 10, 4, 7, 3, 5, 2, 2],
        )[0]
        if kind == "unary":
            op, operand = random.choice(UNARY[type_])
            return Node(*_split(op), self.operands((operand,), depth), (type_,))
        if kind == "binary":
            op, operand = random.choice(BINARY[type_])
            node = Node(op, [], self.operands((operand, operand), depth), (type_,))
            if op == "i32.rem_u" and self.chance(0.9):  # hardly ever traps
                node.operands = [*self.operands(("i32",), depth), Node("i32.const", ["7"], results=("i32",))]
            return node
        if kind == "load":
            return Node(*self.access(type_, "load"), [self.address(type_, depth)], (type_,))
        if kind == "call":
            callees = [func for func in self.callees() if func.type[1] == (type_,)]
            if callees:
                return self.call(random.choice(callees), depth)
        if kind == "block" and depth < 6:
            return self.block((type_,), depth)
        if kind == "select":
            typed = [f"(result {type_})"] if self.chance(0.4) else []
            return Node("select", typed, self.operands((type_, type_, "i32"), depth), (type_,))
        if kind == "tee":
            choices = [number for number, (_, known) in enumerate(self.locals) if known == type_]
            if choices:
                word = self.local_word(random.choice(choices))
                return Node("local.tee", [word], self.operands((type_,), depth), (type_,))
        if kind == "br_if":
            choices = [number for number, label in enumerate(self.labels) if label[1] == (type_,)]
            if choices:
                word = self.label_word(random.choice(choices))
                return Node("br_if", [word], self.operands((type_, "i32"), depth), (type_,))
        if kind == "row":  # a statement before or behind the value, which waits on the stack
            row = [self.expression(type_, depth), self.statement(depth)]
            return Node("", [], row if self.chance(0.7) else row[::-1], (type_,))
        if kind == "tall":
            return Node("drop", [], self.operands((type_, random.choice(TYPES)), depth), (type_,))
        if kind == "grow" and type_ in ("f32", "f64"):
            small = Node(f"{type_}.const", [str(random.randint(-4, 4))], results=(type_,))
            return Node(f"{type_}.add", [], [*self.operands((type_,), depth), small], (type_,))
        return self.leaf(type_)

    def leaf(self, type_: str) -> Node:
        choices = [number for number, (_, known) in enumerate(self.locals) if known == type_]
        if choices and self.chance(0.6):
            return Node("local.get", [self.local_word(self.random.choice(choices))], results=(type_,))
        if self.chance(0.3):
            number = next(n for n, (_, known) in enumerate(self.globals) if n and known == type_)
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

    def access(self, type_: str, what: str) -> tuple[str, list[str]]:
        """A load or store, `i64.load8_u offset=0 align=1`."""
        op = f"{type_}.{what}"
        if type_ == "i64" and self.chance(0.4):
            op = "i64.load32_s" if what == "load" else "i64.store16"
        return op, [f"offset={PLACES[type_][0] + 8 * self.random.randint(0, 1)}"]

    def address(self, type_: str, depth: int) -> Node:
        mask = Node("i32.const", [str(PLACES[type_][1])], results=("i32",))
        return Node("i32.and", [], [*self.operands(("i32",), depth + 1), mask], ("i32",))

    def call(self, func: Func, depth: int) -> Node:
        number = next(n for n, each in enumerate(self.funcs) if each is func)
        places = [place for place, each in enumerate(self.table) if each == number]
        operands = self.operands(func.type[0], depth)
        if places and self.chance(0.5):
            index = Node("i32.const", [str(self.random.choice(places))], results=("i32",))
            if self.chance(0.5):  # through something that cannot be evaluated twice
                zero = Node("i32.const", ["0"], results=("i32",))
                zero = Node("i32.and", [], [*self.operands(("i32",), depth + 1), zero], ("i32",))
                index = Node("i32.add", [], [zero, index], ("i32",))
            return Node("call_indirect", self.type_use(func.type), [*operands, index], func.type[1])
        return Node("call", [self.word(func.id, number)], operands, func.type[1])

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
        arms = [self.sequence(results, depth + 1, kind == "loop", params)]
        if kind == "if" and (results != params or self.chance(0.6)):
            arms.append(self.sequence(results, depth + 1, False, params))
        self.labels.pop()
        words = [id_] if id_ else []
        return Node(kind, words + self.type_use((params, results)), operands, results, arms, before)


def _split(op: str) -> tuple[str, list[str]]:
    head, *rest = op.split()
    return head, rest


class _Printer:
    """Prints nodes, in a style that is chosen once for a function: how much is folded, how lines are broken."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.folding = random.choice([0.0, 0.5, 0.9, 1.0])
        self.comments = random.choice([0.0, 0.0, 0.03, 0.1])
        self.breaks = random.choice([0.02, 0.3, 0.8])
        self.out: list[str] = []
        self.depth = 1

    def text(self, nodes: list[Node]) -> str:
        self.sequence(nodes)
        return "".join(self.out)

    def gap(self) -> None:
        """White space, and at times a comment."""
        random = self.random
        indent = "  " * self.depth
        if random.random() < self.comments:
            behind, line = f' ;; two ) " (\n{indent}', f"\n{indent};; a line\n{indent}"
            self.out.append(random.choice([" (; one ;) ", behind, line, "(;;)"]))
        elif random.random() < self.breaks:
            self.out.append("\n" + indent)
        else:
            self.out.append(" ")

    def words(self, op: str, words: list[str]) -> None:
        self.out.append(op)
        for word in words:
            if self.comments and self.random.random() < 0.03:
                self.gap()
            else:
                self.out.append(" ")
            self.out.append(word)

    def sequence(self, nodes: list[Node]) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        """A node in any style."""
        if not node.op:
            self.sequence(node.operands)
            return
        if not self.foldable(node) or self.random.random() >= self.folding:
            self.flat(node)
            return
        before, inside = self.split(node)
        self.sequence(before)
        self.folded(node, inside)

    def foldable(self, node: Node) -> bool:
        """Whether the operands that are not printed before it can stand inside it."""
        inside = node.operands[node.params :]
        return all(self.is_list(operand) for operand in inside)

    def is_list(self, node: Node) -> bool:
        return bool(node.op) and not node.params and all(self.is_list(operand) for operand in node.operands)

    def split(self, node: Node) -> tuple[list[Node], list[Node]]:
        """The operands printed before a folded node, and those inside it: parameters of a block stand before it."""
        at = node.params
        inside = node.operands[at:]
        if (node.arms and not inside) or self.random.random() > 0.12 * (self.folding < 1):
            return node.operands[:at], inside
        at = self.random.randint(at, len(node.operands))
        return node.operands[:at], node.operands[at:]

    def flat(self, node: Node) -> None:
        for operand in node.operands:
            self.node(operand)
        self.gap()
        self.words(node.op, node.words)
        if not node.arms:
            return
        label = node.words[:1] if node.words and node.words[0][0] == "$" and self.random.random() < 0.3 else []
        for position, arm in enumerate(node.arms):
            if position:
                self.gap()
                self.words("else", label)
            self.depth += 1
            self.sequence(arm)
            self.depth -= 1
        self.gap()
        self.words("end", label)

    def folded(self, node: Node, inside: list[Node]) -> None:
        self.gap()
        self.out.append("(" if self.random.random() > self.comments else "( ")
        self.words(node.op, node.words)
        self.depth += 1
        for operand in inside:
            self.folded(operand, operand.operands)
        for position, arm in enumerate(node.arms):
            if node.op == "if":
                self.gap()
                self.out.append("(else" if position else "(then")
            self.sequence(arm)
            if node.op == "if":
                self.close()
        self.depth -= 1
        self.close()

    def close(self) -> None:
        if self.random.random() < 0.2:
            self.gap()
        self.out.append(")")
