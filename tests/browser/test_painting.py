"""What a first page fetches before anything is painted, and what comes after."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visitor
from tests.browser.test_journey import htmx_is_there
from tests.browser.test_served import RESULT

pytestmark = pytest.mark.browser

GOALS = "/advice/goals/?industry=law-finance"
ASKED_EARLY = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  return performance.getEntriesByType("resource").filter((one) => one.startTime < painted).map((one) => one.name);
}"""
AS_IT_BEGAN = """
addEventListener("DOMContentLoaded", () => { window.began = document.documentElement.className; });
"""
FONTS = '() => [...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family).sort()'
SETTLED = "() => document.documentElement.className === ''"
OURS = ["Sans1", "Serif1"]


@pytest.mark.parametrize("address", [GOALS, RESULT], ids=["question", "result"])
def test_nothing_but_the_page_is_fetched_before_it_is_painted(visitor: Visitor, address: str) -> None:
    page = visitor.open(address)
    htmx_is_there(page)
    fonts_are_there(page)

    assert page.evaluate(ASKED_EARLY) == []
    fetched = [urlsplit(address).path.rpartition(".")[2] for address in visitor.requests]
    assert (fetched.count("js"), fetched.count("woff2")) == (2, 2)


def fonts_are_there(page: Page) -> None:
    page.wait_for_function(f"() => ({FONTS})().filter((family) => {OURS}.includes(family)).length === 2")
    page.wait_for_function(SETTLED)


def test_whoever_goes_on_sees_our_fonts_from_the_start(visitor: Visitor) -> None:
    visitor.context.add_init_script(AS_IT_BEGAN)
    page = visitor.open(RESULT)
    assert page.evaluate("() => window.began") == "late"
    fonts_are_there(page)

    page.get_by_role("link", name="How it decides").click()
    page.wait_for_url("**/how-it-decides/")
    page.wait_for_function("() => window.began === ''")


def test_fonts_that_never_come_keep_nothing_waiting(visit: Any) -> None:
    visitor: Visitor = visit(expected={404})
    visitor.context.route("**/*.woff2", lambda route: route.fulfill(status=404))
    page = visitor.open(RESULT)
    htmx_is_there(page)

    page.wait_for_function(SETTLED)


def test_without_scripts_the_fonts_come_as_well(visit: Any) -> None:
    visitor: Visitor = visit(java_script_enabled=False)
    page = visitor.context.new_page()
    with page.expect_response("**/schibsted-grotesk*.woff2"), page.expect_response("**/signpost-serif*.woff2"):
        page.goto(visitor.site.url + RESULT)


def test_scripts_come_where_nothing_tells_of_the_paint(visitor: Visitor) -> None:
    visitor.context.add_init_script("PerformanceObserver.prototype.observe = () => {}")

    htmx_is_there(visitor.open(RESULT))


def test_what_is_ticked_before_the_scripts_come_is_in_the_address(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.context.route("**/signpost*.js", lambda route: held.append(route))
    page = visitor.context.new_page()
    page.goto(visitor.site.url + GOALS)
    page.get_by_label("Check contracts").check()
    page.wait_for_function("() => !document.querySelector('script[nomodule]')")
    assert "need" not in page.url

    held[0].continue_()

    page.wait_for_url("**need=contract-review**")


def test_no_button_is_offered_before_the_script_that_answers_it(visitor: Visitor) -> None:
    held: list[Route] = []
    # Playwright leaves a mark on the function
    visitor.context.route("**/signpost.*.js", lambda route: held.append(route))
    page = visitor.open(RESULT)
    copy = page.locator("[data-copy]")
    page.wait_for_function("() => document.querySelector('script[src*=signpost]:not([nomodule])')")
    expect(copy).to_have_css("opacity", "0")
    assert held

    held[0].continue_()
    copy.click()  # waits until it takes a press

    expect(copy).to_have_css("opacity", "1")
    expect(page.locator("#link-said")).not_to_be_empty()
