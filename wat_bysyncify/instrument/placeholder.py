"""A value of any type, for where WebAssembly wants one that nobody will read: what is returned while unwinding.

Numbers have zero and nullable references null. For each other type that asks for one, a function makes it:

    (func $some_node (result (ref $node))
      (struct.new $node (i32.const 0) (ref.null $node))
    )
"""

from __future__ import annotations

from .module import Module, unpacked
from .names import Taken, unused
from .reftypes import can_be_kept, heap_type, is_nullable, short_name

_I31 = "(ref.i31 (i32.const 0))"


class Placeholders:
    """Placeholders for the types of a module. `lines` are the functions that they call, one field each."""

    def __init__(self, module: Module, taken_funcs: Taken, taken_types: Taken) -> None:
        self.module = module
        self.taken_funcs, self.taken_types = taken_funcs, taken_types
        self.lines: list[list[str]] = []
        self.known: dict[str, str | None] = {}

    def of(self, type_: str) -> str | None:
        """The text of a value of a type; None if there is no such value, or the type is not known."""
        stack = [type_]
        begun: set[str] = set()
        while stack:
            each = stack[-1]
            if each in self.known:
                stack.pop()
            elif is_nullable(each):
                self.known[each] = zero(each) if can_be_kept(each, self.module) else None
            elif each not in begun:
                begun.add(each)
                stack += [field for field in self._parts(each) if field not in self.known and field not in begun]
            else:  # all parts are known by now; but what must hold a value of its own type, nobody can make
                self.known[each] = self._make(each)
        return self.known[type_]

    def _parts(self, type_: str) -> list[str]:
        """The types of which values are needed to make one of a type."""
        heap = heap_type(type_)
        fields = self.module.type_fields(heap)
        return [unpacked(field) for _, field in fields] if fields and not self.module.is_array(heap) else []

    def _make(self, type_: str) -> str | None:
        module = self.module
        heap = heap_type(type_)
        id_ = unused(f"$some_{short_name(type_)}", self.taken_funcs)
        body: list[str] = []
        match heap:
            case "i31" | "any" | "eq":
                body = [_I31]
            case "extern":
                body = [f"(extern.convert_any {_I31})"]
            case "exn":
                tag = unused(id_, Taken(module.tags.names))
                self.lines.append([f"(tag {tag})"])
                body = [
                    "(block $caught (result exnref)",
                    f"  (try_table (catch_all_ref $caught) (throw {tag}))",
                    "  (unreachable)",
                    ")",
                    "(ref.as_non_null)",
                ]
            case "struct":
                body = [f"(struct.new {self._type('$empty_struct', '(struct)')})"]
            case "array":
                body = [f"(array.new_fixed {self._type('$bytes', '(array i8)')} 0)"]
            case "func":
                body = [f"(ref.func {self._function(id_, '')})"]
            case _ if module.func_type(heap) is not None:
                body = [f"(ref.func {self._function(id_, f' (type {heap})')})"]
            case _ if module.is_array(heap):
                body = [f"(array.new_fixed {heap} 0)"]
            case _ if module.is_aggregate(heap):
                fields = [self.known.get(part) for part in self._parts(type_)]
                if None not in fields:
                    body = [" ".join([f"(struct.new {heap}", *map(str, fields)]) + ")"]
        if not body:
            return None
        self.lines.append([f"(func {id_} (result {type_})", *(f"  {line}" for line in body), ")"])
        return f"(call {id_})"

    def _type(self, name: str, text: str) -> str:
        """A type to make a value of."""
        id_ = unused(name, self.taken_types)
        self.lines.append([f"(type {id_} {text})"])
        return id_

    def _function(self, id_: str, use: str) -> str:
        """A function to refer to, which nobody calls."""
        callee = unused(f"{id_}_itself", self.taken_funcs)
        self.lines += [[f"(func {callee}{use} (unreachable))"], [f"(elem declare func {callee})"]]
        return callee


def zero(type_: str) -> str:
    """The zero or null of a type."""
    heap = heap_type(type_)
    if heap:
        return f"(ref.null {heap})"
    return "(v128.const i64x2 0 0)" if type_ == "v128" else f"({type_}.const 0)"
