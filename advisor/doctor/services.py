"""What works beside the site: the timer, the backups, the mail server."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone

from advisor import backups, outbox, timer
from advisor.doctor.finding import Finding, error, manage, warning
from advisor.models import Mail

PATIENCE = 5
"""Seconds for the mail server."""


def timer_runs() -> Iterator[Finding]:
    if timer.is_late():
        last = timer.last_run()
        told = f"have not run since {last:%Y-%m-%d %H:%M} UTC" if last else "have never run"
        mend = "systemctl enable --now signpost-jobs.timer"
        yield error("timer-late", f"The jobs {told}: nothing due is sent, published or deleted.", mend)


def backups_are_made() -> Iterator[Finding]:
    last = backups.last()
    if last is None:
        yield warning("backup-none", "No backup was ever made here.", manage("backup /var/backups/signpost"))
    elif timezone.now() - last > backups.LATE:
        yield error(
            "backup-old", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.", manage("backup /var/backups/signpost")
        )


def mail_server() -> Iterator[Finding]:
    """It is reached and takes our password. Nothing is sent."""
    if not outbox.is_set_up():
        mend = "Set SIGNPOST_MAIL_URL and SIGNPOST_MAIL_FROM: docs/reference/settings.md"
        yield warning("mail-none", "No mail server is set: enquiries wait in the admin.", mend)
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    server = get_connection(timeout=PATIENCE)
    try:
        server.open()
        server.close()
    except smtplib.SMTPAuthenticationError:
        yield error("mail-refused", f"{where} does not take the user and password.", "Correct SIGNPOST_MAIL_URL")
    except (OSError, smtplib.SMTPException) as problem:
        text = f"{where} can't be reached: {getattr(problem, 'strerror', None) or type(problem).__name__}."
        yield error("mail-away", text, "Correct SIGNPOST_MAIL_URL, or open the way to that port")


def mails_that_wait() -> Iterator[Finding]:
    late = Mail.objects.waiting().filter(created_at__lt=timezone.now() - outbox.LATE).count()
    if late:
        yield error("mail-waiting", f"{late} mails wait for more than 15 minutes.", manage("run_jobs"))
