"""Every instruction of the text format as data: its stack signature, whether it is pure, and its old names.

Role: the signatures of all instructions. Sources: WebAssembly 3.0, "Text Format / Instructions",
"Validation / Instructions" and "Appendix / Index of Instructions"; beyond it, the proposals Threads (atomics) and
Wide Arithmetic, and the opcode names of legacy exception handling.

A signature is (operand types, result types), the last operand on top of the stack. Most types are value types; where
the name alone does not settle the type, a placeholder says where it comes from:

    addr     i32 or i64, the address type of the memory or table (between two of them, the third operand of
             memory.copy and table.copy is i64 only if both are)
    elem     the element type of the table
    field    the type of the struct's field, or of the array's elements, unpacked
    global   the type of the global
    local    the type of the local
    operand  the type of the operand of that name, the same wherever it stands in one signature
    ref      a reference: an operand of some reference type, a result of the type that the immediates name
             (for ref.as_non_null that of its operand, made non-null; for ref.null and ref.func, that of the index)
"""

from __future__ import annotations

Signature = tuple[tuple[str, ...], tuple[str, ...]]

# One row is "purity prefixes | operands -> results | names": "=" is pure, "!" is not; a row stands for prefix.name of
# every prefix ("-": none) and name, and T in the signature for the prefix.
_TABLE = """
! - | -> | nop
! - | operand -> | drop
= - | operand operand i32 -> operand | select

= local | -> local | get
! local | local -> | set
! local | local -> local | tee
! global | -> global | get
! global | global -> | set

! table | addr -> elem | get
! table | addr elem -> | set
! table | -> addr | size
! table | elem addr -> addr | grow
! table | addr elem addr -> | fill
! table | addr addr addr -> | copy
! table | addr i32 i32 -> | init
! memory | -> addr | size
! memory | addr -> addr | grow
! memory | addr i32 addr -> | fill
! memory | addr addr addr -> | copy
! memory | addr i32 i32 -> | init
! data elem | -> | drop

! i32 i64 f32 f64 v128 | addr -> T | load
! i32 i64 f32 f64 v128 | addr T -> | store
! i32 i64 | addr -> T | load8_s load8_u load16_s load16_u
! i64 | addr -> T | load32_s load32_u
! i32 i64 | addr T -> | store8 store16
! i64 | addr T -> | store32
! v128 | addr -> T | load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u
! v128 | addr -> T | load8_splat load16_splat load32_splat load64_splat load32_zero load64_zero
! v128 | addr T -> T | load8_lane load16_lane load32_lane load64_lane
! v128 | addr T -> | store8_lane store16_lane store32_lane store64_lane

= ref | -> ref | null func
= ref | ref -> i32 | is_null test
= ref | ref ref -> i32 | eq
! ref | ref -> ref | as_non_null cast
= ref | i32 -> ref | i31
! i31 | ref -> i32 | get_s get_u
= any | ref -> ref | convert_extern
= extern | ref -> ref | convert_any
! struct | -> ref | new_default
! struct | ref -> field | get get_s get_u
! struct | ref field -> | set
! array | field i32 -> ref | new
! array | i32 -> ref | new_default
! array | i32 i32 -> ref | new_data new_elem
! array | ref i32 -> field | get get_s get_u
! array | ref i32 field -> | set
! array | ref -> i32 | len
! array | ref i32 field i32 -> | fill
! array | ref i32 ref i32 i32 -> | copy
! array | ref i32 i32 i32 -> | init_data init_elem

= i32 i64 f32 f64 v128 | -> T | const
= i32 i64 | T -> i32 | eqz
= i32 i64 | T T -> i32 | eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
= i32 i64 | T -> T | clz ctz popcnt extend8_s extend16_s
= i64 | T -> T | extend32_s
= i32 i64 | T T -> T | add sub mul and or xor shl shr_s shr_u rotl rotr
! i32 i64 | T T -> T | div_s div_u rem_s rem_u
= i64 | T T T T -> T T | add128 sub128
= i64 | T T -> T T | mul_wide_s mul_wide_u
= f32 f64 | T T -> i32 | eq ne lt gt le ge
= f32 f64 | T -> T | abs neg ceil floor trunc nearest sqrt
= f32 f64 | T T -> T | add sub mul div min max copysign
! i32 i64 | f32 -> T | trunc_f32_s trunc_f32_u
! i32 i64 | f64 -> T | trunc_f64_s trunc_f64_u
= i32 i64 | f32 -> T | trunc_sat_f32_s trunc_sat_f32_u
= i32 i64 | f64 -> T | trunc_sat_f64_s trunc_sat_f64_u
= i32 | i64 -> T | wrap_i64
= i64 | i32 -> T | extend_i32_s extend_i32_u
= f32 f64 | i32 -> T | convert_i32_s convert_i32_u
= f32 f64 | i64 -> T | convert_i64_s convert_i64_u
= f32 | f64 -> T | demote_f64
= f64 | f32 -> T | promote_f32
= i32 | f32 -> T | reinterpret_f32
= i64 | f64 -> T | reinterpret_f64
= f32 | i32 -> T | reinterpret_i32
= f64 | i64 -> T | reinterpret_i64

= v128 | T -> T | not
= v128 | T T -> T | and andnot or xor
= v128 | T T T -> T | bitselect
= v128 | T -> i32 | any_true
= i8x16 | v128 v128 -> v128 | shuffle swizzle relaxed_swizzle
= i8x16 i16x8 i32x4 | i32 -> v128 | splat
= i64x2 | i64 -> v128 | splat
= f32x4 | f32 -> v128 | splat
= f64x2 | f64 -> v128 | splat
= i8x16 i16x8 | v128 -> i32 | extract_lane_s extract_lane_u
= i32x4 | v128 -> i32 | extract_lane
= i64x2 | v128 -> i64 | extract_lane
= f32x4 | v128 -> f32 | extract_lane
= f64x2 | v128 -> f64 | extract_lane
= i8x16 i16x8 i32x4 | v128 i32 -> v128 | replace_lane
= i64x2 | v128 i64 -> v128 | replace_lane
= f32x4 | v128 f32 -> v128 | replace_lane
= f64x2 | v128 f64 -> v128 | replace_lane
= i8x16 i16x8 i32x4 i64x2 | v128 v128 -> v128 | eq ne lt_s gt_s le_s ge_s add sub
= i8x16 i16x8 i32x4 | v128 v128 -> v128 | lt_u gt_u le_u ge_u min_s min_u max_s max_u
= i8x16 i16x8 i32x4 i64x2 | v128 -> v128 | abs neg
= i8x16 i16x8 i32x4 i64x2 | v128 i32 -> v128 | shl shr_s shr_u
= i8x16 i16x8 i32x4 i64x2 | v128 -> i32 | all_true bitmask
= i8x16 i16x8 i32x4 i64x2 | v128 v128 v128 -> v128 | relaxed_laneselect
= i8x16 | v128 -> v128 | popcnt
= i8x16 i16x8 | v128 v128 -> v128 | add_sat_s add_sat_u sub_sat_s sub_sat_u avgr_u
= i16x8 i32x4 i64x2 | v128 v128 -> v128 | mul
= i8x16 | v128 v128 -> v128 | narrow_i16x8_s narrow_i16x8_u
= i16x8 | v128 v128 -> v128 | narrow_i32x4_s narrow_i32x4_u
= i16x8 | v128 v128 -> v128 | q15mulr_sat_s relaxed_q15mulr_s relaxed_dot_i8x16_i7x16_s
= i16x8 | v128 v128 -> v128 | extmul_low_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_s extmul_high_i8x16_u
= i32x4 | v128 v128 -> v128 | extmul_low_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_s extmul_high_i16x8_u
= i64x2 | v128 v128 -> v128 | extmul_low_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_s extmul_high_i32x4_u
= i16x8 | v128 -> v128 | extend_low_i8x16_s extend_low_i8x16_u extend_high_i8x16_s extend_high_i8x16_u
= i32x4 | v128 -> v128 | extend_low_i16x8_s extend_low_i16x8_u extend_high_i16x8_s extend_high_i16x8_u
= i64x2 | v128 -> v128 | extend_low_i32x4_s extend_low_i32x4_u extend_high_i32x4_s extend_high_i32x4_u
= i16x8 | v128 -> v128 | extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u
= i32x4 | v128 -> v128 | extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u
= i32x4 | v128 v128 -> v128 | dot_i16x8_s
= i32x4 | v128 v128 v128 -> v128 | relaxed_dot_i8x16_i7x16_add_s
= i32x4 | v128 -> v128 | trunc_sat_f32x4_s trunc_sat_f32x4_u trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero
= i32x4 | v128 -> v128 | relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u
= i32x4 | v128 -> v128 | relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero
= f32x4 f64x2 | v128 v128 -> v128 | eq ne lt gt le ge
= f32x4 f64x2 | v128 -> v128 | abs neg ceil floor trunc nearest sqrt
= f32x4 f64x2 | v128 v128 -> v128 | add sub mul div min max pmin pmax relaxed_min relaxed_max
= f32x4 f64x2 | v128 v128 v128 -> v128 | relaxed_madd relaxed_nmadd
= f32x4 | v128 -> v128 | convert_i32x4_s convert_i32x4_u demote_f64x2_zero
= f64x2 | v128 -> v128 | convert_low_i32x4_s convert_low_i32x4_u promote_low_f32x4

! atomic | -> | fence
! memory.atomic | addr i32 -> i32 | notify
! memory.atomic | addr i32 i64 -> i32 | wait32
! memory.atomic | addr i64 i64 -> i32 | wait64
! i32 i64 | addr -> T | atomic.load atomic.load8_u atomic.load16_u
! i64 | addr -> T | atomic.load32_u
! i32 i64 | addr T -> | atomic.store atomic.store8 atomic.store16
! i64 | addr T -> | atomic.store32
! i32 i64 | addr T -> T | atomic.rmw.add atomic.rmw.sub atomic.rmw.and atomic.rmw.or atomic.rmw.xor atomic.rmw.xchg
! i32 i64 | addr T -> T | atomic.rmw8.add_u atomic.rmw8.sub_u atomic.rmw8.and_u
! i32 i64 | addr T -> T | atomic.rmw8.or_u atomic.rmw8.xor_u atomic.rmw8.xchg_u
! i32 i64 | addr T -> T | atomic.rmw16.add_u atomic.rmw16.sub_u atomic.rmw16.and_u
! i32 i64 | addr T -> T | atomic.rmw16.or_u atomic.rmw16.xor_u atomic.rmw16.xchg_u
! i64 | addr T -> T | atomic.rmw32.add_u atomic.rmw32.sub_u atomic.rmw32.and_u
! i64 | addr T -> T | atomic.rmw32.or_u atomic.rmw32.xor_u atomic.rmw32.xchg_u
! i32 i64 | addr T T -> T | atomic.rmw.cmpxchg atomic.rmw8.cmpxchg_u atomic.rmw16.cmpxchg_u
! i64 | addr T T -> T | atomic.rmw32.cmpxchg_u
"""


