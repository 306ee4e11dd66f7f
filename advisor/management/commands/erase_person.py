"""Delete what is kept about a person."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import date_format

from advisor import people, site
from advisor.management.tables import tables_needed

logger = logging.getLogger("advisor.people")


class Command(BaseCommand):
    help = "Delete everything that is kept about the person with this mail address or telephone number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="a whole mail address or telephone number")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")

    def handle(self, *args: Any, address: str, dry_run: bool, **options: Any) -> None:
        try:
            with tables_needed():
                found = people.records_of(address)
                if not dry_run:
                    people.erase(found)
        except people.NoAddress as error:
            raise CommandError(str(error)) from error
        if not (found.enquiries or found.watches or found.signals):
            self.stdout.write("Nothing is kept under this address.")
            return
        verb = "would be erased" if dry_run else "erased"
        for enquiry in found.enquiries:
            self.stdout.write(f"Enquiry {enquiry.reference} of {date_format(enquiry.received_at, 'j F Y')}: {verb}")
        for watch in found.watches:
            self.stdout.write(f"Address at a result, left on {date_format(watch.asked_at, 'j F Y')}: {verb}")
        for signal in found.signals:
            self.stdout.write(f"Words in a signal of {date_format(signal.received_at, 'j F Y')}: {verb}")
        if not dry_run:
            until = timezone.localdate() + timedelta(days=site.this_site().backup_days)
            self.stdout.write(f"Backups may still hold it until {date_format(until, 'j F Y')}.")
            logger.info("Erased a person: %s", people.counted(found))
