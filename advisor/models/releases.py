"""Releases: the draft, checked and frozen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date
from typing import Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from advisor.decision.catalogue import Catalogue, DocumentError, canonical, checksum
from advisor.decision.checks import ERROR, Finding, check
from advisor.models import snapshot
from advisor.models.audit import AuditEntry
from advisor.models.document import draft_document, draft_stands_still
from advisor.models.fields import ProseField, tidy
from advisor.models.links import link_findings
from advisor.models.snapshot import Snapshot, SnapshotIsBroken

NOTE_LENGTH = 600


class ReleaseIsFrozen(TypeError):
    """Something tried to change or delete a release. Shared links depend on it."""

    def __init__(self) -> None:
        super().__init__("A release is never changed or deleted. Change the draft and publish a new release.")


class PublishRefused(Exception):
    """Nothing was published and nothing changed. The message is fit for an editor."""


class DraftRefused(PublishRefused):
    """The draft has errors. `findings` holds all that was found, warnings too."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        errors = sum(finding.severity == ERROR for finding in findings)
        super().__init__(f"The draft has {errors} {'error' if errors == 1 else 'errors'}. Nothing was published.")


class NothingChanged(PublishRefused):
    """The draft says exactly what the current release says."""


class NoteRefused(PublishRefused):
    """There is no note, or it is too long."""

    def __init__(self) -> None:
        super().__init__(f"Say in a note what changed, in {NOTE_LENGTH} characters at most.")


class DraftChanged(PublishRefused):
    """The draft says something else than what was looked at."""

    def __init__(self) -> None:
        super().__init__(
            "The draft has changed since it was proposed, so it needs a new proposal. Nothing was published."
        )


class WasRecalled(PublishRefused):
    """What would be published is what a recalled release says."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Release {number} said exactly this, and it was recalled as unsafe. Nothing was published.")


class PublishedMeanwhile(PublishRefused):
    """Someone else's release came first."""

    def __init__(self) -> None:
        super().__init__("Someone else has published meanwhile. Look at the new release, then publish again.")


