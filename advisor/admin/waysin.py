"""How somebody logs in: their second steps, to add and to remove. For themselves alone.

Whoever has none and needs one comes here right after the password, before they have a session.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from advisor import qr, secondstep, sessions
from advisor.admin import signin
from advisor.environment import is_public
from advisor.models import AuditEntry

NEW_KEY = "new_app_key"
"""In the session: what a new app and this site are going to share."""

AFTER = "after_recovery_codes"
"""In the session: where somebody wanted to go before they had to set up a second step."""

OwnView = Callable[[HttpRequest, User], HttpResponse]


def own(view: OwnView) -> Callable[[HttpRequest], HttpResponse]:
    """For who is signed in, or is on the way in and has no second step yet: `view` gets to know who that is."""

    @never_cache
    @wraps(view)
    def respond(request: HttpRequest) -> HttpResponse:
        if admin.site.has_permission(request):
            assert isinstance(request.user, User)  # noqa: S101  has_permission lets nobody else in
            return view(request, request.user)
        user = signin.half_signed_in(request)
        if user is not None and not secondstep.has_one(user):
            return view(request, user)
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    return respond


@own
@require_http_methods(["GET", "HEAD"])
def ways_in(request: HttpRequest, user: User) -> HttpResponse:
    app = secondstep.app_of(user)
    has_one = secondstep.has_one(user)
    context = {
        "title": "How you log in" if has_one else "Set up a second step",
        "on_the_way_in": not request.user.is_authenticated,
        "app": app,
        "passkeys": secondstep.passkeys_of(user),
        "has_one": has_one,
        "is_public": is_public(settings.SIGNPOST_SITE_URL),
        "codes_left": secondstep.recovery_codes_left(user),
        "removable": _may_remove_one(user),
    }
    return _page(request, "admin/advisor/ways_in.html", context)


@own
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest, user: User) -> HttpResponse:
    """Set up an app that shows codes: it is taken once it shows the right one."""
    key = request.session.setdefault(NEW_KEY, secondstep.new_key())
    trouble = ""
    if request.method == "POST":
        device = secondstep.set_up_app(user, key, request.POST.get("code", ""))
        if device:
            del request.session[NEW_KEY]
            return added(request, user, device, "Set up an app for codes")
        trouble = "This code does not fit. Type the one that the app shows now: it changes every 30 seconds."
    context = {
        "title": "Set up an app for codes",
        "trouble": trouble,
        "code": qr.of_link(secondstep.link_for_app(user, key)),
        "key": secondstep.key_to_type(key),
        "replaces": secondstep.app_of(user) is not None,
        "account": user.get_username(),
        "issuer": settings.OTP_TOTP_ISSUER,
    }
    return _page(request, "admin/advisor/ways_in_app.html", context, trouble)


def added(request: HttpRequest, user: User, device: Any, what: str) -> HttpResponse:
    """A second step is there. Whoever was on the way in is in now; other sessions are over."""
    AuditEntry.write(what, by=user, on=user)
    first = not request.user.is_authenticated
    if first:
        request.session[AFTER] = signin.finish(request, user, device)
    sessions.end_all(user, but=request.session.session_key)
    if first or not secondstep.recovery_codes_left(user):
        return redirect("ways-in-codes")
    messages.success(request, "It is set up. You can log in with it from now on.")
    return redirect("ways-in")


@own
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest, user: User) -> HttpResponse:
    """By POST: makes new recovery codes and shows them, once."""
    if not secondstep.has_one(user):
        return redirect("ways-in")
    made: list[str] = []
    if request.method == "POST":
        made = secondstep.make_recovery_codes(user)
        AuditEntry.write("Made new recovery codes", by=user, on=user)
    context = {
        "title": "Recovery codes",
        "codes": made,
        "left": secondstep.recovery_codes_left(user),
        "onward": request.session.get(AFTER) or reverse("ways-in"),
        "site_name": settings.OTP_TOTP_ISSUER,
    }
    return _page(request, "admin/advisor/ways_in_codes.html", context)


@own
@require_POST
def remove(request: HttpRequest, user: User) -> HttpResponse:
    device = secondstep.device_of(user, request.POST.get("device", ""))
    if device is None:
        messages.warning(request, "It was removed already.")
    elif not _may_remove_one(user):
        messages.error(request, "This is your only second step. Add another one first, then remove this one.")
    else:
        device.delete()
        if not secondstep.has_one(user):
            secondstep.forget(user)
        AuditEntry.write("Removed a second step", by=user, on=user)
        sessions.end_all(user, but=request.session.session_key)
        messages.success(request, "It is removed. Nobody can log in with it any more.")
    return redirect("ways-in")


def _may_remove_one(user: User) -> bool:
    return secondstep.count(user) > 1 or not is_public(settings.SIGNPOST_SITE_URL)


def _page(request: HttpRequest, template: str, context: dict[str, Any], trouble: str = "") -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK
    response = TemplateResponse(request, template, {**admin.site.each_context(request), **context}, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
