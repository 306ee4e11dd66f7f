"""Load the draft from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from advisor.decision.catalogue import Catalogue, DocumentError
from advisor.management.tables import tables_needed
from advisor.models import AuditEntry, fixtures, versions
from advisor.models.document import DRAFT_MODELS, in_the_way, problems_of, replace_draft


class Command(BaseCommand):
    help = (
        "Replace the draft with the JSON files of a folder, one a section. When anything is wrong, nothing is loaded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", default="fixtures", type=Path, help="default: fixtures")
        parser.add_argument("--if-empty", action="store_true", help="leave a draft that has any content as it is")
        parser.add_argument("--dry-run", action="store_true", help="check the files only")

    def handle(self, *args: Any, folder: Path, if_empty: bool, dry_run: bool, **options: Any) -> None:
        with tables_needed():
            has_content = any(model.objects.exists() for model in DRAFT_MODELS.values())
        if if_empty and has_content:
            self.stdout.write("The draft has content already. Nothing was loaded.")
            return
        try:
            catalogue = fixtures.read(folder)
            if dry_run:
                _refuse_problems(catalogue)
            else:
                with transaction.atomic():
                    versions.keep()
                    replace_draft(catalogue)
                    versions.keep(how="Loaded from files")
                    AuditEntry.write("Replaced the whole draft from files")
        except DocumentError as error:
            raise CommandError(_listed(folder, error)) from error
        count = sum(len(getattr(catalogue, section)) for section in Catalogue.SECTIONS)
        done = "are sound. Nothing was loaded: this was a dry run" if dry_run else "are the draft now"
        self.stdout.write(f"{count} records from {folder} {done}.")


def _refuse_problems(catalogue: Catalogue) -> None:
    problems = [*problems_of(catalogue), *in_the_way(catalogue)]
    if problems:
        raise DocumentError(problems)


def _listed(folder: Path, error: DocumentError) -> str:
    lines = ["Nothing was loaded."]
    for section, record, text in error.problems:
        where = fixtures.file_of(folder, section) if section in Catalogue.SECTIONS else folder
        lines.append(f"  {where}: {text}" if record in ("file", "section") else f"  {where}, {record}: {text}")
    return "\n".join(lines)
