"""What a timer does, and what is done for a person who asks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from advisor import enquiring, published, recalls, site, timer
from advisor.decision.answers import Answers
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.limits import Limit
from advisor.models import Enquiry, Mail, Proposal, Recall, Rule, SavedResult, Signal, Use, Watch
from advisor.models import Release as StoredRelease

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "signpost@example.org"
    there = replace(site.this_site(), enquiry_to="inbox@example.org")
    monkeypatch.setattr(site, "this_site", lambda: there)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the clock, from where it stood at first."""
    start = timezone.now()

    def move(**by: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: start + timedelta(**by))

    move()
    return move


def make_enquiry(**fields: Any) -> Enquiry:
    values = {"contact": "ada@example.com", "message": "A question", "consent": "I agree."}
    return Enquiry.objects.create(
        **{**values, "form_digest": str(Enquiry.objects.count()), "received_at": timezone.now(), **fields}
    )


def keep(days: int = 365) -> SavedResult:
    answers = Answers(industry="other", needs=("contract-review",), modalities=("text",))
    key = str(SavedResult.objects.count())
    SavedResult.keep(recommend(published.current(), answers), key, timedelta(days=days))
    return SavedResult.objects.latest("pk")


def watch(saved: SavedResult, address: str, **fields: Any) -> Watch:
    return Watch.objects.create(saved=saved, address=address, told_release=1, asked_at=timezone.now(), **fields)


def run(command: str, *words: str) -> list[str]:
    out = io.StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue().splitlines()


