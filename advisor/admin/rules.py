"""Draft tables of the rows that decide."""

from __future__ import annotations

from django.contrib import admin

from advisor.admin.base import CELLS_FIELDS, CLAIM, CLAIM_FILTERS, RowAdmin, short
from advisor.models import Caveat, Gate, Rule

WHEN = "Leave a cell empty for “any”. Of the rules that hold, the one with most filled cells wins."
WHEN_LATER = "Leave a cell empty for “any”. It applies when all filled cells hold."


@admin.register(Rule)
class RuleAdmin(RowAdmin[Rule]):
    list_display = ("slug", "cells", "category", "short_because", "review_by", "position")
    list_filter = ("category", "industries", "modalities", "circumstances", *CLAIM_FILTERS)
    list_select_related = ("category",)
    search_fields = ("slug", "because", "look_for", "needs__name")
    slug_from = ""
    fieldsets = (
        (None, {"fields": ("slug", "position")}),
        ("When", {"fields": CELLS_FIELDS, "description": WHEN}),
        ("What it recommends", {"fields": ("category", "because", "look_for")}),
        CLAIM,
    )

    @admin.display(description="because", ordering="because")
    def short_because(self, rule: Rule) -> str:
        return short(rule.because)


@admin.register(Gate)
class GateAdmin(RowAdmin[Gate]):
    list_display = ("name", "level", "cells", "short_because", "review_by", "position")
    list_filter = ("level", "circumstances", *CLAIM_FILTERS)
    search_fields = ("name", "slug", "because", "action")
    fieldsets = (
        (None, {"fields": ("name", "slug", "level", "position")}),
        ("When", {"fields": (*CELLS_FIELDS, "categories"), "description": WHEN_LATER}),
        ("What a visitor reads", {"fields": ("because", "action", "retry")}),
        CLAIM,
    )

    @admin.display(description="because", ordering="because")
    def short_because(self, gate: Gate) -> str:
        return short(gate.because)


@admin.register(Caveat)
class CaveatAdmin(RowAdmin[Caveat]):
    list_display = ("name", "severity", "certainty", "cells", "status", "review_by", "position")
    list_filter = ("severity", "certainty", "categories", "industries", "circumstances", *CLAIM_FILTERS)
    search_fields = ("name", "slug", "text", "action", "status")
    fieldsets = (
        (None, {"fields": ("name", "slug", "severity", "certainty", "status", "position")}),
        ("When", {"fields": (*CELLS_FIELDS, "categories"), "description": WHEN_LATER}),
        ("What a visitor reads", {"fields": ("text", "action")}),
        CLAIM,
    )
