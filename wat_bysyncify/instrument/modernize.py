"""2019 text -> today's: what current tools refuse is written the new way, and nothing else is touched.

    (if (get_local $x) (call $f) (call $g))   ->   (if (local.get $x) (then (call $f)) (else (call $g)))
    (memory 1) (import "a" "b" (func $f))     ->   (import "a" "b" (func $f)) (memory 1)

Numbers count imports first. Where an import comes after a definition of its kind, what a number meant is not known:
such text is refused if it uses numbers.
"""

from __future__ import annotations

from ..errors import WatError
from ..sexpr.nodes import List, Node, Token, core_length, pieces, tokens, with_words, words
from ..sexpr.parser import offset_of
from .fields import children, head, header_of, holder_of, node_words, parse_nat
from .instructions import OLD_NAMES, OLD_TYPES
from .module import SPACES

# Each old name holds one of these, and text without vectors and atomics hardly does: a quick way to see that there is
# nothing to do.
HINTS = (
    "et_local", "tee_local", "et_global", "t_memory", "w_memory", "/i32", "/i64", "/f32", "/f64", "anyfunc",
    "y.drop", "e.drop", "atomic.", "_u.", "x16.", "x8.", "x4.", "x2.load", "x2.any_true", "_saturate_", ".widen_",
)  # fmt: skip


def modernize(nodes: List, text: str) -> tuple[List, bool]:
    """The nodes of today's text for `nodes`, which are changed; were there old ifs?"""
    old = False
    hints = [hint for hint in HINTS if hint in text]
    if hints:
        _rename(nodes, hints)
    if text.count("(if") > text.count("(then"):
        old = _add_then(nodes)
    return _imports_first(nodes), old


def _rename(nodes: List, hints: list[str]) -> None:
    new: dict[Token, Token] = {}
    for token in set(tokens(nodes)):
        if any(hint in token for hint in hints):
            renamed = _renamed(token)
            if renamed is not token:
                new[token] = renamed
    if not new:
        return
    stack = [nodes]
    while stack:
        node = stack.pop()
        for position, child in enumerate(node):
            if child.__class__ is list:
                stack.append(child)
            elif child in new:
                node[position] = new[child]


def _renamed(token: Token) -> Token:
    names = (OLD_NAMES.get(word) or OLD_TYPES.get(word) for word in words(token))
    new = {position: name for position, name in enumerate(names) if name}
    return Token(token.type, with_words(token, new), token.width) if new else token


_BEFORE_CONDITION = frozenset(("type", "param", "result"))


def _add_then(nodes: List) -> bool:
    """`(if c a b)` as `(if c (then a) (else b))`, with all white space where it was; was there any?"""
    found = False
    stack = [nodes]
    while stack:
        node = stack.pop()
        if node and node[0].startswith("(if") and head(node) == "if":
            inside = [child for child in node[1:-1] if head(child) not in _BEFORE_CONDITION]
            if not any(head(child) == "then" for child in inside):
                if not 2 <= len(inside) <= 3:
                    raise WatError("an if needs a condition and one or two arms", offset_of(nodes, node))
                arms = [*_arm("(then ", inside[1]), *(_arm("(else ", inside[2]) if len(inside) > 2 else ())]
                node[-len(inside) : -1] = arms
                found = True
        stack += [child for child in node if child.__class__ is list]
    return found


def _arm(opening: str, node: Node) -> List:
    """`node` in a list of its own; the trivia behind it stays behind."""
    last: Token = node if isinstance(node, Token) else node[-1]
    length = core_length(last)
    trivia = last[length:]
    core = Token(last.type, last[:length], last.width - len(trivia))
    inside: Node = core
    if isinstance(node, list):
        node[-1] = core
        inside = node
    return [[Token("OPEN", opening, 0), inside, Token("CLOSE", ")" + trivia, len(trivia))]]


def _imports_first(nodes: List) -> List:
    holder = holder_of(nodes)
    fields = [(head(node), node) for node in holder if isinstance(node, list) or node.type == "LEAF"]
    first: Node | None = None
    defined: set[str] = set()
    late: list[tuple[str, Node, bool]] = []  # what it imports, and whether such a thing is defined before it
    for kind, node in fields:
        if kind == "import":
            described = next((head(child) for child in children(node) if head(child) in SPACES), "")
            if first is not None:
                late.append((described, node, described in defined))
        elif kind in SPACES:
            if any(head(child) == "import" for child in header_of(node)):
                if first is not None:
                    late.append((kind, node, kind in defined))
            else:
                first = node if first is None else first
                defined.add(kind)
    if not late:
        return nodes
    for kind, node, ambiguous in late:
        if ambiguous and _uses_numbers(kind, holder):
            raise WatError(
                f"an import of a {kind} after a definition of one: what its numbers mean is not known; use names",
                offset_of(nodes, node) if isinstance(node, list) else None,
            )
    moved = {id(node) for _, node, _ in late}
    for _, node, _ in late:
        _end_line(node)
    place = next(position for position, node in enumerate(holder) if node is first)
    ordered = [
        *holder[:place], *(node for _, node, _ in late),
        *(node for node in holder[place:] if id(node) not in moved),
    ]  # fmt: skip
    return ordered if holder is nodes else [ordered if node is holder else node for node in nodes]


_USES = {
    "func": frozenset(("call", "return_call", "ref.func", "func", "start", "elem")),
    "global": frozenset(("global.get", "global.set", "global")),
    "table": frozenset(("call_indirect", "table.get", "table.set", "table.size", "table.grow", "table.fill")),
    "memory": frozenset(("memory.size", "memory.grow")),
    "tag": frozenset(("throw", "catch", "catch_ref", "tag")),
}


def _uses_numbers(kind: str, holder: List) -> bool:
    """Whether anything in the module names an entity of a kind by its number."""
    uses = _USES[kind]
    before = ""
    for token in tokens(holder):
        for _, word in pieces(token):
            if before in uses and parse_nat(word) is not None:
                return True
            before = word
    if kind != "func":
        return False
    return any(
        parse_nat(word) is not None
        for node in holder
        if head(node) in ("elem", "table")
        for each in ([node] if head(node) == "elem" else [child for child in children(node) if head(child) == "elem"])
        for word in node_words(each)
    )


def _end_line(node: Node) -> None:
    """A field that gets another behind it must not end in a line comment."""
    while isinstance(node, list):
        holder, node = node, node[-1]
        if isinstance(node, Token) and ";;" in node[node.rfind("\n") + 1 :]:
            holder[-1] = Token(node.type, node + "\n", node.width)
