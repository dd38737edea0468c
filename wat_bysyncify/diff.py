"""The diff of a module and what it was rewritten to, made to be read: two texts and their map -> lines.

    --- in.wat
    +++ rewritten
    @@ -12,1 +17,3 @@ $main: only when all is normal
    +      (if (global.get $normal) (then
             (call $print (i32.const 1))
    +      ))
    @@ -13,1 +20,5 @@ $main: call 0: $sleep
    ...

White space does not count, so that a line that only went to the right is still the reader's. Which line stems from
which is not guessed but known (docs/map.md). Each step of the transform is a hunk; functions that stay are not shown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_AROUND = 2  # so many lines that stay are shown around those that do not


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: `kind` is `-`, `+` or a space; `old` and `new` how many lines of each text came before."""

    kind: str
    text: str
    old: int
    new: int


def diff(source: str, output: str, data: Mapping[str, Any], names: tuple[str, str]) -> Iterator[str]:
    """The lines of the diff of two texts, of which `data` is the map; none if there is no difference."""
    old, new = source.splitlines(), output.splitlines()
    known = [(to + i - 1, from_ + i - 1) for to, from_, count in data["lines"] for i in range(count)]
    lines = list(_lines(old, new, _pairs(old, new, known), dict(known)))
    if all(line.kind == " " for line in lines):
        return
    titles = {each["output_line"]: each["name"] for each in data["functions"]}
    titles |= {line: f"{each['name']}: {what}" for each in data["functions"] for line, what in each["steps"]}
    titles[data["added_line"]] = "what every module gets"
    if data["state_line"]:
        titles[data["state_line"]] = "the state"
    yield f"--- {names[0]}"
    yield f"+++ {names[1]}"
    for hunk in _hunks(lines, set(titles), _owners(len(new), data)):
        first = hunk[0]
        gone, come = (sum(line.kind != kind for line in hunk) for kind in "+-")
        title = next((titles[line.new + 1] for line in hunk if line.new + 1 in titles and line.kind != "-"), "")
        place = f"-{first.old + bool(gone)},{gone} +{first.new + bool(come)},{come}"
        yield f"@@ {place} @@ {title}".rstrip()
        for line in hunk:
            yield f"{line.kind}{line.text}"


def _pairs(old: list[str], new: list[str], known: list[tuple[int, int]]) -> dict[int, int]:
    """Which lines, of those of which it is known, are the same but for white space, in one order in both texts:
    new -> old, from 0."""
    same = [(to, from_) for to, from_ in known if _bare(old[from_]) == _bare(new[to])]
    # The longest rise: fields may have gone elsewhere.
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for position, (_, from_) in enumerate(same):
        at = bisect_left(tops, from_)
        before.append(ends[at - 1] if at else -1)
        ends[at : at + 1] = [position]
        tops[at : at + 1] = [from_]
    pairs: dict[int, int] = {}
    position = ends[-1] if ends else -1
    while position >= 0:
        to, from_ = same[position]
        pairs[to] = from_
        position = before[position]
    return pairs


def _bare(line: str) -> str:
    return "".join(line.split())


def _lines(old: list[str], new: list[str], pairs: Mapping[int, int], stems: Mapping[int, int]) -> Iterator[Line]:
    """All lines of both texts, in order. A line that goes stands before the first that stems from it, if there is one,
    else before all that comes instead of it."""
    done = 0
    added: list[int] = []
    for to in range(len(new) + 1):
        from_ = pairs.get(to) if to < len(new) else len(old)
        if from_ is None:
            added.append(to)
            continue
        stemming = {stems[each] for each in added if each in stems}
        for each in added:
            until = stems.get(each, done - 1)
            while done < from_ and (done <= until or (each == added[0] and done not in stemming)):
                yield Line("-", old[done], done, each)
                done += 1
            yield Line("+", new[each], done, each)
        for gone in range(done, from_):
            yield Line("-", old[gone], gone, to)
        added = []
        if to < len(new):
            yield Line(" ", new[to], from_, to)
        done = from_ + 1


def _owners(count: int, data: Mapping[str, Any]) -> list[int]:
    """For each line of the output, from 0, the function that is rewritten there; -1 for none."""
    owners = [-1] * (count + 1)
    for each in data["functions"]:
        if each["output_line"]:
            first, end = each["output_line"] - 1, each["output_end"]
            owners[first:end] = [each["index"]] * (end - first)
    return owners


def _hunks(lines: list[Line], starts: set[int], owners: list[int]) -> Iterator[list[Line]]:
    """The lines in hunks: a new one where a step begins; of what stays in a function, only what is near to what does
    not."""
    shown = [line.kind != " " for line in lines]
    for i in [i for i, line in enumerate(lines) if line.kind != " "]:
        owner = owners[lines[i].new]
        if owner >= 0:
            for j in range(max(0, i - _AROUND), min(len(lines), i + _AROUND + 1)):
                shown[j] = shown[j] or owners[lines[j].new] == owner
    hunk: list[Line] = []
    for is_shown, group in groupby(range(len(lines)), key=shown.__getitem__):
        if not is_shown:
            continue
        for i in group:
            line = lines[i]
            begins = line.new + 1 in starts and line.kind != "-"
            if hunk and begins and any(each.kind != " " for each in hunk):
                yield hunk
                hunk = []
            hunk.append(line)
        if any(each.kind != " " for each in hunk):
            yield hunk
        hunk = []
