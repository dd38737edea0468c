"""`wat-shell FILE...`: runs scripts (.wast) and modules (.wat) on wasmtime."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import click

from ..errors import WatError


def _version() -> str:
    try:
        return importlib.metadata.version("wat-bysyncify")
    except importlib.metadata.PackageNotFoundError:
        import wat_bysyncify

        return str(getattr(wat_bysyncify, "__version__", "unknown"))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.version_option(_version(), prog_name="wat-shell")
def main(files: tuple[str, ...]) -> None:
    """Runs WebAssembly scripts (.wast) and modules (.wat); "-" is standard input.

    Imports named spectest.print* may have any signature, and print their arguments, a line for each call:
    (i32.const 1) (f64.const 2.5). What fails is said on standard error, and the rest of the script still runs.

    Exit codes: 0 all went well, 1 something failed, 2 bad usage.
    """
    sys.exit(max([_run(file) for file in files]))


def _run(file: str) -> int:
    """Runs a file; 1 if anything failed."""
    name = "<stdin>" if file == "-" else file
    try:
        text = (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode()
    except OSError as error:
        click.echo(f"{name}: error: {error.strerror}", err=True)
        return 1
    except UnicodeDecodeError as error:
        click.echo(f"{name}: error: invalid UTF-8 at byte {error.start}", err=True)
        return 1
    from .run import Script  # not sooner: loading wasmtime is most of the time that a small script takes

    code = 0
    try:
        for failure in Script(text).run():
            click.echo(failure.report(text, name), err=True)
            code = 1
    except WatError as error:  # no script
        click.echo(error.report(text, name), err=True)
        code = 1
    return code
