"""What somebody who looks after security can read of, and that no line names anybody."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from advisor import events, logs
from advisor.middleware import RequestId
from tests.conftest import Publish

pytestmark = pytest.mark.django_db
NAME, PASSWORD = "ada", "correct horse battery"


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the logger of such events writes, as JSON."""
    written: list[dict[str, Any]] = []
    formatter = logs.Json()

    class Writes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(formatter.format(record)))

    handler = Writes()
    events.logger.addHandler(handler)
    yield written
    events.logger.removeHandler(handler)


@pytest.fixture
def client(publish: Publish, editor: User) -> Client:
    publish()
    return Client(raise_request_exception=False)


def told(lines: list[dict[str, Any]]) -> list[str]:
    """The kinds of event. No line names anybody, and each says from where and in which request."""
    for line in lines:
        whole = json.dumps(line)
        assert not any(secret in whole for secret in (NAME, "mallory", PASSWORD, "127.0.0"))
        assert {"from", "request", "time"} <= line.keys()
    return [line["event"] for line in lines]


def test_a_sign_in_that_fails_and_one_that_does_not(client: Client, lines: list[dict[str, Any]]) -> None:
    client.post("/admin/login/", {"username": "mallory", "password": PASSWORD})
    client.post("/admin/login/", {"username": NAME, "password": PASSWORD})

    assert told(lines) == ["sign-in failed", "sign-in"]
    assert lines[0]["who"] != lines[1]["who"]
    assert lines[0]["from"] == lines[1]["from"]


def test_a_sign_out(client: Client, editor: User, lines: list[dict[str, Any]]) -> None:
    client.force_login(editor)
    lines.clear()
    client.post("/admin/logout/")

    assert told(lines) == ["sign-out"]


def test_a_lock_out(lines: list[dict[str, Any]]) -> None:
    request = RequestFactory().post("/admin/login/")
    events.locked_out(None, request=request, username=NAME, ip_address="127.0.0.1")

    assert [(line["event"], "who" in line) for line in lines] == [("locked out", True)]
    assert NAME not in json.dumps(lines)


def test_a_page_that_this_role_may_not_open(client: Client, lines: list[dict[str, Any]]) -> None:
    client.force_login(User.objects.create_user("mallory", is_staff=True))
    lines.clear()
    client.get("/admin/shelf-life/")

    assert told(lines) == ["refused"]
    assert lines[-1]["message"] == "Refused: shelf-life"


def test_a_form_that_another_site_sent(client: Client, lines: list[dict[str, Any]]) -> None:
    client.post("/talk/", {"message": "mallory"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert told(lines) == ["refused"]
    assert lines[0]["message"] == "Refused: talk"


def test_more_than_a_limit_allows(lines: list[dict[str, Any]]) -> None:
    respond = RequestId(events.Noticed(lambda request: HttpResponse(status=429)))

    respond(RequestFactory().post("/talk/"))

    assert told(lines) == ["rate limited"]


def test_a_code_is_another_one_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    today, now = events.code_of(NAME), timezone.now()
    assert events.code_of(NAME) == today

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))

    assert events.code_of(NAME) != today
