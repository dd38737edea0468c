"""How many functions are instrumented when one import may pause, and what that adds: by wasm-opt --asyncify and by us.

    python bench/analysis.py [PROGRAM]... [OPTIONS]
    python bench/analysis.py --scale

The import is that of size.py. List: nothing else is said. Closed: with --closed-world, which wasm-opt does not have.
Indirect: both ignore calls through tables. Bytes are those that are added to the -O3 module, wasm-opt with -O3; the
functions that wasm-opt instruments are counted without, for -O3 inlines some.

With --scale instead the seconds that the analysis of a generated module takes: a chain of calls, and functions of one
type that stand in one table, each of which may so call each.
"""

from __future__ import annotations

import gc
import math
import re
import sys
import tempfile
import time
from pathlib import Path

import click
import programs
from options import WASM_OPT
from size import CASES, LISTS, Case, Sizes, growth, module, size_ratio, sizes
from table import geomean

from wat_bysyncify.instrument import Options
from wat_bysyncify.instrument.rewrite import read_program

PROGRAMS = ("sqljs", "quickjs", "lua", "box2d", "treesitter")
CONFIGURATIONS = ("skip", "-O")
SHOWN = {
    "list": CASES["list"],
    "closed": Case({**CASES["list"].ours, "closed_world": True}, CASES["list"].peer),
    "indirect": CASES["indirect"],
}
COUNTS = (25_000, 50_000, 100_000)


@click.command(help=__doc__)
@click.argument("names", metavar="[PROGRAM]...", nargs=-1, type=click.Choice(PROGRAMS))
@WASM_OPT
@click.option("--scale", is_flag=True, help="Time the analysis of large modules.")
def main(names: tuple[str, ...], optimizer: str, scale: bool) -> None:
    if scale:
        return measure_scale()
    command = programs.wasm_opt(optimizer)
    found: dict[str, dict[str, Sizes]] = {case: {} for case in SHOWN}
    print(f"{'functions instrumented':<24}{'all':>7}", *(f"{f'{case}: peer, ours':>24}" for case in SHOWN))
    with tempfile.TemporaryDirectory() as directory:
        for name in names or PROGRAMS:
            try:
                cells = [counted(name, case, command) for case in SHOWN.values()]
                print(f"{name:<24}{cells[0][0]:>7}", *(f"{peer:>17}{ours:>7}" for _, peer, ours in cells), flush=True)
                for case, what in SHOWN.items():
                    found[case][name] = sizes(name, what, list(CONFIGURATIONS), command, Path(directory))
            except programs.Missing as missing:
                print(f"{name}: skipped: {missing}", file=sys.stderr)
    for case, rows in found.items():
        print(f"\n{case}: bytes added, and how many times as much as by the peer")
        print(f"{'program':<14}{'before':>10}{'peer':>10}", *(f"{each:>20}" for each in CONFIGURATIONS))
        for name, row in rows.items():
            added = row["peer"] - row["before"]
            cells_ = [f"{row[each] - row['before-wabt']} ({_ratio(growth(row, each))})" for each in CONFIGURATIONS]
            print(f"{name:<14}{row['before']:>10}{added:>10}", *(f"{cell:>20}" for cell in cells_))
        means = [geomean([size for row in rows.values() if (size := growth(row, each)) > 0]) for each in CONFIGURATIONS]
        peer = geomean([size_ratio(row, "peer") for row in rows.values()])
        print(f"{'geomean':<24}{f'x {peer:.3f}':>10}", *(f"{f'({_ratio(each)})':>20}" for each in means))


def _ratio(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def counted(name: str, case: Case, optimizer: str) -> tuple[int, int, int]:
    """How many functions a program has; how many of them the peer instruments, and we."""
    before = programs.optimized(module(name), optimizer)
    flags = [each.replace("LIST", LISTS[name]) for each in case.peer if each != "-O3"]
    text = programs.printed(programs.peer(before, optimizer, flags), "flat").read_text(encoding="utf-8")
    options = Options.of(**{k: LISTS[name] if v == "LIST" else v for k, v in case.ours.items()})
    program = read_program(programs.printed(before, "folded").read_text(encoding="utf-8"), options)
    defined = sum(not func.imported for func in program.module.funcs.entities)
    return defined, instrumented_by_peer(text), len(program.pausing.instrumented)


def instrumented_by_peer(text: str) -> int:
    """How many functions of a module ask for the state of Asyncify, but those that are exported for the host. `text`
    is wabt's flat one."""
    exported = re.findall(r'\(export "asyncify_\w+" \(func (\d+)\)\)', text)
    own = int(re.findall(r'\(export "asyncify_get_state" \(func (\d+)\)\)', text)[0])
    functions = re.findall(r"^  \(func \(;(\d+);\)(.*?)(?=^  \(|\Z)", text, re.M | re.S)
    state = next(re.findall(r"global\.get (\d+)", body)[0] for number, body in functions if int(number) == own)
    asks = re.compile(rf"global\.get {state}\b")
    return sum(number not in exported and bool(asks.search(body)) for number, body in functions)


def measure_scale() -> None:
    """Prints the seconds for each shape and number of functions."""
    print(f"{'analysis, seconds of CPU':<26}", *(f"{count:>10}" for count in COUNTS))
    for shape, fields in {"a chain of calls": chain, "a complete graph": complete}.items():
        cells = []
        for count in COUNTS:
            text = "\n".join(["(module", '(import "env" "sleep" (func $sleep))', *fields(count), ")"])
            gc.collect()
            gc.disable()  # as the rewriter does
            start = time.process_time()
            program = read_program(text, Options.of(imports="env.sleep"))
            cells.append(f"{time.process_time() - start:>10.2f}")
            gc.enable()
            assert len(program.pausing.instrumented) == count
        print(f"{shape:<26}", *cells, flush=True)


def chain(count: int) -> list[str]:
    """Functions that each call the one before; the first pauses."""
    return [f"(func $f{n} (call ${f'f{n - 1}' if n else 'sleep'}) (nop))" for n in range(count)]


def complete(count: int) -> list[str]:
    """Functions that may each call each, for all stand in one table; the first pauses."""
    calls = "(func $f{} (param $n i32) (call_indirect (type $t) (local.get $n) (local.get $n)))"
    return [
        "(type $t (func (param i32)))",
        f"(table {count} funcref)",
        f"(elem (i32.const 0) func {' '.join(f'$f{n}' for n in range(count))})",
        "(func $f0 (param $n i32) (call $sleep))",
        *(calls.format(n) for n in range(1, count)),
    ]


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
