"""Leaving an address at a kept result, and the page behind the links in our mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import mail as django_mail
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from advisor import watching
from advisor.limits import Limit
from advisor.models import Mail, SavedResult, Use, Watch
from advisor.models.results import view_token
from advisor.views.private import PRIVATE
from tests.conftest import Publish
from tests.views.markup import FORM, parse, see
from tests.views.test_saved import OURS, kept, post

ADDRESS = "ada@example.org"
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def _one_release(no_data: Path, publish: Publish, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"
    publish()


@pytest.fixture
def manage(client: Client) -> str:
    """The manage page of a result that was kept just now."""
    return kept(client)[1]


@pytest.fixture
def asked(client: Client, manage: str) -> Watch:
    """An address that was left there and not confirmed yet."""
    assert leave(client, manage).status_code == 303
    return Watch.objects.get()


def leave(client: Client, manage: str, address: str = ADDRESS) -> Any:
    return client.post(f"{manage}watch/", urlencode({"address": address}), FORM, headers=OURS)


def link(watch: Watch) -> str:
    return f"/watch/{watch.token}/"


class TestTheForm:
    def test_it_says_when_a_mail_comes_and_how_to_stop(self, client: Client, manage: str) -> None:
        text = see(client, manage).by_id("watch").text

        assert "when a new release of our rules changes this very advice, and about nothing else" in text
        assert "One press stops it. It is deleted with the result." in text

    def test_where_no_mail_is_set_up_there_is_none(self, client: Client, manage: str, settings: Settings) -> None:
        settings.EMAIL_HOST = ""

        section = see(client, manage).by_id("watch")

        assert "This copy of the site sends no mail" in section.text
        assert not section.all("form")

    def test_and_none_is_taken(self, client: Client, manage: str, settings: Settings) -> None:
        settings.EMAIL_HOST = ""

        response = leave(client, manage)

        assert response.status_code == 422
        assert "your address was not stored" in parse(response.content.decode()).one("main").text
        assert not Watch.objects.exists()

    def test_leaving_an_address_sends_one_mail_and_says_where_to_look(self, client: Client, manage: str) -> None:
        response = leave(client, manage)

        assert response.status_code == 303
        assert response["Location"] == f"{manage}?asked=1#watch"
        note = see(client, response["Location"]).by_id("watch").one(role="status")
        assert "Look in your mailbox" in note.text
        (mail,) = django_mail.outbox
        assert mail.to == [ADDRESS]

    def test_the_answer_is_the_same_whether_or_not_the_address_is_known(self, client: Client, manage: str) -> None:
        first = leave(client, manage)
        again = leave(client, manage)
        watching.confirm(Watch.objects.get())
        confirmed = leave(client, manage)

        answers = {
            (response.status_code, response["Location"], response.content) for response in (first, again, confirmed)
        }
        assert len(answers) == 1
        assert len(django_mail.outbox) == 1

    def test_a_mail_server_that_is_down_loses_nothing(
        self, client: Client, manage: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

        response = leave(client, manage)

        assert response.status_code == 303
        assert Mail.objects.waiting().get().tries == 1

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "   ",
            "ada",
            "ada@",
            "ada@example",
            "ada@localhost",
            "ada@example.org, bob@example.org",
            "ada@example.org bob@example.org",
            "Ada <ada@example.org>",
            "ada@example.org\nBcc: bob@example.org",
            "ada@example.org\r\nBcc: bob@example.org",
            "ada@example.org%0ABcc:bob@example.org",
            "ada@example.org\n",
            "ada\x00@example.org",
            "ada\u202e@example.org",
            f"{'a' * 64}@{'b' * 190}.org",
            f"ada@{'.'.join(['b' * 60] * 4)}.example.org",
            "a" * 65_000,
        ],
    )
    def test_what_is_no_single_address_is_refused_at_its_field_and_stays_there(
        self, client: Client, manage: str, typed: str
    ) -> None:
        response = leave(client, manage, typed)

        assert response.status_code == 422
        page = parse(response.content.decode())
        field = page.by_id("address")
        assert field["value"] == typed
        assert field["aria-invalid"] == "true"
        error = page.by_id("address-error").text
        assert "such as name@example.com" in error
        assert page.one("a", href="#address").text == error, "the summary says the same"
        assert page.one("head").one("title").text.startswith("Error:")
        assert not Watch.objects.exists()
        assert django_mail.outbox == []

    def test_what_goes_out_has_one_recipient_and_the_headers_that_we_set(self, client: Client, manage: str) -> None:
        leave(client, manage, "  Ada.O'Brien+ai@Example.ORG ")

        (mail,) = django_mail.outbox
        parsed = message_from_bytes(bytes(mail.message()), policy=policy.default)
        assert parsed["To"] == "ada.o'brien+ai@example.org"
        assert {name.lower() for name in parsed} <= {
            "content-type",
            "mime-version",
            "content-transfer-encoding",
            "subject",
            "from",
            "to",
            "date",
            "message-id",
            "auto-submitted",
        }

    def test_another_site_cannot_leave_one(self, client: Client, manage: str) -> None:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
            response = client.post(f"{manage}watch/", f"address={ADDRESS}", FORM, headers=headers)
            assert response.status_code == 403
        assert not Watch.objects.exists()

    def test_reading_the_address_of_the_form_leads_back(self, client: Client, manage: str) -> None:
        response = client.get(f"{manage}watch/")

        assert response.status_code == 302
        assert response["Location"] == manage

    def test_the_link_that_shows_the_result_leaves_none(self, client: Client) -> None:
        show, _manage = kept(client)

        response = leave(client, f"/manage/{show.split('/')[2]}/")

        assert response.status_code == 404
        assert not Watch.objects.exists()

    def test_a_full_limit_says_when_to_come_again_and_keeps_the_address(
        self, client: Client, manage: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "FROM_ALL", Limit("all", most=0, span=timedelta(hours=1)))
        monkeypatch.setattr(Limit, "wait", lambda self, whose="": timedelta(minutes=90) if self.most == 0 else None)

        response = leave(client, manage)

        assert response.status_code == 429
        assert response["Retry-After"] == "5400"
        page = parse(response.content.decode())
        assert "Send it again in 2 hours." in page.by_id("address-error").text
        assert page.by_id("address")["value"] == ADDRESS
        assert django_mail.outbox == []

    def test_a_full_disk_stores_nothing_by_half_and_keeps_what_was_typed(
        self, client: Client, manage: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def full(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("database or disk is full")

        monkeypatch.setattr(Mail.objects, "create", full)

        response = leave(client, manage)

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        page = parse(response.content.decode())
        assert page.by_id("address")["value"] == ADDRESS
        assert "We could not store your address" in page.by_id("address-error").text
        assert not Watch.objects.exists()
        assert not Use.objects.exists()
        assert ADDRESS not in caplog.text

    def test_deleting_the_result_deletes_the_address_and_its_mails(
        self, client: Client, manage: str, asked: Watch
    ) -> None:
        post(client, manage, action="delete")

        assert not Watch.objects.exists()
        assert not Mail.objects.exists()
        assert client.get(link(asked)).status_code == 410

    def test_no_log_line_holds_the_address_or_a_link(
        self, client: Client, manage: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("DEBUG", "advisor"):
            leave(client, manage)
            leave(client, manage, "no address")
            client.get(link(Watch.objects.get()))

        text = "".join(record.getMessage() for record in caplog.records if record.name.startswith("advisor"))
        assert ADDRESS not in text
        assert Watch.objects.get().token not in text


class TestConfirming:
    def test_the_link_of_the_mail_leads_to_a_button(self, client: Client, asked: Watch) -> None:
        (mail,) = django_mail.outbox
        assert link(asked) in mail.body

        page = see(client, link(asked))

        assert page.one("h1").text == "Tell you when it changes?"
        (button,) = page.of_class("btn")
        assert button.text == "Yes, tell me"
        assert not [word for word in ("law", "Contract", "language model") if word in page.one("main").text]

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_a_mail_program_that_opens_the_link_confirms_and_stops_nothing(
        self, client: Client, asked: Watch, method: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        before = list(Watch.objects.values())

        for query in ("", "?action=confirm", "?action=stop", f"?{ONE_CLICK}"):
            with django_assert_num_queries(1):
                assert getattr(client, method)(link(asked) + query).status_code == 200

        assert list(Watch.objects.values()) == before

    def test_the_button_confirms(self, client: Client, asked: Watch) -> None:
        response = post(client, link(asked), action="confirm")

        assert response.status_code == 303
        page = see(client, response["Location"])
        assert page.one("h1").text == "We tell you when it changes"
        (button,) = page.of_class("btn")
        assert button.text == "Stop, and delete my address"
        asked.refresh_from_db()
        assert asked.confirmed_at

    def test_pressing_it_twice_changes_nothing(self, client: Client, asked: Watch) -> None:
        post(client, link(asked), action="confirm")
        first = Watch.objects.get().confirmed_at

        post(client, link(asked), action="confirm")

        assert Watch.objects.get().confirmed_at == first

    def test_another_site_can_neither_confirm_nor_stop(self, client: Client, asked: Watch) -> None:
        for action in ("confirm", "stop"):
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
                response = client.post(link(asked), f"action={action}", FORM, headers=headers)
                assert response.status_code == 403
        assert Watch.objects.get().confirmed_at is None

    def test_when_the_time_of_the_result_is_over_there_is_nothing_to_confirm(
        self, client: Client, asked: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        then: datetime = timezone.now() + timedelta(days=366)
        monkeypatch.setattr(timezone, "now", lambda: then)

        assert client.get(link(asked)).status_code == 410
        assert post(client, link(asked), action="confirm").status_code == 410
        assert Watch.objects.get().confirmed_at is None


class TestStopping:
    @pytest.mark.parametrize("confirmed", [True, False])
    def test_one_press_deletes_the_address(self, client: Client, asked: Watch, confirmed: bool) -> None:
        if confirmed:
            watching.confirm(asked)

        response = post(client, link(asked), action="stop")

        assert response.status_code == 200
        page = parse(response.content.decode())
        assert page.one("h1").text == "You get no more mails"
        assert "Your address is deleted here." in page.one("main").text
        assert not Watch.objects.exists()
        assert SavedResult.objects.get().is_open

    def test_again_is_no_error(self, client: Client, asked: Watch) -> None:
        for _ in range(2):
            assert post(client, link(asked), action="stop").status_code == 200
        assert client.get(link(asked)).status_code == 410

    @pytest.mark.parametrize("how", ["urlencoded", "multipart"])
    def test_a_mail_provider_can_do_it_for_its_user(self, client: Client, asked: Watch, how: str) -> None:
        """RFC 8058: without a page of ours, so without an origin; and it follows no redirect."""
        watching.confirm(asked)

        for _ in range(2):
            if how == "multipart":
                response = client.post(link(asked), {"List-Unsubscribe": "One-Click"})
            else:
                response = client.post(link(asked), ONE_CLICK, FORM)
            assert response.status_code == 200
            assert not Watch.objects.exists()

    def test_it_does_so_only_with_the_very_words_of_the_standard(self, client: Client, asked: Watch) -> None:
        for body in ("List-Unsubscribe=yes", "", "action=stop"):
            assert client.post(link(asked), body, FORM).status_code == 403
        assert Watch.objects.exists()

    def test_who_stopped_can_ask_again_on_another_day(
        self, client: Client, manage: str, asked: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post(client, link(asked), action="stop")
        leave(client, manage)
        assert not Watch.objects.exists(), "not on the same day"

        then: datetime = timezone.now() + timedelta(days=1)
        monkeypatch.setattr(timezone, "now", lambda: then)
        leave(client, manage)

        assert Watch.objects.get().confirmed_at is None


class TestTheLink:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: token[:-1],
            lambda token: token[1:],
            lambda token: token + "x",
            lambda token: token.partition(":")[0],
            lambda token: token.swapcase(),
            lambda token: "x" * 68,
            lambda token: "%00",
            lambda token: "a" * 4000,
        ],
    )
    def test_one_that_is_none_of_ours_leads_nowhere(
        self, client: Client, asked: Watch, spoil: Callable[[str], str]
    ) -> None:
        address = f"/watch/{spoil(asked.token)}/"

        assert client.get(address).status_code == 404
        assert post(client, address, action="stop").status_code == 404
        assert client.post(address, ONE_CLICK, FORM).status_code == 404
        assert Watch.objects.exists()

    def test_tokens_of_other_kinds_lead_nowhere(self, client: Client, manage: str, asked: Watch) -> None:
        manage_token = manage.split("/")[2]
        for token in (manage_token, view_token(manage_token)):
            assert client.get(f"/watch/{token}/").status_code == 404
        for address in ("/r/", "/manage/"):
            assert client.get(f"{address}{asked.token}/").status_code == 404

    def test_nobody_keeps_a_copy_and_no_search_engine_lists_it(self, client: Client, asked: Watch) -> None:
        responses = [client.get(link(asked)), post(client, link(asked), action="stop"), client.get(link(asked))]

        for response in responses:
            assert {name: response[name] for name in PRIVATE} == PRIVATE
            assert response["Referrer-Policy"] == "same-origin"
            assert not response.cookies
