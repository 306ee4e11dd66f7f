"""What is limited, counted: how often something was done lately, and nothing of who did it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

LONGEST = timedelta(days=1)
"""No limit looks further back, so older rows are of no use."""


class UseQuerySet(models.QuerySet["Use"]):
    def within(self, span: timedelta) -> Self:
        """The newest first. A clock that was set back meanwhile makes no use newer than now."""
        now = timezone.now()
        return self.filter(at__gt=now - span, at__lte=now).order_by("-at")

    def of_no_more_use(self) -> Self:
        return self.filter(at__lte=timezone.now() - LONGEST)


class Use(models.Model):
    """One use of something limited. It outlasts what it made, so that deleting that makes no room for more."""

    what = models.CharField(max_length=64, help_text="A keyed hash of what was done and by or to whom.")
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Use]] = models.Manager.from_queryset(UseQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["what", "at"], name="use_by_what_and_time")]

    def __str__(self) -> str:
        return f"{self.what[:8]} at {self.at:%H:%M}"
