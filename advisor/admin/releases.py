"""Releases: to look at, and the way to publish the next one."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path

from advisor.admin import goingback, impact, keptlist, proposing, publishing
from advisor.models import Release


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin[Release]):
    list_display = ("number", "note", "by_name", "how", "published_at", "recalled", "short_checksum")
    list_select_related = ("recall", "proposal")
    search_fields = ("note", "by_name", "sha256")
    fields = ("number", "note", "by_name", "how", "published_at", "recalled", "sha256", "warnings")
    readonly_fields = ("how", "recalled", "warnings")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("publish/", view(publishing.publish), name="publish"),
            path("impact/", view(impact.impact), name="impact"),
            path("impact/list/", view(keptlist.kept_list), name="impact-list"),
            path("<int:pk>/roll-back/", view(goingback.roll_back), name="roll-back"),
            path("<int:pk>/recall/", view(goingback.recall), name="recall"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description="SHA-256")
    def short_checksum(self, release: Release) -> str:
        return release.sha256[:12]

    @admin.display(description="second person")
    def how(self, release: Release) -> str:
        return proposing.how(release)

    @admin.display(description="recalled")
    def recalled(self, release: Release) -> str:
        recall = getattr(release, "recall", None)
        return f"{recall.at:%d %B %Y}, {recall.by_name}: {recall.text}" if recall else "no"

    @admin.display(description="warnings")
    def warnings(self, release: Release) -> str:
        return (
            "\n".join(f"{finding['section']}, {finding['slug']}: {finding['text']}" for finding in release.findings)
            or "none"
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        """Without the documents: a list of a hundred releases would otherwise read them all."""
        return super().get_queryset(request).defer("document", "proposal__document")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Publishing makes a release, a form does not."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Release | None = None) -> bool:
        """A release is history: shared links depend on it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Release | None = None) -> bool:
        return False
