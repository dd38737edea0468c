"""The transform: WebAssembly text in, the same text out, which can now be paused and resumed.

The idea (Bysyncify, 2019; today Binaryen's Asyncify). To pause, every function on the stack returns at once, after it
has saved which call it is in and its live locals to linear memory: the stack *unwinds*. To resume, the same functions
are called again. Each takes back what it saved, *skips* whatever it has done already, and makes the call that it was
in: the stack *rewinds*. The last function called, which asked for the pause, then ends the rewinding, and all goes on.

    (func $main                                (func $main
                                                 (local $call i32)
                                                 (if (global.get $rewinding) (then
                                                   (local.set $call (call $restore_i32))
                                                 ))
                                                 (local.set $call (block $unwind (result i32)
                                                   (if (global.get $normal) (then
      (call $print (i32.const 1))                    (call $print (i32.const 1))
                                                   ))
                                                   (if (i32.or (global.get $normal)
                                                               (i32.eq (local.get $call) (i32.const 0))) (then
      (call $sleep)                                  (call $sleep)
                                                     (drop (br_if $unwind (i32.const 0) (global.get $unwinding)))
                                                   ))
                                                   (if (global.get $normal) (then
      (call $print (i32.const 3))                    (call $print (i32.const 3))
                                                   ))
                                                   (return)
                                                 ))
                                                 (call $save_i32 (local.get $call))
    )                                          )

The state is three globals, one of which is 1: `$normal`, `$unwinding`, `$rewinding`; where the output is optimized and
jumps, or modules share it, it is one, `$state`, as `get_state` tells it. Control functions change it; hosts call them
as exports, code inside the module calls imports from `bysyncify` (or `asyncify`):

    start_unwind(data)   begins a pause; the caller returns then
    stop_unwind()        the stack is unwound: other code may run
    start_rewind(data)   begins to resume; the caller calls the bottom-most function again
    stop_rewind()        the stack is as it was: the caller goes on behind its start_unwind
    get_state()          0 normal, 1 unwinding, 2 rewinding
    set_fuel(n)          of modules with pause points: how many are passed before one pauses
    set_data(data)       and where that one unwinds to

`data` points to two i32 (i64 in a 64-bit memory): where the next byte of the saved frames goes (they grow upwards), and
where their room ends. A frame holds the live locals and the number of the call, which comes last (when jumping, or when
optimized, first; when jumping, not at all where there is one call); an inner function's lies below its caller's. A
reference is put into a table, and its number there into the frame. With tail calls or checks, the number of the
function comes last.

    data:     position | end
    frames:   $sleep's caller: locals, call | its caller: locals, call | ... <- position              <- end

What is done, in the order of the files:

    fields.py      every field a node of its own                             nodes
    implicit.py    types of inline type uses that are named by number        nodes
    modernize.py   2019 text -> today's                                      nodes -> nodes
    control.py     imports of control functions -> functions of the module   nodes -> nodes
    module.py      the index spaces, types, imports and exports              nodes -> Module
    sharedglobals.py  the state that another module exports                  nodes -> nodes
    lists.py       the functions and imports that the user names             names -> numbers
    callgraph.py   who calls whom, and what stands in which table            Module -> CallGraph
    functypes.py   led by it: what can be called at which type               types -> numbers
    pausing.py     which functions can pause                                 CallGraph -> Pausing
    ids.py         the names of what is added, and which memory holds the frames  Module, Options -> Ids
    hot.py         which functions are hot, with a profile                   times -> shares of the time
    program.py     all that the functions have in common                     Module, Pausing, Ids .. -> Program
    tailcalls.py   whose frame is whose, where a call leaves none            Program -> its tails, new functions
    shape.py       what a function's tokens say at a glance, for the next    Func -> Shape
    twins.py       which functions are to be written twice                   Program -> numbers
    telling.py     which ones tell their callers that they have paused       Program -> numbers
    then for each function that can, led by function.py; first parts.py takes it apart (scope.py: its names), and says
    what the rest need not know in other words:
    annotations.py what is said of instructions, as part of them             tokens -> tokens
    catching.py    calls in handlers in which no pause is to begin           tokens -> tokens
    standins.py    tail calls of what has no frames                          tokens -> tokens
    recording.py   what notes which functions were paused, with --record     tokens -> tokens
    asserts.py     checks behind calls, with --asserts                       tokens -> tokens
    tablecalls.py  calls through tables that the module changes              tokens -> tokens
    nonnull.py     locals that cannot be null                                tokens -> tokens
    pausepoints.py pause points where there is no call                       tokens -> tokens
    fold.py        flat, folded or mixed text -> a tree (body.py; controlframes.py: what is open;
                   arities.py: operands and results)                        tokens -> Body
    legacy.py      led by fold.py: handlers of a `try` that pause            tokens -> tokens
    lift.py        pausing calls to statement level (steps.py, temps.py)     Body -> Lifted
    operandtypes.py  led by it: the types of what instructions leave         Body -> types
    controlcalls.py  led by it, with -O: calls of what begins a pause: its code instead  Body -> text
    plan.py        its form, before that; its calls, frame and new locals    Body, Lifted -> Plan
    liveness.py    led by plan.py: the locals that are live at each call     Body -> sets of locals
    frames.py      led by it: what is saved together, in what order          locals -> Frame
    framecode.py   what saves that and takes it back (stackcode.py)          Frame -> text
    skip.py        the form with guards around the steps                     Plan, Lifted, Source -> Writer
    jump.py        or that with blocks to jump out of                        Plan, Lifted, Source -> Writer
    straight.py    or, if it has a twin that jumps, with no way back at all  Plan, Lifted, Source -> Writer
    and for others, with -O (with --asserts, they get checks):
    controlcalls.py  calls of control functions: their code too              tokens -> text
    and at the end:
    needs.py       what the new functions refer to, of all together          Needs -> Needs
    helpers.py     the functions that save and restore (stackcode.py; heldrefs.py: references)  Helper -> text
    support.py     the state and the control functions                       ids -> text
    additions.py   all that is added, in order                               Program, Needs -> text
    assemble.py    all put together again                                    Module, texts, additions -> text
    rewrite.py     all of it, from text to text
    and for whoever asks:
    explain.py     what can pause and why (dominators.py: only because of what)  Pausing -> words, data
    mapping.py     where calls, frames and lines are (places.py: the lines)  Plan, text -> data

    instructions.py  what the instructions are; code.py, act.py: what a token says
    reftypes.py    reference types
    placeholder.py values of any type, for where nobody reads them
    source.py      the reader's own text, with comments and indentation
    labels.py      what its branches say where blocks move
    layout.py      lines and indentation of what is written
    writer.py      what the forms have in common; nests.py: blocks that keep their places
    notes.py       comments for those who read to learn
    names.py       what hosts rely on, and names that nobody has yet
    options.py     what the user chose; policy.py: what a function gets for the sake of what it is written for

A function's form is chosen before its calls are lifted, for branches say other things where blocks move; lifting
chooses its temporaries, its plan all else, but how a jump is written. The text of a function, what it needs, and what
tools want to know of it (mapping.py) are all that comes of rewriting it; and what one function asks for first, and all
have then: names, types, placeholders (`Program`).

Lift, do not flatten: only the way down to a call that can pause is touched, so the reader's lines stay what they were.
"""

from .options import Options
from .rewrite import Rewritten, rewrite_text

__all__ = ["Options", "Rewritten", "rewrite_text"]
