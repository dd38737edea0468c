"""Random programs, rewritten, paused and resumed, against the same programs as they are: `python tests/fuzz.py --help`.

A program's functions are called one after the other. What they return or how they trap, what they print, and memories
and globals at the end are the same in all the ways to run it (fuzz_run.py). A program that fails is made smaller: lists
and instructions are left out as long as the text is valid and fails in the same way (fuzz_reduce.py).

The programs are from generate.py; with `--ttf` so many more are made by `wasm-opt -ttf` of random bytes (fuzz_ttf.py).
These need stack and end only by chance, and know nothing of a host that pauses: they are paused at pause points, with
the frames in a memory of their own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import click
import wasmtime

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_host import UnknownError
from fuzz_reduce import reduce_difference
from fuzz_run import ALL, JUMP, OWN, POINTS, SMALL, TWINS, WAYS, Difference, EndlessError, Runner, Way
from fuzz_ttf import Ttf
from generate import generate

from wat_bysyncify.script.traps import reason

TTF_WAYS = (
    Way("never paused"),
    Way("add list", options=ALL),
    Way("own memory, every call", 1, options=OWN),
    Way("points, never paused", options=POINTS),
    Way("points, fuel 0", fuel=0, options=POINTS),
    Way("points, fuel 2", fuel=2, options=POINTS),
    Way("points, fuel 6, every 3rd call", 3, fuel=6, options=POINTS),
    Way("jump, add list", options=JUMP + ALL),
    Way("jump, points, fuel 0", fuel=0, options=JUMP + POINTS),
    Way("-Os, points, fuel 1", fuel=1, options=SMALL + POINTS),
    Way("twins, points, fuel 0", fuel=0, options=TWINS + POINTS),
    Way("twins, add list, points, fuel 2", fuel=2, options=TWINS + ALL + POINTS),
)
BATCH = 20


@dataclass
class Batch:
    """What came of some programs: how many were compared, and why others were not."""

    origin: str
    counts: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, Difference]] = field(default_factory=list)

    def add(self, text: str, seed: int, ways: tuple[Way, ...]) -> None:
        """Runs a program in all ways."""
        try:
            runner = Runner(text, seed)
            found = runner.difference(ways)
        except EndlessError as error:
            self.not_compared[f"as it is: {error}"] += 1
            return
        except (wasmtime.WasmtimeError, UnknownError) as error:
            self.not_compared[f"cannot run: {reason(error)}"[:100]] += 1
            return
        if found:
            self.failures.append((seed, text, found))
        self.missing.update(f"{self.origin}, {each}" for each in runner.missing)
        self.counts["compared"] += runner.ran > 0
        self.counts["compared in all ways"] += runner.ran == len(ways)
        self.counts["paused"] += runner.paused > 0
        self.counts["runs"] += runner.ran
        self.counts["runs paused"] += runner.paused
        self.counts["pauses"] += runner.pauses

    def join(self, other: Batch) -> None:
        self.counts += other.counts
        self.not_compared += other.not_compared
        self.missing += other.missing


def generated(first: int, count: int) -> Batch:
    batch = Batch("generated")
    for seed in range(first, first + count):
        batch.add(generate(seed, 12 + seed % 5 * 10).text, seed, WAYS)
    return batch


def made(first: int, count: int, wasm_opt: str, printer: str) -> Batch:
    batch = Batch("ttf")
    with tempfile.TemporaryDirectory() as folder:
        ttf = Ttf(wasm_opt, printer, Path(folder))
        for seed in range(first, first + count):
            text = ttf.text(seed)
            if text is None:
                batch.not_compared["the tools fail"] += 1
            else:
                batch.add(text, seed, TTF_WAYS)
        ttf.close()
    return batch


def _generated(arguments: tuple[int, int]) -> Batch:
    return generated(*arguments)


def _made(arguments: tuple[int, int, str, str]) -> Batch:
    return made(*arguments)


def parts(first: int, count: int, size: int) -> list[tuple[int, int]]:
    return [(at, min(size, first + count - at)) for at in range(first, first + count, size)]


@click.command()
@click.option("--count", default=300, show_default=True, help="How many generated programs.")
@click.option("--seed", default=0, show_default=True, help="Of the first program.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--ttf", default=0, show_default=True, help="How many modules of `wasm-opt -ttf` besides.")
@click.option("--wasm-opt", default="wasm-opt", envvar="WASM_OPT", show_default=True, help="For --ttf.")
@click.option("--printer", envvar="WASM_PRINTER", help="For --ttf: wasm-tools, wasm2wat, or wasm-tools.js for Node.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Write failing texts to this directory.")
@click.option("--most", default=5, show_default=True, help="How many failures to make smaller and print.")
@click.option("--seconds", default=60, show_default=True, help="To make a failure smaller.")
def main(
    count: int, seed: int, jobs: int, ttf: int, wasm_opt: str, printer: str | None, keep: Path | None, most: int,
    seconds: int,
) -> None:  # fmt: skip
    """Run random programs in all ways; print those that differ, made smaller, and a summary. Exit 1 if any differs."""
    printer = printer or next((name for name in ("wasm-tools", "wasm2wat") if shutil.which(name)), None)
    if ttf and not (printer and shutil.which(wasm_opt)):
        raise click.UsageError("--ttf needs wasm-opt, and wasm-tools or wasm2wat")
    start = time.monotonic()
    kinds: Counter[str] = Counter()
    totals: dict[str, Batch] = {}
    with get_context("spawn").Pool(jobs, maxtasksperchild=12) as pool:
        own = pool.imap_unordered(_generated, parts(seed, count, BATCH))
        made_ = pool.imap_unordered(_made, [(*part, wasm_opt, printer or "") for part in parts(seed, ttf, 400)])
        for batches in (own, made_):
            for batch in batches:
                totals.setdefault(batch.origin, Batch(batch.origin)).join(batch)
                for number, text, found in batch.failures:
                    key = f"{batch.origin}, {found.way}, {found.kind}"
                    kinds[key] += 1
                    click.echo(f"{batch.origin} {number}: {found}"[:300])
                    if keep:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{batch.origin}-{number}.wat").write_text(text)
                    if most and kinds[key] <= 2:
                        most -= 1
                        ways = WAYS if batch.origin == "generated" else TTF_WAYS
                        click.echo(reduce_difference(text, number, found, ways, seconds))
    took = time.monotonic() - start
    for origin, batch in totals.items():
        counts = batch.counts
        click.echo(f"{origin}: {counts['compared']} compared, {counts['compared in all ways']} of them in all ways")
        click.echo(
            f"  {counts['paused']} paused; {counts['runs']} runs, {counts['runs paused']} of them paused, ", nl=False
        )
        click.echo(f"{counts['pauses']} times")
        for why, times in batch.not_compared.most_common(12):
            click.echo(f"  {times:5} not compared: {why}")
        for why, times in batch.missing.most_common():
            click.echo(f"  {times:5} refused in some way: {why}")
    click.echo(f"{sum(kinds.values())} fail, {took:.0f} s")
    for key, times in sorted(kinds.items()):
        click.echo(f"  {times:5} {key}")
    sys.exit(bool(kinds))


if __name__ == "__main__":
    main()
