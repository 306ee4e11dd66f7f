"""The content of a fresh install, read from `fixtures/` without Django."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, list[dict[str, Any]]] = {
    section: json.loads((ROOT / "fixtures" / f"{section}.json").read_text("utf-8")) for section in Catalogue.SECTIONS
}
CATALOGUE = Catalogue.from_document(DOCUMENT)
RELEASE = Release.of_draft(CATALOGUE)
