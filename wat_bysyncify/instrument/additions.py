"""What a rewritten module has besides what it had: the globals of the state, and the fields at its end."""

from __future__ import annotations

from collections import Counter

from ..sexpr.nodes import Node
from . import names
from .asserts import assert_texts, control_checks
from .fields import node_words
from .heldrefs import table_text
from .helpers import Helper, divided, helper_text
from .module import FuncType
from .needs import Needs
from .program import Program
from .support import (
    control_text,
    fuel_globals,
    globals_text,
    observer_text,
    out_of_fuel_text,
    own_memory_text,
    peek_text,
)


class Additions:
    """The fields that are added to a module, each in lines."""

    def __init__(self, program: Program) -> None:
        """Raises `WatError` if a control function is imported with a type that it does not have."""
        control = self.control = program.control
        self.program = program
        module = self.module = program.module
        self.options, self.ids = program.options, program.ids
        for function in control.functions:
            self.check(function.name, module.func_of(function.node).type, function.source)

    def check(self, name: str, type_: FuncType, source: Node) -> None:
        """Control functions are imported with the types that they have."""
        params = (self.ids.address,) if name in names.TAKES_DATA else ("i32",) if name == "set_fuel" else ()
        expected = (params, ("i32",) if name == "get_state" else ())
        if type_ != expected:
            arrow = f"[{' '.join(expected[0])}] -> [{' '.join(expected[1])}]"
            raise self.module.error(f"{name} has the type {arrow}", source)

    def state(self) -> list[str]:
        """The globals of the state, but those that are imported."""
        fuel = self.options.pause_at or any(each.name in names.FUEL_FUNCTIONS for each in self.control.functions)
        own = [] if self.options.import_globals else globals_text(self.ids, self.options.export_globals)
        notes = self.program.notes
        if own and notes.wanted:
            own[0] += f" {notes.once('one state' if self.ids.state else 'state')}"
            own[-1] += f" {notes.once('data')}"
        return own + (fuel_globals(self.ids) if fuel else [])

    def fields(self, needs: Needs, stand_ins: list[str]) -> list[list[str]]:
        """The fields at the end of the module. `stand_ins` are the texts of those that tail calls have."""
        program, ids = self.program, self.ids
        found = self.memory()
        # First what has a number already: the control functions that were imported, and the stand-ins.
        controls: dict[str, str] = {}
        for function in self.control.functions:
            exports = [] if function.name in controls else self.exports(function.name)
            controls[function.name] = node_words(function.node)[1]
            exports = [*exports, *function.exports]
            found.append(self.control_function(function.name, controls[function.name], exports))
        found += [text.split(program.newline) for text in stand_ins]
        wanted = [*names.CONTROL_FUNCTIONS]
        if self.options.pause_at:
            wanted += ["set_fuel"] if ids.pause or ids.frames else names.FUEL_FUNCTIONS
        for name in wanted:
            if name not in controls:
                controls[name] = names.unused(f"$bysyncify_{name}", ids.funcs)
                found.append(self.control_function(name, controls[name], self.exports(name)))
        if self.options.pause_at:
            found.append(out_of_fuel_text(ids, controls))
        if self.options.trace:
            found.append(observer_text(ids))
        found += program.tails.lines
        if program.tails.dispatcher:
            found.append(peek_text(ids))
        if self.options.asserts:
            found += assert_texts(ids)
        if self.options.ignore_unwind_from_catch:
            found.append([f"(global {ids.catching} (mut i32) (i32.const 0))"])
        return found + needs.twins + self.helpers(needs) + [*needs.definitions.values()] + program.placeholders.lines

    def control_function(self, name: str, id_: str, exports: list[str]) -> list[str]:
        """A control function, with checks if there are any."""
        checked = self.options.asserts and name in names.TOP_MOST | names.BOTTOM_MOST
        checks = control_checks(name, self.ids) if checked else []
        if name == "start_unwind" and self.options.ignore_unwind_from_catch:
            checks = [f"(if (global.get {self.ids.catching}) (then (return)))", *checks]
        note = self.program.notes.once(name) if name in names.CONTROL_FUNCTIONS else ""
        return [*filter(None, [note]), *control_text(name, id_, exports, self.ids, checks)]

    def helpers(self, needs: Needs) -> list[list[str]]:
        """The functions that save and restore, and the tables that they use."""
        program, ids, uses = self.program, self.ids, Counter(needs.helpers)
        held = [type_ for type_ in ids.tables if uses["save", type_]]
        if held or self.options.asserts or (program.pausing.instrumented and not self.options.optimize):
            # The number of a slot; and what a reader expects to find.
            uses.update({("save", "i32"): 1, ("restore", "i32"): 1})
        found = []
        order = ["leave", "save", "restore", "pop", *ids.save]

        def key(helper: Helper) -> list[int]:
            return [order.index(word) for word in [*helper[1:], helper[0]]]

        helpers = divided(uses)
        for helper in sorted(helpers, key=key):
            verb, *types = helper
            if verb == "save" and types[0] in held:
                found.append(table_text(types[0], ids))
            note = program.notes.once(verb) if types else ""
            found.append([*filter(None, [note]), *helper_text(helper, helpers[helper], ids, program.helper)])
        return found

    def exports(self, name: str) -> list[str]:
        """The names under which a control function, or a memory that is added, is exported, as string literals."""
        return [f'"{prefix}_{name}"' for prefix in self.ids.prefixes]

    def memory(self) -> list[list[str]]:
        """The memories that are added, or exported: that of the frames comes first."""
        return self.frames() + self.recorded()

    def recorded(self) -> list[list[str]]:
        """The memory that has a byte for each function, 1 if it was paused."""
        pages = (len(self.module.funcs.entities) >> 16) + 1
        exports = "".join(f" (export {name})" for name in self.exports("recorded"))
        return [[f"(memory {self.ids.recorded}{exports} {pages})"]] if self.options.record else []

    def frames(self) -> list[list[str]]:
        """The memory of the frames, if there is none yet, or its export, if the host could not reach it."""
        ids, memories = self.ids, self.module.memories.entities
        if self.options.own_memory is not None:
            return [own_memory_text(ids.frames, self.exports("memory"), self.options.own_memory)]
        if not memories:
            exports = ['"memory"'] if "memory" not in self.module.exports else []
            exports += self.exports("memory") if self.options.trace or not exports else []
            return [["".join(["(memory", *(f" (export {name})" for name in exports), " 1)"])]]
        word = ids.memory.strip() or "0"
        memory = memories[self.module.memories.index(word) or 0]
        reached = self.control.functions or memory.imported or memory.number in self.module.exported("memory")
        if reached and not self.options.trace:
            return []
        return [[f"(export {name} (memory {memory.id or word}))" for name in self.exports("memory")]]
