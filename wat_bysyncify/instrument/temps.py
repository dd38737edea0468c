"""Temporary locals: typed, shared by everything in a function that does not need them at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(slots=True)
class Temp:
    """A temporary local: the one with a number among those of its type. `bit` is its own among all locals."""

    name: str
    type: str
    number: int
    bit: int


class Numbers:
    """The numbers of the temporaries of a type that are in use; `first` and up are this sequence's."""

    def __init__(self, first: int) -> None:
        self.first = self.next = first
        self.unused: set[int] = set()
        self.heap: list[int] = []

    def take(self) -> int:
        """The lowest number that is not in use."""
        while self.heap:
            number = heappop(self.heap)
            if number in self.unused:
                self.unused.remove(number)
                return number
        self.next += 1
        return self.next - 1

    def give(self, number: int) -> None:
        """A number is not in use any more."""
        if number < self.first or number >= self.next or number in self.unused:
            return
        self.unused.add(number)
        heappush(self.heap, number)
        while self.next - 1 in self.unused:
            self.next -= 1
            self.unused.remove(self.next)
