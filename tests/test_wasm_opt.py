"""The stand-in for wasm-opt: what it does itself, what it hands on, what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import wasmtime
from test_article import installed

from wat_bysyncify.custom_sections import with_custom_sections
from wat_bysyncify.wasm_opt import _quoted_ids

SCRIPT = Path(sys.executable).parent / "wat-bysyncify-wasm-opt"
MODULE = r"""(module
  (import "env" "sleep" (func $sleep (param i32)))
  (import "env" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $nap\28int\29)
  (func $nap\28int\29 (param $x i32) (call $sleep (local.get $x)))
  (func (export "main") (call $nap\28int\29 (i32.const 3)) (call $print (i32.add (i32.const 2) (i32.const 3))))
)"""
EXPORTS = ["start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state"]


def stand_in(*words: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the stand-in does with a command line, in a directory."""
    return subprocess.run(
        [str(SCRIPT), *words], cwd=directory, env={**os.environ, **variables}, capture_output=True, encoding="utf-8"
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with `in.wat`, and with `real`: the real wasm-opt, which writes down how it is called."""
    (tmp_path / "in.wat").write_text(MODULE, encoding="utf-8")
    real = tmp_path / "real"
    real.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\nexec "{installed("wasm-opt")}" "$@"\n')
    real.chmod(0o755)
    return tmp_path


def calls(directory: Path, *words: str) -> list[Sequence[str]]:
    """The command lines that the real wasm-opt gets for one of ours, file names without their directories."""
    done = stand_in(*words, directory=directory, WAT_BYSYNCIFY_WASM_OPT=str(directory / "real"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = (directory / "calls").read_text(encoding="utf-8").splitlines()
    return [[word.rpartition("/")[2] if word[0] == "/" else word for word in line.split()] for line in lines]


def exports(binary: bytes) -> list[str]:
    return [export.name or "" for export in wasmtime.Module(wasmtime.Engine(), binary).exports]


def test_as_wasm_opt_without_the_pass(directory: Path) -> None:
    """The command line is handed on as it is, and so is the exit code."""
    words = ["-O2", "in.wat", "-o", "out.wasm", "--pass-arg", "asyncify-imports@env.sleep"]
    assert calls(directory, *words) == [words]
    assert stand_in("--no-such-pass", "in.wat", directory=directory).returncode == 1
    assert "wasm-opt version" in stand_in("--version", directory=directory).stdout


def test_order_of_the_passes(directory: Path) -> None:
    """What stands before --asyncify runs before, what stands behind it behind; what is for all passes in both; what
    optimizes, before."""
    words = "--strip-dwarf --post-emscripten --low-memory-unused --asyncify --pass-arg=asyncify-imports@env.sleep"
    words += " --zero-filled-memory --strip-debug -O2 in.wat -o out.wasm -g --mvp-features --pass-arg a@1 -ol=1"
    for_all = "--low-memory-unused --zero-filled-memory --mvp-features --pass-arg a@1 -ol=1"
    assert calls(directory, *words.split()) == [
        f"in.wat --strip-dwarf --post-emscripten -O2 {for_all} -g -q -o in.1.wasm".split(),
        f"in.1.wasm {for_all} -g -q -S -o in.wat".split(),
        f"in.2.wasm {for_all} --strip-debug -o out.wasm -g -q".split(),
    ]
    binary = (directory / "out.wasm").read_bytes()
    assert exports(binary)[2:] == [f"asyncify_{name}" for name in EXPORTS]


def test_pauses_and_resumes(directory: Path) -> None:
    """What it writes does what a host of Asyncify expects."""
    done = stand_in(
        "--asyncify", "--pass-arg=asyncify-imports@env.sleep", "in.wat", "-o", "out.wasm", directory=directory
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    store = wasmtime.Store()
    printed: list[int] = []

    def call(name: str, *arguments: int) -> object:
        return instance.exports(store)[name](store, *arguments)  # type: ignore[operator]

    def sleep(seconds: int) -> None:
        printed.append(-seconds)
        if call("asyncify_get_state") == 2:
            call("asyncify_stop_rewind")
        else:
            memory = instance.exports(store)["memory"]
            assert isinstance(memory, wasmtime.Memory)
            memory.write(store, (24).to_bytes(4, "little") + (1024).to_bytes(4, "little"), 16)
            call("asyncify_start_unwind", 16)

    type_ = wasmtime.FuncType([wasmtime.ValType.i32()], [])
    imports = [wasmtime.Func(store, type_, sleep), wasmtime.Func(store, type_, printed.append)]
    module = wasmtime.Module(store.engine, (directory / "out.wasm").read_bytes())
    instance = wasmtime.Instance(store, module, imports)
    call("main")
    call("asyncify_stop_unwind")
    assert printed == [-3]
    call("asyncify_start_rewind", 16)
    call("main")
    assert printed == [-3, -3, 5]


@pytest.mark.parametrize("name", ["nap(int)", "nap*"])
def test_names_as_their_language_writes_them(directory: Path, name: str) -> None:
    """Lists have the names of the name section. wasm-opt prints them in another spelling; they come out as they are."""
    arguments = ["--asyncify", f"--pass-arg=asyncify-removelist@{name}", "in.wat", "-g", "-o", "out.wasm"]
    done = stand_in(*arguments, directory=directory, WAT_BYSYNCIFY_OPTIONS="--imports env.sleep")
    assert (done.returncode, done.stderr) == (0, "")
    binary = (directory / "out.wasm").read_bytes()
    assert b"nap(int)" in binary and b"\\28" not in binary
    assert b"restore_i32" not in binary  # nothing can pause: there are no frames


def test_more_options(directory: Path) -> None:
    """WAT_BYSYNCIFY_OPTIONS has options of the command, here one that wasm-opt has not."""
    done = stand_in(
        "--asyncify", "in.wat", "-o", "out.wasm", directory=directory, WAT_BYSYNCIFY_OPTIONS="--pause-at entries,loops"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "asyncify_set_fuel" in exports((directory / "out.wasm").read_bytes())


def test_warnings(directory: Path) -> None:
    """Compilers list imports that programs do not have: nothing is said. Of functions that are not there it is."""
    done = stand_in(
        "--asyncify",
        "--pass-arg=asyncify-imports@env.sleep,env.invoke_*",
        "--pass-arg=asyncify-addlist@nobody",
        "in.wat",
        "-o",
        "out.wasm",
        directory=directory,
    )
    assert done.returncode == 0
    assert done.stderr == "in.wat: warning: add-list: 'nobody' matches no function of the module\n"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--asyncify"], 2, "no input file"),
        (["--asyncify", "in.wat", "other.wat"], 2, "two input files: in.wat and other.wat"),
        (["--asyncify", "in.wat", "--output-source-map=x"], 2, "--asyncify here keeps no source map"),
        (["--mod-asyncify-never-unwind", "in.wat"], 2, "changes the code that wasm-opt's own --asyncify makes"),
        (["--asyncify", "in.wat", "-pa", "asyncify-nothing"], 2, "--pass-arg: there is no 'asyncify-nothing'"),
        (["--asyncify", "none.wat"], 1, "none.wat"),
    ],
)
def test_refused(directory: Path, words: list[str], code: int, message: str) -> None:
    done = stand_in(*words, "-o", "out.wasm", directory=directory)
    assert done.returncode == code
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (directory / "out.wasm").exists()


def test_more_options_that_are_none(directory: Path) -> None:
    done = stand_in("--asyncify", "in.wat", directory=directory, WAT_BYSYNCIFY_OPTIONS="--imports 'env")
    assert done.returncode == 2 and "WAT_BYSYNCIFY_OPTIONS: No closing quotation" in done.stderr
    done = stand_in("--asyncify", "in.wat", directory=directory, WAT_BYSYNCIFY_OPTIONS="--nothing")
    assert done.returncode == 2 and "No such option" in done.stderr


def test_no_real_one(tmp_path: Path) -> None:
    """It says so, also where what it finds is a script that calls it again."""
    (tmp_path / "wasm-opt").symlink_to(SCRIPT)
    done = stand_in("--version", directory=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 2 and "there is no other wasm-opt on PATH" in done.stderr
    (tmp_path / "wasm-opt").unlink()
    (tmp_path / "wasm-opt").write_text(f'#!/bin/sh\nexec "{SCRIPT}" "$@"\n')
    (tmp_path / "wasm-opt").chmod(0o755)
    done = stand_in("--version", directory=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 2 and "is this program again" in done.stderr
    done = stand_in("--version", directory=tmp_path, WAT_BYSYNCIFY_WASM_OPT=str(tmp_path / "nothing"))
    assert done.returncode == 2 and "No such file" in done.stderr


def test_ids_in_strings_stay() -> None:
    text = r'(func $a\28b\29 (export "$c\28\"$d\28") (call $e) (call $f\5b))'
    assert _quoted_ids(text) == r'(func $"a\28b\29" (export "$c\28\"$d\28") (call $e) (call $"f\5b"))'


def custom(name: str, content: bytes = b"") -> bytes:
    inside = bytes([len(name)]) + name.encode() + content
    return bytes([0, len(inside)]) + inside


def test_custom_sections() -> None:
    """dylink.0 stays first, others follow; those that tell about places are dropped, and so are names of labels."""
    header, types = b"\0asm\1\0\0\0", bytes([1, 1, 0])
    names, labels = bytes([1, 1, 0]), bytes([3, 1, 0])
    old = [
        custom("dylink.0", b"d"),
        types,
        custom(".debug_info"),
        custom("name", b"\7\1\0"),
        custom("producers", b"p" * 9),
    ]
    new = [types, custom("name", labels + names + labels)]
    expected = [custom("dylink.0", b"d"), types, custom("name", names), custom("producers", b"p" * 9)]
    assert with_custom_sections(header + b"".join(new), header + b"".join(old)) == header + b"".join(expected)
