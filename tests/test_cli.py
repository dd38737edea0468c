"""The command wat-bysyncify: what it reads and writes, its errors and exit codes, and no file left half written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wat_bysyncify import __version__, rewrite
from wat_bysyncify.cli import main

SCRIPT = Path(sys.executable).parent / "wat-bysyncify"  # where pip puts console scripts
MODULE = """(module
  (import "env" "sleep" (func $sleep))
  (import "env" "log" (func $log))
  (func $main (export "main")
    (call $sleep)
    (call $log))
  (func $logs (export "logs")
    (call $log))
)
"""
BAD = "(module\n  (func $f\n    (call $g)\n"


def run(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=text, prog_name="wat-bysyncify")


def script(*arguments: str | Path, text: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as it is installed, in a process of its own."""
    command = [str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, env={**os.environ, **environment})


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.wat"
    path.write_text(MODULE, encoding="utf-8", newline="")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.wat"
    path.write_text(BAD, encoding="utf-8", newline="")
    return path


# --- In and out


def test_file(module: Path) -> None:
    result = run(module)
    assert (result.exit_code, result.output) == (0, rewrite(MODULE))


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(arguments: list[str]) -> None:
    result = run(*arguments, text=MODULE)
    assert (result.exit_code, result.output) == (0, rewrite(MODULE))


def test_installed_script(module: Path) -> None:
    """Text on standard output, nothing else anywhere; the same bytes every time."""
    expected = rewrite(MODULE).encode()
    assert module.parent.joinpath("module.wat").exists()
    for done in (script(module), script(module, PYTHONHASHSEED="1"), script(text=MODULE.encode(), PYTHONHASHSEED="2")):
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, b"")
    assert [path.name for path in module.parent.iterdir()] == ["module.wat"]


def test_python_m(module: Path) -> None:
    command = [sys.executable, "-m", "wat_bysyncify"]
    done = subprocess.run([*command, str(module)], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, rewrite(MODULE).encode(), b"")
    usage = subprocess.run([*command, "--help"], capture_output=True, text=True).stdout
    assert usage.startswith("Usage: wat-bysyncify [OPTIONS] [FILE]")


def test_output_text(module: Path, tmp_path: Path) -> None:
    result = run(module, "-o", tmp_path / "out.wat")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "out.wat").read_bytes() == rewrite(MODULE).encode()


def test_output_binary(module: Path, tmp_path: Path) -> None:
    """A name that ends in .wasm: assembled."""
    result = run(module, "-o", tmp_path / "out.wasm")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "out.wasm").read_bytes().startswith(b"\0asm\1\0\0\0")


def test_output_standard(module: Path) -> None:
    assert run(module, "-o", "-").output == rewrite(MODULE)


def test_output_over_input(module: Path) -> None:
    """The file may be rewritten in place; it keeps its mode, and a link to it stays one."""
    module.chmod(0o640)
    link = module.with_name("link.wat")
    link.symlink_to(module)
    assert run(link, "-o", link).exit_code == 0
    assert module.read_bytes() == rewrite(MODULE).encode()
    assert link.is_symlink()
    assert module.stat().st_mode & 0o777 == 0o640


def test_line_ends_and_mark_stay(tmp_path: Path) -> None:
    """CR LF and a byte order mark come out as they went in, and new lines end like the old ones."""
    path = tmp_path / "crlf.wat"
    path.write_bytes(b"\xef\xbb\xbf" + MODULE.replace("\n", "\r\n").encode())
    done = script(path)
    assert done.returncode == 0
    assert done.stdout == b"\xef\xbb\xbf" + rewrite(MODULE).replace("\n", "\r\n").encode()
    assert script(path, "-o", tmp_path / "out.wat").returncode == 0
    assert (tmp_path / "out.wat").read_bytes() == done.stdout


def test_closed_output(module: Path) -> None:
    """`wat-bysyncify FILE | true`: no traceback."""
    command = f"'{SCRIPT}' '{module}' 2>'{module}.err' | true"
    subprocess.run(["sh", "-c", command], check=True)
    assert Path(f"{module}.err").read_text() == ""


# --- Options