class TestMail:
    def test_what_waits_goes_out(self, mailoutbox: list[Any]) -> None:
        enquiring.announce(make_enquiry())

        assert "mail: 1 to send" in run("run_jobs", "--dry-run")
        assert "mail: 1 sent, 0 failed, 0 waiting" in run("run_jobs")
        assert "mail: 0 sent, 0 failed, 0 waiting" in run("run_jobs")
        assert len(mailoutbox) == 1

    def test_what_fails_is_told_by_the_exit_code(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "advisor.mailserver.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        enquiring.announce(make_enquiry())
        out = io.StringIO()

        with pytest.raises(CommandError, match="Not all of it could be done: mail"):
            call_command("run_jobs", stdout=out)

        assert "mail: 0 sent, 1 failed, 1 waiting" in out.getvalue()
        assert "purge: " in out.getvalue()

    def test_without_a_server_it_says_so(self, settings: Settings) -> None:
        settings.EMAIL_HOST = ""
        enquiring.announce(make_enquiry())

        (line,) = [line for line in run("run_jobs") if line.startswith("mail")]
        assert line == "mail: 0 sent, 0 failed, 1 waiting; no mail server is set (SIGNPOST_MAIL_URL)"


class TestPurge:
    def test_enquiries_go_after_their_days(self, later: Callable[..., None]) -> None:
        make_enquiry()
        make_enquiry(quarantined_at=timezone.now())
        later(days=29, hours=23)
        run("run_jobs")
        assert Enquiry.objects.count() == 2

        later(days=30)
        assert "purge: 0 enquiries, 1 in quarantine, 0 saved results, 0 addresses, 0 signals, 0 texts deleted" in run(
            "run_jobs"
        )
        later(days=179, hours=23)
        run("run_jobs")
        assert Enquiry.objects.count() == 1

        later(days=180)
        assert "purge: 1 enquiries, 0 in quarantine, 0 saved results, 0 addresses, 0 signals, 0 texts deleted" in run(
            "run_jobs"
        )
        assert not Enquiry.objects.exists()

    def test_what_was_restored_stays_as_long_as_any(self, later: Callable[..., None]) -> None:
        enquiry = make_enquiry(quarantined_at=timezone.now())
        enquiring.restore(enquiry)

        later(days=31)
        run("run_jobs")

        assert Enquiry.objects.exists()

    def test_the_mail_of_an_enquiry_goes_with_it(self, later: Callable[..., None], settings: Settings) -> None:
        settings.EMAIL_HOST = ""
        enquiring.announce(make_enquiry())

        later(days=180)
        run("run_jobs")

        assert not Mail.objects.exists()

    def test_an_expired_result_keeps_its_row_and_nothing_else(
        self, release: Release, later: Callable[..., None]
    ) -> None:
        saved = keep(days=10)
        watch(saved, "ada@example.com", confirmed_at=timezone.now())
        kept = keep(days=11)
        watch(kept, "bob@example.com", confirmed_at=timezone.now())

        later(days=10)
        lines = run("run_jobs")

        assert "purge: 0 enquiries, 0 in quarantine, 1 saved results, 1 addresses, 0 signals, 0 texts deleted" in lines
        saved.refresh_from_db()
        kept.refresh_from_db()
        assert (saved.answers, bytes(saved.document)) == ("", b"")
        assert kept.document
        assert [found.address for found in Watch.objects.all()] == ["bob@example.com"]
        assert "purge: 0 enquiries, 0 in quarantine, 0 saved results, 0 addresses, 0 signals, 0 texts deleted" in run(
            "run_jobs"
        )

    def test_an_address_that_was_never_confirmed_goes_after_a_week(
        self, release: Release, later: Callable[..., None]
    ) -> None:
        watch(keep(), "ada@example.com")
        later(days=6, hours=23)
        run("run_jobs")
        assert Watch.objects.exists()

        later(days=7)
        run("run_jobs")
        assert not Watch.objects.exists()

    def test_what_limits_counted_goes_after_a_day(self, later: Callable[..., None]) -> None:
        Limit("test", 3, timedelta(hours=1)).use()

        later(days=1)
        run("run_jobs")

        assert not Use.objects.exists()

    def test_a_dry_run_deletes_nothing(self, later: Callable[..., None]) -> None:
        make_enquiry()
        later(days=180)

        lines = run("run_jobs", "--dry-run")

        assert (
            "purge: 1 enquiries, 0 in quarantine, 0 saved results, 0 addresses, 0 signals, 0 texts to delete" in lines
        )
        assert Enquiry.objects.exists()


MINE = {
    "as the contact": {"contact": "Ann@Example.com"},
    "in the text": {"contact": "07700 900000", "message": "Write to ann@example.com."},
    "as the name": {"contact": "07700 900000", "name": "ann@example.com"},
    "in the notes": {"contact": "0", "notes": "Is <ann@example.com>, too"},
    "in quarantine": {"contact": "ann@example.com", "quarantined_at": timezone.now()},
}
OTHERS = ["joann@example.com", "ann@example.com.au", "ann@example.community", "x.ann@example.com", "ann@example.co"]


class TestPerson:
    @pytest.mark.parametrize("fields", MINE.values(), ids=MINE)
    def test_all_that_names_the_address_is_found_and_erased(self, fields: dict[str, Any]) -> None:
        enquiry = make_enquiry(**fields)
        others = [make_enquiry(contact=other) for other in OTHERS]

        found = json.loads("\n".join(run("export_person", "ann@example.com")))
        lines = run("erase_person", "ann@example.com")

        assert [item["reference"] for item in found["enquiries"]] == [enquiry.reference]
        assert [line for line in lines if enquiry.reference in line]
        assert set(Enquiry.objects.all()) == set(others)

    def test_so_are_results_that_the_address_watches(self, release: Release) -> None:
        saved = keep()
        watch(saved, "ann@example.com")
        watch(saved, "joann@example.com")

        found = json.loads("\n".join(run("export_person", "ANN@example.com")))
        run("erase_person", "ANN@example.com")

        assert [item["address"] for item in found["results_watched"]] == ["ann@example.com"]
        assert [left.address for left in Watch.objects.all()] == ["joann@example.com"]
        assert SavedResult.objects.get().document

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ("ann@example.com", "Write to Ann@Example.com."),
            ("07700 900123", "Ring me: +44 (0)7700 900-123, or 07700 900124 after six."),
        ],
    )
    def test_so_are_words_that_a_visitor_typed_into_a_signal(self, release: Release, asked: str, words: str) -> None:
        theirs, other = (
            Signal.objects.create(
                kind=Signal.Kind.WRONG,
                release_id=release.number,
                answers="industry=other",
                industry="other",
                words=text,
            )
            for text in (words, "Write to joann@example.com or ring 07700 900125, 900123.")
        )

        found = json.loads("\n".join(run("export_person", asked)))
        lines = run("erase_person", asked)

        assert [item["words"] for item in found["signals"]] == [words]
        assert f"Words in a signal of {timezone.localdate():%-d %B %Y}: erased" in lines
        theirs.refresh_from_db()
        assert (theirs.words, theirs.answers) == ("", "industry=other")
        other.refresh_from_db()
        assert other.words

    @pytest.mark.parametrize("contact", ["07700 900123", "+44 7700 900123", "0044 (0)7700-900123", "7700900123"])
    @pytest.mark.parametrize("asked", ["07700900123", "+44 7700 900123", "+44 (0) 7700 900 123"])
    def test_a_telephone_number_is_known_however_it_is_written(self, contact: str, asked: str) -> None:
        make_enquiry(contact=contact)
        other = make_enquiry(contact="07700 900124")

        run("erase_person", asked)

        assert list(Enquiry.objects.all()) == [other]

    def test_the_export_holds_all_that_was_stored(self, release: Release) -> None:
        enquiry = make_enquiry(name="Zoë", notes="Rang.")
        answers = Answers(industry="other", needs=("contract-review",), modalities=("text",))
        enquiry.take(recommend(published.current(), answers))
        enquiry.save()
        enquiring.announce(enquiry)

        (found,) = json.loads("\n".join(run("export_person", "ada@example.com")))["enquiries"]

        assert found["name"] == "Zoë"
        assert found["notes"] == "Rang."
        assert found["agreed_to"] == "I agree."
        assert found["answers"] == "industry=other&need=contract-review&modality=text"
        assert len(found["mails"]) == 1

    @pytest.mark.parametrize("part", ["", "a", "ada", "@example.com", "ada@example", "077", "12 34 56", "%"])
    def test_part_of_an_address_finds_nobody(self, part: str) -> None:
        make_enquiry()

        for command in ("export_person", "erase_person"):
            with pytest.raises(CommandError, match="whole mail address or telephone number"):
                call_command(command, part)
        assert Enquiry.objects.exists()

    def test_a_dry_run_erases_nothing(self) -> None:
        enquiry = make_enquiry()

        lines = run("erase_person", "ada@example.com", "--dry-run")

        assert lines == [f"Enquiry {enquiry.reference} of {timezone.localdate():%-d %B %Y}: would be erased"]
        assert Enquiry.objects.exists()

    def test_it_says_until_when_backups_hold_it_and_logs_no_address(self, caplog: pytest.LogCaptureFixture) -> None:
        make_enquiry()

        lines = run("erase_person", "ada@example.com")

        until = timezone.localdate() + timedelta(days=30)
        assert lines[-1] == f"Backups may still hold it until {until:%-d %B %Y}."
        assert "ada" not in caplog.text

    def test_nothing_is_said_plainly(self) -> None:
        assert run("erase_person", "nobody@example.com") == ["Nothing is kept under this address."]


