"""Claims to check again: the queue, “still true”, and who looks after what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import DatabaseError, transaction
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from advisor import shelflife
from advisor.admin.meanwhile import digest
from advisor.decision.changes import KINDS
from advisor.models import AuditEntry, CheckedLink, Source, Tool
from advisor.models.bases import Entry
from advisor.models.releases import name_of
from advisor.models.versions import keep
from advisor.shelflife import ADVICE, CLAIMS, DUTY, EXPLANATION, Due

M = TypeVar("M", bound=Model)

DAYS = (7, 30, 90)
A_PAGE = 50
MOST_AT_ONCE = 50
CARD, LINK_CARD = "admin/advisor/shelf/_card.html", "admin/advisor/shelf/_link_card.html"
MOST_LINKS = 50
NAMES: Mapping[type[Model], tuple[str, ...]] = {Source: ("title", "publisher"), Tool: ("name",)}
"""What a record is called by."""

HARM = {
    DUTY: ("Duties and stops", "A “must”, or a “not yet”. Old, it lets somebody break the law or start too early."),
    ADVICE: ("Advice", "Rules, steps to prepare, things to mind. Old, it points the wrong way."),
    EXPLANATION: ("Explanations", "Kinds of AI, tools and words. Old, it tells what was true once."),
}


@dataclass(frozen=True)
class Filters:
    """What of the queue to show. Whatever an address says that makes no sense is left out."""

    days: int = shelflife.SOON
    owner: str = ""
    harm: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        days, owner, harm = (query.get(key, "") for key in ("days", "owner", "harm"))
        return cls(
            days=int(days) if days in map(str, DAYS) else shelflife.SOON,
            owner=owner if owner in ("me", "nobody") or _is_number(owner) else "",
            harm=int(harm) if harm in map(str, HARM) else None,
        )

    def query(self) -> str:
        usual = Filters()
        own = {"days": self.days, "owner": self.owner, "harm": self.harm}
        return urlencode({key: value for key, value in own.items() if value != getattr(usual, key)})

    def wanted(self, claim: Due, me: int | None) -> bool:
        owners = {"": claim.owner, "me": me, "nobody": None}
        owner = owners[self.owner] if self.owner in owners else int(self.owner)
        return claim.owner == owner and self.harm in (None, claim.harm)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Every claim of the draft that is overdue or due soon."""
    if not request.user.has_perm("advisor.view_rule"):
        raise PermissionDenied
    filters, today = Filters.of(request.GET), timezone.localdate()
    found = shelflife.due(filters.days)
    shown = Paginator([claim for claim in found if filters.wanted(claim, request.user.pk)], A_PAGE)
    page = shown.get_page(request.GET.get("page"))
    links = _links_to_look_at()
    items = [_item(request, claim, row, today, links) for claim, row in shelflife.records(list(page))]
    owners = {claim.owner for claim in found if claim.owner}
    context = {
        "title": "Claims to check again",
        "filters": filters,
        "days": DAYS,
        "owners": [(str(user.pk), name_of(user)) for user in User.objects.filter(pk__in=owners).order_by("username")],
        "harms": [(harm, title) for harm, (title, _) in HARM.items()],
        "groups": [
            (title, about, group)
            for harm, (title, about) in HARM.items()
            if (group := [item for item in items if item["claim"].harm == harm])
        ],
        "overdue": sum(claim.is_overdue(today) for claim in found),
        "soon": sum(not claim.is_overdue(today) for claim in found),
        "links": list(_links(links)),
        "links_opened": CheckedLink.objects.order_by("-at").values_list("at", flat=True).first(),
        "page": page,
        "pages": _pages(page, filters),
        "may_change": request.user.has_perm("advisor.change_rule"),
        "back": filters.query(),
    }
    return _render(request, "queue", context)


def _links_to_look_at() -> dict[str, CheckedLink]:
    return {link.url: link for link in CheckedLink.objects.findings()}


def _links(found: Mapping[str, CheckedLink]) -> Iterator[dict[str, Any]]:
    """Each record whose link needs a look."""
    for model in (Source, Tool):
        for row in model.objects.filter(url__in=found).only("slug", "url", *NAMES[model])[:MOST_LINKS]:
            yield {"name": str(row), "record": _record_url(row), "url": row.url, "told": found[row.url].told}


