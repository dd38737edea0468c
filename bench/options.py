"""The options that several benchmarks have."""

from __future__ import annotations

import click
from configurations import CONFIGURATIONS, USUAL

CONFIGURATION = click.option(
    "--configuration",
    "configurations",
    multiple=True,
    default=USUAL,
    show_default=True,
    type=click.Choice(list(CONFIGURATIONS)),
    help="Ours, in this way; repeatable.",
)
PROCESSES = click.option(
    "--processes",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="How many of each have a part of the rounds.",
)
WASM_OPT = click.option(
    "--wasm-opt",
    "optimizer",
    type=click.Choice(["installed", "npm"]),
    default="installed",
    show_default=True,
    help="Whose wasm-opt.",
)
