"""An editor's form in a real browser: what a visitor will read, brought up to date while somebody types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import copy_of
from tests.browser.site import Site, served
from tests.browser.test_simulator import sign_in

pytestmark = pytest.mark.browser

FIRST = "#result_list tbody th a"


@pytest.fixture(scope="module")
def workplace(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that these tests may change, each in a place of its own."""
    with served(copy_of(set_up, tmp_path_factory.mktemp("workplace"))) as site:
        yield site


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, workplace: Site, first_editor_address: str) -> Any:
    """The cookies of its editor."""
    context = chromium.new_context()
    sign_in(context.new_page(), workplace.url + first_editor_address)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def rule(visit: Any, workplace: Site, signed_in: Any) -> Page:
    """The page of a rule."""
    page: Page = visit(workplace, storage_state=signed_in).open("/admin/advisor/rule/?q=ad-copy-text")
    page.locator(FIRST).first.click()
    page.locator("#rule_form").wait_for()
    return page


def test_what_is_typed_shows_as_a_visitor_will_read_it_and_is_not_saved(rule: Page) -> None:
    card = rule.locator("#look")
    rule.get_by_label("Because", exact=False).first.fill("Adverts <b>are</b> words {{ settings.SECRET_KEY }}.")

    expect(card).to_contain_text("Adverts <b>are</b> words {{ settings.SECRET_KEY }}.")
    expect(rule.locator("[data-reading=because]")).to_have_text("8 words.")
    expect(rule.get_by_role("button", name="Show what I typed")).to_be_hidden()
    rule.reload()
    expect(card).not_to_contain_text("settings")


def test_without_scripts_a_button_shows_it_in_a_new_tab(visit: Any, workplace: Site, signed_in: Any) -> None:
    without_scripts = {"java_script_enabled": False, "storage_state": signed_in}
    page: Page = visit(workplace, **without_scripts).open("/admin/advisor/term/add/")
    page.locator("[name=meaning]").fill("A word that was never saved.")

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Show what I typed").click()

    expect(opened.value.get_by_text("A word that was never saved.")).to_be_visible()
    expect(page.locator("[name=meaning]")).to_have_value("A word that was never saved.")


def test_cells_are_picked_by_name_with_the_keyboard_alone(rule: Page) -> None:
    needs = rule.locator(".field-needs")
    rule.get_by_role("button", name="Add: Needs").focus()
    rule.keyboard.press("Enter")
    expect(rule.get_by_role("searchbox", name="Search by name: Needs")).to_be_focused()

    rule.keyboard.type("check contr")
    expect(needs.get_by_text("1 of ")).to_be_visible()
    rule.keyboard.press("Enter")  # the one that is left is picked, and nothing is sent
    rule.keyboard.press("Escape")

    expect(rule.get_by_role("button", name="Add: Needs")).to_be_focused()
    expect(needs.get_by_role("status").filter(has_text="Picked: Check contracts. 2 picked.")).to_be_attached()
    rule.get_by_role("button", name="Take out: Write advert texts").press("Enter")
    expect(rule.get_by_role("button", name="Take out: Check contracts")).to_be_focused()
    expect(rule.locator("#look")).to_contain_text("Because you want to check contracts")
    rule.get_by_role("button", name="Save and continue editing").press("Enter")
    expect(needs.locator("li")).to_have_text(["Check contracts ×"])


def test_a_kind_of_ai_is_picked_by_its_mark(rule: Page) -> None:
    rule.get_by_role("radio", name="Analytical AI").check()

    expect(rule.locator("#look .arm")).to_have_attribute("data-category", "analytical")
    rule.get_by_role("button", name="Save and continue editing").click()
    expect(rule.get_by_role("radio", name="Analytical AI")).to_be_checked()


def test_an_empty_cell_says_that_it_fits_all(rule: Page) -> None:
    expect(rule.locator(".field-industries")).to_contain_text("Any. An empty cell fits all.")
    expect(rule.locator(".field-circumstances")).to_contain_text("Any. An empty cell fits all.")
    expect(rule.locator(".field-contested_sources .joined")).to_have_count(0)


@pytest.fixture
def order(visit: Any, workplace: Site, signed_in: Any) -> Page:
    """The page on which the industries are put in order."""
    page: Page = visit(workplace, storage_state=signed_in).open("/admin/advisor/industry/")
    page.get_by_role("link", name="Put in order").click()
    return page


def names(page: Page) -> list[str]:
    return page.locator(".in-order b").all_inner_texts()


def test_a_row_is_moved_with_the_keyboard_and_the_order_is_saved(order: Page) -> None:
    first, second, third, *others = names(order)
    up = order.get_by_role("button", name=f"Up {third}")

    up.press("Enter")
    expect(order.get_by_role("status")).to_have_text(f"{third} is number 2 of {3 + len(others)}. Not saved yet.")
    expect(up).to_be_focused()
    up.press("Enter")
    order.get_by_role("button", name="Save the order").press("Enter")

    expect(order.get_by_text("The order is saved.")).to_be_visible()
    order.get_by_role("link", name="Put in order").click()
    assert names(order) == [third, first, second, *others]


def test_a_row_is_dragged(order: Page) -> None:
    first, second, third, *others = names(order)
    grip, goal = order.locator(".grip").nth(2).bounding_box(), order.locator(".in-order > li").nth(0).bounding_box()
    assert grip
    assert goal

    order.mouse.move(grip["x"] + 8, grip["y"] + 8)
    order.mouse.down()
    order.mouse.move(goal["x"] + 20, goal["y"] + 4, steps=4)
    expect(order.locator(".in-order b").first).to_have_text(third)
    order.mouse.up()

    expect(order.get_by_role("status")).to_contain_text("is number 1 of")
    assert names(order) == [third, first, second, *others]
