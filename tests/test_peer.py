"""The surface of `wasm-opt --asyncify`, line by line: the same module, with the same option, to it and to us.

What is compared is what the modules do, not their text: never paused, and paused at imports and resumed, with each call
of the host in a trace that also says in which state it was made. Where a function is paused through that is not
instrumented, by order of an option, its traces show it, and are the same too. Our modules are made twice: with the very
same options (`--pass-arg`), and with our own.

The peers are Debian's Binaryen (108) and npm's (132, for what the older one does not know).
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any

import programs
import pytest
import wasmtime
from click.testing import CliRunner, Result

from wat_bysyncify.cli import main

NORMAL, UNWINDING, REWINDING = 0, 1, 2
DATA, END = 0xE000, 0x10000
BOTH, NPM = ("installed", "npm"), ("npm",)
MOST = 20
RUBBISH = -0x5A5A5A5B

Event = tuple[object, ...]


class Machine:
    """An instance whose imported functions are the host's, and pause where `pauses` says, each call once.

    A function import has its effect, a line in the trace, and its result once; while code that was paused through runs
    on it is traced too. `data` is where the frames go, in the memory of that name.
    """

    def __init__(
        self,
        wasm: bytes,
        pauses: tuple[str, ...] = (),
        *,
        memory: str = "memory",
        given: dict[str, Any] | None = None,
        store: wasmtime.Store | None = None,
        control: Machine | None = None,
        data: int = DATA,
        end: int = END,
    ) -> None:
        self.trace: list[Event] = []
        self.pauses, self.data, self.end = pauses, data, end
        self.store = store or wasmtime.Store()
        self.asleep = False
        self.count = 0
        self.left = MOST  # pauses: where one goes wrong, the same call may pause again and again
        module = wasmtime.Module(self.store.engine, wasm)
        imports = [(given or {}).get(entry.name) or self._import(entry) for entry in module.imports]
        self.exports: Any = wasmtime.Instance(self.store, module, imports).exports(self.store)
        self.host = control or self  # who has the control functions
        self.memory: Any = self.exports.get(memory)

    def _import(self, entry: wasmtime.ImportType) -> wasmtime.Func:
        type_ = entry.type
        assert isinstance(type_, wasmtime.FuncType), f"{entry.module}.{entry.name}"
        name = f"{entry.module}.{entry.name}"

        def called(*arguments: Any) -> Any:
            if self.asleep and self.state() == REWINDING:
                self.control("stop_rewind")
                self.asleep = False
            elif name in self.pauses and self.state() == NORMAL and not self.asleep and self.left:
                self.pause()
                return [RUBBISH] * len(type_.results) if len(type_.results) > 1 else RUBBISH if type_.results else None
            self.count += 1
            self.trace.append((name, *arguments, self.state()))
            return self.count if type_.results else None

        return wasmtime.Func(self.store, type_, called)

    def control(self, name: str, *arguments: int) -> Any:
        return self.host.exports[f"asyncify_{name}"](self.store, *arguments)

    def state(self) -> int:
        return int(self.control("get_state")) if self.host.exports.get("asyncify_get_state") else NORMAL

    def pause(self) -> None:
        wide = self.memory.type(self.store).is_64
        layout, size = ("<QQ", 16) if wide else ("<II", 8)
        self.memory.write(self.store, struct.pack(layout, self.data + size, self.end), self.data)
        self.asleep = True
        self.left -= 1
        self.control("start_unwind", self.data)

    def position(self) -> int:
        """How many bytes of frames there are."""
        size = 16 if self.memory.type(self.store).is_64 else 8
        return (
            int.from_bytes(self.memory.read(self.store, self.data, self.data + size // 2), "little") - self.data - size
        )

    def call(self, name: str, *arguments: Any) -> Any:
        """The result of an export, which is paused as often as it is; "trap" if it traps."""
        try:
            result = self.exports[name](self.store, *arguments)
            while self.asleep:
                self.trace.append(("paused", self.state()))
                self.control("stop_unwind")
                self.control("start_rewind", self.data)
                result = self.exports[name](self.store, *arguments)
        except wasmtime.Trap:
            result = "trap"
        self.trace.append((name, result, self.state()))
        return result

    def effects(self) -> list[Event]:
        """The trace without the pauses."""
        return [event for event in self.trace if event[0] != "paused"]


# --- The same options to both


def wasm_opt(which: str) -> list[str]:
    """The command; skips the test if it is not to be had."""
    try:
        command = programs.tool(programs.wasm_opt(which))
    except programs.Missing as missing:
        pytest.skip(str(missing))
    new = ["--disable-custom-descriptors", "--disable-compact-imports"] if which == "npm" else []
    return [command, "-all", *new, "--asyncify"]


def peer(text: str, which: str, *options: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What the peer says; its module is out.wasm."""
    source = directory / "in.wat"
    source.write_text(text)
    passed = [f"--pass-arg={option}" for option in options]
    command = [*wasm_opt(which), *passed, str(source), "-o", str(directory / "out.wasm")]
    return subprocess.run(command, capture_output=True, text=True)


