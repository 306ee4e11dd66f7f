"""What the pages of all draft tables have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator

from advisor.admin import look, meanwhile, simulator, uses
from advisor.admin.copies import Copied
from advisor.admin.fromsignals import FromSignal
from advisor.admin.history import Historied
from advisor.admin.meanwhile import EntryForm
from advisor.admin.pick import Picked
from advisor.admin.retiring import Retires
from advisor.admin.several import Several
from advisor.admin.shelf import Claimed
from advisor.models.bases import Entry
from advisor.models.document import SECTION_OF
from advisor.models.fields import LineField, LinesField, ProseField

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts

E = TypeVar("E", bound=Entry)

CLAIM: tuple[str, _FieldOpts] = (
    "Where it comes from",
    {
        "fields": ("sources", ("checked_on", "review_by"), "looks_after", "contested", "contested_sources"),
        "description": "Nothing is said without a source and a day on which someone looks again.",
    },
)


class OverdueFilter(admin.SimpleListFilter):
    """The rows whose day to look again has passed."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("soon", "Due within 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        if self.value() == "overdue":
            return queryset.filter(review_by__lt=today)
        if self.value() == "soon":
            return queryset.filter(review_by__range=(today, today + timedelta(days=30)))
        return queryset


CLAIM_FILTERS = (OverdueFilter, ("contested", admin.EmptyFieldListFilter))


class EntryAdmin(FromSignal[E], Claimed[E], Picked[E], Copied[E], Several[E], Historied[E], Retires[E]):
    """An ordered list whose slugs are settled once saved."""

    form = EntryForm
    delete_confirmation_template = "admin/advisor/entry_delete.html"
    save_as = True
    list_per_page = 200
    show_facets = admin.ShowFacets.ALWAYS
    formfield_overrides = {
        LineField: {"widget": AdminTextInputWidget(attrs={"class": "vLargeTextField"})},
        ProseField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
        LinesField: {"widget": AdminTextareaWidget(attrs={"rows": 6})},
    }
    slug_from: ClassVar[str] = "name"
    """The field from which a new entry's slug is written; empty when there is none."""
    cards: ClassVar[tuple[str, ...]] = ("admin/advisor/_uses.html",)
    """Templates of what stands beside a stored entry's form, in that order. Each brings its own heading."""
    below: ClassVar[tuple[str, ...]] = ()
    """The same for what stands below the form, where there is more room."""

    def get_readonly_fields(self, request: HttpRequest, obj: E | None = None) -> list[str]:
        """Addresses and saved results hold the slug."""
        return ["slug"] if obj and "_saveasnew" not in request.POST else []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Saving as new comes from a form without a slug, so the copy gets one of its own."""
        if object_id and "_saveasnew" in request.POST and "slug" not in request.POST:
            original = self.get_object(request, object_id)
            if original:
                posted = request.POST.copy()
                posted["slug"] = self.free_slug(original.slug)
                request.POST = posted  # type: ignore[assignment]  # Django's own type has it immutable
        with transaction.atomic():
            context = self._meanwhile(request, object_id) if object_id else {}
            response = super().changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})
        if "meanwhile" in context:
            response.status_code = HTTPStatus.CONFLICT
        return response

    def _meanwhile(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        """For the form: which state of the record it shows, and both texts when another was saved meanwhile."""
        # Locked, so that nobody saves between this look and the save. SQLite locks the whole file as it begins.
        queryset = self.get_queryset(request).select_for_update(of=("self",)) if request.method == "POST" else None
        try:
            entry = (self.get_queryset(request) if queryset is None else queryset).filter(pk=object_id).first()
        except (ValueError, OverflowError):
            return {}
        if entry is None:
            return {}
        now = meanwhile.digest(entry)
        if request.POST.get(meanwhile.SEEN, now) == now or "_saveasnew" in request.POST:
            return {"seen": now}
        form = self.get_form(request, entry, change=True)(request.POST, request.FILES, instance=entry)
        found = meanwhile.both(form)
        if not found:  # both wrote the same
            return {"seen": now}
        request.signpost_is_late = True  # type: ignore[attr-defined]  # our own mark
        return {"seen": now, "meanwhile": found}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["beside"] = self.cards if context.get("original") else ()
        if context.get("original"):
            context.update(uses.beside(context["original"]), below=self.below)
        if SECTION_OF[self.model] in look.SEEN_BY_VISITORS:
            context["beside"] = (look.CARD, *context["beside"])
            context |= {"look": look.rendered(context["adminform"].form), "look_url": self._own_url("look")}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        own = [path("look/", self.admin_site.admin_view(self.look), name=self._own_name("look"))]
        return [*own, *super().get_urls()]

    def look(self, request: HttpRequest) -> HttpResponse:
        return look.look(request, self)

    def _own_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _own_url(self, page: str) -> str:
        return reverse(f"admin:{self._own_name(page)}")

    def get_form(self, request: HttpRequest, obj: E | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.is_late = getattr(request, "signpost_is_late", False)
        return form

    def get_view_on_site_url(self, obj: E | None = None) -> str | None:
        """A draft record is on no page of the site, but the simulator shows what it does."""
        section = SECTION_OF[self.model]
        return simulator.row_address(section, obj.slug) if obj and section in simulator.REACHED else None

    def get_prepopulated_fields(self, request: HttpRequest, obj: E | None = None) -> dict[str, Sequence[str]]:
        return {} if obj or not self.slug_from else {"slug": (self.slug_from,)}

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[str], list[Any]]:
        """Whatever still names the entry stands in the way of deleting it, also in a mere condition cell."""
        listed, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        going = set(objs)
        users = {user for entry in objs for user in entry.used_by() if user not in going}
        return listed, dict(counts), forbidden, [*protected, *uses.described(users)]


def short(text: str) -> str:
    """As much of a text as a list has room for."""
    return Truncator(text).chars(60)
