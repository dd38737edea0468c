"""The map of a rewritten module: its calls, frames and lines, against the texts and against memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import wasmtime
from click.testing import CliRunner
from forms import FORMS
from test_plan import yielding
from test_spec import SCRIPTS, modules, named

from wat_bysyncify import WatError
from wat_bysyncify.cli import main
from wat_bysyncify.instrument import Options, rewrite_text

TEXT = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $add (param $x i32) (param $long i64) (result i64)
    (local $far f64)
    (local.set $far (f64.const 2.5))
    (local.set $x
      (i32.add
        (local.get $x)
        (call $sleep (i32.const 1))))
    (drop (call $sleep (local.get $x)))
    (i64.add
      (local.get $long)
      (i64.trunc_f64_s (local.get $far))))
  (func (export "main") (result i64) (call $add (i32.const 3) (i64.const 4)))
)
"""


def mapped(text: str, **options: object) -> tuple[str, dict[str, object]]:
    rewritten = rewrite_text(text, Options.of(**options), mapped=True)
    return "".join(rewritten.pieces), json.loads(json.dumps(rewritten.map()))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_places_of_scripts(path: Path, form: str) -> None:
    """Each line of the output stems from at most one of the input; each call is where the map says."""
    for source in modules(path.read_text()):
        try:
            output, data = mapped(source, **FORMS[form])
        except WatError:
            continue  # modules that are wrong on purpose, or already rewritten
        lines, out = source.split("\n"), output.split("\n")
        last = 0
        for to, from_, count in data["lines"]:  # type: ignore[attr-defined]
            assert to > last and 1 <= from_ and from_ + count - 1 <= len(lines) and to + count - 1 <= len(out)
            last = to + count - 1
        for function in data["functions"]:  # type: ignore[attr-defined]
            for call in function["calls"]:
                if "line" in call and "(type" not in source and "try" not in source:
                    rest = lines[call["line"] - 1][call["column"] - 1 :]
                    assert "call" in rest[:12] or "loop" in source


def test_lines() -> None:
    """Lines that are the reader's own lead back to where they stand."""
    output, data = mapped(TEXT)
    lines, out = TEXT.split("\n"), output.split("\n")
    pairs = {to + i: from_ + i for to, from_, count in data["lines"] for i in range(count)}  # type: ignore[attr-defined]
    same = [to for to, from_ in pairs.items() if out[to - 1].strip() == lines[from_ - 1].strip()]
    assert len(same) >= 10
    assert all(out.index(line) + 1 in pairs for line in out if line.strip() == "(local.set $far (f64.const 2.5))")


@pytest.mark.parametrize("form", FORMS)
def test_frames_are_as_the_map_says(form: str) -> None:
    """A paused program's memory, read by the map, has the values of the source."""
    output, data = mapped(TEXT, **FORMS[form])
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    holder: list[wasmtime.Instance] = []
    pauses = 0

    def sleep(value: int) -> int:
        nonlocal pauses
        exports = holder[0].exports(store)
        if exports["bysyncify_get_state"](store) == 2:
            exports["bysyncify_stop_rewind"](store)
            return 10
        pauses += 1
        exports["bysyncify_start_unwind"](store, 16)
        return 0

    i32 = wasmtime.ValType.i32()
    func = wasmtime.Func(store, wasmtime.FuncType([i32], [i32]), sleep)
    holder.append(wasmtime.Instance(store, wasmtime.Module(engine, output), [func]))
    exports = holder[0].exports(store)
    memory = exports["memory"]
    memory.write(store, (24).to_bytes(4, "little") + (4096).to_bytes(4, "little"), 16)
    functions = {each["name"]: each for each in data["functions"]}  # type: ignore[attr-defined]
    for each in functions.values():
        known = {value["name"] for value in each["frame"]["values"] if value["is"] == "local"}
        assert all(known >= {*call["live"]} for call in each["calls"])
    add = functions["$add"]
    result = exports["main"](store)
    for number in (0, 1):
        assert pauses == number + 1
        exports["bysyncify_stop_unwind"](store)
        position = int.from_bytes(memory.read(store, 16, 20), "little")
        assert position == 24 + sum(each["frame"]["size"] for each in functions.values())
        frame = bytes(memory.read(store, 24, 24 + add["frame"]["size"]))
        call = next(each for each in add["frame"]["values"] if each["is"] == "call")
        index = int.from_bytes(frame[call["offset"] :][:4], "little")
        found = next(each for each in add["calls"] if each["number"] == index)
        assert found["line"] == (10 if number == 0 else 11) and found["calls"] == "$sleep"
        values = {each["name"]: each for each in add["frame"]["values"] if each["is"] == "local"}
        assert int.from_bytes(frame[values["$long"]["offset"] :][:8], "little") == 4
        if number == 0:  # with an exact set, only what is live then has a value
            kept = [name for name in values if name == "$x" or name.startswith("$value")]
            assert 3 in [int.from_bytes(frame[values[name]["offset"] :][:4], "little") for name in kept]
        assert values["$far"]["type"] == values["$far"]["kept"] == "f64"
        exports["bysyncify_start_rewind"](store, 16)
        result = exports["main"](store)
    assert result == 6


