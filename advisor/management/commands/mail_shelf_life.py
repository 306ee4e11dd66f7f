"""Remind editors of claims to check again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from advisor import outbox, shelflife, shelfmails
from advisor.management.tables import tables_needed
from advisor.shelfmails import Reminder


class Command(BaseCommand):
    help = (
        "Mail each editor the claims that are overdue or due soon: their own, and those that nobody looks after. At "
        "most once a week. run_jobs does it too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say who would get what, and mail nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with tables_needed():
            found = shelfmails.this_week()
            for reminder in found:
                self.stdout.write(_told(reminder))
            if not found:
                self.stdout.write(_why_none())
            if dry_run or not found:
                return
            if not outbox.is_set_up():
                raise CommandError("No mail server is set (SIGNPOST_MAIL_URL), so nothing was mailed.")
            shelfmails.put_out(found)
            done = outbox.send_due()
        self.stdout.write(f"{done.sent} sent, {done.failed} failed, {done.waiting} waiting")
        if done.failed:
            raise CommandError("What could not be sent waits. run_jobs tries it again.")


def _told(reminder: Reminder) -> str:
    today = timezone.localdate()
    overdue = sum(claim.is_overdue(today) for claim in reminder.claims)
    return (
        f"{reminder.user.get_username()} <{reminder.user.email}>: {len(reminder.own)} of their own, "
        f"{len(reminder.everybodys)} of everybody's; {overdue} overdue"
    )


def _why_none() -> str:
    if not shelflife.due():
        return "Nothing is due, so nobody gets a mail."
    if not shelfmails.reminders():
        return "Something is due, but no editor has a mail address."
    return "Everybody has got this week's mail already."
