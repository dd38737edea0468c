"""wat-shell --trace: runs told as stories, against what the source says."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from forms import FORMS
from generate import generate
from pausing import Numbered
from test_spec import SCRIPTS, drives_itself, expected_trace, head, named, options

from wat_bysyncify.instrument import Options
from wat_bysyncify.script.cli import main
from wat_bysyncify.script.host import Host
from wat_bysyncify.script.story import Story
from wat_bysyncify.script.trace import TracedScript

TESTS = Path(__file__).parent
INPUT = TESTS / "article" / "input.wat"
TYPES = (TESTS / "programs" / "types.wat").read_text()
AMBIGUOUS = "the frames can be read in another way too"

Event = dict[str, Any]


def told(text: str, host: Host | None = None, **given: Any) -> tuple[list[str], list[Event], list[str]]:
    """The story of a script, its events, and what failed."""
    lines: list[str] = []
    events: list[str] = []
    story = Story(lines.append, events.append)
    script = TracedScript(text, story=story, options=Options.of(**given), host=host or Numbered(lambda line: None))
    try:
        failures = [failure.report(text, "script") for failure in script.run()]
    finally:
        script.close()
    return lines, [json.loads(event) for event in events], failures


def shell(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


LONG = ("driven_references", "driven_tail_calls")  # these pause ten thousand times


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.stem not in LONG], ids=named)
def test_scripts(path: Path, form: str) -> None:
    """Whatever a script does, it does the same when traced, and each of its stacks can be read."""
    text = path.read_text()
    lines: list[str] = []
    _, events, failures = told(text, Numbered(lines.append), **options(text, form))
    assert failures == []
    assert lines == (head(text, "prints") if head(text, "text") == ["2019"] else expected_trace(text))
    assert [event for event in events if event["event"] == "problem" and event["message"] != AMBIGUOUS] == []
    kinds = [event["event"] for event in events if event["event"] != "problem"]
    if not drives_itself(text) and "linked" not in kinds:
        assert bool(kinds.count("start_unwind")) == (head(text, "pauses") != ["none"] and pauses_here(text, form))
        for before, kind in pairwise(kinds):
            assert (before == "stop_unwind") == (kind == "start_rewind")
            assert (before == "start_rewind") == (kind == "stop_rewind")


def pauses_here(text: str, form: str) -> bool:
    """Whether the host pauses the modules of a script: it has a memory for their frames."""
    given = options(text, form)
    return given["memory"] is None


SEVENS = {
    "v128": "(v128.const i32x4 7 7 7 7)", "externref": "(ref.extern 7)", "funcref": "(ref.null func)",
    **{type_: f"({type_}.const 7)" for type_ in ("i32", "i64", "f32", "f64")},
}  # fmt: skip


def stacks(text: str, **given: Any) -> list[list[tuple[str, int, int]] | None]:
    """The functions and places of all stacks of a script; None for what can be read in another way too."""
    _, events, _ = told(text, Host(lambda line: None), **given)
    found: list[list[tuple[str, int, int]] | None] = []
    for event in events:
        if event["event"] == "stop_unwind":
            found.append([(frame["function"], frame["line"], frame["column"]) for frame in event["frames"]])
        elif event["event"] == "problem":
            assert event["message"] == AMBIGUOUS
            found[-1] = None
    return found


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    """Their stacks are those that are known from the numbers that --asserts puts on frames."""
    program = generate(seed, 12 + seed % 5 * 8)
    calls = [
        f'(invoke "{name}" {" ".join(SEVENS[param] for param in params)})'
        for name, (params, _) in program.exports
        if all(param in SEVENS for param in params)
    ]
    text = "\n".join([program.text, *calls])
    known = stacks(text, asserts=True)
    for form in FORMS.values():
        found = stacks(text, **form)
        assert len(found) == len(known)
        assert all(each is None or each == one for each, one in zip(found, known, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_recursion(form: str) -> None:
    """Five frames with locals of every type, by name, with the values of the source and its lines."""
    text = f'{TYPES}(assert_return (invoke "main" (ref.extern 5)) (i32.const 101058064))'
    lines, events, failures = told(text, **FORMS[form])
    assert failures == []
    kinds = [event["event"] for event in events]
    assert kinds == ["call", "import", "start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "return"]
    assert (events[0]["export"], events[0]["arguments"]) == ("main", ["(ref.extern 5)"])
    assert (events[1]["import"], events[1]["arguments"]) == ("env.sleep", ["(i32.const 7)"])
    assert events[6]["results"] == ["(i32.const 101058064)"]
    frames = events[3]["frames"]
    assert events[4]["frames"] == frames and events[5]["frame"] == frames[0]
    assert [frame["function"] for frame in frames] == ["$down"] * 4 + ["$main"]
    source = text.split("\n")
    for n, frame in enumerate(frames[:4]):
        assert source[frame["line"] - 1].strip() == (
            "(local.set $n (call $sleep (i32.const 7)))))" if n == 0 else "(call $down"
        )
        values = {local["name"]: local["value"] for local in frame["locals"]}
        assert values["$long"] == str(-9000000000 - n) and values["$single"] == f"{n}.5"
        assert values["$double"] == {0: "inf", 1: "1", 2: "0.5", 3: repr(1 / 3)}[n]
        assert values["$vector"] == "i32x4" + f" 0x{n:02x}{n:02x}{n:02x}{n:02x}" * 4
        assert values["$host"].startswith("externref #")
        assert [values["$function"][:9], values["$pair"][:8]] == (["funcref #", "anyref #"] if n % 2 else ["null"] * 2)
        assert f"         $long i64 = {-9000000000 - n}" in lines
    place = f"$down call {frames[0]['call']} (line 30: (local.set $n (call $sleep (i32.const 7))))))"
    assert f"    #0 {place}" in lines and f"  resumed: stop_rewind; {place} goes on" in lines


def test_the_article(golden: Callable[[Path, str], None]) -> None:
    """The article's example, which drives itself: what it prints, and its story."""
    code, out, err = shell("--trace", INPUT)
    assert (code, out) == (0, "(i32.const 1)\n(i32.const 2)\n(i32.const 3)\n")
    golden(TESTS / "article" / "trace.txt", err)
    assert "    #0 $main call 0 (line 13: (call $sleep))" in err


