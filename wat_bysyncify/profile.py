"""CPU profiles, as V8 writes them -> how long the functions of a WebAssembly module ran.

    node --cpu-prof --cpu-prof-name=program.cpuprofile program.mjs   ->   {"wasm-function[61]": 65120.0, "fib": 45570.0}

The format is that of the DevTools protocol, where `Profiler.stop` returns it: the calls that were seen, as nodes of a
tree; and which of them was on top of the stack at each sample, with the microseconds since the last.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

# What V8 calls between a module and JavaScript, as functions of the module.
_WRAPPERS = ("wasm-to-js:", "js-to-wasm:")


def read_profile(text: str) -> dict[str, float]:
    """How long each function ran itself, without those that it called, in microseconds (in samples, where their times
    are missing), by its name, or as `wasm-function[12]` where it has none; the longest first. If the profile has
    several modules, these are the functions of the one that ran longest; if none, there are none.

    Raises `ValueError` for what is no profile.
    """
    try:
        profile = json.loads(text)
        times = _times(profile)
        found: dict[str, dict[str, float]] = {}
        for node in profile["nodes"]:
            frame, time = node["callFrame"], times.get(node["id"], 0)
            name, url = frame["functionName"], frame["url"]
            if _is_module(url) and not name.startswith(_WRAPPERS) and time:
                of_module = found.setdefault(url, {})
                of_module[name] = of_module.get(name, 0) + time
    except KeyError as error:
        raise ValueError(f"this is no CPU profile: it has no {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no CPU profile: {error}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise ValueError("this is no CPU profile: its parts are not what they must be") from None
    longest = max(found.values(), key=lambda of_module: sum(of_module.values()), default={})
    return dict(sorted(longest.items(), key=lambda each: -each[1]))


def added(profiles: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """How long each function ran in several profiles together."""
    found: dict[str, float] = {}
    for profile in profiles:
        for function, time in profile.items():
            found[function] = found.get(function, 0) + time
    return found


def _times(profile: dict[str, Any]) -> dict[int, float]:
    """How long each node was on top of the stack."""
    if not profile.get("samples"):
        return {node["id"]: _time(node.get("hitCount", 0)) for node in profile["nodes"]}
    times: dict[int, float] = {}
    deltas = profile.get("timeDeltas") or [1] * len(profile["samples"])
    for sample, delta in zip(profile["samples"], deltas, strict=True):
        times[sample] = times.get(sample, 0) + _time(delta)
    return times


def _time(value: float) -> float:
    """A time of a profile; clocks of several cores may differ, so that some is negative."""
    if not math.isfinite(value):
        raise ValueError
    return max(float(value), 0)


def _is_module(url: str) -> bool:
    """Whether a script is a module of WebAssembly: it has a name that V8 made, or that of its file."""
    return url.startswith("wasm:") or url.partition("?")[0].endswith(".wasm")
