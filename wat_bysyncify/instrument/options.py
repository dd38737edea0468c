"""What the user chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a rewrite, as the command line names them.

    `imports` None: any import may pause, or none but the control functions where the module imports these (it then
    drives itself). `names` None: as the module's imports say, `bysyncify` where there are none.
    """

    imports: tuple[str, ...] | None = None
    ignore_imports: bool = False
    ignore_indirect: bool = False
    add_list: tuple[str, ...] = ()
    names: str | None = None

    @classmethod
    def of(
        cls,
        imports: Iterable[str] | str | None = None,
        ignore_imports: bool = False,
        ignore_indirect: bool = False,
        add_list: Iterable[str] | str = (),
        names: str | None = None,
    ) -> Options:
        """Options from lists or comma-separated strings. Raises `ValueError` for what is not an option's value."""
        if names not in (None, "bysyncify", "asyncify", "both"):
            raise ValueError(f"names must be bysyncify, asyncify or both, not {names!r}")
        patterns = None if imports is None else split_list(imports)
        return cls(patterns, bool(ignore_imports), bool(ignore_indirect), split_list(add_list), names)


def split_list(value: Iterable[str] | str) -> tuple[str, ...]:
    """`"env.sleep, wasi.*"` as `("env.sleep", "wasi.*")`; a newline separates too, so that a file can be a list."""
    if isinstance(value, str):
        value = value.replace("\n", ",").split(",")
    return tuple(item.strip() for item in value if item.strip())
