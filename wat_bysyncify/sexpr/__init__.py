"""S-expressions of the text format, lossless: text -> nodes -> the same text. Knows no WebAssembly.

nodes.py    what a node is
lexer.py    text -> tokens, for Lark
trivia.py   the space and comments between tokens, in lines
parser.py   text -> nodes (Lark with ../grammar.lark), and where in the text a node stands
printer.py  nodes -> text
"""

from .nodes import List, Node, Token
from .parser import parse
from .printer import print_nodes

__all__ = ["List", "Node", "Token", "parse", "print_nodes"]
