"""Visitors who rest between two pages. wrk can't do that: it opens all its connections first, and lets them wait."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps(asyncio.run(_crowd(order))))


async def _crowd(order: dict[str, Any]) -> dict[str, float]:
    start = time.monotonic()
    found = _Found()
    await asyncio.gather(*(_visit(order, number, start, found) for number in range(order["visitors"])))
    took = sorted(found.took)
    return {
        "requests": len(took),
        "seconds": time.monotonic() - start,
        "p50": took[len(took) // 2],
        "p95": took[len(took) * 95 // 100],
        "p99": took[len(took) * 99 // 100],
        "errors": found.errors,
    }


class _Found:
    def __init__(self) -> None:
        self.took: list[float] = []
        self.errors = 0


async def _visit(order: dict[str, Any], number: int, start: float, found: _Found) -> None:
    """One visitor, who comes at some moment of the first rest."""
    asked, rest, turn = order["asked"], order["rest"], number
    await asyncio.sleep(rest * random.random())
    reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])
    while time.monotonic() - start < order["seconds"]:
        begun = time.monotonic()
        writer.write(f"GET {asked[turn % len(asked)]} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))
        found.took.append(time.monotonic() - begun)
        found.errors += int(head.split(" ", 2)[1]) >= 400
        turn += order["visitors"]
        if "connection: close" in head:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])
        await asyncio.sleep(rest * random.uniform(0.5, 1.5))
    writer.close()


if __name__ == "__main__":
    main()
