"""Who left an address at a kept result hears when its advice changes: once, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail as django_mail
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from advisor import kept, limits, outbox, published, retention, watching
from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.models import Mail, SavedResult, Use, Watch
from advisor.models.results import view_token
from tests.conftest import Publish
from tests.factory import make_category, make_document, make_need, make_rule, make_tool

pytestmark = pytest.mark.django_db

Keep = Callable[..., kept.Opened]
Watching = Callable[..., Watch]

ANSWERS = [("industry", "law-finance"), ("need", "contract-review"), ("modality", "text"), ("fact", "none")]
DRAFT = make_document()
A_PICTURE = make_rule(
    "law-review", "generative-media", needs=["contract-review"], modalities=["text"], because="It is a picture."
)
CHANGED = {"rules": [*DRAFT["rules"], A_PICTURE], "examples": []}
"""Sections of a release that says something else to these answers."""

UNRELATED = {"tools": [*DRAFT["tools"][:2], make_tool("calculator", "ordinary-software", limits="Sums alone.")]}
"""And of one that changes only what other answers get."""


@pytest.fixture(autouse=True)
def _first_release(publish: Publish, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"
    publish()


@pytest.fixture
def keep() -> Keep:
    keys = count()

    def keep() -> kept.Opened:
        release = published.current()
        advice = recommend(release, read(ANSWERS, release.catalogue)[0])
        manage_token = SavedResult.keep(advice, f"key {next(keys)}", timedelta(days=365))
        return kept.by_token(view_token(manage_token))

    return keep


@pytest.fixture
def watching_one(keep: Keep) -> Watching:
    """A confirmed address at a result that was kept just now."""

    def watch(address: str = "ada@example.org", opened: kept.Opened | None = None) -> Watch:
        mail = watching.ask(opened or keep(), address, "")
        assert mail
        assert mail.watch
        watching.confirm(mail.watch)
        return mail.watch

    return watch


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def move(**by: float) -> None:
        moved: datetime = timezone.now() + timedelta(**by)
        monkeypatch.setattr(timezone, "now", lambda: moved)

    return move


def queued(kind: Mail.Kind = Mail.Kind.CHANGED) -> list[tuple[str, int | None]]:
    """Who is written to, about which release."""
    mails = Mail.objects.filter(kind=kind).order_by("pk")
    return [(mail.watch.address, mail.release_number) for mail in mails if mail.watch]


def sent() -> list[Parsed]:
    """Send all that is due, and read what went out as a mailbox does."""
    outbox.send_due()
    return [message_from_bytes(bytes(mail.message()), policy=policy.default) for mail in django_mail.outbox]


def text_of(mail: Parsed) -> str:
    text: str = mail.get_content()
    return text


class TestTelling:
    def test_a_release_that_changes_this_advice_makes_one_mail(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**CHANGED)

        told = watching.tell()

        assert (told.changed, told.same, told.skipped) == (1, 0, 0)
        assert queued() == [("ada@example.org", 2)]

    def test_doing_it_again_makes_none(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**CHANGED)

        for _ in range(3):
            watching.tell()

        assert len(queued()) == 1

    def test_a_release_that_changes_other_advice_makes_none(self, publish: Publish, watching_one: Watching) -> None:
        watch = watching_one()
        publish(**UNRELATED)

        told = watching.tell()

        assert (told.changed, told.same) == (0, 1)
        assert queued() == []
        watch.refresh_from_db()
        assert watch.told_release == 2

    def test_new_names_alone_make_none(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        renamed = [make_category("language-model", name="Language AI"), *DRAFT["categories"][1:]]
        publish(categories=renamed)

        watching.tell()

        assert queued() == []

    def test_three_releases_between_two_runs_make_one(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**UNRELATED)
        publish(**CHANGED)
        publish(**CHANGED, **UNRELATED)

        watching.tell()

        assert queued() == [("ada@example.org", 4)]

    def test_a_change_and_its_undoing_between_two_runs_make_none(
        self, publish: Publish, watching_one: Watching
    ) -> None:
        watching_one()
        publish(**CHANGED)
        publish()

        watching.tell()

        assert queued() == []

    def test_an_undoing_that_comes_after_the_mail_is_told_too(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**CHANGED)
        watching.tell()
        publish()

        watching.tell()

        assert queued() == [("ada@example.org", 2), ("ada@example.org", 3)]
        first, second = sent()
        assert "Today it points to generative media" in text_of(first)
        assert "Today it points to language model" in text_of(second)

    def test_who_has_not_confirmed_hears_nothing(self, publish: Publish, keep: Keep) -> None:
        watching.ask(keep(), "ada@example.org", "")
        publish(**CHANGED)

        watching.tell()

        assert queued() == []

    @pytest.mark.parametrize("ending", ["deleted", "expired", "stopped"])
    def test_nor_does_who_stopped_or_whose_result_is_gone(
        self, publish: Publish, watching_one: Watching, later: Callable[..., None], ending: str
    ) -> None:
        watch = watching_one()
        if ending == "deleted":
            watch.saved.erase()
        elif ending == "expired":
            later(days=366)
        else:
            watch.delete()
        publish(**CHANGED)

        told = watching.tell()

        assert queued() == []
        assert (told.changed, told.same, told.skipped) == (0, 0, 0)
        retention.purge()
        assert not Watch.objects.exists()
        assert not Mail.objects.exists()

    def test_everybody_hears_by_themselves(self, publish: Publish, keep: Keep, watching_one: Watching) -> None:
        opened = keep()
        watching_one("ada@example.org", opened)
        watching_one("bob@example.org", opened)
        publish(**CHANGED)
        watching_one("eve@example.org")

        watching.tell()

        assert queued() == [("ada@example.org", 2), ("bob@example.org", 2)]

    def test_goals_that_no_release_knows_any_more_are_a_change_and_so_is_their_return(
        self, publish: Publish, watching_one: Watching
    ) -> None:
        watching_one()
        without = [need for need in DRAFT["needs"] if need["slug"] != "contract-review"]
        industries = [{**industry, "needs": []} for industry in DRAFT["industries"]]
        publish(needs=without, industries=industries, examples=[])
        watching.tell()
        publish()
        watching.tell()

        assert [number for _, number in queued()] == [2, 3]
        gone, back = map(text_of, sent())
        assert "no longer know your industry or any of your goals" in gone
        assert "Our rules know your answers again" in back

    def test_what_cannot_be_read_is_skipped_and_the_others_are_told(
        self, publish: Publish, watching_one: Watching, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, sound = watching_one("ada@example.org"), watching_one("bob@example.org")
        SavedResult.objects.filter(pk=broken.saved_id).update(document=b"rubbish")
        publish(**CHANGED)

        told = watching.tell()

        assert (told.changed, told.skipped) == (1, 1)
        assert queued() == [(sound.address, 2)]
        broken.refresh_from_db()
        assert broken.told_release == 1, "it is tried again once it is mended"
        assert "ada@" not in caplog.text

    def test_being_killed_in_between_tells_nobody_twice_and_forgets_nobody(
        self, publish: Publish, watching_one: Watching, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watching_one("ada@example.org")
        watching_one("bob@example.org")
        publish(**CHANGED)
        make, calls = Mail.objects.get_or_create, count()

        def killed_at_the_second(**values: Any) -> Any:
            if next(calls) == 1:
                raise OperationalError("killed")
            return make(**values)

        with monkeypatch.context() as patch:
            patch.setattr(Mail.objects, "get_or_create", killed_at_the_second)
            with pytest.raises(OperationalError):
                watching.tell()
        assert queued() == [("ada@example.org", 2)]
        assert list(Watch.objects.order_by("pk").values_list("told_release", flat=True)) == [2, 1]

        watching.tell()

        assert queued() == [("ada@example.org", 2), ("bob@example.org", 2)]

    def test_two_processes_at_once_make_one_mail(self, publish: Publish, watching_one: Watching) -> None:
        watch = watching_one()
        publish(**CHANGED)
        watching.tell()
        assert watch.told_release == 1, "as another process still has it"

        watching._note(watch, 2, changed=True)

        assert len(queued()) == 1

    @pytest.mark.parametrize("meanwhile", ["told of a later release", "stopped"])
    def test_what_happened_since_a_process_looked_is_not_undone(
        self, publish: Publish, watching_one: Watching, meanwhile: str
    ) -> None:
        watch = watching_one()
        publish(**CHANGED)
        if meanwhile == "stopped":
            Watch.objects.all().delete()
        else:
            Watch.objects.update(told_release=3)

        watching._note(watch, 2, changed=True)

        assert queued() == []
        assert not Watch.objects.filter(told_release=2).exists()

    def test_a_dry_run_changes_nothing(self, publish: Publish, watching_one: Watching) -> None:
        watch = watching_one()
        publish(**CHANGED)

        told = watching.tell(dry_run=True)

        assert told.changed == 1
        assert queued() == []
        watch.refresh_from_db()
        assert watch.told_release == 1


class TestTheCommand:
    def test_it_tells_and_sends_in_one_run(
        self, publish: Publish, watching_one: Watching, capsys: pytest.CaptureFixture[str]
    ) -> None:
        watching_one()
        publish(**CHANGED)

        call_command("run_jobs")
        call_command("run_jobs")

        assert len(django_mail.outbox) == 1
        assert "watches: 1 told, 0 with the same advice, 0 skipped" in capsys.readouterr().out

    def test_it_fails_when_something_was_skipped_and_sends_all_the_same(
        self, publish: Publish, watching_one: Watching, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken, _sound = watching_one("ada@example.org"), watching_one("bob@example.org")
        SavedResult.objects.filter(pk=broken.saved_id).update(document=b"rubbish")
        publish(**CHANGED)

        with pytest.raises(CommandError, match="watches"):
            call_command("run_jobs")

        assert [mail.to for mail in django_mail.outbox] == [["bob@example.org"]]
        assert "1 told, 0 with the same advice, 1 skipped" in capsys.readouterr().out


class TestAsking:
    def test_it_makes_one_mail_that_asks(self, keep: Keep) -> None:
        watching.ask(keep(), "Ada@Example.org", "")

        assert queued(Mail.Kind.CONFIRM) == [("ada@example.org", None)]
        assert Watch.objects.get().confirmed_at is None

    def test_again_on_the_same_day_makes_none_and_on_the_next_one_more(
        self, keep: Keep, later: Callable[..., None]
    ) -> None:
        opened = keep()

        for _ in range(3):
            watching.ask(opened, "ada@example.org", "")
        assert len(queued(Mail.Kind.CONFIRM)) == 1

        later(days=1)
        watching.ask(opened, "ADA@example.org", "")
        assert len(queued(Mail.Kind.CONFIRM)) == 2
        assert Watch.objects.count() == 1

    def test_who_has_confirmed_is_not_asked_again(
        self, keep: Keep, watching_one: Watching, later: Callable[..., None]
    ) -> None:
        opened = keep()
        watching_one("ada@example.org", opened)
        later(days=2)

        assert watching.ask(opened, "ada@example.org", "") is None
        assert queued(Mail.Kind.CONFIRM) == []

    def test_nobody_can_fill_another_ones_mailbox(self, keep: Keep) -> None:
        """Not by keeping many results, and not by deleting them in between."""
        for _ in range(20):
            opened = keep()
            watching.ask(opened, "victim@example.org", "")
            outbox.send_due()
            opened.saved.erase()

        assert len(django_mail.outbox) == watching.TO_AN_ADDRESS.most == 3

    def test_one_origin_leaves_so_many_and_then_waits_an_hour(self, keep: Keep, later: Callable[..., None]) -> None:
        opened = keep()
        for number in range(watching.FROM_AN_ORIGIN.most):
            watching.ask(opened, f"ada{number}@example.org", "here")

        with pytest.raises(limits.TooMany) as full:
            watching.ask(opened, "bob@example.org", "here")
        assert timedelta(0) < full.value.wait <= timedelta(hours=1)
        assert watching.ask(opened, "bob@example.org", "elsewhere")

        later(hours=1)
        assert watching.ask(opened, "eve@example.org", "here")

    def test_all_together_leave_so_many_a_day(self, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watching, "FROM_ALL", limits.Limit("all", most=2, span=timedelta(days=1)))
        opened = keep()
        for name in ("ada", "bob"):
            watching.ask(opened, f"{name}@example.org", name)

        with pytest.raises(limits.TooMany):
            watching.ask(opened, "eve@example.org", "eve")

    def test_what_is_counted_names_nobody(self, keep: Keep) -> None:
        watching.ask(keep(), "zoe@example.org", "192.0.2.0/24")

        assert all(len(use.what) == 64 and "zoe" not in use.what for use in Use.objects.all())

    def test_a_result_that_was_deleted_meanwhile_takes_none(self, keep: Keep) -> None:
        opened = keep()
        SavedResult.objects.get(pk=opened.saved.pk).erase()

        with pytest.raises(kept.Gone):
            watching.ask(opened, "ada@example.org", "")
        assert not Watch.objects.exists()
        assert not Use.objects.exists(), "nothing is half stored"

    def test_what_is_never_confirmed_goes_after_a_week(self, keep: Keep, later: Callable[..., None]) -> None:
        watching.ask(keep(), "ada@example.org", "")

        later(days=7, seconds=1)
        retention.purge()

        assert not Watch.objects.exists()
        assert not Mail.objects.exists()

    def test_mails_that_still_wait_to_ask_go_when_one_is_confirmed(
        self, keep: Keep, later: Callable[..., None]
    ) -> None:
        opened = keep()
        watching.ask(opened, "ada@example.org", "")
        later(days=1)
        watching.ask(opened, "ada@example.org", "")

        watching.confirm(Watch.objects.get())

        assert not Mail.objects.waiting().exists()


class TestTheMails:
    def test_the_first_asks_and_holds_nothing_that_anybody_typed(self, keep: Keep, settings: Settings) -> None:
        watching.ask(keep(), "ada@example.org", "")

        (mail,) = sent()

        assert mail["To"] == "ada@example.org"
        assert mail["From"] == "signpost@example.org"
        assert mail["Subject"] == "Is this your address?"
        text = text_of(mail)
        watch = Watch.objects.get()
        assert f"{settings.SIGNPOST_SITE_URL}/watch/{watch.token}/" in text
        assert "If it was not you, do nothing." in text
        assert "run by A marketing agency" in text
        assert not [word for word in ("law", "contract", "language model", "ada") if word in text.lower()]

    def test_everybody_gets_the_same_words(self, keep: Keep) -> None:
        for name in ("ada", "bob"):
            watching.ask(keep(), f"{name}@example.org", "")

        texts = {text_of(mail) for mail in sent()}

        for watch in Watch.objects.all():
            texts = {text.replace(watch.token, "TOKEN") for text in texts}
        assert len(texts) == 1

    def test_the_other_says_what_changed_and_how_to_see_it(
        self, publish: Publish, watching_one: Watching, client: Client, settings: Settings
    ) -> None:
        watching_one()
        publish(**CHANGED)
        watching.tell()

        (mail,) = sent()

        assert mail["Subject"] == "The advice that you kept has changed"
        text = text_of(mail)
        assert "Release 2 of our rules says something else to the same answers:" in text
        assert "- “Contract review” pointed to language model. Today it points to generative media." in text
        assert 1 <= len([line for line in text.splitlines() if line.startswith("- ")]) <= 4
        (address,) = [line for line in text.splitlines() if "/compare/" in line]
        asked = parse_qs(urlsplit(address).query)
        query = "industry=law-finance&need=contract-review&modality=text&fact=none"
        assert asked == {"one": [f"1~{query}"], "two": [query]}
        page = client.get(address.removeprefix(settings.SIGNPOST_SITE_URL))
        assert page.status_code == 200
        assert "Use generative media" in page.content.decode()

    def test_it_can_be_stopped_from_the_mail_and_by_the_mail_program(
        self, publish: Publish, watching_one: Watching, settings: Settings
    ) -> None:
        watch = watching_one()
        publish(**CHANGED)
        watching.tell()

        (mail,) = sent()

        stop = f"{settings.SIGNPOST_SITE_URL}/watch/{watch.token}/"
        assert stop in text_of(mail)
        assert mail["List-Unsubscribe"].strip() == f"<{stop}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_the_second_tells_of_what_is_new_since_the_first(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**CHANGED)
        watching.tell()
        tools = [*DRAFT["tools"], make_tool("brush", "generative-media")]
        publish(**CHANGED, tools=tools)
        watching.tell()

        _first, second = map(text_of, sent())

        assert "New among the tools: Brush." in second
        assert "pointed to" not in second
        assert "one=2~" in second.replace("%7E", "~")

    def test_many_changes_are_counted_rather_than_listed(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        tools = [make_tool(f"tool-{number}", "generative-media") for number in range(9)]
        needs = [make_need("contract-review", "text", phrase="read contracts"), *DRAFT["needs"][1:]]
        publish(**CHANGED, tools=[*tools, *DRAFT["tools"]], needs=needs)
        watching.tell()

        (text,) = map(text_of, sent())

        lines = [line for line in text.splitlines() if line.startswith("- ")]
        assert len(lines) == 4
        assert lines[-1].startswith("- And ")

    @pytest.mark.parametrize("kind", [Mail.Kind.CONFIRM, Mail.Kind.CHANGED])
    def test_an_expired_result_sends_nothing_that_still_waits(
        self, publish: Publish, keep: Keep, watching_one: Watching, later: Callable[..., None], kind: Mail.Kind
    ) -> None:
        if kind == Mail.Kind.CHANGED:
            watching_one()
            publish(**CHANGED)
            watching.tell()
        else:
            watching.ask(keep(), "ada@example.org", "")
        assert Mail.objects.filter(kind=kind).exists()
        later(days=366)

        assert sent() == []

    def test_no_row_of_the_outbox_holds_an_address_or_a_text(self, publish: Publish, watching_one: Watching) -> None:
        watching_one()
        publish(**CHANGED)
        watching.tell()

        held = repr(list(Mail.objects.values()))

        assert "example.org" not in held
        assert "pointed" not in held
