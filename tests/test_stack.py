"""wat-bysyncify-stack: the stack of a paused program, read from its memory, against the source."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from click.testing import CliRunner
from forms import FORMS

from wat_bysyncify.instrument import Options, rewrite_text
from wat_bysyncify.stack import Stack, StackError, StackMap, decode, read_map
from wat_bysyncify.stack.cli import main

TYPES = (Path(__file__).parent / "programs" / "types.wat").read_text()
DATA, START = 16, 24


def rewritten(text: str, **options: Any) -> tuple[str, dict[str, Any]]:
    found = rewrite_text(text, Options.of(**options), mapped=True)
    return "".join(found.pieces), json.loads(json.dumps(found.map()))


class Paused:
    """A program that pauses at the n-th call of an import, of any."""

    def __init__(self, text: str, *arguments: Any, export: str = "main", at: int = 1, **options: Any) -> None:
        output, self.data = rewritten(text, **options)
        self.store = wasmtime.Store()
        module = wasmtime.Module(self.store.engine, output)
        self.own = "bysyncify_memory" in [each.name for each in module.exports]
        self.left, self.arguments, self.export = at, arguments, export
        imports = [wasmtime.Func(self.store, each.type, self.called(each.type)) for each in module.imports]  # type: ignore[arg-type]
        self.exports: Any = wasmtime.Instance(self.store, module, imports).exports(self.store)
        self.memory = self.exports["bysyncify_memory" if self.own else "memory"]
        wide = self.data["address"] == "i64"
        if not self.own:
            start = DATA + (16 if wide else 8)
            words = [number.to_bytes(8 if wide else 4, "little") for number in (start, 0x8000)]
            self.memory.write(self.store, b"".join(words), DATA)
        self.result = self.control(export, *arguments)
        self.control("bysyncify_stop_unwind")

    def control(self, name: str, *arguments: Any) -> Any:
        return self.exports[name](self.store, *arguments)

    def called(self, type: wasmtime.FuncType) -> Any:
        results = [0 if str(each)[0] == "i" else 0.0 for each in type.results]

        def call(*arguments: Any) -> Any:
            if self.control("bysyncify_get_state") == 2:
                self.control("bysyncify_stop_rewind")
            else:
                self.left -= 1
                if not self.left:
                    self.control("bysyncify_start_unwind", 0 if self.own else DATA)
            return results[0] if results else None

        return call

    def resume(self, at: int) -> None:
        """Goes on to the n-th call."""
        self.left = at
        self.control("bysyncify_start_rewind", 0 if self.own else DATA)
        self.result = self.control(self.export, *self.arguments)
        self.control("bysyncify_stop_unwind")

    @property
    def map(self) -> StackMap:
        return read_map(self.data)

    @property
    def dump(self) -> bytes:
        return bytes(self.memory.read(self.store))

    def stack(self, **given: Any) -> Stack:
        return decode(self.map, self.dump, None if self.own else DATA, **given)


def names(stack: Stack) -> list[str]:
    return [frame.function for frame in stack.frames]


def line_of(text: str, ends: str) -> int:
    """The one line of a text that ends so."""
    (found,) = [number for number, line in enumerate(text.split("\n"), 1) if line.endswith(ends)]
    return found


@pytest.mark.parametrize("entry", [None, "main", "$main"])
@pytest.mark.parametrize("own", [None, 1])
@pytest.mark.parametrize("form", FORMS)
def test_locals_of_every_type(form: str, own: int | None, entry: str | None) -> None:
    """Five frames, with the values that the source gives them."""
    paused = Paused(TYPES, "host", own_memory=own, **FORMS[form])
    stack = paused.stack(entry=entry)
    assert names(stack) == ["$down"] * 4 + ["$main"]
    assert not stack.ambiguous
    assert stack.start == (8 if own else START) and stack.frames[0].address == stack.start
    for n, frame in enumerate(stack.frames[:4]):
        assert frame.line == line_of(TYPES, "(call $sleep (i32.const 7)))))" if n == 0 else "(call $down")
        assert frame.calls == ("$sleep" if n == 0 else "$down")
        values = {saved.name: saved.text for saved in frame.locals if not saved.name.startswith("$value")}
        assert [saved.text for saved in frame.locals if saved.type == "i32"][-1:] == ([str(n)] if n else [])
        assert values["$long"] == str(-9000000000 - n)
        assert values["$single"] == f"{n}.5"
        assert float(values["$double"]) == (1 / n if n else float("inf"))
        assert values["$vector"] == "i32x4" + f" 0x{n:02x}{n:02x}{n:02x}{n:02x}" * 4
        assert values["$host"].startswith("externref #")
        for name, kept in (("$function", "funcref"), ("$pair", "anyref")):
            assert values[name].startswith(f"{kept} #") if n % 2 else values[name] == "null"
        types = {saved.name: saved.type for saved in frame.locals}
        assert types["$pair"] == "(ref null $pair)"


def test_slots_are_told_apart() -> None:
    """References have slots of their own."""
    stack = Paused(TYPES, "host").stack()
    slots = [saved.bits for frame in stack.frames for saved in frame.locals if saved.name == "$host"]
    assert len({*slots}) == len(slots) == 4 + (len(stack.frames[-1].locals) > 0)
    null = Paused(TYPES, None).stack()
    assert {saved.text for frame in null.frames for saved in frame.locals if saved.name == "$host"} == {"null"}


TABLE = """(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (table 3 funcref)
  (elem (i32.const 0) $one $two $three)
  (type $step (func (param i32)))
  (func $one (param $n i32) (call $next (local.get $n)) (drop (local.get $n)))
  (func $two (param $n i32) (local $m i64)
    (local.set $m (i64.const 5))
    (call $next (local.get $n))
    (drop (i64.add (local.get $m) (i64.extend_i32_u (local.get $n)))))
  (func $three (param $n i32)
    (call $next (local.get $n)))
  (func $next (param $n i32)
    (if (local.get $n)
      (then
        (call_indirect (type $step)
          (i32.sub (local.get $n) (i32.const 1))
          (i32.rem_u (local.get $n) (i32.const 3))))
      (else (call $sleep))))
  (func (export "main") (param $n i32)
    (call $next (local.get $n))
    (drop (local.get $n))))
