"""Lists of rows: each reads as a sentence, and is found by any word of it, by each cell and by what the check says."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import smart_split

from advisor.admin import simulator
from advisor.admin.base import EntryAdmin, OverdueFilter
from advisor.admin.draft import current_draft
from advisor.admin.pick import CELLS_FIELDS
from advisor.decision import sentences
from advisor.decision.catalogue import RESERVED
from advisor.decision.checks import ERROR
from advisor.models import Category
from advisor.models.bases import Entry
from advisor.models.document import SECTION_OF

E = TypeVar("E", bound=Entry)

CELL_NAMES = {
    "industries": "industry",
    "needs": "goal",
    "modalities": "output",
    "circumstances": "circumstance",
    "categories": "advice",
}


class PickFilter(admin.SimpleListFilter):
    """One of a list, picked from a box above the table."""

    def has_output(self) -> bool:
        return True


class CellFilter(PickFilter):
    """The rows whose cell names this record, or is empty."""

    cell: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        target: type[Model] = model_admin.model._meta.get_field(self.cell).related_model
        return [
            (RESERVED, "left empty: any"),
            *((slug, name) for slug, name in target._default_manager.values_list("slug", "name")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == RESERVED:
            return queryset.filter(**{self.cell: None})
        return queryset.filter(**{f"{self.cell}__slug": self.value()}) if self.value() else queryset


def cell_filter(name: str) -> type[CellFilter]:
    title = CELL_NAMES[name]
    return type(f"{name.capitalize()}Filter", (CellFilter,), {"cell": name, "title": title, "parameter_name": title})


CELL_FILTERS = tuple(map(cell_filter, CELLS_FIELDS))


class CategoryFilter(PickFilter):
    """The rules that recommend this kind of AI."""

    title = "kind of AI"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        target: type[Model] = model_admin.model._meta.get_field("category").related_model
        return list(target._default_manager.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category__slug=self.value()) if self.value() else queryset


class ContestedFilter(PickFilter):
    title = "contested"
    parameter_name = "contested"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Contested"), ("no", "Not contested")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(contested="") if self.value() == "no" else queryset.exclude(contested="")


class FoundFilter(PickFilter):
    """The rows that a finding of the check names."""

    title = "the check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("found", "Finds something wrong")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "found":
            return queryset
        return queryset.filter(slug__in=_named_by_the_check(SECTION_OF[queryset.model]))


def _named_by_the_check(section: str) -> list[str]:
    return [slug for of, slug in current_draft().by_record if of == section]


def choice_filter(name: str) -> type[PickFilter]:
    """For a field that takes one of a few words."""

    def lookups(self: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(model_admin.model._meta.get_field(name).choices)

    def queryset(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{name: self.value()}) if self.value() else queryset

    own = {"title": name, "parameter_name": name, "lookups": lookups, "queryset": queryset}
    return type(f"{name.capitalize()}Filter", (PickFilter,), own)


ROW_FILTERS = (*CELL_FILTERS, OverdueFilter, ContestedFilter, FoundFilter)


class RowAdmin(EntryAdmin[E]):
    """Rows with condition cells, each read as a sentence."""

    change_list_template = "admin/advisor/rows.html"
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100
    list_filter = ROW_FILTERS
    cards: ClassVar[tuple[str, ...]] = ("admin/advisor/_does.html",)

    def names(self, row: Any) -> dict[str, list[str]]:
        """What the filled cells of a stored row name."""
        found = {name: [entry.name for entry in getattr(row, name).all()] for name in self.cell_names()}
        return {name: names for name, names in found.items() if names}

    def sentence_of(self, row: Any) -> str:
        """What the row says. The search looks here, and in `search_fields`."""
        return f"{sentences.when(self.names(row))}: {row.name}"

    @admin.display(description="applies to")
    def cells(self, row: Any) -> str:
        return sentences.when(self.names(row), most=4)

    @admin.display(description="look again by", ordering="review_by")
    def review(self, row: Any) -> SafeString:
        day = formats.date_format(row.review_by, "j M Y")
        if row.review_by >= timezone.localdate():
            return format_html("{}", day)
        return format_html('<b class="flag">Overdue</b> since {}', day)

    @admin.display(description="the check", empty_value="")
    def found(self, row: Any) -> SafeString:
        """Needs a row of `get_changelist_instance`."""
        if row.left_out:
            return format_html('<b class="flag">Left out</b> {}', row.left_out)
        return format_html_join(
            "",
            '<a class="flag{}" href="{}">{}: {}</a> ',
            (
                (" must", simulator.finding_address(finding), "Error", simulator.kind_of(finding))
                if finding.severity == ERROR
                else ("", simulator.finding_address(finding), "Warning", simulator.kind_of(finding))
                for finding in row.findings
            ),
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changes = super().get_changelist_instance(request)
        section, draft = SECTION_OF[self.model], current_draft()
        for row in changes.result_list:
            row.findings = draft.by_record.get((section, row.slug), ())
            row.left_out = draft.left_out.get((section, row.slug), "")
        return changes

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"categories": Category.objects.all(), "search_help": self.search_help, **(extra_context or {})}
        return super().changelist_view(request, context)

    search_help = "Any words of the row, and “several words” that stand together."

    def get_queryset(self, request: HttpRequest) -> QuerySet[E]:
        return super().get_queryset(request).prefetch_related(*self.cell_names())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[E], search_term: str
    ) -> tuple[QuerySet[E], bool]:
        """The rows that hold each word, or each phrase in quotation marks, wherever it stands in them."""
        wanted = [_bare(word).casefold() for word in smart_split(search_term.replace("“", '"').replace("”", '"'))]
        if not wanted:
            return queryset, False
        fits = [row.pk for row in queryset if all(word in self._searched(row) for word in wanted)]
        return queryset.filter(pk__in=fits), False

    def _searched(self, row: E) -> str:
        own = [str(getattr(row, name)) for name in self.search_fields]
        return "\n".join([self.sentence_of(row), *own]).casefold()

    def cell_names(self) -> list[str]:
        return [field.name for field in self.model._meta.many_to_many if field.name in sentences.CELLS]


def _bare(word: str) -> str:
    return word.strip("\"'") if word[:1] in "\"'" else word
