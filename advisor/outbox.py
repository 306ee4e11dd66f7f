"""Sends the mails that wait in the outbox. Safe to run in two processes at once.

A mail is claimed before it is sent, by moving its next try ahead: of two processes one gets it. Whoever is killed in
between leaves it claimed; after that time it is tried again. So a mail may go out twice, but it is never lost. Both
copies carry the same Message-ID, by which a mailbox knows them for one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import smtplib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from advisor import site
from advisor.environment import MAIL_ADDRESS
from advisor.kept import Damaged, advice_of
from advisor.models import Enquiry, Mail
from advisor.models.mail import CannotCompose, NothingToSay
from advisor.shelfmails import shelf_mail
from advisor.watchmails import changed_mail, confirm_mail

logger = logging.getLogger("advisor.outbox")

CLAIM = timedelta(minutes=5)
AT_ONCE_SECONDS = 5
"""How long a visitor's request may wait for a mail to be handed over: for all of it, see mailserver.py."""

BY_TIMER_SECONDS = 60
MOST_AT_ONCE = 200
FAILURES_IN_A_ROW = 3
LATE = timedelta(minutes=15)
"""A mail that waits longer needs somebody to look."""


@dataclass
class Done:
    """How a round of sending went."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0


def is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def send_due() -> Done:
    """Send what is due, the oldest first, and say how it went. Without a mail server everything waits."""
    return send(Mail.objects.due()[:MOST_AT_ONCE], BY_TIMER_SECONDS)


def send(mails: Iterable[Mail], timeout: float) -> Done:
    """Send these, and say how it went. A mail server that fails again and again is left alone until the next round."""
    done = Done()
    if is_set_up():
        in_a_row = 0
        for mail in mails:
            went = _send(mail, timeout)
            _count(done, went)
            in_a_row = in_a_row + 1 if went is False else 0
            if in_a_row == FAILURES_IN_A_ROW:
                break
    done.waiting = Mail.objects.waiting().count()
    return done


def send_at_once(mail: Mail) -> bool:
    """Try one mail now, quickly, and say whether it went out. If it did not, it waits in the outbox."""
    return is_set_up() and _send(mail, AT_ONCE_SECONDS) is True


def _count(done: Done, went: bool | None) -> None:
    done.sent += went is True
    done.failed += went is False


def _send(mail: Mail, timeout: float) -> bool | None:
    """Whether it went out. None when there was nothing to do: another process has it, or nothing is left to say."""
    try:
        if not _claim(mail):
            return None
        try:
            _hand_over(COMPOSE[mail.kind](mail), mail, timeout)
        except NothingToSay:
            mail.delete()
            return None
        except (OSError, smtplib.SMTPException, ValueError, CannotCompose) as error:
            # ValueError: a header or an address that cannot be written.
            mail.failed(told(error))
            logger.warning("A mail of kind %s waits: %s", mail.kind, type(error).__name__)
            return False
        mail.went_out()
        return True
    except DatabaseError as error:  # its claim runs out, and then it is tried again; or its record is gone
        logger.error("A mail of kind %s could not be marked: %s", mail.kind, type(error).__name__)
        return False


def _hand_over(message: EmailMessage, mail: Mail, timeout: float) -> None:
    """Give it to the mail server."""
    message.extra_headers.setdefault("Message-ID", _message_id(mail))
    message.extra_headers.setdefault("Auto-Submitted", "auto-generated")
    message.connection = get_connection(timeout=timeout)
    try:
        message.send()
    finally:
        with suppress(OSError):  # Django leaves it open when encryption fails
            message.connection.close()


def _claim(mail: Mail) -> bool:
    """Whether this process has it now, and nobody else for a while."""
    claimed_until = timezone.now() + CLAIM
    free = Mail.objects.waiting().filter(pk=mail.pk, due_at=mail.due_at)
    if not free.update(due_at=claimed_until):
        return False
    mail.due_at = claimed_until
    return True


def told(error: Exception) -> str:
    """What went wrong, as staff may read it: without any mail address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        text = "; ".join(f"The mail server refused the address: {code} {_text(why)}" for code, why in _refused(error))
    elif isinstance(error, smtplib.SMTPResponseException):
        text = f"The mail server answered {error.smtp_code} {_text(error.smtp_error)}"
    elif isinstance(error, CannotCompose):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
    return re.sub(r"\S*@\S*", "(address)", text)


def _refused(error: smtplib.SMTPRecipientsRefused) -> list[Any]:
    return list(error.recipients.values())


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _message_id(mail: Mail) -> str:
    secret = f"advisor.mail {settings.SECRET_KEY}".encode()
    told = f"{mail.pk} {mail.created_at.isoformat()}".encode()
    host = urlsplit(site.this_site().url).hostname
    return f"<{hmac.new(secret, told, hashlib.sha256).hexdigest()[:32]}@{host}>"


def enquiry_mail(mail: Mail) -> EmailMessage:
    """To the owner alone, in plain text. What the visitor wrote stands in the body, never in a header."""
    enquiry, here = mail.enquiry, site.this_site()
    if enquiry is None:
        raise CannotCompose("The enquiry is gone.")
    if not here.enquiry_to:
        raise CannotCompose("No address to mail enquiries to is set.")
    admin = reverse("admin:advisor_enquiry_change", args=[enquiry.pk])
    quoted = "\n".join(f"> {line}".rstrip() for line in enquiry.message.split("\n"))
    delete_on = enquiry.received_at + timedelta(days=here.enquiry_days)
    body = f"""An enquiry came in through {here.name} on {date_format(enquiry.received_at, "j F Y, H:i")} UTC.

{quoted}

How to reach them: {enquiry.contact}
Name: {enquiry.name or "not given"}
Advice: {_advice_line(enquiry)}

Read it, with the advice as they saw it, and note what you did:
{here.url}{admin}

The site deletes it on {date_format(delete_on, "j F Y")}. They were told so. Delete this mail by then as well.
"""
    reply_to = [enquiry.contact] if MAIL_ADDRESS.fullmatch(enquiry.contact) else []
    return EmailMessage(f"Enquiry {enquiry.reference}", body, to=[here.enquiry_to], reply_to=reply_to)


def _advice_line(enquiry: Enquiry) -> str:
    if not enquiry.document:
        return "not sent along"
    try:
        advice = advice_of(enquiry)
    except Damaged:
        return "sent along, but it can't be read any more"
    level = {"ready": "ready", "prepare": "some steps first", "not-yet": "not yet"}[advice.readiness.level]
    return f"{advice.headline.category.plate} ({level}; release {advice.release.number})"


COMPOSE: dict[str, Callable[[Mail], EmailMessage]] = {
    Mail.Kind.ENQUIRY: enquiry_mail,
    Mail.Kind.CONFIRM: confirm_mail,
    Mail.Kind.CHANGED: changed_mail,
    Mail.Kind.SHELF: shelf_mail,
}
"""Who writes a mail of this kind. Raises CannotCompose when it has to wait; what it says is never stored."""
