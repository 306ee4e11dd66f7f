"""The way of a draft to visitors: somebody proposes one state of it, and somebody else publishes that state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from advisor.models.audit import AuditEntry
from advisor.models.fields import ProseField, tidy
from advisor.models.releases import (
    NOTE_LENGTH,
    DraftRefused,
    PublishedMeanwhile,
    PublishRefused,
    Release,
    name_of,
)
from advisor.models.snapshot import SnapshotIsBroken

REASON_LENGTH = 300
REASON_WORDS = 3
"""Fewer are no sentence."""
FARTHEST = timedelta(days=366)
"""So far ahead something can be set to go live. A later day is a slip of the finger."""


class OwnProposal(PublishRefused):
    def __init__(self) -> None:
        super().__init__("You proposed this yourself, so another person has to publish it. Nothing was published.")


class NotWaiting(PublishRefused):
    """Somebody decided about it meanwhile. The page shows what became of it."""

    def __init__(self) -> None:
        super().__init__("Somebody decided about this proposal meanwhile. Nothing of yours was stored. Look below.")


class ProposedAlready(PublishRefused):
    def __init__(self, proposal: Proposal | None) -> None:
        who = proposal.by_name if proposal else "Somebody else"
        super().__init__(f"{who} has proposed exactly this already, so there is nothing more to propose.")


class ScheduledAlready(PublishRefused):
    def __init__(self) -> None:
        super().__init__("Something is set to go live already, and only one can be. Cancel that one first.")


class ReasonRefused(PublishRefused):
    """There is no reason, or it is no sentence."""

    def __init__(self) -> None:
        super().__init__(f"Say why in a sentence, in {REASON_LENGTH} characters at most.")


class TimeRefused(PublishRefused):
    """The set time has passed, or is too far away."""


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def due(self) -> Self:
        """Approved for a time that has come."""
        return self.filter(state=Proposal.State.SCHEDULED, publish_at__lte=timezone.now())


class Proposal(models.Model):
    """One state of the draft, from being proposed to what became of it.

    Whoever publishes alone proposes to themselves, with a reason in `alone`. There is at most one that waits for
    another person, and one that waits for its time.
    """

    class State(models.TextChoices):
        OPEN = "open", "waits for another person"
        WITHDRAWN = "withdrawn", "withdrawn"
        SENT_BACK = "sent-back", "sent back"
        REPLACED = "replaced", "replaced by something newer"
        SCHEDULED = "scheduled", "approved, and waits for its time"
        CANCELLED = "cancelled", "cancelled"
        STOPPED = "stopped", "approved, and did not go live at its time"
        PUBLISHED = "published", "published"

    state = models.CharField(max_length=10, choices=State, default=State.OPEN, db_index=True)
    document = models.TextField(blank=True, help_text="What the draft said. Empty once the proposal is over.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Checksum of the document.")
    base = models.PositiveIntegerField(help_text="The release that it was last checked against; 0 for none.")
    note = ProseField(max_length=NOTE_LENGTH, help_text="What changed, in visitors' words.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    by_name = models.CharField("by (name)", max_length=150)
    at = models.DateTimeField("proposed at", default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    approved_by_name = models.CharField("approved by (name)", max_length=150, blank=True)
    alone = ProseField(max_length=REASON_LENGTH, blank=True, help_text="Why nobody else looked at it first.")
    publish_at = models.DateTimeField("set time", null=True, blank=True, help_text="Empty when published at once.")
    release = models.OneToOneField(
        Release, on_delete=models.PROTECT, to_field="number", null=True, blank=True, related_name="proposal"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=150, blank=True, help_text="Empty when the timer did it.")
    why = ProseField(max_length=NOTE_LENGTH, blank=True, help_text="Why it was sent back, or did not go live.")

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state__in=["open", "scheduled"]),
                name="one_proposal_waits_for_a_person_and_one_for_its_time",
            )
        ]

    objects: ClassVar[models.Manager[Proposal]] = models.Manager.from_queryset(ProposalQuerySet)()

    def __str__(self) -> str:
        return f"Proposal {self.pk} by {self.by_name}"

    @classmethod
    def propose(cls, *, note: str, by: User, expected: int | None = None) -> Proposal:
        """Put the draft as it is now forward. Raises PublishRefused when it could not be published either."""
        with _whole(ProposedAlready(None)):
            rehearsed = _rehearsed(note=note, by=by, expected=expected)
            same = cls.objects.filter(sha256=rehearsed.sha256, state__in=[cls.State.OPEN, cls.State.SCHEDULED]).first()
            if same and same.by_id == by.pk and (same.state, same.note) == (cls.State.OPEN, rehearsed.note):
                return same  # the second press of a double click
            if same and (same.state == cls.State.SCHEDULED or same.by_id != by.pk):
                raise ProposedAlready(same)
            cls._replace_open(by)
            proposal = cls.objects.create(**_of(rehearsed, by), document=rehearsed.document)
            AuditEntry.write(f"Proposed: {proposal.note}", by=by, on=proposal)
            return proposal

    @classmethod
    def withdraw(cls, pk: int, *, by: User) -> Proposal:
        """By whoever proposed it."""
        with transaction.atomic():
            proposal = cls._locked(pk, cls.State.OPEN)
            if proposal.by_id != by.pk:
                raise NotWaiting
            return proposal._end(cls.State.WITHDRAWN, "Proposal withdrawn", by)

    @classmethod
    def send_back(cls, pk: int, *, why: str, by: User) -> Proposal:
        with transaction.atomic():
            proposal = cls._locked(pk, cls.State.OPEN)
            return proposal._end(cls.State.SENT_BACK, "Proposal sent back", by, why=_sentence(why))

    @classmethod
    def approve(cls, pk: int, *, note: str, by: User, expected: int, at: datetime | None = None) -> Proposal:
        """Publish what somebody else proposed, at once or at a set time: that and nothing else.

        Raises PublishRefused, and changes nothing, when the draft says something else by now.
        """
        with _whole(ScheduledAlready()):
            Release.refuse_unless_current(expected)
            proposal = cls._locked(pk, cls.State.OPEN)
            if proposal.by_id == by.pk:
                raise OwnProposal
            if at:
                rehearsed = _rehearsed(note=note, by=by, expected=expected, only=proposal.sha256)
                return proposal._schedule(at, rehearsed, by)
            release = Release.publish(note=note, by=by, expected=expected, only=proposal.sha256)
            return proposal._published(release, by, f"Approved what {proposal.by.get_username()} proposed")

    @classmethod
    def publish_alone(cls, *, note: str, reason: str, by: User, expected: int, at: datetime | None = None) -> Proposal:
        """Without a second person, and with a reason that stays visible."""
        with _whole(ScheduledAlready()):
            Release.refuse_unless_current(expected)
            if at:
                release = _rehearsed(note=note, by=by, expected=expected)
            else:
                release = Release.publish(note=note, by=by, expected=expected)
            proposal = cls(**_of(release, by), alone=_sentence(reason))
            if at:
                return proposal._schedule(at, release, by)
            return proposal._published(release, by, f"Published alone, without a second person: {proposal.alone}")

    @classmethod
    def publish_kept(cls, pk: int, *, by: User, expected: int) -> Proposal:
        """What did not go live at its time, by hand."""
        with transaction.atomic():
            Release.refuse_unless_current(expected)
            proposal = cls._locked(pk, cls.State.STOPPED)
            release = Release.publish_document(proposal.document, note=proposal.note, by=by, expected=expected)
            return proposal._published(release, by, "Published by hand what did not go live at its time")

    @classmethod
    def cancel(cls, pk: int, *, by: User) -> Proposal:
        """What waits for its time, or did not go live then."""
        with transaction.atomic():
            proposal = cls._locked(pk, cls.State.SCHEDULED, cls.State.STOPPED)
            return proposal._end(cls.State.CANCELLED, "Cancelled what was set to go live", by)

    @classmethod
    def publish_by_command(cls, *, note: str, by: User | None = None) -> Release:
        """The operator's way. It asks for no second person, and the trail says so."""
        with transaction.atomic():
            release = Release.publish(note=note, by=by)
            cls._replace_open(None)
            AuditEntry.write("Published by a command, without a second person", on=release)
            return release

    @classmethod
    def publish_due(cls) -> list[Proposal]:
        """What waited for its time, once that has come. What can't go live any more says why, and stays."""
        due = list(cls.objects.due().values_list("pk", flat=True))
        return [done for pk in due if (done := cls._publish_due(pk))]

    @classmethod
    def _publish_due(cls, pk: int) -> Proposal | None:
        try:
            with transaction.atomic():
                proposal = cls._locked(pk, cls.State.SCHEDULED)
                release = Release.publish_document(
                    proposal.document, note=proposal.note, by=proposal.approved_by, expected=proposal.base
                )
                return proposal._published(release, None, "Published at the set time")
        except NotWaiting:
            return None  # another process did it
        except (PublishRefused, SnapshotIsBroken) as refusal:
            why = _in_plain_words(refusal)
        with transaction.atomic():
            try:
                proposal = cls._locked(pk, cls.State.SCHEDULED)
            except NotWaiting:
                return None
            return proposal._end(cls.State.STOPPED, "Not published at the set time", None, why=why)

    @classmethod
    def _locked(cls, pk: int, *states: State) -> Proposal:
        # SQLite locks the whole file as the transaction begins.
        found = cls.objects.select_for_update().filter(pk=pk, state__in=states).first()
        if found is None:
            raise NotWaiting
        return found

    @classmethod
    def _replace_open(cls, by: User | None) -> None:
        for other in cls.objects.filter(state=cls.State.OPEN):
            other._end(cls.State.REPLACED, "Proposal replaced by something newer", by)

    def _schedule(self, at: datetime, rehearsed: Release, by: User) -> Proposal:
        refuse_time(at)
        if type(self).objects.filter(state=self.State.SCHEDULED).exists():
            raise ScheduledAlready
        self.state, self.publish_at = self.State.SCHEDULED, at
        self.document, self.base, self.note = rehearsed.document, rehearsed.number - 1, rehearsed.note
        self.approved_by, self.approved_by_name = by, name_of(by)
        self.save()
        self._replace_open(by)
        what = f"Set to go live at {timezone.localtime(at):%Y-%m-%d %H:%M %Z}"
        AuditEntry.write(f"{what}, alone: {self.alone}" if self.alone else what, by=by, on=self)
        return self

    def _published(self, release: Release, by: User | None, what: str) -> Proposal:
        self.state, self.release, self.document, self.ended_at = self.State.PUBLISHED, release, "", timezone.now()
        if by and not self.approved_by:
            self.approved_by, self.approved_by_name = by, name_of(by)
        self.ended_by_name, self.why = name_of(by), ""
        self.save()
        self._replace_open(by)
        AuditEntry.write(what, by=by, on=release)
        return self

    def _end(self, state: State, what: str, by: User | None, *, why: str = "") -> Proposal:
        self.state, self.ended_at, self.ended_by_name, self.why = state, timezone.now(), name_of(by), why
        if state != self.State.STOPPED:
            self.document = ""
        self.save()
        AuditEntry.write(f"{what}: {why}" if why else what, by=by, on=self)
        return self