def peer_module(text: str, which: str, *options: str, directory: Path) -> bytes:
    """The module that the peer makes."""
    done = peer(text, which, *options, directory=directory)
    assert done.returncode == 0, done.stderr
    return (directory / "out.wasm").read_bytes()


def passed(options: tuple[str, ...]) -> list[str]:
    return [word for option in options for word in ("--pass-arg", option)]


def ours(text: str, *words: str) -> Result:
    """What we say, with names as the peer has them."""
    return CliRunner().invoke(main, ["--names", "asyncify", *words, "-"], input=text)


def our_module(text: str, *words: str) -> bytes:
    """The module that we make."""
    done = ours(text, *words)
    assert done.exit_code == 0, done.stderr
    return bytes(wasmtime.wat2wasm(done.stdout))


def traces(wasm: bytes, exports: tuple[str, ...], pauses: tuple[str, ...], **given: Any) -> list[list[Event]]:
    """What happens when each export is called, in an instance of its own."""
    found = []
    for name in exports:
        machine = Machine(wasm, pauses, **given)
        machine.call(name)
        found.append(machine.trace)
    return found


def plain(text: str, exports: tuple[str, ...]) -> list[list[Event]]:
    """What the module does as it is."""
    return traces(bytes(wasmtime.wat2wasm(text)), exports, ())


def until_wrong(trace: list[Event]) -> list[Event]:
    """A trace up to the first thing that happens while the stack is unwound."""
    wrong = [k for k, event in enumerate(trace) if event[0] != "paused" and event[-1] == UNWINDING]
    return trace[: wrong[0] + 1] if wrong else trace


# --- Imports, indirect calls, lists

MODULE = """
(module
  (type $v (func (result i32)))
  (import "env" "sleep" (func $sleep (result i32)))
  (import "env" "log" (func $log (param i32)))
  (import "wasi" "nap" (func $nap (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $leaf)
  (func $leaf (type $v) (local $x i32)
    (call $log (i32.const 1))
    (local.set $x (call $sleep))
    (call $log (local.get $x))
    (i32.add (local.get $x) (i32.const 100)))
  (func $middle (result i32) (local $x i32)
    (call $log (i32.const 2))
    (local.set $x (i32.mul (call $leaf) (i32.const 2)))
    (call $log (i32.const 3))
    (local.get $x))
  (func $direct_ (export "direct") (result i32) (i32.add (call $middle) (call $middle)))
  (func $through (result i32) (local $x i32)
    (call $log (i32.const 4))
    (local.set $x (call_indirect (type $v) (i32.const 0)))
    (call $log (i32.const 5))
    (local.get $x))
  (func $table_ (export "table") (result i32) (i32.add (i32.const 1000) (call $through)))
  (func $nap_ (export "nap") (result i32)
    (call $log (i32.const 6))
    (i32.add (call $nap) (i32.const 7)))
)
"""
DIRECT, TABLE, NAP = ("direct",), ("table",), ("nap",)
SLEEP, ALL = ("env.sleep",), ("env.sleep", "env.log", "wasi.nap")

