"""What the options of `wat-shell --trace` ask for -> how scripts are made."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TextIO

import click

from ..cli import main as rewriting
from ..instrument import Options
from ..instrument.options import split_list
from .run import Script
from .story import Story
from .trace import TracedScript


@contextmanager
def tracer(
    trace: bool, json: str | None, pause_at: str | None, words: str | None
) -> Iterator[Callable[[str, str], Script]]:
    """What makes a script of a text and its name: one whose run is told on standard error, and as JSON in a file, - for
    standard output. Raises `click.UsageError` for what cannot be."""
    options = _options(words or "")
    if pause_at is not None and options.imports is not None:
        raise click.UsageError("--pause-at-imports excludes --imports.")
    imports = None if pause_at is None else split_list(pause_at)
    stream: TextIO | None = None
    if json is not None:
        try:
            stream = sys.stdout if json == "-" else open(json, "w", encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"--trace-json: {json}: {error.strerror}.") from None

    def line(text: str) -> None:
        click.echo(text, err=True)

    def write(text: str) -> None:
        assert stream
        stream.write(f"{text}\n")
        stream.flush()

    def make(text: str, name: str) -> Script:
        def warn(warning: str) -> None:
            click.echo(f"{name}: warning: {warning}", err=True)

        story = Story(line if trace else None, write if stream else None)
        return TracedScript(text, story=story, options=options, pause_at=imports, warn=warn)

    try:
        yield make
    finally:
        if stream and stream is not sys.stdout:
            stream.close()


def _options(words: str) -> Options:
    """The options of a rewrite, from words as they stand on a command line."""
    try:
        with rewriting.make_context("wat-bysyncify", [*shlex.split(words), "-"]) as context:
            params = context.params
        return Options.of(**{field.name: params[field.name] for field in fields(Options) if field.name in params})
    except (ValueError, click.UsageError) as error:
        message = error.message if isinstance(error, click.UsageError) else f"{error}."
        raise click.UsageError(f"--rewrite: {message}") from None
