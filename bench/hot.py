"""What a program pays whose hot code never reaches an import that pauses, with a list of imports: nothing.

    python bench/hot.py [OPTIONS]

Each function of micro/hot.wat but the one that sleeps must stay the same, byte for byte: in the text, and its code in
the binary that wat2wasm makes. Exits with 1 where one does not. Then the times, in the form of speed.py; before is what
`wasm-opt -O3` makes of the program without inlining, and peer `wasm-opt -O3 --asyncify` of that with the same list.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import programs
from configurations import CONFIGURATIONS, ours
from runner import Wrong, command, measure
from stubs import stubs
from switch import NO_INLINING
from table import HEADING, Rows, table
from variants import BEFORE, PEER
from workloads import ENGINES, MICRO

from wat_bysyncify.script.interface import Reader
from wat_bysyncify.sections import sections
from wat_bysyncify.sexpr import parse, print_nodes

HOT = MICRO / "hot.wat"
PAUSES = "env.sleep"
CODE_SECTION = 10


@click.command(help=__doc__)
@click.option("--batches", default=8, show_default=True, help="What the program is run with.")
@click.option("--rounds", default=6, show_default=True, help="How often each is run and timed; 0 for no times.")
def main(batches: int, rounds: int) -> None:
    before = programs.optimized(programs.kept(HOT), flags=NO_INLINING)
    text = programs.printed(before, "folded").read_text(encoding="utf-8")
    changed = False
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "source.wasm"  # before, by wabt's hand as ours are
        programs.assemble(text, source)
        texts, codes = functions(text), list(bodies(source.read_bytes()))
        hot = len(texts) - 1
        flags = ("-O3", *NO_INLINING, f"--pass-arg=asyncify-imports@{PAUSES}")
        modules = {BEFORE: source, PEER: programs.peer(before, flags=flags)}
        for name in CONFIGURATIONS:
            after = ours(text, name, {"imports": PAUSES})
            path = modules[name] = Path(directory) / f"{name}.wasm"
            programs.assemble(after, path)
            new_texts, new_codes = functions(after), list(bodies(path.read_bytes()))
            same = [each for each in range(len(texts)) if texts[each] == new_texts[each]]
            same_code = [each for each in range(len(codes)) if codes[each] == new_codes[each]]
            print(
                f"{name:<6} of {len(texts)} functions, {len(same)} with the same text, {len(same_code)} the same code"
            )
            changed |= len(same) < hot or len(same_code) < hot
        provided = Path(directory) / "stubs.wasm"
        provided.write_bytes(stubs(source))
        rows: Rows = {}
        for engine in ENGINES if rounds else ():
            commands = {
                name: command(engine, "call", path, provided, ["run", str(batches)]) for name, path in modules.items()
            }
            rows[engine] = measure(commands, rounds)
    if rows:
        print(f"\n{HEADING}\n{table(rows, BEFORE)}")
    sys.exit(changed)


def functions(text: str) -> list[str]:
    """The text of each function that the module defines, in order."""
    module = next(node for node in parse(text) if isinstance(node, list))
    return [print_nodes([node]) for node in module if isinstance(node, list) and node[0].startswith("(func")]


def bodies(binary: bytes) -> Iterator[bytes]:
    """The code of each function of a module."""
    for section in sections(binary):
        if section.number == CODE_SECTION:
            reader = Reader(binary, section.start)
            for _ in range(reader.number()):
                length = reader.number()
                reader.position += length
                yield binary[reader.position - length : reader.position]


if __name__ == "__main__":
    try:
        main()
    except (programs.Missing, Wrong) as problem:
        sys.exit(str(problem))
