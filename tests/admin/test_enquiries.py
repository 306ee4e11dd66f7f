"""The inbox, as staff who may and who may not see enquiries meet it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail as sent_mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from python_calamine import CalamineWorkbook

from advisor import enquiring, published, site
from advisor.decision.answers import Answers
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.models import Enquiry, Mail
from tests.views.markup import Element, parse

pytestmark = pytest.mark.django_db
INBOX = "/admin/advisor/enquiry/"


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., None]:
    """An owner who wants mail and has a mail server, until a test changes that."""
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"

    def change(**values: Any) -> None:
        there = replace(site.this_site(), **{"enquiry_to": "inbox@example.org", **values})
        monkeypatch.setattr(site, "this_site", lambda: there)

    change()
    return change


def make_enquiry(*, spam: bool = False, with_advice: bool = False, **fields: Any) -> Enquiry:
    number = Enquiry.objects.count()
    values = {"contact": "ada@example.com", "name": "Ada", "message": f"Question {number}", "consent": "I agree."}
    enquiry = Enquiry(**{**values, "form_digest": str(number), **fields})
    if spam:
        enquiry.quarantined_at, enquiry.suspicions = timezone.now(), ["It holds 9 links."]
    if with_advice:
        answers = Answers(industry="other", needs=("contract-review",), modalities=("text",))
        enquiry.take(recommend(published.current(), answers))
    enquiry.save()
    return enquiry


def user_with(*permissions: str) -> User:
    user = User.objects.create_user("eve", password="correct horse battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def handler() -> Client:
    """Somebody who answers enquiries and edits nothing else."""
    return as_user(user_with("view_enquiry", "change_enquiry"))


def see(client: Client, address: str) -> Element:
    response = client.get(address)
    assert response.status_code == 200, address
    return parse(response.content.decode())


def act(client: Client, action: str, *chosen: Enquiry, place: str = "all") -> Any:
    posted = {"action": action, "_selected_action": [enquiry.pk for enquiry in chosen]}
    return client.post(f"{INBOX}?place={place}", posted, follow=True)


class TestWhoMaySee:
    @pytest.mark.parametrize("permissions", [(), ("change_rule", "view_release", "view_mail")], ids=str)
    def test_staff_without_the_permission_see_nothing(self, permissions: tuple[str, ...]) -> None:
        enquiry = make_enquiry()
        client = as_user(user_with(*permissions))

        assert "nquir" not in client.get("/admin/").content.decode().replace("Enquiry handler", "")
        for address in (
            INBOX,
            f"{INBOX}{enquiry.pk}/change/",
            f"{INBOX}{enquiry.pk}/history/",
            f"{INBOX}{enquiry.pk}/advice/",
        ):
            assert client.get(address).status_code == 403, address
        assert client.post(f"{INBOX}{enquiry.pk}/restore/").status_code == 403

    def test_who_may_only_look_changes_nothing(self) -> None:
        enquiry = make_enquiry(spam=True)
        client = as_user(user_with("view_enquiry"))

        page = see(client, f"{INBOX}{enquiry.pk}/change/")

        assert not page.all("textarea")
        assert not page.all("select", name="state")
        assert client.post(f"{INBOX}{enquiry.pk}/restore/").status_code == 403
        assert "No spam" not in see(client, f"{INBOX}?place=quarantine").text
        act(client, "restore_chosen", enquiry)
        enquiry.refresh_from_db()
        assert enquiry.quarantined_at is not None

    def test_strangers_have_to_log_in(self) -> None:
        enquiry = make_enquiry()

        response = Client().get(f"{INBOX}{enquiry.pk}/advice/")

        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


class TestInbox:
    def test_it_has_no_spam_unless_asked_for(self, handler: Client) -> None:
        real, junk = make_enquiry(message="A question"), make_enquiry(message="An advert", spam=True)

        inbox, quarantine, both = (
            see(handler, INBOX + query).text for query in ("", "?place=quarantine", "?place=all")
        )

        assert [real.reference in page for page in (inbox, quarantine, both)] == [True, False, True]
        assert [junk.reference in page for page in (inbox, quarantine, both)] == [False, True, True]
        assert "It holds 9 links." in quarantine

    def test_a_state_can_be_asked_for(self, handler: Client) -> None:
        make_enquiry(state=Enquiry.State.DONE)
        new = make_enquiry()

        text = see(handler, f"{INBOX}?state__exact=new").text

        assert new.reference in text
        assert "1 enquiry" in text

    def test_it_shows_how_the_mail_went(self, handler: Client, settings: Settings) -> None:
        mail = enquiring.announce(make_enquiry(message="Sent"))
        assert mail
        mail.went_out()
        enquiring.announce(make_enquiry(message="Waiting"))
        make_enquiry(message="Unannounced")

        rows = see(handler, INBOX).by_id("result_list").one("tbody").all("tr")

        states = {row.of_class("field-first_words")[0].text: row.of_class("field-mail_state")[0].text for row in rows}
        assert states == {"Sent": "sent", "Waiting": "waits", "Unannounced": "none"}

    def test_many_rows_cost_no_more_queries(self, handler: Client, django_assert_max_num_queries: Any) -> None:
        for _ in range(30):
            enquiring.announce(make_enquiry())

        with django_assert_max_num_queries(12):
            handler.get(INBOX)

    def test_what_visitors_wrote_stays_text(self, handler: Client) -> None:
        enquiry = make_enquiry(name="<script>alert(1)</script>", message="<img src=x onerror=alert(1)>")

        for address in (INBOX, f"{INBOX}{enquiry.pk}/change/"):
            html = handler.get(address).content.decode()
            assert "<script>alert" not in html
            assert "<img src=x" not in html


class TestWarnings:
    def test_all_is_well(self, handler: Client) -> None:
        assert not see(handler, INBOX).all("ul", aria_label="About mail")

    def test_no_mail_server(self, handler: Client, settings: Settings) -> None:
        settings.EMAIL_HOST = ""

        assert "No mail server is set (SIGNPOST_MAIL_URL)" in see(handler, INBOX).text

    def test_no_address(self, handler: Client, owner: Callable[..., None]) -> None:
        owner(enquiry_to="")

        assert "No address to mail enquiries to is set" in see(handler, INBOX).text

    def test_a_mail_that_waits_for_long(self, handler: Client) -> None:
        mail = enquiring.announce(make_enquiry())
        assert mail
        mail.failed("ConnectionRefusedError: Connection refused")
        assert not see(handler, INBOX).all("ul", aria_label="About mail")

        Mail.objects.update(created_at=timezone.now() - timedelta(minutes=16))

        text = see(handler, INBOX).text
        assert "1 mail waits for more than 15 minutes. The last error: ConnectionRefusedError" in text


class TestOne:
    def test_state_and_notes_alone_can_be_changed(self, handler: Client) -> None:
        enquiry = make_enquiry()
        posted = {"state": "open", "notes": "Rang.", "name": "Bob", "message": "Changed", "contact": "b@c.de"}

        response = handler.post(f"{INBOX}{enquiry.pk}/change/", posted)

        assert response.status_code == 302
        enquiry.refresh_from_db()
        assert (enquiry.state, enquiry.notes) == ("open", "Rang.")
        assert (enquiry.name, enquiry.message, enquiry.contact) == ("Ada", "Question 0", "ada@example.com")

    def test_it_says_when_it_goes_and_what_was_agreed_to(self, handler: Client) -> None:
        enquiry = make_enquiry(received_at=timezone.now().replace(year=2026, month=11, day=24))

        text = see(handler, f"{INBOX}{enquiry.pk}/change/").text

        assert "23 May 2027" in text
        assert "I agree." in text

    def test_how_its_mails_went(self, handler: Client) -> None:
        enquiry = make_enquiry()
        mail = enquiring.announce(enquiry)
        assert mail
        mail.failed("The mail server answered 451 later")

        text = see(handler, f"{INBOX}{enquiry.pk}/change/").text
        assert "Waits. Tried once. Last error: The mail server answered 451 later. Next try: " in text
        mail.went_out()
        assert "Sent on " in see(handler, f"{INBOX}{enquiry.pk}/change/").text

    def test_nobody_adds_one_by_hand(self, handler: Client, editor: User) -> None:
        assert handler.get(f"{INBOX}add/").status_code == 403
        assert as_user(editor).get(f"{INBOX}add/").status_code == 403

    def test_the_advice_is_shown_as_the_visitor_saw_it(
        self, handler: Client, release: Release, load: Callable[..., None]
    ) -> None:
        enquiry = make_enquiry(with_advice=True)

        page = see(handler, f"{INBOX}{enquiry.pk}/change/")
        (link,) = [link for link in page.all("a") if link.text == "See it as the visitor saw it"]
        advice = see(handler, link["href"])

        assert f"This came with enquiry {enquiry.reference}" in advice.text
        assert advice.of_class("plate")
        assert advice.one("style").text
        response = handler.get(link["href"])
        assert response["Cache-Control"] == "private, no-store"

    def test_there_is_no_page_of_advice_without_any(self, handler: Client) -> None:
        assert handler.get(f"{INBOX}{make_enquiry().pk}/advice/").status_code == 404

    def test_advice_that_is_damaged_says_so_and_leaves_the_rest(self, handler: Client, release: Release) -> None:
        enquiry = make_enquiry(with_advice=True)
        Enquiry.objects.update(document=b"nonsense")

        assert "can't be read any more" in see(handler, f"{INBOX}{enquiry.pk}/change/").text
        assert handler.get(f"{INBOX}{enquiry.pk}/advice/").status_code == 500
        assert act(handler, "export_csv", enquiry).status_code == 200


class TestRestoring:
    def test_one_click_restores_and_mails(self, handler: Client) -> None:
        enquiry = make_enquiry(spam=True)
        page = see(handler, f"{INBOX}?place=quarantine")
        (button,) = [button for button in page.all("button") if button.text == "No spam"]

        response = handler.post(button["formaction"], follow=True)

        enquiry.refresh_from_db()
        assert enquiry.quarantined_at is None
        assert "1 enquiry restored." in response.content.decode()
        (message,) = sent_mail.outbox
        assert enquiry.reference in message.subject

    def test_so_does_the_button_on_its_page(self, handler: Client) -> None:
        enquiry = make_enquiry(spam=True)
        page = see(handler, f"{INBOX}{enquiry.pk}/change/")

        (button,) = [button for button in page.all("button") if button.text == "No spam: restore it"]

        assert button["formaction"] == reverse("admin:advisor_enquiry_restore", args=[enquiry.pk])
        assert "No spam" not in see(handler, f"{INBOX}{make_enquiry().pk}/change/").text

    def test_a_link_restores_nothing(self, handler: Client) -> None:
        assert handler.get(f"{INBOX}{make_enquiry(spam=True).pk}/restore/").status_code == 405

    def test_twice_is_once(self, handler: Client) -> None:
        enquiry = make_enquiry(spam=True)

        for _ in range(2):
            act(handler, "restore_chosen", enquiry)
            handler.post(f"{INBOX}{enquiry.pk}/restore/")

        assert Mail.objects.count() == len(sent_mail.outbox) == 1


class TestActions:
    def test_done(self, handler: Client) -> None:
        enquiry = make_enquiry()

        act(handler, "mark_done", enquiry)

        enquiry.refresh_from_db()
        assert enquiry.state == Enquiry.State.DONE
        assert "Marked as done." in see(handler, f"{INBOX}{enquiry.pk}/history/").text

    def test_sending_again(self, handler: Client) -> None:
        waiting, gone, never = make_enquiry(), make_enquiry(), make_enquiry()
        for enquiry in (waiting, gone):
            mail = enquiring.announce(enquiry)
            assert mail
            mail.failed("down") if enquiry is waiting else mail.went_out()

        page = act(handler, "send_again", waiting, gone, never).content.decode()

        assert "3 enquiries mailed." in page
        assert len(sent_mail.outbox) == 3
        assert not Mail.objects.waiting().exists()

    def test_sending_again_when_it_fails(self, handler: Client, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

        page = act(handler, "send_again", make_enquiry()).content.decode()

        assert "1 enquiry could not be mailed." in page
        assert Mail.objects.waiting().count() == 1

    def test_sending_without_a_server(self, handler: Client, settings: Settings) -> None:
        settings.EMAIL_HOST = ""

        assert "No mail server is set" in act(handler, "send_again", make_enquiry()).content.decode()

    def test_export_as_csv(self, handler: Client, release: Release) -> None:
        chosen = make_enquiry(message='=cmd|" /C calc"!A0', notes="Rang,\ntwice", with_advice=True)
        make_enquiry(message="Not chosen")

        response = act(handler, "export_csv", chosen)

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith('attachment; filename="enquiries-')
        assert "no-store" in response["Cache-Control"]
        (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
        assert row["reference"] == chosen.reference
        assert row["message"] == "'" + chosen.message
        assert row["notes"] == "Rang,\ntwice"
        assert row["answers"] == "industry=other&need=contract-review&modality=text"
        assert row["advice"]

    def test_export_as_a_spreadsheet(self, handler: Client) -> None:
        chosen = make_enquiry(message="=1+1")

        response = act(handler, "export_xlsx", chosen)

        sheet = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
        assert sheet[0][0] == "reference"
        assert chosen.reference in sheet[1]
        assert "'=1+1" in sheet[1]
