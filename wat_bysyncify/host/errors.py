"""What can go wrong with a program that pauses, beside what wasmtime says."""

from __future__ import annotations


class HostError(Exception):
    """The base of all that follows."""


class CannotPause(HostError):
    """The program is to be paused where it cannot be, or in a way that nobody there can wait for."""


class Busy(HostError):
    """A call must wait for another in the same instance, and does not."""


class StackOverflow(HostError):
    """The frames of a pause do not fit where they are to go. Nothing behind that place was written; the call is lost,
    the instance is not."""


class CheckFailed(HostError):
    """A check of a module that was rewritten with `asserts` failed; the message names the function."""


class OutOfFuel(HostError):
    """A call did not end in the turns that it had."""


class SnapshotError(HostError):
    """A program holds what a snapshot cannot, or bytes are no snapshot of it."""
