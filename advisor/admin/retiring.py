"""Retire in place of delete: what would go along, what stands in the way, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from advisor.admin import uses
from advisor.admin.draft import current_draft
from advisor.admin.trail import Trailed
from advisor.decision.catalogue import Catalogue, DocumentError
from advisor.decision.checks import ERROR, Finding, check
from advisor.models import versions
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS, SECTION_OF, retired, whole_draft
from advisor.models.retiring import Key, holes, left_out, records, without

E = TypeVar("E", bound=Entry)

MOST_FINDINGS = 10


class RetiredFilter(admin.SimpleListFilter):
    """Lists leave out what is retired, until somebody asks for it."""

    title = "retired"
    parameter_name = "retired"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Retired"), ("all", "Both")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "In use"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.exclude(retired_at=None) if self.value() == "yes" else queryset.filter(retired_at=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What retiring a record, or bringing it back, would do to the draft.

    `along` are rows that go or come with it, each with its reason; `shorter` name other records too, and stay;
    `failing` are examples whose answers name it; `stops` says what stands in the way, if anything.
    """

    along: list[tuple[Entry, str]]
    shorter: list[Entry]
    failing: list[Entry]
    stops: list[tuple[Entry, str]]
    findings: list[Finding]


def plan(entry: Entry, *, back: bool = False) -> Plan:
    own, whole, now = _key(entry), whole_draft(), retired()
    then = now - {own} if back else now | {own}
    before, after = left_out(whole, now), left_out(whole, then)
    moved = [key for key, _ in records(whole) if (key in before) != (key in after) and key != own]
    old_holes = holes(whole, before)
    new_holes = {place: text for place, text in holes(whole, after).items() if place not in old_holes}
    entries = _entries([*moved, *(key for key, _ in new_holes)])
    stay = [user for user in entry.used_by() if _key(user) not in after and _key(user) not in moved]
    in_answers = set(entry.named_in_answers())
    failing = [user for user in stay if user in in_answers]
    return Plan(
        along=[(entries[key], (before if back else after)[key]) for key in moved],
        shorter=[user for user in stay if user not in failing],
        failing=failing,
        stops=[(entries[key], text) for (key, _), text in new_holes.items()],
        findings=[] if new_holes else _new_findings(without(whole, after)),
    )


def _key(entry: Entry) -> Key:
    return SECTION_OF[type(entry)], entry.slug


def _entries(keys: Iterable[Key]) -> dict[Key, Entry]:
    """The rows of these records, one query a section."""
    wanted: dict[str, list[str]] = {}
    for section, slug in keys:
        wanted.setdefault(section, []).append(slug)
    return {
        (section, row.slug): row
        for section, slugs in wanted.items()
        for row in DRAFT_MODELS[section].objects.filter(slug__in=slugs)
    }


def _new_findings(document: Mapping[str, Any]) -> list[Finding]:
    """The errors that the check would find then, and does not find now."""
    known = {(found.kind, found.section, found.slug, found.text) for found in current_draft().findings}
    try:
        catalogue = Catalogue.from_document(document)
    except DocumentError:
        return []
    found = check(catalogue, timezone.localdate()) if catalogue.needs and catalogue.rules else ()
    errors = [one for one in found if one.severity == ERROR]
    return [one for one in errors if (one.kind, one.section, one.slug, one.text) not in known]


class Retires(Trailed[E]):
    """A record that is in use can be retired, and brought back."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (*super().get_list_filter(request), RetiredFilter)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_retire"
        view = self.admin_site.admin_view(self.retire_view)
        return [path("<path:object_id>/retire/", view, name=name), *super().get_urls()]

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What retiring would do; by POST, do it, or with `action=back` take it back."""
        entry: Any = self.get_object(request, object_id)
        if not self.has_change_permission(request, entry):
            raise PermissionDenied
        if entry is None:
            raise Http404
        back = bool(entry.retired_at)
        if request.method != "POST":
            return self._page(request, entry, back=back)
        try:
            with transaction.atomic():
                entry = self.model._default_manager.select_for_update().get(pk=entry.pk)
                if bool(entry.retired_at) == (request.POST.get("action") != "back"):  # sent twice
                    return self._to_record(entry)
                found = plan(entry, back=back)
                if found.stops:
                    return self._page(request, entry, back=back, status=422)
                entry.retired_at = None if back else timezone.now()
                entry.save(update_fields=["retired_at"])
                said = "Brought back" if back else "Retired"
                self.trail(request, said, entry)
                self.log_change(request, entry, f"{said}.")
                versions.keep(request.user, said, only=[_key(entry)])
        except DatabaseError:
            response = self._page(request, entry, back=back, status=503, trouble=True)
            response.headers["Retry-After"] = "60"
            return response
        messages.success(request, _told(entry, found, back=back))
        return self._to_record(entry)

    def _to_record(self, entry: Entry) -> HttpResponse:
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[entry.pk]))

    def _page(
        self, request: HttpRequest, entry: Any, *, back: bool, status: int = 200, trouble: bool = False
    ) -> HttpResponse:
        found, draft = plan(entry, back=back), current_draft()
        title, url = uses.linked(entry, draft)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Bring back: {title}" if back else f"Retire: {title}",
            "opts": self.opts,
            "original": entry,
            "name": title,
            "url": url,
            "back": back,
            "trouble": trouble,
            "stops": [(uses.linked(row, draft), text) for row, text in found.stops],
            "along": [(uses.linked(row, draft), why) for row, why in found.along],
            "along_in": uses.in_words(row for row, _ in found.along),
            "shorter": [uses.linked(row, draft) for row in found.shorter],
            "failing": [uses.linked(row, draft) for row in found.failing],
            "findings": found.findings[:MOST_FINDINGS],
            "more_findings": len(found.findings[MOST_FINDINGS:]),
        }
        response = TemplateResponse(request, "admin/advisor/retire.html", context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response


def _told(entry: Entry, found: Plan, *, back: bool) -> str:
    with_it = uses.in_words(row for row, _ in found.along).removeprefix("in ")
    if back:
        return f"“{entry}” is back in the draft" + (f", with {with_it}." if with_it else ".")
    return (
        f"“{entry}” is retired"
        + (f", and {with_it} with it" if with_it else "")
        + ". Visitors see no change until the "
        "next release."
    )


def hide_retired(form: ModelForm[Any]) -> None:
    """Offer nothing that is retired, except where the record names it already."""
    for name, field in form.fields.items():
        if isinstance(field, ModelChoiceField) and field.queryset is not None and field.queryset.model in SECTION_OF:
            named = form.get_initial_for_field(field, name)
            named = [str(getattr(one, "pk", one)) for one in (named if isinstance(named, list) else [named])]
            # The address of an empty form may name anything.
            numbers = [one for one in named if one.isascii() and one.isdecimal() and len(one) < 19]
            field.queryset = field.queryset.filter(Q(retired_at=None) | Q(pk__in=numbers))
            own = field.label_from_instance
            field.label_from_instance = partial(_label, own)  # type: ignore[method-assign]  # as Django's documentation has it


def _label(own: Callable[[Any], str], entry: Any) -> str:
    return format_html("{} (retired)", own(entry)) if entry.retired_at else own(entry)
