"""CPU profiles: what is read from them, and what becomes of the functions that are hot in one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from click.testing import CliRunner, Result

from wat_bysyncify import rewrite
from wat_bysyncify.cli import main
from wat_bysyncify.profile import read_profile

# Both do the same; `$hot` is what the profiles say is hot.
MODULE = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (func $hot (export "hot") (param $n i32) (param $m i64) (result i64)
    (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.rem_u (local.get $n) (i32.const 7)))))
      (if (i32.eqz (local.get $n)) (then
        (local.set $m (i64.extend_i32_u (call $sleep (local.get $n))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (local.get $sum) (local.get $m)))
  (func $cold (export "cold") (param $n i32) (param $m i64) (result i64)
    (if (call $sleep (local.get $n)) (then
      (local.set $n (call $sleep (i32.const 1)))))
    (i64.add (i64.extend_i32_u (local.get $n)) (local.get $m)))
)
"""
TIMES = {"hot": 99.0, "cold": 1.0}


def profile(
    nodes: list[tuple[str, str, int]], samples: list[int] | None = None, deltas: list[int] | None = None
) -> str:
    """A profile of nodes: the function, the script and the number of its samples."""
    found: dict[str, Any] = {
        "nodes": [
            {"id": number, "callFrame": {"functionName": name, "url": url, "lineNumber": 0}, "hitCount": count}
            for number, (name, url, count) in enumerate(nodes, 1)
        ],
        "startTime": 0,
        "endTime": 1,
    }
    if samples is not None:
        found["samples"] = samples
    if deltas is not None:
        found["timeDeltas"] = deltas
    return json.dumps(found)


ONE = "wasm://wasm/0badcafe"


def test_times_of_samples() -> None:
    nodes = [
        ("(root)", "", 0),
        ("fib", ONE, 1),
        ("wasm-function[12]", ONE, 1),
        ("fib", ONE, 7),
        ("run", "file:///a", 1),
    ]
    text = profile(nodes, [2, 3, 4, 5, 2, 1], [10, 5, 1, 100, 20, 1000])
    assert read_profile(text) == {"fib": 31.0, "12": 5.0}


def test_a_clock_that_goes_back() -> None:
    assert read_profile(profile([("f", ONE, 2)], [1, 1], [10, -3])) == {"f": 10}


def test_counts() -> None:
    """Where there are no samples, or no times."""
    nodes = [("f", ONE, 3), ("g", ONE, 0), ("h", ONE, 1)]
    assert read_profile(profile(nodes)) == {"f": 3, "h": 1}
    assert read_profile(profile(nodes, [1, 3, 3])) == {"f": 1, "h": 2}


def test_the_module_that_ran_longest() -> None:
    other = "https://example.org/b.wasm?v=1"
    assert read_profile(profile([("f", ONE, 3), ("f", other, 2), ("g", other, 2)])) == {"f": 2, "g": 2}


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{}", '{"nodes": [{"id": 1}]}', '{"nodes": 3}', profile([("f", ONE, 1)], [1, 2], [1])]
)
def test_no_profile(text: str) -> None:
    with pytest.raises(ValueError, match="this is no CPU profile"):
        read_profile(text)


def test_no_webassembly() -> None:
    with pytest.raises(ValueError, match="no WebAssembly"):
        read_profile(profile([("f", "file:///a.js", 4)]))


def function(text: str, name: str) -> str:
    """A function of a rewritten text."""
    found = re.search(rf"\n  \(func \{name}\b.*?(?=\n  \(func )", text, re.S)
    assert found
    return found[0]


def test_hot_and_cold() -> None:
    """What is hot is as with -O and a twin, the rest as with -Os."""
    both = rewrite(MODULE, optimize="speed", profile=TIMES)
    assert function(both, "$hot") == function(rewrite(MODULE, optimize="speed", twins="hot"), "$hot")
    assert "(return (call $hot_rewind" in both
    assert function(both, "$cold") == function(rewrite(MODULE, optimize="size"), "$cold")
    assert function(both, "$cold") != function(rewrite(MODULE, optimize="speed"), "$cold")
    assert "$cold_rewind" not in both