# name: options of the peer; ours; the exports to call, and the imports that pause; whether all goes well; the peers
OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], bool, tuple[str, ...]]] = {
    "any import": ((), (), DIRECT + TABLE + NAP, ALL, True, BOTH),
    "one import": (("asyncify-imports@env.sleep",), ("--imports", "env.sleep"), DIRECT + TABLE, SLEEP, True, BOTH),
    "not that import": (("asyncify-imports@env.sleep",), ("--imports", "env.sleep"), NAP, ("wasi.nap",), False, BOTH),
    "two imports": (
        ("asyncify-imports@env.sleep,wasi.nap",),
        ("--imports", "env.sleep,wasi.nap"),
        DIRECT + TABLE + NAP,
        ("env.sleep", "wasi.nap"),
        True,
        BOTH,
    ),
    "all of a module": (("asyncify-imports@env.*",), ("--imports", "env.*"), DIRECT, ALL[:2], True, BOTH),
    "a wildcard at the end": (("asyncify-imports@env.sl*",), ("--imports", "env.sl*"), DIRECT, SLEEP, True, BOTH),
    "no import": (("asyncify-ignore-imports",), ("--ignore-imports",), DIRECT + NAP, ALL, False, BOTH),
    "no indirect call": (("asyncify-ignore-indirect",), ("--ignore-indirect",), TABLE, SLEEP, False, BOTH),
    "no indirect call, direct ones": (("asyncify-ignore-indirect",), ("--ignore-indirect",), DIRECT, ALL, True, BOTH),
    "indirect calls of what is added": (
        ("asyncify-ignore-indirect", "asyncify-addlist@through,table_"),
        ("--ignore-indirect", "--add-list", "through,$table_"),
        TABLE,
        SLEEP,
        True,
        BOTH,
    ),
    "a function removed": (("asyncify-removelist@middle",), ("--remove-list", "$middle"), DIRECT, SLEEP, False, BOTH),
    "functions removed by a wildcard": (
        ("asyncify-removelist@mid*",),
        ("--remove-list", "mid*"),
        DIRECT,
        SLEEP,
        False,
        BOTH,
    ),
    "another function removed": (
        ("asyncify-removelist@through",),
        ("--remove-list", "through"),
        DIRECT,
        SLEEP,
        True,
        BOTH,
    ),
    "the older name of that list": (
        ("asyncify-blacklist@middle",),
        ("--remove-list", "middle"),
        DIRECT,
        SLEEP,
        False,
        BOTH,
    ),
    "only what is needed": (
        ("asyncify-onlylist@leaf,middle,direct_",),
        ("--only-list", "leaf,$middle,direct"),
        DIRECT,
        SLEEP,
        True,
        BOTH,
    ),
    "only what is needed, indirect calls too": (
        ("asyncify-onlylist@leaf,through,table_",),
        ("--only-list", "leaf,through,table"),
        TABLE,
        SLEEP,
        True,
        BOTH,
    ),
    "only some": (("asyncify-onlylist@leaf,direct_",), ("--only-list", "leaf,direct"), DIRECT, SLEEP, False, BOTH),
    "only what a wildcard says": (("asyncify-onlylist@*",), ("--only-list", "*"), DIRECT + TABLE, SLEEP, True, BOTH),
    "the older name of the only list": (
        ("asyncify-whitelist@leaf,middle,direct_",),
        ("--only-list", "leaf,middle,direct"),
        DIRECT,
        SLEEP,
        True,
        BOTH,
    ),
}


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("case", OPTIONS)
def test_options(case: str, which: str, tmp_path: Path) -> None:
    theirs, own, exports, pauses, well, peers = OPTIONS[case]
    if which not in peers:
        pytest.skip("not an option of that version")
    expected = plain(MODULE, exports)
    modules = [
        peer_module(MODULE, which, *theirs, directory=tmp_path),
        our_module(MODULE, *passed(theirs)),
        our_module(MODULE, *own),
    ]
    for wasm in modules:
        assert traces(wasm, exports, ()) == expected
    paused = [traces(wasm, exports, pauses) for wasm in modules]
    assert paused[1] == paused[2]
    if not well:  # the same until it goes wrong
        paused = [[until_wrong(trace) for trace in each] for each in paused]
    assert paused[1] == paused[0]
    assert all(any(event[-1] == UNWINDING for event in trace) for trace in paused[0])
    effects = [[event for event in trace if event[0] != "paused"] for trace in paused[0]]
    assert (effects == expected) == well


