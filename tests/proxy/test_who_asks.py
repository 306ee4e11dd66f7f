"""What nginx lets through to the site, under whose name, and how often."""

from __future__ import annotations

import json
import socket
import ssl
import warnings
from typing import Any

import pytest

from tests.browser.site import Reply
from tests.proxy.conftest import Mirror
from tests.proxy.nginx import HTTP, HTTPS, NAME, Proxy

MADE_UP = {
    "Forwarded": "for=198.51.100.9;proto=http",
    "Proxy": "http://evil.example",
    "X-Forwarded-For": "198.51.100.9, 198.51.100.10",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Ssl": "off",
    "X-Original-URL": "/admin/",
    "X-Real-IP": "198.51.100.9",
    "X-Request-ID": "made-up",
    "X-Rewrite-URL": "/admin/",
    "SCRIPT_NAME": "/evil",
    "PATH_INFO": "/evil",
    "X_FORWARDED_FOR": "198.51.100.9",
}


def seen(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply.text)
    return found


class TestNames:
    def test_the_site_learns_the_client_from_nginx_alone(self, mirror: Mirror) -> None:
        reply = mirror.proxy.get("/", MADE_UP, client="203.0.113.7")

        headers = [(name.lower(), value) for name, value in seen(reply)["headers"]]
        sent = dict(headers)
        assert len(headers) == len(sent)
        identity = sent.pop("x-request-id")
        assert len(identity) == 32
        assert identity != "made-up"
        assert sent == {
            "host": NAME,
            "x-forwarded-proto": "https",
            "x-forwarded-for": "203.0.113.7",
            "accept-encoding": "identity",
        }

    def test_the_log_names_the_request_as_the_site_knows_it(self, mirror: Mirror) -> None:
        reply = mirror.proxy.get("/find-me/", client="203.0.113.8")

        (line,) = mirror.proxy.logged("/find-me/")
        assert line.endswith(dict(seen(reply)["headers"])["X-Request-ID"])

    @pytest.mark.parametrize("port", [HTTP, HTTPS])
    def test_another_host_gets_no_answer(self, mirror: Mirror, port: int) -> None:
        before = len(mirror.lines)

        assert mirror.proxy.raw(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", port) == b""
        assert len(mirror.lines) == before

    def test_another_name_gets_no_certificate(self, mirror: Mirror) -> None:
        with pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|unrecognized name"):
            mirror.proxy.connect(name="evil.example")

    def test_old_tls_is_refused(self, mirror: Mirror) -> None:
        for version, works in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            assert _speaks(mirror.proxy, version) == works
        assert not _speaks(mirror.proxy, ssl.TLSVersion.TLSv1_1)


def _speaks(proxy: Proxy, version: ssl.TLSVersion) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(proxy.authority)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options &= ~ssl.OP_NO_TLSv1_1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", proxy.ports[HTTPS])) as plain:
        try:
            context.wrap_socket(plain, server_hostname=NAME).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


class TestSmuggling:
    """Two requests in the clothes of one."""

    HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: advice.example.com\r\n\r\n"

    @pytest.mark.parametrize(
        "headers",
        [
            "Content-Length: {length}\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: {length}",
            "Content-Length: {length}\r\nTransfer-Encoding : chunked",
            "Content-Length: {length}\r\nTransfer-Encoding: xchunked",
            "Content-Length: {length}\r\nTransfer-Encoding: chunked, identity",
            "Content-Length: {length}\r\nTransfer-Encoding:\x0bchunked",
            "Content-Length: 0\r\nContent-Length: {length}",
            "Content-Length: +{length}",
        ],
    )
    def test_none_reaches_the_site(self, mirror: Mirror, headers: str) -> None:
        body = f"0\r\n\r\n{self.HIDDEN}"
        told = headers.format(length=len(body))
        text = f"POST /front HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n{told}\r\n\r\n{body}"

        answer = mirror.proxy.raw(text.encode(), client="192.0.2.50")

        assert not [line for line in mirror.lines if "/smuggled" in line]
        assert answer.count(b"HTTP/1.1 ") <= 1

    def test_chunks_arrive_as_one_body_with_its_length(self, mirror: Mirror) -> None:
        text = f"POST /chunks HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

        answer = mirror.proxy.raw(f"{text}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".encode(), client="192.0.2.51")

        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert told["body"] == "abcde"
        assert dict(told["headers"])["Content-Length"] == "5"
        assert "Transfer-Encoding" not in dict(told["headers"])


class TestLimits:
    @staticmethod
    def refused(proxy: Proxy, count: int, method: str, address: str, clients: list[str], **headers: str) -> int:
        """How many of so many requests were too many, sent by these clients in turn."""
        replies = [
            proxy.send(method, address, headers=headers, client=clients[number % len(clients)])
            for number in range(count)
        ]
        assert {reply.status for reply in replies} <= {200, 429}
        return sum(reply.status == 429 for reply in replies)

    @pytest.mark.parametrize(
        ("client", "address"),
        list(
            enumerate(
                [
                    "/admin/login/",
                    "/admin/login/second-step/",
                    "/admin/rescue/some-token/",
                    "/talk/",
                    "/advice/keep/",
                    "/manage/some-token/",
                    "/manage/some-token/watch/",
                    "/watch/some-token/",
                    "/advice/useful/",
                    "/advice/wrong/",
                    "/advice/goals/not-listed/",
                ]
            )
        ),
    )
    def test_what_is_stored_has_its_own(self, mirror: Mirror, client: int, address: str) -> None:
        assert self.refused(mirror.proxy, 7, "POST", address, [f"198.51.100.{client}"]) >= 1

    def test_pages_may_come_quickly_but_not_without_end(self, mirror: Mirror) -> None:
        assert self.refused(mirror.proxy, 40, "GET", "/advice/industry/", ["203.0.113.20"]) == 0
        assert self.refused(mirror.proxy, 400, "GET", "/advice/industry/", ["203.0.113.21"]) > 0

    def test_static_files_are_not_counted(self, mirror: Mirror) -> None:
        assert self.refused(mirror.proxy, 200, "GET", "/static/x.js", ["203.0.113.22"]) == 0

    def test_data_has_fewer(self, mirror: Mirror) -> None:
        assert self.refused(mirror.proxy, 40, "GET", "/advice/?format=json", ["203.0.113.23"]) > 0

    def test_made_up_addresses_do_not_help(self, mirror: Mirror) -> None:
        statuses = [
            mirror.proxy.post(
                "/talk/", {}, {"X-Forwarded-For": f"1.2.3.{number}", "X-Real-IP": f"1.2.3.{number}"}, "203.0.113.24"
            ).status
            for number in range(7)
        ]

        assert statuses == [200] * 6 + [429]

    def test_an_address_of_ipv6_counts_as_its_network(self, mirror: Mirror) -> None:
        neighbours = [f"2001:db8:1:2::{number}" for number in range(1, 8)]
        strangers = [f"2001:db8:1:{number + 10}::1" for number in range(7)]

        assert self.refused(mirror.proxy, 7, "POST", "/talk/", neighbours) == 1
        assert self.refused(mirror.proxy, 7, "POST", "/talk/", strangers) == 0
