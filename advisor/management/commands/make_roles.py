"""Make the groups that stand for roles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from advisor import roles
from advisor.management.tables import tables_needed


class Command(BaseCommand):
    help = "Make the roles, or put them back to what they may do. Who has a role stays. Doing it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        with tables_needed():
            roles.make_roles()
        self.stdout.write(f"Roles: {', '.join(roles.ROLES)}. An owner gives them to people under Users in the admin.")
