"""Nodes -> text: the tokens, joined."""

from __future__ import annotations

from collections.abc import Iterable

from .nodes import Node, tokens


def print_nodes(nodes: Iterable[Node]) -> str:
    """The text of nodes, byte for byte as it was read where nothing was changed."""
    return "".join(tokens(nodes))