class TestGoingLive:
    """What was approved for a set time goes live in the timer's next run."""

    @pytest.fixture
    def due(self, release: Release) -> None:
        """A change that was approved for a minute ago."""
        eve, paul = User.objects.create_user("eve"), User.objects.create_user("paul")
        Rule.objects.filter(slug="text").update(because="A better reason.")
        proposal = Proposal.propose(note="Clearer.", by=eve)
        soon = timezone.now() + timedelta(hours=1)
        Proposal.approve(proposal.pk, note="Clearer.", by=paul, expected=1, at=soon)
        Proposal.objects.update(publish_at=timezone.now() - timedelta(minutes=1))

    def test_it_goes_live_before_anything_else_is_done(self, due: None) -> None:
        assert run("run_jobs", "--dry-run")[0] == "publish: 1 to publish"
        assert published.current().number == 1

        assert run("run_jobs")[0] == "publish: 1 published, 0 refused"
        assert published.current().number == 2
        assert run("run_jobs")[0] == "publish: 0 published, 0 refused"

    def test_what_another_machine_published_and_recalled_shows_here(self, release: Release) -> None:
        """It has the same database and files of its own: here, nothing is committed, so that no file was written."""
        Recall.objects.create(release=StoredRelease.publish(note="Unsafe.", force=True), text="Do not use this.")
        assert published.current().number == 1

        assert run("run_jobs")[1] == "files: release 2"

        current = published.current()
        recalled = recalls.of(current)
        assert (current.number, recalled and recalled.text) == (2, "Do not use this.")

    def test_what_can_not_go_live_says_why_once_and_the_rest_is_done_all_the_same(self, due: None) -> None:
        Rule.objects.filter(slug="text").update(because="In a hurry.")
        StoredRelease.publish(note="Other.")
        out = io.StringIO()

        with pytest.raises(CommandError, match="Not all of it could be done: publish"):
            call_command("run_jobs", stdout=out)

        lines = out.getvalue().splitlines()
        assert lines[0].startswith("publish: 0 published, 1 refused; Release 2 was published meanwhile")
        assert lines[-1].startswith("mail: ")
        assert run("run_jobs")[0] == "publish: 0 published, 0 refused"

    def test_it_leaves_its_hour_and_a_dry_run_does_not(self, release: Release) -> None:
        run("run_jobs", "--dry-run")
        before = timer.last_run()
        run("run_jobs")

        assert before is None
        assert timer.last_run() is not None
        assert not timer.is_late()
