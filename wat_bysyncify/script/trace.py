"""Scripts whose run is told as a story (`wat-shell --trace`): modules are rewritten, paused and resumed as they run.

Control functions of the modules call back (`trace` of Options): so the story is the same whoever drives the pausing. A
module that does not drive itself gets a memory for its frames, and is paused and resumed at each call of an import that
may pause. Then its frames are read with its map.

Where modules call each other only what drives itself is paused, for the host cannot know who is on the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import wasmtime

from ..instrument import Options, rewrite_text
from ..instrument.names import CONTROL_FUNCTIONS, OBSERVER, START
from ..instrument.rewrite import read_program
from ..stack import Frame, StackError, StackMap, decode_frames, read_map
from .commands import Form, Source, unescape
from .host import Exports, Host
from .instance import VALTYPES, Instance, Module
from .interface import Import
from .run import Script
from .story import Reader, Story
from .traps import reason
from .values import Value

# Of frames that are in a memory of their own: as much as is never too little, and takes no room before it is used.
_PAGES = 1024
_DATA = 0
_MASKS = {4: 0xFFFFFFFF, 8: 0xFFFFFFFF_FFFFFFFF}


@dataclass(slots=True)
class _Traced:
    """A module that is rewritten: its map, its text, whether the host drives the pausing; and of its instance what is
    known of the stacks, by the address of their data structures: where the frames begin, and the innermost one."""

    map: StackMap
    reader: Reader
    driven: bool
    exports: Exports | None = None
    given_up: bool = False  # what is paused will not be resumed
    starts: dict[int, int] = field(default_factory=dict)
    paused: dict[int, Frame | None] = field(default_factory=dict)

    def control(self, name: str, *arguments: int) -> Any:
        """Calls a control function."""
        function = self.exports.function(f"{self.map.prefix}_{name}") if self.exports else None
        return function(*arguments) if function else None

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the memory that holds the frames; none where there are none such."""
        memory = self.exports.get(f"{self.map.prefix}_memory") if self.exports else None
        if not self.exports or not isinstance(memory, wasmtime.Memory):
            return b""
        return bytes(memory.read(self.exports.store, address, address + size))


class Tracing(Host):
    """A host that tells of calls of the functions of another, and pauses and resumes the instance that the script acts
    on. Imports that nobody provides are functions that do nothing and give zeros."""

    def __init__(self, story: Story, host: Host) -> None:
        super().__init__(host.out)
        self.story, self.host = story, host
        self.known: dict[int, _Traced] = {}  # by the identity of the exports of an instance
        self.running: _Traced | None = None  # what the script acts on
        self.entry: str | None = None  # and by which export
        self.results: Sequence[Value] | None = None  # of the call that is paused
        self.strict = self.linked = False

    def provides(self, module: str, name: str) -> bool:
        return self.host.provides(module, name) or not (self.strict or module == "spectest")

    def called(self, module: str, name: str, arguments: list[Value], exports: Exports) -> Sequence[Value] | None:
        traced = self.running if self.running and self.running.exports is exports else None
        if traced and traced.control("get_state") == 2:
            traced.control("stop_rewind")
            return self.results
        said = f"{module}.{name}"
        self.story.imported(said, [str(value) for value in arguments])
        known = self.host.provides(module, name)
        results = self.host.called(module, name, arguments, exports) if known else None
        if not traced or not traced.driven or self.linked or said not in traced.map.imports:
            return results
        self.results = results
        traced.control("start_unwind", _DATA)
        return results  # nobody reads that

    def call(self, function: Callable[..., Any], arguments: Sequence[Any], exports: Exports) -> Any:
        traced = self.running = self.known.get(id(exports))
        try:
            results = function(*arguments)
            while traced and traced.driven and traced.control("get_state") == 1:
                traced.control("stop_unwind")
                traced.control("start_rewind", _DATA)
                results = function(*arguments)
        except wasmtime.Trap:
            if traced and traced.driven and traced.control("get_state"):  # as if it had never been called
                traced.given_up = True
                traced.control("stop_unwind" if traced.control("get_state") == 1 else "stop_rewind")
                traced.given_up = False
            raise
        return results

    def observed(self, traced: _Traced, number: int, data: int) -> None:
        """A control function is called, with a data structure."""
        if traced.given_up:
            return
        name, word, story = CONTROL_FUNCTIONS[number], traced.map.word, self.story
        data &= _MASKS[word]
        position = int.from_bytes(traced.read(data, word), "little")
        if name == "start_unwind":
            traced.starts[data] = position  # where the frames of a stack that was given up end, if there is one
            story.tell(name, [f"pausing: start_unwind({data})"], data=data)
        elif name == "stop_rewind":
            frame = traced.paused.get(data)
            behind = f"; {traced.reader.place(frame)} goes on" if frame else ""
            frames = traced.reader.data([frame]) if frame else [None]
            story.tell(name, [f"resumed: stop_rewind{behind}"], data=data, frame=frames[0])
        else:
            start = traced.starts.get(data, data + 2 * word)
            frames_, problem = self.frames(traced, start, position)
            traced.paused[data] = frames_[0] if frames_ else None
            if name == "stop_unwind":
                said = f"unwound: {position - start} bytes of frames at {start}"
                lines = traced.reader.frames(frames_)
            else:
                said = f"rewinding: start_rewind({data}), {position - start} bytes of frames"
                lines = []
            told = {"data": data, "start": start, "position": position, "frames": traced.reader.data(frames_)}
            story.tell(name, [said, *lines], **told)
            if problem:
                story.tell("problem", [f"  {problem}"], message=problem)

    def frames(self, traced: _Traced, start: int, position: int) -> tuple[tuple[Frame, ...], str]:
        """The frames of a stack; and what is wrong with them, if anything."""
        entry = self.entry if traced.driven and self.entry in traced.map.exports else None
        try:
            if position < start or len(memory := traced.read(start, position - start)) != position - start:
                return (), f"no frames can be read from {start} to {position}"
            stack = decode_frames(traced.map, memory, start, entry)
        except StackError as error:
            return error.frames, str(error)
        return stack.frames, "the frames can be read in another way too" if stack.ambiguous else ""


