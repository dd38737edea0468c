"""CPU profiles, as V8 writes them -> how long the functions of a WebAssembly module ran.

    node --cpu-prof program.mjs   ->   CPU.20261126.120000.4711.0.001.cpuprofile   ->   {"61": 65120.0, "fib": 45570.0}

Chromium's developer tools save the same format, and its debugging protocol returns it (`Profiler.stop`). It is that of
the protocol's `Profiler.Profile`: the calls that were seen, as nodes of a tree; and which of them was on top of the
stack at each sample, with the microseconds since the last.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any


def read_profile(text: str) -> dict[str, float]:
    """How long each function ran itself, without those that it called, in microseconds (in samples, where their times
    are missing), by its name, or by its number where V8 knows no name. If the profile has several modules, these are
    the functions of the one that ran longest.

    Raises `ValueError` for what is no profile, or has no WebAssembly.
    """
    try:
        profile = json.loads(text)
        times = _times(profile)
        found: dict[str, Counter[str]] = {}
        for node in profile["nodes"]:
            frame = node["callFrame"]
            if _is_module(frame["url"]) and times[node["id"]]:
                number = re.fullmatch(r"wasm-function\[(\d+)\]", frame["functionName"])
                of_module = found.setdefault(frame["url"], Counter())
                of_module[number[1] if number else frame["functionName"]] += times[node["id"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"this is no CPU profile (.cpuprofile): {error!r}") from None
    if not found:
        raise ValueError("no WebAssembly ran in this profile")
    return dict(max(found.values(), key=lambda of_module: of_module.total()).most_common())


def _times(profile: dict[str, Any]) -> Counter[int]:
    """How long each node was on top of the stack."""
    if not profile.get("samples"):
        return Counter({node["id"]: node.get("hitCount", 0) for node in profile["nodes"]})
    times: Counter[int] = Counter()
    deltas = profile.get("timeDeltas") or [1] * len(profile["samples"])
    for sample, delta in zip(profile["samples"], deltas, strict=True):
        times[sample] += max(delta, 0)  # clocks of several cores may differ
    return times


def _is_module(url: str) -> bool:
    """Whether a script is a module of WebAssembly: it has a name that V8 made, or that of its file."""
    return url.startswith("wasm:") or url.partition("?")[0].endswith(".wasm")
