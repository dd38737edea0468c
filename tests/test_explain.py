"""Why functions can pause: in words, as data, and what could be saved; against what is known from the source."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from wat_bysyncify.cli import main
from wat_bysyncify.instrument import Options, rewrite_text
from wat_bysyncify.instrument.dominators import counts_below, dominators
from wat_bysyncify.instrument.explain import Explanation

TEXT = """(module
  (import "env" "sleep" (func $sleep))
  (import "env" "log" (func $log (param i32)))
  (import "env" "yield" (func $yield))
  (type $v (func))
  (table $t 3 funcref)
  (elem (table $t) (i32.const 0) $nap $quiet)
  (func $nap
    (call $log (i32.const 1))
    (call $sleep))
  (func $quiet)
  (func $apply
    (nop)
    (call_indirect $t (type $v) (i32.const 0)))
  (func $work (call $apply) (call $quiet))
  (func $main (export "main")
    (call $work)
    (call $nap))
  (func (export "other") (call $yield))
  (func $alone (call $log (i32.const 2)))
)
"""
LISTED = {"imports": "env.sleep,env.yield"}


def explanation(text: str = TEXT, **options: object) -> Explanation:
    return rewrite_text(text, Options.of(**(options or LISTED))).explanation()


def test_the_tree() -> None:
    """Each function once, below the nearest that makes it pause; then what could be saved."""
    assert list(explanation().lines()) == [
        "5 of 7 functions are instrumented",
        "$sleep (line 2) may pause",
        "  $nap (line 8) calls it (line 10)",
        "    $main (line 16) calls it (line 18)",
        "    $apply (line 12) calls through table $t (line 14)",
        "      $work (line 15) calls it (line 15)",
        "$yield (line 4) may pause",
        "  other (line 19) calls it (line 19)",
        "with --ignore-indirect: 3 instead of 5",
        "4 of 7 functions are instrumented only because of the import $sleep (line 2)",
        "2 of 7 functions are instrumented only because of the indirect call in $apply (line 14)",
        "1 of 7 functions are instrumented only because of the import $yield (line 4)",
    ]


@pytest.mark.parametrize("name", ["$work", "work"])
def test_one_function(name: str) -> None:
    assert list(explanation().function(name)) == [
        "$work (line 15) can pause",
        "  line 15: calls $apply",
        "a shortest way to a pause:",
        "  $work, line 15: calls $apply",
        "  $apply, line 14: calls through table $t, which may be $nap",
        "  $nap, line 10: calls $sleep",
        "  $sleep, may pause",
    ]


def test_all_reasons() -> None:
    """A function may have several; the shortest way is by one of them."""
    assert list(explanation().function("main"))[:3] == [
        "$main (line 16) can pause",
        "  line 17: calls $work",
        "  line 18: calls $nap",
    ]


WHY_NOT = {
    "nothing can": ("alone", LISTED, "$alone (line 20) is not instrumented: nothing that it calls can pause"),
    "removed": ("work", {"remove_list": "work"}, "$work (line 15) is not instrumented: it is said not to pause"),
}


@pytest.mark.parametrize(("name", "options", "line"), WHY_NOT.values(), ids=WHY_NOT.keys())
def test_why_not(name: str, options: dict[str, object], line: str) -> None:
    assert next(explanation(**options).function(name)) == line


def test_what_the_host_put_there() -> None:
    text = TEXT.replace("(table $t 3", '(table $t (export "t") 3')
    lines = list(explanation(text).function("apply"))
    assert lines[1] == "  line 14: calls through table $t, which may be $nap, $main, other, what the host put there"
    assert "with --closed-world: 5 instead of 5" not in list(explanation(text).lines())
    alone = text.replace("$nap $quiet)", "$quiet)")
    assert "with --closed-world: 3 instead of 5" in list(explanation(alone).lines())
    assert "what the host put there" not in "".join(explanation(alone, closed_world=True, **LISTED).function("apply"))


def test_by_itself() -> None:
    """Lists, annotations and pause points are reasons too."""
    text = TEXT.replace("  (func $quiet)", "  (@bysyncify.pauses) (func $quiet (nop) (call $log (i32.const 3)))")
    assert "  is on a list" in list(explanation(text).function("quiet"))
    text = TEXT.replace("(call $log (i32.const 2))", "(@bysyncify.pauses) (call $log (i32.const 2))")
    assert "  line 20: has a call that is annotated" in [
        f"  line 20: {line.strip()}" for line in explanation(text).function("alone")
    ]
    assert "  has pause points" in list(explanation(pause_at="entries").function("quiet"))


def test_the_data() -> None:
    """The same as JSON: every function, why it pauses, and the next step to a pause."""
    data = json.loads(json.dumps(explanation().data()))
    functions = {each["name"]: each for each in data["functions"]}
    assert data["version"] == 1
    assert [name for name, each in functions.items() if each["instrumented"]] == [
        "$nap",
        "$apply",
        "$work",
        "$main",
        "other",
    ]
    assert functions["$main"]["reasons"] == [{"line": 17, "calls": "$work"}, {"line": 18, "calls": "$nap"}]
    assert functions["$apply"] | {"reasons": 0} == {
        "name": "$apply", "index": 5, "line": 12, "instrumented": True, "runtime": False, "reasons": 0, "next": "$nap",
    }  # fmt: skip
    assert data["dispatches"] == [{"table": "through table $t", "open": False, "finds": ["$nap"]}]
    assert data["savings"] == [{"change": "with --ignore-indirect", "instrumented": 3}]
    assert [each["name"] for each in data["imports"]] == ["$sleep", "$yield"]


def test_lines_of_a_text_with_control_imports() -> None:
    text = Path(__file__).parent.joinpath("article", "input.wat").read_text()
    said = list(explanation(text, imports=None).lines())
    assert said[1:] == [
        "$sleep (line 16) starts an unwind or ends a rewind",
        "  $main (line 11) calls it (line 13)",
    ]


def test_the_command(tmp_path: Path) -> None:
    """The text goes to standard output, the explanation to standard error or a file."""
    source, data = tmp_path / "in.wat", tmp_path / "why.json"
    source.write_text(TEXT)
    plain = CliRunner().invoke(main, [str(source), "--imports", "env.sleep"])
    whole, one = f"{source}: 4 of 7", f"{source}: $main"
    asked = [
        (["--explain", str(source)], whole),
        ([str(source), "--explain"], whole),
        (["--explain", "$main", str(source)], one),
        ([str(source), "--explain", "main"], one),
        (["--explain=main", str(source)], one),
    ]
    for arguments, first in asked:
        done = CliRunner().invoke(main, [*arguments, "--imports", "env.sleep"])
        assert (done.exit_code, done.stdout) == (0, plain.stdout)
        assert done.stderr.startswith(first)
    done = CliRunner().invoke(main, [str(source), "--explain-json", str(data)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(data.read_text())["version"] == 1
    done = CliRunner().invoke(main, [str(source), "--explain", "nobody"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{source}: error: --explain: no function of the module is called 'nobody'\n"


def test_dominators() -> None:
    """Against the definition: a node dominates another if the other cannot be reached without it."""
    for seed in range(300):
        random.seed(seed)
        count = random.randint(1, 12)
        edges = [[random.randrange(count) for _ in range(random.randint(0, 3))] for _ in range(count)]
        found = dominators(edges)
        everything = _reached(edges, -1)
        for node in range(count):
            above = {each for each in everything if node in everything and node not in _reached(edges, each)} - {node}
            nearest = max(above, key=lambda each: len(_reached(edges, -1) - _reached(edges, each)) * -1, default=-1)
            assert found[node] == (nearest if node else -1)
        below = counts_below(found, [True] * count)
        assert below[0] == len(everything)


def _reached(edges: list[list[int]], without: int) -> set[int]:
    found = {0} - {without}
    todo = list(found)
    while todo:
        new = [to for to in edges[todo.pop()] if to != without and to not in found]
        found.update(new)
        todo += new
    return found


def test_tail_calls() -> None:
    """What a tail call needs besides, a function that stands in for an import, is no function of the reader's."""
    text = """(module (import "env" "sleep" (func $sleep)) (import "env" "log" (func $log))
      (func $f (call $sleep) (return_call $log)) (func (export "main") (call $f)))"""
    explanation = rewrite_text(text, Options()).explanation()
    data = explanation.data()
    assert [(each["name"], each["instrumented"]) for each in data["functions"]] == [("$f", True), ("main", True)]
    assert {each["function"] for each in data["culprits"]} <= {"$sleep", "$log"}
    assert next(explanation.lines()) == "2 of 2 functions are instrumented"
    assert data["savings"] == []
