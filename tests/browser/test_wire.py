"""Bytes that no browser sends, put straight to the server: it refuses them kindly, and goes on serving."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import copy_of
from tests.browser.site import PATIENCE, Site, served

HOST = b"Host: 127.0.0.1\r\n"
END = b"Connection: close\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
POST = b"POST /advice/goals/find/ HTTP/1.1\r\n" + HOST + FORM
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
REQUESTS = {
    "nothing": b"",
    "a line end": b"\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "an old version": b"GET / HTTP/1.0\r\n\r\n",
    "a version to come": b"GET / HTTP/9.9\r\n" + HOST + END,
    "no host": b"GET / HTTP/1.1\r\n" + END,
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n" + END,
    "another host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + END,
    "a whole address": b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + END,
    "a way out": b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + END,
    "a way out of static": b"GET /static/../signpost.sqlite3 HTTP/1.1\r\n" + HOST + END,
    "the same in disguise": b"GET /static/%2e%2e/signpost.sqlite3 HTTP/1.1\r\n" + HOST + END,
    "the key file": b"GET /static/..%2fsecret-key HTTP/1.1\r\n" + HOST + END,
    "bytes that are no text": b"GET /\xff\xfe?\xff=\xfe HTTP/1.1\r\n" + HOST + END,
    "such bytes encoded": b"GET /advice/%FF/?industry=%FF HTTP/1.1\r\n" + HOST + END,
    "a NUL": b"GET /a\x00b HTTP/1.1\r\n" + HOST + END,
    "a NUL encoded": b"GET /advice/%00/?need=%00 HTTP/1.1\r\n" + HOST + END,
    "a line break in the address": b"GET /a%0d%0aSet-Cookie:zq=1 HTTP/1.1\r\n" + HOST + END,
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + END,
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + END,
    "an unknown method": b"ZQ / HTTP/1.1\r\n" + HOST + END,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long address": b"GET /?" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + END,
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20000 + b"\r\n" + END,
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: y\r\n" % n for n in range(200)) + END,
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": y\r\n" + END,
    "a header with a space": b"GET / HTTP/1.1\r\n" + HOST + b"X y : z\r\n" + END,
    "a header with a NUL": b"GET / HTTP/1.1\r\n" + HOST + b"X: \x00\r\n" + END,
    "an underlined header": b"GET / HTTP/1.1\r\n" + HOST + b"X_Forwarded_For: 1.2.3.4\r\n" + END,
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n" + END,
    "an encoding that is none": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Type: text/plain; charset=rot13\r\n" + END,
    "a parameter in one": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Type: text/plain; x*=zq''a\r\n" + END,
    "a long list of languages": b"GET / HTTP/1.1\r\n" + HOST + b"Accept-Language: " + b"a-b," * 1500 + b"\r\n" + END,
    "a length below nothing": POST + b"Content-Length: -1\r\n" + END,
    "a length that is no number": POST + b"Content-Length: zq\r\n" + END,
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n" + END + b"a",
    "a length with a sign": POST + b"Content-Length: +1\r\n" + END + b"a",
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks in disguise": POST + b"Transfer-Encoding: xchunked\r\n" + END,
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"
    + END + b"0\r\n\r\n",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n" + END
    + b"zq\r\nabc\r\n0\r\n\r\n",
    "a chunk of a huge size": POST + b"Transfer-Encoding: chunked\r\n" + END
    + b"fffffffffffffffff\r\nabc",
}  # fmt: skip
SERVERS_OWN = (501, 505)
"""A way of coding a body, and a version of HTTP, that the server does not speak. That is the client's fault."""


@pytest.fixture(scope="module")
def site(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(copy_of(set_up, tmp_path_factory.mktemp("wire"))) as site:
        yield site


def exchange(site: Site, request: bytes) -> bytes:
    """All that comes back until the server hangs up. It may hang up before everything was sent."""
    host, _, port = site.host.partition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request.replace(b"127.0.0.1", site.host.encode()))
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
    return received


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_it_is_answered_without_a_breakdown(site: Site, request_: bytes) -> None:
    written = site.log.read_text()

    answer = exchange(site, request_)

    statuses = [int(line.split()[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    assert [status for status in statuses if status >= 500 and status not in SERVERS_OWN] == []
    assert len(statuses) <= 1, "one request was taken for two"
    assert b"Traceback" not in answer
    assert b"SQLite" not in answer
    assert "Traceback" not in site.log.read_text().removeprefix(written)
    assert site.get("/healthz").status == 200
