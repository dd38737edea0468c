"""What the text of rewritten functions refers to that the module does not have yet."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Needs:
    """What one function needs, or several.

    `helpers` are the functions that save and restore, by what they do and the types of the values; the one that leaves
    room has none. `twins` are functions that find their way back, each in lines; `definitions` the fields that define
    an id, by that, each in lines.
    """

    helpers: set[tuple[str, ...]] = field(default_factory=set)
    twins: list[list[str]] = field(default_factory=list)
    definitions: dict[str, list[str]] = field(default_factory=dict)

    def add(self, other: Needs) -> None:
        """What the other needs is needed too."""
        self.helpers |= other.helpers
        self.twins += other.twins
        self.definitions |= other.definitions
