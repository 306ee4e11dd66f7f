"""The way back in for who lost their password or second step: a link that works once, made on the machine itself.

Nothing is stored for it. The link holds a code of the account's password and last sign-in, so either makes it useless.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from advisor import events, lockout, secondstep, sessions
from advisor.admin import signin
from advisor.models import AuditEntry


class Tokens(PasswordResetTokenGenerator):
    key_salt = "advisor.admin.rescue"


def link_for(user: User) -> str:
    """The address, and an end to the lock-out and to every session: somebody else may have one."""
    with transaction.atomic():
        lockout.end(user)
        sessions.end_all(user)
        AuditEntry.write("Made a rescue link for", on=user)
    address = reverse("rescue", args=[f"{user.pk}-{Tokens().make_token(user)}"])
    return f"{settings.SIGNPOST_SITE_URL.rstrip('/')}{address}"


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def rescue(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever holds the link choose a new password. Their second steps are gone then, to be set up anew."""
    user = _behind(token)
    if user is None:
        return _page(request, None, status=404)
    form: SetPasswordForm[User] = SetPasswordForm(user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, user)
    with transaction.atomic():
        form.save()
        secondstep.forget(user)
        sessions.end_all(user)
        AuditEntry.write("Used a rescue link: new password, no second step any more", by=user, on=user)
    events.note("rescue", "A rescue link was used", request, who=user.get_username())
    return signin.proceed(request, user, reverse("admin:index"))


def _behind(token: str) -> User | None:
    pk, _, code = token.partition("-")
    if not (pk.isdecimal() and pk.isascii() and len(pk) < 10):
        return None
    user = User.objects.filter(pk=int(pk), is_active=True, is_staff=True).first()
    return user if user and Tokens().check_token(user, code) else None


def _page(request: HttpRequest, form: Any, user: User | None = None, status: int = 200) -> HttpResponse:
    title = f"Choose a new password, {user.get_username()}" if user else "This link does not work"
    context = {**admin.site.each_context(request), "title": title, "form": form, "has_permission": False}
    return TemplateResponse(request, "admin/advisor/rescue.html", context, status=status)