class ReleaseQuerySet(models.QuerySet["Release"]):
    def current(self) -> Release:
        """The release that visitors see. Raises Release.DoesNotExist before the first one."""
        return self.latest("number")

    def update(self, **kwargs: Any) -> NoReturn:
        raise ReleaseIsFrozen

    def bulk_update(self, objs: Iterable[Release], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise ReleaseIsFrozen

    def delete(self) -> NoReturn:
        raise ReleaseIsFrozen


class Release(models.Model):
    """One published catalogue. Rolling back publishes an old document again under a new number."""

    number = models.PositiveIntegerField(unique=True, help_text="Counts up from 1. Results name it.")
    document = models.TextField(
        help_text="Everything that this release says, in the one byte form that was checksummed."
    )
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Checksum of the document: the same on every result.")
    published_at = models.DateTimeField("published at", help_text="When visitors first saw it.")
    # PROTECT: a release keeps who published it. Someone who leaves is made inactive, not deleted.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="releases",
        help_text="Who published it. Empty when a command did.",
    )
    by_name = models.CharField(
        "by (name)", max_length=150, blank=True, help_text="Their name on that day. Example: Ada Lovelace."
    )
    note = ProseField(
        max_length=NOTE_LENGTH, help_text="What changed, in plain words. Example: Added two tools for dentists."
    )
    findings = models.JSONField(
        default=list, blank=True, help_text="The warnings that were shown when it was published."
    )

    objects: ClassVar[models.Manager[Release]] = models.Manager.from_queryset(ReleaseQuerySet)()

    class Meta:
        ordering = ["-number"]
        get_latest_by = "number"
        permissions = [
            ("publish_release", "Can publish, roll back and recall releases"),
            ("propose_release", "Can propose the draft as the next release"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(number__gte=1), name="release_number_is_positive")]

    def __str__(self) -> str:
        return f"Release {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new release and, once it is committed, let every process know."""
        if not self._state.adding:
            raise ReleaseIsFrozen
        with transaction.atomic():
            super().save(force_insert=True, using=kwargs.get("using"))
            AuditEntry.write(f"Published: {self.note}", by=self.by, on=self)
            # robust: the release is stored by then, so whoever published it must not read that it failed.
            transaction.on_commit(self.sync_snapshot, robust=True)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReleaseIsFrozen

    def to_snapshot(self) -> Snapshot:
        return Snapshot(
            number=self.number,
            sha256=self.sha256,
            published_at=self.published_at.astimezone(UTC).isoformat(timespec="seconds"),
            note=self.note,
            document=self.document,
        )

    @classmethod
    def sync_snapshot(cls) -> Snapshot:
        """Make the snapshot file agree with the database. Raises Release.DoesNotExist before the first release."""
        return snapshot.replace(lambda: cls.objects.current().to_snapshot())

    @classmethod
    def publish(
        cls,
        *,
        note: str,
        by: User | None = None,
        today: date | None = None,
        expected: int | None = None,
        force: bool = False,
        only: str | None = None,
    ) -> Self:
        """Check the draft and freeze it as the next release, or raise PublishRefused and change nothing.

        `expected` is the number of the release that the publisher had in view, 0 for none: with it, a publisher who
        saw an older state is refused. `force` publishes even when nothing has changed. `only` is the checksum of the
        one document that may be published.
        """
        with _one_at_a_time():
            latest = cls._latest(expected)
            catalogue, findings = check_draft(today)
            if catalogue and only and checksum(catalogue.to_document()) != only:
                raise DraftChanged
            return cls._checked(catalogue, findings, note, by, latest, force=force)

    @classmethod
    def publish_document(cls, document: str, *, note: str, by: User | None, expected: int | None) -> Self:
        """The same with a document that was a draft once, checked anew.

        Raises PublishRefused, and SnapshotIsBroken when the document can't be read.
        """
        with _one_at_a_time():
            latest = cls._latest(expected)
            try:
                catalogue = Catalogue.from_document(json.loads(document))
            except (ValueError, RecursionError) as error:
                raise SnapshotIsBroken(f"The document can't be read: {error}") from error
            return cls._checked(catalogue, findings_of(catalogue), note, by, latest)

    @classmethod
    def _checked(
        cls,
        catalogue: Catalogue | None,
        findings: Sequence[Finding],
        note: str,
        by: User | None,
        latest: Release | None,
        *,
        force: bool = False,
    ) -> Self:
        if catalogue is None or any(finding.severity == ERROR for finding in findings):
            raise DraftRefused(findings)
        document = catalogue.to_document()
        if latest and latest.sha256 == checksum(document) and not force:
            raise NothingChanged(f"The draft says what release {latest.number} says, so there is nothing to publish.")
        text = canonical(document).decode()
        return cls._freeze(text, checksum(document), [asdict(finding) for finding in findings], note, by, latest)

    @classmethod
    def roll_back(cls, to: Release, *, note: str, by: User | None = None, expected: int | None = None) -> Self:
        """Publish what an older release says again, as the next release. The draft stays as it is.

        Raises PublishRefused, and changes nothing, when that is what visitors see already.
        """
        with _one_at_a_time():
            latest = cls._latest(expected)
            if latest and latest.sha256 == to.sha256:
                raise NothingChanged(
                    f"Release {latest.number}, which visitors see now, says what release {to.number} says."
                )
            release = cls._freeze(to.document, to.sha256, to.findings, note, by, latest)
            AuditEntry.write(f"Went back to what release {to.number} said", by=by, on=release)
            return release

    @classmethod
    def refuse_unless_current(cls, number: int) -> None:
        """Raises PublishedMeanwhile when visitors see another release; 0 stands for none."""
        cls._latest(number)

    @classmethod
    def _latest(cls, expected: int | None) -> Release | None:
        latest = cls.objects.order_by("-number").first()
        if expected is not None and expected != (latest.number if latest else 0):
            raise PublishedMeanwhile
        return latest

    @classmethod
    def _freeze(
        cls, document: str, sha256: str, findings: list[Any], note: str, by: User | None, latest: Release | None
    ) -> Self:
        note = tidy(note)
        if not 0 < len(note) <= NOTE_LENGTH:
            raise NoteRefused
        recalled = cls.objects.filter(sha256=sha256, recall__isnull=False).first()
        if recalled:
            raise WasRecalled(recalled.number)
        release = cls(
            number=latest.number + 1 if latest else 1,
            document=document,
            sha256=sha256,
            published_at=timezone.now().replace(microsecond=0),
            by=by,
            by_name=name_of(by),
            note=note,
            findings=findings,
        )
        release.save()
        return release


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """All of it or nothing, one release after the other, and from a draft that nobody changes meanwhile."""
    try:
        with transaction.atomic():
            draft_stands_still()
            yield
    except IntegrityError as error:
        # The number was free when we looked: another process took it.
        raise PublishedMeanwhile from error


def check_draft(today: date | None = None) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """The draft as a catalogue with everything that is wrong with it. No catalogue when it can't even be read."""
    try:
        catalogue = Catalogue.from_document(draft_document())
    except DocumentError as error:
        return None, tuple(
            Finding(kind="document", severity=ERROR, section=section, slug=slug, text=text, address="")
            for section, slug, text in error.problems
        )
    if not (catalogue.needs and catalogue.rules):
        return catalogue, (
            Finding("empty", ERROR, "needs", "", "The draft is empty. Add needs and rules, or load content.", ""),
        )
    return catalogue, findings_of(catalogue, today)


def findings_of(catalogue: Catalogue, today: date | None = None) -> tuple[Finding, ...]:
    return (*check(catalogue, today or timezone.localdate()), *link_findings(catalogue))


def name_of(user: User | None) -> str:
    if user is None:
        return ""
    return user.get_full_name() or user.get_username()
