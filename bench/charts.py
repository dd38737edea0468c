"""Draws what the benchmarks measured, as the article's figures do: from what they wrote with --json, as SVG.

    python bench/charts.py DIRECTORY [TARGET]

Reads size.json, speed.json, quickjs.json, switch.json and resumed.json of DIRECTORY, those that are there;
TARGET is DIRECTORY if it is not said.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from svg import bars, lines
from table import paired


@click.command(help=__doc__)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("target", required=False, type=click.Path(file_okay=False, path_type=Path))
def main(directory: Path, target: Path | None) -> None:
    target = target or directory
    target.mkdir(parents=True, exist_ok=True)
    for name, draw in {"size": size, "speed": speed, "quickjs": quickjs, "switch": switch, "resumed": resumed}.items():
        source = directory / f"{name}.json"
        if source.exists():
            for chart, text in draw(json.loads(source.read_text())).items():
                (target / f"{chart}.svg").write_text(text, encoding="utf-8")
                print(target / f"{chart}.svg")


def size(found: dict[str, dict[str, dict[str, int]]]) -> dict[str, str]:
    """Size over size before; a figure for each case."""
    charts = {}
    for case, programs in found.items():
        rows: dict[str, dict[str, float]] = {}
        for program, sizes in programs.items():
            for variant, bytes_ in sizes.items():
                if not variant.startswith("before") and not variant.endswith("+O3"):
                    base = sizes["before" if variant == "peer" else "before-wabt"]
                    rows.setdefault(program, {})[_named(variant)] = bytes_ / base
        if rows:
            charts[f"size-{case}"] = bars(f"Size, of the program before ({case})", rows)
    return charts


def speed(found: dict[str, Any]) -> dict[str, str]:
    """Running time, never pausing, over that before; a figure for each engine."""
    return {
        f"speed-{engine}": bars(
            f"Running time, never pausing, of the program before ({engine})", _times(rows, "before")
        )
        for engine, rows in found.items()
        if rows
    }


def quickjs(found: dict[str, Any]) -> dict[str, str]:
    """Running time of JavaScript over that in the build that cannot pause."""
    return {"quickjs": bars("JavaScript in QuickJS, of the build that cannot pause (node)", _times(found, "sync"))}


def switch(found: dict[str, dict[str, tuple[float, float]]]) -> dict[str, str]:
    """Nanoseconds of a turn and of a pause by depth; a figure for each kind."""
    kinds: dict[str, dict[str, dict[str, float]]] = {}
    for what, variants in found.items():
        kind, comma, depth = what.partition(", depth ")
        if comma:
            for name, (nanoseconds, _) in variants.items():
                kinds.setdefault(kind, {}).setdefault(_named(name), {})[depth] = nanoseconds
    return {
        f"switch-{kind.replace(': ', '-')}": lines(f"Nanoseconds to unwind and rewind ({kind})", rows, "frames")
        for kind, rows in kinds.items()
    }


def resumed(found: dict[str, Any]) -> dict[str, str]:
    """Time from a call to the end, never paused and paused at it, over that before."""
    return {"resumed": bars("The rest of a run, of that of the program before", _times(found, "before, never"))}


def _times(rows: dict[str, Any], base: str) -> dict[str, dict[str, float]]:
    return {
        program: {
            _named(name): paired(each["runs"], times[base]["runs"]) for name, each in times.items() if name != base
        }
        for program, times in rows.items()
    }


def _named(variant: str) -> str:
    return variant.replace("peer", "wasm-opt")


if __name__ == "__main__":
    main()
