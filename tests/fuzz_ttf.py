"""Random modules from Binaryen: `wasm-opt -ttf` of random bytes, printed by wasm-tools or wabt, flat or folded.

`wasm-opt` is a program, or the Node script of npm's package `binaryen`, which is then kept running (fuzz_wasm_opt.cjs).
It is asked which features it knows; what wasmtime does not run is turned off. The printer is a program `wasm-tools` or
`wasm2wat`, or `wasm-tools.js` of npm's package `@bytecodealliance/jco-transpile`.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# Not run by wasmtime.
UNKNOWN = (
    "strings", "stack-switching", "shared-everything", "fp16", "custom-descriptors", "multibyte", "compact-imports",
    "acquire-release-atomics", "relaxed-atomics", "call-indirect-overlong", "gc-nn-locals",
)  # fmt: skip
WABT_UNKNOWN = ("gc", "exception-handling", "typed-function-references", "gc-nn-locals", "wide-arithmetic")
RUNS = 400  # of one Node process


@dataclass
class Ttf:
    """Makes texts in a folder."""

    wasm_opt: str
    printer: str
    folder: Path
    node: subprocess.Popen[str] | None = None
    runs: int = 0
    options: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_node = _is_node(self.wasm_opt)
        command = ["node", self.wasm_opt] if self.is_node else [self.wasm_opt]
        help_ = subprocess.run([*command, "--help"], check=True, capture_output=True, text=True).stdout
        known = re.findall(r"--enable-([\w-]+)", help_)
        unknown = set(UNKNOWN)
        if "--emit-exnref" not in help_:
            unknown |= {"exception-handling", "reference-types"}  # as they were, with externref above all
        if Path(self.printer).name == "wasm2wat":
            unknown |= {*WABT_UNKNOWN}
        self.options = ["--all-features", *(f"--disable-{name}" for name in known if name in unknown)]
        if "exception-handling" not in unknown:
            self.options.append("--emit-exnref")

    def text(self, seed: int) -> str | None:
        """The text of a seed; None if the tools fail."""
        some = random.Random(seed)
        data, wasm, wat = (self.folder / f"{seed}.{end}" for end in ("bytes", "wasm", "wat"))
        data.write_bytes(some.randbytes(some.randint(200, 6000)))
        optimised = some.choice([[], [], ["-O1"], ["-O2"]])
        words = [str(data), "-ttf", *self.options, *optimised, "-o", str(wasm)]
        try:
            if self.is_node:
                return wat.read_text() if self.by_node([*words, str(wat)]) else None
            _run(self.wasm_opt, *words)
            if Path(self.printer).name == "wasm2wat":
                return _run(self.printer, "--enable-all", "--no-check", str(wasm), *["-f"][: seed % 2])
            return _run(self.printer, "print", str(wasm))
        except (subprocess.SubprocessError, OSError):
            return None
        finally:
            for path in (data, wasm, wat):
                path.unlink(missing_ok=True)

    def by_node(self, words: list[str]) -> bool:
        """Runs the Node script, and the printer; whether both went well. The last word is the text to write."""
        if self.node is None or self.runs >= RUNS:
            self.close()
            script = Path(__file__).parent / "fuzz_wasm_opt.cjs"
            command = ["node", str(script), self.wasm_opt, self.printer]
            self.node = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        self.runs += 1
        assert self.node.stdin and self.node.stdout
        self.node.stdin.write(json.dumps(words) + "\n")
        self.node.stdin.flush()
        return self.node.stdout.readline().strip() == "0"

    def close(self) -> None:
        if self.node:
            self.node.kill()
            self.node.wait()
        self.node, self.runs = None, 0


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def _is_node(command: str) -> bool:
    path = shutil.which(command)
    if path is None:
        return False
    with open(path, "rb") as file:
        return b"node" in file.readline(100)
