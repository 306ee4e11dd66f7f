from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import Finding
from advisor.models import (
    DraftRefused,
    Modality,
    Need,
    NothingChanged,
    PublishedMeanwhile,
    PublishRefused,
    Release,
    ReleaseIsFrozen,
    Rule,
    releases,
)
from tests.conftest import Publish

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


class TestPublish:
    def test_freezes_the_draft(self, load: Load, editor: User) -> None:
        load()

        release = Release.publish(note="The first one.", by=editor)

        assert (release.number, release.by_name, release.note) == (1, "ada", "The first one.")
        assert release.sha256 == hashlib.sha256(release.document.encode()).hexdigest()
        assert release.to_snapshot().compile().catalogue.needs[0].slug == "contract-review"
        assert Release.objects.current() == release

    def test_counts_up(self, publish: Publish) -> None:
        assert [publish().number, publish().number] == [1, 2]

    def test_is_refused_when_nothing_changed(self, publish: Publish) -> None:
        publish()

        with pytest.raises(NothingChanged, match="what release 1 says"):
            Release.publish(note="Again.")

    def test_is_refused_without_a_note(self, load: Load) -> None:
        load()

        with pytest.raises(PublishRefused, match="Say in a note"):
            Release.publish(note=" \u200b ")

    def test_is_refused_with_an_empty_draft(self) -> None:
        with pytest.raises(DraftRefused) as refused:
            Release.publish(note="Nothing yet.")

        assert refused.value.findings[0].kind == "empty"

    def test_is_refused_with_an_error_and_changes_nothing(self, publish: Publish) -> None:
        publish()
        Rule.objects.filter(slug="images").delete()

        with pytest.raises(DraftRefused, match=r"errors\. Nothing was published") as refused:
            Release.publish(note="With a gap.")

        assert "gap" in {finding.kind for finding in refused.value.findings}
        assert Release.objects.current().number == 1

    def test_is_refused_with_a_draft_that_is_no_catalogue(self, load: Load) -> None:
        load()
        Need.objects.update(default_modality=Modality.objects.get(slug="figures"))

        with pytest.raises(DraftRefused) as refused:
            Release.publish(note="Broken.")

        assert ("document", "needs", "contract-review") in [(f.kind, f.section, f.slug) for f in refused.value.findings]

    def test_records_warnings(self, load: Load) -> None:
        load()

        release = Release.publish(note="Overdue.", today=date(2030, 1, 1))

        release.refresh_from_db()
        assert "overdue" in {finding["kind"] for finding in release.findings}

    def test_is_refused_when_someone_published_since_the_editor_looked(self, publish: Publish) -> None:
        publish()

        with pytest.raises(PublishedMeanwhile):
            Release.publish(note="Late.", expected=0, force=True)

    def test_has_one_winner_when_two_take_the_same_number(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        load()

        def check_while_another_publishes(catalogue: Catalogue, today: date) -> tuple[Finding, ...]:
            monkeypatch.undo()
            Release.publish(note="Faster.")
            return ()

        monkeypatch.setattr(releases, "check", check_while_another_publishes)

        with pytest.raises(PublishedMeanwhile, match="Someone else has published"):
            Release.publish(note="Slower.")


class TestFrozen:
    @pytest.fixture
    def row(self, publish: Publish) -> Release:
        return publish()

    def test_saving_again_is_refused(self, row: Release) -> None:
        row.note = "Another story."

        with pytest.raises(ReleaseIsFrozen, match="never changed or deleted"):
            row.save()

    def test_deleting_is_refused(self, row: Release) -> None:
        with pytest.raises(ReleaseIsFrozen):
            row.delete()

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda rows: rows.update(note="x"), id="update"),
            pytest.param(lambda rows: rows.delete(), id="delete"),
            pytest.param(lambda rows: rows.bulk_update(list(rows), ["note"]), id="bulk_update"),
            pytest.param(lambda rows: rows.update_or_create(number=1, defaults={"note": "x"}), id="update_or_create"),
        ],
    )
    def test_query_sets_refuse(self, row: Release, change: Callable[[Any], Any]) -> None:
        with pytest.raises(ReleaseIsFrozen):
            change(Release.objects.all())
        with pytest.raises(ReleaseIsFrozen):
            change(Release.objects.filter(number=1))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE advisor_release SET note = 'x'",
            "UPDATE advisor_release SET number = 2 WHERE number = 1",
            "DELETE FROM advisor_release",
            # Each database has a statement of its own that replaces or empties.
            "INSERT OR REPLACE INTO advisor_release (number, document, sha256, published_at, by_name, note, findings) "
            "VALUES (1, '{}', '', '2026-11-24', '', 'x', '[]')"
            if connection.vendor == "sqlite"
            else "TRUNCATE advisor_release CASCADE",
        ],
    )
    def test_raw_sql_is_refused(self, row: Release, statement: str) -> None:
        connection.check_constraints()  # PostgreSQL would refuse to truncate for what is still unchecked

        with (
            pytest.raises(DatabaseError, match="never changed or deleted"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

        row.refresh_from_db()
        assert (row.number, row.note) == (1, "For a test.")

    def test_a_publisher_is_made_inactive_not_deleted(self, load: Load, editor: User) -> None:
        load()
        Release.publish(note="The first one.", by=editor)

        with pytest.raises(DatabaseError, match="protected"):
            editor.delete()

    def test_numbers_start_at_one(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Release(number=0, document="{}", sha256="", published_at=timezone.now(), note="x").save()