def _expand(table: str) -> tuple[dict[str, Signature], frozenset[str]]:
    """The signatures of all rows of `table`, and the names in its pure rows."""
    signatures: dict[str, Signature] = {}
    pure: set[str] = set()
    for row in table.splitlines():
        if not row:
            continue
        prefixes, signature, names = row.split("|")
        purity, *prefix_list = prefixes.split()
        operands, results = signature.split("->")
        for prefix in prefix_list:
            typed = (
                tuple([prefix if word == "T" else word for word in operands.split()]),
                tuple([prefix if word == "T" else word for word in results.split()]),
            )
            full = [name if prefix == "-" else f"{prefix}.{name}" for name in names.split()]
            signatures.update(dict.fromkeys(full, typed))
            if purity == "=":
                pure.update(full)
    return signatures, frozenset(pure)


# SIGNATURES: name -> signature, for the instructions whose operand and result counts their name fixes.
#
# PURE: those that may be evaluated again, and later, with any operands: no trap, no effect, nothing allocated (but a
# reference without identity), and no dependence on memory, tables or globals. local.get depends on its local alone.
# Each leaves a value, so nop and drop are out. The payload of a NaN result is the one thing that may differ between
# two evaluations ("Execution / Numerics / NaN Propagation"); relaxed SIMD may not, in one environment.
SIGNATURES, PURE = _expand(_TABLE)

