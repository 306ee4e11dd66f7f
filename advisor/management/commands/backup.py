"""Copy everything that can't be made again."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from advisor import backups, site
from advisor.backups.making import KEPT, make, thin_out
from advisor.backups.manifest import BackupFailed
from advisor.backups.stores import store_of


class Command(BaseCommand):
    help = "Copy the database, the secret key and the release files into a new folder, and check the copy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where the backups are; on another disk, or copied to one")
        parser.add_argument("--keep", type=_at_least_one, default=KEPT, metavar="N", help="how many to keep (14)")

    def handle(self, *args: Any, folder: Path, keep: int, **options: Any) -> None:
        now = timezone.now()
        days = site.this_site().backup_days
        try:
            made, manifest = make(store_of(connection), Path(settings.SIGNPOST_DATA), folder, now)
            rows, tables = manifest.contents.rows, len(manifest.contents.tables)
            size = sum(file.bytes for file in manifest.files.values()) / 1e6
            self.stdout.write(f"{made}: {rows} rows of {tables} tables, {size:.1f} MB, written and checked.")
            backups.made()
            for gone in thin_out(folder, keep, timedelta(days=days), now):
                self.stdout.write(f"{gone}: deleted.")
        except BackupFailed as failure:
            raise CommandError(str(failure)) from failure
        except OSError as error:
            raise CommandError(f"The backup is there, but not noted for the doctor: {error}.") from error


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("keep one at least")
    return number
