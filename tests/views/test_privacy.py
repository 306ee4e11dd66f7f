"""The privacy page says what is true of this site as its owner has set it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from advisor import site
from advisor.decision.reading import grade, sentences, words
from tests.views.markup import Element, see

Owner = Callable[..., None]


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Owner:
    here = site.this_site()

    def change(**values: Any) -> None:
        there = replace(here, **{"owner": "Hill & Vale", "contact": "hello@example.org", **values})
        monkeypatch.setattr(site, "this_site", lambda: there)

    return change


def privacy(client: Client) -> Element:
    return see(client, "/privacy/").one("main")


def text_blocks(page: Element) -> list[str]:
    return [element.text for element in page.walk() if element.tag in ("p", "li") and element.text]


def test_the_controller_is_named_with_the_address_line_by_line(client: Client, owner: Owner) -> None:
    owner(controller="Hill & Vale Ltd\n1 Hill Road\nSomewhere")

    page = privacy(client)

    (address,) = [element for element in page.all("p") if element.text.startswith("Hill & Vale Ltd")]
    assert address.text == "Hill & Vale Ltd 1 Hill Road Somewhere"
    assert len(address.all("br")) == 2


def test_without_a_controller_the_owner_is_named_with_the_contact(client: Client, owner: Owner) -> None:
    owner()

    page = privacy(client)

    assert "Hill & Vale decides what happens with what you give us." in page.text
    assert "hello@example.org" in page.text


def test_markup_in_the_controller_stays_text(client: Client, owner: Owner) -> None:
    owner(controller="<script>alert(1)</script>\n{{ settings.SECRET_KEY }}")

    page = privacy(client)

    assert "<script>alert(1)</script> {{ settings.SECRET_KEY }}" in page.text
    assert not page.all("script")


def test_every_time_is_the_owner_s(client: Client, owner: Owner) -> None:
    owner(saved_days=91, enquiry_days=62, quarantine_days=13, backup_days=24)

    text = privacy(client).text

    assert "We keep it for 91 days." in text
    assert "We delete it after 62 days, or sooner if you ask." in text
    assert "What looks like spam is set aside and deleted after 13 days." in text
    assert "go back 24 days at most" in text


def test_a_single_day_is_a_day(client: Client, owner: Owner) -> None:
    owner(enquiry_days=1, quarantine_days=1, backup_days=1)

    assert "1 days" not in privacy(client).text
    assert "after 1 day, or sooner" in privacy(client).text


def test_without_enquiries_nothing_is_said_of_them(client: Client, owner: Owner) -> None:
    owner(enquiry_on=True)
    assert "When you ask for a talk" in privacy(client).text

    owner(enquiry_on=False)
    text = privacy(client).text
    assert "When you ask for a talk" not in text
    assert "looks like spam" not in text
    assert "When you keep a result" in text


def test_a_copy_by_mail_is_named_where_there_is_one(client: Client, owner: Owner) -> None:
    owner(enquiry_to="inbox@example.org")
    assert "A copy comes to us by mail." in privacy(client).text

    owner(enquiry_to="")
    assert "A copy comes to us by mail." not in privacy(client).text


def test_addresses_are_named_where_the_site_sends_mail(client: Client, owner: Owner, settings: Settings) -> None:
    owner()
    settings.EMAIL_HOST = ""
    assert "leave a mail address" not in privacy(client).text

    settings.EMAIL_HOST = "mail.example.org"
    text = privacy(client).text
    assert "Without a yes it is deleted after 7 days." in text
    assert "It is also deleted with the result." in text


@pytest.mark.parametrize(
    "subject",
    ["controller", "consent", "erased", "copy", "complain", "data protection office", "No cookies", "no trackers"],
)
def test_it_speaks_of_what_the_law_asks_for(client: Client, owner: Owner, subject: str) -> None:
    owner()

    assert subject in privacy(client).text


def test_it_is_plain(client: Client, owner: Owner, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    owner(enquiry_to="inbox@example.org")

    blocks = text_blocks(privacy(client))

    assert grade(" ".join(block if block[-1] in ".!?" else f"{block}." for block in blocks)) <= 8
    assert [line for block in blocks for line in sentences(block) if len(words(line)) > 25] == []


def test_without_enquiries_no_result_offers_one(client: Client, owner: Owner) -> None:
    address = "/advice/?industry=law-finance&need=chatbot&modality=text&fact=none"
    owner(enquiry_on=True)
    assert "Ask for a talk" in see(client, address).text

    owner(enquiry_on=False)
    assert "Ask for a talk" not in see(client, address).text
    assert "Want to talk it through?" not in see(client, address).text


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        (False, "The server keeps no list of visits. When a page fails, its log notes the time and the page."),
        (True, "The server notes the time and the page of each visit, and not who came."),
    ],
)
def test_what_the_log_notes_and_for_how_long(client: Client, settings: Settings, notes: bool, says: str) -> None:
    settings.SIGNPOST_ACCESS_LOG = notes

    page = privacy(client)

    assert f"{says} It leaves out your answers" in page.text
    assert "deleted after 14 days" in page.text
    assert "deleted after 90 days" in page.text
