from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from advisor import published
from advisor.models import AuditEntry, Proposal, Release, Rule, files, snapshot
from tests.conftest import Publish
from tests.factory import make_term

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


class TestPublish:
    def test_publishes_and_switches_over(self, load: Load, editor: User, capsys: pytest.CaptureFixture[str]) -> None:
        load()

        call_command("publish", "--note", "The first one.", "--by", "ada")

        assert published.current().note == "The first one."
        assert Release.objects.current().by == editor
        assert "Release 1 is published" in capsys.readouterr().out

    def test_a_draft_with_errors_is_refused_and_listed(self, load: Load) -> None:
        load()
        Rule.objects.filter(slug="images").delete()

        with pytest.raises(CommandError, match=r"gap: needs, social-posts: (.|\n)*see /advice/\?") as refused:
            call_command("publish", "--note", "With a gap.")

        assert refused.value.returncode == 1
        assert not Release.objects.exists()
        assert not snapshot.path().exists()

    def test_warnings_are_shown(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load(terms=[make_term("token", checked_on="2020-01-01", review_by="2020-02-01")])

        call_command("publish", "--note", "Overdue.")

        assert "overdue: terms, token" in capsys.readouterr().err

    def test_a_dry_run_changes_nothing(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load()

        call_command("publish", "--note", "Try.", "--dry-run")

        assert not Release.objects.exists()
        assert not snapshot.path().exists()
        assert "Release 1 could be published" in capsys.readouterr().out

    def test_if_none_leaves_a_release_alone_and_mends_the_snapshot(self, publish: Publish) -> None:
        publish()
        snapshot.path().unlink()

        call_command("publish", "--note", "Again.", "--if-none")

        assert Release.objects.count() == 1
        assert snapshot.path().exists()

    def test_nothing_to_publish_is_said(self, publish: Publish) -> None:
        publish()

        with pytest.raises(CommandError, match="nothing to publish"):
            call_command("publish", "--note", "Again.")

    def test_an_unknown_user_is_named(self, load: Load) -> None:
        load()

        with pytest.raises(CommandError, match="no user “bob”"):
            call_command("publish", "--note", "x", "--by", "bob")

    def test_an_unmigrated_database_names_the_command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Release._meta, "db_table", "no_such_table")

        with pytest.raises(CommandError, match=r"manage\.py migrate"):
            call_command("publish", "--note", "x")

    def test_a_snapshot_that_can_not_be_written_is_said(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object) -> None:
            raise OSError("No space left on device")

        load()
        monkeypatch.setattr(files, "write", refuse)

        with pytest.raises(CommandError, match=r"stored, but visitors can't see it: No space left"):
            call_command("publish", "--note", "x")


class TestCheckDraft:
    def test_says_so_when_all_is_well(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load()

        call_command("check_draft")

        assert capsys.readouterr().out == "No findings.\n"

    def test_lists_errors_with_an_example_and_fails(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load()
        Rule.objects.filter(slug="images").delete()

        with pytest.raises(CommandError, match="can't be published"):
            call_command("check_draft")

        out = capsys.readouterr().out
        assert out.startswith("Errors (")
        assert "gap: needs, social-posts" in out
        assert "see /advice/?" in out

    def test_a_warning_alone_does_not_fail(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load(terms=[make_term("token", checked_on="2020-01-01", review_by="2020-02-01")])

        call_command("check_draft")

        assert capsys.readouterr().out.startswith("Warnings (1)\n  overdue: terms, token")

    def test_gives_json(self, load: Load, capsys: pytest.CaptureFixture[str]) -> None:
        load()
        Rule.objects.filter(slug="images").delete()

        with pytest.raises(CommandError):
            call_command("check_draft", "--json")

        findings = json.loads(capsys.readouterr().out)
        assert {"kind", "severity", "section", "slug", "text", "address", "also"} == set(findings[0])


def test_the_trail_says_that_a_command_did_it_and_no_proposal_waits_any_more(publish: Publish) -> None:
    publish()
    Rule.objects.filter(slug="text").update(because="A better reason.")
    eve = User.objects.create_user("eve")
    Proposal.propose(note="Clearer.", by=eve)

    call_command("publish", note="Clearer.", by="eve")

    newest = [(entry.who, entry.what) for entry in AuditEntry.objects.all()[:3]]
    assert newest[0] == ("", "Published by a command, without a second person")
    assert newest[2] == ("eve", "Published: Clearer.")
    assert Proposal.objects.get().state == "replaced"
