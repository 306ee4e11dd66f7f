"""Undoing a release: going back to what an older one said, and recalling one that is unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from advisor.admin.notsent import typed_in
from advisor.admin.proposing import number
from advisor.admin.publishing import PERMISSION, attempt, live, to_release
from advisor.admin.shares import where_cases_end
from advisor.admin.standing import catalogue_of
from advisor.decision.changes import changes
from advisor.decision.domain import Domain
from advisor.models import AuditEntry, Recall, Release
from advisor.models.fields import tidy
from advisor.models.recalls import TEXT_LENGTH
from advisor.models.releases import NOTE_LENGTH, name_of


def roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What going back to this release would change for visitors; by POST, do it."""
    _allowed(request)
    target = get_object_or_404(Release, pk=pk)
    if request.method != "POST":
        return _roll_back_page(request, target, note=typed_in(request, "note"))
    note, base = request.POST.get("note", ""), number(request.POST.get("base", ""))
    return attempt(
        request,
        lambda user: Release.roll_back(target, note=note, by=user, expected=base),
        lambda **trouble: _roll_back_page(request, target, note=note, **trouble),
        lambda release: live(request, release),
        base=base,
        note=note,
    )


def _roll_back_page(
    request: HttpRequest,
    target: Release,
    *,
    note: str | None = None,
    status: int = 200,
    meanwhile: Release | None = None,
    errors: Mapping[str, str] | None = None,
    trouble: str = "",
) -> HttpResponse:
    current = Release.objects.current()
    before, after = catalogue_of(current), catalogue_of(target)
    context = {
        "title": f"Go back to release {target.number}",
        "current": current,
        "base": current.number,
        "next": current.number + 1,
        "same": current.sha256 == target.sha256,
        "recall": Recall.objects.filter(release__sha256=target.sha256).first(),
        "unreadable": after is None,
        "changes": [{"change": change} for change in changes(before, after)] if before and after else [],
        **(where_cases_end(before, Domain(after)) if after else {}),
        "categories": after.categories if after else (),
        "note": f"Back to what release {target.number} said." if note is None else note,
        "note_length": NOTE_LENGTH,
        "note_error": (errors or {}).get("note", ""),
        "trouble": trouble,
        "meanwhile": meanwhile,
    }
    return _page(request, target, "roll_back", context, status)


def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a release is unsafe, and what its readers must know; or take that back."""
    _allowed(request)
    target = get_object_or_404(Release, pk=pk)
    stored = Recall.objects.filter(release=target).first()
    if request.method != "POST":
        return _recall_page(request, target, stored, text=typed_in(request, "text"))
    if request.POST.get("action") == "lift":
        return _lift(request, target, stored)
    typed = request.POST.get("text", "")
    text = tidy(typed)
    if not 0 < len(text) <= TEXT_LENGTH:
        wrong = f"Say what is wrong and what to do now, in {TEXT_LENGTH} characters at most."
        return _recall_page(request, target, stored, text=typed, text_error=wrong, status=422)
    user = request.user
    assert isinstance(user, User)  # noqa: S101  admin_view lets nobody else in
    try:
        row = stored or Recall(release=target)
        before = row.text
        row.text, row.by, row.by_name = text, user, name_of(user)
        with transaction.atomic():
            row.save()
            AuditEntry.write("Recalled", by=user, on=target, changes={"text": (before, text)})
    except DatabaseError:
        return _not_stored(request, target, stored, typed)
    _log(user, target, f"Recalled: {text}")
    messages.success(request, f"{target} is recalled. Its pages and links show your text in place of the advice.")
    return to_release(target)


def _lift(request: HttpRequest, target: Release, stored: Recall | None) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  admin_view lets nobody else in
    if stored:
        try:
            with transaction.atomic():
                AuditEntry.write("Recall taken back", by=user, on=target, changes={"text": (stored.text, "")})
                stored.delete()
        except DatabaseError:
            return _not_stored(request, target, stored, stored.text)
        _log(user, target, f"Recall taken back. It said: {stored.text}")
        messages.success(request, f"The recall of release {target.number} is taken back. Its advice shows again.")
    return to_release(target)


def _log(user: User, target: Release, message: str) -> None:
    LogEntry.objects.log_actions(user.pk, [target], CHANGE, change_message=message, single_object=True)


def _not_stored(request: HttpRequest, target: Release, stored: Recall | None, text: str) -> HttpResponse:
    trouble = "This could not be stored: the disk may be full. Nothing has changed. Try again in a minute."
    response = _recall_page(request, target, stored, text=text, trouble=trouble, status=503)
    response.headers["Retry-After"] = "60"
    return response


def _recall_page(
    request: HttpRequest,
    target: Release,
    stored: Recall | None,
    *,
    text: str | None = None,
    text_error: str = "",
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    same = Release.objects.filter(sha256=target.sha256).exclude(pk=target.pk)
    context = {
        "title": f"Recall release {target.number}",
        "current": Release.objects.defer("document").current(),
        "stored": stored,
        "others": list(same.order_by("number").values_list("number", flat=True)),
        "text": (stored.text if stored else "") if text is None else text,
        "text_length": TEXT_LENGTH,
        "text_error": text_error,
        "trouble": trouble,
    }
    return _page(request, target, "recall", context, status)


def _allowed(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _page(request: HttpRequest, target: Release, name: str, context: dict[str, Any], status: int) -> HttpResponse:
    common = {
        **admin.site.each_context(request),
        "original": target,
        "release_url": reverse("admin:advisor_release_change", args=[target.pk]),
        "opts": Release._meta,
    }
    template = f"admin/advisor/release/{name}.html"
    response = TemplateResponse(request, template, {**common, **context}, status=HTTPStatus(status))
    response.headers["Cache-Control"] = "no-store"
    return response
