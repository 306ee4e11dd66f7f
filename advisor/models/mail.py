"""The outbox: a mail is a row first, and is sent from there, again and again until it goes out.

A row holds no text. What a mail says is composed when it is sent, from the record that it is about; so deleting that
record leaves nothing behind.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from advisor.models.enquiries import Enquiry
from advisor.models.results import Watch

WAITS = (1, 5, 15, 60, 240)
"""Minutes until the next try after the first, second, ... one that failed. The last holds for all that follow."""


class CannotCompose(Exception):
    """There is nothing to send yet, for a reason that somebody can mend. The message says it to staff."""


class NothingToSay(Exception):
    """What the mail was about is done or gone meanwhile, so it need not go out any more."""


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> Self:
        return self.filter(sent_at__isnull=True)

    def due(self) -> Self:
        """Those to try now, the oldest first."""
        return self.waiting().filter(due_at__lte=timezone.now()).order_by("due_at")


class Mail(models.Model):
    """A mail to send or sent: what it is about and how the sending went."""

    class Kind(models.TextChoices):
        ENQUIRY = "enquiry", "An enquiry, to the owner"
        CONFIRM = "confirm", "Please confirm your address"
        CHANGED = "changed", "The advice has changed"
        SHELF = "shelf", "Claims to check again, to an editor"

    kind = models.CharField(max_length=8, choices=Kind)
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, null=True, blank=True, related_name="mails")
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, null=True, blank=True, related_name="mails")
    release_number = models.PositiveIntegerField(null=True, blank=True, help_text="The release it tells about.")
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    week = models.DateField(null=True, blank=True, help_text="The Monday of the week that it is for.")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField("next try", default=timezone.now, db_index=True)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Mail]] = models.Manager.from_queryset(MailQuerySet)()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "enquiry"], name="mail_is_one_an_enquiry"),
            models.UniqueConstraint(fields=["kind", "watch", "release_number"], name="mail_is_one_a_change"),
            models.UniqueConstraint(fields=["kind", "staff", "week"], name="mail_is_one_a_week"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def failed(self, error: str) -> None:
        """Try again later, less and less often."""
        wait = WAITS[min(self.tries, len(WAITS) - 1)]
        self.tries += 1
        self.last_error = error[:300]
        self.due_at = timezone.now() + timedelta(minutes=wait)
        self.save(update_fields=["tries", "last_error", "due_at"])

    def went_out(self) -> None:
        self.tries += 1
        self.last_error = ""
        self.sent_at = timezone.now()
        self.save(update_fields=["tries", "last_error", "sent_at"])
