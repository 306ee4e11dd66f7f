"""Signing in takes two steps: a password or a one-time link, then a passkey or a code.

Nobody has a session between the two. What is known of them waits half an hour, so no page of the workplace has to ask
how far somebody got. Whoever needs a second step and has none sets one up there first: see waysin.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME, login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from advisor import lockout, secondstep
from advisor.environment import is_public
from advisor.limits import TooMany
from advisor.sessions import HALF_SIGNED_IN, is_recent

WAITS = timedelta(minutes=30)
WRONG_CODE = (
    "This code does not fit. A code from the app holds for 30 seconds and works once: wait for the next one, then type "
    "that. A recovery code works once, too."
)

View = Callable[..., HttpResponse]


class FirstStep(LoginView):
    authentication_form = AdminAuthenticationForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        return proceed(self.request, form.get_user(), self.get_success_url())


def first_step(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The page for name and password."""
    if request.method == "GET" and admin.site.has_permission(request):
        return redirect("admin:index")
    context = {
        **admin.site.each_context(request),
        "title": "Log in",
        "subtitle": None,
        "app_path": request.get_full_path(),
        "username": request.user.get_username(),
        **(extra_context or {}),
    }
    if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
        context[REDIRECT_FIELD_NAME] = reverse("admin:index")
    response: Any = FirstStep.as_view(extra_context=context)(request)
    return response  # type: ignore[no-any-return]  # its stubs promise less than it gives


def proceed(request: HttpRequest, user: User, after: str) -> HttpResponse:
    """On from the first step: to the second, or to where one is set up, or in."""
    if secondstep.has_one(user):
        step = "second-step"
    elif is_public(settings.SIGNPOST_SITE_URL):
        step = "ways-in"
    else:
        finish(request, user)
        return redirect(after)
    request.session.flush()
    request.session[HALF_SIGNED_IN] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "after": after,
    }
    return redirect(step)


def finish(request: HttpRequest, user: User, device: Any = None, after: str = "") -> str:
    """Let them in, and say where they wanted to go. `device` is what they took the second step with.

    `after` is where they say that they want to go, which may be anywhere.
    """
    if not is_ours(request, after):
        after = reverse("admin:index")
    after = request.session.pop(HALF_SIGNED_IN, {}).get("after", after)
    if device:
        user.otp_device = device  # type: ignore[attr-defined]  # django-otp puts it into the session
    login(request, user, backend=settings.MODEL_BACKEND)
    return str(after)


def half_signed_in(request: HttpRequest) -> User | None:
    """Who has taken the first step and not the second, for as long as that waits and their password is the same."""
    held = request.session.get(HALF_SIGNED_IN)
    if not held or not is_recent(held["at"], WAITS):
        return None
    user = User.objects.filter(pk=held["user"], is_active=True, is_staff=True).first()
    same = user is not None and constant_time_compare(held["password"], user.get_session_auth_hash())
    return user if same else None


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    user = half_signed_in(request)
    if user is None or not secondstep.has_one(user):
        return redirect("admin:login")
    trouble = ""
    if request.method == "POST":
        device, refusal = take_code(request, user)
        if refusal:
            return refusal
        if device:
            return redirect(finish(request, user, device))
        trouble = WRONG_CODE
    context = {
        **admin.site.each_context(request),
        "title": "Second step",
        "trouble": trouble,
        "has_app": secondstep.app_of(user) is not None,
        "has_passkey": secondstep.passkeys_of(user).exists(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK
    return TemplateResponse(request, "admin/advisor/second_step.html", context, status=status)


def take_code(request: HttpRequest, user: User) -> tuple[Any, HttpResponse | None]:
    """What accepted the code that was sent, if it fits; or the page for too many tries."""
    if lockout.is_locked_out(request, user):
        return None, locked_out(request, None, {"username": user.get_username()})
    try:
        device = secondstep.check(user, request.POST.get("code", ""))
    except TooMany as many:
        return None, too_many(request, many.wait)
    if not device:
        lockout.count_wrong_code(request, user)
    return device, None


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether somebody may be led there."""
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Axes asks for it in place of the page that would have said that the password is wrong."""
    return too_many(request, lockout.ends_in(request, credentials))


def too_many(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """A page that says when to try again."""
    minutes = max(1, ceil(wait.total_seconds() / 60))
    context = {
        **admin.site.each_context(request),
        "title": "Too many tries",
        "minutes": minutes,
        "from_where": timezone.localtime(timezone.now() + wait),
        "has_permission": False,
    }
    status = HTTPStatus.TOO_MANY_REQUESTS
    # Rendered at once: axes' middleware, which also asks for this page, comes too late for a lazy one.
    response = render(request, "admin/advisor/too_many_tries.html", context, status=status)
    response.headers["Retry-After"] = str(minutes * 60)
    response.headers["Cache-Control"] = "no-store"
    return response
