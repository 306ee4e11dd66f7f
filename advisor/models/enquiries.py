"""Enquiries: what visitors send to ask for a talk."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from advisor.models.fields import LineField, ProseField
from advisor.models.results import KeptAdvice

MESSAGE_LENGTH = 5000
CONTACT_LENGTH = 200
NAME_LENGTH = 100

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of a reference number: none that is taken for another when it is read out."""


def new_reference() -> str:
    """Such as K7QF-3M2P-9T: no number that counts up, as it stands in an address."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def in_inbox(self) -> Self:
        return self.filter(quarantined_at__isnull=True)

    def in_quarantine(self) -> Self:
        return self.filter(quarantined_at__isnull=False)

    def of_person(self, address: str) -> Self:
        """Those that name this mail address or telephone number, as their contact or anywhere in their text."""
        address = address.strip()
        return self.filter(
            models.Q(contact__icontains=address)
            | models.Q(name__icontains=address)
            | models.Q(message__icontains=address)
            | models.Q(notes__icontains=address)
        )

    def past_retention(self, enquiry_days: int, quarantine_days: int) -> Self:
        """Those whose time is over."""
        now = timezone.now()
        return self.filter(
            models.Q(quarantined_at__isnull=True, received_at__lte=now - timedelta(days=enquiry_days))
            | models.Q(quarantined_at__lte=now - timedelta(days=quarantine_days))
        )


class Enquiry(KeptAdvice):
    """A question to the people who run the site, with the advice as the visitor saw it, if they wanted that."""

    class State(models.TextChoices):
        NEW = "new", "New"
        OPEN = "open", "In hand"
        DONE = "done", "Done"

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    form_digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Of the form's key and what was sent: a retry makes no second one.",
    )
    received_at = models.DateTimeField("received", default=timezone.now, db_index=True)
    state = models.CharField(max_length=4, choices=State, default=State.NEW, db_index=True)
    name = LineField(max_length=NAME_LENGTH, blank=True)
    contact = LineField(max_length=CONTACT_LENGTH, help_text="How to reach them: a mail address or a telephone number.")
    message = ProseField(max_length=MESSAGE_LENGTH)
    consent = models.TextField(help_text="The words that the visitor agreed to.")
    notes = ProseField(max_length=MESSAGE_LENGTH, blank=True, help_text="For yourselves. The visitor never sees them.")
    quarantined_at = models.DateTimeField(
        "in quarantine since", null=True, blank=True, db_index=True, help_text="Set when it looks like spam."
    )
    suspicions = models.JSONField(default=list, blank=True, help_text="Why it looks like spam.")
    body_digest = models.CharField(
        max_length=64, editable=False, db_index=True, help_text="To find the same text again."
    )

    objects: ClassVar[models.Manager[Enquiry]] = models.Manager.from_queryset(EnquiryQuerySet)()

    class Meta:
        verbose_name_plural = "enquiries"
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return self.reference
