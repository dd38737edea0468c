"""Exception handling as it was before `try_table`: run by Node, for wasmtime does not know it any more."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from forms import FORMS

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.options import REWIND

FOLDER = Path(__file__).parent / "legacy"
needs_tools = pytest.mark.skipif(
    not (shutil.which("wat2wasm") and shutil.which("node")), reason="needs wat2wasm (wabt) and node"
)


def outcomes(text: str, folder: Path, mode: str) -> list[str]:
    """What tests/legacy/run.mjs prints for a module."""
    (folder / "x.wat").write_text(text)
    wasm = folder / "x.wasm"
    subprocess.run(["wat2wasm", "--enable-exceptions", folder / "x.wat", "-o", wasm], check=True, timeout=60)
    command = ["node", FOLDER / "run.mjs", wasm, mode]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()


@needs_tools
@pytest.mark.parametrize("rewind", REWIND)
@pytest.mark.parametrize("name", ["bodies", "handlers"])
def test_same_when_paused(name: str, rewind: str, tmp_path: Path) -> None:
    """Pausing in the body of a try and in its handlers, with delegate and rethrow around, changes nothing."""
    text = (FOLDER / f"{name}.wat").read_text()
    expected = outcomes(text, tmp_path, "never")
    assert len(expected) >= 21 and any("exception" in line for line in expected)
    assert outcomes(rewrite(text, rewind=rewind), tmp_path, "never") == expected
    assert outcomes(rewrite(text, rewind=rewind), tmp_path, "paused") == expected


SLEEP = '(import "env" "sleep" (func $sleep))'


def test_rethrow_that_is_refused() -> None:
    """What a handler that pauses has caught is gone when it goes on: it cannot be thrown again."""
    text = f"(module {SLEEP} (func\n  (try (do) (catch_all (call $sleep) (rethrow 0)))))"
    with pytest.raises(WatError) as error:
        rewrite(text)
    assert error.value.report(text, "x").splitlines()[0] == (
        "x:2:38: error: a rethrow in a handler that can pause: the exception cannot be kept"
    )


def test_what_cannot_pause_stays() -> None:
    """A function without pausing calls keeps its try; so does a handler without any."""
    plain = "(func $plain (try (do) (catch_all (rethrow 0))))"
    text = f"(module {SLEEP} {plain} (func (try (do (call $sleep)) (catch_all (rethrow 0)))))"
    output = rewrite(text)
    assert plain in output
    assert "(rethrow 0)" in output.replace(plain, "")
    assert "$caught" not in output


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("(try (call $sleep))", "this try leaves|needs a \\(do"),
        ("(do (call $sleep))", "unexpected do"),
        ("(call $sleep) catch_all", "unexpected catch_all"),
        ("(call $sleep) delegate 0", "unexpected delegate"),
        ("(try (do (call $sleep)) (catch $none))", r"unknown tag \$none"),
        ("(try (do (call $sleep)) (delegate 7))", "unknown label 7"),
    ],
)
def test_bad_text(code: str, message: str) -> None:
    with pytest.raises(WatError, match=message):
        rewrite(f"(module {SLEEP} (func {code}))")


def test_handler_that_moves_and_a_loop_that_never_ends() -> None:
    """What Binaryen's older text leaves out is added, and handlers are moved, in one function."""
    code = "(try (do (nop)) (catch $e (drop) (call $sleep))) (loop $l (br $l))"
    output = rewrite(f"(module {SLEEP} (tag $e (param i32)) (func (result i32) {code}))")
    assert "$caught" in output and "(unreachable)" in output


def test_place_of_an_error_behind_what_is_added() -> None:
    """An error is where the reader has it, though handlers were moved before it was found."""
    sum_ = "(drop (i32.add (global.get $none) (block (result i32) (call $sleep) (i32.const 1))))"
    for code in (f"(do) (catch_all (call $sleep))) {sum_}", f"(do) (catch_all {sum_}) (catch_all (call $sleep)))"):
        text = f"(module {SLEEP} (func\n  (try {code}))"
        with pytest.raises(WatError) as error:
            rewrite(text)
        column = text.split("\n")[1].index("(global.get $none)") + 1
        assert error.value.report(text, "x").startswith(f"x:2:{column}: error: the type of a value")
    for before in ("(loop $l (br $l)) (drop)", "(try (do) (catch_all (call $sleep)))"):
        text = f"(module {SLEEP} (func\n  {before} (call $sleep) (local.get 9) (drop)))"
        with pytest.raises(WatError) as error:
            rewrite(text)
        column = text.split("\n")[1].index("(local.get 9)") + 1
        assert error.value.report(text, "x").startswith(f"x:2:{column}: error: unknown local 9")