def test_all_is_cold_that_did_not_run() -> None:
    assert "_rewind\n" not in rewrite(MODULE, optimize="speed", profile={"cold": 0.0, "hot": 0.0})


def test_twins_that_are_named() -> None:
    """They have a twin, and are small for all that."""
    text = rewrite(MODULE, optimize="speed", profile=TIMES, twins="cold")
    assert "(call $cold_rewind" in text and "(call $hot_rewind" not in text


def test_names_of_binaries() -> None:
    """A profile has `std::get<int>`, of which tools that print text make an id in one way or another."""
    for id_ in (r"std\3a\3aget\3cint\3e", "std__get_int_", '"std::get<int>"'):
        text = MODULE.replace("$hot", f"${id_}", 1)
        assert "_rewind\n" in rewrite(text, optimize="speed", profile={"std::get<int>": 1})


def test_another_module() -> None:
    with pytest.warns(UserWarning, match="most of it is about functions the module does not have, as 'other'"):
        rewrite(MODULE, optimize="speed", profile={**TIMES, "other": 99, "another": 3})


def test_imports_are_counted() -> None:
    assert rewrite(MODULE, optimize="speed", profile={"1": 99, "2": 1}) == rewrite(
        MODULE, optimize="speed", profile=TIMES
    )


@pytest.mark.parametrize("given", [{}, {"optimize": "size"}, {"optimize": "speed", "rewind": "skip"}])
def test_only_for_speed(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="profile is for optimizing for speed"):
        rewrite(MODULE, profile=TIMES, **given)


# --- The command


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], prog_name="wat-bysyncify")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.wat"
    path.write_text(MODULE, encoding="utf-8")
    return path


def test_files(module: Path, tmp_path: Path) -> None:
    """Several are added up."""
    paths = tmp_path / "a.cpuprofile", tmp_path / "b.cpuprofile"
    paths[0].write_text(profile([("cold", ONE, 6), ("hot", ONE, 5)]), encoding="utf-8")
    paths[1].write_text(profile([("hot", ONE, 20)]), encoding="utf-8")
    result = run("-O", "--profile", paths[0], "--profile", paths[1], module)
    assert (result.exit_code, result.output) == (0, rewrite(MODULE, optimize="speed", profile={"hot": 25, "cold": 6}))


def test_bad_file(module: Path, tmp_path: Path) -> None:
    path, output = tmp_path / "a.cpuprofile", tmp_path / "out.wat"
    path.write_text("{}", encoding="utf-8")
    result = run("-O", "--profile", path, module, "-o", output)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{path}: error: this is no CPU profile (.cpuprofile)")
    assert not output.exists()
    missing = run("-O", "--profile", tmp_path / "none", module)
    assert missing.exit_code == 1 and "none: error: No such file" in missing.stderr


def test_without_o(module: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.cpuprofile"
    path.write_text(profile([("hot", ONE, 1)]), encoding="utf-8")
    result = run("--profile", path, module)
    assert result.exit_code == 2 and "--profile is for optimizing for speed" in result.stderr


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_profile_of_node(module: Path, tmp_path: Path) -> None:
    """With names in the binary, and without."""
    program = tmp_path / "program.mjs"
    program.write_text(
        """import { readFileSync } from "node:fs";
        const { hot, cold } = new WebAssembly.Instance(
          new WebAssembly.Module(readFileSync(process.argv[2])), { env: { sleep: () => 0 } }).exports;
        for (let turn = 0; turn < 30; turn++) { hot(10_000_000, 1n); cold(1, 1n); }
        """,
        encoding="utf-8",
    )
    for name, text in (("names", MODULE), ("numbers", MODULE.replace("$hot", "").replace("$cold", ""))):
        wasm, where = tmp_path / f"{name}.wasm", tmp_path / name
        wasm.write_bytes(wasmtime.wat2wasm(text))
        subprocess.run(
            ["node", "--cpu-prof", f"--cpu-prof-dir={where}", program, wasm], check=True, timeout=120, cwd=tmp_path
        )
        (path,) = where.iterdir()
        result = run("-O", "--profile", path, module)
        assert result.exit_code == 0 and not result.stderr
        assert "(call $hot_rewind" in result.output and "$cold_rewind" not in result.output
