"""Keeps a version of whatever a form of the workplace changed, with the sender's name."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from advisor.database import reason
from advisor.models.versions import keep_what_changed

ONLY_SHOW = ("/look/", "/impact/")
"""Ends of addresses that take a form, often, and change nothing."""

logger = logging.getLogger("advisor.history")


class KeepsVersions:
    """Around everything that is sent to the workplace: whatever it changes in the draft is kept with the sender's name.

    What was changed before it, by a command for instance, is kept first and without a name. Pages that save a record
    keep its version in the same transaction as well; this is for all that nobody thought of.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        changes_something = request.method == "POST" and not request.path.endswith(ONLY_SHOW)
        if not changes_something or not request.path.startswith("/admin/") or not request.user.is_staff:
            return self.get_response(request)
        keep_or_log()
        response = self.get_response(request)
        keep_or_log(request.user)
        return response


def keep_or_log(by: User | AnonymousUser | None = None) -> None:
    """What could not be kept now is kept at the next look, without a name."""
    try:
        keep_what_changed(by)
    except DatabaseError as error:
        logger.error("The draft's versions could not be kept: %s", reason(error))
