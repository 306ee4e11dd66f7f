"""Two people at once, and what becomes of what somebody typed. Each has a browser window of their own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.site import Site, manage

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
PEOPLE = """
from django.contrib.auth.models import User
for name in ("Ada", "Grace", "Linus"):
    User.objects.create_superuser(name.lower(), password="correct horse battery staple", first_name=name)
"""


@pytest.fixture
def workplace(own_site: Site) -> Site:
    manage(own_site.data, "shell", "-c", PEOPLE)
    return own_site


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def editor(visit: Any, site: Site, name: str, *, expected: set[int] | None = None, **options: Any) -> Page:
    page: Page = visit(site, expected, **options).open("/admin/login/")
    sign_in(page, name)
    return page


def open_record(page: Page, site: Site, name: str = "term") -> None:
    page.goto(f"{site.url}/admin/advisor/{name}/1/change/")
    expect(page.locator(f"#{name}_form")).to_be_visible()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def saved(page: Page) -> None:
    save(page)
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def write(page: Page, field: str, text: str, *, scripts: bool = True) -> None:
    """Into a field, and wait until the page has looked at it for its preview: that would fail without a session."""
    if not scripts:
        page.get_by_label(field).fill(text)
        return
    with page.expect_response(re.compile("/look/$")):
        page.get_by_label(field).fill(text)


class TestTwoEditors:
    @pytest.mark.drill("F14")
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_on_one_rule_both_texts_are_shown_and_one_wins(self, visit: Any, workplace: Site, scripts: bool) -> None:
        ada = editor(visit, workplace, "ada", java_script_enabled=scripts)
        grace = editor(visit, workplace, "grace", expected={409}, java_script_enabled=scripts)
        open_record(ada, workplace, "rule")
        open_record(grace, workplace, "rule")
        ada.get_by_label("Because").fill("Ada wrote this reason.")
        grace.get_by_label("Because").fill("Grace wrote that reason.")

        saved(ada)
        save(grace)

        expect(grace.get_by_role("heading", name="Somebody else saved this while you were writing")).to_be_visible()
        expect(grace.get_by_role("cell", name="Ada wrote this reason.")).to_be_visible()
        expect(grace.get_by_role("cell", name="Grace wrote that reason.")).to_be_visible()
        expect(grace.get_by_label("Because")).to_have_value("Grace wrote that reason.")
        open_record(ada, workplace, "rule")
        expect(ada.get_by_label("Because")).to_have_value("Ada wrote this reason.")

        saved(grace)
        open_record(ada, workplace, "rule")
        expect(ada.get_by_label("Because")).to_have_value("Grace wrote that reason.")
        ada.get_by_role("link", name="All of it, and the way back").click()
        expect(ada.get_by_text("to “Ada wrote this reason.”")).to_be_visible()

    def test_who_edits_what_another_deletes_keeps_the_text(self, visit: Any, workplace: Site) -> None:
        ada = editor(visit, workplace, "ada")
        grace = editor(visit, workplace, "grace", expected={409})
        open_record(grace, workplace)
        grace.get_by_label("Meaning").fill("What Grace found out in an hour.")
        ada.goto(f"{workplace.url}/admin/advisor/term/1/delete/")
        ada.get_by_role("button", name="Yes, I’m sure").click()
        expect(ada.get_by_text("was deleted successfully")).to_be_visible()

        save(grace)

        expect(grace.get_by_role("heading", name="Somebody deleted this while you were writing")).to_be_visible()
        expect(grace.get_by_text("What Grace found out in an hour.")).to_be_visible()
        grace.get_by_role("link", name="Bring it back, with what you typed in its form").click()
        grace.get_by_role("button", name="Bring it back").click()
        expect(grace.get_by_label("Meaning")).to_have_value("What Grace found out in an hour.")
        open_record(ada, workplace)
        expect(ada.get_by_label("Meaning")).not_to_have_value("What Grace found out in an hour.")

        saved(grace)
        open_record(ada, workplace)
        expect(ada.get_by_label("Meaning")).to_have_value("What Grace found out in an hour.")


class TestTwoPublishers:
    @pytest.mark.drill("F13", "Two publishers press one after the other")
    def test_one_wins_and_the_other_sees_who_and_keeps_the_note(self, visit: Any, workplace: Site) -> None:
        ada = editor(visit, workplace, "ada")
        open_record(ada, workplace)
        ada.get_by_label("Meaning").fill("A better meaning.")
        saved(ada)
        ada.goto(f"{workplace.url}/admin/advisor/release/publish/")
        ada.get_by_label("What changed, for the public list").first.fill("A word is explained better.")
        ada.get_by_role("button", name="Propose this draft").click()
        expect(ada.get_by_role("button", name="Withdraw the proposal")).to_be_visible()
        publishers = [editor(visit, workplace, name, expected={409}) for name in ("grace", "linus")]
        for page, note in zip(publishers, ("Grace’s note.", "Linus’s note."), strict=True):
            page.goto(f"{workplace.url}/admin/advisor/release/publish/")
            page.get_by_label("What changed, for the public list").first.fill(note)

        grace, linus = publishers
        grace.get_by_role("button", name="Publish release 2").click()
        expect(grace.get_by_text("Release 2 is live")).to_be_visible()
        linus.get_by_role("button", name="Publish release 2").click()

        expect(linus.get_by_role("heading", name="Someone else published first")).to_be_visible()
        expect(linus.get_by_text("Its note: “Grace’s note.”")).to_be_visible()
        assert "Linus’s note." in linus.content()
        assert "Grace’s note." in workplace.get("/how-it-decides/changes/").text
        assert "Linus’s note." not in workplace.get("/how-it-decides/changes/").text


class TestASessionThatRanOut:
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_what_was_typed_is_there_after_signing_in_again(self, visit: Any, workplace: Site, scripts: bool) -> None:
        page = editor(visit, workplace, "ada", java_script_enabled=scripts)
        open_record(page, workplace, "rule")
        write(page, "Because", "An hour of work.", scripts=scripts)
        page.context.clear_cookies(name="signpost-session")

        save(page)
        expect(page.get_by_text("What you typed is kept for a day")).to_be_visible()
        sign_in(page, "ada")

        expect(page.get_by_label("Because")).to_have_value("An hour of work.")
        expect(page.get_by_text("What you typed is in the form, and is not saved.")).to_be_visible()
        saved(page)
        open_record(page, workplace, "rule")
        expect(page.get_by_label("Because")).to_have_value("An hour of work.")
        expect(page.get_by_text("that was not saved")).to_have_count(0)

    def test_nobody_else_at_that_machine_sees_it(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        open_record(page, workplace)
        write(page, "Meaning", "Ada alone may read this.")
        page.context.clear_cookies(name="signpost-session")
        save(page)

        sign_in(page, "grace")

        expect(page.get_by_text("belongs to somebody else")).to_be_visible()
        open_record(page, workplace)
        expect(page.get_by_label("Meaning")).not_to_have_value("Ada alone may read this.")
        assert "Ada alone" not in page.content()

    def test_after_signing_in_in_another_tab_the_form_is_shown_again(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada", expected={403})  # the preview has the old token too
        open_record(page, workplace)
        write(page, "Meaning", "Typed before.")
        page.context.clear_cookies()
        other = page.context.new_page()
        other.goto(f"{workplace.url}/admin/login/")
        sign_in(other, "ada")

        save(page)

        expect(page.get_by_label("Meaning")).to_have_value("Typed before.")
        saved(page)


class TestInThisBrowser:
    def test_a_closed_tab_gives_back_what_was_typed(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        open_record(page, workplace, "rule")
        box = page.locator("#id_industries input").first
        was_ticked = box.is_checked()
        page.get_by_label("Because").fill("Typed and never saved.")
        box.dispatch_event("click")  # the list of boxes is folded away
        page.get_by_label("Checked on").fill("2026-10-01")
        page.wait_for_function("() => JSON.stringify(localStorage).includes('2026-10-01')")
        page.close()

        page = page.context.new_page()
        open_record(page, workplace, "rule")
        expect(page.get_by_text("that was not saved.")).to_be_visible()
        expect(page.get_by_label("Because")).not_to_have_value("Typed and never saved.")
        page.get_by_role("button", name="Bring back what you typed").click()

        expect(page.get_by_label("Because")).to_have_value("Typed and never saved.")
        expect(page.get_by_label("Checked on")).to_have_value("2026-10-01")
        assert page.locator("#id_industries input").first.is_checked() != was_ticked
        saved(page)
        assert (
            page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('signpost-typed')).length")
            == 0
        )

    def test_it_can_be_thrown_away(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        self.type_something(page, workplace)

        open_record(page, workplace)
        page.get_by_role("button", name="Throw it away").click()

        open_record(page, workplace)
        expect(page.get_by_text("that was not saved")).to_have_count(0)

    def test_signing_out_takes_it_away(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        self.type_something(page, workplace)

        page.get_by_role("button", name="Log out").click()
        page.goto(f"{workplace.url}/admin/login/")
        sign_in(page, "ada")

        open_record(page, workplace)
        expect(page.get_by_text("that was not saved")).to_have_count(0)

    def test_leaving_asks_first(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        open_record(page, workplace)
        asked: list[str] = []

        def answer(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", answer)
        page.get_by_label("Meaning").click()
        page.get_by_label("Meaning").press_sequentially("x")

        page.goto(f"{workplace.url}/admin/")

        assert asked == ["beforeunload"]

    def test_offline_the_form_stays(self, visit: Any, workplace: Site) -> None:
        page = editor(visit, workplace, "ada")
        open_record(page, workplace)
        write(page, "Meaning", "Typed on a train.")
        page.context.set_offline(True)

        save(page)
        expect(page.get_by_text("You are offline, so nothing was sent.")).to_be_visible()
        expect(page.get_by_label("Meaning")).to_have_value("Typed on a train.")

        page.context.set_offline(False)
        saved(page)

    def test_somebody_who_saved_since_then_is_not_overwritten(self, visit: Any, workplace: Site) -> None:
        ada = editor(visit, workplace, "ada", expected={409})
        grace = editor(visit, workplace, "grace")
        self.type_something(ada, workplace)
        open_record(grace, workplace)
        grace.get_by_label("Meaning").fill("Grace saved this.")
        saved(grace)

        open_record(ada, workplace)
        expect(ada.get_by_text("Somebody has saved this record since then.")).to_be_visible()
        ada.get_by_role("button", name="Bring back what you typed").click()
        save(ada)

        expect(ada.get_by_role("cell", name="Grace saved this.")).to_be_visible()
        expect(ada.get_by_label("Meaning")).to_have_value("Typed and never saved.")

    def type_something(self, page: Page, site: Site) -> None:
        open_record(page, site)
        page.get_by_label("Meaning").fill("Typed and never saved.")
        page.wait_for_function("() => JSON.stringify(localStorage).includes('never saved')")
        page.goto(f"{site.url}/admin/")