def _pages(page: Page[Due], filters: Filters) -> dict[str, str]:
    """Where the pages before and after this one are."""
    ways = {}
    if page.has_previous():
        ways["Before"] = _queue(filters, page.previous_page_number())
    if page.has_next():
        ways["Next"] = _queue(filters, page.next_page_number())
    return ways


def _queue(filters: Filters, page: int = 1) -> str:
    query = "&".join(filter(None, (filters.query(), f"page={page}" if page > 1 else "")))
    return reverse("shelf-life") + (f"?{query}" if query else "")


def _item(
    request: HttpRequest, claim: Due, row: Any, today: date, links: Mapping[str, CheckedLink] | None = None
) -> dict[str, Any]:
    """For the templates. `links` are those that need a look; without it they are looked up."""
    sources = list(row.sources.all())
    if links is None:
        urls = [url for url in (getattr(row, "url", ""), *(source.url for source in sources)) if url]
        links = {link.url: link for link in CheckedLink.objects.findings().filter(url__in=urls)}
    return {
        "claim": claim,
        "kind": KINDS[claim.section],
        "name": shelflife.title(claim.section, row),
        "record": _record_url(row),
        "says": shelflife.says(claim.section, row),
        "sources": [(source, links[source.url].told if source.url in links else "") for source in sources],
        "page_told": links[row.url].told if isinstance(row, Tool) and row.url in links else "",
        "row": row,
        "when": _when(row.review_by, today),
        "overdue": claim.is_overdue(today),
        "owner": name_of(row.looks_after),
        "may_change": request.user.has_perm(f"advisor.change_{row._meta.model_name}"),
    }


def _when(review_by: date, today: date) -> str:
    days = (review_by - today).days
    day = date_format(review_by, "j F Y")
    if days < 0:
        return f"Overdue since {day}, {_days(-days)}"
    return f"Due today, {day}" if days == 0 else f"Due on {day}, in {_days(days)}"


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CheckedForm(forms.Form):
    """The day on which the sources were read: one for all that are renewed together."""

    checked_on = forms.DateField(widget=DayInput, error_messages={"required": "Say on which day you read the source."})

    def clean_checked_on(self) -> date:
        checked: date = self.cleaned_data["checked_on"]
        if checked > timezone.localdate():
            raise forms.ValidationError("This day lies ahead. Give the day on which you read the source.")
        return checked


