"""Restores snapshots of a module, each in an instance of its own, and prints the results of their calls as JSON.

python tests/host_restore.py MODULE OPTIONS SNAPSHOT..., where OPTIONS are JSON. The imports return at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from wat_bysyncify.host import Module, restore


async def main(text: str, options: str, *snapshots: str) -> None:
    module = Module.of(Path(text).read_text(), snapshots=True, **json.loads(options))
    imports: dict[str, Any] = {"env": {"sleep": lambda: None, "tick": lambda n: n}}
    results = []
    for snapshot in snapshots:
        instance = restore(module, Path(snapshot).read_bytes(), imports)
        results.append([await call for call in list(instance.paused)])
    print(json.dumps(results))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
