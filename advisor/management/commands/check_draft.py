"""Say what is wrong with the draft."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor.decision.checks import ERROR, WARNING, Finding
from advisor.management.tables import tables_needed
from advisor.models.releases import check_draft


class Command(BaseCommand):
    help = "List what is wrong with the draft, each finding with an example address. Exits 1 when there is an error."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with tables_needed():
            _, findings = check_draft()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        else:
            for line in listed(findings) if findings else ["No findings."]:
                self.stdout.write(line)
        errors = sum(finding.severity == ERROR for finding in findings)
        if errors:
            raise CommandError(f"The draft has {errors} {'error' if errors == 1 else 'errors'}. It can't be published.")


def listed(findings: Sequence[Finding]) -> Iterator[str]:
    """Findings as lines, errors first, those of one kind together."""
    for severity, title in ((ERROR, "Errors"), (WARNING, "Warnings")):
        group = sorted((f for f in findings if f.severity == severity), key=lambda f: f.kind)
        if group:
            yield f"{title} ({len(group)})"
        for finding in group:
            yield f"  {finding.kind}: {finding.section}, {finding.slug}: {finding.text}"
            if finding.address:
                yield f"    see {finding.address}"
