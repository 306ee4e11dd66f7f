"""What is kept about one person, by their mail address or telephone number: to hand it out, or to erase it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from advisor.environment import MAIL_ADDRESS
from advisor.models import AuditEntry, Enquiry, Signal, Watch
from advisor.models.fields import tidy_line

FEWEST_DIGITS = 7
NUMBER = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")
"""As people write one, from its first digit to its last."""


class NoAddress(ValueError):
    """Neither a whole mail address nor a whole telephone number: looking for it would find other people."""


@dataclass(frozen=True, slots=True)
class Records:
    """Of one person. `enquiries` name the address as their contact, or in their name, text or notes.

    `signals` asked for no address, and hold it in the words that somebody typed.
    """

    enquiries: list[Enquiry]
    watches: list[Watch]
    signals: list[Signal]


def records_of(address: str) -> Records:
    """Raises NoAddress."""
    address = tidy_line(address)
    if MAIL_ADDRESS.fullmatch(address):
        # A whole address: that of ann@example.com does not stand in joann@example.com.
        whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)
        enquiries = [enquiry for enquiry in Enquiry.objects.of_person(address) if whole.search(_texts(enquiry))]
        signals = [signal for signal in Signal.objects.filter(words__icontains=address) if whole.search(signal.words)]
        return Records(enquiries, list(Watch.objects.filter(address__iexact=address)), signals)
    digits = _digits(address)
    if "@" in address or len(digits) < FEWEST_DIGITS:
        raise NoAddress("Give a whole mail address or telephone number: part of one would find other people too.")
    named = {enquiry.pk for enquiry in Enquiry.objects.of_person(address)}
    enquiries = [found for found in Enquiry.objects.all() if found.pk in named or _same_number(found.contact, digits)]
    signals = [signal for signal in Signal.objects.exclude(words="") if _names_number(signal.words, digits)]
    return Records(enquiries, [], signals)


def exported(records: Records) -> dict[str, Any]:
    """As JSON has it: all that was stored, except the hashes that tell forms and networks apart."""
    return {
        "enquiries": [
            {
                "reference": enquiry.reference,
                "received_at": enquiry.received_at.isoformat(),
                "state": enquiry.state,
                "name": enquiry.name,
                "contact": enquiry.contact,
                "message": enquiry.message,
                "agreed_to": enquiry.consent,
                "answers": enquiry.answers,
                "release": enquiry.release_id,
                "notes": enquiry.notes,
                "in_quarantine_since": enquiry.quarantined_at.isoformat() if enquiry.quarantined_at else None,
                "suspicions": enquiry.suspicions,
                "mails": [
                    {"created_at": mail.created_at.isoformat(), "sent_at": mail.sent_at and mail.sent_at.isoformat()}
                    for mail in enquiry.mails.all()
                ],
            }
            for enquiry in records.enquiries
        ],
        "results_watched": [
            {
                "address": watch.address,
                "asked_at": watch.asked_at.isoformat(),
                "confirmed_at": watch.confirmed_at.isoformat() if watch.confirmed_at else None,
                "told_release": watch.told_release,
                "answers": watch.saved.answers,
                "release": watch.saved.release_id,
            }
            for watch in records.watches
        ],
        "signals": [
            {"received_at": signal.received_at.isoformat(), "words": signal.words, "answers": signal.answers}
            for signal in records.signals
        ],
    }


def erase(records: Records) -> None:
    """All of it or nothing. Their mails go with them. Of a signal the words go: the rest is about nobody."""
    with transaction.atomic():
        AuditEntry.write(f"Erased a person: {counted(records)}")
        Enquiry.objects.filter(pk__in=[enquiry.pk for enquiry in records.enquiries]).delete()
        Watch.objects.filter(pk__in=[watch.pk for watch in records.watches]).delete()
        Signal.objects.filter(pk__in=[signal.pk for signal in records.signals]).update(words="")


def counted(records: Records) -> str:
    """How much it is, for the audit trail, which must not hold whose it was."""
    return (
        f"enquiries {len(records.enquiries)}, addresses at results {len(records.watches)}, "
        f"words in signals {len(records.signals)}"
    )


def _texts(enquiry: Enquiry) -> str:
    return "\n".join((enquiry.name, enquiry.contact, enquiry.message, enquiry.notes))


def _digits(text: str) -> str:
    """Without the zeros in front, as with a country's code or without it they stand there or not."""
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")


def _names_number(words: str, digits: str) -> bool:
    """Whether one of the numbers in a text is this one."""
    return any(_same_number(found, digits) for found in NUMBER.findall(words))


def _same_number(contact: str, digits: str) -> bool:
    """With the country's code in front of one of them, or not."""
    other = _digits(contact) if "@" not in contact else ""
    return len(other) >= FEWEST_DIGITS and (other.endswith(digits) or digits.endswith(other))