@pytest.mark.parametrize("form", FORMS)
def test_the_article_in_all_forms(form: str) -> None:
    lines, events, failures = told(INPUT.read_text(), **FORMS[form])
    assert failures == []
    kinds = [event["event"] for event in events]
    assert kinds == "call import start_unwind stop_unwind import start_rewind stop_rewind import return".split()
    assert [frame["line"] for frame in events[3]["frames"]] == [13]
    assert "  pausing: start_unwind(16)" in lines


SCRIPT = """;; modules of a script
(module
  (import "env" "sleep" (func $sleep (param i32)))
  (import "spectest" "print" (func $print (param i32)))
  (func $f (export "f") (param $x i32) (result i32)
    (call $print (local.get $x))
    (call $sleep (i32.const 100))
    (i32.div_u (i32.const 8) (local.get $x))))
(assert_return (invoke "f" (i32.const 4)) (i32.const 2))
(assert_trap (invoke "f" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "f" (i32.const 1)) (i32.const 7))
"""


def test_the_command(tmp_path: Path) -> None:
    """Prints and failures stay as they are; lines are those of the script."""
    script, events = tmp_path / "script.wast", tmp_path / "events.json"
    script.write_text(SCRIPT)
    code, out, err = shell("--trace", script, "--trace-json", events, "--pause-at-imports", "env.*", "--rewrite", "-Os")
    assert (code, out) == (1, "(i32.const 4)\n(i32.const 0)\n(i32.const 1)\n")
    assert err.splitlines()[:8] == [
        "f is called (i32.const 4)",
        "  spectest.print (i32.const 4)",
        "  env.sleep (i32.const 100)",
        "  pausing: start_unwind(0)",
        "  unwound: 4 bytes of frames at 8",
        "    #0 $f call 0 (line 7: (call $sleep (i32.const 100)))",
        "         $x i32 = 4",
        "  rewinding: start_rewind(0), 4 bytes of frames",
    ]
    assert "f does not return: wasm trap: integer divide by zero" in err
    assert "script.wast:11:1: error: assertion failed: got (i32.const 8), expected (i32.const 7)" in err
    said = [json.loads(line) for line in events.read_text().splitlines()]
    assert [event["event"] for event in said].count("trap") == 1
    assert shell("--trace-json", "-", script)[1].startswith('{"event": "call", "export": "f"')


