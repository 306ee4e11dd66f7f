"""A load generator for machines without wrk: a thread for each connection. Slower, and uneven at high rates."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text())
    start = time.monotonic()
    visitors = [_Visitor(order, number, start + order["seconds"]) for number in range(order["connections"])]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    took = sorted(duration for visitor in visitors for duration in visitor.took)
    found = {
        "requests": len(took),
        "seconds": time.monotonic() - start,
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "errors": sum(visitor.errors for visitor in visitors),
    }
    print(json.dumps(found))


class _Visitor(threading.Thread):
    def __init__(self, order: dict[str, Any], number: int, end: float) -> None:
        super().__init__()
        self.order, self.number, self.end = order, number, end
        self.took: list[float] = []
        self.errors = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.order["port"], timeout=30)
        asked = self.order["asked"]
        while (start := time.monotonic()) < self.end:
            turn = self.number + len(self.took) * self.order["connections"]
            path, _tab, body = asked[turn % len(asked)].partition("\t")
            connection.request("POST" if body else "GET", path, body or None, self.order["headers"])
            response = connection.getresponse()
            response.read()
            self.errors += response.status >= 400
            self.took.append(time.monotonic() - start)


if __name__ == "__main__":
    main()
