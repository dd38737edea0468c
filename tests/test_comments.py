"""The comments of the reader's code: none is lost, none stands twice, and the code is the same with them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from forms import FORMS
from test_spec import SCRIPTS, modules

from wat_bysyncify import WatError, rewrite
from wat_bysyncify.sexpr import parse
from wat_bysyncify.sexpr.nodes import core_length, tokens

# In these, code stands where control never comes; it is not written, and what is said of it neither.
DEAD = {"dead_code.wast", "dead_code_references.wast", "immediates_apart.wast", "return_early.wast"}
DEAD |= {"tail_operand.wast", "telling_dead.wast", "try_loop.wast"}
CONTROL = re.compile(r'"(bysyncify|asyncify)"')
COMMENT = re.compile(r";; (?:end|line) \d+")

ALL = """(module
  (import "env" "sleep" (func $sleep))
  (memory 1)
  (func $f (param $x i32) (result i32) ;; the header
    ;; before a local
    (local $y i32) ;; a local
    ;; before a block
    (block $b ;; a block
      ;; before a drop
      (drop ;; a drop
        ;; before a call
        (call $f ;; a call
          ;; before its operand
          (local.get $y) ;; its operand
          ;; before its end
        ) ;; its end
        ;; before the end of the drop
      ) ;; the end of the drop
      ;; before the end of the block
    ) ;; the end of the block
    (local.set $y ;; a set
      ;; before a block with a result
      (block (result i32) ;; a block with a result
        (call $f (i32.const 1)) ;; the result
        ;; before its end
      ) ;; the end of the block with a result
      ;; before the end of the set
    ) ;; the end of the set
    ;; before an if
    (if ;; an if
      ;; before its condition
      (i32.eqz ;; its condition
        (local.get $x)) ;; the end of the condition
      ;; before its first arm
      (then ;; its first arm
        ;; before what is in the first arm
        (call $sleep) ;; what is in the first arm
        ;; before the end of the first arm
      ) ;; the end of the first arm
      ;; before its second arm
      (else ;; its second arm
        ;; before what is in the second arm
        (call $sleep) ;; what is in the second arm
        ;; before the end of the second arm
      ) ;; the end of the second arm
      ;; before the end of the if
    ) ;; the end of the if
    ;; before flat code
    local.get $x ;; an operand
    ;; before another
    call $f ;; another
    ;; before a flat if
    if (result i32) ;; a flat if
      ;; before what is in it
      call $sleep ;; what is in it
      ;; before what it leaves
      i32.const 1 ;; what it leaves
      ;; before a flat else
    else ;; a flat else
      i32.const 2
      ;; before a flat end
    end ;; a flat end
    ;; before a loop
    (loop $l (param i32) (result i32) ;; a loop
      ;; before what is in the loop
      (call $f) ;; what is in the loop
      ;; before the end of the loop
    ) ;; the end of the loop
    ;; before the result
    (i32.add ;; the result
      ;; before a call that is lifted
      (call $f (local.get $x)) ;; a call that is lifted
      ;; before the end of the result
    ) ;; the end of the result
    ;; before the end
  ) ;; the end
)
"""


def commented(text: str) -> str:
    """A text with a comment at the end of each line, and one on a line of its own behind it."""
    out = []
    for number, token in enumerate(tokens(parse(text))):
        core = core_length(token)
        line, line_break, rest = token[core:].partition("\n")
        if core and line_break and not {";", "@"} & {*token[core:]}:
            indent = rest.rsplit("\n", 1)[-1]
            out.append(f"{token[:core]}{line} ;; end {number}\n{indent};; line {number}\n{rest}")
        else:
            out.append(token)
    return "".join(out)


def code_of(text: str) -> str:
    """A text without the comments, and without white space."""
    return "".join(COMMENT.sub("", text).split())


def behind_imports(text: str) -> set[str]:
    """The comments behind imports of control functions, which go with these."""
    return {found for line in text.split("\n") if CONTROL.search(line) for found in COMMENT.findall(line)}


@pytest.mark.parametrize("form", FORMS)
def test_each_kind(form: str) -> None:
    """Before and behind all that moves, or is taken apart."""
    said = re.findall(";; .*", ALL)
    found = Counter(re.findall(";; .*", rewrite(ALL, **FORMS[form])))
    twice = 2 if form == "twins" else 1
    assert {each: found[each] for each in said if not said.count(each) <= found[each] <= twice * said.count(each)} == {}


# Bodies of a function from an i32 to an i32: code between a list and what it holds, what stores a result before it and
# behind it, arms with nothing in them, comments before code on its line.
BODIES = {
    "drop around a call": "(drop\n;; 1\n(nop)\n;; 2\n(call $next (i32.const 1)))",
    "drop around the second": "(drop\n;; 1\n(call $sleep)\n;; 2\n(call $next (i32.const 1)))",
    "drop behind a call": "(call $next (i32.const 1))\n;; 1\n(drop\n;; 2\n)",
    "set behind a call": "(call $next (i32.const 1))\n;; 1\n(local.set 0\n;; 2\n)",
    "drop of two": "(local.get 0) (drop\n;; 1\n(call $next (i32.const 1))\n;; 2\n(call $next (i32.const 2))) drop drop",
    "drop on one line": "(drop\n(; 1 ;) (call $next (i32.const 1)))",
    "operands with code between": "(drop (i32.add\n;; 1\n(call $sleep)\n;; 2\n(i32.const 1)\n;; 3\n(call $sleep)\n"
    ";; 4\n(call $next (i32.const 1))))",
    "set of a block, with code before": "(local.set 0 ;; 1\n;; 2\n(call $sleep) ;; 3\n;; 4\n(block (result i32)\n"
    "(call $next (i32.const 1))))",
    "flat set behind a block": "(block (result i32) (call $next (i32.const 1))) ;; 1\n;; 2\nlocal.set 0 ;; 3",
    "flat drop behind a block": "block (result i32)\n(call $next (i32.const 1))\nend ;; 1\n;; 2\ndrop ;; 3",
    "set behind a block": "(block (result i32) (call $next (i32.const 1))) ;; 1\n;; 2\n(local.set 0 ;; 3\n;; 4\n) ;; 5",
    "empty then": "(if (local.get 0)\n;; 1\n(then) ;; 2\n;; 3\n(else (call $sleep)))",
    "empty else": "(if (local.get 0)\n(then (call $sleep))\n;; 1\n(else) ;; 2\n;; 3\n)",
    "before an end": "(block\n(call $sleep)\n(; 1 ;) )",
    "before an arm": "(if (local.get 0)\n(; 1 ;) (then (call $sleep))\n(; 2 ;) (else (call $sleep)))",
    "before a block": "(; 1 ;) (block (call $sleep))",
    "before what takes it": "(drop\n(call $next (i32.const 1))\n(call $sleep)\n(; 1 ;) (i32.eqz))",
    "in a flat else and end": "local.get 0\nif $l\ncall $sleep\nelse ;; 1\n;; 2\n$l ;; 3\ncall $sleep\n"
    "end ;; 4\n;; 5\n$l",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies(body: str, form: str) -> None:
    """Each comment of such a body."""
    head = '(module (import "e" "sleep" (func $sleep)) (import "e" "next" (func $next (param i32) (result i32)))'
    text = f'{head} (memory 1)\n(func (export "f") (param i32) (result i32)\n{body}\n(local.get 0)))'
    rewritten = rewrite(text, **FORMS[form])
    comment = re.compile(r";; \d|\(; \d ;\)")
    found = Counter(comment.findall(rewritten))
    twice = 2 if form == "twins" else 1
    assert {each: found[each] for each in comment.findall(text) if not 1 <= found[each] <= twice} == {}
    parse(rewritten)


@pytest.mark.parametrize("form", FORMS)
def test_line_breaks(form: str) -> None:
    """Lines end as the text's do, and annotations are as comments are."""
    expected = rewrite(ALL, **FORMS[form])
    assert rewrite(ALL.replace("\n", "\r\n"), **FORMS[form]) == expected.replace("\n", "\r\n")
    annotated = rewrite(ALL.replace(";; the result", "(@said result)"), **FORMS[form])
    assert annotated == expected.replace(";; the result", "(@said result)")


@pytest.mark.parametrize("script", [each for each in SCRIPTS if each.name not in DEAD], ids=lambda path: path.stem)
def test_scripts(script: Path) -> None:
    """At each line's end, and between all lines, of all that the scripts have."""
    for module in modules(script.read_text()):
        try:
            text = commented(module)
            rewrite(text)
        except WatError:
            continue  # it is there to be refused
        said = set(COMMENT.findall(text)) - behind_imports(text)
        for form, options in FORMS.items():
            rewritten = rewrite(text, **options)
            found = Counter(COMMENT.findall(rewritten))
            twice = 2 if form == "twins" else 1
            assert {each: found[each] for each in said if not 1 <= found[each] <= twice} == {}, form
            assert code_of(rewritten) == code_of(rewrite(module, **options)), form
