"""How fast a report (--report) opens and scrolls in headless Chromium.

    python bench/page.py [FILE.wat] [--size BYTES]

Without a file, of a generated module whose text has so many bytes (700,000 if not said). Times are medians.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from browser import CHROMIUM, Browser

from wat_bysyncify.instrument import Options, rewrite_text
from wat_bysyncify.report import report

STEPS = {"a wheel's step": 100, "a screen": 600, "five screens": 3000}  # pixels scrolled in a frame


def large(size: int) -> str:
    """A module whose text has about so many bytes: the functions of an example, again and again."""
    body = """    (local $i i32) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $sleep (local.get $i)))))
      (if (i32.and (local.get $i) (i32.const 1))
        (then
          (local.set $sum (i64.mul (local.get $sum) (i64.const 3)))
          (local.set $i (i32.add (local.get $i) (i32.const 2))))
        (else
          (local.set $i (i32.add (local.get $i) (i32.const 1)))))
      (br_if $again (i32.lt_u (local.get $i) (local.get $times))))
    (local.get $sum))
"""
    head = '(module\n  (import "env" "sleep" (func $sleep (param i32) (result i32)))\n'
    one = len(body) + 60
    funcs = [
        f'  (func $work_{number} (export "work_{number}") (param $times i32) (result i64)\n{body}'
        for number in range(max(1, size // one))
    ]
    return head + "".join(funcs) + ")\n"


SCROLL = """(async () => {
  const lines = document.getElementById("lines");
  const frame = () => new Promise(requestAnimationFrame);
  lines.scrollTop = 0;
  await frame();
  const frames = [], work = [];
  let last = await frame();
  for (let i = 0; i < 100; i++) {
    lines.scrollTop += %d;
    const now = await frame();
    frames.push(now - last);
    last = now;
  }
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    lines.scrollTop -= %d;
    lines.dispatchEvent(new Event("scroll"));
    lines.getBoundingClientRect();
    work.push(performance.now() - start);
  }
  const rows = lines.querySelectorAll(".line").length;
  return { frames, work, rows, height: lines.scrollHeight };
})()"""


def scrolled(browser: Browser, by: int) -> dict[str, Any]:
    """Scrolls the texts by so many pixels in each of 100 frames: `frame`, the time from one to the next, and `work`,
    that for making and laying out lines, both in milliseconds; how many `rows` there are then, the `height` of all."""
    found = browser(SCROLL % (by, by))
    frame, work = statistics.median(found["frames"]), statistics.median(found["work"])
    return {"frame": frame, "work": work, "rows": found["rows"], "height": found["height"]}


@click.command(help=__doc__)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--size", default=700_000, help="Bytes of the generated module.")
def main(file: Path | None, size: int) -> None:
    if CHROMIUM is None:
        raise click.UsageError("Chromium is not installed")
    text = file.read_text(encoding="utf-8") if file else large(size)
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        path = Path(folder) / "report.html"
        start = time.monotonic()
        path.write_text(report(rewrite_text(text, Options.of(), mapped=True), "module.wat"), encoding="utf-8")
        click.echo(f"text: {len(text.encode()):,} bytes, {text.count(chr(10)):,} lines")
        click.echo(f"report: {path.stat().st_size:,} bytes, made in {time.monotonic() - start:.1f} s")
        click.echo(f"opened and ready: {statistics.median(browser.open(path) for _ in range(5)):.2f} s")
        for said, by in STEPS.items():
            found = scrolled(browser, by)
            click.echo(f"scrolling by {said}: {found['frame']:.1f} ms a frame, of which work {found['work']:.1f} ms")
        click.echo(f"lines that exist: {found['rows']}")


if __name__ == "__main__":
    main()
