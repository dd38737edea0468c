"""Comments for those who learn: the text is the same but for them, and each thing is said once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from forms import FORMS
from test_spec import SCRIPTS, modules, named

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.instrument.notes import _SENTENCES, frame_note
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import tokens, words


def said(text: str) -> list[str]:
    """The words and parentheses of a text."""
    return [word for token in tokens(parse(text)) for word in (token.type, *words(token))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_only_comments_are_added(path: Path, form: str) -> None:
    for source in modules(path.read_text()):
        try:
            plain = rewrite(source, **FORMS[form])
        except WatError:
            continue
        annotated = rewrite(source, annotate=True, **FORMS[form])
        assert said(annotated) == said(plain)
        new = Counter(re.findall(r";; .*", annotated)) - Counter(re.findall(r";; .*", plain))
        for sentence in _SENTENCES.values():
            assert sum(count for comment, count in new.items() if comment.endswith(sentence)) <= 1


def test_what_is_said_of_frames() -> None:
    text = """(module (import "env" "sleep" (func $sleep (result i32)))
      (func $f (param $x i32) (param $y i32) (result i32) (local $z i32)
        (local.set $z (call $sleep))
        (drop (call $sleep))
        (local.set $z (i32.add (local.get $x) (local.get $z)))
        (drop (call $sleep))
        (i32.add (local.get $y) (local.get $z))))"""
    output = rewrite(text, annotate=True)
    assert (
        ";; the frame: the number of the call, $z (read after calls 1-2), $y (read after every call), "
        "$x (read after calls 0-1)"
    ) in output
    assert output.count("made again when resuming") == 1
    assert ";; call 1: $sleep" in output and ";; call 2: $sleep" in output


def test_ranges_of_calls() -> None:
    assert frame_note([("$a", [0, 1, 2, 5]), ("$b", [3])], 7, False) == (
        "the frame: $a (read after calls 0-2 5), $b (read after call 3)"
    )
    assert frame_note([], 1, True) == "the frame: the number of the call"


def test_landings_are_said_where_there_is_a_jump() -> None:
    text = """(module (import "env" "sleep" (func $sleep))
      (func $one (call $sleep))
      (func $two (call $sleep) (call $sleep)))"""
    lines = [line.strip() for line in rewrite(text, rewind="jump", annotate=True).splitlines()]
    landings = [line for line in lines if ";; call " in line]
    assert landings == [
        ") ;; call 0: $sleep, the jump lands here, for the call to be made again",
        ") ;; call 1: $sleep",
    ]
