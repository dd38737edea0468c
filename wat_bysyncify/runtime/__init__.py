"""The JavaScript to drive what is rewritten, `bysyncify.mjs`, and its types, `bysyncify.d.ts`; docs/javascript.md."""

from __future__ import annotations

FILES = {"js": "bysyncify.mjs", "d.ts": "bysyncify.d.ts"}


def source(kind: str) -> str:
    """The text of one of `FILES`."""
    from importlib.resources import files  # slow to load, and seldom needed

    return (files(__name__) / FILES[kind]).read_text(encoding="utf-8")
