"""What is left of a visitor in the logs, and what a stranger finds who looks for more than pages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.conftest import copy_of
from tests.proxy.conftest import Mirror
from tests.proxy.nginx import HTTP, NAME, Proxy, proxy, server, short_folder

CANARY = "canary-a1b2c3"


def test_no_log_holds_answers_or_tokens(set_up: Path, tmp_path: Path) -> None:
    with server(copy_of(set_up, tmp_path)) as behind, proxy(behind.socket) as site:
        for address in (
            f"/advice/?need={CANARY}&industry=other",
            f"/advice/?{CANARY}=1&=x",
            f"/r/{CANARY}/",
            f"/r/{CANARY}",
            f"/%72/{CANARY}/",
            f"/r/{CANARY}/record.json",
            f"/manage/{CANARY}/",
            f"/watch/{CANARY}/",
            f"/talk/sent/{CANARY}/",
            f"/admin/first-editor/{CANARY}/",
            f"/admin/not-sent/{CANARY}/",
            f"/admin/rescue/{CANARY}/",
        ):
            site.get(address, {"Referer": f"https://{NAME}/?{CANARY}", "User-Agent": CANARY}, client="198.51.100.77")
            site.send("GET", address, port=HTTP)
        for _ in range(8):  # the last ones are too many
            site.post(f"/manage/{CANARY}/", {"x": CANARY})
        site.send("POST", "/talk/", f"message={CANARY}".encode() * 6000)
        site.raw(f"GET /?{CANARY}={'x' * 9000} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        site.raw(f"GET /?{CANARY} HTTP/1.x\r\nHost: {NAME}\r\n\r\n".encode())
        site.raw(f"GET /{CANARY} HTTP/1.1\r\nHost: {CANARY}\r\n\r\n".encode())
        behind.process.terminate()
        behind.process.wait()
        while_down = site.get(f"/advice/?need={CANARY}")
        site.logged('"GET /advice/" 502')
        logs, server_log = site.logs, behind.log.read_text()

    assert while_down.status == 502
    assert "/r/***/record.json" in logs
    assert '"POST /manage/***/" 429' in logs
    assert CANARY not in logs
    assert CANARY not in server_log


def test_no_log_holds_a_whole_address_of_a_client(mirror: Mirror) -> None:
    logged = {
        "198.51.100.78": "198.51.100.0",
        "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff": "2001:db8:aaaa::",
        "2001:db8::9": "2001:db8::",
        "2001::9": "2001::",
        "::9": "::",
    }
    for number, client in enumerate(logged):
        mirror.proxy.get(f"/whose-{number}/", client=client)

    lines = mirror.proxy.logged("/whose-", len(logged))
    assert [line.split()[1] for line in lines] == list(logged.values())
    assert not [client for client in logged if re.search(rf"\s{re.escape(client)}\s", mirror.proxy.logs)]


def _private() -> list[str]:
    """The addresses of the site that hold a token or a reference."""
    patterns = [pattern for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern | URLResolver)]
    addresses = ["/" + str(pattern.pattern) for pattern in patterns]
    found = [address for address in addresses if re.search(r"<str:(token|reference)>", address)]
    return [re.sub(r"<\w+:\w+>", CANARY, address) for address in found]


@pytest.mark.parametrize("address", _private())
def test_the_token_of_each_address_that_has_one_is_masked(mirror: Mirror, address: str) -> None:
    mirror.proxy.get(address, client="198.51.100.79")

    mirror.proxy.logged(f'"GET {address.replace(CANARY, "***")}"')
    assert CANARY not in mirror.proxy.logs


@pytest.mark.parametrize(
    "address",
    [
        "/.git/HEAD",
        "/.git/config",
        "/.env",
        "/.well-known/../.env",
        "/.signpost/trouble.html",
        "/static/",
        "/static/admin/",
        "/static/staticfiles.json",
        "/static/%2e%2e/secret-key",
        "/static/../static-names/x.0123456789ab.json",
        "/static/css/../../x.0123456789ab.json",
        "/static/..%2fsecret-key",
        "/static../secret-key",
        "/metrics",
        "/metrics/",
        "/debug/",
        "/__debug__/",
        "/server-status",
        "/nginx_status",
        "/secret-key",
        "/signpost.sqlite3",
        "/data/signpost.sqlite3",
        "/manage.py",
        "/requirements.txt",
        "/backup.zip",
        "/phpinfo.php",
        "/console",
        "/actuator/env",
        "/api/docs",
    ],
)
def test_nothing_is_found_that_is_no_page(site: Proxy, address: str) -> None:
    reply = site.get(address, client="192.0.2.99")

    assert reply.status in (400, 404), address
    assert "Traceback" not in reply.text
    assert "DEBUG" not in reply.text


def test_health_tells_no_versions(site: Proxy) -> None:
    for address in ("/healthz", "/readyz"):
        assert not re.search(r"\d+\.\d+", site.get(address, client="192.0.2.98").text)


def test_what_fails_while_nobody_is_behind_leaves_no_address_either() -> None:
    folder = short_folder()
    try:
        with proxy(folder / "nobody.sock") as site:
            site.get(f"/r/{CANARY}/?{CANARY}", client="198.51.100.80")
            site.logged('198.51.100.0 "GET /r/***/" 502')
            logs = site.logs
    finally:
        shutil.rmtree(folder)

    assert CANARY not in logs
    assert "198.51.100.80" not in logs
