"""Spam, told from enquiries without asking visitors to prove anything.

What looks like spam is stored apart, in quarantine, and answered like any other, so that its sender learns nothing and
a mistake of ours can be put right. How much of either kind is taken in is limited, each kind by itself: a flood of spam
never stands in the way of an enquiry.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from advisor import proxies
from advisor.limits import Limit, TooMany
from advisor.models import Enquiry

TRAP = "second_subject"
"""A field that people neither see nor reach, and that asks to be left empty. No browser fills in one of this name."""

YOUNGEST = timedelta(seconds=3)
"""Nobody reads the form and writes an answer in less."""

MOST_LINKS = 2
FEWEST_WORDS_A_LINK = 6
SAME_TEXT_WITHIN = timedelta(days=30)
MOST_OF_A_TEXT = 2
"""In the inbox. Whoever mistyped their telephone number turns back and sends the same words once more."""

SHORTEST_TO_COMPARE = 40
"""Letters. Below that, two people may well write the same: "Please call me"."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Limits(NamedTuple):
    """How many are taken in: from one origin, and from all together."""

    from_one: Limit
    from_all: Limit


ENQUIRIES = Limits(Limit("enquiries", 5, HOUR), Limit("all enquiries", 200, DAY))
QUARANTINE = Limits(Limit("quarantine", 50, HOUR), Limit("all quarantine", 1000, DAY))
SIGNALS = Limits(Limit("signals", 20, HOUR), Limit("all signals", 300, DAY))
JUNK_SIGNALS = Limits(Limit("junk signals", 20, HOUR), Limit("all junk signals", 100, DAY))
KEPT = Limits(Limit("kept", 60, HOUR), Limit("all kept", 5000, DAY))
VOTES = Limits(Limit("votes", 60, HOUR), Limit("all votes", 2000, DAY))

_ENDINGS = "com|net|org|info|biz|top|xyz|shop|online|site|click|ru|cn"
_LINK = re.compile(rf"https?:\S*|www\.\S+|\b[\w.-]+\.(?:{_ENDINGS})\b\S*", re.IGNORECASE)
_MAIL_ADDRESS = re.compile(r"\S+@\S+")
_MARKUP = re.compile(r"<a\s|\[url|\[link|<script|</\w+>", re.IGNORECASE)


def suspicions(posted: Mapping[str, str], message: str, age: timedelta) -> list[str]:
    """What looks like spam about an enquiry: `posted` as it came, its tidied message, the time that it was open."""
    return [*signs(posted, message, age), *(["The same text came before."] if _sent_before(message) else [])]


def signs(posted: Mapping[str, str], message: str, age: timedelta) -> list[str]:
    """The same for any form, from what it holds alone."""
    found = []
    if posted.get(TRAP):
        found.append("It filled in the field that people do not see.")
    if TRAP not in posted:
        found.append("It was not sent with our form: a field is missing.")
    if age < YOUNGEST:
        found.append("It was sent within three seconds.")
    if any(re.search(r"[\r\n]", posted.get(field, "")) for field in ("name", "contact")):
        found.append("It has line breaks where a form cannot make any.")
    if _LINK.search(_MAIL_ADDRESS.sub("", posted.get("name", ""))):
        found.append("The name is a link.")
    if _MARKUP.search(message):
        found.append("It holds markup.")
    links = len(_LINK.findall(_MAIL_ADDRESS.sub("", message)))
    if links > MOST_LINKS:
        found.append(f"It holds {links} links.")
    elif links and len(message.split()) < FEWEST_WORDS_A_LINK * links:
        found.append("It is little more than links.")
    return found


def body_digest(message: str) -> str:
    """Of the letters alone: another number, or another line break, makes no other text."""
    return hashlib.sha256(_letters(message).encode()).hexdigest()


def _letters(message: str) -> str:
    return "".join(filter(str.isalpha, message.casefold()))


def _sent_before(message: str) -> bool:
    if len(_letters(message)) < SHORTEST_TO_COMPARE:
        return False
    since = timezone.now() - SAME_TEXT_WITHIN
    same = Enquiry.objects.filter(body_digest=body_digest(message), received_at__gte=since)
    return same.in_quarantine().exists() or same.in_inbox().count() >= MOST_OF_A_TEXT


def take_room(limits: Limits, origin: str) -> None:
    """Count one more of this kind. Raises TooMany when there is no room for it."""
    waits = [limits.from_all.wait()]
    if origin:
        waits.append(limits.from_one.wait(origin))
    longest = max(filter(None, waits), default=None)
    if longest is not None:
        raise TooMany(longest)
    limits.from_all.use()
    if origin:
        limits.from_one.use(origin)


def origin_of(request: HttpRequest) -> str:
    """Where a request came from, good for telling apart and for nothing else: a keyed hash, another one each day.

    It is that of the network: a /24, or for IPv6 a /64. Empty when it is not known.
    """
    address = proxies.client_address(request)
    if address is None:
        return ""
    network = ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)
    told = f"{timezone.now().date()} {network}"
    return hmac.new(f"advisor.origin {settings.SECRET_KEY}".encode(), told.encode(), hashlib.sha256).hexdigest()
