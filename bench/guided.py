"""What a profile brings: the size and the time of programs made with -O, and with -O --profile.

    python bench/guided.py [PROGRAM]... [OPTIONS]

The profile is Node's, of the program before, with what it is then timed with; of QuickJS it is one of all scripts, and
its module is the one that cannot pause, as npm has it. Growth is the bytes added, against those that the peer
(`wasm-opt -O3 --asyncify`) adds; the times are those of speed.py and quickjs.py.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import programs
import quickjs
import speed
from runner import Wrong, command, measure, profiled
from table import Rows, line, show
from variants import BEFORE, PEER, rewritten
from workloads import ENGINES, WORKLOADS

from wat_bysyncify.profile import added

PROGRAMS = ("lua", "sqlite", "zlib", "fannkuch", "box2d")
QUICKJS = "quickjs"
PLAIN, GUIDED = "-O", "-O --profile"
Commands = dict[str, list[str]]  # by variant


@click.command(help=__doc__)
@click.argument("names", metavar="[PROGRAM]...", nargs=-1, type=click.Choice([*PROGRAMS, QUICKJS]))
@click.option("--engine", "engines", multiple=True, default=ENGINES, type=click.Choice(ENGINES), help="Only this one.")
@click.option("--rounds", default=9, show_default=True, help="How often each is run and timed.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write all times here.")
def main(names: tuple[str, ...], engines: tuple[str, ...], rounds: int, report: Path | None) -> None:
    rows: dict[str, Rows] = {engine: {} for engine in engines}
    print(f"{'program':<12}{'before':>10}{'peer':>10}{PLAIN:>20}{GUIDED:>20}{'twins':>7}")
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        for name in names or (*PROGRAMS, QUICKJS):
            try:
                for engine, row, commands in quickjs_runs(scratch) if name == QUICKJS else runs(name, scratch):
                    if engine in rows:
                        times = rows[engine][row] = measure(commands, rounds)
                        print(f"{engine} {row}: {line(times, BEFORE)}", file=sys.stderr, flush=True)
            except (programs.Missing, Wrong) as problem:
                print(f"{name}: skipped: {problem}", file=sys.stderr)
    show(rows, BEFORE, report)


def runs(name: str, scratch: Path) -> Iterator[tuple[str, str, Commands]]:
    """What runs the variants of a program, by engine; the second is what the row of the table is called."""
    workload = WORKLOADS[name]
    before = programs.optimized(workload.module())
    profile = profiled(speed.commands(workload, "node", {BEFORE: before}, scratch)[BEFORE])
    modules = made(name, before, profile, scratch)
    for engine in workload.engines:
        yield engine, name, speed.commands(workload, engine, modules, scratch)


def quickjs_runs(scratch: Path) -> Iterator[tuple[str, str, Commands]]:
    """What runs the variants of QuickJS, with each script."""
    packages = programs.installed(*(f"{each}@{quickjs.VERSION}" for each in (quickjs.CORE, quickjs.SYNC)))
    before = programs.kept(packages / quickjs.SYNC / "dist" / "emscripten-module.wasm")

    def started(path: Path, script: Path) -> list[str]:
        return command("node", "quickjs", path, before, [str(packages), quickjs.SYNC, str(script)])

    profile = added(profiled(started(before, script)) for script in quickjs.SCRIPTS)
    modules = made(QUICKJS, before, profile, scratch)
    for script in quickjs.SCRIPTS:
        yield "node", f"quickjs {script.stem}", {name: started(path, script) for name, path in modules.items()}


def made(name: str, before: Path, profile: Mapping[str, float], scratch: Path) -> dict[str, Path]:
    """The variants of a program; prints their sizes."""
    guided = scratch / "guided"
    guided.mkdir(exist_ok=True)
    found = {
        BEFORE: before,
        PEER: programs.peer(before),
        PLAIN: rewritten(before, "-O", scratch),
        GUIDED: rewritten(before, "-O", guided, {"profile": profile}),
    }
    size = {variant: path.stat().st_size for variant, path in found.items()}
    theirs = size[PEER] - size[BEFORE]
    cells = (
        f"{size[each] / size[BEFORE]:.3f} ({(size[each] - size[BEFORE]) / theirs:.3f})" for each in (PLAIN, GUIDED)
    )
    twins = found[GUIDED].with_suffix(".wat").read_text(encoding="utf-8").count("_rewind\n")
    ours = "".join(f"{cell:>20}" for cell in cells)
    print(f"{name:<12}{size[BEFORE]:>10}{size[PEER] / size[BEFORE]:>10.3f}{ours}{twins:>7}", flush=True)
    return found


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
