"""Runs all benchmarks and draws their figures: tables and the numbers behind them into one directory, SVG into another.

    python bench/report.py [OPTIONS]

It takes a quiet machine, and less than 45 minutes; what wasm-opt makes is kept for the next time. Where a benchmark
fails, the others still run.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click
from configurations import CONFIGURATIONS

BENCH = Path(__file__).parent
DOCS = BENCH.parent / "docs"

# Which options a benchmark takes beside --json.
BENCHMARKS = {
    "size": {"configuration", "program", "after"},
    "speed": {"configuration", "program", "rounds"},
    "quickjs": {"configuration", "rounds"},
    "switch": {"configuration"},  # its rounds are new processes, and more
    "resumed": {"configuration", "rounds"},
    "hot": {"rounds", "no-json"},
    "guided": {"rounds"},
    "tool": {"runs", "no-json"},
}


@click.command(help=__doc__)
@click.option(
    "--tables", default=DOCS / "measured", type=click.Path(file_okay=False, path_type=Path), help="[docs/measured]"
)
@click.option("--figures", default=DOCS, type=click.Path(file_okay=False, path_type=Path), help="[docs]")
@click.option("--only", "names", multiple=True, default=BENCHMARKS, type=click.Choice(list(BENCHMARKS)))
@click.option(
    "--configuration",
    "configurations",
    multiple=True,
    default=("skip", "-O", "-Os"),
    show_default=True,
    type=click.Choice(list(CONFIGURATIONS)),
    help="Ours, in this way; repeatable.",
)
@click.option("--rounds", default=6, show_default=True, help="How often each is run and timed.")
@click.option("--size-of", "sizes", multiple=True, metavar="PROGRAM", help="Only its size; repeatable.")
@click.option("--speed-of", "speeds", multiple=True, metavar="PROGRAM", help="Only its speed; repeatable.")
@click.option("--after", is_flag=True, help="Also the size of what wasm-opt -O3 makes of ours, which takes long.")
def main(
    tables: Path,
    figures: Path,
    names: tuple[str, ...],
    configurations: tuple[str, ...],
    rounds: int,
    sizes: tuple[str, ...],
    speeds: tuple[str, ...],
    after: bool,
) -> None:
    tables.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names:
        taken = BENCHMARKS[name]
        options = [] if "no-json" in taken else ["--json", str(tables / f"{name}.json")]
        if "configuration" in taken:
            options += [f"--configuration={each}" for each in configurations]
        if "rounds" in taken:
            options += ["--rounds", str(rounds)]
        if "runs" in taken:
            options += ["1"]  # its figures are CPU time, of which one run says enough
        if "program" in taken:
            options += {"size": sizes, "speed": speeds}[name]
        if "after" in taken and after:
            options += ["--after"]
        print(f"{name}.py ...", flush=True)
        start = time.monotonic()
        with (tables / f"{name}.txt").open("w", encoding="utf-8") as table:
            done = subprocess.run([sys.executable, str(BENCH / f"{name}.py"), *options], stdout=table)
        if done.returncode:
            failed.append(name)
        print(f"{name}.py: {'failed, ' if done.returncode else ''}{time.monotonic() - start:.0f} s", flush=True)
    subprocess.run([sys.executable, str(BENCH / "charts.py"), str(tables), str(figures)], check=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
