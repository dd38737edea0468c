"""A rewritten module -> its report, one HTML file: the templates, and all that they show as JSON.

Nothing of the module is markup: its texts and names stand in the JSON, in which no tag can begin, and the page writes
them as text. A content security policy lets only this script run, and nothing be loaded.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

import wasmtime

from ..instrument import Rewritten
from ..instrument.fields import own_fields
from ..instrument.modernize import modernize
from ..sexpr import parse
from ..sexpr.nodes import plain_id, tokens
from .binary import Binary, opened, read_binary
from .hooks import hooked

_SCRIPTS = ("list.js", "text.js", "graph.js", "functions.js", "frames.js", "machine.js", "run.js", "page.js")


def report(rewritten: Rewritten, name: str) -> str:
    """The report of a module that was rewritten with a map; `name` is what its file is called."""
    script = "".join(f"{_file(each)}\n" for each in _SCRIPTS)
    style = _file("page.css")
    policy = (
        f"default-src 'none'; script-src {_hash(script)} 'wasm-unsafe-eval'; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    put = {
        "policy": policy,
        "title": html.escape(name),
        "style": style,
        "script": script,
        "data": _json(page_data(rewritten, name)),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: put[found[1]], _file("page.html"))


def page_data(rewritten: Rewritten, name: str) -> dict[str, Any]:
    """All that the page shows; `module` is None, with `why_not`, if the text does not assemble."""
    output = "".join(rewritten.pieces)
    mapped, explained = rewritten.map(), rewritten.explanation().data()
    data: dict[str, Any] = {
        "name": name,
        "source": rewritten.text,
        "output": output,
        "map": mapped,
        "explanation": explained,
        "sizes": {"text": [len(rewritten.text.encode()), len(output.encode())], "binary": [None, None]},
        "module": None,
        "why_not": "",
    }
    before, after = _assembled(_modern(rewritten.text)), _assembled(output)
    if isinstance(before, str):
        before = b""
    if isinstance(after, str):
        return {**data, "why_not": after}
    old, new = read_binary(before) if before else Binary(0), read_binary(after)
    data["sizes"]["binary"] = [len(before) or None, len(after)]
    number_in_text = rewritten.program.control.number_in_text
    for function in explained["functions"]:
        function["before"] = old.code.get(number_in_text(function["index"]))
        function["after"] = new.code.get(function["index"])
    known = {function["index"] for function in explained["functions"]}
    data["sizes"]["added"] = sum(size for number, size in new.code.items() if number not in known)
    text, hook = hooked(rewritten)
    telling = _assembled(text) if hook else ""
    if isinstance(telling, bytes):
        after, new = telling, read_binary(telling)
    else:
        hook = None
    data["module"] = {**_module(rewritten, after, new, mapped["memory"]), "hook": hook}
    return data


def _module(rewritten: Rewritten, wasm: bytes, binary: Binary, frames: str | None) -> dict[str, Any]:
    """The module to run, and what its host must know."""
    causes = rewritten.program.pausing.causes
    for each in binary.imports:
        each["pauses"] = each["kind"] == "func" and each["index"] in causes
    inside, names = opened(wasm, binary, _memory_number(binary, frames))
    ids = rewritten.program.ids
    called, globals_ = binary.names.get("func", {}), binary.names.get("global", {})
    return {
        "wasm": b64encode(inside).decode(),
        "imports": binary.imports,
        "exports": [each for each in binary.exports if each["kind"] == "func"],
        "names": {number: f"${name}" for number, name in called.items()},
        "globals": [
            {"name": f"${globals_[number]}" if number in globals_ else str(number), "type": type_, "export": export}
            for number, (type_, export) in enumerate(zip(binary.globals, names["globals"], strict=True))
        ],
        "state": [ids.state, ids.normal, ids.unwinding, ids.rewinding, ids.data, ids.fuel],
        "data": ids.data,
        "memory": names["memory"],
        "start": names["start"],
        "start_index": binary.start,
        "own_memory": rewritten.program.options.own_memory is not None,
    }


def _memory_number(binary: Binary, word: str | None) -> int:
    """The number of the memory that the map names."""
    if word is None or word.isdigit():
        return int(word or 0)
    return next((number for number, name in binary.names.get("memory", {}).items() if name == plain_id(word)[1:]), 0)


def _modern(text: str) -> str:
    """The text as today's tools read it; else nothing is changed."""
    nodes = parse(text)
    own_fields(nodes)
    return "".join(tokens(modernize(nodes, text)[0]))


def _assembled(text: str) -> bytes | str:
    """The binary, or why there is none."""
    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        return str(error)


def _json(data: dict[str, Any]) -> str:
    """JSON in which nothing can end its element, or begin another."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
