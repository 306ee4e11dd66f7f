"""The admin site as the editors' workplace: its pages in the order in which the work is done.

It stands outside `advisor.admin`, whose modules register on the site as they are imported: it has to be there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from advisor import lookout


@dataclass(frozen=True, slots=True)
class Page:
    """A page that belongs to no table. `permission` says who finds it in the list; its view decides who may open it."""

    name: str
    url_name: str
    permission: str


GROUPS: tuple[tuple[str, tuple[str | Page, ...]], ...] = (
    ("Catalogue", ("Industry", "Need", "Modality", "Circumstance", "Category", "Tool", "Source", "Term")),
    ("Decision", ("Rule", "Gate", "Caveat", "Example", Page("Simulator", "simulator", "advisor.view_rule"))),
    (
        "Going live",
        (
            Page("Publish", "admin:publish", "advisor.view_release"),
            "Release",
            Page("Claims to check again", "shelf-life", "advisor.view_rule"),
            "Signal",
            Page("Import and export", "import-export", "advisor.view_rule"),
            Page("Deleted records", "deleted", "advisor.view_rule"),
        ),
    ),
    ("People", ("Enquiry", "User", "OwnerSettings", "AuditEntry")),
)
"""Tables by the name of their model."""


class Workplace(AdminSite):
    site_header = "Signpost editors"
    site_title = "Signpost editors"
    index_title = "Where the draft stands"

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from advisor.admin import signin  # not before the registrations

        return signin.first_step(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "outage": lookout.outage()}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from advisor.admin import firstpage  # as above: not before the registrations

        return super().index(request, {**firstpage.context(request), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What this person may open, in our groups. A table that no group names comes last, under its app's name."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        left = {table["object_name"]: table for app in apps for table in app["models"]}
        found: list[dict[str, Any]] = [
            {"name": name, "models": list(self._entries(request, wanted, left))} for name, wanted in GROUPS
        ]
        found.append({"name": "Other", "models": list(left.values())})
        here = max(
            (entry["admin_url"] for group in found for entry in group["models"] if entry["admin_url"]),
            key=lambda url: len(url) if request.path.startswith(url) else 0,
            default="",
        )
        for group in found:
            for entry in group["models"]:
                entry["is_here"] = entry["admin_url"] == here and request.path.startswith(here)
        return [group for group in found if group["models"]]

    def _entries(
        self, request: HttpRequest, wanted: tuple[str | Page, ...], left: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        for one in wanted:
            if isinstance(one, Page):
                if request.user.has_perm(one.permission):
                    yield {"name": one.name, "object_name": one.name, "admin_url": reverse(one.url_name)}
            elif one in left:
                yield left.pop(one)
