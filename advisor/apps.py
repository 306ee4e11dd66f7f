"""The one app of the project, and the admin site that it replaces Django's own with."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AdvisorConfig(AppConfig):
    name = "advisor"
    verbose_name = "Content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from advisor import events  # not before the models are there

        events.listen()


class WorkplaceConfig(AdminConfig):
    default_site = "advisor.workplace.Workplace"
