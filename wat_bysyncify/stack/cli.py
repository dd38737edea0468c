"""The command wat-bysyncify-stack: a map and a memory in, a backtrace out. Exit 1 for bad input, 2 for bad usage."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from .decode import decode
from .stackmap import StackError, read_map
from .text import frame_data, frame_lines


class _Address(click.ParamType):  # type: ignore[type-arg]
    """An address, in decimal or as 0x10."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            found = value if isinstance(value, int) else int(value, 0)
        except ValueError:
            found = -1
        if found < 0:
            self.fail(f"{value!r} is not an address.", param, ctx)
        return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("map_file", metavar="MAP")
@click.argument("dump_file", metavar="DUMP")
@click.option(
    "--data",
    type=_Address(),
    metavar="ADDRESS",
    help="Where the data structure is, which start_unwind was given. [default: 0 with --own-memory]",
)
@click.option(
    "--start",
    type=_Address(),
    metavar="ADDRESS",
    help="Where the frames begin. [default: right behind the data structure]",
)
@click.option("--entry", metavar="NAME", help="The export, or function, that was called. [default: what fits]")
@click.option("--source", metavar="FILE", help="The module that was rewritten: its lines are shown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.version_option(__version__, prog_name="wat-bysyncify-stack")
def main(
    map_file: str,
    dump_file: str,
    data: int | None,
    start: int | None,
    entry: str | None,
    source: str | None,
    as_json: bool,
) -> None:
    """Print the stack of a paused program, the innermost function first.

    MAP is what wat-bysyncify --map wrote. DUMP are the bytes of the memory that holds the frames, from address 0 on; -
    means standard input.
    """
    try:
        known = read_map(json.loads(_read(map_file)))
    except (ValueError, RecursionError) as error:
        _fail(f"{map_file}: error: {error if isinstance(error, StackError) else f'no JSON: {error}'}")
    if data is None and not known.own_memory:
        raise click.UsageError("Missing option '--data': the frames are in the program's own memory.")
    lines = _text(source).split("\n") if source else ()
    memory = _read(dump_file)
    try:
        stack = decode(known, memory, data, start=start, entry=entry)
    except StackError as error:
        if error.frames:
            click.echo("\n".join(frame_lines(error.frames, lines)))
        _fail(f"{dump_file}: error: {error}")
    if stack.ambiguous:
        advice = "" if entry else "; --entry says which function was called"
        click.echo(f"{dump_file}: warning: the frames can be read in more than one way{advice}", err=True)
    if as_json:
        said = {"version": 1, "start": stack.start, "position": stack.position, "ambiguous": stack.ambiguous}
        click.echo(json.dumps({**said, "frames": [frame_data(frame) for frame in stack.frames]}, indent=1))
    elif stack.frames:
        click.echo("\n".join(frame_lines(stack.frames, lines)))
    else:
        click.echo(f"{dump_file}: nothing is paused at {stack.position}", err=True)


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _fail(f"{file}: error: {error.strerror}")
        raise AssertionError from None


def _text(file: str) -> str:
    try:
        return _read(file).decode("utf-8")
    except UnicodeDecodeError as error:
        _fail(f"{file}: error: not UTF-8 at byte {error.start}")
        raise AssertionError from None


def _fail(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)