def test_bad_usage(tmp_path: Path) -> None:
    script = tmp_path / "script.wast"
    script.write_text(SCRIPT)
    for words, message in (
        (["--rewrite", "-O"], "--pause-at-imports and --rewrite are for --trace and --trace-json."),
        (["--pause-at-imports", "*"], "--pause-at-imports and --rewrite are for --trace and --trace-json."),
        (["--trace", "--rewrite", "--foo"], "--rewrite: No such option"),
        (["--trace", "--rewrite", "'"], "--rewrite: No closing quotation."),
        (["--trace", "--rewrite", "--rewind x"], "--rewrite: "),
        (["--trace", "--rewrite", "--twins x --rewind skip"], "--rewrite: twins is for rewinding by jumping."),
        (["--trace", "--pause-at-imports", "*", "--rewrite", "--imports x"], "--pause-at-imports excludes --imports."),
        (["--trace-json", str(tmp_path / "no" / "x")], "--trace-json: "),
    ):
        code, out, err = shell(*words, script)
        assert (code, out) == (2, "") and message in err, words


def test_what_matches_no_import_is_said(tmp_path: Path) -> None:
    script = tmp_path / "script.wast"
    script.write_text(SCRIPT)
    _, _, err = shell("--trace", script, "--pause-at-imports", "env.slep")
    assert "warning: imports: 'env.slep' matches no imported function" in err and "pausing" not in err


def test_already_rewritten() -> None:
    code, _, err = shell("--trace", TESTS / "article" / "output.wat")
    assert code == 1 and "is this module rewritten?" in err


def test_modules_that_are_linked() -> None:
    """From then on the host pauses nothing, for it cannot know who is on the stack."""
    other = """(register "a")
      (module (import "a" "f" (func $f (param i32) (result i32))) (import "spectest" "print" (func $print))
        (func (export "g") (drop (call $f (i32.const 2))) (call $print)))
      (invoke "g")"""
    text = SCRIPT + other
    _, events, failures = told(text)
    kinds = [event["event"] for event in events]
    assert len(failures) == 1  # the script's own
    assert kinds.count("linked") == 1 and kinds.index("linked") > max(
        number for number, kind in enumerate(kinds) if kind == "start_unwind"
    )


@pytest.mark.parametrize("form", FORMS)
def test_start_functions(form: str) -> None:
    """They are paused too; and one that traps is a module that cannot be instantiated."""
    module = """(module (import "env" "sleep" (func $sleep)) (global $x (mut i32) (i32.const 0))
      (start $go) (func $go (call $sleep) (global.set $x (i32.add (global.get $x) (i32.const 3))) {})
      (func (export "x") (result i32) (global.get $x)))"""
    good = f'{module.format("")}(assert_return (invoke "x") (i32.const 3))'
    _, events, failures = told(good, **FORMS[form])
    assert failures == [] and [event["event"] for event in events].count("stop_unwind") == 1
    bad = f'(assert_trap {module.format("(unreachable)")} "unreachable")'
    assert told(bad, **FORMS[form])[2] == []


def test_damage_is_told() -> None:
    """A program that writes over its frames: the story goes on, and says what cannot be read."""
    text = INPUT.read_text().replace(
        "(call $print (i32.const 2))",
        "(call $bysyncify_start_rewind (i32.const 16))(i32.store (i32.const 24) (i32.const 9))",
    )
    text = text.replace(
        "(global $sleeping", '(func $wrong (export "wrong") (i32.store (i32.const 24) (i32.const 9)))(global $sleeping'
    )
    lines, events, _ = told(text)
    assert [event["message"] for event in events if event["event"] == "problem"] == [
        "at 28: the frame of $main says call 9, which it does not have"
    ]
    assert "    at 28: the frame of $main says call 9, which it does not have" in lines


@pytest.mark.parametrize("asserts", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_traps_while_paused(form: str, asserts: bool) -> None:
    """What cannot be paused, for the host has no such value to give, is not paused for ever."""
    text = """(module (import "env" "make" (func $make (result (ref any)))) (import "env" "sleep" (func $sleep))
      (func (export "bad") (drop (call $make)))
      (func (export "good") (param $x i32) (result i32) (call $sleep) (local.get $x)))
    (assert_trap (invoke "bad") "cast failure")
    (assert_return (invoke "good" (i32.const 6)) (i32.const 6))
    (assert_trap (invoke "bad") "cast failure")
    (assert_return (invoke "good" (i32.const 7)) (i32.const 7))"""
    _, events, failures = told(text, asserts=asserts, **FORMS[form])
    assert failures == []
    assert [event["event"] for event in events].count("trap") == 2
    unwound = [event["frames"] for event in events if event["event"] == "stop_unwind"]
    assert [(frame["function"], frame["locals"][0]["value"]) for (frame,) in unwound] == [("good", "6"), ("good", "7")]
