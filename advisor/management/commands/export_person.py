"""Hand out what is kept about a person."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor import people
from advisor.management.tables import tables_needed
from advisor.models import AuditEntry


class Command(BaseCommand):
    help = "Print as JSON everything that is kept about the person with this mail address or telephone number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="a whole mail address or telephone number")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        try:
            with tables_needed():
                records = people.records_of(address)
                found = people.exported(records)
                AuditEntry.write(f"Exported a person: {people.counted(records)}")
        except people.NoAddress as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
