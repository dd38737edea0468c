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
@click.option(
    "--record", metavar="FILE", help="Write the names of the functions that were paused, of modules made with --record."
)
@click.version_option(_version(), prog_name="wat-shell")
def main(files: tuple[str, ...], record: str | None) -> None:
    """Runs WebAssembly scripts (.wast) and modules (.wat); "-" is standard input.

    Imports named spectest.print* may have any signature, and print their arguments, a line for each call:
    (i32.const 1) (f64.const 2.5). What fails is said on standard error, and the rest of the script still runs.

    Exit codes: 0 all went well, 1 something failed, 2 bad usage.
    """
    names: dict[str, None] = {}
    code = max([_run(file, names) for file in files])
    if record is not None:
        try:
            Path(record).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        except OSError as error:
            click.echo(f"{record}: error: {error.strerror}", err=True)
            code = 1
    sys.exit(code)


def _run(file: str, names: dict[str, None]) -> int:
    """Runs a file; 1 if anything failed. The functions that were paused are added to `names`."""
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
        script = Script(text)
        for failure in script.run():
            click.echo(failure.report(text, name), err=True)
            code = 1
        names.update(dict.fromkeys(script.recorded()))
    except WatError as error:  # no script
        click.echo(error.report(text, name), err=True)
        code = 1
    return code