"""


@pytest.mark.parametrize("asserts", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_calls_through_a_table(form: str, asserts: bool) -> None:
    """Which function was called is found by what the frames are. Small frames can be alike, and that is said; with
    --asserts each has the number of its function."""
    stack = Paused(TABLE, 7, own_memory=1, asserts=asserts, **FORMS[form]).stack(entry="main")
    steps = [each for n in range(1, 8) for each in (["$one", "$two", "$three"][n % 3], "$next")]
    assert stack.ambiguous == (FORMS[form].get("optimize") == "size" and not asserts)
    assert stack.ambiguous or names(stack) == ["$next", *steps, "main"]
    assert len(stack.frames) == 16 and names(stack)[0] == "$next" and names(stack)[-2:] == ["$next", "main"]


TAILS = """(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (func $even (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (call $sleep) (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get $n) (i32.const 1))))
  (func $odd (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (call $sleep) (return (i32.const 0))))
    (return_call $even (i32.sub (local.get $n) (i32.const 1))))
  (func $forward (param $n i32) (result i32)
    (return_call $even (local.get $n)))
  (func (export "main") (param $n i32) (result i32)
    (i32.add (call $forward (local.get $n)) (i32.mul (local.get $n) (i32.const 100)))))
"""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [0, 1, 10, 11])
def test_tail_calls(n: int, form: str) -> None:
    """The frame is of the function that was tail-called last."""
    stack = Paused(TAILS, n, **FORMS[form]).stack()
    assert names(stack) == ["$odd" if n % 2 else "$even", "main"]
    assert not stack.ambiguous
    assert stack.frames[0].line == (8 if n % 2 else 5)


PASSED = """(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (table funcref (elem $deepest))
  (func $deepest
    (call $sleep))
  (func $deep
    (call_indirect (i32.const 0)))
  (func $work (param $x i32) (result i32)
    (call $deep)
    (local.get $x))
  (func $through (param i32) (result i32)
    (call $work (local.get 0)))
  (func (export "main") (param i32) (result i32)
    (call $through (local.get 0))))
