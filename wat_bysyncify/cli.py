"""The command wat-bysyncify: a file or standard input in, text out. Exit 1 for bad input, 2 for bad usage."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from . import __version__
from .errors import WatError
from .instrument import Options, Rewritten, rewrite_text
from .instrument.options import MOST_PAGES, NAMES, REWIND, split_list
from .pass_args import options_of
from .runtime import FILES, source

# Below this many characters there is nothing to wait for.
_LONG = 2_000_000


class _List(click.ParamType):  # type: ignore[type-arg]
    """A comma-separated list; `@file` in it stands for the lines of a file."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else _read_list(value)


def _read_list(text: str) -> tuple[str, ...]:
    """The entries of a list, and of the files that it names."""
    found: list[str] = []
    for item in split_list(text):
        if not item.startswith("@"):
            found.append(item)
            continue
        try:
            with open(item[1:], encoding="utf-8") as file:
                found += split_list(file.read())
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"cannot read {item[1:]}: {getattr(error, 'strerror', None) or error}") from None
    return tuple(found)


class _Command(click.Command):
    """A command with options whose value can be left out: `--own-memory` takes the word behind it only if that is a
    number, `--explain` only if it is an id or the input is named too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for position, word in enumerate(args):
            behind = args[position + 1 : position + 2]
            if word == "--own-memory" and not (behind and behind[0].isdigit()):
                args[position] = "--own-memory=1"
            elif word == "--explain" and not (behind and (behind[0][:1] == "$" or self.inputs(ctx, args) > 1)):
                args[position] = f"--explain={_ALL}"
        return super().parse_args(ctx, args)

    def inputs(self, ctx: click.Context, args: list[str]) -> int:
        """How many words are neither options nor values of options, if the value of `--explain` is left out."""
        taking = {
            name for param in self.get_params(ctx) if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        } - {"--explain", "--own-memory", "-O", "-Os"}  # fmt: skip
        pairs = zip([*args], ["", *args], strict=False)
        return sum(1 for word, before in pairs if (word == "-" or word[:1] != "-") and before not in taking)


_ALL = "*"
_STDIN = "<stdin>"  # what it is called in messages


def _print_runtime(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        _print([source(value)])
        ctx.exit()


@click.command(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", default="-")
@click.option("-o", "--output", metavar="FILE", help="Write here; a binary if the name ends in .wasm.")
@click.option("--imports", type=_List(), metavar="LIST", help="The imports that may pause: module.base, * for any.")
@click.option("--ignore-imports", is_flag=True, help="No import pauses.")
@click.option("--ignore-indirect", is_flag=True, help="Calls through tables and references do not pause.")
@click.option("--closed-world", is_flag=True, help="The host puts no functions into tables, nor hands in references.")
@click.option(
    "--add-list", type=_List(), default=(), metavar="LIST", help="Functions that may pause, whatever the analysis says."
)
@click.option("--propagate-add-list", is_flag=True, help="And so may their callers.")
@click.option("--remove-list", type=_List(), default=(), metavar="LIST", help="Functions that do not pause.")
@click.option("--only-list", type=_List(), metavar="LIST", help="The functions that may pause, and no others.")
@click.option("--names", type=click.Choice(NAMES), help="The names to export.")
@click.option("--memory", metavar="NAME", help="The memory that holds the frames: an exported name, or its id.")
@click.option(
    "--own-memory",
    type=click.IntRange(1, MOST_PAGES),
    is_flag=False,
    flag_value=1,
    metavar="[PAGES]",
    help="Keep the frames in a memory of their own; 1 page if not said.",
)
@click.option(
    "--import-globals", is_flag=True, help="The state is another module's, which exports it; see --export-globals."
)
@click.option("--export-globals", is_flag=True, help="Export the state, for modules that are linked later.")
@click.option("--ignore-unwind-from-catch", is_flag=True, help="No pause begins in a handler (catch) of an exception.")
@click.option(
    "--save-all-locals", is_flag=True, help="Frames hold all locals, for garbage collectors that scan memory."
)
@click.option("--asserts", is_flag=True, help="Add checks that say what went wrong, and in which function.")
@click.option(
    "--record", is_flag=True, help="Note which functions are paused; wat-shell --record writes them as a list."
)
@click.option("--annotate", is_flag=True, help="Add comments that say what each part of the output is for.")
@click.option("--pause-at", type=_List(), default=(), metavar="LIST", help="Pause points: entries, loops.")
@click.option("--pause-import", metavar="NAME", help="What pause points call: module.base. Else they pause themselves.")
@click.option("-O", "optimize", flag_value="speed", help="Make the result run fast.")
@click.option("-Os", "optimize", flag_value="size", help="Make the result small.")
@click.option(
    "--rewind",
    type=click.Choice(REWIND),
    help="How functions find their way back: skip what is done, which reads well, or jump, which runs fast. "
    "[default: jump with -O and -Os, else skip]",
)
@click.option(
    "--twins",
    type=_List(),
    metavar="LIST",
    help="With jump, functions to write twice: to run, and to find their way back. [default: with -O those that gain "
    "most, or that --profile shows]",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="FILE",
    help="With -O, a CPU profile of the module before, as Node writes it (.cpuprofile): what is hot in it is made to "
    "run fast, the rest to be small; repeatable.",
)
@click.option(
    "--explain",
    is_flag=False,
    flag_value=_ALL,
    metavar="[FUNC]",
    help="Tell, on standard error, what can pause and why; of one function everything.",
)
@click.option("--diff", "show_diff", is_flag=True, help="Print what changes, step by step, instead of the text.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours in the diff. [default: auto: on a terminal, without NO_COLOR]",
)
@click.option("--explain-json", metavar="FILE", help="Write that as JSON (docs/analysis.md).")
@click.option("--map", "map_file", metavar="FILE", help="Write what tools want to know, as JSON (docs/map.md).")
@click.option(
    "--report", "report_file", metavar="FILE", help="Write a page that shows it all, step by step (docs/report.md)."
)
@click.option(
    "--pass-arg", "-pa", "pass_args", multiple=True, metavar="NAME[@VALUE]", help="An option of wasm-opt --asyncify."
)
@click.option(
    "--print-runtime",
    type=click.Choice([*FILES]),
    is_eager=True,
    expose_value=False,
    callback=_print_runtime,
    help="Print the JavaScript module that drives the result, or its types, and exit.",
)
@click.version_option(__version__, prog_name="wat-bysyncify")
def main(
    file: str,
    output: str | None,
    explain: str | None,
    explain_json: str | None,
    map_file: str | None,
    report_file: str | None,
    show_diff: bool,
    color: str,
    pass_args: tuple[str, ...],
    profiles: tuple[str, ...],
    **given: Any,
) -> None:
    """Rewrite a WebAssembly module in the text format so that it can pause and resume.

    FILE is the module; - or nothing means standard input. LIST is comma-separated; @file in it stands for a file with
    more.
    """
    name = _STDIN if file == "-" else file
    try:
        passed = options_of(pass_args, _read_list)
    except ValueError as error:
        raise click.UsageError(f"--pass-arg: {error}.") from None
    if passed.pop("verbose", False):
        explain = explain or _ALL
    given.update({name: value for name, value in passed.items() if not given.get(name)})
    try:
        Options.of(**given, profile={} if profiles else None)
    except ValueError as error:
        raise click.UsageError(_as_options(str(error))) from None
    if [file, *profiles].count("-") > 1:
        raise click.UsageError("standard input can be read but once.")
    options = Options.of(**given, profile=_read_profiles(profiles) if profiles else None)
    named = [path for path in (output, explain_json, map_file, report_file) if path]
    if "-" in named[bool(output) :]:
        raise click.UsageError("standard output is for the text: give a file for what else is written.")
    if len({os.path.abspath(path) for path in named}) < len(named):
        raise click.UsageError("two outputs have one name.")
    text = _read(file, name)
    try:
        with _progress(len(text)) as progress:
            rewritten = rewrite_text(text, options, progress, mapped=bool(map_file or report_file or show_diff))
    except WatError as error:
        _fail(error.report(text, name))
    for warning in rewritten.warnings:
        click.echo(f"{name}: warning: {warning}", err=True)
    if explain or explain_json:
        _explain(rewritten, name, explain, explain_json)
    data = rewritten.map() if map_file or show_diff else {}
    files: dict[str, bytes] = {}
    if map_file:
        files[map_file] = _json(data)
    if report_file:
        from .report import report  # which loads wasmtime

        files[report_file] = report(rewritten, os.path.basename(name)).encode()
    pieces = rewritten.pieces
    if output and output.endswith(".wasm"):
        _write(output, [_binary("".join(pieces), output)])
    elif output and output != "-":
        _write(output, _chunks(pieces))
    elif not show_diff:
        _print(pieces)
    for path, content in files.items():
        _write(path, [content])
    if show_diff:
        from .diff import diff  # what few runs want is imported by these

        lines = diff(text, "".join(pieces), data, (name, output or "rewritten"))
        _print(f"{_coloured(line) if _has_colours(color) else line}\n" for line in lines)


def _explain(rewritten: Rewritten, name: str, explain: str | None, explain_json: str | None) -> None:
    """Tells what can pause and why: on standard error, and to a file."""
    explanation = rewritten.explanation()
    try:
        lines = explanation.lines() if explain == _ALL else explanation.function(explain) if explain else ()
        for line in lines:
            click.echo(f"{name}: {line}" if line[0] != " " else line, err=True)
    except WatError as error:
        _fail(f"{name}: error: {error}")
    if explain_json:
        _write(explain_json, [_json(explanation.data())])


def _json(data: Any) -> bytes:
    import json  # what few runs want is imported by these

    return json.dumps(data, indent=1).encode() + b"\n"


def _has_colours(color: str) -> bool:
    return color == "always" or (color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def _coloured(line: str) -> str:
    """A line of a diff with its colour."""
    if line.startswith(("--- ", "+++ ")):
        return click.style(line, bold=True)
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return click.style(line, fg=colour) if colour else line


def _as_options(message: str) -> str:
    """What is wrong with keyword arguments, as about options: `own_memory must ..` -> `--own-memory must ..`."""
    return (
        re.sub(
            r"\b(\w+_\w+|twins|profile|imports(?= and)|memory(?= and))",
            lambda name: f"--{name[0].replace('_', '-')}",
            message,
        )
        + "."
    )


def _read_profiles(paths: Iterable[str]) -> dict[str, float]:
    """How long functions ran, in all profiles together; Node writes one for each of its threads."""
    from .profile import added, read_profile  # what few runs want is imported by these

    profiles = []
    for path in paths:
        name = _STDIN if path == "-" else path
        try:
            profiles.append(read_profile(_read(path, name)))
        except ValueError as error:
            _fail(f"{name}: error: {error}")
    found = added(profiles)
    if not found:
        _fail(f"{name}: error: no WebAssembly ran in this profile")
    return found


def _fail(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)


def _read(file: str, name: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(file, "rb") as stream:
                data = stream.read()
        if data.startswith(b"\0asm"):
            _fail(f"{name}: error: this is a binary, not text; `wasm2wat {file}` makes text of it")
        return data.decode("utf-8")
    except OSError as error:
        _fail(f"{name}: error: {error.strerror}")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        _fail(f"{name}:{line}:{len(before) - before.rfind(chr(10))}: error: not UTF-8: byte 0x{data[error.start]:02x}")
    raise AssertionError


def _binary(text: str, output: str) -> bytes:
    import wasmtime  # slow to load, and only needed here

    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        _fail(f"{output}: error: the text does not assemble: {error}")
        raise AssertionError from None


def _chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """The text in chunks of about a megabyte: all at once it would be in memory twice."""
    buffer: list[str] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size > 1 << 20:
            yield "".join(buffer).encode("utf-8")
            buffer, size = [], 0
    yield "".join(buffer).encode("utf-8")


_DEVICES = ("/dev/", "/proc/")  # nothing there is replaced, also where it leads to a file


def _write(output: str, chunks: Iterable[bytes]) -> None:
    """The whole file or nothing: what was there before stays until the new one is complete."""
    path = output
    try:
        if os.path.islink(path) and not output.startswith(_DEVICES):
            path = os.path.realpath(path)
        exists = os.path.exists(path)
        if (exists and not os.path.isfile(path)) or output.startswith(_DEVICES):
            with open(path, "wb") as stream:
                stream.writelines(chunks)
            return
        directory, name = os.path.split(path)
        handle, temporary = tempfile.mkstemp(dir=directory or os.curdir, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(chunks)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, os.stat(path).st_mode & 0o777 if exists else 0o666 & ~mask)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        _fail(f"{output}: error: {error.strerror}")


def _print(pieces: Iterable[str]) -> None:
    try:
        for chunk in _chunks(pieces):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `| head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _fail(f"<stdout>: error: {error.strerror}")


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, if that is a terminal and the work is long."""
    if size < _LONG or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1000, label="instrumenting", file=sys.stderr) as bar:
        done = 0

        def progress(count: int, total: int) -> None:
            nonlocal done
            step = 1000 * count // total - done
            if step > 0:
                bar.update(step)
                done += step

        yield progress
