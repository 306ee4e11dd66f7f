"""Let the first editor in, without a default password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from advisor.admin import first_editor
from advisor.management.tables import tables_needed


class Command(BaseCommand):
    help = "Print a link with which the first editor chooses a name and a password. It works once, for seven days."

    def handle(self, *args: Any, **options: Any) -> None:
        with tables_needed():
            there_is_one = first_editor.there_is_an_editor()
        if there_is_one:
            self.stderr.write("There is an editor already, so no link was made.")
            return
        address = reverse("first-editor", args=[first_editor.invite()])
        self.stdout.write(f"{settings.SIGNPOST_SITE_URL.rstrip('/')}{address}")
        self.stderr.write("Open this link to become the first editor. It works once, for seven days.")