# The instructions whose operand or result counts depend on more than the name, and the words inside them.
_CONTROL_WORDS = (
    # Block type; an if takes an i32 besides. The result types of the block are those of `end`.
    "block loop if try_table try "
    # Words within those: then and else begin an arm, end closes (plain form), catch and catch_all (legacy exceptions)
    # begin a handler on the tag's values or none; the catch clauses of a try_table have the same words.
    "then else end do catch catch_all "
    # The label of an enclosing block; delegate ends a legacy try, and rethrow never returns.
    "delegate rethrow "
    # The label's types. br and br_table (and an i32) take them and never return; br_if (and an i32), br_on_null (and
    # a reference), br_on_non_null and br_on_cast* (whose label takes the reference too) take and give them back.
    "br br_if br_table br_on_null br_on_non_null br_on_cast br_on_cast_fail "
    # The function's result types; unreachable takes and gives anything.
    "return unreachable "
    # The type of the function called; *_indirect takes an addr besides, *_ref a reference; return_* never returns.
    "call call_indirect call_ref return_call return_call_indirect return_call_ref "
    # The tag's parameters; throw_ref takes an exnref. Neither returns.
    "throw throw_ref "
    # The number of fields of the struct; the length among the immediates.
    "struct.new array.new_fixed"
)
CONTROL: frozenset[str] = frozenset(_CONTROL_WORDS.split())