def test_lists_from_files(tmp_path: Path) -> None:
    """`@@file` is a list in a file; ours has one entry a line, the peer's too."""
    listed = tmp_path / "imports.txt"
    listed.write_text("env.sleep\nwasi.nap\n")
    option = f"asyncify-imports@@{listed}"
    modules = [
        peer_module(MODULE, "npm", option, directory=tmp_path),
        our_module(MODULE, "--pass-arg", option),
        our_module(MODULE, "--imports", f"@{listed}"),
    ]
    expected = traces(modules[0], DIRECT + NAP, ("env.sleep", "wasi.nap"))
    assert [traces(wasm, DIRECT + NAP, ("env.sleep", "wasi.nap")) for wasm in modules] == [expected] * 3
    assert expected[1][1] == ("paused", UNWINDING)


@pytest.mark.parametrize("propagate", [False, True])
def test_added(propagate: bool, tmp_path: Path) -> None:
    """With propagate-addlist the callers of what is added are instrumented too."""
    extra = ("asyncify-propagate-addlist",) if propagate else ()
    theirs = ("asyncify-ignore-imports", "asyncify-addlist@leaf", *extra)
    text = MODULE.replace("(call $sleep)", "(call_indirect (type $v) (i32.const 0))").replace(
        "(elem (i32.const 0) $leaf)", "(elem (i32.const 0) $sleep)"
    )  # the indirect calls of an added function can pause
    modules = [
        peer_module(text, "npm", *theirs, "asyncify-ignore-indirect", directory=tmp_path),
        our_module(text, *passed((*theirs, "asyncify-ignore-indirect"))),
        our_module(
            text, "--ignore-imports", "--add-list", "leaf", "--ignore-indirect", *["--propagate-add-list"] * propagate
        ),
    ]
    expected = plain(text, DIRECT)
    for wasm in modules:
        assert traces(wasm, DIRECT, ()) == expected
        (trace,) = traces(wasm, DIRECT, SLEEP)
        assert ([event for event in trace if event[0] != "paused"] == expected[0]) == propagate


# name: options, the peers that refuse them, what we say
FATAL = {
    "added and removed": (
        ("asyncify-addlist@leaf", "asyncify-removelist@leaf"),
        NPM,
        "$leaf is said to pause, and not to",
    ),
    "only and added": (("asyncify-onlylist@leaf", "asyncify-addlist@middle"), BOTH, "exclude each other"),
    "only and removed": (("asyncify-onlylist@leaf", "asyncify-removelist@middle"), BOTH, "exclude each other"),
}


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("case", FATAL)
def test_conflicts(case: str, which: str, tmp_path: Path) -> None:
    """What contradicts itself is refused; by Debian's peer not everything."""
    options, peers, said = FATAL[case]
    done = peer(MODULE, which, *options, directory=tmp_path)
    assert (done.returncode != 0) == (which in peers)
    mine = ours(MODULE, *passed(options))
    assert mine.exit_code in (1, 2) and said in mine.stderr and not mine.stdout


