"""What pausing costs: nanoseconds to unwind and rewind a stack, by its depth, and the bytes that are saved.

    python bench/switch.py [OPTIONS]

Turn: two coroutines that take turns inside wasm (micro/coroutines.wat); one unwinds and the other rewinds. Calls: what
the program itself does in a turn, the same calls with nothing saved or restored (micro/calls.wat). Pause: a program
that its host in Node pauses and resumes at each call of an import: micro/pauses.wat, by depth, and the article's
fannkuch, with the call in its innermost loop. Peer is `wasm-opt -O3 --asyncify`; both are made from the same module,
which `wasm-opt -O3` made without inlining: a function that calls control functions must stand alone there. peer+O3 is
what `wasm-opt -O3` makes of the peer's, with inlining.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
import programs
from options import CONFIGURATION
from runner import Times, Wrong, command, measure
from stubs import stubs
from table import ratio
from variants import PEER, rewritten
from workloads import ENGINES, MICRO, OWN

DEPTHS = (1, 10, 100)
# How many frames are unwound and rewound in a run; it takes some tenths of a second.
FRAMES = 4_000_000

CALLS, AGAIN = "calls", f"{PEER}+O3"

NO_INLINING = tuple(f"--{which}-inline-max-function-size=0" for which in ("always", "flexible", "one-caller"))


@click.command(help=__doc__)
@click.option("--engine", "engines", multiple=True, default=ENGINES, type=click.Choice(ENGINES), help="Only this one.")
@CONFIGURATION
@click.option("--depth", "depths", multiple=True, default=DEPTHS, show_default=True, help="Frames; repeatable.")
@click.option("--rounds", default=9, show_default=True, help="How often each is timed, in a new process.")
@click.option("--json", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write the table here.")
def main(
    engines: tuple[str, ...],
    configurations: tuple[str, ...],
    depths: tuple[int, ...],
    rounds: int,
    report: Path | None,
) -> None:
    rows: dict[str, dict[str, list[float]]] = {}  # what: variant: nanoseconds, bytes

    def take(what: str, modules: Mapping[str, Path], engine: str, kind: str, arguments: list[str], turns: int) -> None:
        """Measures one row of the table, and prints it."""
        provided = scratch / "stubs.wasm"
        provided.write_bytes(stubs(modules[PEER]))
        commands = {name: command(engine, kind, path, provided, arguments) for name, path in modules.items()}
        # Where a process happens to have its stack and memory decides even more here: half of the time, at depth 100.
        found = measure(commands, rounds, processes=rounds, same=False)
        rows[what] = {name: cost(times, turns) for name, times in found.items()}
        print(row(what, rows[what], {name: ratio(times, found[PEER]) for name, times in found.items()}), flush=True)

    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        names = [PEER, *configurations, AGAIN, CALLS]
        print(f"nanoseconds, bytes saved\n{'':<30}" + "".join(f"{name:>20}" for name in names) + "    ours / peer")
        turning = made(MICRO / "coroutines.wat", configurations, scratch)
        turning[AGAIN] = programs.optimized(turning[PEER])
        turning[CALLS] = programs.optimized(programs.kept(MICRO / "calls.wat"), flags=NO_INLINING)
        for engine in engines:
            for depth in depths:
                turns = FRAMES // (depth + 3)
                take(f"{engine}: turn, depth {depth}", turning, engine, "call", ["run", str(depth), str(turns)], turns)
        if "node" in engines:
            pausing = made(MICRO / "pauses.wat", configurations, scratch)
            for depth in depths:
                turns = FRAMES // 10 // (depth + 3)
                take(f"node: pause, depth {depth}", pausing, "node", "pause", ["run", str(depth), str(turns)], turns)
            fannkuch = made(OWN / "fannkuch.wat", configurations, scratch)
            take("node: pause, fannkuch", fannkuch, "node", "pause", ["fannkuch", "8"], 0)
    if report:
        report.write_text(json.dumps(rows))


def made(text: Path, configurations: tuple[str, ...], scratch: Path) -> dict[str, Path]:
    """The modules that are made of a text, by wasm-opt and by us."""
    before = programs.optimized(programs.kept(text), flags=NO_INLINING)
    peer = programs.peer(before, flags=("-O3", *NO_INLINING))
    return {PEER: peer} | {each: rewritten(before, each, scratch) for each in configurations}


def cost(times: Times, turns: int) -> list[float]:
    """Nanoseconds of a turn, and the bytes it saves. A run's result is these, behind the turns if `turns` is 0."""
    *counted, size = times.result.split()
    return [statistics.median(times.runs) * 1e9 / (turns or int(counted[0])), float(size)]


def row(what: str, costs: Mapping[str, list[float]], ratios: Mapping[str, float]) -> str:
    """A line of the table."""
    cells = "".join(f"{f'{time:.0f}, {size:.0f}':>20}" for time, size in costs.values())
    of_theirs = {name: size / costs[PEER][1] for name, (_, size) in costs.items() if name != PEER}
    return f"{what:<30}{cells}" + "".join(f"{ratios[name]:>9.2f},{size:>5.2f}" for name, size in of_theirs.items())


if __name__ == "__main__":
    try:
        main()
    except (programs.Missing, Wrong) as problem:
        sys.exit(str(problem))