"""


@pytest.mark.parametrize("asserts", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_functions_without_frames(form: str, asserts: bool) -> None:
    """Functions that only call another are on the stack too, with nothing of their own in memory."""
    paused = Paused(PASSED, 42, asserts=asserts, **FORMS[form])
    stack = paused.stack()
    assert names(stack) == ["$deepest", "$deep", "$work", "$through", "main"]
    assert [frame.line for frame in stack.frames] == [6, 8, 10, 13, 15]
    work = stack.frames[2]
    assert [(saved.name, saved.text) for saved in work.locals] == [("$x", "42")]
    if FORMS[form].get("optimize") and not asserts:
        assert [frame.size > 0 for frame in stack.frames] == [False, False, True, False, False]
        # With -Os, `$work` tells that it has paused, and `$through` with it; main has another type, and looks at that.
        frameless = {each["name"] for each in paused.data["frameless"]}
        assert frameless >= {"$deepest", "$deep", "$through"}
        assert ("main" in frameless) == (form != "-Os")


@pytest.mark.parametrize("form", FORMS)
def test_functions_without_frames_only(form: str) -> None:
    """Where nothing is in memory, the entry tells what can be told."""
    text = PASSED.replace("(local.get $x))", "(i32.const 1))")
    stack = Paused(text, 42, **FORMS[form]).stack(entry="main")
    assert names(stack) == ["$deepest", "$deep", "$work", "$through", "main"]


@pytest.mark.parametrize("form", FORMS)
def test_64_bit_memory(form: str) -> None:
    text = TYPES.replace('(export "memory") 1)', '(export "memory") i64 1)')
    stack = Paused(text, "host", **FORMS[form]).stack()
    assert names(stack) == ["$down"] * 4 + ["$main"] and stack.start == 32


@pytest.mark.parametrize("form", FORMS)
def test_resumed_and_paused_again(form: str) -> None:
    """A resumed function may go on in its twin: its frames are the same."""
    text = TYPES.replace(
        "(call $sleep (i32.const 7))", "(i32.add (call $sleep (i32.const 7)) (call $sleep (i32.const 8)))"
    )
    paused = Paused(text, "host", **FORMS[form])
    first = paused.stack()
    paused.resume(at=1)
    again = paused.stack()
    assert names(first) == names(again) == ["$down"] * 4 + ["$main"]
    assert first.frames[0].column != again.frames[0].column and first.frames[0].line == again.frames[0].line
    assert [each.text for each in again.frames[1].locals if each.name == "$long"] == ["-9000000001"]


@pytest.mark.parametrize("form", FORMS)
def test_all_locals(form: str) -> None:
    """With --save-all-locals also those that nobody will read."""
    text = """(module (import "env" "sleep" (func $sleep)) (memory (export "memory") 1)
      (func (export "main") (param $x i32) (local $y f64)
        (local.set $y (f64.const 1.5))
        (call $sleep)))"""
    assert [frame.locals for frame in Paused(text, 3, **FORMS[form]).stack(entry="main").frames] == [()]
    (frame,) = Paused(text, 3, save_all_locals=True, **FORMS[form]).stack().frames
    assert {(each.name, each.text) for each in frame.locals} == {("$x", "3"), ("$y", "1.5")}


@pytest.mark.parametrize("form", ["skip", "-O"])
def test_deep_and_fast(form: str) -> None:
    """Ten thousand frames, each reached through a table of functions whose frames are alike: the number of ways
    grows exponentially, the time does not."""
    text = TABLE.replace("(i64.const 5)", "(i64.const 0)")
    _, data = rewritten(text, own_memory=1, **FORMS[form])
    map = read_map(data)
    by_name = {each["name"]: each for each in data["functions"]}
    frames = b""
    for n in range(5_000):
        for name in ("$next", "$two"):
            frame = bytearray(by_name[name]["frame"]["size"])
            for value in by_name[name]["frame"]["values"]:
                if value["is"] == "call":
                    number = by_name[name]["calls"][-1 if name == "$next" and n == 0 else 0]["number"]
                    frame[value["offset"] : value["offset"] + 4] = number.to_bytes(4, "little")
            frames += bytes(frame)
    memory = (8 + len(frames)).to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + frames
    begun = time.perf_counter()
    stack = decode(map, memory, 0, entry="$two")
    assert len(stack.frames) >= 5_000
    assert time.perf_counter() - begun < 20


# What is wrong


def changed(dump: bytes, at: int, value: int) -> bytes:
    return dump[:at] + value.to_bytes(4, "little") + dump[at + 4 :]


def test_damage_is_said() -> None:
    """What does not fit is said with its address, behind what could be read."""
    paused = Paused(TYPES, "host")
    map, dump, stack = paused.map, paused.dump, paused.stack()
    third = stack.frames[2]
    (call,) = [each["offset"] for each in paused.data["functions"][0]["frame"]["values"] if each["is"] == "call"]
    with pytest.raises(StackError, match=r"at \d+: the frame of \$down says call 77, which it does not have") as found:
        decode(map, changed(dump, third.address + call, 77), DATA)
    assert [frame.function for frame in found.value.frames] == ["$down", "$main"]
    with pytest.raises(StackError, match=r"\d+ bytes are left, but \$down called \$sleep"):
        decode(map, changed(dump, third.address + call, 1), DATA)
    with pytest.raises(StackError, match=r"the frame of .* has 56 bytes, and 52 are left"):
        decode(map, dump, DATA, start=START + 4)
    for data, message in ((1 << 20, "is not in the memory"), (4096, "is none: it says"), (24, "is none: it says")):
        with pytest.raises(StackError, match=message):
            decode(map, dump, data)
    with pytest.raises(StackError, match="must be said"):
        decode(map, dump)
    with pytest.raises(StackError, match=r"'no' is no function that can be paused"):
        decode(map, dump, DATA, entry="no")
    with pytest.raises(StackError, match="is none"):
        decode(map, b"\0" * 24, DATA, start=25)


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, 3, "map", {"version": 2}, {"version": 1}, {"version": 1, "functions": [{}]},
        {"version": 1, "functions": [], "frameless": [], "dispatches": [], "prefixes": [], "address": "i32"},
    ],
)  # fmt: skip
def test_what_is_no_map(data: Any) -> None:
    with pytest.raises(StackError):
        read_map(data)


def test_damaged_maps_and_dumps() -> None:
    """Whatever is missing or wrong in either, it is a `StackError`, or some stack."""
    paused = Paused(TYPES, "host")
    text, dump = json.dumps(paused.data), paused.dump
    for old, new in (
        ('"offset": 0', '"offset": -4'),
        ('"size": 4', '"size": 4000'),
        ('"calls": "$sleep"', '"calls": []'),
        ('"calls": "$sleep"', '"dispatch": 3'),
        ('"number": 1', '"number": 0'),
        ('"is": "call"', '"is": "x"'),
    ):
        assert old in text
        with pytest.raises(StackError):
            decode(read_map(json.loads(text.replace(old, new))), dump, DATA)
    map = paused.map
    end = paused.stack().position
    for at in range(DATA, end):
        try:
            decode(map, dump[:at] + bytes([dump[at] ^ 0x55]) + dump[at + 1 :], DATA)
            decode(map, dump[:at], DATA)
        except StackError:
            pass


def test_ambiguity_is_said() -> None:
    """Two functions that could both have been called."""
    text = """(module (import "env" "sleep" (func $sleep)) (memory (export "memory") 1)
      (func (export "one") (call $sleep)) (func (export "two") (call $sleep)))"""
    paused = Paused(text, export="two")
    assert paused.stack().ambiguous and names(paused.stack()) == ["one"]
    assert names(paused.stack(entry="two")) == ["two"] and not paused.stack(entry="two").ambiguous


# The command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    paused = Paused(TYPES, "host")
    map, dump, source = tmp_path / "map.json", tmp_path / "memory.bin", tmp_path / "types.wat"
    map.write_text(json.dumps(paused.data))
    dump.write_bytes(paused.dump)
    source.write_text(TYPES)
    return map, dump, source


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


def test_the_command(files: tuple[Path, Path, Path]) -> None:
    map, dump, source = files
    code, out, err = run(map, dump, "--data", "0x10", "--source", source)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "#0 $down call 1 (line 30: (local.set $n (call $sleep (i32.const 7))))))"
    assert "     $long i64 = -9000000000" in lines
    assert "     $pair (ref null $pair) = anyref #1" in lines and "     $function funcref = null" in lines
    assert lines[-1] == "#4 $main call 0 (line 41: (call $down (i32.const 3) (local.get $host)))"
    code, out, err = run(map, dump, "--data", 16, "--json")
    said = json.loads(out)
    assert (code, err, said["start"], said["ambiguous"], len(said["frames"])) == (0, "", 24, False, 5)
    assert {"name": "$single", "type": "f32", "value": "2.5", "bits": "0x40200000"} in said["frames"][2]["locals"]
    assert said["frames"][2]["line"] == 26 and said["frames"][2]["calls"] == "$down"


def test_bad_input_is_one_message(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    map, dump, _ = files
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xff{")
    for words, code, message in (
        ((map, dump), 2, "Missing option '--data'"),
        ((map, dump, "--data", "x"), 2, "'x' is not an address"),
        ((map, dump, "--data", "-1"), 2, "'-1' is not an address"),
        ((map, "none", "--data", 16), 1, "none: error: No such file"),
        (("none", dump, "--data", 16), 1, "none: error: No such file"),
        ((bad, dump, "--data", 16), 1, "bad: error: no JSON"),
        ((dump, dump, "--data", 16), 1, "error: no JSON"),
        ((map, map, "--data", 16), 1, "map.json: error: the data structure at 16 is none"),
        ((map, dump, "--data", 16, "--entry", "x"), 1, "memory.bin: error: 'x' is no function"),
        ((map, dump, "--data", 16, "--source", bad), 1, "bad: error: not UTF-8"),
    ):
        found, out, err = run(*words)
        assert (found, out) == (code, "") and message in err, words
    dump.write_bytes(changed(dump.read_bytes(), 16, 24))
    assert run(map, dump, "--data", 16)[:2] == (0, "") and "nothing is paused" in run(map, dump, "--data", 16)[2]
