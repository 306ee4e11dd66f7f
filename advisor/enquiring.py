"""Taking in an enquiry: kept first, together with the mail that tells the owner; sent after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from advisor import outbox, site, spam
from advisor.decision.recommendation import Recommendation
from advisor.models import Enquiry, Mail


@dataclass(frozen=True, slots=True)
class Sent:
    """What a visitor sent, tidied. `secret` is that of the form's key; `advice` goes along if they wanted it to."""

    secret: str
    message: str
    contact: str
    name: str
    consent: str
    advice: Recommendation | None = None
    origin: str = ""
    suspicions: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        advice = (str(self.advice.release.number), str(self.advice.answers.pairs())) if self.advice else ()
        parts = (self.secret, self.message, self.contact, self.name, *advice)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def earlier(sent: Sent) -> Enquiry | None:
    """What the same form with the same words made before."""
    return Enquiry.objects.filter(form_digest=sent.digest).first()


def take_in(sent: Sent) -> Enquiry:
    """Keep it, once: the same form with the same words gives the enquiry that it made before. Raises TooMany."""
    try:
        with transaction.atomic():
            return earlier(sent) or _keep(sent)
    except IntegrityError:  # the same, at the same moment
        found = earlier(sent)
        if found is None:
            raise
        return found


def _keep(sent: Sent) -> Enquiry:
    spam.take_room(spam.QUARANTINE if sent.suspicions else spam.ENQUIRIES, sent.origin)
    now = timezone.now()
    enquiry = Enquiry(
        form_digest=sent.digest,
        received_at=now,
        name=sent.name,
        contact=sent.contact,
        message=sent.message,
        consent=sent.consent,
        quarantined_at=now if sent.suspicions else None,
        suspicions=list(sent.suspicions),
        body_digest=spam.body_digest(sent.message),
    )
    if sent.advice:
        enquiry.take(sent.advice)
    enquiry.save(force_insert=True)
    if not sent.suspicions:
        announce(enquiry)
    return enquiry


def announce(enquiry: Enquiry) -> Mail | None:
    """Queue the mail that tells the owner, once. None when the owner wants no mail."""
    if not site.this_site().enquiry_to:
        return None
    now = timezone.now()
    mail, _made = Mail.objects.get_or_create(
        kind=Mail.Kind.ENQUIRY, enquiry=enquiry, defaults={"created_at": now, "due_at": now}
    )
    return mail


def restore(enquiry: Enquiry) -> None:
    """It was no spam after all."""
    with transaction.atomic():
        enquiry.quarantined_at = None
        enquiry.save(update_fields=["quarantined_at"])
        announce(enquiry)


def send_again(enquiries: Iterable[Enquiry]) -> outbox.Done:
    """Mail them now, whether or not that was done before. What fails is tried again later."""
    mails = [mail for mail in map(announce, enquiries) if mail]
    for mail in mails:
        mail.sent_at, mail.due_at = None, timezone.now()
        mail.save(update_fields=["sent_at", "due_at"])
    return outbox.send(mails, outbox.AT_ONCE_SECONDS)


def deleted_by(enquiry: Enquiry) -> datetime:
    """When it goes, at the latest."""
    return enquiry.received_at + timedelta(days=site.this_site().enquiry_days)
