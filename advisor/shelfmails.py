"""The weekly mail to editors: which claims are due that they look after, composed as it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from advisor import shelflife
from advisor.decision.changes import KINDS
from advisor.environment import MAIL_ADDRESS
from advisor.models import Mail
from advisor.models.mail import NothingToSay
from advisor.shelflife import Due
from advisor.site import this_site

MOST = 25
"""Claims that a mail names. All of them stand on the page that it links to."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one editor is to look at: their own claims, and those that are everybody's."""

    user: User
    own: tuple[Due, ...]
    everybodys: tuple[Due, ...]

    @property
    def claims(self) -> tuple[Due, ...]:
        return self.own + self.everybodys


def reminders() -> list[Reminder]:
    """Of all editors with a mail address for whom something is due.

    A claim whose owner gets no mail, as they left or gave no address, is everybody's.
    """
    due = shelflife.due()
    editors = [user for user in shelflife.carers() if MAIL_ADDRESS.fullmatch(user.email)] if due else []
    reached = {user.pk for user in editors}
    everybodys = tuple(claim for claim in due if claim.owner not in reached)
    found = (Reminder(user, tuple(claim for claim in due if claim.owner == user.pk), everybodys) for user in editors)
    return [reminder for reminder in found if reminder.claims]


def this_week() -> list[Reminder]:
    """Those that were not put into the outbox yet in this week, which begins on Monday."""
    told = set(Mail.objects.filter(kind=Mail.Kind.SHELF, week=monday()).values_list("staff_id", flat=True))
    return [reminder for reminder in reminders() if reminder.user.pk not in told]


def put_out(found: Iterable[Reminder]) -> None:
    """Put a mail for each into the outbox, at most one a week. What is left of earlier weeks goes: it says the same."""
    with transaction.atomic():
        Mail.objects.filter(kind=Mail.Kind.SHELF, week__lt=monday()).delete()
        Mail.objects.bulk_create(
            [Mail(kind=Mail.Kind.SHELF, staff=reminder.user, week=monday()) for reminder in found],
            ignore_conflicts=True,  # another process was faster
        )


def monday() -> date:
    today = timezone.localdate()
    return today - timedelta(days=today.weekday())


def shelf_mail(mail: Mail) -> EmailMessage:
    reminder = next((found for found in reminders() if found.user == mail.staff), None)
    if reminder is None:
        raise NothingToSay
    here, today, number = this_site(), timezone.localdate(), len(reminder.claims)
    overdue = sum(claim.is_overdue(today) for claim in reminder.claims)
    parts = [
        f"{_claims(number)} of the advice at {here.name} {'is' if number == 1 else 'are'} overdue, or due within "
        f"{shelflife.SOON} days. Overdue: {overdue}. Until somebody looks, visitors read that a check is overdue.",
        *_listed("You look after:", reminder.own[:MOST], today),
        *_listed("Everybody looks after:", reminder.everybodys[: max(0, MOST - len(reminder.own))], today),
    ]
    if number > MOST:
        parts.append(f"And {number - MOST} more.")
    parts += [
        "Read the source, then say that the claim is still true, or change it. All of them, with their sources:\n"
        f"{here.url}{reverse('shelf-life')}",
        f"This mail comes from {here.name} once a week, while something is due that you may change.",
    ]
    return EmailMessage(f"{_claims(number)} to check again", "\n\n".join(parts) + "\n", to=[reminder.user.email])


def _claims(number: int) -> str:
    return "1 claim" if number == 1 else f"{number} claims"


def _listed(title: str, claims: Sequence[Due], today: date) -> list[str]:
    lines = []
    for claim, row in shelflife.records(claims):
        says = Truncator(" ".join(shelflife.says(claim.section, row).split())).chars(160)
        day = date_format(claim.review_by, "j F Y")
        when = f"Overdue since {day}" if claim.is_overdue(today) else f"Due on {day}"
        link = f"{this_site().url}{reverse('shelf-life-renew')}?claim={claim.key}"
        name = shelflife.title(claim.section, row)
        lines.append(f"- {KINDS[claim.section]}: {name}. {when}.\n  {says}\n  {link}")
    return ["\n".join([title, *lines])] if lines else []
