"""Move from the SQLite file to PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.loader import MigrationLoader

from advisor import database, moving
from advisor.management.tables import tables_needed


class Command(BaseCommand):
    help = "Move everything from the SQLite file to the empty database of SIGNPOST_DATABASE_URL, and compare each row."

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(settings.SIGNPOST_DATA) / database.SQLITE_FILE
        if connection.vendor != "postgresql":
            raise CommandError("Say first where to: set SIGNPOST_DATABASE_URL to an empty PostgreSQL database.")
        if not file.is_file():
            raise CommandError(f"There is no {file} to move.")
        moving.open_file(file)
        with tables_needed():
            if moving.unknown_migrations(moving.FILE, iter(MigrationLoader(None).disk_migrations)):
                raise CommandError(
                    "The file is not of this code. Start the site on the file once, without SIGNPOST_DATABASE_URL."
                )
            if there := moving.not_empty(DEFAULT_DB_ALIAS):
                raise CommandError(f"That database is not empty: {', '.join(there[:5])}. Nothing was moved.")
        call_command("migrate", interactive=False, verbosity=0)
        try:
            tables = moving.move()
        except moving.MoveFailed as failure:
            raise CommandError(f"{failure} Nothing was moved, and the file is as it was.") from failure
        for name, table in sorted(tables.items()):
            self.stdout.write(f"{name}: {table.rows} rows, {table.sha256[:16]} on both sides")
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(f"Moved and compared: {rows} rows of {len(tables)} tables.")
        self.stdout.write(f"Next: `manage.py setup_site`, then start the site. Delete {file} once all is well.")
