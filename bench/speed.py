"""How fast programs run that can pause and never do: against themselves before, and against `wasm-opt -O3 --asyncify`.

    python bench/speed.py [PROGRAM]... [OPTIONS]

Before is what `wasm-opt -O3` makes of a program. Each variant is compiled in a process of its own, runs to warm
up, and then all run in turn; what is timed is `_start` (or the export) in a fresh instance, without compiling it. Node
compiles with V8's optimising compiler alone (TurboFan; no tiers), ahead of the run.
"""

from __future__ import annotations

import json
import math
import shutil
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
import programs
from configurations import CONFIGURATIONS, USUAL
from runner import Times, Wrong, command, measure
from stubs import stubs
from variants import BEFORE, PEER, variants
from workloads import ENGINES, WORKLOADS, Workload

Found = dict[str, dict[str, dict[str, Times]]]  # engine: program: variant


@click.command(help=__doc__)
@click.argument("names", metavar="[PROGRAM]...", nargs=-1, type=click.Choice(sorted(WORKLOADS)))
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), help="Only this one; repeatable.")
@click.option(
    "--configuration",
    "configurations",
    multiple=True,
    type=click.Choice(list(CONFIGURATIONS)),
    help=f"Ours, in this way; repeatable.  [default: {', '.join(USUAL)}]",
)
@click.option("--no-ours", is_flag=True, help="No configuration of ours, only what --variant names.")
@click.option("--no-peer", is_flag=True, help="Without wasm-opt --asyncify.")
@click.option(
    "--variant",
    "extra",
    multiple=True,
    metavar="[PROGRAM:]NAME=FILE",
    help="A module (.wasm, .wat) to run beside the others; repeatable.",
)
@click.option(
    "--wasm-opt",
    "optimizer",
    type=click.Choice(["installed", "npm"]),
    default="installed",
    show_default=True,
    help="Whose wasm-opt.",
)
@click.option("--rounds", default=5, show_default=True, help="How often each is run and timed.")
@click.option("--tiers", is_flag=True, help="V8 as it is, with its baseline compiler first; give it a longer --warm.")
@click.option("--warm", default=1, show_default=True, type=click.IntRange(1), help="How often each runs before.")
@click.option("--fresh", is_flag=True, help="New processes in each round.")
@click.option("--arguments", metavar="WORDS", help="What the programs are started with, instead of the usual.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Leave all variants in this directory.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write all times here.")
def main(
    names: tuple[str, ...],
    engines: tuple[str, ...],
    configurations: tuple[str, ...],
    no_ours: bool,
    no_peer: bool,
    extra: tuple[str, ...],
    optimizer: str,
    rounds: int,
    tiers: bool,
    warm: int,
    fresh: bool,
    arguments: str | None,
    keep: Path | None,
    report: Path | None,
) -> None:
    found: Found = {engine: {} for engine in engines or ENGINES}
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        for name in names or WORKLOADS:
            workload = WORKLOADS[name]
            try:
                chosen = () if no_ours else configurations or USUAL
                compared = variants(workload.module(), chosen, scratch, optimizer=programs.wasm_opt(optimizer))
                for given, path in given_variants(extra, name, len(names)).items():
                    compared[given] = programs.kept(path)
                if no_peer:
                    del compared[PEER]
                if keep:
                    keep_variants(compared, name, keep)
                for engine in found:
                    if engine in workload.engines:
                        times = measure(
                            commands(workload, engine, compared, scratch, arguments, tiers), rounds, fresh, warm
                        )
                        found[engine][name] = times
                        print(f"{engine} {name}: {line(times)}", file=sys.stderr, flush=True)
            except (programs.Missing, Wrong) as problem:
                print(f"{name}: skipped: {problem}", file=sys.stderr)
    for engine, rows in found.items():
        if rows:
            print_table(engine, rows)
    if report:
        report.write_text(
            json.dumps(
                {e: {n: {v: asdict(t) for v, t in r.items()} for n, r in rows.items()} for e, rows in found.items()}
            )
        )


