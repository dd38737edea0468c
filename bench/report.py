"""Runs all benchmarks, and draws their figures: the tables and the numbers behind them go to a directory.

    python bench/report.py [DIRECTORY] [ROUNDS]

DIRECTORY is docs/measured if it is not said. It takes a quiet machine, and most of an hour.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else BENCH.parent / "docs" / "measured"
    rounds = sys.argv[2] if len(sys.argv) > 2 else "9"
    target.mkdir(parents=True, exist_ok=True)
    timed = ["--rounds", rounds]
    for name, options in {"size": ["--after"], "speed": timed, "quickjs": timed, "switch": timed}.items():
        print(f"{name}.py ...", flush=True)
        script = [sys.executable, str(BENCH / f"{name}.py"), *options, "--json", str(target / f"{name}.json")]
        with (target / f"{name}.txt").open("w", encoding="utf-8") as table:
            subprocess.run(script, stdout=table, check=True)
    subprocess.run([sys.executable, str(BENCH / "charts.py"), str(target)], check=True)


if __name__ == "__main__":
    main()
