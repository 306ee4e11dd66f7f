"""Find out whether the audit trail is as it was written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from advisor.management.tables import tables_needed
from advisor.models import AuditEntry


class Command(BaseCommand):
    help = "Walk the audit trail and name the first entry that was changed, or that does not follow the one before."

    def handle(self, *args: Any, **options: Any) -> None:
        with tables_needed():
            entries = AuditEntry.objects.all()
            found = next(entries.broken(), None)
            if found:
                entry, why = found
                raise CommandError(f"The trail is broken at entry {entry.pk} of {entry.at:%Y-%m-%d %H:%M}: {why}.")
            newest = entries.first()
            self.stdout.write(f"{entries.count()} entries, none changed and none missing between them.")
        if newest:
            self.stdout.write(f"The newest is entry {newest.pk}, sealed {newest.sha256}")
