"""The simulator in a real browser: by search, without scripts, and from an answer to an example."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site

pytestmark = pytest.mark.browser


def sign_in(page: Page, address: str) -> None:
    """Become the first editor by the link of `setup_site`."""
    page.goto(address)
    page.locator("[name=username]").fill("ada")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill("correct horse battery staple")
    page.locator("[type=submit]").click()


def test_an_editor_finds_choices_by_name_and_makes_an_example(
    visit: Any, own_site: Site, first_editor_address: str
) -> None:
    page = visit(own_site).open()
    sign_in(page, own_site.url + first_editor_address)
    page.get_by_role("link", name="Simulator").first.click()

    page.get_by_label("Industry").select_option(label="Law, money and insurance")
    search = page.get_by_role("searchbox", name="Search: goals")
    search.fill("contr")
    search.press("Enter")  # which sends nothing: an editor who types a name is not done yet
    expect(page.get_by_label("Answer customers' questions")).to_be_hidden()
    page.get_by_label("Check contracts").check()
    page.get_by_role("button", name="Show the advice").click()
    expect(page.get_by_text("Both say the same.")).to_be_visible()

    page.get_by_label("A name for an example").fill("A law firm that checks contracts")
    page.get_by_role("button", name="Make this an example").click()
    expect(page.get_by_text("“A law firm that checks contracts” is an example now.")).to_be_visible()
    page.get_by_role("link", name="Open it").click()
    expect(page.locator("[name=name]")).to_have_value("A law firm that checks contracts")


def test_it_works_without_scripts(visit: Any, own_site: Site, first_editor_address: str) -> None:
    page = visit(own_site, java_script_enabled=False).open()
    sign_in(page, own_site.url + first_editor_address)
    page.goto(f"{own_site.url}/admin/simulator/")

    page.get_by_label("Industry").select_option("other")
    page.get_by_label("Answer customers' questions").check()
    page.get_by_role("button", name="Show the advice").click()

    expect(page.get_by_text("more than any other rule that fits").first).to_be_visible()
    expect(page.get_by_role("checkbox", name="Answer customers' questions")).to_be_checked()