def given_variants(extra: tuple[str, ...], program: str, count: int) -> dict[str, Path]:
    """The variants from the command line that are of this program, by name."""
    found = {}
    for each in extra:
        label, equals, path = each.partition("=")
        owner, colon, name = label.rpartition(":")
        if not equals or not (colon or count == 1) or not Path(path).is_file():
            raise click.BadParameter(
                f"{each}: NAME=FILE with one PROGRAM, or PROGRAM:NAME=FILE, of a file", param_hint="--variant"
            )
        if not colon or owner == program:
            found[name] = Path(path)
    return found


def keep_variants(compared: dict[str, Path], program: str, directory: Path) -> None:
    """Copies of all variants, and of the texts of ours and of what they were made from."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, path in compared.items():
        shutil.copyfile(path, directory / f"{program}.{name}.wasm")
        text = programs.printed(path, "folded") if name == BEFORE else path.with_suffix(".wat")
        if text.exists():
            shutil.copyfile(text, directory / f"{program}.{name}.wat")


def commands(
    workload: Workload, engine: str, compared: dict[str, Path], scratch: Path, arguments: str | None, tiers: bool
) -> dict[str, list[str]]:
    """What runs each variant."""
    provided = scratch / f"{workload.name}.stubs.wasm"
    provided.write_bytes(stubs(compared[BEFORE]))
    given = list(workload.arguments if arguments is None else [workload.arguments[0], *arguments.split()])
    if workload.kind == "box2d":
        given.insert(0, str(programs.glue(workload.name)))
    return {name: command(engine, workload.kind, path, provided, given, tiers) for name, path in compared.items()}


def line(times: dict[str, Times]) -> str:
    """The times of one program before, in milliseconds, and of its variants, as ratios of medians and of minima."""
    before = times[BEFORE]
    parts = [f"{statistics.median(before.runs) * 1000:.1f} ms"]
    for name, each in times.items():
        if name != BEFORE:
            parts.append(f"{name} {ratio(each, before):.3f} ({min(each.runs) / min(before.runs):.3f})")
    return ", ".join(parts)


def ratio(after: Times, before: Times) -> float:
    """Of the medians."""
    return statistics.median(after.runs) / statistics.median(before.runs)


def geomean(values: list[float]) -> float:
    return math.exp(statistics.fmean([math.log(each) for each in values])) if values else math.nan


# What a ratio exceeds 1 by counts for at least this much in the mean: less is noise.
LEAST = 0.01


def print_table(engine: str, rows: dict[str, dict[str, Times]]) -> None:
    """Medians (minima) against the program before, and their means."""
    columns = list(dict.fromkeys(name for times in rows.values() for name in times if name != BEFORE))
    print(f"\n{engine}: time / time before, of the medians (of the minima); seconds of compiling / before")
    print(f"{'program':<16}{'before':>10}" + "".join(f"{name:>24}" for name in columns))
    for program, times in rows.items():
        before = times[BEFORE]
        cells = ""
        for name in columns:
            if name in times:
                each = times[name]
                least, compiled = min(each.runs) / min(before.runs), each.compile / before.compile
                cells += f"{f'{ratio(each, before):.3f} ({least:.3f}) {compiled:.1f}':>24}"
            else:
                cells += " " * 24
        print(f"{program:<16}{statistics.median(before.runs) * 1000:>7.1f} ms{cells}")
    ratios = {name: [ratio(t[name], t[BEFORE]) for t in rows.values() if name in t] for name in columns}
    excesses = {name: [max(each - 1, LEAST) for each in found] for name, found in ratios.items()}
    for label, means in {"geomean": ratios, "excess over 1": excesses}.items():
        print(f"{label:<16}{'':>10}" + "".join(f"{f'{geomean(each):.3f}':<8}".rjust(24) for each in means.values()))


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
