"""Two kinds of charts as SVG, as in the article: bars in groups, and lines over two logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

# Pairs of light and dark, for the peer and us.
COLOURS = ("#9ecae1", "#2171b5", "#fdae6b", "#d94801", "#a1d99b", "#238b45", "#bcbddc", "#6a51a3")
WIDTH, HEIGHT = 960, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 76, 48
LEGEND = 4  # names beside each other

Rows = Mapping[str, Mapping[str, float]]  # group or line: bar or x: value


def bars(title: str, rows: Rows) -> str:
    """A group of bars for each row; 1 is where the program was before."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    top = max((value for row in rows.values() for value in row.values()), default=1.0) * 1.05
    group = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    bar = group * 0.84 / max(len(series), 1)
    parts = [_level(value, _y(value, top)) for value in _ticks(top)]
    for i, (label, row) in enumerate(rows.items()):
        start = LEFT + group * (i + 0.08)
        for j, name in enumerate(series):
            if name in row:
                y = _y(row[name], top)
                parts.append(
                    f'<rect x="{start + bar * j:.1f}" y="{y:.1f}" width="{bar * 0.92:.1f}"'
                    f' height="{HEIGHT - BOTTOM - y:.1f}" fill="{_colour(j)}">'
                    f"<title>{escape(label)}, {escape(name)}: {row[name]:.2f}</title></rect>"
                )
        parts.append(_text(LEFT + group * (i + 0.5), HEIGHT - BOTTOM + 18, label, "middle"))
    before = _y(1, top)
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{before:.1f}" y2="{before:.1f}" stroke="#333"/>')
    return _page(title, series, parts)


def lines(title: str, rows: Rows, x_label: str) -> str:
    """A line for each row, whose keys are numbers; both axes are logarithmic."""
    xs = sorted({float(x) for row in rows.values() for x in row})
    values = [value for row in rows.values() for value in row.values()]
    low, high = (round_(math.log10(end(values))) for round_, end in ((math.floor, min), (math.ceil, max)))
    across = math.log10(xs[-1] / xs[0]) or 1

    def place(x: float, value: float) -> tuple[float, float]:
        right = math.log10(x / xs[0]) / across
        up = (math.log10(value) - low) / max(high - low, 1)
        return LEFT + 24 + right * (WIDTH - LEFT - RIGHT - 48), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [_level(10.0**power, place(xs[0], 10.0**power)[1]) for power in range(low, high + 1)]
    parts += [_text(place(x, 1)[0], HEIGHT - BOTTOM + 18, f"{x:g}", "middle") for x in xs]
    parts.append(_text(WIDTH / 2, HEIGHT - 8, x_label, "middle"))
    for i, row in enumerate(rows.values()):
        points = [place(float(x), value) for x, value in row.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(i)}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_colour(i)}"/>' for x, y in points]
    return _page(title, list(rows), parts)


def _page(title: str, series: Sequence[str], parts: Sequence[str]) -> str:
    legend = []
    for i, name in enumerate(series):
        x, y = LEFT + (WIDTH - LEFT - RIGHT) / LEGEND * (i % LEGEND), 30 + 18 * (i // LEGEND)
        legend.append(f'<rect x="{x:.1f}" y="{y}" width="12" height="12" fill="{_colour(i)}"/>')
        legend.append(_text(x + 16, y + 10, name, "start"))
    body = "\n".join(["  " + part for part in [_text(LEFT, 20, title, "start", "bold"), *legend, *parts]])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="12">\n  <rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _ticks(top: float) -> list[float]:
    step = next(each for each in (0.25, 0.5, 1, 2, 5, 10, 50, math.inf) if top / each <= 10)
    return [step * i for i in range(int(top / step) + 1)] if step < math.inf else []


def _level(value: float, y: float) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
    return line + _text(LEFT - 6, y + 4, f"{value:g}", "end")


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'


def _colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]
