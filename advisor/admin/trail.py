"""The audit trail: to read, and how the admin's pages write it."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import BaseForm, ModelForm
from django.http import HttpRequest

from advisor.admin.notsent import ShowsTyped
from advisor.models import AuditEntry

M = TypeVar("M", bound=Model)


class Trailed(ShowsTyped[M]):
    """Whatever is added, changed or deleted here goes into the trail, in the same transaction."""

    trail_fields: ClassVar[tuple[str, ...] | None] = None
    """Fields whose values the trail may hold. None: all. Of the others it says that they changed."""

    def save_related(self, request: HttpRequest, form: ModelForm[M], formsets: Any, change: bool) -> None:
        """The last step of saving, when the lists of references are stored too."""
        super().save_related(request, form, formsets, change)
        if not change:
            self.trail(request, "Added", form.instance)
        elif form.changed_data:
            self.trail(request, "Changed", form.instance, **self._changes(form))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[M]) -> Any:
        for entry in queryset:
            self.trail(request, "Deleted", entry)
        return super().log_deletions(request, queryset)

    def trail(self, request: HttpRequest, what: str, on: Model | None = None, **more: Any) -> None:
        AuditEntry.write(what, by=request.user, on=on, **more)

    def _changes(self, form: BaseForm) -> dict[str, Any]:
        names = form.changed_data
        told = [name for name in names if self.trail_fields is None or name in self.trail_fields]
        values = {name: (_before(form, name), form.cleaned_data.get(name)) for name in told}
        untold = {name: ("(not kept here)", "(not kept here)") for name in names if name not in told}
        return {"changes": {**values, **untold}}


def _before(form: BaseForm, name: str) -> Any:
    """As the form first showed it, a reference by its name rather than its number."""
    value = form.get_initial_for_field(form.fields[name], name)
    choices = getattr(form.fields[name], "queryset", None)
    if choices is not None and not isinstance(value, list):
        return choices.model._default_manager.filter(pk=value).first()
    return value


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    list_display = ("at", "by", "what", "record")
    search_fields = ("who", "what", "record")
    list_per_page = 100
    show_full_result_count = False
    fields = ("at", "by", "what", "record", "before_and_after", "previous", "sha256")
    readonly_fields = ("by", "before_and_after")

    @admin.display(description="who", ordering="who")
    def by(self, entry: AuditEntry) -> str:
        return entry.who or "a command"

    @admin.display(description="before and after")
    def before_and_after(self, entry: AuditEntry) -> str:
        return "\n".join(f"{name}: {before} → {after}" for name, (before, after) in entry.changes.items()) or "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
