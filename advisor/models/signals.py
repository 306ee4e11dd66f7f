"""What visitors tell the editors: a goal that is missing, whether some advice was useful, what in it is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count
from django.utils import timezone

from advisor.decision.catalogue import SLUG_LENGTH
from advisor.decision.recommendation import Recommendation
from advisor.models.fields import LineField, ProseField
from advisor.models.releases import Release

WORDS_LENGTH = 500
PART_LENGTH = 300
KEPT_FOR = timedelta(days=365)
WORDS_KEPT_FOR = timedelta(days=90)
"""Shorter than the rest: whatever is typed may be about a person."""
ONCE_FOR = timedelta(days=1)
"""How long two that are alike are told apart from one that was sent twice. A form's key is no older."""


class SignalQuerySet(models.QuerySet["Signal"]):
    def waiting(self) -> Self:
        """What nobody has looked at yet."""
        return self.filter(state=Signal.State.NEW, junk=False)

    def waiting_by_kind(self) -> dict[str, int]:
        """How many of each kind wait, in one query. Kinds of which none does are left out."""
        return dict(self.waiting().order_by("kind").values_list("kind").annotate(Count("pk")))

    def past_retention(self, junk_days: int) -> Self:
        """Those whose time is over."""
        now = timezone.now()
        return self.filter(
            models.Q(received_at__lte=now - KEPT_FOR)
            | models.Q(junk=True, received_at__lte=now - timedelta(days=junk_days))
        )

    def with_words_past_retention(self) -> Self:
        return self.filter(received_at__lte=timezone.now() - WORDS_KEPT_FOR).exclude(words="")

    def past_telling_apart(self) -> Self:
        return self.filter(received_at__lte=timezone.now() - ONCE_FOR, once__isnull=False)


class Signal(models.Model):
    """One thing that a visitor told the editors. It holds no name and no address, and no link of a kept result."""

    class Kind(models.TextChoices):
        NOT_LISTED = "not-listed", "A goal is not listed"
        USEFUL = "useful", "Was this useful?"
        WRONG = "wrong", "Something is wrong"

    class Vote(models.TextChoices):
        YES = "yes", "Yes"
        PARTLY = "partly", "Partly"
        NO = "no", "No"

    class State(models.TextChoices):
        NEW = "new", "New"
        SEEN = "seen", "Looked at"
        DONE = "done", "Done"

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=4, choices=State, default=State.NEW)
    received_at = models.DateTimeField("received", default=timezone.now, db_index=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, to_field="number", related_name="+")
    answers = models.TextField(help_text="As in an address. Of a goal that is not listed: only its industry and kind.")
    industry = models.CharField(max_length=SLUG_LENGTH, db_index=True)
    vote = models.CharField("was it useful", max_length=6, choices=Vote, blank=True)
    modality = models.CharField(
        "kind of output", max_length=SLUG_LENGTH, blank=True, help_text="Of a goal that is not listed. Empty: another."
    )
    section = models.CharField(max_length=20, blank=True, help_text="Where the row stands that is said to be wrong.")
    slug = models.CharField(max_length=SLUG_LENGTH, blank=True, help_text="Of that row.")
    part = LineField("what is wrong", max_length=PART_LENGTH, blank=True, help_text="As the visitor's page named it.")
    words = ProseField(max_length=WORDS_LENGTH, blank=True, help_text="What the visitor wrote. Deleted sooner.")
    junk = models.BooleanField("looks like junk", default=False)
    once = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        editable=False,
        help_text="A keyed hash, so that what is sent twice counts once. Emptied after a day.",
    )
    made_section = models.CharField(max_length=20, blank=True, editable=False)
    made_slug = models.CharField(max_length=SLUG_LENGTH, blank=True, editable=False)
    made = LineField("what came of it", max_length=200, blank=True, help_text="The draft record made from it.")

    objects: ClassVar[models.Manager[Signal]] = models.Manager.from_queryset(SignalQuerySet)()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["state", "kind"], name="signal_by_state_and_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.received_at:%d %B %Y}"

    @classmethod
    def about(cls, kind: Signal.Kind, advice: Recommendation) -> Self:
        """One about this advice, not saved."""
        return cls(
            kind=kind,
            release_id=advice.release.number,
            answers=advice.answers.query,
            industry=advice.answers.industry or "",
        )


class SignalGoal(models.Model):
    """A goal of the advice that a signal is about, and a rule that decided it. Several rules may have decided one."""

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="goals")
    need = models.CharField(max_length=SLUG_LENGTH, db_index=True)
    rule = models.CharField(max_length=SLUG_LENGTH, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signal", "need", "rule"], name="signal_names_a_goal_and_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.need}: {self.rule}"
