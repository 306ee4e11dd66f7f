"""A flood of spam in front of one real enquiry."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from advisor import formkeys, site, spam
from advisor.models import Enquiry, Mail
from advisor.views.enquiries import consent_words, digest_of
from tests.views.markup import parse

ANSWERS = "industry=law-finance&need=chatbot&modality=text&fact=none"
POSTS = 1000
REAL = "We are a law firm of nine people. May the chat on our pages answer questions about fees?"


def filled(key: str, **changed: str) -> dict[str, str]:
    """As a program fills it in that has looked at the form."""
    return {
        "message": "Good day",
        "contact": "sales@spam.example",
        "name": "Sales",
        "consent": "yes",
        "agreed": digest_of(consent_words(site.this_site())),
        "form_key": key,
        "about": ANSWERS,
        spam.TRAP: "",
        **changed,
    }


class Flood:
    """Posts of several sorts, from several networks. Each has a fresh key, a minute old unless it must not be."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.chance = client, random.Random(1000)  # noqa: S311  a seed, so that a failure can be repeated
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def post(self, network: str, *, seconds: float = 60, own: bool = True, **changed: str) -> Any:
        self.now += timedelta(seconds=0.5 - seconds)
        key = formkeys.new()
        self.now += timedelta(seconds=seconds)
        headers = {"Sec-Fetch-Site": "same-origin"} if own else {}
        return self.client.post("/talk/", filled(key, **changed), headers=headers, REMOTE_ADDR=network)

    def words(self) -> str:
        """No two alike."""
        return " ".join("".join(self.chance.choices("aeioulmnrst", k=7)) for _ in range(30))

    def one(self, number: int) -> Any:
        network = f"198.51.{number % 4}.9"
        sorts = [
            lambda: self.post(network, message=self.words(), second_subject="Sales"),
            lambda: self.post(network, message=self.words(), seconds=1),
            lambda: self.post(network, message=f"{self.words()} https://a.ru https://b.ru https://c.ru"),
            lambda: self.post(network, message=f"See http://casino.example/{number}"),
            lambda: self.post(network, message="We offer search engine optimisation, first place in a week. " * 3),
            lambda: self.post(network, message=self.words(), form_key="made up"),
            lambda: self.post(network, message=self.words(), own=False),
            lambda: self.post(network, message="x" * 20_000),
            lambda: self.post(network, message=self.words(), contact="a@b.example\r\nBcc: all@example.com"),
            lambda: self.post(network, message=f"{self.words()} [url=//x.example]x[/url]"),
        ]
        return sorts[number % len(sorts)]()


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who wants to be mailed, so that a mail about spam would show."""
    there = replace(site.this_site(), enquiry_to="inbox@example.org")
    monkeypatch.setattr(site, "this_site", lambda: there)


@pytest.mark.any_database
@pytest.mark.django_db
def test_a_thousand_posts_of_spam_leave_a_real_one_accepted_and_the_inbox_readable(
    client: Client, monkeypatch: pytest.MonkeyPatch, editor: User
) -> None:
    flood = Flood(client, monkeypatch)

    answers = [flood.one(number).status_code for number in range(POSTS)]
    real = flood.post("198.51.0.77", message=REAL, contact="ada@example.com", name="Ada")

    assert set(answers) == {303, 403, 422, 429}
    assert real.status_code == 303
    inbox = Enquiry.objects.in_inbox()
    assert REAL in inbox.values_list("message", flat=True)
    assert inbox.count() <= 1 + spam.MOST_OF_A_TEXT, "the first of many equal texts may pass for enquiries"
    assert set(Mail.objects.values_list("enquiry", flat=True)) == set(inbox.values_list("pk", flat=True))
    kept = Enquiry.objects.in_quarantine().count()
    assert 0 < kept <= 4 * spam.QUARANTINE.from_one.most

    client.force_login(editor)
    page = client.get("/admin/advisor/enquiry/").content.decode()
    assert REAL[:40] in page
    assert page.count("spam.example") == 0
    assert f"{inbox.count()} enquir" in page
    assert client.get("/admin/advisor/enquiry/?place=quarantine").content.decode().count("No spam</button>") == 50


@pytest.mark.django_db
def test_spam_beyond_its_limit_is_answered_kindly(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    flood = Flood(client, monkeypatch)
    for _ in range(spam.QUARANTINE.from_one.most):
        assert flood.post("198.51.0.1", message=flood.words(), seconds=1).status_code == 303

    response = flood.post("198.51.0.1", message="Typed in a hurry", seconds=1)
    page = parse(response.content.decode())

    assert response.status_code == 429
    assert 3000 < int(response["Retry-After"]) <= 3600
    assert "This has to wait a little" in page.text
    assert "Send it again in 60 minutes." in page.text
    assert "Typed in a hurry" in page.by_id("message").text
    assert page.one("title").text.startswith("Error: Ask for a talk")
