"""Asking for a talk, as a visitor without scripts meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail as sent_mail
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from advisor import enquiring, formkeys, links, published, site, spam
from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.models import Enquiry, Mail, Release, SavedResult
from advisor.models.results import view_token
from tests.content.shipped import CATALOGUE
from tests.views.conftest import snapshot_of
from tests.views.markup import Element, parse, see

ANSWERS = "industry=law-finance&need=chatbot&modality=text&fact=personal-data"
TALK = f"/talk/?{ANSWERS}"
FILLED = {
    "message": "We answer the same twenty questions each day.\r\nWhich of the tools runs on our own servers?",
    "contact": "ada@example.com",
    "name": "Ada",
    "consent": "yes",
}
OURS = {"Sec-Fetch-Site": "same-origin"}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def stored(db: None) -> Release:
    """The shipped release as a row: an enquiry names the release of its advice."""
    snapshot = snapshot_of(CATALOGUE)
    return Release.objects.create(
        number=1,
        document=snapshot.document,
        sha256=snapshot.sha256,
        published_at=snapshot.published_at,
        note=snapshot.note,
    )


def change_site(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    there = replace(
        site.this_site(), **{"owner": "Hill & Vale", "sells": "marketing", "contact": "hello@example.org", **values}
    )
    monkeypatch.setattr(site, "this_site", lambda: there)


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Who runs the site. Called with other values, it changes them."""

    def change(**values: Any) -> None:
        change_site(monkeypatch, **{"enquiry_to": "inbox@example.org", **values})

    change()
    return change


class Form:
    """The form as a visitor fills it in: the page's own hidden fields, and what is typed."""

    def __init__(self, client: Client, clock: Clock, address: str = TALK) -> None:
        self.client, self.clock, self.address = client, clock, address
        self.page = see(client, address)

    def send(self, seconds: float = 60, **typed: str) -> Any:
        self.clock.move(seconds=seconds)
        return self.again(**typed)

    def again(self, **typed: str) -> Any:
        hidden = {field["name"]: field["value"] for field in self.page.all("input", type="hidden")}
        posted = {**hidden, spam.TRAP: "", **FILLED, **typed}
        response = self.client.post(self.page.one("form")["action"], posted, headers=OURS)
        if response.status_code != 303:
            self.page = parse(response.content.decode())
        return response


@pytest.fixture
def form(client: Client, clock: Clock, stored: Release) -> Form:
    return Form(client, clock)


def typed(page: Element) -> dict[str, str]:
    """What stands in the form's fields. A browser drops the first newline of a text area."""
    area = page.by_id("message").children
    message = "".join(str(part) for part in area).removeprefix("\n")
    return {"message": message, **{name: page.by_id(name)["value"] for name in ("contact", "name")}}


