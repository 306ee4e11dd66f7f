"""Starting from a record that is nearly right: a form filled in with all that it says."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import admin
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from advisor.decision.catalogue import SLUG_LENGTH
from advisor.models.bases import Entry

E = TypeVar("E", bound=Entry)

COPY = "copy"
"""The key in the address of an empty form that names the record to start from."""
OWN = frozenset({"id", "slug", "position"})
"""What a copy does not take over."""


class Copied(admin.ModelAdmin[E]):
    def get_list_display(self, request: HttpRequest) -> list[Any]:
        own = [self.duplicate] if self.has_add_permission(request) else []
        return [*super().get_list_display(request), *own]

    @admin.display(description="copy")
    def duplicate(self, entry: E) -> SafeString:
        name = self.opts.verbose_name
        return format_html(
            '<a href="{}" aria-label="Duplicate {} {}">Duplicate</a>', self.copy_address(entry), name, entry
        )

    def copy_address(self, entry: E) -> str:
        """The form for a new record that says what this one says."""
        return f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_add')}?{urlencode({COPY: entry.pk})}"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        original = self.copied(request)
        if original is None:
            return super().get_changeform_initial_data(request)
        said = {name: value for name, value in model_to_dict(original).items() if name not in OWN}
        return {**said, "slug": self.free_slug(original.slug)}

    def copied(self, request: HttpRequest) -> E | None:
        """The record that an empty form starts from."""
        number = request.GET.get(COPY, "")
        return self.get_object(request, number) if number else None

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        return super().add_view(request, form_url, {"copy_of": self.copied(request), **(extra_context or {})})

    def free_slug(self, slug: str) -> str:
        taken = set(self.model._default_manager.values_list("slug", flat=True))
        stem = slug[: SLUG_LENGTH - len("-copy-99")]
        return next(
            free for number in count(1) if (free := f"{stem}-copy" + (f"-{number}" if number > 1 else "")) not in taken
        )
