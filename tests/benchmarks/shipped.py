"""The content that a fresh install comes with, as the decision core takes it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@cache
def shipped_catalogue() -> Catalogue:
    files = {path.stem: json.loads(path.read_text()) for path in FIXTURES.glob("*.json")}
    return Catalogue.from_document(files)


@cache
def shipped_release() -> Release:
    return Release.of_draft(shipped_catalogue())
