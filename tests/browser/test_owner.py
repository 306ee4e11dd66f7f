"""What an owner sets in the admin, and how the site looks then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from advisor.colours import ground_problems, mixed, nearest, sign_problems
from tests.browser.conftest import Visitor, copy_of
from tests.browser.site import Site, manage, served
from tests.browser.test_access import LOOKS, STATES, WHOLE_LOOKS, State, faults, look, violations
from tests.browser.test_served import only
from tests.models.test_logo import picture

pytestmark = pytest.mark.browser

FORM = "/admin/advisor/ownersettings/"
PASSWORD = "correct horse battery staple"
HARDEST = {
    "sign": nearest("#e4002b", sign_problems),
    "ground": nearest("#c0c0c0", ground_problems),
}
"""The darkest shades that the form takes."""
SET_UP = """
from pathlib import Path
from advisor.models import OwnerSettings
from advisor.models.logo import draw_anew
owner = OwnerSettings.load()
for name, value in {values!r}.items():
    setattr(owner, name, value)
owner.logo = draw_anew(Path({logo!r}).read_bytes())
owner.full_clean()
owner.save()
"""


def set_up_owner(data: Path, size: tuple[int, int] = (100, 100), **values: Any) -> None:
    logo = data / "sent.png"
    logo.write_bytes(picture(size=size))
    manage(data, "shell", "-v0", "-c", SET_UP.format(values=values, logo=str(logo)))


@pytest.fixture(scope="module")
def owners_site(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose owner chose all that is hardest: dark shades, a square logo beside a long name."""
    with served(copy_of(set_up, tmp_path_factory.mktemp("owner"))) as site:
        set_up_owner(
            site.data,
            name="The Hill & Vale Signpost for Businesses",
            sign_colour=HARDEST["sign"],
            ground_colour=HARDEST["ground"],
            controller="Hill & Vale Ltd\n1 Hill Road",
            contact="hello@example.org",
        )
        yield site


def sign_in(visitor: Visitor, first_editor_address: str) -> Page:
    page = visitor.open(first_editor_address)
    page.locator("[name=username]").fill("ada")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.goto(visitor.site.url + FORM)
    return page


def test_these_shades_are_the_darkest_that_pass() -> None:
    """Else the pages below would prove little."""
    assert sign_problems(mixed("#000000", HARDEST["sign"], 0.03))
    assert ground_problems(mixed("#000000", HARDEST["ground"], 0.03))


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "goals, filled",
        "goals, error",
        "check, with notices",
        "result, combined",
        "result, analytical, prepare",
        "result, not yet",
        "result, tie",
        "compare, form",
        "record, tie",
        "talk",
        "privacy",
        "not found",
    ],
)
def test_no_rule_of_accessibility_is_broken_with_an_owner_s_look(visit: Any, owners_site: Site, name: str) -> None:
    state: State = STATES[name]
    visitor: Visitor = visit(at=owners_site, expected={state.status})
    assert isinstance(state.address, str)
    page = visitor.open(state.address)
    page.wait_for_function("() => window.htmx")
    if state.then:
        state.then(page)

    broken = faults(page)

    assert not broken, "\n".join(broken)
    colour = page.evaluate("() => getComputedStyle(document.documentElement).getPropertyValue('--ground')")
    assert colour == HARDEST["ground"]
    expect(page.locator("header.head img")).to_have_js_property("complete", True)


def test_the_head_of_the_page_does_not_jump_when_the_logo_arrives(visit: Any, owners_site: Site) -> None:
    visitor: Visitor = visit(at=owners_site)
    held: list[Route] = []
    page = visitor.context.new_page()
    page.route("**/logo-*.png", lambda route: held.append(route))  # Playwright leaves a mark on the function
    page.goto(owners_site.url, wait_until="commit")
    page.locator("footer").wait_for(state="attached")
    before = page.locator("header").bounding_box(), page.locator("header.head img").bounding_box()

    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('header.head img').naturalWidth > 0")

    assert (page.locator("header").bounding_box(), page.locator("header.head img").bounding_box()) == before
    assert before[1]
    assert (before[1]["width"], before[1]["height"]) == (40, 40)


