"""How much programs grow: ours against `wasm-opt -O3 --asyncify`, on the same -O3 module, as in the article's figure.

    python bench/size.py [PROGRAM]... [OPTIONS]

Worst: any import may pause. List: only one import may. Indirect: the same, and calls through tables do not pause.
Plain: worst, with wasm-opt not told to optimise. Ours is assembled by wat2wasm, and nothing is run over it; with
--after also what `wasm-opt -O3` makes of it, as +O3.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import programs
from options import CONFIGURATION, WASM_OPT
from table import geomean
from variants import assemble, rewritten
from workloads import SHARED

# The import of the list: one that waits for the world, where names are still there.
LISTS = {
    "box2d": "a.c",
    "lua": "wasi_snapshot_preview1.fd_read",
    "quickjs": "a.b",
    "sqljs": "a.b",
    "treesitter": "env.tree_sitter_parse_callback",
    "c-lua": "wasi_snapshot_preview1.fd_read",
    "c-sqlite": "wasi_snapshot_preview1.fd_read",
    "c-zlib": "wasi_snapshot_preview1.fd_write",
    "c-fannkuch": "wasi_snapshot_preview1.fd_write",
}


@dataclass(frozen=True)
class Case:
    """What may pause, as our options and as flags of wasm-opt, where LIST stands for the program's import."""

    ours: Mapping[str, object]
    peer: tuple[str, ...]


CASES = {
    "worst": Case({}, ("-O3",)),
    "list": Case({"imports": "LIST"}, ("-O3", "--pass-arg=asyncify-imports@LIST")),
    "indirect": Case(
        {"imports": "LIST", "ignore_indirect": True},
        ("-O3", "--pass-arg=asyncify-imports@LIST", "--pass-arg=asyncify-ignore-indirect"),
    ),
    "plain": Case({}, ()),
}

# Where wasm-opt adds less than this part of the module, it is not said how much more or less we add.
LITTLE = 0.01

Sizes = dict[str, int]  # before, before-wabt, peer, and ours


@click.command(help=__doc__)
@click.argument("names", metavar="[PROGRAM]...", nargs=-1, type=click.Choice(list(LISTS)))
@click.option("--case", "cases", multiple=True, default=CASES, type=click.Choice(list(CASES)), help="Only this one.")
@CONFIGURATION
@WASM_OPT
@click.option("--after", is_flag=True, help="Also run wasm-opt -O3 over ours, which takes minutes.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write all sizes here.")
def main(
    names: tuple[str, ...],
    cases: tuple[str, ...],
    configurations: tuple[str, ...],
    optimizer: str,
    after: bool,
    report: Path | None,
) -> None:
    columns = [name for each in configurations for name in ((each, f"{each}+O3") if after else (each,))]
    found: dict[str, dict[str, Sizes]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for case in cases:
            heads = "".join(f"{name:>20}" for name in columns)
            print(f"\n{case}: size / before (bytes added / bytes that the peer adds)")
            print(f"{'program':<12}{'before':>10}{'peer':>8}{heads}")
            found[case] = {}
            for name in names or LISTS:
                try:
                    found[case][name] = sizes(name, CASES[case], columns, programs.wasm_opt(optimizer), Path(directory))
                except programs.Missing as missing:
                    print(f"{name}: skipped: {missing}", file=sys.stderr)
                else:
                    print(line(name, found[case][name], columns), flush=True)
            print(mean(found[case], columns))
    if report:
        report.write_text(json.dumps(found))


def sizes(name: str, case: Case, columns: list[str], optimizer: str, scratch: Path) -> Sizes:
    """Of one program's modules, in bytes."""
    before = programs.optimized(module(name), optimizer)
    flags = [each.replace("LIST", LISTS[name]) for each in case.peer]
    options = {k: LISTS[name] if v == "LIST" else v for k, v in case.ours.items()}
    text = programs.printed(before, "folded").read_text(encoding="utf-8")
    found = {
        "before": before.stat().st_size,
        "before-wabt": assemble(text, scratch / "before.wasm"),  # wabt's own encoding of it: some bytes off
        "peer": programs.peer(before, optimizer, flags).stat().st_size,
    }
    for column in columns:
        configuration, plus, _ = column.partition("+")
        found[column] = ours_size(before, configuration, bool(plus), options, optimizer, scratch)
    return found


# Two of the cases are the same for us.
_known: dict[tuple[Path, str, bool, str], int] = {}


def ours_size(
    before: Path, configuration: str, after: bool, options: Mapping[str, object], optimizer: str, scratch: Path
) -> int:
    """Of what a configuration makes of a module, and `wasm-opt -O3` of that, `after` it."""
    key = before, configuration, after, repr(options)
    if key not in _known:
        ours = rewritten(before, configuration, scratch, options)
        _known[key] = optimized_size(ours, optimizer, scratch / "O3.wasm") if after else ours.stat().st_size
    return _known[key]


def module(name: str) -> Path:
    """A module as it was made: of an npm package, or (c-) a compiled program beside the checkout."""
    if not name.startswith("c-"):
        return programs.module(name)
    source = SHARED / f"{name[2:]}.wasm"
    if not source.exists():
        raise programs.Missing(f"{source.name} is not there")
    return programs.kept(source)


def optimized_size(binary: Path, optimizer: str, target: Path) -> int:
    """What `wasm-opt -O3` leaves of a module that we made, which no cache should keep."""
    programs.run([programs.tool(optimizer), "-all", "-O3", str(binary), "-o", str(target)])
    return target.stat().st_size


def size_ratio(found: Sizes, name: str) -> float:
    """Against the program before, in the encoding of the same tool."""
    return found[name] / found["before-wabt" if name != "peer" and not name.endswith("+O3") else "before"]


def growth(found: Sizes, name: str) -> float:
    """Of what the peer adds, how many times as much we add; not a number where that is little or nothing."""
    theirs = size_ratio(found, "peer") - 1
    return (size_ratio(found, name) - 1) / theirs if theirs > LITTLE else math.nan


def line(name: str, found: Sizes, columns: list[str]) -> str:
    cells = "".join(f"{_cell(size_ratio(found, each), growth(found, each)):>20}" for each in columns)
    return f"{name:<12}{found['before']:>10}{size_ratio(found, 'peer'):>8.3f}{cells}"


def mean(rows: dict[str, Sizes], columns: list[str]) -> str:
    """The geometric means of a table; of what we add, over the programs where the peer adds something."""
    cells = ""
    for each in columns:
        growths = [growth(found, each) for found in rows.values()]
        added = [value for value in growths if value > 0]
        cells += f"{_cell(geomean([size_ratio(f, each) for f in rows.values()]), geomean(added)):>20}"
    theirs = geomean([size_ratio(found, "peer") for found in rows.values()])
    return f"{'geomean':<22}{theirs:>8.3f}{cells}"


def _cell(size: float, added: float) -> str:
    return f"{size:.3f} " + ("  (-)  " if math.isnan(added) else f"({added:.3f})")


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
