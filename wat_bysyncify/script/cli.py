"""`wat-shell FILE...`: runs scripts (.wast) and modules (.wat) on wasmtime."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import WatError

if TYPE_CHECKING:
    from .run import Script


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
@click.option("--trace", is_flag=True, help="Rewrite modules, pause them, and tell the run on standard error.")
@click.option("--trace-json", metavar="FILE", help="Write the same as JSON, an event a line.")
@click.option(
    "--pause-at-imports",
    metavar="LIST",
    help="When tracing: the imports that pause in modules that do not drive themselves. [default: all]",
)
@click.option("--rewrite", "words", metavar="OPTIONS", help="When tracing: options of wat-bysyncify for the rewriting.")
@click.version_option(_version(), prog_name="wat-shell")
def main(
    files: tuple[str, ...],
    record: str | None,
    trace: bool,
    trace_json: str | None,
    pause_at_imports: str | None,
    words: str | None,
) -> None:
    """Runs WebAssembly scripts (.wast) and modules (.wat); "-" is standard input.

    Imports named spectest.print* may have any signature, and print their arguments, a line for each call:
    (i32.const 1) (f64.const 2.5). What fails is said on standard error, and the rest of the script still runs.

    Exit codes: 0 all went well, 1 something failed, 2 bad usage.
    """
    names: dict[str, None] = {}
    if trace or trace_json is not None:
        from .tracing import tracer

        with tracer(trace, trace_json, pause_at_imports, words) as make:
            code = max([_run(file, names, make) for file in files])
    elif pause_at_imports is not None or words is not None:
        raise click.UsageError("--pause-at-imports and --rewrite are for --trace and --trace-json.")
    else:
        code = max([_run(file, names) for file in files])
    if record is not None:
        try:
            Path(record).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        except OSError as error:
            click.echo(f"{record}: error: {error.strerror}", err=True)
            code = 1
    sys.exit(code)


def _run(file: str, names: dict[str, None], make: Callable[[str, str], Script] | None = None) -> int:
    """Runs a file, by what `make` makes of its text and name; 1 if anything failed. The functions that were paused are
    added to `names`."""
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
        script = make(text, name) if make else Script(text)
        for failure in script.run():
            click.echo(failure.report(text, name), err=True)
            code = 1
        names.update(dict.fromkeys(script.recorded()))
    except WatError as error:  # no script
        click.echo(error.report(text, name), err=True)
        code = 1
    return code
