"""The functions that save references and take them back, and the tables that hold these meanwhile.

References cannot go to memory. Each is put into a free slot of a table, and the number of the slot goes to memory, 0
for null. A free slot holds null. Slots are taken in turn, round and round, in a table of which at least half is free:
so a free one is found in a few steps, however many stacks are paused and in whatever order they resume.
"""

from __future__ import annotations

from .ids import Ids
from .reftypes import heap_type


def table_text(type_: str, ids: Ids) -> list[str]:
    """The table for references of a type, with its globals, in lines."""
    return [
        f"(table {ids.tables[type_]} 8 {type_})",
        f"(global {ids.last_slot[type_]} (mut i32) (i32.const 0))",
        f"(global {ids.slot_count[type_]} (mut i32) (i32.const 0))",
    ]


def hold_text(type_: str, ids: Ids) -> list[str]:
    """The function that saves a reference of a type, in lines."""
    table, next_, count = ids.tables[type_], ids.last_slot[type_], ids.slot_count[type_]
    null = f"(ref.null {heap_type(type_)})"
    return [
        f"(func {ids.save[type_]} (param $value {type_})",
        "  (if (ref.is_null (local.get $value))",
        f"    (then (return (call {ids.save['i32']} (i32.const 0)))))",
        f"  (if (i32.ge_u (i32.add (i32.mul (global.get {count}) (i32.const 2)) (i32.const 2))",
        f"                (table.size {table}))",
        "    (then",
        f"      (if (i32.eq (table.grow {table} {null} (table.size {table}))",
        "                  (i32.const -1))",
        "        (then (unreachable)))))",
        "  (loop $taken",
        f"    (global.set {next_} (i32.rem_u (i32.add (global.get {next_}) (i32.const 1))",
        f"                                   (table.size {table})))",
        f"    (br_if $taken (i32.eqz (global.get {next_})))",
        f"    (br_if $taken (i32.eqz (ref.is_null (table.get {table} (global.get {next_}))))))",
        f"  (call {ids.save['i32']} (global.get {next_}))",
        f"  (table.set {table} (global.get {next_}) (local.get $value))",
        f"  (global.set {count} (i32.add (global.get {count}) (i32.const 1)))",
        ")",
    ]


def release_text(type_: str, ids: Ids) -> list[str]:
    """The function that takes back the reference of a type that was saved last, in lines."""
    table, count = ids.tables[type_], ids.slot_count[type_]
    null = f"(ref.null {heap_type(type_)})"
    return [
        f"(func {ids.restore[type_]} (result {type_})",
        "  (local $slot i32)",
        f"  (local $value {type_})",
        f"  (local.set $slot (call {ids.restore['i32']}))",
        "  (if (i32.eqz (local.get $slot))",
        f"    (then (return {null})))",
        f"  (local.set $value (table.get {table} (local.get $slot)))",
        f"  (table.set {table} (local.get $slot) {null})",
        f"  (global.set {count} (i32.sub (global.get {count}) (i32.const 1)))",
        "  (local.get $value)",
        ")",
    ]
