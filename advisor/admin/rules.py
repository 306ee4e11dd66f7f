"""Draft tables of the rows that decide."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from advisor.admin.base import CLAIM
from advisor.admin.pick import CELLS_FIELDS, MarkedChoiceField
from advisor.admin.rows import ROW_FILTERS, CategoryFilter, RowAdmin, cell_filter, choice_filter
from advisor.decision import sentences
from advisor.models import Caveat, Gate, Rule

WHEN = "Leave a cell empty for “any”. Of the rules that hold, the one with most filled cells wins."
WHEN_LATER = "Leave a cell empty for “any”. It applies when all filled cells hold."


@admin.register(Rule)
class RuleAdmin(RowAdmin[Rule]):
    list_display = ("row", "reason", "review", "found")
    list_filter = (CategoryFilter, *ROW_FILTERS)
    list_select_related = ("category",)
    search_fields = ("slug", "look_for", "contested")
    slug_from = ""
    fieldsets = (
        (None, {"fields": ("slug", "position")}),
        ("When", {"fields": CELLS_FIELDS, "description": WHEN}),
        ("What it recommends", {"fields": ("category", "because", "look_for")}),
        CLAIM,
    )

    named_by = ("category", *CELLS_FIELDS)

    def name_in_order(self, row: Rule) -> str:
        return row.heading()

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            return db_field.formfield(form_class=MarkedChoiceField, **kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="rule")
    def row(self, rule: Rule) -> SafeString:
        return format_html(
            '<svg class="m" aria-hidden="true"><use href="#m-{}"/></svg>{}: <b>{}</b>,',
            rule.category.slug,
            sentences.when(self.names(rule)),
            sentences.inside(rule.category.name),
        )

    @admin.display(description="because", ordering="because")
    def reason(self, rule: Rule) -> str:
        return sentences.reason(rule.because)

    def sentence_of(self, row: Rule) -> str:
        return sentences.rule(self.names(row), row.category.name, row.because)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        rule = context.get("original")
        if rule:
            context["subtitle"] = rule.heading()
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Gate)
class GateAdmin(RowAdmin[Gate]):
    list_display = ("name", "cells", "level", "reason", "review", "found")
    list_filter = (choice_filter("level"), *ROW_FILTERS, cell_filter("categories"))
    search_fields = ("name", "slug", "because", "action")
    fieldsets = (
        (None, {"fields": ("name", "slug", "level", "position")}),
        ("When", {"fields": (*CELLS_FIELDS, "categories"), "description": WHEN_LATER}),
        ("What a visitor reads", {"fields": ("because", "action", "retry")}),
        CLAIM,
    )

    @admin.display(description="because", ordering="because")
    def reason(self, gate: Gate) -> str:
        return sentences.reason(gate.because)


@admin.register(Caveat)
class CaveatAdmin(RowAdmin[Caveat]):
    list_display = ("name", "cells", "severity", "status", "review", "found")
    cards: ClassVar[tuple[str, ...]] = ("admin/advisor/_does.html", "admin/advisor/_uses.html")
    list_filter = (choice_filter("severity"), choice_filter("certainty"), *ROW_FILTERS, cell_filter("categories"))
    search_fields = ("name", "slug", "text", "action", "status")
    fieldsets = (
        (None, {"fields": ("name", "slug", "severity", "certainty", "status", "position")}),
        ("When", {"fields": (*CELLS_FIELDS, "categories"), "description": WHEN_LATER}),
        ("What a visitor reads", {"fields": ("text", "action")}),
        CLAIM,
    )
