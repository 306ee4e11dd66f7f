"""Let somebody in again who lost their password or second step."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor.admin import rescue
from advisor.management.tables import tables_needed


class Command(BaseCommand):
    help = (
        "Print a link with which somebody chooses a new password and sets up a new second step. It works once, for an "
        "hour. Ends their lock-out and their sessions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name that they log in with")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        with tables_needed():
            user = User.objects.filter(username=name, is_staff=True).first()
            if user is None:
                raise CommandError(f"Nobody who works here is called {name}.")
            if not user.is_active:
                raise CommandError(f"{name} is inactive. An owner can make the account active again, under Users.")
            self.stdout.write(rescue.link_for(user))
        self.stderr.write(f"For {name} alone: it works once, for an hour. Make sure that it is really them who asked.")
