"""S-expressions are lossless: whatever is read prints as it was, and what cannot be read is refused with its place."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wat_bysyncify.errors import WatError, line_and_column
from wat_bysyncify.sexpr import parse, print_nodes
from wat_bysyncify.sexpr.nodes import core_length, end_of_hidden, pieces, tokens, words
from wat_bysyncify.sexpr.trivia import Trivia

TREE = Path(__file__).parents[1]
TESTSUITE = TREE.parent / "shared" / "testsuite"


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """A test that hangs, as a regular expression can, fails after a minute."""

    def hangs(signum: int, frame: object) -> None:
        raise TimeoutError("still not done after a minute")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# ----- round trips

LOSSLESS = {
    "empty": "",
    "blank": " \t\r\n ",
    "only a line comment": ";; nothing",
    "only a block comment": "(; nothing ;)",
    "only an annotation": "(@nothing)",
    "byte order mark": "\ufeff(module)",
    "byte order mark, alone": "\ufeff",
    "byte order mark, then space": "\ufeff \n(module)",
    "empty list": "()",
    "lists of lists": "(()(()))( ( ) )",
    "module": '(module $m (func (export "f")))\n',
    "fields": "(memory 1)\n(func)\n(start 0)",
    "line feeds": "(a\n b\n)\n",
    "carriage returns": "(a\r b ;; c\r)\r",
    "both": "(a\r\n b ;; c\r\n)\r\n",
    "form": "( module )",
    "comment before the head": "( (; x ;) module (; y ;) )",
    "comment on the line before the head": "( ;; x\nmodule ;; y\n)",
    "comment glued": "(a(;c;)b;;d\n)",
    "nested comments": "(; a (; b (; c ;) d ;) e ;)(a (; (; ;) (; ;) ;) b)",
    "smallest comments": "(;;)(;;;)(;(;;);)(;;;;)",
    "brackets in comments": '(; ) ( " ;)(a ;; ) ( " (; \n)',
    "semicolons in comments": "(; ; ;; ;;; ;)(; ;;;)",
    "quote in a nested comment": '(a (; " (; ) " ;) ;))',
    "annotation in a comment": "(; (@a ;)(a (; (@b (; ;) ;))",
    "string with brackets": '(data "(" ")" "(;" ";)" ";;" "(@")',
    "string with escapes": r'(data "\"" "\\" "\\\"" "\00\ff" "\u{1F600}" "\t\n\r\'")',
    "string in unicode": '(data "é 中 \U0001f600 \x7f")',
    "comment in unicode": ";; é 中 \U0001f600 \u00a0 \u2028\n(; \u2029 \ufeff ;)",
    "strings without space": '(data "a""b"$"c"$"d")',
    "quoted ids": '(func $"a b" (call $"x)y" (call $"(;")) (call $"\\"\\u{7d}"))',
    "numbers": "(x 0 -1 +1 1_000 0x_f 0xAB.cdp-1 1e+9 -inf nan:0x7f_ffff +nan 0X1P1 5. 1e)",
    "odd words": "(a!#$%&'*+-./:<=>?@\\^_`|~ @ ' ` \\)",
    "annotation": '(module (@custom "a" (after func) "b)") (func))',
    "annotation before all": '(@a)(@b (c "d"))(module)',
    "annotation in a list": "(func(@a)$f(@b)(@c))",
    "annotation in an annotation": "(a (@b (@c (@d) (e)) f) g)",
    "annotation with a string": '(a (@b ")" "\\")" "(;") c)',
    "annotation with a comment": "(a (@b (; ) ;) ;; )\n) c)",
    "annotation with a comment in a comment": "(a (@b (; (; ) ;) ( ;) ) c)",
    "annotation over lines": "(call (@b\n  (x)\n) $f\n)",
    "quoted annotation": '(a (@"b c" d) e)',
    "private use": "(; \uf0f0 \uf0f1 \ue000 ;)",
    "what stands for hidden text, in a comment": "(;\uf0f00\uf0f1;)",
    "what stands for hidden text, in a line comment": ";; (;\uf0f00\uf0f1;)\n(@a)",
    "what stands for hidden text, in a string": '(data "(;\uf0f00\uf0f1;)") (@a)',
    "what stands for hidden text, beside hidden text": "(;\uf0f00\uf0f1;)(@a)(;\uf0f07\uf0f1;)",
}


@pytest.mark.parametrize("text", LOSSLESS.values(), ids=LOSSLESS.keys())
def test_text_prints_as_it_was_read(text: str) -> None:
    """A table of what the text format allows around, between and in words."""
    assert print_nodes(parse(text)) == text


@pytest.mark.parametrize("text", LOSSLESS.values(), ids=LOSSLESS.keys())
@pytest.mark.parametrize("around", ["(module {}\n)", "{}\n;; end", "(@a {}\n) (b)", "(;(;;) {}\n;)", "(a)\r\n{}"])
def test_text_prints_as_it_was_read_inside_others(text: str, around: str) -> None:
    """The same texts, in a list, an annotation, or a comment: all these hold each of them whole."""
    if around.startswith("(;"):  # in a comment, only the brackets of comments count
        text = text if text.count("(;") == text.count(";)") and ";;)" not in text else ""
    whole = around.format(text.removeprefix("\ufeff"))
    assert print_nodes(parse(whole)) == whole


def test_files_of_the_tree_print_as_they_were_read() -> None:
    """Every .wat and .wast of the checkout."""
    paths = [path for path in TREE.rglob("*.wa*") if path.suffix in (".wat", ".wast")]
    assert paths
    for path in paths:
        text = path.read_bytes().decode("utf-8")
        assert print_nodes(parse(text)) == text, path


SUITE = sorted(TESTSUITE.glob("*.wast"))


@pytest.mark.skipif(not SUITE, reason="the official test suite is not beside the checkout")
def test_official_suite_prints_as_it_was_read() -> None:
    """Every script of the official suite, as one text; what is malformed in them stands in strings."""
    for path in SUITE:
        text = path.read_bytes().decode("utf-8")
        assert print_nodes(parse(text)) == text, path.name


# ----- random s-expressions

SPACE = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "  ",
        ";; c)\n",
        ";;\r",
        "(; ( ;)",
        "(;(;;);)",
        '(@a "x" (b))',
        "(@a (;);) )",
        ' (;";)',
    ]
)
GAP = SPACE.map(lambda space: space or " ")
WORD = st.sampled_from(["a", "i32.add", "$x", '$"q )"', "0x1p-3", '"s"', '"\\")"', "=", "@", "module", '""'])
SEXPR = st.recursive(
    WORD,
    lambda inner: st.lists(st.tuples(GAP, inner), max_size=5).flatmap(
        lambda found: st.tuples(SPACE, SPACE).map(
            lambda ends: "( " + ends[0] + "".join(item + gap for gap, item in found) + ends[1] + ")"
        )
    ),
    max_leaves=25,
)


@given(st.lists(st.tuples(SPACE, SEXPR), max_size=4), SPACE)
@settings(max_examples=300, deadline=None)
def test_random_s_expressions_print_as_they_were_read(items: list[tuple[str, str]], last: str) -> None:
    """Lists, words, comments and annotations, generated; and parsing what was printed gives the same nodes."""
    text = "".join((space or " ") + item for space, item in items) + last
    nodes = parse(text)
    assert print_nodes(nodes) == text
    assert parse(print_nodes(nodes)) == nodes


# ----- against a slow reader that follows the specification's words

WORD_CHARS = frozenset("!#$%&'*+-./:<=>?@\\^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Refused(Exception):
    """The slow reader's error; `lenient`: one in an annotation, which is nobody's concern."""

    def __init__(self, at: int, lenient: bool = False) -> None:
        super().__init__(at)
        self.lenient = lenient


def string_end(text: str, at: int) -> int:
    """Behind the string that begins at `at`."""
    end = at + 1
    while end < len(text) and text[end] != "\n":
        if text[end] == '"':
            return end + 1
        end += 2 if text[end] == "\\" and text[end + 1 : end + 2] != "\n" else 1
    raise Refused(at)


def comment_end(text: str, at: int) -> int:
    """Behind the block comment that begins at `at`."""
    depth = 0
    end = at
    while end < len(text):
        if text.startswith("(;", end):
            depth, end = depth + 1, end + 2
        elif text.startswith(";)", end):
            depth, end = depth - 1, end + 2
            if not depth:
                return end
        else:
            end += 1
    raise Refused(at)


def annotation_end(text: str, at: int) -> int:
    """Behind the annotation that begins at `at`."""
    depth = 0
    end = at
    while end < len(text):
        if text.startswith(";;", end):
            end = line_end(text, end)
        elif text.startswith("(;", end):
            end = comment_end(text, end)
        elif text[end] == '"':
            try:
                end = string_end(text, end)
            except Refused:
                raise Refused(at, lenient=True) from None
        else:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if not depth:
                return end
    raise Refused(at)


def line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    return at


def read_slowly(text: str) -> list[tuple[str, int, int]]:
    """The pieces of a text: kind ("(", ")", "word", "hidden", "line"), begin, end. White space is left out."""
    found = []
    at = depth = 0
    while at < len(text):
        begin, char = at, text[at]
        if char in " \t\r\n":
            at += 1
            continue
        if text.startswith(";;", at):
            kind, at = "line", line_end(text, at)
        elif text.startswith("(;", at):
            kind, at = "hidden", comment_end(text, at)
        elif text.startswith("(@", at):
            kind, at = "hidden", annotation_end(text, at)
        elif char in "()":
            kind, at = char, at + 1
            depth += 1 if char == "(" else -1
            if depth < 0:
                raise Refused(begin)
        elif char == '"':
            kind, at = "word", string_end(text, at)
        elif char in WORD_CHARS:
            kind = "word"
            while at < len(text) and text[at] in WORD_CHARS:
                at += 1
            if text[at : at + 1] == '"':
                at = string_end(text, at)
        else:
            raise Refused(begin)
        found.append((kind, begin, at))
    if depth:
        raise Refused(len(text))
    return found


SNIPPETS = st.sampled_from(
    [
        "(",
        ")",
        "(;",
        ";)",
        ";;",
        ";",
        '"',
        "\\",
        "(@",
        "@",
        "a",
        "$b",
        "0",
        " ",
        "\n",
        "\r",
        "\t",
        ' "s" ',
        "(a b)",
        "(a (b))",
        "(; c ;)",
        ",",
        "\u00a0",
    ]
)


@given(st.lists(SNIPPETS, max_size=14).map("".join))
@settings(max_examples=2000, deadline=None)
def test_random_texts_are_read_like_a_slow_reader_reads_them(text: str) -> None:
    """The same texts are refused; of the others, words, places, core and trivia of every token agree."""
    try:
        slow = read_slowly(text)
    except Refused as refused:
        assume(not refused.lenient)
        with pytest.raises(WatError) as raised:
            parse(text)
        assert raised.value.offset is not None and 0 <= raised.value.offset < max(1, len(text))
        return
    nodes = parse(text)
    found = tokens(nodes)
    assert "".join(found) == text
    core = ("word", "(", ")")
    seen = []
    offset = 0
    for token in found:
        seen += [(offset + begin, word) for begin, word in pieces(token)]
        assert words(token) == [word for _, word in pieces(token)]
        inside = [end - offset for kind, begin, end in slow if kind in core and offset <= begin < offset + len(token)]
        if token.type != "TRIVIA":
            assert core_length(token) == max(inside, default=0)
        offset += len(token)
    assert seen == [(begin, text[begin:end]) for kind, begin, end in slow if kind == "word"]
    for kind, begin, end in slow:
        if kind == "hidden":
            assert end_of_hidden(text, begin) == end


def depth_by_counting(text: str) -> list[int]:
    depth = 0
    found = []
    for kind, _, _ in read_slowly(text):
        depth += (kind == "(") - (kind == ")")
        if kind == "word":
            found.append(depth)
    return found


@given(st.lists(SNIPPETS, max_size=14).map("".join))
@settings(max_examples=500, deadline=None)
def test_words_stand_as_deep_as_their_parentheses_say(text: str) -> None:
    """The shape of the tree: each word is in as many lists as parentheses are open where it stands."""
    try:
        expected = depth_by_counting(text)
    except Refused:
        assume(False)
    found: list[int] = []

    def walk(nodes: list[object], depth: int) -> None:
        for node in nodes:
            if isinstance(node, list):
                walk(node, depth + 1)
            else:
                found.extend([depth + (node.type == "LEAF")] * len(words(node)))  # type: ignore[attr-defined,arg-type]

    walk(parse(text), 0)
    assert found == expected


# ----- pieces, words, core_length, end_of_hidden

PIECES = {
    "": ([], 0),
    " \n": ([], 0),
    ";; (a) b\n": ([], 0),
    "(": ([], 1),
    "( ": ([], 1),
    ")": ([], 1),
    ") ;; )\n": ([], 1),
    ")(; ) ;) ": ([], 1),
    "(a": ([(1, "a")], 2),
    "(a b ;; c\n": ([(1, "a"), (3, "b")], 4),
    "( a": ([(2, "a")], 3),
    "((; x ;) a ": ([(9, "a")], 10),
    "(a)": ([(1, "a")], 3),
    "(a ) ;; )": ([(1, "a")], 4),
    "(a (; ) ;) ) (; b ;)": ([(1, "a")], 12),
    '(a (@x (; ( ;) ")") )': ([(1, "a")], 21),
    "(call_indirect $t (;0;) 1)": ([(1, "call_indirect"), (15, "$t"), (24, "1")], 26),
    "i32.const 1 ;; one\n": ([(0, "i32.const"), (10, "1")], 11),
    "a (; b ;)": ([(0, "a")], 1),
    "a;;b": ([(0, "a")], 1),
    "a(@b c)": ([(0, "a")], 1),
    'data "(;" "\\")" ': ([(0, "data"), (5, '"(;"'), (10, '"\\")"')], 15),
    '$"a b" "c""d"': ([(0, '$"a b"'), (7, '"c"'), (10, '"d"')], 13),
    "(; (; ;) a ;) b": ([(14, "b")], 15),
}


@pytest.mark.parametrize("token", PIECES)
def test_pieces_of_a_token(token: str) -> None:
    """Words with their places, and where the trivia behind them begins."""
    found, length = PIECES[token]
    assert pieces(token) == found
    assert words(token) == [word for _, word in found]
    assert core_length(token) == length


HIDDEN = {
    "(;;)": 4,
    "(;;;)": 5,
    "(;)": -1,
    "(;);)": 5,
    "(; (; ;)": -1,
    "(; (; ;) ;) x": 11,
    '(; " ;) " ;)': 7,
    "(; ;; ;)\n": 8,
    "(; ( (@ ;) )": 10,
    "(@a)": 4,
    "(@a": -1,
    "(@a (b)) c": 8,
    '(@a ")")': 8,
    '(@a "\\")" )': 11,
    "(@a ;; )\n)": 10,
    "(@a (; ) ;))": 12,
    "(@a (; (; ;) ) ;))": 18,
    "(@a ;) )": 6,
    "(@a (@b) )": 10,
}


@pytest.mark.parametrize("text", HIDDEN)
def test_end_of_comments_and_annotations(text: str) -> None:
    """Also behind other text, and before other text."""
    end = HIDDEN[text]
    assert end_of_hidden(text, 0) == end
    assert end_of_hidden(f"(x) {text}", 4) == (end + 4 if end >= 0 else -1)


# ----- depth and length

DEEP = 100_000
NESTS = {
    "lists": "(" * DEEP + ")" * DEEP,
    "lists with heads": "(a " * DEEP + ")" * DEEP,
    "lists with leaves": "(a (b) " * DEEP + ")" * DEEP,
    "lists over lines": "(a\n" * DEEP + ")\n" * DEEP,
    "comments": "(;" * DEEP + ";)" * DEEP,
    "comments in a list": "(a " + "(; x " * DEEP + ";)" * DEEP + ")",
    "annotations": "(@a " * DEEP + ")" * DEEP,
    "annotations and comments": "(@a (; " * 2 + "(;" * DEEP + ";)" * DEEP + ";) (@b (; ;) ) ;))",
}


@pytest.mark.parametrize(
    ("text", "same_line", "lines", "indent", "inline"),
    [
        ("", "", (), None, ""),
        (" ;; a", ";; a", (), None, ""),
        (" (; a\n ;) (@b\n) ", "(; a\n ;) (@b\n)", (), None, ""),
        (" ;; (;\n  ", ";; (;", (), "  ", ""),
        ("\n\n  (; a ;) ", "", ("",), "  ", "(; a ;) "),
        ("(; a\n;) ;; b\r\n\t;; c\r\n (; d\n (;\n;) ;)\n (@e \"(;\"\n) ", "(; a\n;) ;; b",
         ("\t;; c\r", " (; d", " (;", ";) ;)"), " ", "(@e \"(;\"\n) "),
    ],
)  # fmt: skip
def test_lines_of_trivia(text: str, same_line: str, lines: tuple[str, ...], indent: str | None, inline: str) -> None:
    found = Trivia(text)
    assert (found.same_line, found.lines, found.indent, found.inline) == (same_line, lines, indent, inline)


@pytest.mark.parametrize("text", NESTS.values(), ids=NESTS.keys())
def test_deep_nests_print_as_they_were_read(text: str) -> None:
    """A hundred thousand levels are read without recursion."""
    nodes = parse(text)
    assert print_nodes(nodes) == text
    assert "".join(tokens(nodes)) == text


LONG = 200_000
TRAPS = {
    "spaces": " " * LONG,
    "spaces, then a stray character": " " * LONG + ",",
    "spaces in a list": ("(" + " " * 99) * (LONG // 100),
    "spaces behind words": ("a" + " " * 99) * (LONG // 100) + ",",
    "spaces behind a head": "(a" + " " * LONG,
    "line ends": "\n" * LONG,
    "line comments": ";;\n" * (LONG // 3),
    "opening comments": "(;" * (LONG // 2),
    "opening comments and parentheses": "(;(" * (LONG // 3),
    "opening comments with space": "(; " * (LONG // 3),
    "comments": "(;;)" * (LONG // 4),
    "comments with space": "(;;) " * (LONG // 5),
    "comments behind a head": "(a " + "(;;)" * (LONG // 4),
    "comments between words": "a (;;) " * (LONG // 7) + ",",
    "an open comment": "(;" + "x" * LONG,
    "an open comment of semicolons": "(; " + "; " * (LONG // 2),
    "an open comment of quotes": "(;" + '"' * LONG,
    "a comment of semicolons": "(;" + ";" * LONG + ")",
    "a nested comment of semicolons": "(; (;;)" + ";" * LONG + ";)",
    "a nested comment of quotes": "(; (;;)" + '"' * LONG + ";)",
    "a nested comment of escaped quotes": "(; (;;)" + '\\"' * (LONG // 2) + ";)",
    "an annotation of escaped quotes": "(@a " + '\\"' * (LONG // 2) + ")",
    "escaped quotes behind an annotation": "(@a)" + '\\"' * (LONG // 2),
    "semicolons": ";" * LONG,
    "semicolons with space": "; " * (LONG // 2),
    "quotes": '"' * LONG,
    "quotes, odd": '"' * (LONG + 1),
    "quotes and words": '"a ' * (LONG // 3),
    "quoted ids": '$"' * (LONG // 2),
    "an open string": '"' + "a" * LONG,
    "an open string of backslashes": '"' + "\\" * (LONG + 1),
    "an open string of escaped quotes": '"' + '\\"' * (LONG // 2),
    "strings of escaped quotes": ('"' + '\\"' * 99 + '"') * (LONG // 200),
    "escaped quotes": '\\"' * (LONG // 2),
    "annotations": "(@a)" * (LONG // 4),
    "opening annotations": "(@" * (LONG // 2),
    "opening annotations and quotes": '(@a "' * (LONG // 5),
    "opening lists": "(" * LONG,
    "closing lists": ")" * LONG,
    "words": "a " * (LONG // 2),
    "words in a list": "(a " + "a " * (LONG // 2),
    "a word": "a" * LONG,
    "words in strings": '(a"a"' * (LONG // 5),
    "stray characters": "," * LONG,
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS.keys())
def test_long_texts_are_read_in_reasonable_time(text: str) -> None:
    """Texts on which a careless reader takes quadratic or exponential time; the watchdog ends those."""
    try:
        nodes = parse(text)
    except WatError as error:
        assert error.offset is not None and 0 <= error.offset <= len(text)
        error.report(text, "f")
    else:
        assert print_nodes(nodes) == text
        for token in set(tokens(nodes)):
            assert core_length(token) <= len(token)


# ----- errors

ERRORS = [
    ("(", "1:1", "unclosed '('"),
    ("(a (b)", "1:1", "unclosed '('"),
    ("(a)\n  (b (c)\n", "2:3", "unclosed '('"),
    ("(a (b (c)", "1:4", "unclosed '('"),
    (")", "1:1", "unexpected ')'"),
    ("(a))", "1:4", "unexpected ')'"),
    ("(a)\r\n\t)", "2:2", "unexpected ')'"),
    ("(a)\r)", "2:1", "unexpected ')'"),
    ("(a \u00a0 b)", "1:4", "unexpected character '\\xa0'"),
    ("(a\n  \x0b)", "2:3", "unexpected character '\\x0b'"),
    ("(a , b)", "1:4", "unexpected character ','"),
    ("(a [b])", "1:4", "unexpected character '['"),
    ("(a {b})", "1:4", "unexpected character '{'"),
    ("(a é)", "1:4", "unexpected character 'é'"),
    ("(a\u2028)", "1:3", "unexpected character '\\u2028'"),
    ('("中" \U0001f600)', "1:6", "unexpected character '\U0001f600'"),
    (";; é 中\n(; \U0001f600 ;) ,", "2:9", "unexpected character ','"),
    ("(a ; b)", "1:4", "unexpected character ';'"),
    ("(a ;) b)", "1:4", "unexpected character ';'"),
    ('(a "b', "1:4", "unclosed string"),
    ('(a "b\n")', "1:4", "unclosed string"),
    ('(a "b\\', "1:4", "unclosed string"),
    ('(a "b\\")', "1:4", "unclosed string"),
    ('(a\n $"b c)', "2:3", "unclosed string"),
    ("(;", "1:1", "unclosed block comment"),
    ("(a (; b)", "1:4", "unclosed block comment"),
    ("(;; b\n)", "1:1", "unclosed block comment"),
    ("(a (; b (; ;)", "1:4", "unclosed block comment"),
    ("(a)\r\n (b (; c\n\n;", "2:5", "unclosed block comment"),
    ("(@", "1:1", "unclosed annotation"),
    ("(a (@b (c)", "1:4", "unclosed annotation"),
    ("(a (@b\n (; ;) )\n  (@c ", "3:3", "unclosed annotation"),
    ("(@a (; ) ;)\n)\n,", "3:1", "unexpected character ','"),
    ("(; (; ;) \n ;) (a\n,", "3:1", "unexpected character ','"),
    ("(@a) (; (;;) ;) )", "1:17", "unexpected ')'"),
    ("\ufeff(a\n)\n)", "3:1", "unexpected ')'"),
    ("\ufeff)", "1:1", "unexpected ')'"),
    ("\ufeff (a", "1:2", "unclosed '('"),
    ("\ufeff,", "1:1", "unexpected character ','"),
    ("\ufeff(@a", "1:1", "unclosed annotation"),
    ("(a)\ufeff", "1:4", "unexpected character '\\ufeff'"),
]


@pytest.mark.parametrize(("text", "place", "message"), ERRORS)
def test_errors_say_what_and_where(text: str, place: str, message: str) -> None:
    """Line and column, both from 1, of what is not closed, not opened, or no part of a text."""
    with pytest.raises(WatError) as raised:
        parse(text)
    first = raised.value.report(text, "f.wat").splitlines()[0]
    assert first == f"f.wat:{place}: error: {message}"
    assert str(raised.value) == raised.value.message == message


REPORTS = [
    ("(a\n  b)", 5, "f:2:3: error: no\n  b)\n  ^"),
    ("ab", 0, "f:1:1: error: no\nab\n^"),
    ("ab", 2, "f:1:3: error: no\nab\n  ^"),
    ("", 0, "f:1:1: error: no\n\n^"),
    ("a\n", 2, "f:2:1: error: no\n\n^"),
    ("\ta\tb", 3, "f:1:4: error: no\n\ta\tb\n\t \t^"),
    ("a\r\nb c\r\nd", 5, "f:2:3: error: no\nb c\n  ^"),
    ("a\rb c\rd", 4, "f:2:3: error: no\nb c\n  ^"),
    ("\ufeffab\ncd", 2, "f:1:2: error: no\nab\n ^"),
    ("\ufeffab\ncd", 5, "f:2:2: error: no\ncd\n ^"),
    ("a" * 100, 99, "f:1:100: error: no\n" + "a" * 100 + "\n" + " " * 99 + "^"),
]


@pytest.mark.parametrize(("text", "offset", "report"), REPORTS)
def test_report(text: str, offset: int, report: str) -> None:
    """The place, the message, the source line, a caret under the column; tabs stay under tabs."""
    assert WatError("no", offset).report(text, "f") == report


def test_report_without_a_place() -> None:
    """What is wrong with the whole has no line."""
    assert WatError("no").report("(a)", "f") == "f: error: no"


@given(st.integers(0, 999), st.integers(1, 3))
def test_report_of_a_long_line_is_a_window_around_the_caret(at: int, lines: int) -> None:
    """A window of 100 characters, with the caret under the very character."""
    line = "".join(chr(0x100 + i) for i in range(1000))
    text = "\n" * lines + line + "\nnext"
    head, source, caret = WatError("no", lines + at).report(text, "f").split("\n")
    assert head == f"f:{lines + 1}:{at + 1}: error: no"
    assert len(source) == 100 and source in line
    assert caret.strip() == "^" and source[len(caret) - 1] == line[at]


@given(st.text(alphabet="a\r\n\té", max_size=30))
def test_lines_and_columns_are_counted_like_the_text_format_counts(text: str) -> None:
    """Line and column of every place, against lines cut at LF, CR LF and CR."""
    line = column = 1
    for offset, char in enumerate(text):
        if text[offset - 1 : offset + 1] != "\r\n" or not offset:  # between CR and LF there is no place
            assert line_and_column(text, offset) == (line, column)
        if char == "\n" or (char == "\r" and text[offset + 1 : offset + 2] != "\n"):
            line, column = line + 1, 1
        else:
            column += 1
