"""The JavaScript runtime, `bysyncify.mjs`: its cases (javascript/*.mjs) run in Node, and in a browser.

The modules are made here of javascript/*.wat: those of programs in several ways, also by `wasm-opt --asyncify`.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import programs
import pytest
import wasmtime
from click.testing import CliRunner

from wat_bysyncify import rewrite, runtime
from wat_bysyncify.cli import main
from wat_bysyncify.runtime import FILES, source

HERE = Path(__file__).parent / "javascript"
ROOT = Path(__file__).parent.parent
SECONDS = 300
CLIENT = "asyncify-wasm@1.2.1"
TYPESCRIPT = "typescript@5.9.3"

# How programs are made to pause: options of `rewrite`.
OURS: dict[str, dict[str, Any]] = {
    "skip": {},
    "speed": {"optimize": "speed", "rewind": None},
    "size": {"optimize": "size", "rewind": None},
    "asserts": {"asserts": True, "save_all_locals": True},
    "own-memory": {"own_memory": 1},
    "asyncify": {"names": "asyncify"},
    "asyncify-own-memory": {"names": "asyncify", "own_memory": 2, "optimize": "speed", "rewind": None},
}
BINARYEN = "binaryen"
PROGRAMS = ["program", "start"]

# name: (text, options); no options: as it is.
SPECIAL: dict[str, tuple[str, dict[str, Any] | None]] = {
    "values": ("values", {}),
    "seven": ("seven", None),
    "types": ("types", {}),
    "alone": ("alone", {"own_memory": 1}),
    "c": ("c", {"optimize": "speed", "rewind": None}),
    "endless": ("endless", {"pause_at": "loops", "own_memory": 1}),
    "endless_lent": ("endless", {"pause_at": "loops"}),
    "uncovered": ("uncovered", {"imports": "env.sleep"}),
    "plain": ("uncovered", None),
    "handlers": ("handlers", {}),
    "shared": ("shared", {}),
    "wide_memory": ("wide_memory", {}),
}

PLAN = [
    *(("program", way) for way in [*OURS, BINARYEN]),
    *(("ours", way) for way in OURS),
    ("special", "special"),
]

# What engines say of modules with features that they do not have.
TOO_OLD = re.compile(
    r"^CompileError: .*(memory count of 2|supertype count|unknown type form|invalid value type|invalid memory limits"
    r"|opcode|experimental)"
)


def names_of(suite: str) -> list[str]:
    """The cases of a suite."""
    return re.findall(r"^export async function (\w+)", (HERE / f"{suite}.mjs").read_text(encoding="utf-8"), re.M)


CASES = [f"{suite} {way} {name}" for suite, way in PLAN for name in names_of(suite)]


def text_of(name: str) -> str:
    return (HERE / f"{name}.wat").read_text(encoding="utf-8")


def node() -> str:
    """Node's path; the test is skipped where it is not installed."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("node is not installed")
    return path


