"""Passkeys: what the browser asks for while one is added, or while somebody logs in with one.

A passkey takes both steps at once, as it is unlocked with a finger, a face or a PIN. So it needs no password, and there
is nothing to guess: it works while a name is locked out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.models import WebAuthnCredential
from webauthn.helpers.exceptions import WebAuthnException

from advisor.admin import signin, waysin
from advisor.models.fields import tidy

REGISTERING, LOGGING_IN = "passkey_registering", "passkey_logging_in"
"""In the session: what the answer has to fit. Each is good for one answer."""
NAME_LENGTH = 64
REFUSED = "This passkey does not fit. Try again, or use another way in."

logger = logging.getLogger("advisor.passkeys")


class Refused(Exception):
    pass


STUMBLES = (
    *(Refused, OTPWebAuthnApiError, WebAuthnException, IntegrityError),
    *(ValueError, KeyError, TypeError, RecursionError),
)


def answers_in_json(view: Callable[..., dict[str, Any]]) -> Callable[..., HttpResponse]:
    @require_POST
    @never_cache
    @wraps(view)
    def respond(request: HttpRequest, *more: Any) -> HttpResponse:
        try:
            return JsonResponse(view(request, *more))
        # What the browser sends is parsed by a library: whatever it stumbles over is no passkey of ours.
        except STUMBLES as error:
            logger.warning("A passkey was refused: %s", type(error).__name__)
            return JsonResponse({"error": REFUSED}, status=422)

    return respond


@answers_in_json
def login_options(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to know to ask for a passkey. Without a first step it may be anybody's."""
    user = _who_is_known(request)
    options, state = _helper(request).authenticate_begin(user=user, require_user_verification=user is None)
    request.session[LOGGING_IN] = {**state, "user": user and user.pk}
    return dict(options)


@answers_in_json
def log_in(request: HttpRequest) -> dict[str, Any]:
    """Let in whose passkey it is."""
    state = request.session.pop(LOGGING_IN, None)
    sent = _sent(request)
    user = _who_is_known(request)
    # Who began with a password may leave out the finger or PIN, so the answer has to come from the same state.
    if state is None or state["user"] != (user and user.pk):
        raise Refused
    device = _helper(request).authenticate_complete(user=user, state=state, data=sent["passkey"])
    if not (device.confirmed and device.user.is_active and device.user.is_staff):
        raise Refused
    return {"next": signin.finish(request, device.user, device, after=str(sent.get("next", "")))}


@waysin.own
@answers_in_json
def add_options(request: HttpRequest, user: User) -> dict[str, Any]:
    options, request.session[REGISTERING] = _helper(request).register_begin(user=user)
    return dict(options)


@waysin.own
@answers_in_json
def add(request: HttpRequest, user: User) -> dict[str, Any]:
    state = request.session.pop(REGISTERING, None)
    sent = _sent(request)
    if state is None:
        raise Refused
    with transaction.atomic():
        device: WebAuthnCredential = _helper(request).register_complete(user=user, state=state, data=sent["passkey"])
        device.name = tidy(str(sent.get("name", "")))[:NAME_LENGTH] or "Passkey"
        device.save(update_fields=["name"])
    return {"next": waysin.added(request, user, device, "Added a passkey").headers["Location"]}


def _who_is_known(request: HttpRequest) -> User | None:
    if admin.site.has_permission(request) and isinstance(request.user, User):
        return request.user
    return signin.half_signed_in(request)


def _helper(request: HttpRequest) -> Any:
    return WebAuthnCredential.get_webauthn_helper(request=request)


def _sent(request: HttpRequest) -> dict[str, Any]:
    sent = json.loads(request.body)
    if not isinstance(sent, dict):
        raise Refused
    return sent
