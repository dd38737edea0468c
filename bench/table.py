"""Tables of ratios: the times of variants against those of one of them, and their means."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from runner import Times

# What a ratio exceeds 1 by counts for at least this much in the mean: less is noise.
LEAST = 0.01

Rows = dict[str, dict[str, Times]]  # program: variant


def ratio(after: Times, before: Times) -> float:
    """The median of the ratios round by round: a machine that is slow for a while is so for all variants."""
    return paired(after.runs, before.runs)


def paired(after: Sequence[float], before: Sequence[float]) -> float:
    """The median of the ratios of values that belong together."""
    return statistics.median(one / other for one, other in zip(after, before, strict=True))


def least(after: Times, before: Times) -> float:
    """The ratio of the minima."""
    return min(after.runs) / min(before.runs)


def geomean(values: list[float]) -> float:
    return math.exp(statistics.fmean([math.log(each) for each in values])) if values else math.nan


def line(times: dict[str, Times], base: str) -> str:
    """The time of `base` in milliseconds, and what the other variants are of it, by rounds and by minima."""
    others = [
        f"{name} {ratio(each, times[base]):.3f} ({least(each, times[base]):.3f})"
        for name, each in times.items()
        if name != base
    ]
    return ", ".join([f"{statistics.median(times[base].runs) * 1000:.1f} ms", *others])


def table(rows: Rows, base: str) -> str:
    """A line for each program, and the geometric means over all of a variant's."""
    columns = list(dict.fromkeys(name for times in rows.values() for name in times if name != base))
    lines = [f"{'program':<16}{base:>12}" + "".join(f"{name:>22}" for name in columns)]
    for program, times in rows.items():
        cells = "".join(f"{_cell(times.get(name), times[base]):>22}" for name in columns)
        lines.append(f"{program:<16}{statistics.median(times[base].runs) * 1000:>9.1f} ms{cells}")
    ratios = {name: [ratio(t[name], t[base]) for t in rows.values() if name in t] for name in columns}
    excesses = {name: [max(each - 1, LEAST) for each in found] for name, found in ratios.items()}
    for label, means in {"geomean": ratios, "excess over 1": excesses}.items():
        lines.append(f"{label:<28}" + "".join(f"{f'{geomean(each):.3f}':<17}".rjust(22) for each in means.values()))
    return "\n".join(lines)


def show(found: Mapping[str, Rows], base: str, report: Path | None) -> None:
    """Prints a table for each engine, and writes all times into a file, if one is given."""
    for engine, rows in found.items():
        if rows:
            print(f"\n{engine}: {HEADING}\n{table(rows, base)}")
    if report:
        report.write_text(
            json.dumps(
                {e: {n: {v: asdict(t) for v, t in r.items()} for n, r in rows.items()} for e, rows in found.items()}
            )
        )


HEADING = "time / before, the median of all rounds (of the minima), time of compiling / before"


def _cell(after: Times | None, before: Times) -> str:
    if after is None:
        return ""
    return f"{ratio(after, before):.3f} ({least(after, before):.3f}) {after.compile / before.compile:.1f}"