def run(*command: str | Path, cwd: Path | None = None, text: str | None = None) -> str:
    """What a command that succeeds prints on standard output."""
    done = subprocess.run(
        [str(word) for word in command],
        input=text,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the runtime, the cases and their modules."""
    path = tmp_path_factory.mktemp("javascript")
    for each in [*HERE.glob("*.mjs"), *HERE.glob("*.html")]:
        shutil.copy(each, path)
    (path / "bysyncify.mjs").write_text(source("js"), encoding="utf-8")
    for way in [*OURS, BINARYEN, "special"]:
        (path / way).mkdir()
    for name in PROGRAMS:
        for way, options in OURS.items():
            (path / way / f"{name}.wasm").write_bytes(wasmtime.wat2wasm(rewrite(text_of(name), **options)))
        if shutil.which("wasm-opt"):
            plain = path / f"{name}.wasm"
            plain.write_bytes(wasmtime.wat2wasm(text_of(name)))
            run("wasm-opt", "--asyncify", "-O2", plain, "-o", path / BINARYEN / plain.name)
    for name, (text, special) in SPECIAL.items():
        made = text_of(text) if special is None else rewrite(text_of(text), **special)
        (path / "special" / f"{name}.wasm").write_bytes(wasmtime.wat2wasm(made))
    return path


def plan() -> str:
    return json.dumps([pair for pair in PLAN if pair[1] != BINARYEN or shutil.which("wasm-opt")])


@pytest.fixture(scope="module")
def in_node(site: Path) -> dict[str, str | None]:
    """What the cases say in Node, all of them in one process."""
    found: dict[str, str | None] = json.loads(run(node(), *flags(), "node.mjs", plan(), cwd=site))
    return found


def flags() -> list[str]:
    """Node's options for what it does not have by itself yet."""
    known = run(node(), "--v8-options")
    wanted = ("multi-memory", "memory64", "gc", "typed-funcref", "exnref")
    return [flag for flag in (f"--experimental-wasm-{name}" for name in wanted) if f"{flag} (" in known]


@pytest.fixture(scope="module")
def in_browser(site: Path) -> dict[str, str | None]:
    """What they say in headless Chromium, all of them on one page."""
    found: dict[str, str | None] = json.loads(browse(site, f"page.html#{plan()}"))
    return found


def browse(site: Path, page: str) -> str:
    """What a page, served from this directory, sends back."""
    browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if browser is None:
        pytest.skip("chromium is not installed")
    sent: list[str] = []
    there = threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        def guess_type(self, path: Any) -> str:
            types = {".mjs": "text/javascript", ".wasm": "application/wasm"}
            return types.get(Path(path).suffix) or str(super().guess_type(path))

        def do_POST(self) -> None:
            sent.append(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8"))
            self.send_response(204)
            self.end_headers()
            there.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with (
        tempfile.TemporaryDirectory() as profile,
        ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site))) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            [*command, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            assert there.wait(SECONDS), "the page sends nothing"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # the group that is the browser's own
            process.wait()
            server.shutdown()
    return sent[0]


def check(case: str, found: dict[str, str | None]) -> None:
    if f" {BINARYEN} " in case and not shutil.which("wasm-opt"):
        pytest.skip("wasm-opt is not installed")
    error = found[case]
    if error is not None and TOO_OLD.search(error):
        pytest.skip(f"too old for this module: {error.splitlines()[0]}")
    assert error is None, error


@pytest.mark.parametrize("case", CASES)
def test_node(case: str, in_node: dict[str, str | None]) -> None:
    check(case, in_node)


@pytest.mark.parametrize("case", CASES)
def test_browser(case: str, in_browser: dict[str, str | None]) -> None:
    check(case, in_browser)


def package(name: str) -> Path:
    """The directory of an npm package; the test is skipped where it cannot be had."""
    try:
        return programs.installed(name) / name.split("@")[0]
    except programs.Missing as missing:
        pytest.skip(str(missing))


def test_known_client_drives_our_output(site: Path) -> None:
    """npm's asyncify-wasm, unchanged, drives what is built with `--names asyncify`; and ours is a drop-in for it."""
    client = package(CLIENT) / "dist" / "asyncify.mjs"
    said = {
        way: [run(node(), HERE / "client.mjs", wrapper, site / way) for wrapper in (client, site / "bysyncify.mjs")]
        for way in ["asyncify", BINARYEN]
        if (site / way / "program.wasm").exists()
    }
    once = [1, 2, 3, 15, 465, 20, 0.5, 2, 16, 12, 2, True, True]
    assert [json.loads(text) for texts in said.values() for text in texts] == [once * 3] * (2 * len(said))


def test_faults_of_the_known_client(site: Path) -> None:
    """What it does wrong, ours does right, with the same modules."""
    right: dict[str, Any] = {"concurrent": [3, 6], "i64": 9, "rejections": [1000, 3], "constructed": 3, "start": 42}
    right |= {"memory": 0, "unhandled": 0}
    found = json.loads(run(node(), HERE / "faults.mjs", site / "bysyncify.mjs", site / "asyncify"))
    assert found == right
    client = package(CLIENT) / "dist" / "asyncify.mjs"
    wrong = json.loads(run(node(), HERE / "faults.mjs", client, site / "asyncify"))
    assert [name for name in right if wrong[name] == right[name]] == []
    assert wrong["concurrent"] == [4, 5]


def test_types(site: Path) -> None:
    """TypeScript accepts the .d.ts in its strictest mode, and a program that uses all of it."""
    compiler = package(TYPESCRIPT) / "bin" / "tsc"
    (site / "bysyncify.d.mts").write_text(source("d.ts"), encoding="utf-8")
    shutil.copy(HERE / "typed.ts", site)
    options = "--strict --noEmit --module nodenext --target es2022 --lib es2022,dom".split()
    done = subprocess.run([node(), str(compiler), *options, "typed.ts"], cwd=site, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_declared_is_exported(site: Path) -> None:
    """The .d.ts declares what the module exports."""
    program = "import('./bysyncify.mjs').then((all) => console.log(JSON.stringify(Object.keys(all))))"
    declared = re.findall(r"^export (?:class|function) (\w+)", source("d.ts"), re.M)
    assert json.loads(run(node(), "-e", program, cwd=site)) == sorted(set(declared))


@pytest.mark.parametrize(("kind", "name"), FILES.items())
def test_print_runtime(kind: str, name: str) -> None:
    """`wat-bysyncify --print-runtime js` prints the file as it is."""
    printed = CliRunner().invoke(main, ["--print-runtime", kind])
    file = Path(runtime.__file__).parent / name
    assert (printed.exit_code, printed.output) == (0, file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_wheel(tmp_path: Path) -> None:
    """The runtime is in the wheel."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"pip builds no wheel: {done.stderr.strip()[-200:]}")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {f"wat_bysyncify/runtime/{name}" for name in FILES.values()} <= set(archive.namelist())


def test_all_cases_are_known(in_node: dict[str, str | None]) -> None:
    """None runs that is not one of the tests above."""
    assert set(in_node) <= set(CASES)