@contextmanager
def _whole(too_late: PublishRefused) -> Iterator[None]:
    """All of it or nothing. Of two at once, the second meets the constraint of the table."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise too_late from error


def _rehearsed(**how: Any) -> Release:
    """The release that would come of it, with every refusal that there would be. Nothing of it stays."""
    with transaction.atomic():
        release = Release.publish(**how)
        transaction.set_rollback(True)
    return release


def _of(release: Release, by: User) -> dict[str, Any]:
    return {
        "sha256": release.sha256,
        "base": release.number - 1,
        "note": release.note,
        "by": by,
        "by_name": name_of(by),
    }


def _sentence(text: str) -> str:
    text = tidy(text)
    if len(text.split()) < REASON_WORDS or len(text) > REASON_LENGTH:
        raise ReasonRefused
    return text


def refuse_time(at: datetime) -> None:
    """Raises TimeRefused for a time at which nothing can be set to go live."""
    now = timezone.now()
    if at <= now:
        raise TimeRefused("This time has passed. Choose one that is still to come.")
    if at > now + FARTHEST:
        raise TimeRefused("This is more than a year away. Choose a day within a year.")


def _in_plain_words(refusal: Exception) -> str:
    if isinstance(refusal, PublishedMeanwhile):
        latest = Release.objects.defer("document").current()
        return (
            f"Release {latest.number} was published meanwhile, so this was no longer checked against what visitors see."
        )
    if isinstance(refusal, DraftRefused):
        first = next(finding.text for finding in refusal.findings if finding.severity == "error")
        return f"A fresh check found an error in it: {first}"[:NOTE_LENGTH]
    if isinstance(refusal, SnapshotIsBroken):
        return "What was kept of it is damaged."
    return str(refusal)
