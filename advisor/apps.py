"""The one app of the project, and the admin site that it replaces Django's own with."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class AdvisorConfig(AppConfig):
    name = "advisor"
    verbose_name = "Content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from advisor import events, figures, patience  # not before the models are there

        events.listen()
        connection_created.connect(figures.time_statements, dispatch_uid="advisor.figures")
        connection_created.connect(patience.limit_statements)
        pre_migrate.connect(take_your_time, sender=self)
        post_migrate.connect(hurry_again, sender=self)


def take_your_time(using: str, **kwargs: Any) -> None:
    """A migration may work longer than a page on one statement. It waits no longer for a lock: pages wait behind it."""
    _on_postgresql(using, "SET statement_timeout = 0")


def hurry_again(using: str, **kwargs: Any) -> None:
    _on_postgresql(using, "RESET statement_timeout")


def _on_postgresql(using: str, statement: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(statement)


class WorkplaceConfig(AdminConfig):
    default_site = "advisor.workplace.Workplace"