def test_version() -> None:
    result = run("--version")
    assert (result.exit_code, result.output) == (0, f"wat-bysyncify, version {__version__}\n")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str) -> None:
    """Every option is explained."""
    result = run(flag)
    assert result.exit_code == 0
    for option in ("--output", "--imports", "--ignore-imports", "--ignore-indirect", "--add-list", "--names"):
        assert option in result.output


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--imports", "env.sleep"], {"imports": ["env.sleep"]}),
        (["--imports", "env.s*,env.nothing"], {"imports": ["env.sleep"]}),
        (["--imports", "*.log"], {"imports": ["env.log"]}),
        (["--imports", ""], {"imports": []}),
        (["--ignore-imports"], {"ignore_imports": True}),
        (["--ignore-indirect"], {"ignore_indirect": True}),
        (["--ignore-imports", "--add-list", "$main"], {"ignore_imports": True, "add_list": "main"}),
        (["--ignore-imports", "--add-list", "*"], {"ignore_imports": True, "add_list": ["$main", "$logs"]}),
        (["--names", "asyncify"], {"names": "asyncify"}),
        (["--names", "both"], {"names": "both"}),
    ],
)
def test_options(arguments: list[str], options: dict[str, object]) -> None:
    """Each does what the keyword of `rewrite` does."""
    result = run(*arguments, text=MODULE)
    assert result.exit_code == 0
    assert result.stdout == rewrite(MODULE, **options)  # type: ignore[arg-type]


def test_imports_from_a_file(tmp_path: Path) -> None:
    """`@file` stands for the lines of a file, between other names too."""
    names = tmp_path / "names"
    names.write_text("env.sleep\n\nenv.nothing,\n")
    alone = run("--imports", f"@{names}", text=MODULE)
    assert alone.stdout == rewrite(MODULE, imports=["env.sleep"])
    more = run("--imports", f"env.log,@{names}", text=MODULE)
    assert more.stdout == rewrite(MODULE, imports=["env.sleep", "env.log"]) != alone.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nope"],
        ["one.wat", "two.wat"],
        ["--names", "syncify"],
        ["--imports"],
        ["--imports", "@/no/such/file"],
        ["--imports", "env.sleep", "--ignore-imports"],
    ],
    ids=" ".join,
)
def test_bad_usage(arguments: list[str]) -> None:
    """Exit 2, and what is wrong with it."""
    result = run(*arguments, text=MODULE)
    assert result.exit_code == 2
    assert "Error: " in result.output
    assert "(module" not in result.output


def test_bad_combination() -> None:
    """The options are named as they are written."""
    result = run("-O", "--rewind", "skip", "--twins", "f", text=MODULE)
    assert result.exit_code == 2
    assert result.output.endswith("Error: --twins is for rewinding by jumping.\n")


def test_completion() -> None:
    """The shell's completion script, and what it asks for."""
    source = script(_WAT_BYSYNCIFY_COMPLETE="bash_source")
    assert source.returncode == 0
    assert b"complete -o nosort -F _wat_bysyncify_completion wat-bysyncify" in source.stdout
    asked = script(_WAT_BYSYNCIFY_COMPLETE="bash_complete", COMP_WORDS="wat-bysyncify --i", COMP_CWORD="1")
    found = asked.stdout.split()
    names = (b"imports", b"ignore-imports", b"ignore-indirect", b"import-globals", b"ignore-unwind-from-catch")
    assert found == [b"plain,--" + name for name in names]


# --- Errors

SLEEP = '(module (import "env" "sleep" (func $sleep))\n'

