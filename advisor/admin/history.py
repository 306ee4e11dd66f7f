"""The pages of a record's history, and the way back to any state that it was in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import localtime

from advisor.admin import meanwhile, notsent
from advisor.admin.historytexts import called, labels_of, moves, names_for, told
from advisor.admin.keeping import keep_or_log
from advisor.admin.trail import Trailed
from advisor.decision.changes import KINDS, Names, record_changes, record_says
from advisor.models import AuditEntry, Version
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS, SECTION_OF
from advisor.models.restoring import (
    Changed,
    Missing,
    missing_from_draft,
    restore,
    restore_order,
    restored_order,
)
from advisor.models.versions import ORDER, keep, order_of, states

E = TypeVar("E", bound=Entry)

CARD = "admin/advisor/history/_card.html"
ON_CARD = 3
ON_PAGE = 50


class Historied(Trailed[E]):
    """A record's card and page of its history. Saving and deleting keep a version."""

    def save_related(self, request: HttpRequest, form: ModelForm[E], formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        keep(request.user, only=[(SECTION_OF[self.model], form.instance.slug)])

    def delete_model(self, request: HttpRequest, obj: E) -> None:
        slug = obj.slug
        with transaction.atomic():
            super().delete_model(request, obj)
            keep(request.user, only=[(SECTION_OF[self.model], slug)])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[E]) -> None:
        gone = [(SECTION_OF[self.model], slug) for slug in queryset.values_list("slug", flat=True)]
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            keep(request.user, only=gone)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["keeps"] = True  # the browser, for which see typed.js
        entry = context.get("original")
        if entry:
            found = Version.objects.of(SECTION_OF[self.model], entry.slug)[: ON_CARD + 1]
            context["history"] = told(list(found))[:ON_CARD]
            context["beside"] = (*context.get("beside", ()), CARD)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        section = SECTION_OF[self.model]
        return super().changelist_view(request, {"history_section": section, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        fields = request.POST if request.method == "POST" else notsent.typed(request, tell=False)
        gone = self._gone(object_id) if fields and self.has_change_permission(request) else None
        if fields and gone:
            return self._deleted_meanwhile(request, gone, fields)
        return super().change_view(request, object_id, form_url, extra_context)

    def _gone(self, object_id: str) -> Version | None:
        """The last version of a record that somebody deleted, while another had its form open."""
        if not object_id.isdecimal() or self.model._default_manager.filter(pk=object_id).exists():
            return None
        keep_or_log()
        return Version.objects.deleted().filter(section=SECTION_OF[self.model], number=int(object_id)).first()

    def _deleted_meanwhile(self, request: HttpRequest, gone: Version, fields: QueryDict) -> HttpResponse:
        form = self.get_form(request, None, change=True)(fields)
        context = {
            "title": "Somebody deleted this while you were writing",
            "subtitle": called(gone, names_for([gone.section], [gone.said])),
            "version": gone,
            "typed": meanwhile.typed(form),
            "token": notsent.keep(request, fields),
            "may_add": self.has_add_permission(request),
            "way_back": reverse(f"admin:advisor_{self.opts.model_name}_changelist"),
        }
        return _page(request, "deleted_meanwhile", context, HTTPStatus.CONFLICT)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        if not self.has_view_or_change_permission(request, entry):
            raise PermissionDenied
        keep_or_log()
        section = SECTION_OF[self.model]
        version = Version.objects.of(section, entry.slug).first()
        context = {
            "title": "History",
            "subtitle": called(version, names_for([section], [version.said])) if version else str(entry),
            "object": entry,
            "way_back": reverse(f"admin:advisor_{self.opts.model_name}_change", args=[entry.pk]),
            "may_go_back": self.has_change_permission(request, entry),
        }
        return _history(request, section, entry.slug, context)


def order_history(request: HttpRequest, section: str) -> HttpResponse:
    """In which orders a list stood."""
    if section not in DRAFT_MODELS:
        raise Http404
    if not may(request, "view", section):
        raise PermissionDenied
    keep_or_log()
    plural = DRAFT_MODELS[section]._meta.verbose_name_plural
    context = {
        "title": f"History of the order of {plural}",
        "way_back": reverse(f"admin:advisor_{DRAFT_MODELS[section]._meta.model_name}_changelist"),
        "may_go_back": may(request, "change", section),
    }
    return _history(request, section, ORDER, context)


def deleted(request: HttpRequest) -> HttpResponse:
    """Every record that was deleted and is not there again."""
    readable = [section for section in DRAFT_MODELS if may(request, "view", section)]
    if not readable:
        raise PermissionDenied
    keep_or_log()
    section = request.GET.get("section", "")
    found = Version.objects.deleted().filter(section__in=[section] if section in readable else readable)
    page = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    names = names_for({version.section for version in page}, [version.said for version in page])
    context = {
        "title": "Deleted records",
        "page": page,
        "rows": [
            (version, called(version, names), KINDS[version.section], may(request, "add", version.section))
            for version in page
        ],
        "kinds": [(name, capfirst(str(DRAFT_MODELS[name]._meta.verbose_name_plural))) for name in readable],
        "section": section if section in readable else "",
    }
    return _page(request, "deleted", context)


def back(request: HttpRequest, pk: int) -> HttpResponse:
    """What going back to this version would change; by POST, do it."""
    version = get_object_or_404(Version, pk=pk)
    page = OrderBack(request, version) if version.slug == ORDER else RecordBack(request, version)
    if not page.is_allowed:
        raise PermissionDenied
    if request.method != "POST":
        keep_or_log()
        return page.show()
    try:
        return page.do()
    except DatabaseError:
        trouble = "This could not be stored: the disk may be full. Nothing has changed. Try again in a minute."
        response = page.show(HTTPStatus.SERVICE_UNAVAILABLE, trouble=trouble)
        response.headers["Retry-After"] = "60"
        return response


@dataclass
class RecordBack:
    """Going back to what a record said, or bringing a deleted one back."""

    request: HttpRequest
    version: Version

    @cached_property
    def entry(self) -> Entry | None:
        found: Entry | None = self.version.model._default_manager.filter(slug=self.version.slug).first()
        return found

    @property
    def is_allowed(self) -> bool:
        return may(self.request, "change" if self.entry else "add", self.version.section)

    def show(self, status: int = 200, *, trouble: str = "", seen: int | None = None) -> HttpResponse:
        version, entry = self.version, self.entry
        newest = newest_of(version)
        missing = missing_from_draft(version)
        names = names_for([version.section], [version.said])
        labels = labels_of(version.section)
        now = states(version.section, [version.slug])
        said = _without(version.said, missing)
        if now:  # going back to a text neither retires a record nor brings it back into use
            said["retired_at"] = now[0].said["retired_at"]
        changes = record_changes(version.section, now[0].said, said, names, labels) if now else ()
        day = date_format(localtime(version.at), "j F Y, H:i")
        name = called(version, names)
        context = {
            "title": f"Back to what this said on {day}" if entry else "Bring it back",
            "subtitle": name,
            "version": version,
            "entry": entry,
            "kind": KINDS[version.section],
            "changes": changes,
            "said": [] if now else record_says(version.section, version.said, names, labels),
            "missing": [_told_missing(one, names) for one in missing],
            "without": _key(missing),
            "then": self.request.POST.get("then") or self.request.GET.get("then", ""),
            "is_blocked": any(one.is_needed for one in missing),
            "trouble": trouble,
            **self._meanwhile(newest, seen),
            **_ways(version, entry),
        }
        return _page(self.request, "back", context, status)

    def _meanwhile(self, newest: Version | None, seen: int | None) -> dict[str, Any]:
        """What was saved since this version was the newest."""
        found = {"seen": newest.pk if newest else 0}
        if seen is None:
            return found
        of_it = Version.objects.of(self.version.section, self.version.slug)
        later = list(of_it.filter(pk__gte=seen)[:ON_PAGE])
        return {**found, "meanwhile": [one for one in told(later) if one["version"].pk != seen]}

    def do(self) -> HttpResponse:
        version, request = self.version, self.request
        only = [(version.section, version.slug)]
        with transaction.atomic():
            # Locked, so that nobody saves between this look and the save. SQLite locks the whole file as it begins.
            list(version.model._default_manager.select_for_update().filter(slug=version.slug).values_list("pk"))
            keep(only=only)
            newest = newest_of(version)
            seen = number_in(request, "seen")
            if newest and newest.digest == version.digest and not newest.gone and self.entry:
                return self._done(self.entry, newest, "It says this already. Nothing was changed.", may_undo=False)
            if newest is None or newest.pk != seen:
                return self.show(HTTPStatus.CONFLICT, seen=seen)
            missing = missing_from_draft(version)
            if any(one.is_needed for one in missing) or (missing and request.POST.get("without") != _key(missing)):
                told_first = "Nothing has changed yet. Read below what is not there any more."
                return self.show(HTTPStatus.UNPROCESSABLE_ENTITY, trouble=told_first)
            was_there = self.entry
            before = states(*_one(version)) if was_there else []
            try:
                with transaction.atomic():
                    entry = restore(version, was_there)
                    day = date_format(localtime(version.at), "j F Y, H:i")
                    how = f"Went back to what it said on {day}" if was_there else "Brought back"
                    after = states(*_one(version))[0]
                    changes = _values_changed(before[0].said, after.said) if before else {}
                    AuditEntry.write(how, by=_user(request), on=entry, changes=changes)
                    keep(_user(request), how, only=only)
            except Changed as error:
                why = "It can’t be stored as it was. " + " ".join(error.messages)
                return self.show(HTTPStatus.UNPROCESSABLE_ENTITY, trouble=why)
        site_admin = admin.site.get_model_admin(version.model)
        if was_there:
            site_admin.log_change(request, entry, f"{how}.")
        else:
            site_admin.log_addition(request, entry, f"{how}.")
        return self._done(entry, newest, f"{how}. Visitors see none of it before you publish.")

    def _done(self, entry: Entry, newest: Version, told: str, *, may_undo: bool = True) -> HttpResponse:
        undo = reverse("back-to-version", args=[newest.pk])
        link = format_html(' <a href="{}">Undo this</a>', undo) if may_undo and not newest.gone else ""
        messages.success(self.request, format_html("{}{}", told, link))
        then = self.request.POST.get("then", "")
        if notsent.TOKEN.fullmatch(then):
            return redirect("not-sent", then)
        return redirect(f"admin:advisor_{self.version.model._meta.model_name}_change", entry.pk)


@dataclass
class OrderBack:
    """Putting a list in an order in which it stood before."""

    request: HttpRequest
    version: Version

    @property
    def is_allowed(self) -> bool:
        return may(self.request, "change", self.version.section)

    def show(self, status: int = 200, *, trouble: str = "", meanwhile: bool = False) -> HttpResponse:
        version = self.version
        newest = newest_of(version)
        now = order_of(version.section)
        names = names_for([], [], lists=[version.section])
        day = date_format(localtime(version.at), "j F Y, H:i")
        plural = version.model._meta.verbose_name_plural
        context = {
            "title": f"Back to the order of {plural} on {day}",
            "version": version,
            "kind": KINDS[version.section],
            "changes": [
                {"sentence": one} for one in moves(now, restored_order(version), names.by_slug[version.section])
            ],
            "trouble": trouble,
            "seen": newest.pk if newest else 0,
            "meanwhile": told([newest]) if meanwhile and newest else None,
            **_ways(version, None),
        }
        return _page(self.request, "back", context, status)

    def do(self) -> HttpResponse:
        version, request = self.version, self.request
        only = [(version.section, ORDER)]
        with transaction.atomic():
            list(version.model._default_manager.select_for_update().values_list("pk"))
            keep(only=only)
            newest = newest_of(version)
            if newest is None or newest.pk != number_in(request, "seen"):
                return self.show(HTTPStatus.CONFLICT, meanwhile=True)
            restore_order(version)
            day = date_format(localtime(version.at), "j F Y, H:i")
            plural = version.model._meta.verbose_name_plural
            AuditEntry.write(f"Put {plural} in the order of {day}", by=_user(request))
            keep(_user(request), f"Went back to the order of {day}", only=only)
        told_it = f"The {plural} stand as on {day}. Visitors see none of it before you publish."
        undo = reverse("back-to-version", args=[newest.pk])
        messages.success(request, format_html('{} <a href="{}">Undo this</a>', told_it, undo))
        return redirect(f"admin:advisor_{version.model._meta.model_name}_changelist")


def _history(request: HttpRequest, section: str, slug: str, context: dict[str, Any]) -> HttpResponse:
    found = Version.objects.of(section, slug)
    page = Paginator(found.only("pk"), ON_PAGE).get_page(request.GET.get("page"))
    first = page.start_index() - 1 if page.paginator.count else 0
    rows = told(list(found[first : first + ON_PAGE + 1]))[:ON_PAGE]
    newest = found.first()
    for row in rows:
        version = row["version"]
        row["is_now"] = version == newest or (slug != ORDER and newest and version.digest == newest.digest)
    return _page(request, "record", {"page": page, "rows": rows, "section": section, **context})


def newest_of(version: Version) -> Version | None:
    return Version.objects.of(version.section, version.slug).first()


def may(request: HttpRequest, action: str, section: str) -> bool:
    return request.user.has_perm(f"advisor.{action}_{DRAFT_MODELS[section]._meta.model_name}")


def number_in(request: HttpRequest, name: str) -> int:
    digits = request.POST.get(name, "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1


def _one(version: Version) -> tuple[str, list[str]]:
    return version.section, [version.slug]


def _without(said: Mapping[str, Any], missing: Iterable[Missing]) -> dict[str, Any]:
    """What the record would say when what is missing is left out."""
    left_out = {(one.field, one.slug) for one in missing if not one.is_needed}
    return {
        name: [one for one in value if (name, one) not in left_out] if isinstance(value, list) else value
        for name, value in said.items()
    }


def _values_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before.get(name), now) for name, now in after.items() if before.get(name) != now}


def _told_missing(one: Missing, names: Names) -> dict[str, Any]:
    last = Version.objects.of(one.section, one.slug).first()
    return {
        "name": names.by_slug.get(one.section, {}).get(one.slug, one.slug),
        "kind": KINDS[one.section],
        "is_needed": one.is_needed,
        "widens": one.field == "circumstances",
        "last": last,
    }


def _key(missing: Iterable[Missing]) -> str:
    return " ".join(f"{one.field}:{one.slug}" for one in missing)


def _ways(version: Version, entry: Entry | None) -> dict[str, str]:
    """Where the page leads that changes nothing."""
    name = f"admin:advisor_{version.model._meta.model_name}"
    if version.slug == ORDER:
        return {"way_back": reverse("order-history", args=[version.section]), "way_back_to": "the order’s history"}
    if entry:
        return {"way_back": reverse(f"{name}_history", args=[entry.pk]), "way_back_to": "its history"}
    return {"way_back": reverse("deleted"), "way_back_to": "deleted records"}


def _user(request: HttpRequest) -> Any:
    return request.user


def _page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    every = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, f"admin/advisor/history/{name}.html", every, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
