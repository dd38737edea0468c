"""Real programs to test and measure with: npm packages that ship WebAssembly, and the tools that print and optimise it.

Packages are fetched once by name and version, with `npm pack`, into a cache that all runs share: `$XDG_CACHE_HOME`, or
else the directory for temporary files. What tools make of them stays there too, under the tool's version.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

# name: (npm package, version, the module in it)
PROGRAMS = {
    "box2d": ("box2d-wasm", "7.0.0", "dist/umd/Box2D.wasm"),
    "lua": ("wasmoon", "1.16.0", "dist/glue.wasm"),
    "quickjs": ("@jitl/quickjs-wasmfile-release-sync", "0.32.0", "dist/emscripten-module.wasm"),
    "sqljs": ("sql.js", "1.16.0", "dist/sql-wasm.wasm"),
    "treesitter": ("web-tree-sitter", "0.27.1", "web-tree-sitter.wasm"),
}

# The texts: wabt's flat and folded, Binaryen's.
PRINTERS = {
    "flat": ("wasm2wat", "--enable-all"),
    "folded": ("wasm2wat", "--enable-all", "-f"),
    "dis": ("wasm-dis", "--all-features"),
}

PEER = ("wasm-opt", "-all", "-O3", "--asyncify")

# npm's Binaryen, which is newer than Debian's.
BINARYEN = "binaryen@132.0.0"


class Missing(Exception):
    """A tool is not installed, or a package cannot be had; the message says which."""


def tool(name: str) -> str:
    """The path of an installed program."""
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed")
    return path


def module(program: str) -> Path:
    """The program's module as its package ships it."""
    package, version, inside = PROGRAMS[program]
    return _cached(f"{program}-{version}.wasm", lambda target: _unpack(package, version, inside, target))


def glue(program: str) -> Path:
    """The script that its package instantiates the program's module with: for CommonJS, and Node."""
    package, version, inside = PROGRAMS[program]
    script = str(Path(inside).with_suffix(".js"))
    return _cached(f"{program}-{version}.cjs", lambda target: _unpack(package, version, script, target))


def printed(binary: Path, printer: str) -> Path:
    """A module's text, by one of `PRINTERS`."""
    command = PRINTERS[printer]
    return _made(binary, f"{printer}.wat", [*command, str(binary), "-o"])


def wasm_opt(which: str) -> str:
    """The command: `installed`, or `npm`'s, which is slow (it is compiled to JavaScript) and newer."""
    return str(installed(BINARYEN) / ".bin" / "wasm-opt") if which == "npm" else "wasm-opt"


def optimized(binary: Path, optimizer: str = "wasm-opt", flags: Sequence[str] = ()) -> Path:
    """The module after `wasm-opt -O3`: what growth is measured on."""
    return _optimized(binary, "O3", optimizer, ["-O3", *flags])


def peer(binary: Path, optimizer: str = "wasm-opt", flags: Sequence[str] = PEER[2:-1]) -> Path:
    """The module after `wasm-opt -O3 --asyncify`, which makes it pause and resume at any import."""
    return _optimized(binary, "asyncify", optimizer, [*flags, "--asyncify"])


def _optimized(binary: Path, label: str, optimizer: str, flags: list[str]) -> Path:
    usual = flags in (["-O3"], ["-O3", "--asyncify"])
    what = label if usual else f"{label}_{hashlib.sha256(' '.join(flags).encode()).hexdigest()[:8]}"
    return _made(binary, f"{what}.wasm", [optimizer, "-all", *_without(optimizer), *flags, str(binary), "-o"])


def _without(optimizer: str) -> list[str]:
    """What `-all` means in newer versions beyond what wabt and engines read: how imports are encoded."""
    new = int(_version(optimizer).split(".")[0]) >= 132
    return ["--disable-custom-descriptors", "--disable-compact-imports"] if new else []


def installed(*packages: str) -> Path:
    """The `node_modules` that holds these npm packages, each as name@version, and what they depend on."""
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    return _cached(f"node-{name}", lambda target: _install(packages, target)) / "node_modules"


def kept(source: Path) -> Path:
    """A module of the user's, or what a text of theirs is assembled to, in the cache: by its name and what is in it."""
    content = source.read_bytes()
    name = f"{source.stem}-{hashlib.sha256(content).hexdigest()[:12]}.wasm"
    if source.suffix == ".wat":
        return _cached(name, lambda target: assemble(source, target))
    return _cached(name, lambda target: target.write_bytes(content))


def assemble(text: str | Path, binary: Path) -> int:
    """Assembles a text with wabt, into `binary`; its size in bytes."""
    run([tool("wat2wasm"), "--enable-all", "-", "-o", str(binary)], text if isinstance(text, str) else text.read_text())
    return binary.stat().st_size


def run(command: list[str], text: str | None = None) -> str:
    """What a command prints. Raises `RuntimeError` with its complaint if it fails."""
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def cache() -> Path:
    """The directory that holds the programs and what was made of them."""
    home = os.environ.get("XDG_CACHE_HOME")
    user = os.getuid() if hasattr(os, "getuid") else ""
    path = Path(home) / "wat-bysyncify" if home else Path(tempfile.gettempdir()) / f"wat-bysyncify-{user}"
    path.mkdir(parents=True, exist_ok=True)
    return path


@functools.cache
def _version(name: str) -> str:
    found = re.search(r"\d[\d.]*", run([tool(name), "--version"]))
    return found[0] if found else "unknown"


def _made(binary: Path, what: str, command: list[str]) -> Path:
    """What a command makes of a module, from the cache if it is there; the command ends before its target."""
    label, suffix = what.split(".")
    name = f"{binary.stem}.{label}-{_version(command[0])}.{suffix}"
    return _cached(name, lambda target: run([tool(command[0]), *command[1:], str(target)]))


def _cached(name: str, make: Callable[[Path], object]) -> Path:
    """The file of that name in the cache. It appears there whole: several runs may share the cache."""
    path = cache() / name
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            target = Path(scratch) / name
            make(target)
            os.replace(target, path)
    return path


def _unpack(package: str, version: str, inside: str, target: Path) -> None:
    npm = tool("npm")
    command = [npm, "pack", "--silent", "--pack-destination", str(target.parent), f"{package}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=target.parent)
    packed = list(target.parent.glob("*.tgz"))
    if done.returncode or not packed:
        raise Missing(f"npm cannot pack {package}@{version}: {done.stderr.strip()[-300:]}")
    with tarfile.open(packed[0]) as archive:
        member = archive.extractfile(f"package/{inside}")
        assert member is not None
        target.write_bytes(member.read())


def _install(packages: tuple[str, ...], target: Path) -> None:
    command = [tool("npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(target), *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"npm cannot install {' '.join(packages)}: {done.stderr.strip()[-300:]}")
