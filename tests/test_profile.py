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
from wat_bysyncify.instrument import Options
from wat_bysyncify.instrument.hot import hot
from wat_bysyncify.instrument.rewrite import read_program
from wat_bysyncify.instrument.shape import Shape
from wat_bysyncify.instrument.twins import _worth
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
        ("(root)", "", 0), ("fib", ONE, 1), ("wasm-function[12]", ONE, 1), ("fib", ONE, 7), ("run", "file:///a", 1),
        ("wasm-to-js:i:i-sleep", ONE, 1),
    ]  # fmt: skip
    text = profile(nodes, [2, 3, 4, 5, 2, 1, 6], [10, 5, 1, 100, 20, 1000, 500])
    assert [*read_profile(text).items()] == [("fib", 31.0), ("wasm-function[12]", 5.0)]


def test_a_clock_that_goes_back() -> None:
    assert read_profile(profile([("f", ONE, 2)], [1, 1], [10, -3])) == {"f": 10}


def test_counts() -> None:
    """Where there are no samples, or no times."""
    nodes = [("f", ONE, 3), ("g", ONE, 0), ("h", ONE, 1), ("i", ONE, -1)]
    assert read_profile(profile(nodes)) == {"f": 3, "h": 1}
    assert read_profile(profile(nodes, [1, 3, 3])) == {"f": 1, "h": 2}


def test_the_module_that_ran_longest() -> None:
    other = "https://example.org/b.wasm?v=1"
    assert read_profile(profile([("f", ONE, 3), ("f", other, 2), ("g", other, 2)])) == {"f": 2, "g": 2}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1 column 1"),
        ("{}", "it has no 'nodes'"),
        ('{"nodes": [{"id": 1}]}', "it has no 'callFrame'"),
        *((text, "its parts") for text in ("[]", "7", '{"nodes": 3}', '{"nodes": [3]}', "[" * 200_000)),
        *((profile([("f", ONE, 1)], *more), "its parts") for more in ([[1, 2], [1]], [[1], ["1"]], [[1], [10**400]])),
        (profile([("f", ONE, 1)], [1], [7]).replace("[7]", "[NaN]"), "its parts"),
    ],
)
def test_no_profile(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"this is no CPU profile: .*{why}"):
        read_profile(text)


def test_no_webassembly() -> None:
    assert read_profile(profile([("f", "file:///a.js", 4)])) == {}


# --- What is hot, and what is worth a twin


@pytest.mark.parametrize(
    ("times", "rewritten", "found"),
    [
        ({}, {1}, {}),
        ({1: 0.0}, {1}, {}),
        ({1: 94.0, 2: 5.0, 3: 1.0}, {1, 2, 3}, {1: 0.94, 2: 0.05}),
        ({1: 95.0, 2: 5.0}, {1, 2}, {1: 0.95}),
        ({1: 5.0, 2: 5.0, 3: 90.0}, {1, 2}, {1: 0.05, 2: 0.05}),  # the share is that in the time of all
    ],
)
def test_hot(times: dict[int, float], rewritten: set[int], found: dict[int, float]) -> None:
    assert hot(times, rewritten) == found


def test_worth() -> None:
    """A twin where it is short, hot, or full of pausing calls; here in 0.03 of the code with a call in ten tokens."""
    for share, length, calls, worth in (
        (0.008, 30, 3, False),
        (0.01, 30, 3, True),
        (0.008, 30, 4, True),
        (0.008, 25, 3, True),
        (0.9, 0, 0, False),
    ):
        assert _worth(share, Shape(length, calls, 0, 1, False, False, None), 1000) == worth


def test_nothing_in_a_function() -> None:
    """Only its pause point can pause."""
    text = rewrite("(module (func $f) (memory 1))", optimize="speed", profile={"f": 1}, pause_at="entries")
    assert "(local $call" not in text and "$f_rewind" not in text


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
    assert function(text, "$cold") == function(rewrite(MODULE, optimize="size", twins="cold"), "$cold")


def test_what_drives_the_pausing_can_be_hot() -> None:
    """Then its control calls are settings of globals."""
    text = """(module (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
      (import "env" "sleep" (func $sleep)) (func $main (call $sleep)) (memory 1)
      (func $turn (call $start_rewind (i32.const 16)) (call $main)))"""
    fast, small = (rewrite(text, optimize="speed", imports="*", profile={name: 1}) for name in ("turn", "main"))
    assert "(call $start_rewind (i32.const 16))" not in fast and "(call $start_rewind (i32.const 16))" in small


NAMES = {"V::operator+(V const&) const": 99.0, "V::operator-(V const&) const": 1.0}


@pytest.mark.parametrize(
    "ids",
    [
        ("V::operator+_V_const&__const", "V::operator-_V_const&__const"),  # as wasm2wat has them
        (r"V::operator+\28V\20const&\29\20const", r"V::operator-\28V\20const&\29\20const"),  # wasm-dis
        tuple(f'"{name}"' for name in NAMES),  # wasm-tools
    ],
)
def test_names_of_binaries(ids: tuple[str, str]) -> None:
    text = MODULE.replace("$hot", f"${ids[0]}", 1).replace("$cold", f"${ids[1]}", 1)
    assert len(re.findall(r"\(func \S*hot_rewind", rewrite(MODULE, optimize="speed", profile=TIMES))) == 1
    assert read_program(text, Options.of(optimize="speed", profile=NAMES)).hot == {1: 0.99}


