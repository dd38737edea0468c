"""What a token of a body asks of who walks over it, `Code.act`; `OF` has that of the words that are not told by their
signature."""

# The order counts: fold.py asks for ranges.
(
    GET,  # local.get
    CONST,  # an instruction without operands and with one result
    PLAIN,  # any other whose name gives its operands and results
    CLOSE,
    SET,  # local.set
    TEE,
    CALL,
    BRANCH,  # br br_if br_table br_on_*
    STOP,  # return unreachable throw throw_ref rethrow and tail calls, but those through a table
    BLOCK,  # block loop try_table, and the try of old
    IF,
    THEN,
    ELSE,
    END,
    TYPE_USE,  # (type ..) (param ..) (result ..) behind a block, a call_indirect, a select
    CATCH,  # (catch ..) of a try_table; catch and catch_all of a try
    CALL_INDIRECT,  # also call_ref
    RETURN_CALL_INDIRECT,
    OTHER,  # struct.new array.new_fixed, and control words out of place
    HEAP_TYPE,  # (ref ..) behind an instruction
    UNKNOWN,
    IMMEDIATE,  # words that belong to the instruction before
    SEVERAL,  # more than one instruction
    DO,  # (do ..) of a try
    DELEGATE,  # which ends a try
) = range(25)

OF = {
    "local.get": GET, "local.set": SET, "local.tee": TEE, "call": CALL,
    "br": BRANCH, "br_if": BRANCH, "br_table": BRANCH, "br_on_null": BRANCH, "br_on_non_null": BRANCH,
    "br_on_cast": BRANCH, "br_on_cast_fail": BRANCH,
    "return": STOP, "unreachable": STOP, "throw": STOP, "throw_ref": STOP, "rethrow": STOP,
    "return_call": STOP, "return_call_ref": STOP, "return_call_indirect": RETURN_CALL_INDIRECT,
    "block": BLOCK, "loop": BLOCK, "try_table": BLOCK, "if": IF, "then": THEN, "else": ELSE, "end": END,
    "try": BLOCK, "do": DO, "delegate": DELEGATE, "type": TYPE_USE, "param": TYPE_USE, "result": TYPE_USE,
    "catch": CATCH, "catch_ref": CATCH, "catch_all": CATCH, "catch_all_ref": CATCH,
    "call_indirect": CALL_INDIRECT, "call_ref": CALL_INDIRECT,
}  # fmt: skip
