"""What the tool itself costs: CPU seconds and peak memory, against wasm-opt in the same run, and how they grow.

    python bench/tool.py [RUNS]

Each figure is the median of RUNS runs (3), taken in turn, each in a process of its own. Before each table its target.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import programs

SCRIPT = str(Path(sys.executable).parent / "wat-bysyncify")
ARTICLE = Path(__file__).parent.parent / "tests" / "article" / "input.wat"

# What a child process runs on the file in argv[1]; it prints its CPU seconds without those for starting up.
TIMED = """\
import sys, time
from wat_bysyncify import rewrite
from wat_bysyncify.sexpr import parse, print_nodes
parse("(module)")
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    text = file.read()
start = time.process_time()
{work}
print(time.process_time() - start)
"""
PARSE_PRINT = TIMED.format(work="print_nodes(parse(text))")
REWRITE = TIMED.format(work="rewrite(text)")
REWRITE_FAST = TIMED.format(work="rewrite(text, optimize='speed')")
REWRITE_NOTHING = TIMED.format(work="rewrite(text, imports=['no.such'])")


# Runs a command and prints its CPU seconds and peak memory in KB. A small process of its own, for a child's peak counts
# from what its parent held.
WAIT = """\
import os, resource, subprocess, sys
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is started again and again is compiled once
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def cost(command: Sequence[str]) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a process."""
    cpu, peak = programs.run([sys.executable, "-c", WAIT, *command]).split()
    return float(cpu), float(peak) * 1024 / 1e6


def seconds(code: str, path: Path) -> float:
    """What one of the `TIMED` programs prints for a file."""
    return float(programs.run([sys.executable, "-c", code, str(path)]))


def medians(work: Mapping[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """The median of each of several measurements, taken in turn."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(runs):
        for name, measure in work.items():
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def transform(runs: int, scratch: Path) -> None:
    """The whole tool on sql.js, worst case, against wasm-opt."""
    binary = programs.module("sqljs")
    text = programs.printed(binary, "folded")
    size = text.stat().st_size / 1e6
    commands = {
        "wat-bysyncify": [SCRIPT, str(text), "-o", str(scratch / "out.wat")],
        "wat-bysyncify -O": [SCRIPT, str(text), "-o", str(scratch / "out.wat"), "-O"],
        "wat-bysyncify -Os": [SCRIPT, str(text), "-o", str(scratch / "out.wat"), "-Os"],
        "wat-bysyncify --imports no.such": [SCRIPT, str(text), "-o", str(scratch / "out.wat"), "--imports", "no.such"],
        "wasm-opt -O3 --asyncify": [
            programs.tool("wasm-opt"),
            *programs.PEER[1:],
            str(binary),
            "-o",
            str(scratch / "o"),
        ],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(cost(command))
    print(
        f"\nsql.js, folded text, {size:.1f} MB: at most half of wasm-opt's CPU time, memory less than 10 times the text"
    )
    theirs = statistics.median(cpu for cpu, _ in found["wasm-opt -O3 --asyncify"])
    for name, costs in found.items():
        cpu = statistics.median(each[0] for each in costs)
        memory = statistics.median(each[1] for each in costs)
        print(f"  {name:<34}{cpu:>8.2f} s{cpu / theirs:>7.2f} of wasm-opt{memory:>9.0f} MB{memory / size:>7.1f} times")


def reading(runs: int) -> None:
    """Parse and print, and a rewrite that finds nothing to do."""
    print("\nparse and print: 6 MB/s of box2d, 10 of sql.js; a rewrite where nothing pauses: at most 1.5 times as long")
    for program in ("box2d", "sqljs"):
        text = programs.printed(programs.module(program), "folded")
        size = text.stat().st_size / 1e6
        found = medians(
            {
                "parse": lambda text=text: seconds(PARSE_PRINT, text),  # type: ignore[misc]
                "nothing": lambda text=text: seconds(REWRITE_NOTHING, text),  # type: ignore[misc]
            },
            5 * runs,
        )
        times = found["nothing"] / found["parse"]
        print(
            f"  {program:<8}{size:>6.1f} MB{size / found['parse']:>8.1f} MB/s{times:>7.2f} times where nothing pauses"
        )


def starting(runs: int) -> None:
    """A small module, against importing what the tool is built on."""
    commands = {
        "wat-bysyncify input.wat": [SCRIPT, str(ARTICLE)],
        "import lark, click": [sys.executable, "-c", "import lark, click"],
    }
    found = medians({name: lambda c=command: cost(c)[0] for name, command in commands.items()}, 5 * runs)  # type: ignore[misc]
    print("\nstarting up, for the article's example: at most twice the imports")
    for name, cpu in found.items():
        print(f"  {name:<34}{cpu * 1000:>6.0f} ms")
    print(f"  {found['wat-bysyncify input.wat'] / found['import lark, click']:.2f} times")


def functions(count: int) -> str:
    """A module of that many functions of a few lines, of which all can pause."""
    body = "\n".join(
        f"""\
  (func $f{i} (param $x i32) (result i32)
    (local $y i32)
    (local.set $y (i32.add (local.get $x) (call $ask)))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $y)))
        (call $sleep)
        (local.set $y (i32.sub (local.get $y) (i32.const 1)))
        (br $again)))
    (i32.mul (local.get $x) (call $f{(i + 1) % count} (local.get $y))))"""
        for i in range(count)
    )
    return f"{IMPORTS}{body}\n)\n"


IMPORTS = '(module\n  (import "env" "sleep" (func $sleep))\n  (import "env" "ask" (func $ask (result i32)))\n'

# What is nested: how a level opens and closes, and what is innermost.
NESTS = {
    "block": ("(block", ")", "(call $sleep)"),
    "loop": ("(loop", ")", "(call $sleep)"),
    "if": ("(if (local.get $x) (then", "))", "(call $sleep)"),
    "operand": ("(i32.add (local.get $x)", ")", "(call $ask)"),
}

LAYOUTS = ("on one line", "a line each", "indented")


def nest(kind: str, depth: int, layout: str) -> str:
    """A module with a pausing call that many levels deep, in one of `LAYOUTS`."""
    opening, closing, inside = NESTS[kind]
    levels = range(depth)
    if layout == "on one line":
        body = f"{opening} " * depth + inside + closing * depth
    else:
        step = " " if layout == "indented" else ""
        begin = "".join(f"\n{step * level}{opening}" for level in levels)
        end = "".join(f"\n{step * level}{closing}" for level in reversed(levels))
        body = f"{begin}\n{step * depth}{inside}{end}"
    if kind == "operand":
        body = f"(drop {body})"
    return f"{IMPORTS}  (func (param $x i32)\n{body}))\n"


def linearity(runs: int, scratch: Path) -> None:
    """Text of twice the size, and twice the depth."""
    texts = {"functions, 8,000 and 4,000": (REWRITE, functions(4_000), functions(8_000))}
    texts["functions, 8,000 and 4,000, -O"] = (REWRITE_FAST, functions(4_000), functions(8_000))
    for kind in NESTS:
        for layout in LAYOUTS:
            pair = nest(kind, 2_000, layout), nest(kind, 4_000, layout)
            texts[f"{kind}, 4,000 and 2,000 deep, {layout}"] = (REWRITE, *pair)
            if kind == "loop":
                texts[f"{kind}, 4,000 and 2,000 deep, {layout}, -O"] = (REWRITE_FAST, *pair)
    print("\ntwice as much, against once: at most 2.2 times the time (the text of what is indented grows 4 times)")
    for label, (code, once, twice) in texts.items():
        files = {"once": scratch / "once.wat", "twice": scratch / "twice.wat"}
        for path, text in zip(files.values(), (once, twice), strict=True):
            path.write_text(text, encoding="utf-8")
        found = medians({name: lambda p=path, c=code: seconds(c, p) for name, path in files.items()}, runs)  # type: ignore[misc]
        grown = len(twice) / len(once)
        print(
            f"  {label:<50}{found['twice']:>8.3f} s{found['once']:>8.3f} s{found['twice'] / found['once']:>6.2f} times,"
            f" text {grown:.2f} times"
        )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        starting(runs)
        reading(runs)
        linearity(runs, scratch)
        transform(runs, scratch)


if __name__ == "__main__":
    try:
        main()
    except programs.Missing as missing:
        sys.exit(str(missing))
