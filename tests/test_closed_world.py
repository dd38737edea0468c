"""Nothing pauses through what --closed-world leaves alone: whole programs with checks, paused at calls of the host."""

from __future__ import annotations

import json
from pathlib import Path

import programs
import pytest
import wasmtime
from test_programs import WASI, compiled, run_wasi, wasi_text

from wat_bysyncify import rewrite

PACKAGES = {
    "quickjs": ("quickjs-emscripten-core@0.32.0", "@jitl/quickjs-wasmfile-release-sync@0.32.0"),
    "sqljs": ("sql.js@1.16.0",),
}


@pytest.mark.slow
@pytest.mark.parametrize("program", PACKAGES)
def test_npm_program(program: str, tmp_path: Path) -> None:
    """With their own glue, on Node: the same result as where nothing pauses, and no check fails."""
    try:
        node = programs.tool("node")
        packages = programs.installed(*PACKAGES[program])
        text = programs.printed(programs.module(program), "folded").read_text(encoding="utf-8")
    except programs.Missing as missing:
        pytest.skip(str(missing))
    script = str(Path(__file__).with_name("closed_world.cjs"))
    found = {}
    for name, options in (("plain", {"ignore_imports": True}), ("paused", {"imports": "a.*", "closed_world": True})):
        binary = tmp_path / f"{name}.wasm"
        rewritten = rewrite(text, **options, asserts=name == "paused")  # type: ignore[arg-type]
        binary.write_bytes(wasmtime.wat2wasm(rewritten))
        if name == "plain":
            plain = programs.run([node, script, program, str(binary), str(packages), "plain"])
            found[name] = json.loads(plain)
        else:
            found[name] = json.loads(programs.run([node, script, program, str(binary), str(packages)]))
    assert found["paused"]["result"] == found["plain"]["result"]
    assert found["paused"]["pauses"] > 10
    assert found["paused"]["said"] == [0, -1]


@pytest.mark.slow
@pytest.mark.parametrize(("program", "arguments", "said"), WASI, ids=[program for program, *_ in WASI])
def test_wasi_program(program: str, arguments: list[str], said: str) -> None:
    """On wasmtime, paused at every write; a check that fails would trap."""
    original = wasi_text(program)
    write = "wasi_snapshot_preview1.fd_write"
    rewritten = compiled(rewrite(original, imports=write, closed_world=True, asserts=True))
    plain, _ = run_wasi(compiled(original), arguments, 0)
    printed, pauses = run_wasi(rewritten, arguments, 1, lambda name: name == write)
    assert said in plain and printed == plain
    assert pauses > 0
