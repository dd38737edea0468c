"""What the user chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

REWIND = ("skip", "jump")
OPTIMIZE = ("speed", "size")
PAUSE_AT = ("entries", "loops")
MOST_PAGES = 65535  # a 32-bit address must reach the end


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a rewrite, as the command line names them.

    `imports` None: any import may pause, or none but the control functions where the module imports these (it then
    drives itself). `names` None: as the module's imports say, `bysyncify` where there are none. `memory` names the
    memory that holds the frames, None the first; `own_memory` is the size in pages of one of their own. `pause_at` are
    the places of pause points, of `PAUSE_AT`, and `pause_import` the import that these call. `optimize` is what the
    result is made for, one of `OPTIMIZE`, None to be read. `rewind` is how a function finds its way back to a call, one
    of `REWIND`; `twins` are the functions that get a second version for that, None for those that gain most where the
    result is made for speed.
    """

    imports: tuple[str, ...] | None = None
    ignore_imports: bool = False
    ignore_indirect: bool = False
    add_list: tuple[str, ...] = ()
    names: str | None = None
    memory: str | None = None
    own_memory: int | None = None
    pause_at: tuple[str, ...] = ()
    pause_import: str | None = None
    optimize: str | None = None
    rewind: str = "skip"
    twins: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        imports: Iterable[str] | str | None = None,
        ignore_imports: bool = False,
        ignore_indirect: bool = False,
        add_list: Iterable[str] | str = (),
        names: str | None = None,
        memory: str | None = None,
        own_memory: int | None = None,
        pause_at: Iterable[str] | str = (),
        pause_import: str | None = None,
        optimize: str | None = None,
        rewind: str | None = None,
        twins: Iterable[str] | str | None = None,
    ) -> Options:
        """Options from lists or comma-separated strings. `rewind` None: to jump where the result is optimized, else to
        skip. Raises `ValueError` for what is not an option's value."""
        if names not in (None, "bysyncify", "asyncify", "both"):
            raise ValueError(f"names must be bysyncify, asyncify or both, not {names!r}")
        patterns = None if imports is None else split_list(imports)
        places = split_list(pause_at)
        for place in places:
            if place not in PAUSE_AT:
                raise ValueError(f"pause_at must be of {', '.join(PAUSE_AT)}, not {place!r}")
        if own_memory is not None and not 1 <= own_memory <= MOST_PAGES:
            raise ValueError(f"own_memory must be from 1 to {MOST_PAGES} pages, not {own_memory}")
        if imports is not None and ignore_imports:
            raise ValueError("imports and ignore_imports exclude each other")
        if places and ignore_indirect:
            raise ValueError("pause_at and ignore_indirect exclude each other")  # there, any code can pause
        if memory is not None and own_memory is not None:
            raise ValueError("memory and own_memory exclude each other")
        if optimize is not None and optimize not in OPTIMIZE:
            raise ValueError(f"optimize must be speed or size, not {optimize!r}")
        if rewind is None:
            rewind = "jump" if optimize else "skip"
        if rewind not in REWIND:
            raise ValueError(f"rewind must be skip or jump, not {rewind!r}")
        if twins is not None and rewind == "skip":
            raise ValueError("twins is for rewinding by jumping")
        if pause_import is not None and not places:
            raise ValueError("pause_import is for pause_at")
        return cls(
            patterns, bool(ignore_imports), bool(ignore_indirect), split_list(add_list), names,
            memory, own_memory, places, pause_import, optimize, rewind,
            None if twins is None else split_list(twins),
        )  # fmt: skip


def split_list(value: Iterable[str] | str) -> tuple[str, ...]:
    """`"env.sleep, wasi.*"` as `("env.sleep", "wasi.*")`; a newline separates too, so that a file can be a list."""
    if isinstance(value, str):
        value = value.replace("\n", ",").split(",")
    return tuple(item.strip() for item in value if item.strip())
