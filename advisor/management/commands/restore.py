"""Bring a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from advisor.backups.manifest import BackupFailed
from advisor.backups.restoring import check, choose, restore
from advisor.backups.stores import store_of


class Command(BaseCommand):
    help = "Bring a backup back to an empty place, and compare every table. The site must be stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the backup: a folder that has a manifest.json")
        parser.add_argument("--check", action="store_true", help="say whether it is whole, and change nothing")
        parser.add_argument("--replace", action="store_true", help="put the SQLite database that is there aside")

    def handle(self, *args: Any, folder: Path, replace: bool, **options: Any) -> None:
        store = store_of(connection)
        known = [f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations]
        try:
            chosen = choose(folder)
            manifest = check(chosen, store, known)
            rows, tables = manifest.contents.rows, len(manifest.contents.tables)
            told = f"{rows} rows of {tables} tables, of {manifest.made_at}"
            if options["check"]:
                self.stdout.write(f"{chosen} is whole: {told}.")
                return
            data = Path(settings.SIGNPOST_DATA)
            aside = restore(chosen, manifest, store, data, replace=replace, now=timezone.now())
        except BackupFailed as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(f"Restored and compared: {told}. Every table is the same.")
        if aside:
            self.stdout.write(f"What was there is now {aside}. Delete it once all is well.")
        self.stdout.write(
            "Next: `manage.py setup_site`, then start the site. Do again what was done since then: whom you erased, "
            "what you recalled, who lost a role. Mails that waited then are sent once more: docs/how-to/back-up.md"
        )
