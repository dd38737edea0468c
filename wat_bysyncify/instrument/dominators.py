"""Dominators of a graph: what every way from the root to a node passes (Lengauer and Tarjan, 1979, without recursion).

With edges from what pauses to what pauses because of it, the nodes below one in the tree of dominators are those that
pause only because of that one.
"""

from __future__ import annotations

from collections.abc import Sequence


def dominators(successors: Sequence[Sequence[int]]) -> list[int]:
    """The immediate dominator of each node, of those that can be reached from node 0; -1 for the others and for 0.

    In time of edges times the logarithm of nodes.
    """
    count = len(successors)
    order: list[int] = []  # nodes in depth-first order
    number = [-1] * count
    parent = [-1] * count
    stack = [(0, -1)]
    while stack:
        node, from_ = stack.pop()
        if number[node] >= 0:
            continue
        number[node] = len(order)
        parent[node] = from_
        order.append(node)
        stack.extend((to, node) for to in reversed(successors[node]) if number[to] < 0)
    predecessors: list[list[int]] = [[] for _ in range(count)]
    for node in order:
        for to in successors[node]:
            predecessors[to].append(node)
    semi = number[:]  # by node, as a number in that order
    ancestor = [-1] * count
    best = list(range(count))
    dominator = [-1] * count
    waiting: list[list[int]] = [[] for _ in range(count)]

    def evaluate(node: int) -> int:
        """The node of least semidominator on the way up to the root of what is linked, with the way made short."""
        path = []
        while ancestor[node] >= 0 and ancestor[ancestor[node]] >= 0:
            path.append(node)
            node = ancestor[node]
        for each in reversed(path):
            above = ancestor[each]
            if semi[best[above]] < semi[best[each]]:
                best[each] = best[above]
            ancestor[each] = ancestor[above]
        return best[path[0]] if path else best[node]

    for node in reversed(order[1:]):
        semi[node] = min(semi[evaluate(each)] for each in predecessors[node])
        waiting[order[semi[node]]].append(node)
        above = parent[node]
        ancestor[node] = above
        for each in waiting[above]:
            least = evaluate(each)
            dominator[each] = least if semi[least] < semi[each] else above
        waiting[above] = []
    for node in order[1:]:
        if dominator[node] != order[semi[node]]:
            dominator[node] = dominator[dominator[node]]
    return dominator


def counts_below(dominator: Sequence[int], counted: Sequence[bool]) -> list[int]:
    """How many of the counted nodes each node dominates, with itself."""
    children: list[list[int]] = [[] for _ in dominator]
    for node, above in enumerate(dominator):
        if above >= 0:
            children[above].append(node)
    found = [int(each) for each in counted]
    order = [0]
    for node in order:
        order += children[node]
    for node in reversed(order[1:]):
        found[dominator[node]] += found[node]
    return found