def test_unknown_names(tmp_path: Path) -> None:
    """A difference: of imports that there are not, the peer says nothing, and we warn."""
    option = "asyncify-imports@env.sleeep"
    done = peer(MODULE, "npm", option, directory=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    mine = ours(MODULE, "--pass-arg", option)
    assert mine.exit_code == 0 and "'env.sleeep' matches no imported function" in mine.stderr


@pytest.mark.parametrize("which", BOTH)
def test_verbose(which: str, tmp_path: Path) -> None:
    """Both say why functions are instrumented; a difference: the peer on stdout, before the text if that goes there."""
    done = peer(MODULE, which, "asyncify-verbose", directory=tmp_path)
    assert "middle can change the state due to" in done.stdout
    mine = ours(MODULE, "--pass-arg", "asyncify-verbose")
    assert mine.stdout == ours(MODULE).stdout and mine.stdout.startswith("\n(module")
    assert "$middle (line 15) calls" in mine.stderr


def test_unknown_option(tmp_path: Path) -> None:
    """A difference: the peer ignores options that it does not know, and we do not."""
    assert peer(MODULE, "npm", "asyncify-import@env.sleep", directory=tmp_path).returncode == 0
    mine = ours(MODULE, "--pass-arg", "asyncify-import@env.sleep")
    assert mine.exit_code == 2 and "there is no 'asyncify-import'" in mine.stderr


@pytest.mark.parametrize("which", BOTH)
def test_ignore_unwind_from_catch(which: str, tmp_path: Path) -> None:
    """A difference: the installed peers do not know this option, which newer ones document, and ignore it; we have it
    (tests/test_legacy.py shows what it does)."""
    option = "asyncify-ignore-unwind-from-catch"
    peer_module(MODULE, which, directory=tmp_path)
    without = (tmp_path / "out.wasm").read_bytes()
    assert peer_module(MODULE, which, option, directory=tmp_path) == without
    assert (
        ours(MODULE, "--pass-arg", option).stdout
        == ours(MODULE, "--ignore-unwind-from-catch", "--names", "asyncify").stdout
    )


def test_names_of_2019(tmp_path: Path) -> None:
    """The options of 2019, which today's peer does not know any more, are what they are called today."""
    for option, own, exports, well in (
        ("imports@env.sleep", ("--imports", "env.sleep"), DIRECT, True),
        ("ignore-imports", ("--ignore-imports",), DIRECT, False),
        ("ignore-indirect", ("--ignore-indirect",), TABLE, False),
    ):
        modules = [
            peer_module(MODULE, "npm", f"asyncify-{option}", directory=tmp_path),
            our_module(MODULE, "--pass-arg", f"bysyncify-{option}"),
            our_module(MODULE, *own),
        ]
        found = [until_wrong(traces(wasm, exports, SLEEP)[0]) for wasm in modules]
        assert found[0] == found[1] == found[2]
        assert ([event for event in found[0] if event[0] != "paused"] == plain(MODULE, exports)[0]) == well
    done = CliRunner().invoke(main, ["--pass-arg", "bysyncify-imports@env.sleep", "-"], input=MODULE)
    assert "bysyncify_start_unwind" in done.stdout and "asyncify_start" not in done.stdout


# --- Names and control functions

DRIVEN = """
(module
  (import "{module}" "start_unwind" (func $start_unwind (param i32)))
  (import "{module}" "stop_unwind" (func $stop_unwind))
  (import "{module}" "start_rewind" (func $start_rewind (param i32)))
  (import "{module}" "stop_rewind" (func $stop_rewind))
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\\18\\00\\00\\00\\00\\10\\00\\00")
  (global $asleep (mut i32) (i32.const 0))
  (func $sleep
    (if (global.get $asleep)
      (then (global.set $asleep (i32.const 0)) (call $stop_rewind))
      (else (global.set $asleep (i32.const 1)) (call $start_unwind (i32.const 16)))))
  (func $work (param $n i32)
    (call $log (local.get $n))
    (call $sleep)
    (call $log (i32.add (local.get $n) (i32.const 1))))
  (func $driver_ (export "driver")
    (call $work (i32.const 7))
    (call $stop_unwind)
    (call $log (i32.const 0))
    (call $start_rewind (i32.const 16))
    (call $work (i32.const 0)))
)
"""


@pytest.mark.parametrize("which", BOTH)
def test_driven_by_itself(which: str, tmp_path: Path) -> None:
    """Control functions as imports from asyncify; ours also from bysyncify."""
    theirs = peer_module(DRIVEN.format(module="asyncify"), which, "asyncify-ignore-imports", directory=tmp_path)
    expected = traces(theirs, ("driver",), ())
    assert expected == [[("env.log", 7, 0), ("env.log", 0, 0), ("env.log", 8, 0), ("driver", None, 0)]]
    for module in ("asyncify", "bysyncify"):
        assert traces(our_module(DRIVEN.format(module=module)), ("driver",), ()) == expected


def test_get_state_imported(tmp_path: Path) -> None:
    """A difference: get_state can be imported too; the peer aborts."""
    text = MODULE.replace(
        '(import "wasi"', '(import "asyncify" "get_state" (func $state (result i32)))\n(import "wasi"'
    )
    text = text.replace("(call $log (i32.const 6))", "(call $log (call $state))")
    assert peer(text, "npm", directory=tmp_path).returncode != 0
    wasm = our_module(text, "--imports", "wasi.nap")
    assert traces(wasm, NAP, ("wasi.nap",))[0] == [("env.log", 0, 0), ("paused", 1), ("wasi.nap", 0), ("nap", 9, 0)]


@pytest.mark.parametrize("which", BOTH)
def test_exports(which: str, tmp_path: Path) -> None:
    """The five control functions, by the names that the user wants; a difference: bysyncify_* if nothing is said."""
    names = {f"{name}" for name in ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state")}

    def added(wasm: bytes) -> set[str]:
        exports = {entry.name for entry in wasmtime.Module(wasmtime.Engine(), wasm).exports}
        return exports - {"memory", *DIRECT, *TABLE, *NAP}

    asyncify, bysyncify = ({f"{prefix}_{name}" for name in names} for prefix in ("asyncify", "bysyncify"))
    assert added(peer_module(MODULE, which, directory=tmp_path)) == asyncify == added(our_module(MODULE))
    for words, expected in (([], bysyncify), (["--names", "both"], asyncify | bysyncify)):
        done = CliRunner().invoke(main, [*words, "-"], input=MODULE)
        assert added(bytes(wasmtime.wat2wasm(done.stdout))) == expected


# --- Checks


@pytest.mark.parametrize("which", BOTH)
def test_asserts(which: str, tmp_path: Path) -> None:
    """With asserts both trap where a function is paused through that is not instrumented."""
    theirs = ("asyncify-asserts", "asyncify-removelist@middle")
    modules = [
        peer_module(MODULE, which, *theirs, directory=tmp_path),
        our_module(MODULE, *passed(theirs)),
        our_module(MODULE, "--asserts", "--remove-list", "middle"),
    ]
    for wasm in modules:
        assert traces(wasm, DIRECT, ()) == plain(MODULE, DIRECT)
        assert traces(wasm, TABLE, SLEEP)[0][-1] == ("table", 1103, 0)
        assert traces(wasm, DIRECT, SLEEP) == [[("env.log", 2, 0), ("env.log", 1, 0), ("direct", "trap", UNWINDING)]]
    machine = Machine(modules[1], SLEEP)
    machine.call("direct")
    store = machine.store
    said = [machine.exports[f"asyncify_error{name}"].value(store) for name in ("", "_function")]
    assert said == [1, 4]  # a difference: ours says what went wrong, and that it was $middle


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("room", [0, 4, 8])
def test_overflow(room: int, which: str, tmp_path: Path) -> None:
    """Where there is too little room for the frames both trap; a difference: the peer has written behind the end then,
    and we have not."""
    for wasm, overwritten in ((peer_module(MODULE, which, directory=tmp_path), True), (our_module(MODULE), False)):
        machine = Machine(wasm, SLEEP, end=DATA + 8 + room)
        machine.memory.write(machine.store, b"\xa5" * 64, machine.end)
        machine.call("direct")
        assert machine.trace[-1][:2] == ("direct", "trap")
        behind = machine.memory.read(machine.store, machine.end, machine.end + 64)
        assert (bytes(behind) != b"\xa5" * 64) == overwritten


# --- Memories

MEMORY_64 = MODULE.replace('(memory (export "memory") 1)', '(memory (export "memory") i64 1)')
TWO = MODULE.replace('(memory (export "memory") 1)', '(memory (export "first") 1)\n(memory (export "memory") 1)')


def test_named_memory(tmp_path: Path) -> None:
    """The memory with that exported name holds the frames, and no other changes."""
    theirs = ("asyncify-memory@memory",)
    for wasm in (
        peer_module(TWO, "npm", *theirs, directory=tmp_path),
        our_module(TWO, *passed(theirs)),
        our_module(TWO, "--memory", "memory"),
    ):
        machine = Machine(wasm, SLEEP)
        machine.call("direct")
        assert [machine.effects()] == plain(MODULE, DIRECT) and machine.left < MOST
        first = machine.exports["first"]
        assert not any(first.read(machine.store, 0, END))
        assert any(machine.memory.read(machine.store, DATA, END))


@pytest.mark.parametrize("pages", [None, 3])
def test_secondary_memory(pages: int | None, tmp_path: Path) -> None:
    """A memory of their own for the frames, of some size. A difference: it is exported as asyncify_memory; the
    peer's is not, and no host could say where the frames go. Here the test adds the export."""
    theirs = ["asyncify-in-secondary-memory"]
    own = ["--own-memory"]
    if pages:
        theirs.append(f"asyncify-secondary-memory-size@{pages}")
        own.append(str(pages))
    peer_module(MODULE, "npm", *theirs, directory=tmp_path)
    try:
        printer = programs.tool("wasm2wat")
    except programs.Missing as missing:
        pytest.skip(str(missing))
    text = programs.run([printer, "--enable-all", str(tmp_path / "out.wasm")]).rstrip().removesuffix(")")
    for wasm in (
        bytes(wasmtime.wat2wasm(f'{text}(export "asyncify_memory" (memory 1)))')),
        our_module(MODULE, *passed(tuple(theirs))),
        our_module(MODULE, *own),
    ):
        machine = Machine(wasm, SLEEP, memory="asyncify_memory")
        machine.call("direct")
        assert [machine.effects()] == plain(MODULE, DIRECT) and machine.left < MOST
        assert machine.memory.size(machine.store) == (pages or 1)
        assert not any(machine.exports["memory"].read(machine.store, 0, END))


def test_memory_64(tmp_path: Path) -> None:
    """In a 64-bit memory the two pointers are of 64 bits."""
    for wasm in (peer_module(MEMORY_64, "npm", directory=tmp_path), our_module(MEMORY_64)):
        (trace,) = traces(wasm, DIRECT, SLEEP)
        assert [[event for event in trace if event[0] != "paused"]] == plain(MEMORY_64, DIRECT)
        assert ("paused", UNWINDING) in trace


# --- Modules that are linked

MAIN = """
(module
  (import "env" "log" (func $log (param i32)))
  (import "side" "work" (func $work (param i32) (result i32)))
  (memory $memory (export "memory") 1)
  (func $run_ (export "run") (result i32) (local $x i32)
    (call $log (i32.const 1))
    (local.set $x (call $work (i32.const 20)))
    (call $log (local.get $x))
    (i32.add (local.get $x) (i32.const 1)))
)
"""
SIDE = """
(module
  (import "env" "memory" (memory 1))
  (import "env" "sleep" (func $sleep (result i32)))
  (import "env" "log" (func $log (param i32)))
  (global $count (mut i32) (i32.const 0))
  (func $work_ (export "work") (param $n i32) (result i32) (local $x i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $log (global.get $count))
    (local.set $x (call $sleep))
    (i32.add (local.get $n) (local.get $x)))
)
"""
LINKED: dict[str, tuple[bool, bool]] = {"ours, ours": (True, True), "ours, peer": (True, False)}
LINKED |= {"peer, ours": (False, True), "peer, peer": (False, False)}
SHARED = ("__asyncify_state", "__asyncify_data")


@pytest.mark.parametrize("pauses", [(), SLEEP])
@pytest.mark.parametrize("pair", LINKED)
def test_shared_globals(pair: str, pauses: tuple[str, ...], tmp_path: Path) -> None:
    """A side module that imports the state of the main one, and is paused with it; whoever made which."""
    main_is_ours, side_is_ours = LINKED[pair]
    made = {}
    for name, text, mine, option, own in (
        ("main", MAIN, main_is_ours, "asyncify-export-globals", "--export-globals"),
        ("side", SIDE, side_is_ours, "asyncify-import-globals", "--import-globals"),
    ):
        made[name] = our_module(text, own) if mine else peer_module(text, "npm", option, directory=tmp_path)
        if mine:
            assert our_module(text, "--pass-arg", option) == made[name]
    store = wasmtime.Store()
    linked: list[Machine] = []
    work = wasmtime.Func(
        store,
        wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()]),
        lambda n: linked[1].exports["work"](store, n),
    )
    linked.append(Machine(made["main"], store=store, given={"work": work}))
    shared = {name: linked[0].exports[name] for name in SHARED}
    linked.append(
        Machine(made["side"], pauses, store=store, given={"memory": linked[0].memory, **shared}, control=linked[0])
    )
    head, side = linked
    side.memory, side.trace = head.memory, head.trace
    results = head.exports["run"](store)
    while side.asleep:
        head.trace.append(("paused", head.state()))
        head.control("stop_unwind")
        head.control("start_rewind", side.data)
        results = head.exports["run"](store)
    assert results == 23
    waits = [("paused", 1)] if pauses else []
    before = [("env.log", 1, 0), ("env.log", 1, 0)]
    assert head.trace == [*before, *waits, ("env.sleep", 0), ("env.log", 22, 0)]


