"""Keeping a result, as a visitor does it, and what its link shows to others."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.kept import LAW_FIRM, keep, keep_form, publish_a_change, watch
from tests.browser.kills import sent_under_kills
from tests.browser.site import Site
from tests.browser.test_access import faults

pytestmark = pytest.mark.browser
with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
SAVES = 60


def main_text(page: Page) -> str:
    return page.locator("main").inner_text()


@with_and_without_scripts
def test_a_result_is_kept_opened_and_deleted(visit: Any, scripts: bool) -> None:
    visitor: Visitor = visit(java_script_enabled=scripts, expected={410})
    page = visitor.open(f"/advice/?{LAW_FIRM}")
    page.get_by_role("link", name="Keep this result").click()
    page.get_by_role("button", name="Make the short link").click()
    page.get_by_role("heading", level=1, name="Your result is kept").wait_for()
    own = page.url
    short = page.get_by_label("Short link").input_value()

    page.get_by_role("link", name="Open the kept result").click()
    page.locator(".plate").wait_for()
    assert page.url == short
    assert "It still holds" in main_text(page)

    page.goto(own)
    assert "From tomorrow on you can extend it here" in main_text(page)
    page.get_by_text("Delete this result").click()
    page.get_by_role("button", name="Delete it now").click()
    page.get_by_role("heading", level=1, name="The result is deleted").wait_for()
    page.goto(short)
    assert "This result was deleted" in main_text(page)


@pytest.mark.drill("F20", "A visitor turns back and keeps a result again", expected="one record, the same link")
def test_going_back_and_pressing_again_gives_the_same_link(visitor: Visitor) -> None:
    page = visitor.open(f"/advice/keep/?{LAW_FIRM}")
    page.get_by_role("button", name="Make the short link").click()
    page.get_by_role("heading", level=1, name="Your result is kept").wait_for()
    first = page.url

    page.go_back()
    page.get_by_role("button", name="Make the short link").click()
    page.get_by_role("heading", level=1, name="Your result is kept").wait_for()

    assert page.url == first


def test_the_link_shows_the_same_to_somebody_else_and_leaves_nothing_with_them(visit: Any, site: Site) -> None:
    show, _manage = keep(site)
    one, two = visit(), visit()

    pages = [visitor.open(show) for visitor in (one, two)]

    assert main_text(pages[0]) == main_text(pages[1])
    for visitor, page in zip((one, two), pages, strict=True):
        assert visitor.context.cookies() == []
        assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


def test_the_keyboard_alone_keeps_a_result(visitor: Visitor) -> None:
    page = visitor.open(f"/advice/keep/?{LAW_FIRM}")
    button = page.get_by_role("button", name="Make the short link")
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("(e) => e === document.activeElement"):
            break

    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="Your result is kept").wait_for()


def test_the_notice_of_newer_rules_can_be_read_by_all(visit: Any, own_site: Site, tmp_path: Path) -> None:
    show, _manage = keep(own_site)
    publish_a_change(own_site, tmp_path)
    page = visit(own_site).open(show)
    assert "Today it would say:" in main_text(page)
    assert "A page of fixed answers is enough." in main_text(page)
    page.locator(".since summary").click()

    broken = faults(page)

    assert not broken, "\n".join(broken)


def test_no_log_line_holds_a_token(own_site: Site) -> None:
    show, manage = keep(own_site)
    for address in (show, manage):
        own_site.get(address + "nothing/")
        own_site.post(address, [("action", "delete")], {"Sec-Fetch-Site": "cross-site"})
    own_site.post(manage, [("action", "delete")])
    own_site.get(show)

    log = own_site.log.read_text()

    assert "/r/***/" in log
    for address in (show, manage):
        assert address.split("/")[2] not in log


def test_what_was_acknowledged_while_processes_were_killed_is_there_once(own_site: Site) -> None:
    """Each save is sent again until it is acknowledged, and once more after that."""
    forms = [keep_form(own_site) for _save in range(SAVES)]

    places = sent_under_kills(own_site, SAVES, lambda number: own_site.post("/advice/keep/", forms[number]))

    assert [len(found) for found in places] == [1] * SAVES
    assert len(set().union(*places)) == SAVES
    for (place,) in places:
        assert own_site.get(urlsplit(place).path).status == 200


def test_an_address_is_confirmed_and_deleted_by_keyboard_alone_and_without_scripts(visit: Any, site: Site) -> None:
    page = visit(java_script_enabled=False).open(watch(site))

    page.get_by_role("button", name="Yes, tell me").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("We tell you when it changes")
    page.get_by_role("button", name="Stop, and delete my address").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("You get no more mails")


def test_an_address_is_left_on_the_manage_page_and_a_mistake_keeps_what_was_typed(visit: Any, site: Site) -> None:
    visitor: Visitor = visit(expected={422})
    page = visitor.open(keep(site)[1])

    page.get_by_label("Your mail address").fill("ada at example.org")
    page.get_by_label("Your mail address").press("Enter")
    page.get_by_role("link", name="Write one mail address").click()
    field = page.get_by_label("Your mail address")
    expect(field).to_be_focused()
    expect(field).to_have_value("ada at example.org")
    field.fill(f"{secrets.token_hex(8)}@example.org")
    field.press("Enter")

    expect(page.locator("#watch [role=status]")).to_contain_text("Look in your mailbox")