def test_quoted_label() -> None:
    """The label of a try stays spelled as it is."""
    output = rewrite(f'(module {SLEEP} (func (try $"a b" (do (br $"a b")) (catch_all (call $sleep) (br $"a b")))))')
    assert output.count('(block $"a b"') == 1
    assert "$a b" not in output


CATCHING = """(module
  (import "env" "sleep" (func $sleep (result i32)))
  (type $t (func (result i32)))
  (table $table 1 funcref)
  (elem (i32.const 0) $twice)
  (memory (export "memory") 1)
  (tag $e)
  (func $twice (result i32) (i32.mul (i32.const 2) (call $sleep)))
  (func $throws (drop (call $sleep)) (throw $e))
  (func (export "main") (result i32) (local $x i32)
    (local.set $x (call $sleep))
    (try (do (throw $e))
      (catch $e
        (local.set $x (i32.add (local.get $x) (call $twice)))
        (block (br 0))
        (local.set $x (i32.add (local.get $x) (call_indirect $table (type $t) (i32.const 0))))))
    try
      throw $e
    catch_all
      try
        call $throws
      catch $e
        local.get $x
        call $sleep
        i32.add
        local.set $x
      end
    end
    (i32.add (local.get $x) (call $sleep))
  )
)"""
IGNORING = """
const fs = require("fs");
let pauses = 0;
const wasm = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(process.argv[2])), {
  env: {
    sleep() {
      if (wasm.bysyncify_get_state() === 2) { wasm.bysyncify_stop_rewind(); return 10; }
      new Int32Array(wasm.memory.buffer).set([24, 4096], 4);
      wasm.bysyncify_start_unwind(16);
      pauses += wasm.bysyncify_get_state();
      return 7;
    },
  },
}).exports;
let result = wasm.main();
while (wasm.bysyncify_get_state() === 1) {
  wasm.bysyncify_stop_unwind();
  wasm.bysyncify_start_rewind(16);
  result = wasm.main();
}
console.log(result, pauses);
"""


@needs_tools
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("asserts", [False, True])
def test_no_pause_from_a_handler(form: str, asserts: bool, tmp_path: Path) -> None:
    """With --ignore-unwind-from-catch, what would pause in a handler goes on, also in what the handler calls, and after
    that call has thrown; before and behind, all pauses. Without it, all does."""
    (tmp_path / "run.cjs").write_text(IGNORING)
    for ignores, expected in ((True, f"{10 + 2 * 7 + 2 * 7 + 7 + 10} 2"), (False, f"{10 + 20 + 20 + 10 + 10} 6")):
        text = rewrite(CATCHING, ignore_unwind_from_catch=ignores, asserts=asserts, **FORMS[form])
        (tmp_path / "x.wat").write_text(text)
        wasm = tmp_path / "x.wasm"
        subprocess.run(["wat2wasm", "--enable-exceptions", tmp_path / "x.wat", "-o", wasm], check=True, timeout=60)
        done = subprocess.run(["node", tmp_path / "run.cjs", wasm], capture_output=True, text=True, timeout=60)
        assert (done.stdout.strip(), done.stderr) == (expected, "")


ONLY_IN_HANDLERS = """(module
  (import "env" "sleep" (func $sleep (result i32)))
  (memory (export "memory") 1)
  (tag $e)
  (func $f (export "main") (result i32)
    (try (result i32) (do (throw $e)) (catch_all (i32.add (call $sleep) (i32.const 1)))))
  (func (export "again") (result i32)
    (try (result i32) (do (throw $e)) (catch_all (drop (call $sleep)) (rethrow 0))))
)"""


@needs_tools
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("asserts", [False, True])
def test_calls_in_handlers_alone(form: str, asserts: bool, tmp_path: Path) -> None:
    """So it is in functions that have no other call that can pause; a rethrow is no reason to refuse them then."""
    (tmp_path / "run.cjs").write_text(IGNORING)
    (tmp_path / "x.wat").write_text(
        rewrite(ONLY_IN_HANDLERS, ignore_unwind_from_catch=True, asserts=asserts, **FORMS[form])
    )
    wasm = tmp_path / "x.wasm"
    subprocess.run(["wat2wasm", "--enable-exceptions", tmp_path / "x.wat", "-o", wasm], check=True, timeout=60)
    done = subprocess.run(["node", tmp_path / "run.cjs", wasm], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("8 0", "")


def test_a_function_that_is_removed_keeps_its_handlers() -> None:
    """With checks, too, it is not asked whether its handlers can pause."""
    output = rewrite(ONLY_IN_HANDLERS, remove_list="f,again", asserts=True)
    assert "(rethrow 0)" in output and "$handled" not in output