# name: text, line and column, message
ERRORS = {
    "unclosed parenthesis": ("(module\n  (func)", "1:1", "unclosed '('"),
    "unclosed inner parenthesis": ("(module\n  (func (nop\n", "2:9", "unclosed '('"),
    "stray parenthesis": ("(module\n  (func)))\n", "2:10", "unexpected ')'"),
    "unclosed string": ('(module\n  (data "abc', "2:9", "unclosed string"),
    "unclosed block comment": ("(module\n  (; never\n  ends)", "2:3", "unclosed block comment"),
    "stray character": ("(module\n  [)", "2:3", "unexpected character '['"),
    "no module": ("hello", "1:1", "unknown module field 'hello'"),
    "two modules": ("(module)\n(module)", "2:1", "only one module is read, with nothing beside it"),
    "binary form": ('(module binary "\\00asm")', "1:1", "a module in binary form is not supported here"),
    "CR LF": ("(module\r\n  (func\r\n", "2:3", "unclosed '('"),
    "unknown function": (SLEEP + "(func (call $sleep)\n  (call $g)))", "3:3", "unknown function $g"),
    "unknown function by number": (SLEEP + "(func call 0\n  call 7))", "3:3", "unknown function 7"),
    "unknown local": (SLEEP + "(func (call $sleep)\n  (drop (local.get $y))))", "3:9", "unknown local $y"),
    "unknown label": (SLEEP + "(func (call $sleep)\n\t(br $out)))", "3:2", "unknown label $out"),
    "unknown label by number": (SLEEP + "(func (call $sleep) (br 1)))", "2:21", "unknown label 1"),
    "unknown type of a block": (SLEEP + "(func (call $sleep)\n  (block (type $t))))", "3:10", "unknown type"),
    "unknown type of a function": (SLEEP + "  (func (type $t) (call $sleep)))", "2:3", "unknown function type $t"),
    "operands lacking": (
        SLEEP + "(func (call $sleep)\n  (drop (i32.add (i32.const 1)))))",
        "3:9",
        "i32.add lacks operands",
    ),
    "a value too many": (
        SLEEP + "(func\n  call $sleep\n  i32.const 1\n))",
        "5:1",
        "the function leaves 1 values at its end instead of 0",
    ),
    "unclosed block": (SLEEP + "(func call $sleep\n  block nop))", "3:3", "unclosed block"),
    "unexpected end": (SLEEP + "(func call $sleep\n  end))", "3:3", "unexpected end"),
    "unknown instruction": (SLEEP + "(func (call $sleep)\n(;é;)(i32.frob)))", "3:6", "unknown instruction 'i32.frob'"),
    "wrong arms": (
        SLEEP + "(func (call $sleep)\n  (if (i32.const 1) (nop) (nop) (nop))))",
        "3:3",
        "an if needs a condition and one or two arms",
    ),
    "late import by number": (
        '(module (func) (memory 1)\n  (import "a" "b" (func)) (func (call 0)))',
        "2:3",
        "an import of a func after a definition of one: what its numbers mean is not known; use names",
    ),
    "rewritten already": (
        '(module\n  (func $state (export "bysyncify_get_state")))',
        "2:3",
        '"bysyncify_get_state" is exported already: is this module rewritten?',
    ),
    "a control import exported under its own name": (
        '(module\n  (func (export "bysyncify_stop_unwind") (import "bysyncify" "stop_unwind")))',
        "2:3",
        '"bysyncify_stop_unwind" is exported already: is this module rewritten?',
    ),
    "control function of another type": (
        '(module\n  (import "bysyncify" "stop_unwind" (func $stop (param i32))))',
        "2:3",
        None,
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_bad_input(case: str, tmp_path: Path) -> None:
    """Exit 1: `file:line:col: error: message`, the source line, a caret; and no output."""
    text, place, message = ERRORS[case]
    path = tmp_path / "input.wat"
    path.write_bytes(text.encode())
    result = run(path)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    first, line, caret = result.output.split("\n", 2)
    assert first.startswith(f"{path}:{place}: error: {message or ''}")
    row, column = map(int, place.split(":"))
    assert line == text.splitlines()[row - 1]
    assert caret == "".join("\t" if char == "\t" else " " for char in line[: column - 1]) + "^\n"


def test_second_run() -> None:
    """What is rewritten already is refused."""
    result = run(text=rewrite(MODULE))
    assert result.exit_code == 1
    assert "is exported already: is this module rewritten?" in result.output


def test_bad_standard_input() -> None:
    """The same on standard error; standard output stays empty."""
    done = script(text=b"(module\n  (func))\n)")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"<stdin>:3:1: error: unexpected ')'\n)\n^\n"


def test_long_line() -> None:
    """The part of a long line around the caret, no more."""
    text = "(module " + "(func) " * 10_000 + "[" + " (func)" * 10_000 + ")"
    first, line, caret = run(text=text).output.splitlines()
    assert first == f"<stdin>:1:{text.index('[') + 1}: error: unexpected character '['"
    assert len(line) <= 100
    assert line[caret.index("^")] == "["


@pytest.mark.parametrize("output", ["out.wat", "out.wasm"])
def test_bad_input_leaves_the_output(output: str, bad: Path, tmp_path: Path) -> None:
    """An output file that is there keeps its content; one that is not does not appear, nor anything else."""
    path = tmp_path / output
    assert run(bad, "-o", path).exit_code == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.wat"]
    path.write_bytes(b"before")
    assert run(bad, "-o", path).exit_code == 1
    assert path.read_bytes() == b"before"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["bad.wat", output]


def test_bad_input_in_place(bad: Path) -> None:
    assert run(bad, "-o", bad).exit_code == 1
    assert bad.read_bytes() == BAD.encode()


def test_what_does_not_assemble(tmp_path: Path) -> None:
    """What is wrong where nothing pauses is not looked at; it is found before a binary is written."""
    path = tmp_path / "out.wasm"
    path.write_bytes(b"before")
    result = run("-o", path, text="(module (func (result i32) (nothing)))")
    assert result.exit_code == 1
    assert "error: the text does not assemble" in result.output
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.wasm"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing.wat", "No such file or directory"), (".", "Is a directory")],
    ids=["absent", "directory"],
)
def test_unreadable(name: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    result = run(path)
    assert (result.exit_code, result.output) == (1, f"{path}: error: {message}\n")


def test_not_permitted(module: Path) -> None:
    module.chmod(0)
    try:
        module.read_bytes()
    except PermissionError:
        result = run(module)
        assert (result.exit_code, result.output) == (1, f"{module}: error: Permission denied\n")
    else:
        pytest.skip("this user may read everything")


def test_not_utf_8(tmp_path: Path) -> None:
    """The place of the first byte that is not, counted in characters."""
    path = tmp_path / "latin.wat"
    path.write_bytes("(module\n  ;; é ".encode() + b"\xe9\n)")
    result = run(path)
    assert (result.exit_code, result.output) == (1, f"{path}:2:8: error: not UTF-8: byte 0xe9\n")


def test_binary(tmp_path: Path) -> None:
    path = tmp_path / "module.wasm"
    path.write_bytes(b"\0asm\1\0\0\0")
    result = run(path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{path}: error: this is a binary, not text; `wasm2wat {path}` makes text of it\n"


@pytest.mark.parametrize("name", ["no/out.wat", "no/out.wasm", "module.wat/out.wat"])
def test_unwritable(name: str, module: Path, tmp_path: Path) -> None:
    """No directory to write to: an error, and nothing is created."""
    path = tmp_path / name
    result = run(module, "-o", path)
    assert result.exit_code == 1
    assert result.output.startswith(f"{path}: error: ")
    assert [entry.name for entry in tmp_path.iterdir()] == ["module.wat"]
    assert module.read_text(encoding="utf-8") == MODULE


@pytest.mark.parametrize(
    "arguments",
    [
        ["--map", "-"],
        ["--report", "-"],
        ["--explain-json", "-"],
        ["-o", "x", "--map", "x"],
        ["-o", "x", "--map", "./x"],
    ],
)
def test_outputs_that_meet(arguments: list[str], module: Path) -> None:
    """Standard output is for the text, and each output has a file of its own."""
    done = run(module, *arguments)
    assert done.exit_code == 2 and "Error: " in done.stderr


def test_output_through_a_link(module: Path, tmp_path: Path) -> None:
    """A link stays one, also to another file system."""
    for name in ("other", Path("/dev/shm") / f"other-{os.getpid()}"):
        target = tmp_path / name
        if not target.parent.is_dir():
            continue
        link = tmp_path / f"link-{target.parent.name}"
        target.write_text("before")
        link.symlink_to(target)
        try:
            assert run(module, "-o", link).exit_code == 0
            assert link.is_symlink() and target.read_text() == rewrite(MODULE)
        finally:
            target.unlink()


def test_nothing_is_written_where_the_text_cannot_be(module: Path, tmp_path: Path) -> None:
    done = run(module, "-o", tmp_path / "nowhere" / "out.wat", "--map", tmp_path / "map.json")
    assert done.exit_code == 1 and not (tmp_path / "map.json").exists()
