"""nginx as we ship it, in front of the site, or in front of a server that tells what it was sent."""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import _own_data, copy_of, set_up
from tests.proxy.nginx import Proxy, Server, proxy, server, short_folder

__all__ = ["_own_data", "set_up"]


@pytest.fixture(scope="session")
def behind(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The site's own server. No test may change what it serves."""
    with server(copy_of(set_up, tmp_path_factory.mktemp("behind"))) as started:
        yield started


@pytest.fixture(scope="session")
def site(behind: Server) -> Iterator[Proxy]:
    """The whole site, as visitors reach it."""
    with proxy(behind.socket) as started:
        yield started


@dataclass
class Mirror:
    """A site that tells in its answer what reached it."""

    proxy: Proxy
    lines: list[str] = field(default_factory=list)
    """The first line of each request that it got."""


@pytest.fixture(scope="session")
def mirror() -> Iterator[Mirror]:
    folder = short_folder()
    lines: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            lines.append(self.requestline)
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = {"headers": self.headers.items(), "address": self.path, "body": sent.decode(errors="replace")}
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    class Behind(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Behind(str(folder / "mirror.sock"), Handler) as behind:
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        with proxy(folder / "mirror.sock") as started:
            yield Mirror(started, lines)
        behind.shutdown()
    shutil.rmtree(folder)
