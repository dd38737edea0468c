"""The command wat-bysyncify-wasm-opt: stands in for wasm-opt, and does its pass --asyncify our way.

    wasm-opt --strip-dwarf -O2 --asyncify --pass-arg=asyncify-imports@env.sleep --strip-debug a.wasm -o a.wasm   ->

    wasm-opt --strip-dwarf -O2 a.wasm -g -o before.wasm        what stands before --asyncify
    wasm-opt before.wasm -g -S -o before.wat                   as text
    wat-bysyncify --rewind jump --pass-arg=asyncify-imports@env.sleep before.wat -o rewritten.wat
    wasm-opt --strip-debug rewritten.wasm -o a.wasm            what stands behind it, on the assembled text

Compilers call wasm-opt, emcc among them; with this in its place nothing else of theirs has to change. Without
--asyncify, the real wasm-opt gets the command line as it is. It is the next on PATH, or what WAT_BYSYNCIFY_WASM_OPT
says; WAT_BYSYNCIFY_OPTIONS has more options for wat-bysyncify.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import wasmtime

from .custom_sections import with_custom_sections

REAL = "WAT_BYSYNCIFY_WASM_OPT"
OPTIONS = "WAT_BYSYNCIFY_OPTIONS"
_CALLED_BY = "WAT_BYSYNCIFY_CALLED_BY"  # set for the real one: if that is us again, we would call ourselves forever

_PASS_ARG = ("--pass-arg", "-pa")
_OUTPUT = ("--output", "-o")
_SOURCE_MAP = ("--input-source-map", "-ism", "--output-source-map", "-osm", "--output-source-map-url", "-osu")
_LEVELS = ("--optimize-level", "-ol", "--shrink-level", "-s", "--always-inline-max-function-size", "-aimfs",
           "--flexible-inline-max-function-size", "-fimfs", "--one-caller-inline-max-function-size", "-ocimfs",
           "--partial-inlining-ifs", "-pii")  # fmt: skip
_FUZZ = ("--extra-fuzz-command", "-efc", "--initial-fuzz", "-if", "--emit-js-wrapper", "-ejw", "--emit-spec-wrapper",
         "-esw", "--emit-wasm2c-wrapper")  # fmt: skip
_TAKE_A_VALUE = frozenset((*_PASS_ARG, *_OUTPUT, *_SOURCE_MAP, *_LEVELS, *_FUZZ))
# Options that are for all passes, wherever they stand.
_FOR_ALL = re.compile(
    r"--(enable|disable)-.*|--(mvp|all|detect)-features|-mvp|-all|--no-validation|-n|--quiet|-q|--nominal|--structural"
    r"|--hybrid|--ignore-implicit-traps|-iit|--traps-never-happen|-tnh|--low-memory-unused|-lmu|--fast-math|-ffm"
    r"|--zero-filled-memory|-uim|--inline-functions-with-loops|-ifwl|--debug|-d"
)
# Optimized output has functions with several results: the real wasm-opt, which runs behind, takes those only where it
# is told so, and then takes them apart into more than this form needs.
_FORM = ("--rewind", "jump")
_ON_ITS_CODE = "--mod-asyncify-"
_ASYNCIFY = ("--asyncify", "--bysyncify")
# emcc lists all imports of its libraries that can pause; a program has few of them.
_EXPECTED = ": warning: imports: "


def main() -> NoReturn:
    words = sys.argv[1:]
    real = _real()
    if not any(word in _ASYNCIFY or word.startswith(_ON_ITS_CODE) for word in words):
        sys.exit(_run([real, *words]))
    sys.exit(_asyncify(real, _parted(words)))


@dataclass(slots=True)
class _CommandLine:
    """The words of a command line with --asyncify, by where they go."""

    infile: str = ""
    before: list[str] = field(default_factory=list)  # what runs before our rewriter
    behind: list[str] = field(default_factory=list)
    for_all: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)  # options of wat-bysyncify


def _parted(words: Sequence[str]) -> _CommandLine:
    """The words, by where they go; exits where there is something that we cannot do."""
    line = _CommandLine()
    into = line.before
    for option, parts in _options(words):
        if option in _ASYNCIFY:
            into = line.behind
            line.ours += ["--names", option.removeprefix("--")]
        elif option.startswith(_ON_ITS_CODE):
            _refuse(f"{option} changes the code that wasm-opt's own --asyncify makes, and no other")
        elif option in _SOURCE_MAP:
            _refuse(f"{option}: --asyncify here keeps no source map; build without one")
        elif option in _PASS_ARG and re.match("asyncify-|bysyncify-", _value(parts)):
            line.ours.append(f"--pass-arg={_value(parts)}")
        elif not option:
            if line.infile:
                _refuse(f"two input files: {line.infile} and {parts[0]}")
            line.infile = parts[0]
        elif option in _OUTPUT or option in ("-g", "--debuginfo"):
            line.behind += parts
        elif re.fullmatch("-O[0-4sz]?", option):
            line.before += parts  # wherever it stands: optimizing what is rewritten inlines, and makes it larger
        elif option in _LEVELS or option in _PASS_ARG or _FOR_ALL.fullmatch(option):
            line.for_all += parts
        else:
            into += parts
    if not line.infile:
        _refuse("no input file")
    try:
        line.ours += shlex.split(os.environ.get(OPTIONS, ""))
    except ValueError as error:
        _refuse(f"{OPTIONS}: {error}")
    return line


def _asyncify(real: str, line: _CommandLine) -> int:
    """Does what wasm-opt would with a command line that has --asyncify; the exit code."""
    with tempfile.TemporaryDirectory() as directory:
        name = Path(line.infile).stem or "input"
        before, text, rewritten, behind = (
            Path(directory) / f"{name}{end}" for end in (".1.wasm", ".wat", ".2.wat", ".2.wasm")
        )
        code = _run([real, line.infile, *line.before, *line.for_all, "-g", "-q", "-o", str(before)])
        code = code or _run([real, str(before), *line.for_all, "-g", "-q", "-S", "-o", str(text)])
        if code:
            return code
        text.write_text(_quoted_ids(text.read_text(encoding="utf-8")), encoding="utf-8")
        code = _rewrite([*_FORM, *line.ours, str(text), "-o", str(rewritten)], directory)
        if code:
            return code
        binary = _assembled(rewritten.read_text(encoding="utf-8"))
        behind.write_bytes(with_custom_sections(binary, before.read_bytes()))
        return _run([real, str(behind), *line.for_all, *line.behind, "-q"])


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option of a command line with its words, its value among them; the name is empty for what is none."""
    position = 0
    while position < len(words):
        word = words[position]
        name = word.partition("=")[0] if word[:1] == "-" and word != "-" else ""
        width = 2 if name in _TAKE_A_VALUE and "=" not in word else 1
        yield name, list(words[position : position + width])
        position += width


