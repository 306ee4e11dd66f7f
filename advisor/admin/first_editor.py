"""The first editor's way in: a link that works once, instead of a default password."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from advisor.admin import signin
from advisor.models import AuditEntry, locks

VALID_FOR = timedelta(days=7)


def there_is_an_editor() -> bool:
    return get_user_model().objects.filter(is_staff=True, is_active=True).exists()


def invite() -> str:
    """A new token. It replaces the one before; only its hash is kept, so that reading the file opens nothing."""
    token = secrets.token_urlsafe(24)
    invitation = {"sha256": _hash(token), "expires_at": (timezone.now() + VALID_FOR).isoformat()}
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(json.dumps(invitation), encoding="utf-8")
    _file().chmod(0o600)
    return token


def is_invited(token: str) -> bool:
    try:
        invitation = json.loads(_file().read_text(encoding="utf-8"))
        matches = secrets.compare_digest(invitation["sha256"], _hash(token))
        in_time = timezone.now() < datetime.fromisoformat(invitation["expires_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return matches and in_time and not there_is_an_editor()


@never_cache
@sensitive_post_parameters("password1", "password2")
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def first_editor(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever holds the link choose a name and a password."""
    if not is_invited(token):
        return _page(request, None, status=404)
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _create(form)
        except (FileNotFoundError, IntegrityError):  # used at the same moment, by a double click perhaps
            return _page(request, None, status=404)
        return signin.proceed(request, user, reverse("admin:index"))
    return _page(request, form)


def _create(form: Any) -> Any:
    """Raises FileNotFoundError, and creates nobody, when the same link was used at the same moment."""
    with transaction.atomic():
        locks.stand_still([User])
        if there_is_an_editor():
            raise FileNotFoundError
        user = form.save(commit=False)
        # Everything: somebody has to give the others their roles.
        user.is_staff = user.is_superuser = True
        user.save()
        AuditEntry.write("Became the first editor", by=user, on=user)
    _file().unlink(missing_ok=True)
    return user


def _page(request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
    title = "Become the first editor" if form else "This link does not work"
    context = {**admin.site.each_context(request), "title": title, "form": form, "has_permission": False}
    return TemplateResponse(request, "admin/advisor/first_editor.html", context, status=status)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _file() -> Path:
    return Path(settings.SIGNPOST_DATA) / "first-editor.json"
