"""How fast programs go on after they were paused once: a function with a twin runs its slower one until it returns.

    python bench/resumed.py [PROGRAM]... [OPTIONS]

Interpreters, one loop around one big switch: what the loop runs in is on the stack when the program is paused, early,
and stays there to the end (lua), or until a statement ends (sqlite). Lua calls its own imports from there only when it
is about to end; so both programs get a call of an import that they have and do not use, at one call of malloc, and all
variants are made from that. The host pauses at this call, resumes at once, and what is timed is the rest: from the call
to the end of the program. Before and never: the same rest of the program before, and of a variant that is not paused.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import programs
from options import CONFIGURATION
from runner import Times, Wrong, command, measure
from stubs import stubs
from table import ratio
from variants import BEFORE, PEER, variants
from workloads import ENGINES, WORKLOADS


@dataclass(frozen=True)
class Hook:
    """The import that a program is paused at, how it is called, and the call of malloc that calls it, from 1 on."""

    name: str
    call: str
    malloc: int


HOOKS = {
    "lua": Hook("env.system", "(call 0 (i32.const 0))", 1000),
    "sqlite": Hook("env.__syscall_geteuid32", "(call 19)", 1000),
}


@click.command(help=__doc__)
@click.argument("names", metavar="[PROGRAM]...", nargs=-1, type=click.Choice(sorted(HOOKS)))
@click.option("--engine", "engines", multiple=True, default=ENGINES, type=click.Choice(ENGINES), help="Only this one.")
@CONFIGURATION
@click.option("--rounds", default=6, show_default=True, help="How often each is run and timed.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write all times here.")
def main(
    names: tuple[str, ...], engines: tuple[str, ...], configurations: tuple[str, ...], rounds: int, report: Path | None
) -> None:
    found: dict[str, dict[str, Times]] = {}  # engine, program: variant, paused or never
    columns = [PEER, *configurations]
    print("time of the rest / before, paused once / never paused, bytes saved")
    print(f"{'':<20}{'before':>12}" + "".join(f"{f'{name}: never, resumed, ratio, bytes':>44}" for name in columns))
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        for name in names or HOOKS:
            workload, hook = WORKLOADS[name], HOOKS[name]
            try:
                compared = variants(
                    hooked(programs.optimized(workload.module()), hook, scratch), configurations, scratch
                )
            except programs.Missing as missing:
                print(f"{name}: skipped: {missing}", file=sys.stderr)
                continue
            provided = scratch / f"{name}.stubs.wasm"
            provided.write_bytes(stubs(compared[BEFORE]))
            for engine in engines:
                commands = {
                    f"{variant}, {mode}": command(
                        engine, "resumed", path, provided, [mode, hook.name, *workload.arguments]
                    )
                    for variant, path in compared.items()
                    for mode in ("never", "pause")
                    if mode == "never" or variant != BEFORE
                }
                times = found[f"{engine}, {name}"] = measure(commands, rounds, same=False)
                print(row(f"{engine}, {name}", times, columns), flush=True)
    if report:
        report.write_text(json.dumps({row: {v: asdict(t) for v, t in times.items()} for row, times in found.items()}))


def hooked(binary: Path, hook: Hook, scratch: Path) -> Path:
    """The program with a call of the import in its malloc."""
    text = programs.printed(binary, "folded").read_text(encoding="utf-8")
    number = text.partition('(export "malloc" (func ')[2].partition(")")[0]
    before, header, after = text.partition(f"  (func (;{number};)")
    lines = after.split("\n")
    first = next(i for i, line in enumerate(lines[1:], 1) if not line.startswith("    (local "))
    lines.insert(
        first,
        "    (global.set $mallocs (i32.sub (global.get $mallocs) (i32.const 1)))\n"
        f"    (if (i32.eqz (global.get $mallocs)) (then (drop {hook.call})))",
    )
    body, export, end = "\n".join(lines).partition("  (export ")
    made = f"{before}{header}{body}  (global $mallocs (mut i32) (i32.const {hook.malloc}))\n{export}{end}"
    target = scratch / f"{binary.stem.partition('-')[0]}-paused.wat"
    target.write_text(made, encoding="utf-8")
    return programs.kept(target)


def row(what: str, times: dict[str, Times], columns: list[str]) -> str:
    """A line of the table."""
    before = times[f"{BEFORE}, never"]
    cells = ""
    for name in columns:
        never, paused = times[f"{name}, never"], times[f"{name}, pause"]
        ratios = f"{ratio(never, before):.3f}, {ratio(paused, before):.3f}, {ratio(paused, never):.3f}"
        cells += f"{f'{ratios}, {paused.result}':>44}"
    return f"{what:<20}{1000 * sorted(before.runs)[len(before.runs) // 2]:>9.1f} ms{cells}"


if __name__ == "__main__":
    try:
        main()
    except (programs.Missing, Wrong) as problem:
        sys.exit(str(problem))