class RenewForm(forms.Form):
    """Of one claim: which source says so, and by when to look again."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    source = forms.TypedChoiceField(
        coerce=int, error_messages={"required": "Say which source you read.", "invalid_choice": "Choose one of these."}
    )
    review_by = forms.DateField(
        label="Look again by", widget=DayInput, error_messages={"required": "Say by when to look again."}
    )

    def __init__(self, claim: Due, row: Any, data: QueryDict | None, *, alone: bool) -> None:
        """`row` is the claim as it is stored. Only `alone` are sources on offer that it does not name yet."""
        self.claim, self.row = claim, row
        self.now = digest(row)
        self.was_changed = data is not None and data.get(f"{claim.key}-seen") != self.now
        own = list(row.sources.all())
        initial = {
            "review_by": timezone.localdate() + max(row.review_by - row.checked_on, timedelta(days=1)),
            "source": own[0].pk if len(own) == 1 else None,
            "seen": self.now,
        }
        super().__init__(data, prefix=claim.key, initial=initial)
        field = self.fields["source"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  as declared above
        field.label = "Which source did you read?" if len(own) > 1 or alone else "Read in"
        field.choices = list(_sources_on_offer(own, alone=alone))

    def clean_review_by(self) -> date:
        review_by: date = self.cleaned_data["review_by"]
        if review_by <= timezone.localdate():
            raise forms.ValidationError("Give a day that lies ahead.")
        return review_by

    @property
    def source_read(self) -> Source:
        return Source.objects.get(pk=self.cleaned_data["source"])


def _sources_on_offer(own: Sequence[Source], *, alone: bool) -> Iterator[Any]:
    if len(own) != 1:
        yield ("", "Choose")
    named = [(source.pk, str(source)) for source in own]
    if not alone:
        yield from named
        return
    others = Source.objects.exclude(pk__in=[source.pk for source in own])
    yield ("Its sources", named)
    yield ("Another source, which becomes one of its sources", [(source.pk, str(source)) for source in others])


def renew(request: HttpRequest) -> HttpResponse:
    """Say that claims are still true. By GET it shows them with a form, by POST it sets their new dates."""
    if not request.user.has_perm("advisor.change_rule"):
        raise PermissionDenied
    if request.method != "POST":
        chosen = _chosen(request, request.GET)
        return _renew_page(request, chosen, _forms(chosen)) if chosen else _none_ticked(request)
    try:
        with transaction.atomic():
            # Locked, so that nobody saves between this look and the save.
            return _renew(request)
    except DatabaseError:
        chosen = _chosen(request, request.POST)
        response = _renew_page(
            request, chosen, _forms(chosen, request.POST), status=HTTPStatus.SERVICE_UNAVAILABLE, trouble=FULL
        )
        response.headers["Retry-After"] = "60"
        return response


FULL = "This could not be stored: the disk may be full. Nothing has changed. Try again in a minute."


def _renew(request: HttpRequest) -> HttpResponse:
    chosen = _chosen(request, request.POST, lock=True)
    if not chosen:
        return _none_ticked(request)
    found = _forms(chosen, request.POST)
    checked, renewals = found
    if any(form.was_changed for form in renewals):
        return _renew_page(request, chosen, found, status=HTTPStatus.CONFLICT)
    if not all([checked.is_valid(), *(form.is_valid() for form in renewals)]) or not _in_order(checked, renewals):
        return _renew_page(request, chosen, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    for form in renewals:
        _store(request, form, checked.cleaned_data["checked_on"])
    if len(renewals) == 1:
        name = shelflife.title(renewals[0].claim.section, renewals[0].row)
        told = f"“{name}” is renewed until {date_format(renewals[0].row.review_by, 'j F Y')}."
    else:
        told = f"{len(renewals)} claims are renewed."
    messages.success(request, f"{told} Visitors read the new days once a release is published.")
    return _back(request)


def _in_order(checked: CheckedForm, renewals: Iterable[RenewForm]) -> bool:
    """Nobody goes back behind a check that was made already."""
    day = checked.cleaned_data["checked_on"]
    late = [form for form in renewals if form.row.checked_on > day]
    if late:
        newest = max(form.row.checked_on for form in late)
        names = ", ".join(f"“{shelflife.title(form.claim.section, form.row)}”" for form in late)
        told = f"Checked on {date_format(newest, 'j F Y')} already: {names}. Give that day or a later one."
        checked.add_error("checked_on", told)
    return not late


def _store(request: HttpRequest, form: RenewForm, checked_on: date) -> None:
    row, source = form.row, form.source_read
    changes: dict[str, tuple[Any, Any]] = {
        name: (getattr(row, name), value)
        for name, value in (("checked_on", checked_on), ("review_by", form.cleaned_data["review_by"]))
        if getattr(row, name) != value
    }
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["checked_on", "review_by"])
    before = list(row.sources.all())
    if source not in before:
        row.sources.add(source)
        changes["sources"] = (before, [*before, source])
    what = f"Still true, read in “{source}”"
    AuditEntry.write(what, by=request.user, on=row, changes=changes)
    admin.site.get_model_admin(type(row)).log_change(request, row, f"{what}.")
    keep(request.user, what, only=[(form.claim.section, row.slug)])


def _forms(chosen: Sequence[tuple[Due, Any]], data: QueryDict | None = None) -> tuple[CheckedForm, list[RenewForm]]:
    alone = len(chosen) == 1
    return (
        CheckedForm(data, initial={"checked_on": timezone.localdate()}),
        [RenewForm(claim, row, data, alone=alone) for claim, row in chosen],
    )


def _renew_page(
    request: HttpRequest,
    chosen: Sequence[tuple[Due, Any]],
    found: tuple[CheckedForm, list[RenewForm]],
    *,
    status: int = 200,
    trouble: str = "",
) -> HttpResponse:
    today = timezone.localdate()
    checked, renewals = found
    links = _links_to_look_at()
    context = {
        "title": "Still true?" if len(chosen) == 1 else f"Still true? {len(chosen)} claims",
        "checked": checked,
        "items": [
            {**_item(request, form.claim, form.row, today, links), "form": form, "was_changed": form.was_changed}
            for form in renewals
        ],
        "changed": [shelflife.title(form.claim.section, form.row) for form in renewals if form.was_changed],
        "wrong": status == HTTPStatus.UNPROCESSABLE_ENTITY,
        "trouble": trouble,
        "back": _filters_back(request).query(),
        "queue": _queue(_filters_back(request)),
    }
    return _render(request, "renew", context, status=status)


def give(request: HttpRequest) -> HttpResponse:
    """Say who looks after some claims. By GET it shows them with a form."""
    if not request.user.has_perm("advisor.change_rule"):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else request.GET
    with transaction.atomic():
        chosen = _chosen(request, data, lock=request.method == "POST")
        if not chosen:
            return _none_ticked(request)
        form = GiveForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
            today, links = timezone.localdate(), _links_to_look_at()
            context = {
                "title": "Who looks after it?" if len(chosen) == 1 else "Who looks after them?",
                "form": form,
                "items": [_item(request, claim, row, today, links) for claim, row in chosen],
                "back": _filters_back(request).query(),
                "queue": _queue(_filters_back(request)),
            }
            return _render(request, "give", context, status=status)
        owner: User | None = form.cleaned_data["looks_after"]
        for _, row in chosen:
            if row.looks_after != owner:
                _give(request, row, owner)
    number = "1 claim" if len(chosen) == 1 else f"{len(chosen)} claims"
    messages.success(request, f"{number} looked after by {name_of(owner) or 'everybody'}.")
    return _back(request)


class GiveForm(forms.Form):
    looks_after = forms.ModelChoiceField(
        label="Who looks after it", queryset=User.objects.none(), required=False, empty_label="Everybody"
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        field = self.fields["looks_after"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  as declared above
        field.queryset = shelflife.carers()


def _give(request: HttpRequest, row: Any, owner: User | None) -> None:
    changes = {"looks_after": (name_of(row.looks_after) or "everybody", name_of(owner) or "everybody")}
    row.looks_after = owner
    row.save(update_fields=["looks_after"])
    AuditEntry.write("Changed", by=request.user, on=row, changes=changes)
    told = f"Looked after by {changes['looks_after'][1]}, before by {changes['looks_after'][0]}."
    admin.site.get_model_admin(type(row)).log_change(request, row, told)


def _chosen(request: HttpRequest, data: QueryDict, *, lock: bool = False) -> list[tuple[Due, Any]]:
    """The claims that an address or a form names, as `section-number`, in the order of the queue."""
    wanted: dict[str, set[int]] = {}
    for key in data.getlist("claim")[:MOST_AT_ONCE]:
        section, _, number = key.partition("-")
        if section in CLAIMS and _is_number(number):
            wanted.setdefault(section, set()).add(int(number))
    for section in wanted:
        if not request.user.has_perm(f"advisor.change_{CLAIMS[section]._meta.model_name}"):
            raise PermissionDenied
    if lock:
        for section, numbers in wanted.items():
            list(CLAIMS[section].objects.select_for_update().filter(pk__in=numbers).values_list("pk"))
    return list(shelflife.records(shelflife.these(wanted), whole=True))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _filters_back(request: HttpRequest) -> Filters:
    data = request.POST if request.method == "POST" else request.GET
    return Filters.of(QueryDict(data.get("back", "")))


def _none_ticked(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "Tick a claim first. One that was ticked may be deleted by now.")
    return redirect(_queue(_filters_back(request)))


def _back(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(_queue(_filters_back(request)))
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _record_url(row: Entry) -> str:
    return reverse(f"admin:advisor_{row._meta.model_name}_change", args=[row.pk])


def _render(request: HttpRequest, name: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    every = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, f"admin/advisor/shelf/{name}.html", every, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


class Claimed(admin.ModelAdmin[M]):
    """On a record's page: how old its check is, who looks after it, and whether its link opened."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Only those who may change claims, and no links to their accounts beside it."""
        if db_field.name == "looks_after":
            return db_field.formfield(queryset=shelflife.carers(), empty_label="Everybody", **kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row: Any = context.get("original")
        if isinstance(row, Source | Tool) and row.url and "beside" in context:
            link = CheckedLink.objects.findings().filter(url=row.url).first()
            if link:
                context["beside"] = (*context["beside"], LINK_CARD)
                context["link"] = link
        section = next((name for name, model in CLAIMS.items() if model is self.model), "")
        if row is not None and section and "beside" in context:
            claim = shelflife.one(section, row)
            context["beside"] = (*context["beside"], CARD)
            context["shelf"] = _item(request, claim, row, timezone.localdate())
        return super().render_change_form(request, context, *args, **kwargs)
