"""Each security header once, on whatever answers: the site, or nginx in its place."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import socket
from pathlib import Path

import pytest

from advisor.middleware import HEADERS
from tests.browser.conftest import copy_of
from tests.browser.site import Reply, manage
from tests.browser.test_served import ONCE, RESULT
from tests.proxy.conftest import Mirror
from tests.proxy.nginx import CONFIGURATION, HTTP, HTTPS, NAME, Proxy, Server, proxy, server, short_folder

OVER_HTTPS = [*ONCE, "Strict-Transport-Security"]
KEEP = RESULT.replace("/advice/", "/advice/keep/")
OWN_PAGE = "You can go on here"


def count(reply: Reply, names: list[str]) -> dict[str, int]:
    return {name: len(reply.all(name)) for name in names}


def assert_protected(reply: Reply, status: int) -> None:
    assert reply.status == status
    assert count(reply, OVER_HTTPS) == dict.fromkeys(OVER_HTTPS, 1)
    assert {name: reply.all(name)[0] for name in HEADERS} == HEADERS
    assert reply.all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]
    assert reply.all("Server") == ["nginx"]
    assert not reply.all("X-Powered-By")


def parsed(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return Reply(int(first.split()[1]), headers, body.decode())


class TestTheSite:
    @pytest.mark.parametrize(
        ("method", "address", "status"),
        [
            ("GET", "/", 200),
            ("HEAD", RESULT, 200),
            ("GET", f"{RESULT}&format=json", 200),
            ("GET", "/advice/goals", 301),
            ("GET", "/advice/", 302),
            ("GET", "/advice/?=x", 400),
            ("GET", "/nothing/", 404),
            ("GET", "/static/nothing.js", 404),
            ("OPTIONS", "/advice/", 405),
            ("GET", "/advice/industry/?answered=industry", 422),
            ("GET", "/admin/", 302),
            ("GET", "/admin/login/", 200),
            ("GET", "/healthz", 200),
            ("GET", "/robots.txt", 200),
        ],
    )
    def test_each_answer_has_each_once(self, site: Proxy, method: str, address: str, status: int) -> None:
        assert_protected(site.get(address, method=method, client="192.0.2.10"), status)

    def test_so_has_a_form_from_elsewhere(self, site: Proxy) -> None:
        reply = site.post("/advice/goals/find/", {"find": "x"}, {"Sec-Fetch-Site": "cross-site"})

        assert_protected(reply, 403)

    def test_so_have_static_files_and_what_has_not_changed(self, site: Proxy, behind: Server) -> None:
        (script,) = sorted((behind.data / "static/js").glob("signpost.*.js"))[:1]
        unchanged = site.get("/", {"If-None-Match": site.get("/").all("ETag")[0]})

        assert_protected(site.get(f"/static/js/{script.name}"), 200)
        assert_protected(unchanged, 304)

    def test_so_has_a_page_that_broke(self, set_up: Path, tmp_path: Path) -> None:
        data = copy_of(set_up, tmp_path)
        with server(data) as behind, proxy(behind.socket) as site:
            form = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', site.get(KEEP).text)
            (address,) = site.post("/advice/keep/", dict(form)).all("Location")
            manage(
                data,
                "shell",
                "-v",
                "0",
                "-c",
                "from advisor.models import SavedResult as S; S.objects.update(document=b'x')",
            )
            reply = site.get(address)

        assert_protected(reply, 500)


def test_cookies_are_tied_to_this_host_and_go_over_https_alone(site: Proxy) -> None:
    client = "192.0.2.11"
    page = site.get("/admin/login/", client=client)
    (csrf,) = page.all("Set-Cookie")
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[:1]
    sent = {"Cookie": csrf.partition(";")[0], "X-CSRFToken": token, "Referer": f"https://{NAME}/admin/login/"}

    (session,) = site.post("/admin/login/passkey/options/", {}, sent, client).all("Set-Cookie")

    assert csrf.startswith("__Host-signpost-csrf=")
    assert session.startswith("__Host-signpost-session=")
    for cookie in (csrf, session):
        named = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "path=/", "samesite=strict"} <= named
        assert not [part for part in named if part.startswith("domain")]
    assert "httponly" in session.lower()


class TestInPlaceOfTheSite:
    """What nginx answers itself looks like ours, and says what to do."""

    def test_too_large(self, site: Proxy) -> None:
        reply = site.send("POST", "/talk/", b"x" * 70_000, client="192.0.2.20")

        assert_protected(reply, 413)
        assert "This is too large to send" in reply.text
        assert OWN_PAGE in reply.text

    def test_an_editor_may_send_more(self, mirror: Mirror) -> None:
        draft = b"x" * 5_100_000

        assert mirror.proxy.send("POST", "/admin/import-export/", draft).status == 200
        assert mirror.proxy.send("POST", "/admin/import-export/", draft + b"x" * 600_000).status == 413

    def test_too_long(self, site: Proxy) -> None:
        answer = site.raw(f"GET /advice/?{'need=x&' * 1300} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())

        assert_protected(parsed(answer), 414)

    def test_an_address_of_8000_characters_still_holds(self, mirror: Mirror) -> None:
        assert mirror.proxy.get(f"/advice/?{'x' * 8000}").status == 200

    def test_headers_too_large(self, site: Proxy) -> None:
        answer = site.raw(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Much: {'x' * 9000}\r\n\r\n".encode())

        assert_protected(parsed(answer), 431)

    @pytest.mark.parametrize(
        ("request_line", "status"), [("TRACE / HTTP/1.1", 405), ("GET / HTTP/1.x", 400), ("GET /%zz HTTP/1.1", 400)]
    )
    def test_what_no_browser_sends(self, site: Proxy, request_line: str, status: int) -> None:
        assert_protected(parsed(site.raw(f"{request_line}\r\nHost: {NAME}\r\n\r\n".encode())), status)

    def test_too_often(self, mirror: Mirror) -> None:
        replies = [mirror.proxy.post("/talk/", {}, client="192.0.2.30") for _ in range(7)]

        assert [reply.status for reply in replies[:6]] == [200] * 6
        assert_protected(replies[6], 429)
        assert replies[6].all("Retry-After") == ["10"]
        assert "Wait ten seconds, then try again." in replies[6].text

    def test_while_the_site_is_down(self) -> None:
        folder = short_folder()
        try:
            with proxy(folder / "nobody.sock") as site:
                page = site.get("/advice/industry/?need=x")
                data = site.get("/advice/", {"Accept": "application/json"})
        finally:
            shutil.rmtree(folder)

        assert_protected(page, 502)
        assert page.all("Retry-After") == ["10"]
        assert page.all("Cache-Control") == ["no-store"]
        assert "The site is starting again" in page.text
        assert f"<small>Code 502, request {page.all('X-Request-ID')[0]}</small>" in page.text
        assert_protected(data, 502)
        assert data.all("Content-Type") == ["application/problem+json; charset=utf-8"]
        assert json.loads(data.text) == {
            "type": "about:blank",
            "title": "The site is starting again",
            "status": 502,
            "detail": "This takes a few seconds. Your answers are in the address, so they are safe. Try again soon.",
        }

    def test_its_page_has_the_very_style_that_its_policy_lets_in(self) -> None:
        page = (CONFIGURATION / "pages/trouble.html").read_text()
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)

        assert style
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in (CONFIGURATION / "own-answers.conf").read_text()

    def test_nothing_else_adds_a_security_header(self) -> None:
        added = {
            path.name
            for path in CONFIGURATION.glob("*.conf")
            if re.search(r"add_header (?!X-Request-ID )", path.read_text())
        }

        assert added == {"own-answers.conf"}


class TestOverHttp:
    def test_a_page_leads_to_https(self, site: Proxy) -> None:
        reply = site.send("GET", "/advice/?industry=other", port=HTTP)

        assert reply.status == 301
        assert reply.all("Location") == [f"https://{NAME}/advice/?industry=other"]
        assert count(reply, ONCE) == dict.fromkeys(ONCE, 1)
        assert not reply.all("Strict-Transport-Security"), "browsers would ignore it"

    @pytest.mark.parametrize(
        ("method", "address", "headers"),
        [
            ("GET", "/advice/?industry=other&format=json", {}),
            ("GET", "/advice/?industry=other", {"Accept": "application/json"}),
            ("GET", "/r/some-token/record.json", {}),
            ("POST", "/talk/", {}),
            ("DELETE", "/", {}),
        ],
    )
    def test_data_and_forms_are_refused(self, site: Proxy, method: str, address: str, headers: dict[str, str]) -> None:
        reply = site.send(method, address, b"message=secret", headers, port=HTTP)

        assert reply.status == 403
        assert not reply.all("Location")
        assert "Send it once more to the address that starts with https." in reply.text
        assert count(reply, ONCE) == dict.fromkeys(ONCE, 1)

    def test_plain_words_to_the_port_of_https_are_refused(self, site: Proxy) -> None:
        with socket.create_connection(("127.0.0.1", site.ports[HTTPS])) as plain:
            plain.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            assert plain.recv(100).startswith(b"HTTP/1.1 400 ")
