"""Each request has a number of its own, and only our own proxies may have given it."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import Client
from pytest_django import Settings

from advisor import logs
from tests.conftest import Publish

OURS = re.compile(r"(?:[2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}")
GIVEN = "f3b2c1d0-1111-2222-3333-444455556666"


@pytest.fixture
def client(publish: Publish) -> Client:
    publish()
    return Client(raise_request_exception=False)


@pytest.fixture
def public(settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.com"


@pytest.mark.parametrize(
    "address", ["/", "/advice/goals", "/nothing/", "/advice/?=x", "/healthz", "/static/nothing.js"]
)
def test_every_response_has_one(client: Client, address: str) -> None:
    numbers = {client.get(address)["X-Request-ID"] for _ in range(3)}

    assert len(numbers) == 3
    assert all(OURS.fullmatch(number) for number in numbers)


def test_our_proxy_may_give_it(client: Client, public: None) -> None:
    assert client.get("/", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN


@pytest.mark.parametrize(
    "given", ["short", "x" * 41, "under_score", "two\r\nlines-of-it", "<b>bold</b>", "", "a b c d e"]
)
def test_what_is_not_short_and_plain_is_not_taken(client: Client, public: None, given: str) -> None:
    assert OURS.fullmatch(client.get("/", headers={"X-Request-ID": given})["X-Request-ID"])


def test_nobody_else_may_give_it(client: Client, public: None) -> None:
    response = client.get("/", headers={"X-Request-ID": GIVEN}, REMOTE_ADDR="203.0.113.5")

    assert OURS.fullmatch(response["X-Request-ID"])


def test_a_site_without_a_proxy_takes_none(client: Client) -> None:
    assert OURS.fullmatch(client.get("/", headers={"X-Request-ID": GIVEN})["X-Request-ID"])


def test_a_proxy_elsewhere_is_one_when_the_settings_say_so(client: Client, public: None, settings: Settings) -> None:
    settings.SIGNPOST_PROXIES = ("10.0.0.0/24",)

    def taken_from(peer: str) -> bool:
        return client.get("/", headers={"X-Request-ID": GIVEN}, REMOTE_ADDR=peer)["X-Request-ID"] == GIVEN

    assert taken_from("10.0.0.7")
    assert not taken_from("127.0.0.1")


def test_what_is_logged_meanwhile_knows_it(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    formatter = logs.Text()
    written: list[str] = []

    class Writes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(formatter.format(record))

    handler = Writes()
    logging.getLogger().addHandler(handler)
    try:
        number = client.get("/nothing/")["X-Request-ID"]
    finally:
        logging.getLogger().removeHandler(handler)

    (line,) = written
    assert line.endswith(f"WARNING django.request: Not Found: /nothing/ [request {number}]")
    assert logs.request_id.get() == ""
