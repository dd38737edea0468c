"""What an instance exports, as attributes and items."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from .call import Call

if TYPE_CHECKING:
    from .instance import Instance


class Exports:
    """What an instance exports, by name: `exports.main(3)`, or `exports["a name"]`, of a function is to be awaited."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def __getitem__(self, name: str) -> Any:
        instance = self._instance
        if name in instance.module.hidden or name not in instance.module.interface.exports:
            raise KeyError(name)
        if instance.module.type_of(name) is None:
            return instance.externs[name]

        def function(*arguments: Any) -> Coroutine[Any, Any, Any]:
            return Call(instance, name, arguments).outcome()

        return function

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the module exports no {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._instance.module.interface.exports)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]
