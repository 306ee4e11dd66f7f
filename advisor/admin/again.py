"""What would do most harm asks again who it is, half an hour after that was last shown: a desk may be left alone.

What was sent waits meanwhile, as it does for somebody whose session is over: see notsent.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from advisor import events, secondstep, sessions
from advisor.admin import notsent, signin

HOLDS = timedelta(minutes=30)
WRONG_PASSWORD = "This is not your password. Type it again."  # noqa: S105  a sentence
OWN_WAYS_IN = frozenset(
    {"ways-in", "ways-in-app", "ways-in-codes", "ways-in-remove", "ways-in-passkey", "ways-in-passkey-options"}
)


def _is_sent(request: HttpRequest) -> bool:
    return request.method == "POST"


def _goes_live(request: HttpRequest) -> bool:
    return request.POST.get("action") in {"approve", "alone", "kept"}


def _takes_along(request: HttpRequest) -> bool:
    return request.POST.get("action", "").startswith("export_")


ASKS: Mapping[str, Callable[[HttpRequest], bool]] = {
    **dict.fromkeys(("auth_user_add", "auth_user_change", "auth_user_password_change", "roll-back"), _is_sent),
    "publish": _goes_live,
    "advisor_enquiry_changelist": _takes_along,
    **dict.fromkeys(OWN_WAYS_IN, lambda request: True),
}
"""Name of an address -> whether a request to it has to come from somebody who showed who they are."""


class AsksAgain:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """After the check of the form's token, so that what is kept came from a form of ours."""
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if name not in ASKS or not ASKS[name](request):
            return None
        if not admin.site.has_permission(request) or sessions.is_proved(request, HOLDS):
            return None
        return _ask(request, name)


def _ask(request: HttpRequest, name: str) -> HttpResponse:
    after = reverse("ways-in") if name in OWN_WAYS_IN else request.get_full_path()
    if request.method == "POST" and name not in OWN_WAYS_IN and (token := notsent.keep(request, request.POST)):
        after = reverse("not-sent", args=[token])
    response = HttpResponseRedirect(f"{reverse('again')}?{urlencode({'next': after})}")
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@never_cache
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Take a code, or the password of who has no second step, and lead to where they wanted to go."""
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    user = request.user
    assert isinstance(user, User)  # noqa: S101  has_permission lets nobody else in
    after = request.GET.get("next", "")
    by_code = secondstep.has_one(user)
    trouble = ""
    if request.method == "POST":
        proof, refusal = signin.take_code(request, user) if by_code else (_has_the_password(request, user), None)
        if refusal:
            return refusal
        if proof:
            sessions.note_proof(request)
            request.session.cycle_key()
            who = user.get_username()
            events.note("proof", "Somebody showed again who they are", request, who=who, level=logging.INFO)
            return redirect(after if signin.is_ours(request, after) else "admin:index")
        trouble = signin.WRONG_CODE if by_code else WRONG_PASSWORD
    context = {
        **admin.site.each_context(request),
        "title": "Show that it is you",
        "trouble": trouble,
        "after": after,
        "kept": "/admin/not-sent/" in after,
        "by_code": by_code,
        "has_app": secondstep.app_of(user) is not None,
        "has_passkey": secondstep.passkeys_of(user).exists(),
        "has_permission": False,  # the frame of the login page
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK
    return TemplateResponse(request, "admin/advisor/again.html", context, status=status)


def _has_the_password(request: HttpRequest, user: User) -> bool:
    """Wrong ones count towards the lock-out."""
    sent = {"username": user.get_username(), "password": request.POST.get("password", "")}
    form = AdminAuthenticationForm(request, sent)
    return form.is_valid() and form.get_user() == user
