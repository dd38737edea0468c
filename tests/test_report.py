"""The report (--report): the page in headless Chromium, run to the end, against what is known from the source."""

from __future__ import annotations

import importlib.resources
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from click.testing import CliRunner
from page import large, scrolled
from test_spec import SCRIPTS, modules

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.cli import main
from wat_bysyncify.instrument import Options, rewrite_text
from wat_bysyncify.report import report
from wat_bysyncify.report.binary import opened, read_binary
from wat_bysyncify.report.page import page_data

ROOT = Path(__file__).parent.parent
ARTICLE = Path(__file__).parent / "article"
WHY = "Chromium is not installed (Debian: chromium)"

# Five frames, with locals of every type.
DEEP = """(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $down (export "down") (param $n i32) (result i64)
    (local $long i64) (local $small f32) (local $big f64) (local $many v128) (local $ref externref)
    (local.set $long (i64.sub (i64.const 0) (i64.extend_i32_s (local.get $n))))
    (local.set $small (f32.div (f32.convert_i32_s (local.get $n)) (f32.const 2)))
    (local.set $big (f64.mul (f64.convert_i32_s (local.get $n)) (f64.const 1.25)))
    (local.set $many (i32x4.splat (local.get $n)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.gt_s (local.get $n) (i32.const 1))
      (then
        (local.set $long
          (i64.add (local.get $long)
            (call $down (i32.sub (local.get $n) (i32.const 1))))))
      (else
        (local.set $n (call $sleep (local.get $n)))))
    (drop (local.get $ref))
    (i64.add
      (i64.add (local.get $long) (i64.extend_i32_s (local.get $n)))
      (i64.add
        (i64.add (i64.trunc_f32_s (local.get $small)) (i64.trunc_f64_s (local.get $big)))
        (i64.extend_i32_s (i32x4.extract_lane 0 (local.get $many))))))
)
"""

EVIL = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(WHY)
    with Browser() as opened_browser:
        yield opened_browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    browser.events.clear()
    yield Page(browser, tmp_path / "report.html")
    assert browser.complaints() == []
    assert {url.split("#")[0] for url in browser.loaded()} <= {"about:blank", (tmp_path / "report.html").as_uri()}


