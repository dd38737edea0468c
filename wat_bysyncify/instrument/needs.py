"""What the text of rewritten functions refers to that the module does not have yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .helpers import Helper


@dataclass(slots=True)
class Needs:
    """What one function needs, or several.

    `helpers` are the functions that save and restore, and how many functions need each. `twins` are functions that find
    their way back, each in lines; `definitions` the fields that define an id, by that, each in lines.
    """

    helpers: Counter[Helper] = field(default_factory=Counter)
    twins: list[list[str]] = field(default_factory=list)
    definitions: dict[str, list[str]] = field(default_factory=dict)

    def add(self, other: Needs) -> None:
        """What the other needs is needed too."""
        self.helpers.update(other.helpers)
        self.twins += other.twins
        self.definitions |= other.definitions
