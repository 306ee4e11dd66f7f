"""The page on which a draft becomes a release: what would change, what stands in the way, and the one button."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from advisor.admin import impact, simulator
from advisor.admin.draft import current_draft
from advisor.decision.catalogue import Catalogue
from advisor.decision.changes import Change, changes
from advisor.decision.checks import ERROR, Finding
from advisor.decision.domain import figures
from advisor.models import DraftRefused, NoteRefused, PublishedMeanwhile, PublishRefused, Release
from advisor.models.document import DRAFT_MODELS
from advisor.models.fields import tidy
from advisor.models.releases import NOTE_LENGTH
from advisor.models.snapshot import SnapshotIsBroken

PERMISSION = "advisor.publish_release"

TOLD = 500
"""So many of the last edits are looked through for who changed what."""


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
    current = Release.objects.order_by("-number").first()
    before = catalogue_of(current)
    state = current_draft()
    draft, findings = state.catalogue, state.findings
    found = changes(before, draft) if before and draft else ()
    urls = record_urls(
        [
            *((finding.section, finding.slug) for finding in findings),
            *((change.section, change.slug) for change in found),
        ]
    )
    errors, warnings = (
        [
            (finding, _title(finding), urls.get((finding.section, finding.slug)), simulator.finding_address(finding))
            for finding in findings
            if is_error(finding)
        ]
        for is_error in (_is_error, lambda finding: not _is_error(finding))
    )
    nothing = before is not None and draft is not None and not found and before == draft
    context = {
        **admin.site.each_context(request),
        "title": f"Publish release {current.number + 1 if current else 1}",
        "current": current,
        "base": current.number if current else 0,
        "next": current.number + 1 if current else 1,
        "errors_found": errors,
        "warnings_found": warnings,
        "nothing": nothing,
        "changes": _with_editors(found, urls, current),
        "shares": shares(before, draft) if draft and not any(map(_is_error, findings)) else [],
        "categories": draft.categories if draft else (),
        **({"impact": None} if nothing else impact.of_draft(state, seconds=impact.SECONDS_BESIDE)),
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


def catalogue_of(release: Release | None) -> Catalogue | None:
    """What a release says. None without one, or when it can't be read."""
    try:
        return release.to_snapshot().compile().catalogue if release else None
    except SnapshotIsBroken:
        return None


def _is_error(finding: Finding) -> bool:
    return finding.severity == ERROR


def _title(finding: Finding) -> str:
    return finding.kind.replace("-", " ").capitalize()


def record_urls(records: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Where each record of the draft is edited, one query a section. A record that is gone has no page."""
    by_section: dict[str, set[str]] = {}
    for section, slug in records:
        if slug and section in DRAFT_MODELS:
            by_section.setdefault(section, set()).add(slug)
    return {
        (section, slug): reverse(f"admin:advisor_{DRAFT_MODELS[section]._meta.model_name}_change", args=[pk])
        for section, slugs in by_section.items()
        for slug, pk in DRAFT_MODELS[section].objects.filter(slug__in=slugs).values_list("slug", "pk")
    }


def _with_editors(
    found: Iterable[Change], urls: Mapping[tuple[str, str], str], current: Release | None
) -> list[dict[str, Any]]:
    """The changes with a link to each record, and who edited it last since the current release."""
    edits = _last_edits(current)
    return [
        {"change": change, "url": url, "edit": edits.get(url)}
        for change in found
        for url in [urls.get((change.section, change.slug), "")]
    ]


def _last_edits(current: Release | None) -> dict[str, LogEntry]:
    """The last edit of each record since that release, by the record's address."""
    models = {ContentType.objects.get_for_model(model).pk: model for model in DRAFT_MODELS.values()}
    entries = LogEntry.objects.filter(content_type__in=models).select_related("user")
    if current:
        entries = entries.filter(action_time__gte=current.published_at)
    newest_last = reversed(list(entries.order_by("-action_time")[:TOLD]))
    return {
        reverse(f"admin:advisor_{models[entry.content_type_id]._meta.model_name}_change", args=[entry.object_id]): entry
        for entry in newest_last
        if entry.content_type_id is not None
    }


def shares(before: Catalogue | None, after: Catalogue) -> list[dict[str, Any]]:
    """Where the cases of the whole domain end, before and after, when no circumstance is ticked."""
    new, old = figures(after), figures(before) if before else None
    was_known = {category.slug: category for category in before.categories} if before else {}
    known = {**was_known, **{category.slug: category for category in after.categories}}
    return [
        {
            "category": category,
            "before": old.shares.get(slug, 0) if old else 0,
            "after": new.shares.get(slug, 0),
            "before_percent": _percent(old.shares.get(slug, 0), old.cells) if old else 0,
            "after_percent": _percent(new.shares.get(slug, 0), new.cells),
        }
        for slug, category in known.items()
    ]


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
