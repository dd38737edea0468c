"""How fast JavaScript runs in QuickJS that can pause and never does, on Node: against the published pair of builds.

    python bench/quickjs.py [OPTIONS]

Sync is npm's module that cannot pause, and ours and the peer's (`wasm-opt -O3 --asyncify`) are made from it as it is;
published is npm's module that can pause, where Emscripten ran wasm-opt. What is timed is one evaluation in a fresh
context, V8 with its optimising compiler alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
import programs
from options import CONFIGURATION, PROCESSES
from runner import Wrong, command, measure
from table import HEADING, Rows, line, table
from variants import rewritten

VERSION = "0.32.0"
CORE = "quickjs-emscripten-core"
SYNC, ASYNC = (f"@jitl/quickjs-wasmfile-release-{kind}" for kind in ("sync", "asyncify"))
SCRIPTS = sorted((Path(__file__).parent / "javascript").glob("*.js"))


@click.command(help=__doc__)
@CONFIGURATION
@click.option("--rounds", default=6, show_default=True, help="How often each is run and timed.")
@PROCESSES
@click.option("--tiers", is_flag=True, help="V8 as it is, with its baseline compiler first.")
@click.option("--warm", default=2, show_default=True, type=click.IntRange(1), help="How often each runs before.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write all times here.")
def main(
    configurations: tuple[str, ...], rounds: int, processes: int, tiers: bool, warm: int, report: Path | None
) -> None:
    packages = programs.installed(*(f"{each}@{VERSION}" for each in (CORE, SYNC, ASYNC)))
    sync, published = (packages / each / "dist" / "emscripten-module.wasm" for each in (SYNC, ASYNC))
    before = programs.kept(sync)
    rows: Rows = {}
    with tempfile.TemporaryDirectory() as directory:
        modules = {"sync": (before, SYNC), "published": (published, ASYNC), "peer": (programs.peer(before), SYNC)}
        for each in configurations:
            modules[each] = rewritten(before, each, Path(directory)), SYNC
        for script in SCRIPTS:
            commands = {
                name: command("node", "quickjs", path, before, [str(packages), variant, str(script)], tiers)
                for name, (path, variant) in modules.items()
            }
            rows[script.stem] = measure(commands, rounds, processes, warm)
            print(f"{script.stem}: {line(rows[script.stem], 'sync')}", file=sys.stderr, flush=True)
    print(f"\nnode: {HEADING}\n{table(rows, 'sync')}")
    if report:
        report.write_text(json.dumps({n: {v: asdict(t) for v, t in times.items()} for n, times in rows.items()}))


if __name__ == "__main__":
    try:
        main()
    except (programs.Missing, Wrong) as problem:
        sys.exit(str(problem))
