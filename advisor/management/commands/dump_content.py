"""Write the draft to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advisor.decision.catalogue import Catalogue, DocumentError
from advisor.management.tables import tables_needed
from advisor.models import fixtures
from advisor.models.document import draft_document


class Command(BaseCommand):
    help = "Write the draft to a folder, one JSON file a section. `load_content` reads it back to the same draft."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", default="fixtures", type=Path, help="default: fixtures")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            with tables_needed():
                draft = draft_document()
            document = Catalogue.from_document(draft).to_document()
        except DocumentError as error:
            raise CommandError(f"The draft can't be written until this is mended:\n{error}") from error
        folder.mkdir(parents=True, exist_ok=True)
        for section in Catalogue.SECTIONS:
            fixtures.file_of(folder, section).write_text(fixtures.to_text(document[section]), encoding="utf-8")
        self.stdout.write(f"Wrote {len(Catalogue.SECTIONS)} files to {folder}.")
