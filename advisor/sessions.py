"""Sessions of people who work here: they end after half an hour without a request, and after twelve hours in any case.

Visitors have none. A session's row says when it ends, and each request moves that on, at most once a minute; what the
session holds is not written for it, so two requests at once lose nothing of each other, and no cookie is set anew.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from advisor.environment import is_public

LONGEST = timedelta(hours=12)
SIGNED_IN_AT = "signed_in_at"
PROVED_AT = "proved_at"
"""When somebody last showed who they are: at signing in, or since."""
HALF_SIGNED_IN = "half_signed_in"
"""Who has taken the first step and not the second: see admin/signin.py."""
SHORTEST = timedelta(minutes=1)
"""Between two renewals. A clock may be wrong by as much, too."""

logger = logging.getLogger("advisor.sessions")


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """What the session holds: nothing when it is over, or lacks the second step that a public site asks for."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # left out of its stubs
        if row is None:
            return {}
        held: dict[str, Any] = self.decode(row.session_data)
        if SESSION_KEY in held and not _holds(held):
            self._session_key = None
            return {}
        if SIGNED_IN_AT in held:
            _renew(row)
        return held


def _holds(held: dict[str, Any]) -> bool:
    if is_public(settings.SIGNPOST_SITE_URL) and DEVICE_ID_SESSION_KEY not in held:
        return False
    # A session from before there were these limits ends when its row says.
    return SIGNED_IN_AT not in held or is_recent(held[SIGNED_IN_AT], LONGEST)


def is_recent(moment: float, span: timedelta) -> bool:
    """Not when it lies in the future: then the clock was wrong, and nobody knows how long ago it is."""
    return -SHORTEST.total_seconds() <= timezone.now().timestamp() - moment <= span.total_seconds()


def _renew(row: Session) -> None:
    ends = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if abs(ends - row.expire_date) < SHORTEST:
        return
    try:
        with transaction.atomic():
            Session.objects.filter(pk=row.pk).update(expire_date=ends)
    except DatabaseError as error:  # reading goes on, and the session ends a little early
        logger.warning("A session could not be renewed: %s", type(error).__name__)


@receiver(user_logged_in)
def _note_the_time(request: HttpRequest, **kwargs: Any) -> None:
    request.session[SIGNED_IN_AT] = timezone.now().timestamp()
    note_proof(request)


def note_proof(request: HttpRequest) -> None:
    request.session[PROVED_AT] = timezone.now().timestamp()


def is_proved(request: HttpRequest, within: timedelta) -> bool:
    return is_recent(request.session.get(PROVED_AT, 0), within)


def end_all(user: User, but: str | None = None) -> int:
    """End every session of this person, also half signed in, except the one with this key. Says how many that were.

    Only people who work here have sessions, so there are few to look through.
    """
    ended = 0
    for row in Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=but):
        held = row.get_decoded()
        whose = held.get(SESSION_KEY) or held.get(HALF_SIGNED_IN, {}).get("user")
        if str(whose) == str(user.pk):
            ended += Session.objects.filter(pk=row.pk).delete()[0]
    return ended
