"""Which functions are written twice: one version to run (straight.py), one to find its way back (jump.py).

What costs a function that rewinds by jumping is not the jump but that its loops have two ways in: each local meets
itself at each landing, and an engine that has hundreds of landings in one loop keeps all locals in memory. So it is
with interpreters, one loop around one big switch; and it is these that programs spend their time in. A twin cures that
and costs the function's size, and one call more for each of its frames that is resumed, so only few get one. A frame
that was resumed stays in the twin until it returns.

What a function gains is taken to grow with the landings in its loops and with the locals that meet there.
"""

from __future__ import annotations

from collections.abc import Set

from ..sexpr.nodes import Token, tokens
from . import code as act
from .code import regular
from .module import Func
from .scope import Program

# Measured to give the loops of Lua, SQLite and QuickJS their twins, and growth below 0.45 of wasm-opt's over all
# programs (docs/performance.md). Functions that gain less than this get none.
_LEAST = 3000
# Twins are written until this share of the code has one: the last may go beyond, but none that is larger than that.
_SHARE = 0.055
_LARGEST = 0.12


def twinned(program: Program) -> Set[int]:
    """The numbers of the functions that get a twin: those that the user names; or those that are hot, if there is a
    profile; or those that gain most."""
    options = program.options
    if options.twins is not None:
        return program.called.functions("twins", options.twins) & program.pausing.instrumented
    if program.hot is not None:
        return program.hot & program.pausing.instrumented
    if options.optimize != "speed" or options.rewind != "jump":
        return set()
    weighed: list[tuple[int, int, int]] = []
    whole = 0
    for func in map(program.module.func, range(program.defined)):
        if not isinstance(func.node, list) or func.imported:
            continue
        body = tokens(func.node[func.header : -1])
        if func.number in program.pausing.instrumented:
            weighed.append((-_gain(func, body, program), func.number, len(body)))
        whole += len(body)
    found = set()
    room = whole * _SHARE
    for gain, number, length in sorted(weighed):
        if room <= 0 or -gain < _LEAST:
            break
        if length <= whole * _LARGEST:
            found.add(number)
            room -= length
    return found


def _gain(func: Func, body: list[Token], program: Program) -> int:
    """What a function would gain."""
    codes = program.codes
    if any(codes[token].act == act.SEVERAL for token in body):
        body = regular(body, codes)
    indirect = program.pausing.indirect(func.number)
    opened: list[bool] = []  # of each list and flat block around: is it a loop
    loops = landings = 0
    locals_ = len(func.locals)
    for position, token in enumerate(body):
        code = codes[token]
        if code.act == act.CLOSE or code.act == act.END:
            if opened and opened.pop():
                loops -= 1
        elif code.opens or (code.flat and code.act in (act.BLOCK, act.IF)):
            opened.append(code.op == "loop")
            loops += code.op == "loop"
        if loops and code.act == act.CALL:
            found = program.call(code.word)
            landings += found is not None and found[1]
        elif loops and code.act == act.CALL_INDIRECT:
            landings += indirect(program.callees.dispatch(code, body, position))
        elif code.op == "local" and not loops:
            locals_ += len(code.words)
    return landings * locals_
