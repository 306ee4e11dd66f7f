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
        try:
            _write(folder, {section: fixtures.to_text(document[section]) for section in Catalogue.SECTIONS})
        except OSError as error:
            raise CommandError(f"The files can't be written: {error}.") from error
        self.stdout.write(f"Wrote {len(Catalogue.SECTIONS)} files to {folder}.")


def _write(folder: Path, texts: dict[str, str]) -> None:
    """All files or, when the disk is full, none: each is written beside its place first."""
    folder.mkdir(parents=True, exist_ok=True)
    places = {fixtures.file_of(folder, section): text for section, text in texts.items()}
    beside = {path: path.with_suffix(".json.new") for path in places}
    try:
        for path, text in places.items():
            beside[path].write_text(text, encoding="utf-8")
        for path, new in beside.items():
            new.replace(path)
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)
