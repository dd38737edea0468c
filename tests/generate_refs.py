"""Generated code over references: structs, arrays, i31, functions, tables, casts and the branches on them.

A wrong reference shows: `observe` statements turn what a local refers to into a number, which is printed or added to a
global.
"""

from __future__ import annotations

from generate_code import Code, Func
from generate_print import Node
from generate_types import PACKED, heap, is_nullable, is_number, non_null, nullable

STATEMENTS = {"observe": 14.0, "set_data": 8.0, "table": 6.0, "br_on": 6.0}
NUMBER_VALUES = {"call_ref": 5.0, "field": 8.0, "element": 4.0, "from_reference": 9.0}
REFERENCE_VALUES = {
    "leaf": 26.0, "make": 18.0, "call": 14.0, "block": 8.0, "select": 5.0, "tee": 9.0, "br_if": 3.0, "row": 5.0,
    "tall": 2.0, "field": 5.0, "element": 4.0, "table_get": 9.0, "call_ref": 5.0, "cast": 6.0, "as_non_null": 4.0,
    "convert": 3.0, "br_on_null": 4.0, "br_on": 9.0,
}  # fmt: skip


class References(Code):
    nesting = 0  # constants in constants

    def use_references(self) -> None:
        """Adds the kinds of statements and expressions."""
        self.statements |= STATEMENTS
        self.number_values |= NUMBER_VALUES
        self.reference_values = dict(REFERENCE_VALUES)
        if "gc" not in self.features:
            for kind in ("convert", "cast", "br_on", "field", "element"):
                self.reference_values.pop(kind)
            for kind in ("field", "element"):
                self.number_values.pop(kind)

    def reference_types(self) -> list[str]:
        return [type_ for type_, _ in self.pool if not is_number(type_)]

    def some_reference(self) -> str:
        return self.random.choice(self.reference_types())

    def data(self, kind: str, below: str | None = None) -> list[int]:
        """The struct or array types, those below a heap type."""
        every = self.types.of_kind(kind)
        return [each for each in every if below is None or self.types.is_sub(f"(ref {each})", f"(ref {below})")]

    # -- references made

    def constant_node(self, type_: str) -> Node:
        if is_number(type_):
            return super().constant_node(type_)
        null = Node("ref.null", [self.types.heap_word(heap(type_))], results=(type_,))
        if is_nullable(type_) and (self.nesting > 2 or self.chance(0.6) or heap(type_) in ("exn", "extern")):
            return null
        self.nesting += 1
        made = self.made(heap(type_), 8, is_constant=True)
        self.nesting -= 1
        return made or null

    def parts(self, types: tuple[str, ...], depth: int, is_constant: bool) -> list[Node]:
        return [self.constant_node(type_) for type_ in types] if is_constant else self.operands(types, depth)

    def make_value(self, type_: str, depth: int) -> Node | None:
        return self.made(heap(type_), depth)

    def made(self, heap_: str, depth: int, is_constant: bool = False) -> Node | None:
        """A new reference, not null."""
        random = self.random
        if heap_ == "extern":
            if "gc" not in self.features:
                return None
            return Node("extern.convert_any", [], self.parts(("(ref any)",), depth, is_constant))
        if heap_ == "exn":
            return self.made_exception(depth)
        if self.types.top(heap_) == "func":
            alike = [
                n for n, f in enumerate(self.funcs) if heap_ == "func" or f.type == self.types.defined[int(heap_)].func
            ]
            if not alike:
                return None
            number = random.choice(alike)
            return Node("ref.func", [self.referred(number)], results=("(ref func)",))
        structs = self.data("struct", heap_)
        arrays = self.data("array", heap_)
        if heap_ in ("any", "eq", "i31") and (heap_ == "i31" or self.nesting > 2 or self.chance(0.5)):
            return Node("ref.i31", [], self.parts(("i32",), depth, is_constant), ("(ref i31)",))
        if not structs and not arrays:
            return None
        number = random.choice(structs + arrays)
        if self.nesting > 2:  # a type below it may hold one of its own
            number = int(heap_) if heap_.isdigit() else (structs + arrays)[0]
        word = self.types.word(number)
        fields = self.types.defined[number].fields
        contents = tuple("i32" if content in PACKED else content for content, _ in fields)
        defaults = all(is_number(content) or is_nullable(content) for content in contents)
        if number in structs:
            if defaults and self.chance(0.2):
                return Node("struct.new_default", [word], results=(f"(ref {number})",))
            return Node("struct.new", [word], self.parts(contents, depth, is_constant), (f"(ref {number})",))
        kind = random.choice(["new", "new_fixed", "new_default"] if defaults else ["new", "new_fixed"])
        length = random.randint(1, 3)
        if kind == "new_fixed":
            values = self.parts(contents * length, depth, is_constant)
            return Node("array.new_fixed", [word, str(length)], values, (f"(ref {number})",))
        values = self.parts(contents, depth, is_constant) if kind == "new" else []
        return Node(f"array.{kind}", [word], [*values, self.const(length)], (f"(ref {number})",))

    def made_exception(self, depth: int) -> Node | None:
        return None

    # -- data and what it holds

    def of_data(self, number: int, depth: int) -> list[Node]:
        """A reference to a struct or an array of a type; hardly ever null."""
        return self.operands((f"(ref {'null ' * self.chance(0.1)}{number})",), depth)

    def holding(self, kind: str, type_: str) -> list[tuple[int, int, str]]:
        """The types with a field that gives values of a type: type, field, instruction."""
        found = []
        for number in self.types.of_kind(kind):
            for at, (content, _) in enumerate(self.types.defined[number].fields):
                if content in PACKED and type_ == "i32":
                    found.append((number, at, f"{kind}.get_{self.random.choice('su')}"))
                elif content not in PACKED and self.types.is_sub(content, type_):
                    found.append((number, at, f"{kind}.get"))
        return found

    def field_value(self, type_: str, depth: int) -> Node | None:
        choices = self.holding("struct", type_)
        if not choices:
            return None
        number, at, op = self.random.choice(choices)
        return Node(op, [self.types.word(number), str(at)], self.of_data(number, depth), (type_,))

    def element_value(self, type_: str, depth: int) -> Node | None:
        choices = self.holding("array", type_)
        if not choices:
            return None
        number, _, op = self.random.choice(choices)
        return Node(op, [self.types.word(number)], [*self.of_data(number, depth), self.index(depth)], (type_,))

    def index(self, depth: int) -> Node:
        """The index of an element, which is there almost always."""
        if self.chance(0.8):
            return self.const(0)
        return Node("i32.and", [], [*self.operands(("i32",), depth), self.const(int(self.chance(0.1)))], ("i32",))

    def set_data_statement(self, depth: int) -> Node | None:
        """Writes to a struct or an array."""
        kind = self.random.choice(["struct", "array"])
        choices = [
            (number, at, content)
            for number in self.types.of_kind(kind)
            for at, (content, is_mutable) in enumerate(self.types.defined[number].fields)
            if is_mutable
        ]
        if not choices:
            return None
        number, at, content = self.random.choice(choices)
        content = "i32" if content in PACKED else content
        word = self.types.word(number)
        place = self.of_data(number, depth)
        if kind == "struct":
            return Node("struct.set", [word, str(at)], [*place, *self.operands((content,), depth)])
        index = self.index(depth)
        how = self.random.choice(["set", "set", "fill", "copy"])
        if how == "copy":
            source = [*self.of_data(number, depth), self.const(0), self.const(1)]
            return Node("array.copy", [word, self.types.word(number)], [*place, index, *source])
        values = self.operands((content,), depth)
        return Node(f"array.{how}", [word], [*place, index, *values, *([self.const(1)] if how == "fill" else [])])

    def from_reference_value(self, type_: str, depth: int) -> Node | None:
        """A number that a reference gives."""
        if type_ != "i32":
            return None
        kinds = ["is_null"] + (["eq", "i31", "len", "test"] if "gc" in self.features else [])
        match self.random.choice(kinds):
            case "eq":
                types = tuple(self.random.choice(["(ref null eq)", "(ref eq)"]) for _ in range(2))
                return Node("ref.eq", [], self.operands(types, depth), ("i32",))
            case "i31":
                return Node(f"i31.get_{self.random.choice('su')}", [], self.operands(("(ref i31)",), depth), ("i32",))
            case "len":
                arrays = self.types.of_kind("array")
                return Node("array.len", [], self.of_data(self.random.choice(arrays), depth), ("i32",))
            case "test":
                below, above = self.casts()
                return Node("ref.test", [self.types.spelled(below)], self.operands((above,), depth), ("i32",))
        return Node("ref.is_null", [], self.operands((nullable(self.some_reference()),), depth), ("i32",))

    # -- functions

    def through_reference(self, func: Func, depth: int) -> tuple[str, Node] | None:
        if "functions" not in self.features:
            return None
        for number, type_ in enumerate(self.types.defined):
            if type_.kind == "func" and type_.func == func.type:
                at = next(n for n, each in enumerate(self.funcs) if each is func)
                word = self.types.word(number)
                if self.chance(0.4):
                    return word, Node("ref.func", [self.referred(at)], results=(f"(ref {number})",))
                return word, self.value(f"(ref {'null ' * self.chance(0.1)}{number})", depth + 1)
        return None

    def call_ref_value(self, type_: str, depth: int) -> Node | None:
        """The result of a function that is known by its type only."""
        if self.func.is_plain or "functions" not in self.features:
            return None
        known = [f.type for f in self.funcs]
        choices = [
            number
            for number, each in enumerate(self.types.defined)
            if each.kind == "func" and self.types.are_sub(each.func[1], (type_,)) and each.func in known
        ]
        if not choices:
            return None
        number = self.random.choice(choices)
        operands = self.operands((*self.types.defined[number].func[0], f"(ref {number})"), depth)
        return Node("call_ref", [self.types.word(number)], operands, (type_,))

    # -- tables

    def free_tables(self) -> list[int]:
        return [number for number, table in enumerate(self.tables) if not table.is_fixed]

    def place(self, number: int, depth: int) -> Node:
        """An index into a table, which is there."""
        address = self.tables[number].address
        mask = self.const(3, address)
        return Node(f"{address}.and", [], [*self.operands((address,), depth), mask], (address,))

    def table_words(self, number: int) -> list[str]:
        return [self.word(self.tables[number].id, number)] if number or self.chance(0.2) else []

    def table_get_value(self, type_: str, depth: int) -> Node | None:
        choices = [n for n in self.free_tables() if self.types.is_sub(self.tables[n].content, type_)]
        if not choices:
            return None
        number = self.random.choice(choices)
        return Node("table.get", self.table_words(number), [self.place(number, depth)], (type_,))

    def table_statement(self, depth: int) -> Node | None:
        choices = self.free_tables()
        if not choices:
            return None
        number = self.random.choice(choices)
        table = self.tables[number]
        words = self.table_words(number)
        one = self.const(1, table.address)
        match self.random.choice(["set", "set", "set", "fill", "grow", "size", "copy"]):
            case "fill":
                at, value = self.place(number, depth), self.operands((table.content,), depth)
                return Node("table.fill", words, [at, *value, one])
            case "grow":
                value = self.operands((table.content,), depth)
                return Node("drop", [], [Node("table.grow", words, [*value, one], (table.address,))])
            case "size":
                return Node("drop", [], [Node("table.size", words, results=(table.address,))])
            case "copy":
                places = [self.place(number, depth), self.place(number, depth)]
                return Node("table.copy", [self.word(table.id, number)] * 2, [*places, one])
        at = self.place(number, depth)
        return Node("table.set", words, [at, *self.operands((table.content,), depth)])

    # -- casts and branches

    def casts(self, below: str | None = None) -> tuple[str, str]:
        """A type and one above it."""
        below = below or self.some_reference()
        standard = ["(ref null any)", "(ref null eq)", "(ref null func)", "(ref any)", "(ref eq)"]
        above = [type_ for type_ in (below, *self.reference_types(), *standard) if self.types.is_sub(below, type_)]
        return below, self.random.choice(above)

    def cast_value(self, type_: str, depth: int) -> Node | None:
        if heap(type_) == "exn":
            return None
        above = self.casts(type_)[1] if self.chance(0.1) else type_
        return Node("ref.cast", [self.types.spelled(type_)], self.operands((above,), depth), (type_,))

    def as_non_null_value(self, type_: str, depth: int) -> Node | None:
        if is_nullable(type_) or "functions" not in self.features:
            return None
        operand = nullable(type_) if self.chance(0.15) else type_
        return Node("ref.as_non_null", [], self.operands((operand,), depth), (type_,))

    def convert_value(self, type_: str, depth: int) -> Node | None:
        null = "null " * is_nullable(type_)
        if heap(type_) not in ("any", "extern"):
            return None
        op, source = ("extern.convert_any", "any") if heap(type_) == "extern" else ("any.convert_extern", "extern")
        return Node(op, [], self.operands((f"(ref {null}{source})",), depth), (type_,))

    def br_on_null_value(self, type_: str, depth: int) -> Node | None:
        """What is left of a reference that is not null; else a branch to a label that takes nothing."""
        choices = [number for number, label in enumerate(self.labels) if not label[1]]
        if is_nullable(type_) or not choices or "functions" not in self.features:
            return None
        word = self.label_word(self.random.choice(choices))
        operand = nullable(type_) if self.chance(0.4) else type_
        return Node("br_on_null", [word], self.operands((operand,), depth), (type_,))

    def br_on_value(self, type_: str, depth: int) -> Node | None:
        """A block that a branch on a reference leaves with it."""
        if depth > 5 or heap(type_) == "exn" or self.types.top(heap(type_)) == "extern":
            return None
        self.labels.append((None, (type_,), "block"))
        ready = set(self.ready)
        branch = self.branch_on(len(self.labels) - 1, depth)
        rest = self.operands((type_,), depth + 1)
        self.ready = ready
        self.labels.pop()
        return Node("block", self.type_use(((), (type_,))), [], (type_,), [[branch, *rest]])

    def br_on_statement(self, depth: int) -> Node | None:
        if "functions" not in self.features:
            return None
        return self.branch_on(self.random.randrange(len(self.labels)), depth)

    def branch_on(self, number: int, depth: int) -> Node:
        """A branch on a reference, to a label; what stays is dropped."""
        types = self.labels[number][1]
        kinds = ["null"]
        if types and not is_number(types[-1]) and heap(types[-1]) != "exn":
            kinds = ["non_null"] * (not is_nullable(types[-1]))
            if "gc" in self.features and self.types.top(heap(types[-1])) != "extern":
                kinds += ["cast", "cast", "cast_fail", "cast_fail"]
            kinds = kinds or ["null"]
        kind = self.random.choice(kinds)
        label = self.label_word(number)
        if kind == "null":
            reference = nullable(self.some_reference())
            node = Node("br_on_null", [label], self.operands((*types, reference), depth))
            return self.dropped(node, len(types) + 1)
        if kind == "non_null":
            node = Node("br_on_non_null", [label], self.operands((*types[:-1], nullable(types[-1])), depth))
            return self.dropped(node, len(types) - 1)
        below, above = self.casts(types[-1])
        if kind == "cast_fail":
            above = types[-1]
            choices = [type_ for type_ in self.reference_types() if self.types.is_sub(type_, above)]
            below = self.random.choice([*choices, above])
        words = [label, self.types.spelled(above), self.types.spelled(below)]
        node = Node(f"br_on_{kind}", words, self.operands((*types[:-1], above), depth))
        return self.dropped(node, len(types))

    # -- references shown as numbers

    def observe_statement(self, depth: int) -> Node | None:
        """Prints a number that tells what a local refers to, or adds it to a global."""
        choices = [number for number in self.ready if not is_number(self.locals[number][1])]
        if not choices:
            return None
        number = self.random.choice(sorted(choices))
        seen = self.observed(self.locals[number][1], number, depth)
        printing = [n for n, func in enumerate(self.funcs) if func.import_ == "print"]
        if printing and self.chance(0.5):
            return Node("call", [self.word(self.funcs[printing[0]].id, printing[0])], [seen])
        word = self.word(self.globals[1][0], 1)
        before = Node("i32.mul", [], [Node("global.get", [word], results=("i32",)), self.const(31)], ("i32",))
        return Node("global.set", [word], [Node("i32.add", [], [before, seen], ("i32",))])

    def observed(self, type_: str, number: int, depth: int) -> Node:
        """An i32 that tells what a local refers to; it never traps."""
        local = Node("local.get", [self.local_word(number)], results=(type_,))
        if not is_nullable(type_):
            return self.content(heap(type_), local, depth)
        is_null = Node("ref.is_null", [], [local], ("i32",))
        if "functions" not in self.features:
            return is_null
        known = Node("ref.as_non_null", [], [local], (non_null(type_),))
        arms = [[self.const(-1)], [self.content(heap(type_), known, depth)]]
        return Node("if", ["(result i32)"], [is_null], ("i32",), arms, 0)

    def content(self, heap_: str, node: Node, depth: int) -> Node:
        """An i32 that tells what a reference, not null, refers to; the node can stand there twice."""
        if heap_ == "i31":
            return Node("i31.get_s", [], [node], ("i32",))
        if heap_.isdigit():
            return self.content_of(int(heap_), node)
        if heap_ == "extern" and "gc" in self.features:
            return self.content("any", Node("any.convert_extern", [], [node], ("(ref any)",)), depth)
        if heap_ not in ("any", "eq", "struct", "array"):
            return Node("ref.is_null", [], [node], ("i32",))
        found = self.const(-2)
        below = ["i31", *map(str, self.types.of_kind("struct") + self.types.of_kind("array"))]
        for each in self.random.sample(below, min(3, len(below))):
            if self.types.is_sub(f"(ref {each})", f"(ref {heap_})"):
                cast = Node("ref.cast", [f"(ref {self.types.heap_word(each)})"], [node])
                test = Node("ref.test", [f"(ref {self.types.heap_word(each)})"], [node], ("i32",))
                arms = [[self.content(each, cast, depth)], [found]]
                found = Node("if", ["(result i32)"], [test], ("i32",), arms, 0)
        return found

    def content_of(self, number: int, node: Node) -> Node:
        """An i32 that tells what a struct or an array holds, or a function returns."""
        type_ = self.types.defined[number]
        word = self.types.word(number)
        if type_.kind == "func":
            if type_.func[1] != ("i32",) or self.func.is_plain:
                return Node("ref.is_null", [], [node], ("i32",))
            return Node("call_ref", [word], [*map(self.constant_node, type_.func[0]), node], ("i32",))
        if type_.kind == "array":
            return Node("array.len", [], [node], ("i32",))
        at = self.random.randrange(len(type_.fields))
        content = type_.fields[at][0]
        if content in PACKED:
            return Node("struct.get_s", [word, str(at)], [node], ("i32",))
        get = Node("struct.get", [word, str(at)], [node], (content,))
        match content:
            case "i32":
                return get
            case "i64":
                return Node("i32.wrap_i64", [], [get], ("i32",))
            case "f32" | "f64":
                return Node(f"i32.trunc_sat_{content}_s", [], [get], ("i32",))
            case "v128":
                return Node("i32x4.extract_lane", ["1"], [get], ("i32",))
        return Node("ref.is_null", [], [get], ("i32",))
