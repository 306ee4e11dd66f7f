"""The draft to a file and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from advisor import draftsheets, importing, unfolding
from advisor.admin.enquiries import XLSX
from advisor.decision.catalogue import Catalogue, DocumentError, canonical, checksum
from advisor.models import DraftImport
from advisor.models.document import DRAFT_MODELS, draft_document

MOST_PROBLEMS = 50
MOST_SHOWN = 200
"""Records of one kind and table on the page that shows what would change."""


@require_safe
def spreadsheet(request: HttpRequest) -> HttpResponse:
    _refuse_unless(may_export(request))
    try:
        content = draftsheets.write(draft_document())
    except draftsheets.Unwritable as error:
        return _page(request, problems=[str(error)], status=409)
    return _download(content, XLSX, "draft.xlsx")


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    _refuse_unless(may_export(request))
    try:
        found = Catalogue.from_document(draft_document()).to_document()
    except DocumentError as error:
        told = [f"{section}, {record}: {text}." for section, record, text in error.problems]
        why = "The draft is incomplete, so there is no release document of it yet. The spreadsheet can be exported."
        return _page(request, problems=[why, *told], status=409)
    return _download(canonical(found), "application/json", "draft.json")


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Export, or send a file to see what it would change."""
    _refuse_unless(may_export(request))
    if request.method != "POST":
        return _page(request)
    _refuse_unless(may_import(request))
    file = request.FILES.get("file")
    if file is None:
        return _page(request, problems=["Choose a file first."], status=422)
    name = file.name or "file"
    try:
        if (file.size or 0) > unfolding.MAX_BYTES:
            raise importing.BadFile([unfolding.TOO_LARGE])
        catalogue, exported_from = importing.read_file(file.read(), name)
    except importing.BadFile as error:
        return _page(request, problems=error.problems, file_name=name, status=422)
    waiting = importing.keep(_user(request), name, catalogue, exported_from)
    return redirect("import", pk=waiting.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a file that waits would change, and doing it."""
    _refuse_unless(may_import(request))
    waiting = DraftImport.objects.waiting().filter(pk=pk, by=_user(request)).first()
    if waiting is None:
        told = "That file is no longer waiting. It was imported or dropped, or a day has passed. Choose it again."
        messages.warning(request, told)
        return redirect("import-export")
    if request.method != "POST":
        return _preview(request, waiting)
    if request.POST.get("action") == "forget":
        waiting.delete()
        messages.success(request, "Nothing was imported. The draft is as it was.")
        return redirect("import-export")
    try:
        done = importing.apply(waiting, _user(request), request.POST.get("compared_with", ""))
    except importing.Stale:
        return _preview(request, waiting, is_stale=True)
    messages.success(request, f"Imported: {importing.summary(done)} Visitors see none of it before you publish.")
    return redirect("import-export")


def may_export(request: HttpRequest) -> bool:
    """Whoever may read every table of the draft may take it along."""
    return _may(request, "view")


def may_import(request: HttpRequest) -> bool:
    """A file can add, change and delete, so whoever brings one must be allowed all three."""
    return all(_may(request, action) for action in ("view", "add", "change", "delete"))


def _preview(request: HttpRequest, waiting: DraftImport, *, is_stale: bool = False) -> HttpResponse:
    draft = draft_document()
    compared_with = checksum(draft)
    found = importing.changes(draft, importing.catalogue_of(waiting))
    context = {
        "title": "What this file would change",
        "waiting": waiting,
        "sheets": found,
        "summary": importing.summary(found),
        "most": MOST_SHOWN,
        "compared_with": compared_with,
        "is_stale": is_stale,
        "is_of_older_draft": waiting.exported_from not in ("", compared_with),
    }
    return _render(request, "confirm", context, status=409 if is_stale else 200)


def _page(
    request: HttpRequest, *, problems: Sequence[str] = (), file_name: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "title": "Import and export",
        "may_import": may_import(request),
        "problems": problems[:MOST_PROBLEMS],
        "more_problems": max(0, len(problems) - MOST_PROBLEMS),
        "file_name": file_name,
        "most_megabytes": unfolding.MAX_BYTES // 1_000_000,
    }
    return _render(request, "choose", context, status=status)


def _render(request: HttpRequest, name: str, context: dict[str, Any], status: int) -> HttpResponse:
    every = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, f"admin/advisor/draftimport/{name}.html", every, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _refuse_unless(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def _may(request: HttpRequest, action: str) -> bool:
    return all(request.user.has_perm(f"advisor.{action}_{model._meta.model_name}") for model in DRAFT_MODELS.values())


def _user(request: HttpRequest) -> Any:
    return request.user


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