def _value(parts: Sequence[str]) -> str:
    return parts[1] if len(parts) > 1 else parts[0].partition("=")[2]


def _rewrite(arguments: Sequence[str], directory: str) -> int:
    """Runs wat-bysyncify; the exit code. What it says goes to standard error, but for expected warnings, and for
    the directory of its input."""
    command = [sys.executable, "-m", "wat_bysyncify", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    said = done.stderr.replace(f"{directory}{os.sep}", "").splitlines(keepends=True)
    sys.stderr.writelines(line for line in said if _EXPECTED not in line)
    return done.returncode


def _assembled(text: str) -> bytes:
    """The binary of rewritten text. The globals of --asserts are not exported: few builds may export globals that
    change, and what fails is on the stack of the trap anyway."""
    try:
        return bytes(wasmtime.wat2wasm(_ERROR_EXPORT.sub("", text)))
    except wasmtime.WasmtimeError as error:
        print(f"wat-bysyncify-wasm-opt: error: the text does not assemble: {error}", file=sys.stderr)
        sys.exit(1)


_ERROR_EXPORT = re.compile(r' \(export "(?:by|a)syncify_error(?:_function)?"\)')


def _quoted_ids(text: str) -> str:
    r"""The text with names spelled as text spells them today, `$f\28int\29` as `$"f(int)"`: lists have the names."""

    def quoted(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] == '"' or "\\" not in word:
            return word
        return f'$"{word[1:]}"'

    return _STRING_OR_ID.sub(quoted, text)


_STRING_OR_ID = re.compile(r'"(?:[^"\\]|\\.)*+"|\$[^\s()";]*+')


def _real() -> str:
    """The path of the real wasm-opt."""
    if os.environ.get(_CALLED_BY):
        _refuse(f"{os.environ[_CALLED_BY]} is this program again: {REAL} must say where the real wasm-opt is")
    given = os.environ.get(REAL)
    if given:
        return given
    own = os.path.realpath(sys.argv[0])
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(directory, "wasm-opt")
        if os.access(path, os.X_OK) and not os.path.isdir(path) and os.path.realpath(path) != own:
            return path
    _refuse(f"there is no other wasm-opt on PATH; install binaryen, or say in {REAL} where it is")


def _run(command: Sequence[str]) -> int:
    """Runs the real wasm-opt; the exit code."""
    sys.stdout.flush()
    try:
        return subprocess.run(command, env={**os.environ, _CALLED_BY: command[0]}, check=False).returncode
    except OSError as error:
        _refuse(f"cannot run {command[0]}: {error.strerror}")


def _refuse(message: str) -> NoReturn:
    print(f"wat-bysyncify-wasm-opt: error: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
