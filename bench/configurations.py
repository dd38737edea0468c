"""The ways in which we rewrite, as the benchmarks name them: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping

from wat_bysyncify import rewrite

# name: what `rewrite` gets for it
CONFIGURATIONS: dict[str, dict[str, str]] = {
    "skip": {"rewind": "skip"},
    "jump": {"rewind": "jump"},
    "-O": {"optimize": "speed"},
    "twins": {"optimize": "speed", "twins": "*"},
    "-Os": {"optimize": "size"},
}

# What the benchmarks take if nothing is said.
USUAL = ("-O",)

# What may pause, as the article's figures name it: our options, and those of the peer with the same effect.
WORST: dict[str, object] = {}


def ours(text: str, configuration: str, options: Mapping[str, object] = WORST) -> str:
    """The text that a configuration makes of one; `options` say what may pause."""
    return rewrite(text, **CONFIGURATIONS[configuration], **options)  # type: ignore[arg-type]
