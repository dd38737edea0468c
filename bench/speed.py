"""How fast programs run that can pause and never do: against themselves before, and against `wasm-opt -O3 --asyncify`.

    python bench/speed.py [PROGRAM]... [OPTIONS]

Before is what `wasm-opt -O3` makes of a program. Each variant is compiled in processes of its own, runs to warm up, and
then all run in turn; what is timed is `_start` (or the export) in a fresh instance, without compiling it. Node compiles
with V8's optimising compiler alone (TurboFan; no tiers), ahead of the run.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click
import programs
from configurations import CONFIGURATIONS, USUAL
from options import PROCESSES, WASM_OPT
from runner import Wrong, command, measure
from stubs import stubs
from table import Rows, line, show
from variants import BEFORE, PEER, variants
from workloads import ENGINES, WORKLOADS, Workload

Found = dict[str, Rows]  # by engine


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
@WASM_OPT
@click.option("--rounds", default=6, show_default=True, help="How often each is run and timed.")
@click.option("--tiers", is_flag=True, help="V8 as it is, with its baseline compiler first; give it a longer --warm.")
@click.option("--warm", default=1, show_default=True, type=click.IntRange(1), help="How often each runs before.")
@PROCESSES
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
    processes: int,
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
                            commands(workload, engine, compared, scratch, arguments, tiers), rounds, processes, warm
                        )
                        found[engine][name] = times
                        print(f"{engine} {name}: {line(times, BEFORE)}", file=sys.stderr, flush=True)
            except (programs.Missing, Wrong) as problem:
                print(f"{name}: skipped: {problem}", file=sys.stderr)
    show(found, BEFORE, report)


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
    workload: Workload,
    engine: str,
    compared: dict[str, Path],
    scratch: Path,
    arguments: str | None = None,
    tiers: bool = False,
) -> dict[str, list[str]]:
    """What runs each variant."""
    provided = scratch / f"{workload.name}.stubs.wasm"
    provided.write_bytes(stubs(compared[BEFORE]))
    given = list(workload.arguments if arguments is None else [workload.arguments[0], *arguments.split()])
    if workload.kind == "box2d":
        given.insert(0, str(programs.glue(workload.name)))
    return {name: command(engine, workload.kind, path, provided, given, tiers) for name, path in compared.items()}


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
