"""The report (--report): one HTML file that shows a rewrite, and runs the module step by step in the browser.

    binary.py   what the page must know of a binary module: imports, exports, names, sizes; and one to look into
    page.py     all that the page shows, as data; the file

and in the page, each a file, put together into one script:

    list.js       lines of equal height, of which only those that are seen exist
    text.js       the two texts, side by side or as one
    graph.js      the call graph of a small module
    functions.js  what can pause and why, and sizes
    frames.js     bytes of memory -> frames, by the map
    machine.js    the module, run up to a decision of the user: decisions -> scene
    run.js        a scene, and what can be done next
    page.js       puts all in its place
"""

from .page import report

__all__ = ["report"]
