"""Binary module -> its interface: types as text, imports and exports (spec, "Binary Format / Modules").

wasmtime's Python package aborts the process when asked for a type it does not know (v128, a GC type), so nobody asks:
types are read here. The module is one that wasmtime has compiled; nothing is checked again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NUMBERS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
PACKED = {0x78: "i8", 0x77: "i16"}
HEAPS = {0x74: "noexn", 0x73: "nofunc", 0x72: "noextern", 0x71: "none", 0x70: "func", 0x6F: "extern", 0x6E: "any",
         0x6D: "eq", 0x6C: "i31", 0x6B: "struct", 0x6A: "array", 0x69: "exn"}  # fmt: skip
KINDS = ("func", "table", "memory", "global", "tag")


@dataclass(frozen=True, slots=True)
class FuncType:
    """Value types as text. `plain`: `(func (param ..) (result ..))` alone means this type, no `rec` or `sub` does."""

    params: tuple[str, ...]
    results: tuple[str, ...]
    plain: bool


@dataclass(frozen=True, slots=True)
class Import:
    """`type` is a type index for a function or a tag; as text a global type for a global, the type of the elements for
    a table (behind `i64` where its indices are that), the type of an address for a memory."""

    module: str
    name: str
    kind: str
    type: int | str


@dataclass
class Interface:
    """What a module shows. `types` is the text of all its types: in another module it gives the same indexes.

    `spaces` has the types of all entities of each kind, by index, as `Import` has them; `indices` the kind and the
    index of each export.
    """

    types: str = ""
    composites: list[str] = field(default_factory=list)  # by type index: func, struct, array
    funcs: dict[int, FuncType] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, tuple[str, int | str]] = field(default_factory=dict)
    spaces: dict[str, list[int | str]] = field(default_factory=dict)
    indices: dict[str, tuple[str, int]] = field(default_factory=dict)

    def hierarchy(self, heap: str) -> str:
        """The top type of a heap type, given as text: any, func, extern or exn."""
        if heap.isdigit():
            return "func" if self.composites[int(heap)] == "func" else "any"
        return heap.removeprefix("no") if heap in ("func", "nofunc", "extern", "noextern", "exn", "noexn") else "any"


def read_interface(wasm: bytes) -> Interface:
    """The interface of a valid binary module."""
    spaces: dict[str, list[int | str]] = {kind: [] for kind in KINDS}
    found = Interface(spaces=spaces)
    reader = Reader(wasm, 8)
    while reader.position < len(wasm):
        section = reader.byte()
        end = reader.number() + reader.position
        if section == 1:
            found.types = "\n  ".join(reader.rectype(found) for _ in range(reader.number()))
        elif section == 2:
            for _ in range(reader.number()):
                module, name, kind = reader.name(), reader.name(), KINDS[reader.byte()]
                type = reader.extern_type(kind)
                found.imports.append(Import(module, name, kind, type))
                spaces[kind].append(type)
        elif section == 3:
            spaces["func"] += [reader.number() for _ in range(reader.number())]
        elif section == 4:
            for _ in range(reader.number()):
                starts = reader.wasm[reader.position] == 0x40  # with a value for its elements
                reader.position += 2 * starts
                spaces["table"].append(reader.extern_type("table"))
                if starts:
                    reader.skip_expr()
        elif section == 5:
            spaces["memory"] += [reader.extern_type("memory") for _ in range(reader.number())]
        elif section == 13:
            spaces["tag"] += [reader.extern_type("tag") for _ in range(reader.number())]
        elif section == 6:
            for _ in range(reader.number()):
                spaces["global"].append(reader.extern_type("global"))
                reader.skip_expr()
        elif section == 7:
            for _ in range(reader.number()):
                name, kind, index = reader.name(), KINDS[reader.byte()], reader.number()
                found.indices[name] = kind, index
                found.exports[name] = kind, spaces[kind][index]
        reader.position = end
    return found


class Reader:
    """Reads what a binary module is made of, from a position on."""

    def __init__(self, wasm: bytes, position: int) -> None:
        self.wasm = wasm
        self.position = position

    def byte(self) -> int:
        self.position += 1
        return self.wasm[self.position - 1]

    def number(self) -> int:
        """An integer in LEB128, unsigned."""
        result = shift = 0
        while (byte := self.byte()) & 0x80:
            result |= (byte & 0x7F) << shift
            shift += 7
        return result | byte << shift

    def name(self) -> str:
        length = self.number()
        self.position += length
        return self.wasm[self.position - length : self.position].decode()

    def heap(self) -> str:
        code = self.wasm[self.position]
        return HEAPS[self.byte()] if code in HEAPS else str(self.number())

    def value_type(self) -> str:
        """`i32`, `i8`, `(ref null any)`, `(ref 3)`."""
        code = self.byte()
        if code in (0x63, 0x64):
            return f"(ref null {self.heap()})" if code == 0x63 else f"(ref {self.heap()})"
        return NUMBERS.get(code) or PACKED.get(code) or f"(ref null {HEAPS[code]})"

    def storage(self) -> str:
        type = self.value_type()
        return f"(mut {type})" if self.byte() else type

    def rectype(self, found: Interface) -> str:
        if self.wasm[self.position] != 0x4E:
            return f"(type {self.subtype(found, alone=True)})"
        self.position += 1
        group = " ".join(f"(type {self.subtype(found, alone=False)})" for _ in range(self.number()))
        return f"(rec {group})"

    def subtype(self, found: Interface, alone: bool) -> str:
        code, before, after = self.byte(), "", ""
        if code in (0x50, 0x4F):
            supers = "".join(f"{self.number()} " for _ in range(self.number()))
            before, after = f"(sub {'final ' if code == 0x4F else ''}{supers}", ")"
            alone = alone and code == 0x4F and not supers
            code = self.byte()
        if code == 0x60:
            params = tuple(self.value_type() for _ in range(self.number()))
            results = tuple(self.value_type() for _ in range(self.number()))
            found.funcs[len(found.composites)] = FuncType(params, results, alone)
            composite = "func"
            body = f" (param {' '.join(params)}) (result {' '.join(results)})"
        elif code == 0x5F:
            composite = "struct"
            body = "".join(f" (field {self.storage()})" for _ in range(self.number()))
        else:
            composite = "array"
            body = f" {self.storage()}"
        found.composites.append(composite)
        return f"{before}({composite}{body}){after}"

    def extern_type(self, kind: str) -> int | str:
        """The type of an entity, as `Import` has it."""
        if kind == "func":
            return self.number()
        if kind == "global":
            return self.storage()
        if kind == "tag":
            self.position += 1
            return self.number()
        element = self.value_type() if kind == "table" else ""
        flags = self.byte()
        for _ in range(1 + (flags & 1) + (flags >> 3 & 1)):  # the least, the most, the size of a page
            self.number()
        address = "i64" if flags & 4 else "i32"
        return f"{'i64 ' if flags & 4 else ''}{element}" if element else address

    def skip_expr(self) -> None:
        """Past a constant expression and its `end`."""
        while (code := self.byte()) != 0x0B:
            if code in (0x41, 0x42, 0x23, 0xD2):  # i32.const, i64.const, global.get, ref.func
                self.number()
            elif code in (0x43, 0x44):
                self.position += 4 if code == 0x43 else 8
            elif code == 0xD0:
                self.heap()
            elif code == 0xFD:  # v128.const
                self.number()
                self.position += 16
            elif code == 0xFB:
                operation = self.number()
                for _ in range({0: 1, 1: 1, 6: 1, 7: 1, 8: 2}.get(operation, 0)):  # struct.new .. array.new_fixed
                    self.number()