def test_a_logo_stands_on_white_at_night_and_in_forced_colours(visit: Any, owners_site: Site) -> None:
    page = visit(at=owners_site).open("/about/")
    ground = "() => getComputedStyle(document.querySelector('header.head img')).backgroundColor"

    look(page)
    assert page.evaluate(ground) == "rgba(0, 0, 0, 0)"
    for title in ("dark", "forced colours"):
        look(page, **LOOKS[title])
        assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_a_change_reaches_every_process_at_its_next_request(own_site: Site) -> None:
    workers = own_site.workers
    for worker in workers:
        with only(worker, workers):
            assert "– Signpost</title>" in own_site.get("/about/").text

    set_up_owner(own_site.data, name="Wayfinder", sign_colour="#8fd3ff")

    for worker in workers:
        with only(worker, workers):
            reply = own_site.get("/about/")
        assert "– Wayfinder</title>" in reply.text
        assert "--sign:#8fd3ff" in reply.text
    assert own_site.workers == workers, "no process was replaced"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_owner_looks_mends_and_saves(
    visit: Any, own_site: Site, first_editor_address: str, tmp_path: Path, scripts: bool
) -> None:
    visitor: Visitor = visit(at=own_site, java_script_enabled=scripts)
    page = sign_in(visitor, first_editor_address)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture())
    page.get_by_label("Name of the site").fill("Wayfinder")
    page.get_by_label("Colour of the signs", exact=False).first.fill("#e4002b")
    page.get_by_label("New logo").set_input_files(logo)

    with visitor.context.expect_page() as opened:
        page.get_by_role("button", name="Preview the start page").click()
    opened.value.locator(".errorlist", has_text="The nearest shade that passes").wait_for()
    opened.value.close()

    page.get_by_label("Colour of the signs", exact=False).first.fill("#8fd3ff")
    for button, heading in (
        ("Preview the start page", "Which kind of AI"),
        ("Preview a result", "Start with"),
        ("Preview the privacy page", "Privacy"),
    ):
        with visitor.context.expect_page() as opened:
            page.get_by_role("button", name=button).click()
        preview = opened.value
        preview.get_by_role("heading", level=1, name=heading).wait_for()
        assert preview.get_by_text("Nothing is saved yet.").is_visible()
        assert preview.get_by_alt_text("Wayfinder").is_visible()
        sign = preview.locator("a.btn").first if button.endswith("start page") else None
        if sign and scripts:
            assert sign.evaluate("(e) => getComputedStyle(e, '::before').backgroundColor") == "rgb(143, 211, 255)"
        preview.close()
    assert "Wayfinder" not in own_site.get("/about/").text

    page.get_by_role("button", name="Save").click()
    page.get_by_text("was changed successfully").wait_for()
    page.get_by_role("link", name="View site").click()
    page.get_by_alt_text("Wayfinder").wait_for()


def test_the_colour_picker_and_the_field_follow_each_other(
    visit: Any, own_site: Site, first_editor_address: str
) -> None:
    page = sign_in(visit(at=own_site), first_editor_address)
    field, picker = page.locator("[name=ground_colour]"), page.get_by_label("Pick the colour of the page")

    expect(picker).to_have_value("#eaf0ec")
    field.fill("fff4e8")
    expect(picker).to_have_value("#fff4e8")
    picker.fill("#ffffff")
    expect(field).to_have_value("#ffffff")


def test_the_form_with_errors_breaks_no_rule(visit: Any, own_site: Site, first_editor_address: str) -> None:
    page = sign_in(visit(at=own_site), first_editor_address)
    page.locator("[name=sign_colour]").fill("#e4002b")
    page.locator("[name=contact]").fill("nobody")
    page.get_by_role("button", name="Save").click()
    page.locator(".errorlist").first.wait_for()
    broken: list[str] = []

    for title in WHOLE_LOOKS:
        look(page, **LOOKS[title])
        broken += [f"{title}: {fault}" for fault in violations(page)]

    assert not broken, "\n".join(broken)