class Page:
    """A report in the browser."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.browser, self.path = browser, path

    def open(self, text: str, fragment: str = "", name: str = "in.wat", size: int = 1280, **options: Any) -> None:
        self.path.write_text(report(rewrite_text(text, Options.of(**options), mapped=True), name), encoding="utf-8")
        self.browser.open(self.path, fragment, size)

    def texts(self, selector: str) -> list[str]:
        found = self.browser(f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.textContent)")
        assert isinstance(found, list)
        return found

    def press(self, said: str) -> None:
        """Presses the button with this text, with the keyboard."""
        found = self.browser(
            f"(() => {{ const found = [...document.querySelectorAll('button')].find((each) => !each.disabled && "
            f"each.textContent === {json.dumps(said)}); if (found) found.focus(); return !!found; }})()"
        )
        assert found, f"{said!r} is not offered, but {self.texts('#machine button')}"
        self.browser.key("Enter")

    def fill(self, label: str, value: str) -> None:
        """Writes into the field with this label."""
        field = f"[...document.querySelectorAll('input')].find((e) => e.ariaLabel === {json.dumps(label)})"
        self.browser(f"{field}.value = {json.dumps(value)}")

    @property
    def log(self) -> list[str]:
        return self.texts(".log li")

    @property
    def state(self) -> str:
        return " ".join(self.texts(".states [aria-current]"))

    @property
    def running(self) -> list[str]:
        return self.texts(".running li")

    @property
    def frames(self) -> list[tuple[str, dict[str, str]]]:
        """Each frame, the innermost first: its function and line; its values."""
        found = self.browser(
            "[...document.querySelectorAll('.frames > li')].map((frame) => [frame.querySelector('.frame-head, .note') "
            "?.textContent || frame.textContent, [...frame.querySelectorAll('tr')].map((row) => "
            "[...row.querySelectorAll('td')].map((cell) => cell.textContent))])"
        )
        return [(head, {row[0]: row[1] for row in rows}) for head, rows in found]

    @property
    def globals(self) -> dict[str, str]:
        cells = self.texts(".globals td")
        return dict(zip(cells[::3], cells[1::3], strict=True))


# --- The article's examples, to the end


def test_the_article(page: Page) -> None:
    """The module that drives itself, with its start function: what it prints, and its stack while it is paused."""
    page.open((ARTICLE / "input.wat").read_text())
    assert (page.state, page.log) == ("normal", ["Nothing yet."])
    page.press("Run the start function")
    assert (page.state, page.running) == ("normal", ["$main", "$runtime"])  # in its first print
    assert "spectest.print(1) is called." in page.texts(".story")
    page.press("Next: return")
    assert page.state == "unwinding" and page.running[-3:] == ["$sleep", "$main", "$runtime"]
    assert page.frames == [("no frame", {})]
    page.press("Next: go on")
    assert page.state == "paused" and page.running[-1] == "$runtime"
    assert page.frames == [("$main line 13", {"number of the call": "0"})]
    assert page.texts(".byte") == ["00", "00", "00", "00", "", "", "", ""]
    assert page.texts(".memory p") == [
        "The data structure at 16 says: the next frame goes to 28, and the room ends at 1024."
    ]
    assert page.globals == {"$normal": "1", "$unwinding": "0", "$rewinding": "0", "$data": "16", "$sleeping": "1"}
    page.press("Next: go on")
    assert (page.state, page.running) == ("paused", ["$runtime"])  # in its second print
    page.press("Next: return")
    assert (page.state, page.globals["$rewinding"]) == ("rewinding", "1")
    page.press("Next: go on")
    assert page.state == "normal" and page.frames == [("no frame", {})]
    page.press("Next: go on")
    page.press("Next: return")
    assert page.log == [
        "start function()",
        "spectest.print(1)",
        "start_unwind was called",
        "stop_unwind was called",
        "spectest.print(2)",
        "start_rewind was called",
        "stop_rewind was called",
        "spectest.print(3)",
        "start function returned",
    ]
    assert page.browser("document.documentElement.dataset.at") == "end"


def test_the_article_with_a_host(page: Page) -> None:
    """The page is the host: each step, in its state."""
    page.open((ARTICLE / "example.wat").read_text(), imports="env.sleep")
    seen = []
    while page.browser("document.documentElement.dataset.at") != "end":
        page.press(page.texts("#machine .primary")[0])
        seen.append((page.state, page.running, [head for head, _ in page.frames]))
    none = ["no frame"]
    assert seen == [
        ("normal", ["$main"], none),
        ("unwinding", ["no call"], ["$main line 10"]),
        ("paused", ["no call"], ["$main line 10"]),
        ("rewinding", ["$main"], none),
        ("normal", ["no call"], none),
    ]
    assert page.log == [
        "main()",
        "env.before()",
        "env.sleep(2000)",
        "bysyncify_start_unwind(16)",
        "main returned: the stack is unwound",
        "bysyncify_stop_unwind()",
        "bysyncify_start_rewind(16)",
        "main()",
        "env.sleep(2000), again",
        "bysyncify_stop_rewind()",
        "env.after()",
        "main returned",
    ]


@pytest.mark.parametrize("options", [{}, {"optimize": "speed"}, {"own_memory": 1}, {"rewind": "jump", "asserts": True}])
def test_frames(page: Page, options: dict[str, Any]) -> None:
    """Five frames with locals of every type; values that the user gives; a step back and another way."""
    page.open(DEEP, **options)
    page.fill("Call down: value 1, i32", "5")
    page.press("Call down")
    assert page.texts(".story") == ["env.sleep(1) is called, and may pause."]
    assert (page.running, page.globals["$calls"]) == (["$down"] * 5, "5")
    page.press("Pause")
    assert page.state == "unwinding"
    page.press("stop_unwind")
    assert page.state == "paused"
    frames = page.frames
    assert [head for head, _ in frames] == ["$down line 18", *["$down line 16"] * 4]
    for n, (_, values) in enumerate(frames, 1):
        assert (values["$small"], values["$big"]) == (str(n / 2).removesuffix(".0"), str(n * 1.25).removesuffix(".0"))
        assert values["$many"] == "0x" + f"{n:08x}" * 4
        assert str(-n) in [values[name] for name in values if name == "$long" or name.startswith("$value")]
    page.press("start_rewind, and call down again")
    assert (page.state, page.running) == ("rewinding", ["$down"] * 5)
    page.fill("stop_rewind, and return: value 1, i32", "100")
    page.press("stop_rewind, and return")
    assert (page.state, page.frames) == ("normal", [("no frame", {})])
    assert page.log[-1] == f"down returned {_down(5, 100)}"
    for _ in range(4):
        page.press("Back")
    page.fill("Return: value 1, i32", "-7")
    page.press("Return")
    assert page.log == ["down(5)", "env.sleep(1)", f"down returned {_down(5, -7)}"]


def _down(n: int, slept: int) -> int:
    """What $down returns."""
    return (
        -n
        + (_down(n - 1, slept) if n > 1 else 0)
        + (n if n > 1 else slept)
        + int(n / 2) + int(n * 1.25) + n
    )  # fmt: skip


def test_bad_values_are_said(page: Page) -> None:
    page.open(DEEP)
    page.fill("Call down: value 1, i32", "five")
    page.press("Call down")
    assert page.texts(".wrong")[0] == "five is no i32" and page.log == ["Nothing yet."]


def test_pause_points(page: Page) -> None:
    """A module that pauses at its loops, without any call."""
    text = """(module
      (func (export "count") (result i32) (local $i i32)
        (loop $again
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
        (local.get $i)))"""
    page.open(text, pause_at="loops")
    page.fill("Call count: how many pause points to let pass", "3")
    page.press("Call count")
    assert (page.state, page.frames[0][1]["$i"]) == ("unwinding", "3")
    page.press("Next: stop_unwind")
    page.press("Next: resume")  # there is no fuel: one more
    assert (page.state, page.frames[0][1]["$i"]) == ("unwinding", "4")
    page.press("stop_unwind")
    page.fill("start_rewind, and call count again: how many pause points to let pass", "-1")
    page.press("start_rewind, and call count again")
    assert page.log[-1] == "count returned 10"


IMPORTED = """(module
  (import "e" "memory" (memory 1 2)) (import "e" "table" (table 1 4 funcref)) (import "e" "tag" (tag (param i32)))
  (import "e" "const" (global i64)) (import "e" "var" (global $var (mut f64))) (import "e" "ref" (global externref))
  (import "e" "f" (func $f (param i64 f32) (result i64 f64)))
  (func (export "main") (result f64)
    (local i64) (call $f (i64.const -9007199254740993) (f32.const -0)) (drop) (local.set 0) (global.get $var)))"""
WIDE = """(module (memory i64 1) (import "e" "f" (func $f (result i32)))
  (func (export "main") (result i32) (i32.add (call $f) (call $f))))"""


@pytest.mark.parametrize(
    ("text", "options", "last"),
    [
        ("(module)", {}, "Nothing yet."),
        ("", {}, "Nothing yet."),
        (IMPORTED, {}, "main returned 0"),
        (WIDE, {}, "main returned 0"),
        (WIDE.replace("\n", "\r\n"), {"own_memory": 2, "optimize": "size"}, "main returned 0"),
        (WIDE, {"names": "both", "export_globals": True}, "main returned 0"),
        (WIDE, {"only_list": ()}, "main returned 0"),
        ('(module (import "e" "f" (func $f)) (func $start (call $f)) (start $start))', {}, "start function returned"),
    ],
)
def test_other_modules(page: Page, text: str, options: dict[str, Any], last: str) -> None:
    """Imports of every kind, memories of 64 bits, start functions, nothing at all: to the end."""
    page.open(text, "#steps=end", **options)
    assert page.log[-1] == last


def test_names_that_the_page_uses(page: Page) -> None:
    """Exports that are called as those that the page adds to look in."""
    text = (ARTICLE / "input.wat").read_text().rstrip().removesuffix(")")
    page.open(f'{text}(export "report:hook" (func $main)) (export "report:memory" (func $main)))', "#steps=end")
    assert page.log[2] == "start_unwind was called" and page.log[-1] == "start function returned"
    page.open('(module (import "e" "f" (func $f)) (func (export "report:hook") (call $f)))', "#steps=end")
    assert page.log[-1] == "report:hook returned"


def test_many_calls(page: Page) -> None:
    """A loop that never ends but for an import is stopped for the user; values of 64 bits are whole."""
    page.open(
        """(module (import "e" "done" (func $done (param i64) (result i32)))
          (func (export "main") (local $i i64)
            (loop $more (local.set $i (i64.add (local.get $i) (i64.const 1)))
              (br_if $more (i32.eqz (call $done (local.get $i)))))))""",
        ignore_imports=True,
    )
    page.press("Call main")
    assert page.texts(".story")[0].startswith("e.done(20001) is called.")
    page.fill("Return: value 1, i32", "1")
    page.press("Return")
    assert page.log[-1] == "main returned"
    page.open(IMPORTED)
    page.press("Call main")
    assert page.texts(".story") == ["e.f(-9007199254740993, -0) is called, and may pause."]


def test_a_trap_is_told(page: Page) -> None:
    page.open('(module (import "env" "f" (func $f)) (func (export "main") (call $f) (unreachable)))', "#steps=2")
    assert page.state == "unwinding"
    page.press("Back")
    page.press("Return")
    assert page.log[-1] == "unreachable" and page.texts("#machine .primary:disabled") == ["Next"]


@pytest.mark.slow
def test_every_script(page: Page) -> None:
    """Whatever is saved is frames that the map knows, in the modules of all scripts of tests/spec."""
    step = """(() => {
      const wrong = [], began = performance.now();
      const next = document.querySelector("#machine .primary");
      for (let i = 0; i < 12 && next && !next.disabled && performance.now() - began < 500; i++) {
        next.click();
        if (document.querySelector(".memory h3") && document.querySelector(".frames > .note")) wrong.push(i);
      }
      return wrong;
    })()"""
    count = 0
    for path in SCRIPTS:
        if path.stem.startswith("driven_overflow"):
            continue  # traps in the middle of a frame
        for text in modules(path.read_text()):
            try:
                page.open(text)
            except WatError:
                continue  # modules that are wrong on purpose
            assert (path.name, page.browser(step)) == (path.name, [])
            assert page.browser.complaints() == []
            count += 1
    assert count > 100


# --- The texts


def test_lines_are_matched(page: Page) -> None:
    """Each line of both texts stands there once, and a line beside the one that it stems from."""
    for path in ("recursion", "several_functions", "comments_over_lines", "old_text", "driven_article", "try_nested"):
        for options in ({}, {"optimize": "speed"}):
            text = next(iter(modules((Path(__file__).parent / "spec" / f"{path}.wast").read_text())))
            rewritten = rewrite_text(text, Options.of(**options), mapped=True)
            page.open(text, **options)
            pairs = page.browser(
                "(() => { const d = JSON.parse(document.getElementById('data').textContent); "
                "return pairLines(linesOf(d.source), linesOf(d.output), d.map.lines) })()"
            )
            lines = text.removesuffix("\n").split("\n")
            output = "".join(rewritten.pieces).removesuffix("\n").split("\n")
            assert sorted({pair["source"] for pair in pairs} - {0}) == [*range(1, len(lines) + 1)]
            assert [pair["output"] for pair in pairs if pair["output"]] == [*range(1, len(output) + 1)]
            runs = rewritten.map()["lines"]
            stems = {to + i: from_ + i for to, from_, many in runs for i in range(many)}
            assert stems.items() <= {pair["output"]: pair["source"] for pair in pairs if pair["same"]}.items()


def test_what_can_pause_and_why(page: Page) -> None:
    page.open((Path(__file__).parent / "article" / "input.wat").read_text())
    assert page.texts(".function .name") == ["$main", "$sleep", "$runtime"]
    assert "a call of $sleep (line 13)" in page.texts("#function li")
    assert sorted(page.texts(".graph .node text")) == ["$main", "$sleep"]
    assert page.texts(".graph .edge title") == ["$main calls $sleep, line 13"]
    page.browser("document.querySelector('.line.function').focus()")
    page.browser.key("ArrowDown")
    assert page.texts("#function h3 code") == ["$sleep"]
    assert page.texts("#summary")[0].startswith("1 of 3 functions can pause")


@pytest.mark.parametrize("size", [1280, 390])
def test_nothing_is_wider_than_the_window(page: Page, size: int) -> None:
    for text in ((ARTICLE / "input.wat").read_text(), DEEP):
        page.open(text, "#steps=3", size=size)
        assert page.browser("document.documentElement.scrollWidth") <= size


# --- Nothing of the module is markup


def hostile() -> str:
    """A module made of names and strings that would be markup, script, or JSON."""
    quoted = EVIL.replace('"', '\\"')
    idq = f'$"{quoted}"'
    return f"""(module ;; {EVIL} <!-- <script>
      (import "{quoted}" "{quoted}" (func {idq} (param i32)))
      (import "__proto__" "constructor" (func $proto))
      (memory (export "{quoted}m") 1)
      (global $<img/src=x/onerror=hacked=1> (export "{quoted}g") (mut i32) (i32.const 1))
      (func $<script>alert`1` (export "{quoted}") (param $<b> i32) (local $</td><td> i64)
        (call {idq} (local.get $<b>)) (; {EVIL} \u2028 \u2029 ;)
        (call $proto)
        (drop (local.get $<b>)) (drop (local.get $</td><td>)))
      (data (i32.const 0) "{quoted}")
    )"""


def test_hostile_names(page: Page) -> None:
    """They are shown, and do nothing, at any step."""
    page.open(hostile(), name=EVIL)
    for _ in range(9):
        assert (
            page.browser("window.hacked === undefined && !document.querySelector('img') && document.scripts.length")
            == 2
        )
        assert page.texts("h1") == [EVIL]
        if page.browser("document.documentElement.dataset.at") == "end":
            break
        page.press(page.texts("#machine .primary")[0])
    assert page.log[-1].startswith(EVIL) and page.log[-1].endswith("returned")
    assert any(EVIL in line for line in page.texts(".line .before"))


def test_the_file_has_no_markup_of_the_module() -> None:
    """Without a browser: the data is JSON in which no `<` stands, and the policy names the script that is there."""
    text = report(rewrite_text(hostile(), Options.of(), mapped=True), EVIL)
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert len(data) == 1 and not set(data[0]) & set("<>&\u2028\u2029")
    assert json.loads(data[0])["source"] == hostile()
    assert text.count("<script") == text.count("</script>") == 2 and "<img" not in text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|[^-]\beval\b|new Function\b", text)
    plain = report(rewrite_text(DEEP, Options.of(), mapped=True), "in.wat")
    assert "default-src 'none'" in plain and set(re.findall(r"\b(?:src|href|url)\b *[=(] *\"?(.)", plain)) == {"#"}


# --- Large modules


def test_large_modules_scroll(page: Page) -> None:
    """700 KB of text: only the lines that are seen exist, and no frame takes long. docs/report.md has the figures."""
    text = large(700_000)
    page.path.write_text(report(rewrite_text(text, Options.of(), mapped=True), "large.wat"), encoding="utf-8")
    assert page.browser.open(page.path) < 10
    for by in (100, 3000):
        found = scrolled(page.browser, by)
        assert found["rows"] < 150 and found["height"] > 500_000
        assert found["work"] < 100  # ms for all that is done in a frame, on a machine that has other work, too
    assert page.browser("document.querySelectorAll('*').length") < 5000
    page.press("Next change")
    assert len(page.texts(".line.at")) == 1


# --- The file


def test_the_command(tmp_path: Path) -> None:
    """The report goes to its file, whole, and changes nothing of the text; no other file is left."""
    source, target = tmp_path / "in.wat", tmp_path / "report.html"
    source.write_text(DEEP)
    done = CliRunner().invoke(main, [str(source), "--report", str(target)])
    assert (done.exit_code, done.output) == (0, rewrite(DEEP))
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert target.read_text(encoding="utf-8").rstrip().endswith("</html>")
    missing = tmp_path / "no" / "report.html"
    done = CliRunner().invoke(main, [str(source), "--report", str(missing)])
    assert (done.exit_code, done.stderr) == (1, f"{missing}: error: No such file or directory\n")
    source.write_text(DEEP[:-9])
    before = target.read_bytes()
    assert CliRunner().invoke(main, [str(source), "--report", str(target)]).exit_code == 1
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wat", "report.html"]


def test_text_that_does_not_assemble(page: Page) -> None:
    """The page shows all but the run, and says why."""
    page.open('(module (import "env" "f" (func $f)) (func (call $f)) (func (i32.const 1)) (func (no.such)))')
    assert "no.such" in page.texts("#machine pre")[0]
    assert page.texts(".function .name")


def test_opened() -> None:
    """More exports, no start; all else is as it was."""
    import wasmtime

    wasm = bytes(
        wasmtime.wat2wasm(
            "(module (memory $m 1) (tag $e) (global $g (mut i32) (i32.const 7)) "
            "(func $s (global.set $g (i32.const 8))) "
            '(export "report" (func $s)) (start $s) (data (i32.const 0) "x"))'
        )
    )
    binary = read_binary(wasm)
    assert (binary.start, binary.globals, binary.names["global"]) == (0, ["(mut i32)"], {0: "g"})
    inside, names = opened(wasm, binary, 0)
    config = wasmtime.Config()
    store = wasmtime.Store(wasmtime.Engine(config))
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, inside), [])
    exports = instance.exports(store)
    found = exports[names["globals"][0]]
    assert isinstance(found, wasmtime.Global) and found.value(store) == 7
    start = exports[names["start"]]
    assert isinstance(start, wasmtime.Func)
    start(store)
    assert found.value(store) == 8 and names["start"] != "report"
    assert isinstance(exports[names["memory"]], wasmtime.Memory)


def test_sizes() -> None:
    """Those of the binaries, and of the code of each function."""
    data = page_data(rewrite_text((ARTICLE / "input.wat").read_text(), Options.of(), mapped=True), "input.wat")
    functions = {each["name"]: each for each in data["explanation"]["functions"]}
    assert functions["$sleep"]["before"] == functions["$sleep"]["after"]
    assert functions["$main"]["before"] < functions["$main"]["after"]
    before, after = data["sizes"]["binary"]
    assert 0 < before < after and data["sizes"]["text"][0] == len((ARTICLE / "input.wat").read_bytes())


def test_the_wheel_has_the_page(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling is not installed (PyPI)")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    folder = importlib.resources.files("wat_bysyncify.report")
    names = {each.name for each in folder.iterdir() if each.name.endswith((".html", ".css", ".js"))}
    assert {f"wat_bysyncify/report/{name}" for name in names} <= inside and len(names) > 3
