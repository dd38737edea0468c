"""A paused program's stack, read from its memory: the command wat-bysyncify-stack, and `decode` for hosts.

The frames of a paused program lie one behind the other, each as the map of its module says (docs/map.md):

    frames:   $add: locals, call | $main: locals, call | <- position

The outermost frame, which is read first, is that of the function that was called from outside. The number of its call
says what it called, and so what the next frame is; where that is one of several functions (a call through a table) all
are tried, and those that lead exactly to where the frames begin are right. Functions without frames are passed by.

    stackmap.py   the map, as JSON -> StackMap
    decode.py     StackMap, memory -> Stack
    text.py       Stack -> lines for people, data for tools
    cli.py        files in, text or JSON out

    from wat_bysyncify.stack import decode, read_map

    stack = decode(read_map(json.loads(text)), memory, data=16)
    for frame in stack.frames:
        print(frame.function, frame.line, frame.locals)
"""

from .decode import Frame, Saved, Stack, decode, decode_frames
from .stackmap import StackError, StackMap, read_map

__all__ = ["Frame", "Saved", "Stack", "StackError", "StackMap", "decode", "decode_frames", "read_map"]