# --- What the peer does not do

REFERENCES = """
(module
  (import "env" "sleep" (func $sleep (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (tag $e (param i32))
  (type $v (func (result i32)))
  (type $box (struct (field i32)))
  (elem declare func $sleeper $later)
  (func $sleeper (result i32) (i32.add (call $sleep) (i32.const 5)))
  (func $later (result i32) (i32.add (call $sleep) (i32.const 50)))
  (func $run_ (export "run") (result i32)
    {}
  )
)
"""
# name: the code, and what the peer does: it aborts, or is wrong when the code is paused, or it runs too
BEYOND = {
    "a tail call": ("(return_call $sleeper)", "aborts"),
    "an indirect tail call": ("(return_call_ref $v (ref.func $sleeper))", "runs"),
    "a reference that is alive": (
        "(local $f funcref) (local.set $f (ref.func $sleeper)) (drop (call $sleeper)) (ref.is_null (local.get $f))",
        "aborts",
    ),
    "a reference that cannot be null": (
        "(local $f (ref $v)) (local.set $f (ref.func $later)) (drop (call $sleeper)) (call_ref $v (local.get $f))",
        "aborts",
    ),
    "try_table": (
        "(block $h (result i32) "
        "(try_table (catch $e $h) (drop (call $sleeper)) (throw $e (i32.const 8))) (i32.const 0))",
        "aborts",
    ),
    "a handler that pauses": (
        "(drop (block $h (result i32) "
        "(try_table (catch $e $h) (throw $e (i32.const 8))) (i32.const 0))) (call $sleeper)",
        "aborts",
    ),
    "br_on_null": (
        "(local $n i32) "
        "(block $b (local.set $n (call $sleeper)) (drop (br_on_null $b (ref.null $box)))) (local.get $n)",
        "aborts",
    ),
    "br_on_cast": (
        "(drop (block $b (result (ref $box)) (drop (call $sleeper)) "
        "(drop (br_on_cast $b anyref (ref $box) (struct.new $box (i32.const 1)))) (unreachable))) (call $later)",
        "aborts",
    ),
    "call_ref": ("(call $log (i32.const 1)) (i32.add (call_ref $v (ref.func $sleeper)) (i32.const 1))", "is wrong"),
}