class TestBeforeTheAdvice:
    @pytest.mark.parametrize("address", ["/talk/", "/talk/?industry=law-finance", "/talk/?utm_source=x"])
    def test_the_page_explains_that_the_advice_comes_first(self, client: Client, address: str) -> None:
        page = see(client, address)

        assert not page.all("form")
        assert "The advice comes first" in page.text
        assert [link for link in page.all("a") if link["href"] == "/advice/industry/"]
        assert [link for link in page.all("a") if link["href"] == "mailto:hello@example.org"]

    @pytest.mark.parametrize("about", ["", "utm_source=x", "industry=law-finance", "need=chatbot"])
    def test_nothing_is_taken_in(self, client: Client, about: str) -> None:
        response = client.post("/talk/", {**FILLED, "about": about, "form_key": formkeys.new()}, headers=OURS)

        assert response.status_code == 422
        assert "The advice comes first" in response.content.decode()

    def test_the_result_leads_to_the_form(self, client: Client) -> None:
        page = see(client, f"/advice/?{ANSWERS}")

        (link,) = [link for link in page.all("a") if link.text == "Ask for a talk"]
        assert link["href"] == TALK

    def test_no_form_while_the_owner_takes_no_enquiries(self, client: Client, owner: Callable[..., None]) -> None:
        owner(enquiry_on=False)

        page = see(client, TALK)

        assert not page.all("form")
        assert [link for link in page.all("a") if link["href"] == "mailto:hello@example.org"]
        posted = client.post("/talk/", {**FILLED, "about": ANSWERS}, headers=OURS)
        assert posted.status_code == 422
        assert not parse(posted.content.decode()).all("form")

    def test_what_is_not_sent_from_our_page_is_refused(self, client: Client) -> None:
        assert client.post(TALK, FILLED).status_code == 403
        assert client.post(TALK, FILLED, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


class TestTheForm:
    def test_it_needs_no_database(self, client: Client) -> None:
        page = see(client, TALK)

        assert page.by_id("message").tag == "textarea"
        assert page.one("nav", aria_label="Main")
        assert "Back to: Your advice" in page.text
        (back,) = page.of_class("back")
        assert back.one("a")["href"] == f"/advice/?{ANSWERS}"

    def test_nothing_is_ticked(self, client: Client) -> None:
        page = see(client, TALK)

        ticks = page.all("input", type="checkbox")
        assert [tick["name"] for tick in ticks] == ["with_advice", "consent"]
        assert not [tick for tick in ticks if "checked" in tick.attributes]

    def test_it_says_who_reads_it_and_for_how_long(self, client: Client, owner: Callable[..., None]) -> None:
        owner(enquiry_days=90)

        text = see(client, TALK).text

        assert "I agree that Hill & Vale keeps this message to answer me." in text
        assert "Only the people at Hill & Vale who answer enquiries read it. It is deleted after 90 days" in text

    def test_nobody_falls_into_the_trap(self, client: Client) -> None:
        trap = see(client, TALK).by_id(spam.TRAP)

        assert trap["tabindex"] == "-1"
        assert trap["autocomplete"] == "off"
        (hidden,) = [part for part in see(client, TALK).of_class("vh") if part.get("aria-hidden") == "true"]
        assert hidden.text == "Leave this empty"
        assert hidden.one("input")["name"] == spam.TRAP

    def test_it_is_kept_by_nobody_and_set_no_cookie(self, client: Client) -> None:
        response = client.get(TALK)

        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert not response.cookies

    def test_a_kept_result_is_a_way_in_too(self, client: Client, stored: Release) -> None:
        token = keep()

        page = see(client, f"/talk/?kept={token}")

        assert page.one("input", name="about")["value"] == f"kept={token}"
        (back,) = page.of_class("back")
        assert back.one("a")["href"] == f"/r/{token}/"

    @pytest.mark.parametrize("token", ["nonsense", "", "a/b", "a%2Fb", "x" * 5000, "%00", "%E2%80%AE"])
    def test_a_link_that_keeps_nothing_is_not(self, client: Client, stored: Release, token: str) -> None:
        assert client.get(f"/talk/?kept={token}").status_code == 404


def keep() -> str:
    """The token of a result that was kept."""
    release = published.current()
    answers, notices = read(links.pairs_in(ANSWERS), release.catalogue)
    return view_token(SavedResult.keep(recommend(release, answers, notices), "a key", timedelta(days=365)))


class TestSending:
    def test_it_is_kept_and_a_number_is_given(self, client: Client, form: Form) -> None:
        response = form.send()

        enquiry = Enquiry.objects.get()
        assert response.status_code == 303
        assert response["Location"] == f"/talk/sent/{enquiry.reference}/"
        assert not response.cookies
        assert (enquiry.contact, enquiry.name, enquiry.state) == ("ada@example.com", "Ada", "new")
        assert enquiry.message == FILLED["message"].replace("\r\n", "\n")
        assert (enquiry.document, enquiry.answers, enquiry.release_id) == (b"", "", None)
        assert (enquiry.quarantined_at, enquiry.suspicions) == (None, [])

    def test_the_words_agreed_to_are_kept(self, form: Form) -> None:
        form.send()

        assert Enquiry.objects.get().consent == (
            "I agree that Hill & Vale keeps this message to answer me. Only the people at Hill & Vale who answer "
            "enquiries read it. It is deleted after 180 days, or sooner if you ask."
        )

    def test_the_advice_goes_along_when_asked_to(self, form: Form) -> None:
        form.send(with_advice="yes")

        enquiry = Enquiry.objects.get()
        assert enquiry.answers == ANSWERS
        assert enquiry.release_id == 1
        assert enquiry.document

    def test_so_does_that_of_a_kept_result(self, client: Client, clock: Clock, stored: Release) -> None:
        Form(client, clock, f"/talk/?kept={keep()}").send(with_advice="yes")

        assert Enquiry.objects.get().answers == ANSWERS

    @pytest.mark.parametrize("contact", ["+44 (0)7700 900-123", "07700 900123, mornings", "a.b+c@mail.example.co.uk"])
    def test_ways_to_be_reached(self, form: Form, contact: str) -> None:
        assert form.send(contact=contact).status_code == 303
        assert Enquiry.objects.get().contact == contact

    def test_a_name_is_not_needed(self, form: Form) -> None:
        assert form.send(name="").status_code == 303

    def test_what_turns_texts_around_is_taken_out(self, form: Form) -> None:
        form.send(message="Help\x00 me\u202e\u2066 now.\x07", name="A\u202eda\x1b")

        enquiry = Enquiry.objects.get()
        assert (enquiry.message, enquiry.name) == ("Help me now.", "Ada")

    def test_the_longest_message_fits(self, form: Form) -> None:
        message = "wörd " * 1000

        assert form.send(message=message).status_code == 303


class TestTwice:
    def test_the_same_form_with_the_same_words_makes_one(self, form: Form) -> None:
        first, second = form.send(), form.again()

        assert first["Location"] == second["Location"]
        assert Enquiry.objects.count() == Mail.objects.count() == 1

    def test_other_words_make_another(self, form: Form) -> None:
        first, second = form.send(), form.again(message="Something else altogether, if you have the time for it.")

        assert first["Location"] != second["Location"]
        assert Enquiry.objects.in_inbox().count() == 2

    def test_so_it_stays_when_the_limit_is_reached(self, client: Client, clock: Clock, form: Form) -> None:
        first = form.send()
        for number in range(spam.ENQUIRIES.from_one.most - 1):
            Form(client, clock).send(message=f"Question {'abcdef'[number]}: what then?")

        assert form.again()["Location"] == first["Location"]
        assert Form(client, clock).send(message="And one more question.").status_code == 429

    def test_the_same_at_the_same_moment(self, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the second one finds only when it writes."""
        first = form.send()
        answers = iter([None, Enquiry.objects.get()])
        monkeypatch.setattr(enquiring, "earlier", lambda sent: next(answers))

        assert form.again()["Location"] == first["Location"]
        assert Enquiry.objects.count() == 1


LONG = "x" * (spam.SHORTEST_TO_COMPARE)


class TestErrors:
    @pytest.mark.parametrize(
        ("changed", "field", "says"),
        [
            ({"message": " \r\n "}, "message", "Write what you would like to talk about."),
            ({"message": "x" * 6234}, "message", "Your message is 1,234 characters too long. 5,000 fit in."),
            ({"message": "x" * 5001}, "message", "Your message is 1 character too long. 5,000 fit in."),
            ({"message": "é" * 65_536}, "message", "Your message is 60,536 characters too long."),
            ({"contact": ""}, "contact", "Write a mail address or a telephone number, so that we can answer."),
            ({"contact": "call me"}, "contact", "Write a whole mail address or telephone number"),
            ({"contact": "ada@example"}, "contact", "Write one mail address and nothing else"),
            ({"contact": "ada@example.com\r\nBcc: all@example.com"}, "contact", "Write one mail address and nothing"),
            ({"contact": "1" * 201}, "contact", "200 characters fit in here."),
            ({"name": "x" * 101}, "name", "100 characters fit in here."),
            ({"consent": ""}, "consent", "Tick the box below. Without that we may not keep your message."),
        ],
    )
    def test_it_says_what_to_do_beside_the_field(
        self, form: Form, changed: dict[str, str], field: str, says: str
    ) -> None:
        response = form.send(60, **changed, with_advice="yes")

        page = form.page
        assert response.status_code == 422
        assert page.one("title").text.startswith("Error: Ask for a talk")
        (trouble,) = page.of_class("trouble")
        (link,) = trouble.all("a")
        assert link["href"] == f"#{field}"
        assert says in link.text
        assert page.by_id(f"{field}-error").text == link.text
        control = page.by_id(field)
        assert control["aria-invalid"] == "true"
        assert f"{field}-error" in control["aria-describedby"].split()
        assert not Enquiry.objects.exists()

    def test_nothing_typed_is_lost(self, form: Form) -> None:
        form.send(message="\r\n  <b>Two\r\nlines" + LONG * 200, name='Ada "A"', contact="nobody", with_advice="yes")

        assert typed(form.page)["message"].split()[:2] == ["<b>Two", "lines" + LONG * 200]
        assert typed(form.page) | {"message": ""} == {"message": "", "name": 'Ada "A"', "contact": "nobody"}
        ticks = {tick["name"] for tick in form.page.all("input", type="checkbox") if "checked" in tick.attributes}
        assert ticks == {"with_advice", "consent"}

    def test_several_are_listed_in_the_order_of_the_page(self, form: Form) -> None:
        form.send(message="", contact="", consent="")

        (trouble,) = form.page.of_class("trouble")
        assert [link["href"] for link in trouble.all("a")] == ["#message", "#contact", "#consent"]

    def test_put_right_it_goes_out_at_once(self, form: Form) -> None:
        form.send(contact="")

        assert form.again().status_code == 303
        assert Enquiry.objects.in_inbox().count() == 1

    def test_words_that_changed_meanwhile_are_agreed_to_anew(self, form: Form, owner: Callable[..., None]) -> None:
        owner(enquiry_days=365)

        response = form.send()

        assert response.status_code == 422
        assert "What you agree to has changed" in form.page.by_id("consent-error").text
        assert "checked" not in form.page.by_id("consent").attributes
        assert form.again().status_code == 303
        assert "365 days" in Enquiry.objects.get().consent

    def test_a_kept_result_that_is_gone_costs_no_words(self, client: Client, clock: Clock, stored: Release) -> None:
        form = Form(client, clock, f"/talk/?kept={keep()}")
        SavedResult.objects.get().erase()

        response = form.send(with_advice="yes")

        assert response.status_code == 422
        assert "Your advice can’t be opened any more" in form.page.text
        assert typed(form.page)["contact"] == FILLED["contact"]
        assert form.again().status_code == 303

    def test_nor_does_one_that_nobody_knows(self, client: Client, clock: Clock, stored: Release) -> None:
        """As after the restoring of a backup that is older than it."""
        form = Form(client, clock, f"/talk/?kept={keep()}")
        SavedResult.objects.all().delete()

        response = form.send(with_advice="yes")

        assert response.status_code == 422
        assert typed(form.page)["message"] == FILLED["message"].replace("\r\n", "\n")


class TestANewerRelease:
    def test_the_advice_that_was_seen_goes_along(self, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
        snapshot = replace(snapshot_of(CATALOGUE), number=2)
        monkeypatch.setattr(published, "of_request", lambda request: snapshot.compile())

        form.send(with_advice="yes")

        assert Enquiry.objects.get().release_id == 1


class TestStale:
    def test_a_form_of_yesterday_gets_a_new_key(self, form: Form) -> None:
        before = form.page.one("input", name="form_key")["value"]

        response = form.send(seconds=25 * 60 * 60)

        assert response.status_code == 422
        assert "This page was open too long" in form.page.text
        assert form.page.one("title").text.startswith("Error:")
        assert form.page.one("input", name="form_key")["value"] != before
        assert typed(form.page)["contact"] == FILLED["contact"]
        assert form.send().status_code == 303
        assert Enquiry.objects.in_inbox().count() == 1

    @pytest.mark.parametrize("key", ["", "nonsense", "a.1764000000.000:b", "x" * 70_000])
    def test_so_does_one_that_is_not_ours(self, form: Form, key: str) -> None:
        assert form.send(form_key=key).status_code == 422
        assert "All that you typed is still here" in form.page.text
        assert not Enquiry.objects.exists()


class TestWhenItCannotBeStored:
    def test_the_words_stay_and_nothing_is_half_stored(self, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("database or disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(Mail, "save", full)
            response = form.send()

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert "Your message was not sent" in form.page.text
        assert typed(form.page)["contact"] == FILLED["contact"]
        assert not Enquiry.objects.exists()
        assert form.again().status_code == 303

    def test_kept_advice_still_goes_along_later(
        self, client: Client, clock: Clock, stored: Release, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = Form(client, clock, f"/talk/?kept={keep()}")
        with monkeypatch.context() as broken:
            broken.setattr("advisor.kept.by_token", mock.Mock(side_effect=OperationalError("no database")))
            assert form.send(with_advice="yes").status_code == 503

        assert "checked" in form.page.by_id("with_advice").attributes
        assert form.again(with_advice="yes").status_code == 303
        assert Enquiry.objects.get().answers == ANSWERS

    def test_the_contact_is_another_way(self, form: Form) -> None:
        with mock.patch.object(enquiring, "take_in", side_effect=OperationalError("locked")):
            form.send()

        (trouble,) = form.page.of_class("trouble")
        assert trouble.one("a")["href"] == "mailto:hello@example.org"


class TestMail:
    @pytest.fixture(autouse=True)
    def server(self, settings: Settings) -> None:
        settings.EMAIL_HOST = "mail.example.org"

    def test_it_goes_out_at_once(self, form: Form) -> None:
        form.send()

        (message,) = sent_mail.outbox
        assert message.to == ["inbox@example.org"]
        assert Mail.objects.get().sent_at is not None

    def test_when_it_does_not_the_visitor_sees_no_difference(self, form: Form, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

        response = form.send()

        assert response.status_code == 303
        mail = Mail.objects.get()
        assert (mail.sent_at, mail.tries) == (None, 1)
        assert mail.last_error == "ConnectionRefusedError: Connection refused"

    def test_an_owner_who_wants_none_gets_none(self, form: Form, owner: Callable[..., None]) -> None:
        owner(enquiry_to="")

        form.send()

        assert Enquiry.objects.exists()
        assert not Mail.objects.exists()


class TestSent:
    def test_it_shows_the_number_and_what_happens(self, client: Client, form: Form) -> None:
        address = form.send()["Location"]

        response = client.get(address)
        page = parse(response.content.decode())

        enquiry = Enquiry.objects.get()
        assert enquiry.reference in page.text
        assert "23 May 2027" in page.text
        assert "A person at Hill & Vale reads your message." in page.text
        assert page.one("meta", name="robots")["content"] == "noindex"
        assert response["Cache-Control"] == "private, no-store"
        for word in ("twenty questions", "ada@example.com"):
            assert word not in page.text

    @pytest.mark.django_db
    def test_another_number_is_unknown(self, client: Client) -> None:
        assert client.get("/talk/sent/ABCD-EFGH-JK/").status_code == 404

    def test_a_number_does_not_count_up(self, client: Client, form: Form) -> None:
        first = form.send()["Location"]
        second = form.again(message="Another question that I have.")["Location"]

        assert re.fullmatch(r"/talk/sent/[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}/", first)
        assert first[11:15] != second[11:15]


def test_no_log_line_holds_what_was_sent(form: Form, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
    form.send(message="canary", name="canary", contact="canary@example.com", with_advice="yes")
    form.again(message="canary" * 1000)
    with mock.patch.object(enquiring, "take_in", side_effect=OperationalError("canary")):
        form.again()

    told = caplog.text
    assert "waits" in told
    for secret in ("canary", "127.0.0.1", "law-finance", formkeys.new()[:10]):
        assert secret not in told
