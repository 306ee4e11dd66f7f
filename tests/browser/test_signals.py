"""Telling the editors, and what editors make of it: in a real browser, with scripts and without."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.enquiries import make_room
from tests.browser.kept import keep
from tests.browser.site import Site

pytestmark = pytest.mark.browser
with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])

ANSWERS = "industry=law-finance&need=contract-review&modality=text&fact=none"


def arrive(page: Page, heading: str) -> None:
    page.get_by_role("heading", level=1, name=heading).wait_for()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@with_and_without_scripts
def test_a_goal_that_is_not_listed_is_counted_and_the_visitor_goes_on(visit: Any, scripts: bool) -> None:
    visitor: Visitor = visit(java_script_enabled=scripts)
    make_room(visitor.site)
    page = visitor.open("/advice/goals/?industry=law-finance")
    if scripts:
        page.wait_for_function("() => window.htmx")
    page.get_by_label("My goal is not listed").check()
    press(page, "Continue")
    arrive(page, "Which kind of goal is missing?")
    if scripts:
        assert page.evaluate("document.activeElement.tagName") == "H1"
    assert not page.get_by_label("In your words").is_visible()

    page.get_by_text("Name the goal (optional)").click()
    page.get_by_label("In your words").fill("Work out the wages")
    page.get_by_label("Figures, forecasts").check()
    press(page, "Count my goal")
    arrive(page, "Thank you. Your goal counts")
    assert "wages" not in page.url
    assert "wages" not in page.content()

    page.get_by_label("Or look for a goal that comes near").fill("late payers")
    press(page, "Find")
    page.locator("#found").wait_for()
    page.go_back()
    page.get_by_role("link", name="Go on", exact=True).click()
    arrive(page, "Which of these are true for you?")
    assert "need=not-listed&modality=figures" in page.url
    assert page.context.cookies() == []


@with_and_without_scripts
def test_one_press_says_that_advice_was_not_useful(visit: Any, scripts: bool) -> None:
    visitor: Visitor = visit(java_script_enabled=scripts)
    make_room(visitor.site)
    page = visitor.open(f"/advice/?{ANSWERS}")

    press(page, "No")

    arrive(page, "Thank you. That is counted")
    page.get_by_role("link", name="Back to your advice").click()
    assert urlsplit(page.url).query == ANSWERS
    assert page.context.cookies() == []


@with_and_without_scripts
def test_what_is_wrong_in_a_kept_result_is_told_by_its_name(visit: Any, scripts: bool) -> None:
    visitor: Visitor = visit(java_script_enabled=scripts, expected={422})
    make_room(visitor.site)
    show, _manage = keep(visitor.site)
    page = visitor.open(show)
    page.get_by_role("link", name="Something here is wrong").click()
    arrive(page, "Which part is wrong?")

    page.get_by_text("Say what is wrong (optional)").click()
    page.get_by_label("In your words").fill("It is not what the law says.")
    press(page, "Tell the editors")
    page.get_by_role("heading", name="There is a problem").wait_for()
    assert page.get_by_label("In your words").input_value() == "It is not what the law says."
    page.get_by_label("Have a person check the facts").check()
    press(page, "Tell the editors")

    arrive(page, "Thank you. An editor reads it")
    page.get_by_role("link", name="Back to your advice").click()
    assert urlsplit(page.url).path == show


def test_an_editor_makes_a_goal_of_it(visit: Any, own_site: Site, first_editor_address: str) -> None:
    visitor: Visitor = visit(own_site)
    page = visitor.open("/advice/goals/not-listed/?industry=law-finance&need=not-listed")
    page.get_by_label("Figures, forecasts").check()
    press(page, "Count my goal")
    arrive(page, "Thank you. Your goal counts")
    page.goto(own_site.url + first_editor_address)
    page.locator("[name=username]").fill("ada")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill("correct horse battery staple")
    page.locator("[type=submit]").click()
    page.get_by_role("button", name="Log out").wait_for()

    page.goto(f"{own_site.url}/admin/advisor/signal/")
    page.get_by_role("link", name="A goal is missing: Figures, forecasts, scores and labels", exact=True).click()
    page.get_by_role("link", name="A draft goal").click()
    page.get_by_text("Nothing is stored before you save.").wait_for()
    page.get_by_label("Name:", exact=True).fill("Work out the wages")
    page.get_by_label("Slug:", exact=True).fill("wages")
    page.get_by_label("Phrase:", exact=True).fill("work out the wages")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("is marked as done").wait_for()
    page.goto(f"{own_site.url}/admin/advisor/signal/?state=done")
    page.locator("#result_list .field-tells a").first.click()
    page.get_by_role("link", name="need: Work out the wages").click()
    assert page.get_by_label("Phrase:", exact=True).input_value() == "work out the wages"