class TracedScript(Script):
    """A script whose modules are rewritten with `options`, and whose run is told. `pause_at` are the imports that pause
    in modules that do not drive themselves, as `module.base`, None for any; `warn` gets what is wrong with them."""

    def __init__(
        self,
        text: str,
        *,
        story: Story,
        options: Options,
        pause_at: tuple[str, ...] | None = None,
        host: Host | None = None,
        warn: Callable[[str], None] = lambda warning: None,
    ) -> None:
        self.tracing = Tracing(story, host or Host())
        super().__init__(text, host=self.tracing, rewrite=self.rewritten)
        self.text, self.story, self.options, self.pause_at, self.warn = text, story, options, pause_at, warn
        self.last: _Traced | None = None
        self.traced: dict[int, tuple[Module, _Traced]] = {}  # by the identity of the module

    def rewritten(self, text: str) -> str:
        """The text of a module that is told of; its map is `last` then."""
        options = replace(self.options, trace=True)
        driven = not read_program(text, options).control.functions
        if driven:
            if options.memory is None and options.own_memory is None:
                options = replace(options, own_memory=_PAGES)
            if self.pause_at is not None:
                options = replace(options, imports=self.pause_at)
        found = rewrite_text(text, options, mapped=True)
        for warning in found.warnings:
            self.warn(warning)
        self.last = _Traced(read_map(found.map()), Reader(text, 1), driven and options.own_memory is not None)
        return "".join(found.pieces)

    def compile(self, source: Source) -> Module:
        self.last = None
        module = super().compile(source)
        if self.last:
            if source.kind == "text":
                self.last.reader.first_line += self.text.count("\n", 0, source.offset)
            self.traced[id(module)] = module, self.last
        return module

    def resolve(self, module: Module, item: Import, importer: Callable[[], Instance | None], strict: bool) -> Any:
        self.tracing.strict = strict
        found = super().resolve(module, item, importer, strict)
        if item.module in self.registered and item.module != "spectest" and not self.tracing.linked:
            self.tracing.linked = True
            self.story.tell("linked", ["modules are linked: from here on, calls of imports do not pause"])
        return found

    def instantiate(self, module: Module, strict: bool = False) -> Instance:
        instance = super().instantiate(module, strict)
        _, made = self.traced.get(id(module), (None, None))
        if made is None:
            return instance
        traced = replace(made, exports=instance.exports, starts={}, paused={})
        self.tracing.known[id(instance.exports)] = traced
        address = VALTYPES["i64" if traced.map.word == 8 else "i32"]()
        type = wasmtime.FuncType([VALTYPES["i32"](), address], [])
        observer = wasmtime.Func(self.store, type, lambda number, data: self.tracing.observed(traced, number, data))
        table = instance.exports.get(f"{traced.map.prefix}_{OBSERVER}")
        assert isinstance(table, wasmtime.Table)
        table.set(self.store, 0, observer)
        start = instance.exports.function(f"{traced.map.prefix}_{START}")
        if start:
            self.story.call("start", [], "the start function is called")
            self.tracing.entry = None
            self.told("start", "the start function", lambda: self.tracing.call(start, [], instance.exports) or [])
        return instance

    def act(self, action: Form) -> list[Value]:
        if action.head != "invoke":
            return super().act(action)
        named = next(number for number, item in enumerate(action.items) if str(item).startswith('"'))
        export = unescape(str(action.items[named])).decode("utf-8", "replace")
        arguments = [str(item) for item in action.items[named + 1 :]]
        self.story.call(export, arguments, " ".join([f"{export} is called", *arguments]))
        self.tracing.entry = export
        return self.told(export, export, lambda: super(TracedScript, self).act(action))

    def told(self, name: str, said: str, call: Callable[[], list[Value]]) -> list[Value]:
        """What a call that has been told of returns, told too."""
        try:
            results = call()
        except wasmtime.Trap as trap:
            self.story.trap(name, said, reason(trap))
            raise
        except BaseException as error:
            self.story.trap(name, said, str(error))
            raise
        self.story.result(name, said, [str(value) for value in results])
        return results
