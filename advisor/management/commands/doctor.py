"""Say what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from advisor import doctor


class Command(BaseCommand):
    help = "Say what is wrong with this installation, one line each, with the command that mends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as a list of objects")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(doctor.examine())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
        else:
            for finding in found:
                self.stdout.write(f"{finding.severity} {finding.id}: {finding.text} Mend: {finding.mend}")
            errors = sum(finding.severity == "error" for finding in found)
            self.stdout.write(f"{errors} errors, {len(found) - errors} warnings." if found else "Nothing is wrong.")
        if any(finding.severity == "error" for finding in found):
            sys.exit(1)