def test_names_that_are_not_ascii() -> None:
    """wasm2wat writes a `_` for each byte."""
    for id_ in ("gr____e", r"gr\c3\b6\c3\9fe", '"größe"'):
        text = MODULE.replace("$hot", f"${id_}", 1)
        assert read_program(text, Options.of(optimize="speed", profile={"größe": 1})).hot == {1: 1.0}


def test_numbers_are_no_ids() -> None:
    """wasm-dis calls functions without a name `$0`, `$1` and so on, and does not count imports."""
    text = MODULE.replace("$hot", "$0").replace("$cold", "$1")
    times = {"wasm-function[1]": 1, "wasm-function[9]": 0.1, "wasm-function[0]": 0.1}
    assert read_program(text, Options.of(optimize="speed", profile=times)).hot == {1: 1.0}
    control = text.replace("(module", '(module (import "bysyncify" "stop_rewind" (func $stop_rewind))')
    times = {"wasm-function[2]": 1}  # that of the text, where control functions are imported
    assert read_program(control, Options.of(optimize="speed", profile=times, imports="*")).hot == {1: 1.0}


def test_another_module() -> None:
    with pytest.warns(UserWarning, match="most of it is about functions the module does not have, as 'other'"):
        rewrite(MODULE, optimize="speed", profile={**TIMES, "other": 99, "another": 3})


def test_a_little_of_another_module() -> None:
    rewrite(MODULE, optimize="speed", profile={**TIMES, "other": 60, "another": 30})  # a warning would be an error


def test_imports_are_counted() -> None:
    assert rewrite(MODULE, optimize="speed", profile={"wasm-function[1]": 99, "wasm-function[2]": 1}) == rewrite(
        MODULE, optimize="speed", profile=TIMES
    )


@pytest.mark.parametrize("times", [{"hot": "9"}, {"hot": None}, {3: 1.0}, {"hot": -5}, {"hot": float("nan")}, "hot"])
def test_no_times(times: Any) -> None:
    with pytest.raises(ValueError, match="profile must have the times of functions"):
        rewrite(MODULE, optimize="speed", profile=times)


@pytest.mark.parametrize("given", [{}, {"optimize": "size"}, {"optimize": "speed", "rewind": "skip"}])
def test_only_for_speed(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="profile needs optimizing for speed"):
        rewrite(MODULE, profile=TIMES, **given)


# --- The command


def run(*arguments: str | Path, text: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], input=text, prog_name="wat-bysyncify")


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
    assert result.stderr == f"{path}: error: this is no CPU profile: it has no 'nodes'\n"
    assert not output.exists()
    missing = run("-O", "--profile", tmp_path / "none", module)
    assert missing.exit_code == 1 and "none: error: No such file" in missing.stderr


def test_threads(module: Path, tmp_path: Path) -> None:
    """Node writes a profile for each thread, of which one may have no WebAssembly, but not all."""
    paths = tmp_path / "a.cpuprofile", tmp_path / "b.cpuprofile"
    paths[0].write_text(profile([("f", "file:///a.js", 1)]), encoding="utf-8")
    paths[1].write_text(profile([("hot", ONE, 9)]), encoding="utf-8")
    result = run("-O", "--profile", paths[0], "--profile", paths[1], module)
    assert (result.exit_code, result.output) == (0, rewrite(MODULE, optimize="speed", profile={"hot": 9}))
    result = run("-O", "--profile", paths[0], module)
    assert (result.exit_code, result.stderr) == (1, f"{paths[0]}: error: no WebAssembly ran in this profile\n")


def test_standard_input(module: Path) -> None:
    text = profile([("hot", ONE, 9)])
    result = run("-O", "--profile", "-", module, text=text)
    assert (result.exit_code, result.output) == (0, rewrite(MODULE, optimize="speed", profile={"hot": 9}))
    assert run("-O", "--profile", "-", module, text="{}").stderr.startswith("<stdin>: error: ")
    both = run("-O", "--profile", "-", text=text)
    assert both.exit_code == 2 and "standard input can be read but once" in both.stderr


def test_explained(module: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.cpuprofile"
    path.write_text(profile([("hot", ONE, 9), ("cold", ONE, 1)]), encoding="utf-8")
    said = run("-O", "--profile", path, "--explain", module).stderr
    assert "2 functions are hot in the profile, 2 of them to be written twice\n" in said
    assert "  $hot ran 90.0% of the time, written twice\n" in said


def test_without_o(module: Path, tmp_path: Path) -> None:
    result = run("--profile", tmp_path / "none", module)
    assert result.exit_code == 2 and "--profile needs optimizing for speed (-O), and jumping." in result.stderr


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
