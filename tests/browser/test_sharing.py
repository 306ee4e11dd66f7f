"""Handing a link on with what the browser offers: its clipboard, its sheet for sharing, or neither."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

ANSWERS = "industry=law-finance&need=chatbot&modality=text&fact=none"
RESULT = f"/advice/?{ANSWERS}"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
REFUSING = """if (navigator.clipboard)
  navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));"""
SHEET = "navigator.share = (data) => { window.shared = data; return Promise.resolve(); };"


def pasted(visitor: Visitor) -> str:
    """What the clipboard holds, as any other program gets it."""
    page = visitor.context.new_page()
    page.set_content("<textarea></textarea>")
    page.locator("textarea").focus()
    page.keyboard.press("ControlOrMeta+v")
    return page.locator("textarea").input_value()


def said(page: Page) -> Any:
    return page.locator("#link-said")


@pytest.mark.parametrize("script", ["", NO_CLIPBOARD, REFUSING], ids=["clipboard", "none", "refused"])
def test_copying_is_done_and_spoken(visit: Any, script: str) -> None:
    visitor: Visitor = visit(permissions=["clipboard-write", "clipboard-read"])
    visitor.context.add_init_script(script)
    page = visitor.open(RESULT)

    page.get_by_role("button", name="Copy").click()

    expect(said(page)).to_have_text("Link copied")
    assert said(page).get_attribute("role") == "status"
    assert pasted(visitor) == page.get_by_label("Link to this advice").input_value() == visitor.site.url + RESULT


def test_copying_twice_is_spoken_twice(visit: Any) -> None:
    visitor: Visitor = visit(permissions=["clipboard-write"])
    page = visitor.open(RESULT)
    page.evaluate(
        """() => { window.heard = []; new MutationObserver(() => window.heard.push(
          document.getElementById("link-said").textContent)).observe(document.getElementById("link-said"),
          { childList: true }) }"""
    )

    for times in (1, 2):
        page.get_by_role("button", name="Copy").click()
        page.wait_for_function(f"() => window.heard.filter(Boolean).length === {times}")


def test_where_nothing_can_be_copied_the_link_is_marked(visitor: Visitor) -> None:
    visitor.context.add_init_script(NO_CLIPBOARD + "document.execCommand = () => false;")
    page = visitor.open(RESULT)

    page.get_by_role("button", name="Copy").click()

    expect(said(page)).to_have_text("The link is marked. Copy it from there.")
    assert page.evaluate("() => getSelection().toString()") == visitor.site.url + RESULT


def test_the_sheet_of_the_device_gets_title_and_link_and_no_more(visitor: Visitor) -> None:
    visitor.context.add_init_script(SHEET)
    page = visitor.open(RESULT)

    page.get_by_role("button", name="Share", exact=True).click()

    assert page.evaluate("() => window.shared") == {"title": page.title(), "url": visitor.site.url + RESULT}


def test_it_is_also_offered_when_htmx_brought_the_page(visitor: Visitor) -> None:
    visitor.context.add_init_script(SHEET)
    page = visitor.open(f"/advice/check/?{ANSWERS}")
    page.wait_for_function("() => window.htmx")
    page.evaluate("() => { window.same = true }")

    page.get_by_role("link", name="Show the advice").click()

    expect(page.get_by_role("button", name="Share", exact=True)).to_be_visible()
    assert page.evaluate("() => window.same"), "the page was not loaded anew"


def test_where_there_is_no_sheet_no_button_offers_it(visitor: Visitor) -> None:
    page = visitor.open(RESULT)
    page.wait_for_function("() => window.htmx")

    assert not page.evaluate("() => 'share' in navigator")
    expect(page.locator("[data-share]")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()


def test_without_scripts_the_link_and_the_mail_remain(visit: Any) -> None:
    page = visit(java_script_enabled=False).open(RESULT)

    expect(page.get_by_label("Link to this advice")).to_be_visible()
    expect(page.get_by_role("link", name="Send by mail")).to_be_visible()
    assert page.locator("#keep button:visible").count() == 0
