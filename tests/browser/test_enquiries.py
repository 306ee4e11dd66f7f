"""Asking for a talk, as a visitor does it, and what becomes of it when processes are killed."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.enquiries import TALK, enquiry_form, make_room, post
from tests.browser.kills import sent_under_kills
from tests.browser.site import Site, manage

pytestmark = pytest.mark.browser
with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
ENQUIRIES = 60
TRAP = "#second_subject"
CHECKPOINT = "from django.db import connection as c; c.cursor().execute('PRAGMA wal_checkpoint(TRUNCATE)')"


def fill(page: Page, message: str) -> None:
    page.get_by_label("What would you like to talk about?").fill(message)
    page.get_by_label("How can we reach you?").fill("ada@example.com")
    page.get_by_label("I agree that").check()


@pytest.fixture(autouse=True)
def _room(site: Site) -> None:
    make_room(site)


def rows(site: Site, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{site.data}/signpost.sqlite3?mode=ro", uri=True) as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


@with_and_without_scripts
def test_a_visitor_asks_after_the_advice(visit: Any, scripts: bool) -> None:
    visitor: Visitor = visit(java_script_enabled=scripts, expected={422})
    page = visitor.open(f"/advice/?{TALK.partition('?')[2]}")
    page.get_by_role("link", name="Ask for a talk").click()
    page.get_by_role("heading", level=1, name="Ask for a talk").wait_for()
    message = f"A question, scripts {scripts}"
    fill(page, message)
    page.get_by_label("How can we reach you?").fill("")

    page.get_by_role("button", name="Send").click()

    page.get_by_role("heading", name="There is a problem").wait_for()
    assert page.get_by_label("What would you like to talk about?").input_value() == message
    assert page.get_by_label("I agree that").is_checked()
    page.get_by_role("group", name="There is a problem").get_by_role("link").click()
    assert page.evaluate("() => document.activeElement.id") == "contact"
    page.keyboard.type("ada@example.com")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", level=1, name="We have your message").wait_for()
    first = page.url
    page.go_back()
    if page.get_by_role("heading", name="There is a problem").is_visible():
        page.get_by_role("button", name="Send").click()
    page.goto(first)
    assert "Reference number" in page.locator("main").inner_text()
    assert visitor.context.cookies() == []


@pytest.mark.drill("F20", "A visitor turns back and sends an enquiry again", expected="one record, the same page")
def test_turning_back_and_sending_again_makes_no_second(visitor: Visitor) -> None:
    page = visitor.open(TALK)
    fill(page, "A question that is sent twice")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", level=1, name="We have your message").wait_for()
    first = page.url

    page.go_back()
    assert page.get_by_label("What would you like to talk about?").input_value() == "A question that is sent twice"
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", level=1, name="We have your message").wait_for()

    assert page.url == first


def test_nobody_falls_into_the_trap(visitor: Visitor) -> None:
    """Neither with the keyboard, nor with what a screen reader is told, nor with the eyes."""
    page = visitor.open(TALK)
    met = []

    for _ in range(30):
        page.keyboard.press("Tab")
        met.append(page.evaluate("() => document.activeElement.id"))

    assert {"message", "contact", "name", "with_advice", "consent"} <= set(met)
    assert TRAP.removeprefix("#") not in met
    assert page.get_by_role("textbox").count() == 3
    assert "Leave this empty" not in page.locator("main").aria_snapshot()
    box = page.locator(TRAP).evaluate("(e) => e.closest('.vh').getBoundingClientRect().toJSON()")
    assert (box["width"], box["height"]) == (1, 1)


def test_the_keyboard_alone_asks(visitor: Visitor) -> None:
    page = visitor.open(TALK)
    page.get_by_label("What would you like to talk about?").focus()

    page.keyboard.type("May I ask by keyboard?")
    page.keyboard.press("Tab")
    page.keyboard.type("07700 900123")
    for _ in range(3):  # past the name and the advice, to what is agreed to
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="We have your message").wait_for()


@pytest.fixture
def site_with_mail(own_site: Site) -> Site:
    """Its owner wants to be mailed. There is no mail server, so mails wait."""
    change = "from advisor.models import OwnerSettings as O; o = O.load(); o.enquiry_to = 'a@b.example'; o.save()"
    manage(own_site.data, "shell", "-v0", "-c", change)
    return own_site


def test_what_was_acknowledged_while_processes_were_killed_is_there_once(site_with_mail: Site) -> None:
    """Each enquiry is sent again until it is acknowledged, and once more after that."""
    site = site_with_mail
    letters = "abcdefgh"
    forms = [enquiry_form(site, message=f"{letters[n % 8]}{letters[n // 8]}" * 30) for n in range(ENQUIRIES)]

    places = sent_under_kills(site, ENQUIRIES, lambda number: post(site, forms[number], number))

    assert [len(found) for found in places] == [1] * ENQUIRIES, "a retry gives the same number"
    acknowledged = {place.rstrip("/").rpartition("/")[2] for found in places for place in found}
    stored = rows(site, "SELECT reference FROM advisor_enquiry")
    mails = rows(site, "SELECT enquiry_id FROM advisor_mail")
    assert len(stored) == len(mails) == len(set(mails)) == ENQUIRIES
    assert {reference for (reference,) in stored} == acknowledged
    assert rows(site, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.drill("F20", "An enquiry is sent twenty times at once", expected="one record, one place")
def test_twenty_at_the_same_moment_make_one(own_site: Site) -> None:
    form = enquiry_form(own_site)
    barrier = threading.Barrier(20)
    replies = []

    def send() -> None:
        barrier.wait()
        replies.append(post(own_site, form))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {reply.status for reply in replies} == {303}
    assert len({reply.all("Location")[0] for reply in replies}) == 1
    assert rows(own_site, "SELECT count(*) FROM advisor_enquiry") == [(1,)]


def test_while_the_database_is_locked_the_words_are_kept_in_the_form(own_site: Site) -> None:
    form = enquiry_form(own_site, message="Kept in the form")
    lock = sqlite3.connect(own_site.data / "signpost.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    refused = post(own_site, form)
    lock.execute("ROLLBACK")
    lock.close()

    assert refused.status == 503
    assert refused.all("Retry-After") == ["60"]
    assert "Your message was not sent" in refused.text
    assert "Kept in the form</textarea>" in refused.text
    assert rows(own_site, "SELECT count(*) FROM advisor_enquiry") == [(0,)]
    assert post(own_site, form).status == 303
    assert rows(own_site, "SELECT count(*) FROM advisor_enquiry") == [(1,)]


def test_what_was_erased_is_not_left_in_the_file(own_site: Site) -> None:
    post(own_site, enquiry_form(own_site, message="canary of one person", contact="ann@example.com"))
    manage(own_site.data, "erase_person", "ann@example.com")
    manage(own_site.data, "shell", "-v0", "-c", CHECKPOINT)

    assert b"canary of one" not in (own_site.data / "signpost.sqlite3").read_bytes()


def test_no_log_line_holds_what_was_sent(own_site: Site) -> None:
    secret = {"message": "canary", "contact": "canary@example.com", "name": "canary"}
    post(own_site, enquiry_form(own_site, **secret))
    for wrong in ({"contact": "canary"}, {"message": "canary" * 2000}, {"form_key": "canary"}):
        post(own_site, [*enquiry_form(own_site, **{**secret, **wrong})])
    own_site.get("/talk/?kept=canary")
    own_site.get("/talk/sent/canary/")
    (own_site.data / "signpost.sqlite3").rename(own_site.data / "away")
    post(own_site, enquiry_form(own_site, **secret))

    assert "canary" not in own_site.log.read_text().replace("/talk/sent/canary/", "")
