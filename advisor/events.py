"""What somebody who looks after security wants to read of: who came in, who did not, and what was refused.

Who it was, and from where, are codes made with a key and the day: they tell two apart, and lead back to neither.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from advisor import spam
from advisor.logs import event
from advisor.middleware import GetResponse

logger = logging.getLogger("advisor.security")

CODE_LENGTH = 12
OF_STATUS = {
    HTTPStatus.FORBIDDEN: ("refused", "Refused"),
    HTTPStatus.TOO_MANY_REQUESTS: ("rate limited", "More than a limit allows"),
}


def code_of(name: str) -> str:
    told = f"{timezone.now().date()} {name}"
    key = f"advisor.events {settings.SECRET_KEY}".encode()
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()[:CODE_LENGTH]


def note(kind: str, says: str, request: HttpRequest | None, *, who: str = "", level: int = logging.WARNING) -> None:
    """`who` is written as a code."""
    fields = {"event": kind}
    if who:
        fields["who"] = code_of(who)
    if request is not None and (origin := spam.origin_of(request)):
        fields["from"] = origin[:CODE_LENGTH]
    logger.log(level, says, extra=event(**fields))


def listen() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="advisor.events")
    user_logged_out.connect(_signed_out, dispatch_uid="advisor.events")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="advisor.events")
    if apps.is_installed("axes"):
        from axes.signals import user_locked_out

        user_locked_out.connect(locked_out, dispatch_uid="advisor.events")


def _signed_in(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    note("sign-in", "Somebody signed in", request, who=user.get_username(), level=logging.INFO)


def _signed_out(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    name = user.get_username() if user else ""
    note("sign-out", "Somebody signed out", request, who=name, level=logging.INFO)


def _sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    note("sign-in failed", "A sign-in failed", request, who=str(credentials.get("username") or ""))


def locked_out(sender: Any, request: HttpRequest, username: str = "", **more: Any) -> None:
    note("locked out", "Too many sign-ins failed", request, who=username or "")


class Noticed:
    """Notes what was refused, whichever part of the site refused it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code in OF_STATUS:
            kind, says = OF_STATUS[HTTPStatus(response.status_code)]
            match = getattr(request, "resolver_match", None)
            note(kind, f"{says}: {match.view_name if match else 'no page'}", request)
        return response
