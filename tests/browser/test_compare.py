"""Two people decide together: one keeps a result, the other opens its link, answers too, and takes an answer over."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor
from tests.browser.kept import LAW_FIRM, keep, publish_a_change
from tests.browser.site import Site
from tests.browser.test_access import faults
from tests.browser.test_journey import CHECK, CIRCUMSTANCES, GOALS, arrive, go_on, htmx_is_there, tick

pytestmark = pytest.mark.browser
with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])

SIDE_BY_SIDE = "Two results side by side"
MINE = "industry=law-finance&need=summaries&need=fraud&modality=text&fact=personal-data"


def differing(page: Page) -> list[str]:
    return page.locator(".differs h4").all_inner_texts()


def token_in(page: Page) -> str:
    (token,) = parse_qs(urlsplit(page.url).query)["with"]
    return token


@with_and_without_scripts
def test_a_colleague_answers_compares_and_takes_an_answer_over(visit: Any, site: Site, scripts: bool) -> None:
    show, _manage = keep(site)
    token = show.split("/")[2]
    page = visit(java_script_enabled=scripts).open(show)

    page.get_by_role("link", name="Answer the questions yourself and compare").click()
    arrive(page, "What kind of business is it?")
    if scripts:
        htmx_is_there(page)
    tick(page, "Law, money and insurance")
    go_on(page, GOALS)
    assert token_in(page) == token
    page.get_by_label("Or say it in your own words").fill("spot fraud")
    page.get_by_role("button", name="Find").click()
    page.locator("#found").wait_for()
    tick(page, "Spot fraud", "Sum up long papers")
    go_on(page, CIRCUMSTANCES)
    assert token_in(page) == token
    tick(page, "We handle personal data")
    assert token_in(page) == token, "what is ticked is put into the address, and the token stays there"
    go_on(page, CHECK)
    page.get_by_role("link", name="Change Goals").click()
    arrive(page, GOALS)
    assert token_in(page) == token
    go_on(page, CHECK)
    page.get_by_role("link", name="Show the advice").click()
    page.locator(".plate").wait_for()
    assert token_in(page) == token

    page.get_by_role("link", name="Compare with your colleague’s result").click()
    arrive(page, SIDE_BY_SIDE)
    before = differing(page)
    assert "Spot fraud" in before
    row = page.locator(".differs", has=page.get_by_role("heading", name="Spot fraud"))
    row.get_by_role("link", name="Take over: add this goal").click()
    page.get_by_role("heading", name="Spot fraud", level=4).wait_for(state="detached")

    assert sorted(differing(page)) == sorted(set(before) - {"Spot fraud"})
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


@with_and_without_scripts
def test_step_by_step_two_results_become_one(visit: Any, scripts: bool) -> None:
    page = visit(java_script_enabled=scripts).open("/compare/")
    page.get_by_label("Link to the first result").fill(f"https://any.example/advice/?{LAW_FIRM}")
    page.get_by_label("Link to the second result").fill(f"  {MINE} ")
    page.get_by_role("button", name="Compare").click()
    arrive(page, SIDE_BY_SIDE)

    left = len(differing(page))
    while left:
        address = page.url
        page.locator(".differs .card:last-child a").last.click()
        page.wait_for_url(lambda url, before=address: url != before)
        arrive(page, SIDE_BY_SIDE)
        assert len(differing(page)) == left - 1
        left -= 1

    page.get_by_role("heading", name="The two agree").wait_for()
    page.get_by_role("link", name="Read this advice").last.click()
    page.locator(".plate").wait_for()
    assert set(parse_qsl(urlsplit(page.url).query)) == set(parse_qsl(LAW_FIRM))


def test_back_undoes_what_was_taken_over(visitor: Visitor) -> None:
    page = visitor.open(f"/compare/?one={LAW_FIRM.replace('&', '%26')}&two={MINE.replace('&', '%26')}")
    before = differing(page)
    page.locator(".differs a").first.click()
    page.wait_for_function("count => document.querySelectorAll('.differs').length < count", arg=len(before))

    page.go_back()

    arrive(page, SIDE_BY_SIDE)
    assert differing(page) == before


def test_a_wrong_link_is_mended_where_it_was_typed(visit: Any) -> None:
    page = visit(expected={422}).open("/compare/")
    page.get_by_label("Link to the first result").fill(LAW_FIRM)
    page.get_by_label("Link to the second result").fill("https://any.example/r/cut-off")
    page.get_by_role("button", name="Compare").click()
    page.locator(".trouble").get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "two"
    assert page.get_by_label("Link to the first result").input_value() == LAW_FIRM

    page.get_by_label("Link to the second result").fill(MINE)
    page.keyboard.press("Enter")

    arrive(page, SIDE_BY_SIDE)


def test_then_and_today_can_be_read_by_all(visit: Any, own_site: Site, tmp_path: Path) -> None:
    show, _manage = keep(own_site)
    publish_a_change(own_site, tmp_path)
    page = visit(own_site).open(show)
    page.get_by_role("link", name="The two side by side").click()
    arrive(page, SIDE_BY_SIDE)
    assert "A page of fixed answers is enough." in page.locator("main").inner_text()
    assert "Fixed answers first, for law firms." in page.locator("main").inner_text()

    broken = faults(page)

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(("width", "beside"), [(1280, True), (360, False)])
def test_the_two_stand_beside_each_other_where_there_is_room(visitor: Visitor, width: int, beside: bool) -> None:
    page = visitor.open(f"/compare/?one={LAW_FIRM.replace('&', '%26')}&two={MINE.replace('&', '%26')}")
    page.set_viewport_size({"width": width, "height": 800})

    boxes = [page.locator(f"#side-{place}").bounding_box() for place in (1, 2)]

    assert boxes[0]
    assert boxes[1]
    assert (boxes[0]["y"] == boxes[1]["y"]) is beside
    assert (boxes[0]["x"] < boxes[1]["x"]) is beside