def _old_scalar_names() -> dict[str, str]:
    """Old conversions and narrow atomics.

    i32.wrap/i64 => i32.wrap_i64, f32.convert_s/i64 => f32.convert_i64_s, i32.trunc_u:sat/f32 => i32.trunc_sat_f32_u,
    i32.atomic.rmw8_u.add => i32.atomic.rmw8.add_u
    """
    old: dict[str, str] = {}
    for name in SIGNATURES:
        to, _, operation = name.partition(".")
        if to not in ("i32", "i64", "f32", "f64"):
            continue
        match operation.split("_"):
            case ["trunc", "sat", source, sign]:
                old[f"{to}.trunc_{sign}:sat/{source}"] = name
            case ["trunc" | "convert" | "extend" as verb, source, sign]:
                old[f"{to}.{verb}_{sign}/{source}"] = name
            case ["wrap" | "demote" | "promote" | "reinterpret" as verb, source]:
                old[f"{to}.{verb}/{source}"] = name
        match operation.split("."):
            case ["atomic", "rmw8" | "rmw16" | "rmw32" as width, verb_u]:
                old[f"{to}.atomic.{width}_u.{verb_u.removesuffix('_u')}"] = name
    return old


def _old_vector_names() -> dict[str, str]:
    """Old SIMD names of more than one shape or sign.

    v8x16.load_splat, i8x16.load_splat => v128.load8_splat, i8x16.any_true => v128.any_true (any lane, so any bit),
    i8x16.add_saturate_s => i8x16.add_sat_s, i16x8.load8x8_s => v128.load8x8_s,
    i16x8.widen_low_i8x16_s => i16x8.extend_low_i8x16_s
    """
    old: dict[str, str] = {}
    for shape, bits in (("8x16", 8), ("16x8", 16), ("32x4", 32), ("64x2", 64)):
        old[f"v{shape}.load_splat"] = old[f"i{shape}.load_splat"] = f"v128.load{bits}_splat"
        old[f"i{shape}.any_true"] = "v128.any_true"
    for sign in "su":
        for verb in ("add", "sub"):
            for shape in ("i8x16", "i16x8"):
                old[f"{shape}.{verb}_saturate_{sign}"] = f"{shape}.{verb}_sat_{sign}"
        for narrow, wide, load in (
            ("i8x16", "i16x8", "load8x8"),
            ("i16x8", "i32x4", "load16x4"),
            ("i32x4", "i64x2", "load32x2"),
        ):
            old[f"{wide}.{load}_{sign}"] = f"v128.{load}_{sign}"
            for half in ("low", "high"):
                old[f"{wide}.widen_{half}_{narrow}_{sign}"] = f"{wide}.extend_{half}_{narrow}_{sign}"
    return old


# Every operator name of the text format of 2017-2019 that is another name for one of today's instructions.
OLD_NAMES: dict[str, str] = {
    "get_local": "local.get",
    "set_local": "local.set",
    "tee_local": "local.tee",
    "get_global": "global.get",
    "set_global": "global.set",
    "current_memory": "memory.size",
    "grow_memory": "memory.grow",
    "memory.drop": "data.drop",
    "table.drop": "elem.drop",
    "atomic.wake": "memory.atomic.notify",
    "atomic.notify": "memory.atomic.notify",
    "i32.atomic.wait": "memory.atomic.wait32",
    "i64.atomic.wait": "memory.atomic.wait64",
    "v8x16.shuffle": "i8x16.shuffle",
    "v8x16.swizzle": "i8x16.swizzle",
    "i32x4.trunc_s/f32x4:sat": "i32x4.trunc_sat_f32x4_s",
    "i32x4.trunc_u/f32x4:sat": "i32x4.trunc_sat_f32x4_u",
    "f32x4.convert_s/i32x4": "f32x4.convert_i32x4_s",
    "f32x4.convert_u/i32x4": "f32x4.convert_i32x4_u",
    **_old_scalar_names(),
    **_old_vector_names(),
}

# Words of types, likewise.
OLD_TYPES: dict[str, str] = {"anyfunc": "funcref"}
