"""The page on which a draft becomes a release: what would change, what stands in the way, and the one button."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from advisor.admin import impact
from advisor.admin.shares import where_cases_end
from advisor.admin.standing import standing
from advisor.models import DraftRefused, NoteRefused, PublishedMeanwhile, PublishRefused, Release
from advisor.models.fields import tidy
from advisor.models.releases import NOTE_LENGTH

PERMISSION = "advisor.publish_release"


def publish(request: HttpRequest) -> HttpResponse:
    """What publishing would do; by POST, do it."""
    if not request.user.has_perm("advisor.view_release"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, base=None, note="")
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    note, base = request.POST.get("note", ""), number_in(request, "base")
    return attempt(
        request,
        lambda user: Release.publish(note=note, by=user, expected=base),
        lambda **trouble: _page(request, base=base, note=note, **trouble),
        base=base,
        note=note,
    )


def attempt(
    request: HttpRequest,
    act: Callable[[User], Release],
    again: Callable[..., HttpResponse],
    *,
    base: int,
    note: str,
) -> HttpResponse:
    """Make a release, and lead to it. Whatever stands in the way is said on the page with everything typed kept."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  admin_view lets nobody else in
    try:
        release = act(user)
    except PublishedMeanwhile:
        latest = Release.objects.defer("document").first()
        if latest and (latest.number, latest.by_id, latest.note) == (base + 1, user.pk, tidy(note)):
            return to_release(latest)  # the second press of a double click: the first one did it
        return again(status=HTTPStatus.CONFLICT, meanwhile=latest)
    except NoteRefused as refusal:
        return again(status=HTTPStatus.UNPROCESSABLE_ENTITY, note_error=str(refusal))
    except DraftRefused:
        return again(status=HTTPStatus.UNPROCESSABLE_ENTITY)  # the page itself says which errors
    except PublishRefused as refusal:
        return again(status=HTTPStatus.UNPROCESSABLE_ENTITY, trouble=str(refusal))
    except DatabaseError:
        trouble = "This could not be stored: the disk may be full. Nothing was published. Try again in a minute."
        response = again(status=HTTPStatus.SERVICE_UNAVAILABLE, trouble=trouble)
        response.headers["Retry-After"] = "60"
        return response
    LogEntry.objects.log_actions(user.pk, [release], ADDITION, change_message=release.note, single_object=True)
    messages.success(
        request, f"{release} is live. Every page speaks from it now; kept results still say what they said."
    )
    return to_release(release)


def to_release(release: Release) -> HttpResponse:
    response = HttpResponseRedirect(reverse("admin:advisor_release_change", args=[release.pk]))
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def number_in(request: HttpRequest, name: str) -> int:
    """The number of a release that a form was made for. One that can't be read is no release's."""
    digits = request.POST.get(name, "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _page(
    request: HttpRequest,
    *,
    base: int | None,
    note: str,
    status: int = 200,
    meanwhile: Release | None = None,
    note_error: str = "",
    trouble: str = "",
) -> HttpResponse:
    stands = standing()
    current, draft, nothing = stands.current, stands.draft.catalogue, stands.says_the_same
    domain = stands.draft.domain
    context = {
        **admin.site.each_context(request),
        "title": f"Publish release {stands.next_number}",
        "current": current,
        "base": current.number if current else 0,
        "next": stands.next_number,
        "errors_found": stands.errors,
        "warnings_found": stands.warnings,
        "nothing": nothing,
        "changes": stands.changes,
        **(where_cases_end(stands.before, domain) if domain and not stands.errors else {}),
        "categories": draft.categories if draft else (),
        **({"impact": None} if nothing else impact.of_draft(stands.draft, seconds=impact.SECONDS_BESIDE)),
        "may_publish": request.user.has_perm(PERMISSION),
        "note": note,
        "note_length": NOTE_LENGTH,
        "note_error": note_error,
        "trouble": trouble,
        "meanwhile": meanwhile,
        "opts": Release._meta,
    }
    response = TemplateResponse(request, "admin/advisor/release/publish.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
