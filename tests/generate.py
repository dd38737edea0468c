"""Random modules that always end, made to be paused: `generate(seed)` is the same module each time.

A module has functions over numbers and references, which call each other, imports of the host, through tables and
references, in blocks, loops and ifs with parameters and results, left by branches with values, tail calls and
exceptions, in dead code too. Each function and each loop begins with a check of a global, `$fuel`, and returns when it
is used up. What a module may use beyond numbers, one memory and one table is drawn from `FEATURES`; many are plain.
With "inner functions", most are known to their callers alone, and others around them are exported and stand in tables.

A program is made as trees of `Node`s first (generate_code.py, generate_refs.py, generate_control.py), each an
instruction with what gives its operands. The trees are printed folded, flat and mixed (generate_print.py). A NaN never
comes up, for its bits are not the same each time: floats are only moved, compared, made of integers, and grow a bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from generate_code import Func, Table
from generate_control import Control, Tag
from generate_print import Printer
from generate_types import NUMBERS, Defined, Type, is_nullable, is_number

FUEL = 40
# What each needs besides itself.
FEATURES: dict[str, set[str]] = {
    "references": set(),
    "functions": {"references"},
    "gc": {"references", "functions"},
    "exceptions": {"references"},
    "tail calls": set(),
    "memories": set(),
    "tables": {"references"},
    "inner functions": set(),
}

# Ids that collide with those of the rewriter, or look like they might.
LOCAL_NAMES = "$x $y $i $call $value_i32 $value_i32_2 $value_i64 $value_f64 $unwind $data $position $value".split()
FUNC_NAMES = "$save_i32 $restore_i32 $save_f64 $bysyncify_get_state $f $g $h $main $unwind $call".split()
GLOBAL_NAMES = "$normal $unwinding $rewinding $data $state $g $h".split()
MEMORY_NAMES = "$memory $frames $bysyncify_memory $m".split()
TABLE_NAMES = "$table $refs $saved $bysyncify_table $t".split()

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
REFERENCE_IMPORTS: dict[str, dict[str, Type]] = {
    "references": {
        "print_externref->externref": (("(ref null extern)",), ("(ref null extern)",)),
        "print->funcref": ((), ("(ref null func)",)),
        "print_i32->externref i32": (("i32",), ("(ref null extern)", "i32")),
    },
    "gc": {
        "print_anyref": (("(ref null any)",), ()),
        "print_eqref->anyref": (("(ref null eq)",), ("(ref null any)",)),
        "print->i31": (("i32",), ("(ref i31)",)),
        "print_eq->eq i32": (("(ref eq)", "i32"), ("(ref eq)", "i32")),
    },
    "exceptions": {"print_throws": (("i32",), ("i32",))},
}
REFERENCES: dict[str, tuple[str, ...]] = {
    "references": ("(ref null func)", "(ref null extern)"),
    "functions": ("(ref func)", "(ref null 0)", "(ref 0)"),
    "gc": (
        "(ref null any)", "(ref null eq)", "(ref null i31)", "(ref any)", "(ref eq)", "(ref i31)", "(ref extern)",
        "(ref null struct)", "(ref struct)", "(ref null array)", "(ref array)",
    ),
    "exceptions": ("(ref null exn)",),
}  # fmt: skip


@dataclass(slots=True)
class Program:
    """A generated module, its functions to call with the types of their parameters, and its imports."""

    text: str
    exports: list[tuple[str, Type]]
    imports: list[str]
    features: set[str] = field(default_factory=set)


def generate(seed: int, size: int = 26) -> Program:
    """A module; `size` is about how many expressions there are in a function."""
    return _Generator(Random(seed), size).program()


class _Generator(Control):
    def program(self) -> Program:
        random = self.random
        if self.chance(0.75):
            for feature in FEATURES:
                if self.chance(0.4):
                    self.features |= {feature} | FEATURES[feature]
        self.define_types()
        self.declare_functions()
        if "references" in self.features:
            self.use_references()
        self.declare_rest()
        self.use_control()
        fields = self.types.texts()
        imported = sum(func.import_ is not None for func in self.funcs)
        for func in self.funcs[:imported]:
            use = " ".join(self.type_use(func.type))
            fields.append(f'(import "spectest" "{func.import_}" (func {func.id or ""} {use}))')
        fields += self.rest_texts()
        fields += [self.func_text(number) for number in range(imported, len(self.funcs))]
        fields += [self.around_text(number) for number in sorted(self.inner)]
        if "tail calls" in self.features:
            fields += self.chains()
        exports = [(f"f{number}", self.funcs[number].type) for number in range(imported, len(self.funcs))]
        separator = random.choice(["\n  ", "\n\n", "\n  ;; next\n  ", " "])
        text = f"(module{separator}{separator.join(fields)}\n)\n"
        return Program(text, exports, [func.import_ for func in self.funcs if func.import_], self.features)

    def name(self, pool: list[str], taken: set[str], probability: float = 0.7) -> str | None:
        found = self.random.choice(pool)
        if found in taken or not self.chance(probability):
            return None
        taken.add(found)
        return found

    def define_types(self) -> None:
        """The types of data, and which types of references there are."""
        if "functions" in self.features:
            self.types.defined.append(Defined("$callback", "func", (("i32",), ("i32",))))
        if "gc" in self.features:
            self.types.define_data()
        known = [type_ for feature in REFERENCES if feature in self.features for type_ in REFERENCES[feature]]
        for number in range(*self.types.group):
            known += [f"(ref null {number})", f"(ref {number})"]
        for type_ in self.random.sample(known, self.random.randint(len(known) // 3, len(known))):
            self.pool.append((type_, self.random.choice([0.5, 1, 2]) * 9 / len(known)))
        if known and len(self.pool) == len(NUMBERS):
            self.pool.append((known[0], 3))

    def declare_functions(self) -> None:
        """Imports and functions; the types of functions that are named."""
        random = self.random
        func_names: set[str] = set()
        imports = dict(IMPORTS)
        for feature, more in REFERENCE_IMPORTS.items():
            if feature in self.features:
                imports |= more
        for name in random.sample(list(imports), random.randint(2, 6)):
            self.funcs.append(Func(self.name(FUNC_NAMES, func_names), imports[name], name))
        types: list[Type] = [(("i32",), ("i32",))] if "functions" in self.features else []
        known_inside = "inner functions" in self.features
        for _ in range(random.randint(4, 7) if known_inside else random.randint(2, 5)):
            types.append(
                random.choice(self.funcs).type if self.chance(0.3) else (self.some_types(3), self.some_types(2))
            )
        for type_ in types:
            if known_inside and self.chance(0.8):
                self.inner.add(len(self.funcs))
            self.funcs.append(Func(self.name(FUNC_NAMES, func_names), type_, None, self.chance(0.15)))
        known = [func.type for func in self.funcs if func.type != (("i32",), ("i32",)) or not types]
        for type_ in sorted(dict.fromkeys(known), key=repr):
            if self.chance(0.6):
                number = len(self.types.defined)
                self.types.defined.append(Defined(f"$t{number}" if self.chance(0.7) else None, "func", type_))
                if "functions" in self.features and self.chance(0.3):
                    self.pool.append((f"(ref {random.choice(['null ', ''])}{number})", 0.7))

    def declare_rest(self) -> None:
        """Globals, memories, tables, tags."""
        random = self.random
        taken: set[str] = {"$fuel"}
        contents = [*NUMBERS, *(type_ for type_, _ in self.pool if is_nullable(type_) and self.chance(0.5))]
        self.globals = [("$fuel", "i32"), *((self.name(GLOBAL_NAMES, taken), type_) for type_ in contents)]
        self.memories = [(self.name(MEMORY_NAMES, taken, 0.4), "i32")]
        names: set[str] = set()
        places = tuple(random.randrange(len(self.funcs)) for _ in range(4))
        self.tables = [Table(self.name(TABLE_NAMES, names, 0.4), "(ref null func)", "i32", places)]
        if "memories" in self.features:
            for _ in range(random.randint(1, 2)):
                self.memories.append((self.name(MEMORY_NAMES, taken), random.choice(["i32", "i64"])))
        if "tables" in self.features:
            some = [
                type_ for type_, _ in self.pool if not is_number(type_) and (is_nullable(type_) or type_[-2] != "n")
            ]
            for _ in range(random.randint(1, 3)):
                content = random.choice(some) if some else "(ref null func)"
                content = content if is_nullable(content) or content == "(ref i31)" else "(ref null func)"
                id_, address = self.name(TABLE_NAMES, names), random.choice(["i32", "i32", "i64"])
                is_fixed = content == "(ref null func)" and self.chance(0.5)
                self.tables.append(Table(id_, content, address, places[::-1] if is_fixed else ()))
        self.tags = []
        if "exceptions" in self.features:
            for _ in range(random.randint(1, 3)):
                self.tags.append(Tag(f"$e{len(self.tags)}" if self.chance(0.7) else None, self.some_types(2)))

    def rest_texts(self) -> list[str]:
        """The fields of all that is not a type or a function."""
        fields = ["(memory " + (self.memories[0][0] or "") + ' (export "memory") 1 3)']
        for number, (id_, address) in enumerate(self.memories[1:], 1):
            fields.append(f'(memory {id_ or ""} (export "memory {number}") {address} 1 3)')
        fields += [f"(tag {tag.id or ''} {' '.join(self.types.list('param', tag.params))})" for tag in self.tags]
        fields.append(f'(global $fuel (export "fuel") (mut i32) (i32.const {FUEL}))')
        for number, (id_, content) in enumerate(self.globals[1:]):
            start = (
                self.constant(content) if is_number(content) else f"(ref.null {self.types.heap_word(content[10:-1])})"
            )
            spelled = self.types.spelled(content)
            fields.append(f'(global {id_ or ""} (export "g{number}") (mut {spelled}) {start})')
        for number, table in enumerate(self.tables):
            address = table.address if table.address == "i64" else self.random.choice(["", "i32"])
            first = "" if is_nullable(table.content) else "(ref.i31 (i32.const 3))"
            spelled = self.types.spelled(table.content)
            fields.append(f"(table {table.id or ''} {address} {5 if table.is_fixed else '4 9'} {spelled} {first})")
            if table.is_fixed:
                places = " ".join(map(self.referred, table.places))
                to = f"(table {number}) " if number else ""
                fields.append(f"(elem {to}({table.address}.const 0) {'func ' if to else ''}{places})")
        if "references" in self.features:
            fields.append(f"(elem declare func {' '.join(map(self.referred, range(len(self.funcs))))})")
        return fields

    def around_text(self, number: int) -> str:
        """A function that calls one that only its callers know, and is known to all instead."""
        type_ = self.funcs[number].type
        operands = [f"(local.get {at})" for at in range(len(type_[0]))]
        head = [f'(func $around_{number} (export "f{number}")', *self.types.signature(type_)]
        return " ".join([*head, f"(call {number}", *operands, "))"])

    def func_text(self, number: int) -> str:
        func = self.funcs[number]
        self.func = func
        taken: set[str] = set()
        params, results = func.type
        self.locals = [(self.name(LOCAL_NAMES, taken), type_) for type_ in params]
        words = ["(func", func.id or "", "" if number in self.inner else f'(export "f{number}")']
        if not any(id_ for id_, _ in self.locals) and self.chance(0.5):
            words += self.type_use(func.type)
        else:
            words += [f"(param {id_ or ''} {self.types.spelled(type_)})" for id_, type_ in self.locals]
            words += self.types.list("result", results)
        for type_ in (*self.some_types(6 if self.features else 4), "i32"):
            id_ = self.name(LOCAL_NAMES, taken)
            self.locals.append((id_, type_))
            words.append(f"(local {id_ or ''} {self.types.spelled(type_)})")
        self.ready = {
            each
            for each, (_, type_) in enumerate(self.locals)
            if each < len(params) or is_number(type_) or is_nullable(type_)
        }
        self.labels = [(None, results, "func")]
        self.budget = self.size
        body = self.sequence(results, 0, fuel=True)
        return " ".join(word for word in words if word) + Printer(self.random).text(body) + ")"