def test_what_calls_may_find() -> None:
    text = """(module (import "env" "sleep" (func $sleep)) (table $t 2 funcref) (elem (i32.const 0) $f $g)
      (func $f (call $sleep)) (func $g) (func $h (call_indirect $t (i32.const 0)) (call $sleep)))"""
    _, data = mapped(text)
    functions = {each["name"]: each for each in data["functions"]}  # type: ignore[attr-defined]
    assert data["dispatches"] == [["$f"]]
    assert [call.get("dispatch", call.get("calls")) for call in functions["$h"]["calls"]] == [0, "$sleep"]
    assert functions["$h"]["why"] == "$sleep"


def test_the_command(tmp_path: Path) -> None:
    """The map goes to its file, and changes nothing of the text."""
    source, target = tmp_path / "in.wat", tmp_path / "map.json"
    source.write_text(TEXT)
    plain = CliRunner().invoke(main, [str(source)])
    done = CliRunner().invoke(main, [str(source), "--map", str(target)])
    assert (done.exit_code, done.output) == (0, plain.output)
    assert json.loads(target.read_text())["version"] == 1


def test_what_has_no_frame() -> None:
    """Functions that are on the stack and not in memory, and where a stack begins."""
    text = """(module (import "env" "sleep" (func $sleep)) (import "env" "print" (func (param i32)))
      (func $f (call $sleep)) (func $through (call $f)) (func $forward (return_call $g)) (start $through)
      (func $g (export "g") (export "h") (call $sleep) (call $forward)) (func $inside (call $g) (call $f)))"""
    _, data = mapped(text, optimize="speed", imports="env.sleep")
    assert data["imports"] == ["env.sleep"]
    assert data["entries"] == [{"name": "$through", "exports": []}, {"name": "$g", "exports": ["g", "h"]}]
    frameless = {each["name"]: each for each in data["frameless"]}  # type: ignore[attr-defined]
    assert {name: each.get("calls") for name, each in frameless.items()} == {
        "$f": "$sleep",
        "$through": "$f",
        "$forward": None,
    }
    assert frameless["$forward"]["tails"] == ["$g"]
    assert {each["name"] for each in data["functions"]} == {"$g", "$inside"}  # type: ignore[attr-defined]


def test_lines_behind_one_that_is_added() -> None:
    """Also in functions that are not instrumented, and get a check, each line leads back to where it stands."""
    text = TEXT.replace(
        '  (func (export "main")',
        "  (func $log (param i32)\n    (drop (i32.const 1))\n    (call $noop)\n    (drop (i32.const 2)))\n"
        "  (func $noop\n    (nop))\n"
        '  (func (export "main")',
    )
    output, data = mapped(text, asserts=True)
    lines, out = text.split("\n"), output.split("\n")
    pairs = {to + i: from_ + i for to, from_, count in data["lines"] for i in range(count)}  # type: ignore[attr-defined]
    for line in ("    (drop (i32.const 1))", "    (drop (i32.const 2)))", "    (nop))"):
        assert pairs[out.index(line) + 1] == lines.index(line) + 1


def test_lines_of_code_that_stands_where_it_is_called() -> None:
    """The line of the call is known; those of what is called are of another function."""
    source = yielding(2)
    output, data = mapped(source, optimize="speed")
    pairs = {to + i: from_ + i for to, from_, count in data["lines"] for i in range(count)}  # type: ignore[attr-defined]
    old, new = source.split("\n"), output.split("\n")
    blocks = [number for number, line in enumerate(new, 1) if "(block $end_of_yield" in line]
    assert len(blocks) == 2 and len(old[-2].split("call $yield")) == 3  # both stand on one line of the source
    for number in blocks:
        assert pairs[number] == len(old) - 1
        assert not any(number + behind in pairs for behind in range(1, 10))
