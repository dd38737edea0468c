"""What a module that was rewritten with --record has noted -> the names of the functions that were paused.

The names are those that lists of functions take: ids, or export names, or numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import wasmtime

from ..instrument.fields import own_fields
from ..instrument.module import read_module
from ..sexpr import parse
from .instance import Instance

EXPORTS = ("bysyncify_recorded", "asyncify_recorded")


def recorded(instance: Instance) -> Iterator[str]:
    """The names of the functions of an instance that were paused, in the order of its text."""
    memory = next((found for name in EXPORTS if (found := instance.exports.get(name))), None)
    if not isinstance(memory, wasmtime.Memory) or not instance.text:
        return
    nodes = parse(instance.text)
    own_fields(nodes)
    module = read_module(nodes, nodes)
    exported = {number: name for name, number in module.exports_of("func")}
    marks = memory.read(instance.exports.store, 0, len(module.funcs.entities))
    for func in module.funcs.entities:
        if marks[func.number]:
            yield func.id or exported.get(func.number) or str(func.number)
