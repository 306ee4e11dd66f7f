"""The floor of a first paint: pages that wait in memory, compressed, with their stylesheet inside and nothing else.

`python -m tests.benchmarks.floors.static_pages PORT FOLDER` serves each file of the folder under its name.
"""

from __future__ import annotations

import gzip
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar


def without_extras(html: str) -> str:
    """A page without scripts, icons and fonts: its markup, and its stylesheet inline."""
    html = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
    html = re.sub(r'<link rel="(?:icon|apple-touch-icon|preload)"[^>]*>', "", html)
    return re.sub(r"@font-face\{[^}]*\}", "", html)


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.bodies.get(self.path.lstrip("/"), b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Pages.bodies = {path.name: gzip.compress(path.read_bytes(), 6) for path in folder.iterdir()}
    ThreadingHTTPServer(("127.0.0.1", port), Pages).serve_forever()


if __name__ == "__main__":
    main()
