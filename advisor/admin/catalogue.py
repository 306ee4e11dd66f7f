"""Draft tables of what visitors choose from and read about."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from advisor.admin.base import CLAIM, CLAIM_FILTERS, EntryAdmin, short
from advisor.admin.pick import CELLS_FIELDS
from advisor.admin.rows import ROW_FILTERS, RowAdmin, cell_filter, choice_filter
from advisor.models import Category, Circumstance, Example, Industry, Modality, Need, Source, Term, Tool


@admin.register(Source)
class SourceAdmin(EntryAdmin[Source]):
    list_display = ("title", "publisher", "dated", "opened")
    list_filter = ("opened", "publisher")
    search_fields = ("title", "publisher", "slug", "url", "dated")
    fields = ("title", "slug", "publisher", "url", "dated", "opened", "position")
    slug_from = "title"


@admin.register(Category)
class CategoryAdmin(EntryAdmin[Category]):
    list_display = ("name", "short_name", "uses_ai", "checked_on", "review_by")
    list_filter = ("uses_ai", *CLAIM_FILTERS)
    search_fields = ("name", "short_name", "slug", "summary")
    fieldsets = (
        (None, {"fields": ("name", "slug", "short_name", "phrase", "plate", "uses_ai", "parts", "position")}),
        ("What it is", {"fields": ("summary", "strengths", "limits", "training")}),
        CLAIM,
    )


@admin.register(Industry)
class IndustryAdmin(EntryAdmin[Industry]):
    list_display = ("name", "phrase", "usual_needs")
    list_filter = ("needs",)
    search_fields = ("name", "phrase", "slug", "help")
    fields = ("name", "slug", "phrase", "help", "needs", "position")

    @admin.display(description="usual needs")
    def usual_needs(self, industry: Industry) -> int:
        return len(industry.needs.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Industry]:
        return super().get_queryset(request).prefetch_related("needs")


@admin.register(Modality)
class ModalityAdmin(EntryAdmin[Modality]):
    list_display = ("name", "phrase", "help")
    list_filter = ("need",)
    search_fields = ("name", "phrase", "slug", "help")
    fields = ("name", "slug", "phrase", "help", "position")


@admin.register(Need)
class NeedAdmin(EntryAdmin[Need]):
    below = ("admin/advisor/_grid.html",)
    list_display = ("name", "produces", "default_modality", "finder_words")
    list_filter = ("default_modality", "modalities", "industry")
    list_select_related = ("default_modality",)
    search_fields = ("name", "phrase", "slug", "help", "words")
    fieldsets = (
        (None, {"fields": ("name", "slug", "phrase", "help", "position")}),
        ("What it produces", {"fields": ("modalities", "default_modality")}),
        ("How visitors find it", {"fields": ("words",)}),
    )

    @admin.display(description="produces")
    def produces(self, need: Need) -> str:
        return ", ".join(str(modality) for modality in need.modalities.all())

    @admin.display(description="finder words")
    def finder_words(self, need: Need) -> int:
        return len(need.words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Need]:
        return super().get_queryset(request).prefetch_related("modalities")


@admin.register(Circumstance)
class CircumstanceAdmin(EntryAdmin[Circumstance]):
    list_display = ("name", "phrase", "fitting_offers")
    list_filter = (("offers", admin.EmptyFieldListFilter), "gate", "caveat")
    search_fields = ("name", "phrase", "slug", "help")
    fields = ("name", "slug", "phrase", "help", "offers", "position")

    @admin.display(description="tools that fit")
    def fitting_offers(self, circumstance: Circumstance) -> str:
        return ", ".join(circumstance.offers) or "all"


@admin.register(Tool)
class ToolAdmin(RowAdmin[Tool]):
    list_display = ("name", "maker", "kind", "cells", "ways_offered", "review", "found")
    list_filter = (choice_filter("kind"), *ROW_FILTERS, cell_filter("categories"))
    search_fields = ("name", "maker", "slug", "what_for")
    fieldsets = (
        (None, {"fields": ("name", "slug", "maker", "kind", "url", "tie", "position")}),
        ("What a visitor reads", {"fields": ("what_for", "limits", "price_model", "data_use", "offered")}),
        ("What it suits", {"fields": ("categories", *CELLS_FIELDS)}),
        CLAIM,
    )

    @admin.display(description="offered")
    def ways_offered(self, tool: Tool) -> str:
        return ", ".join(tool.offered)


@admin.register(Term)
class TermAdmin(EntryAdmin[Term]):
    list_display = ("name", "short_meaning", "checked_on", "review_by")
    list_filter = CLAIM_FILTERS
    search_fields = ("name", "slug", "meaning")
    fieldsets = ((None, {"fields": ("name", "slug", "meaning", "position")}), CLAIM)

    @admin.display(description="meaning", ordering="meaning")
    def short_meaning(self, term: Term) -> str:
        return short(term.meaning)


@admin.register(Example)
class ExampleAdmin(EntryAdmin[Example]):
    list_display = ("name", "category", "readiness", "on_home", "answers")
    list_filter = ("category", "readiness", "on_home")
    list_select_related = ("category",)
    search_fields = ("name", "slug", "answers")
    fields = ("name", "slug", "answers", "category", "readiness", "caveats", "on_home", "position")