@pytest.mark.parametrize("code", BEYOND)
def test_beyond(code: str, tmp_path: Path) -> None:
    """What the peer aborts on, or is wrong on without a word, runs here, paused and resumed."""
    body, does = BEYOND[code]
    text = REFERENCES.format(body)
    expected = plain(text, ("run",))
    done = peer(text, "npm", "asyncify-imports@env.sleep", directory=tmp_path)
    assert (done.returncode != 0) == (does == "aborts")
    if does == "is wrong":
        (trace,) = traces((tmp_path / "out.wasm").read_bytes(), ("run",), SLEEP)
        assert [event for event in trace if event[0] != "paused"] != expected[0]
    for words in (("--imports", "env.sleep"), ("--imports", "env.sleep", "-O")):
        (trace,) = traces(our_module(text, *words), ("run",), SLEEP)
        assert ("paused", UNWINDING) in trace
        assert [event for event in trace if event[0] != "paused"] == expected[0]


def test_tail_calls_where_nothing_can_pause(tmp_path: Path) -> None:
    """The peer aborts on a tail call, be it as it may; ours leaves the function as it is."""
    text = REFERENCES.format("(return_call $sleeper)")
    assert peer(text, "npm", "asyncify-ignore-imports", directory=tmp_path).returncode != 0
    assert "    (return_call $sleeper)\n  )" in ours(text, "--ignore-imports").stdout


def test_transformed_already(tmp_path: Path) -> None:
    """Both refuse a module that is rewritten; ours says which export tells that."""
    peer_module(MODULE, "npm", directory=tmp_path)
    again = subprocess.run(
        [*wasm_opt("npm"), str(tmp_path / "out.wasm"), "-o", str(tmp_path / "2")], capture_output=True
    )
    assert again.returncode != 0
    mine = ours(ours(MODULE).stdout)
    assert mine.exit_code == 1 and '"asyncify_start_unwind" is exported already' in mine.stderr
