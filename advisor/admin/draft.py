"""The draft as it is now, compiled and checked once for each state that it has been in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils import timezone

from advisor.decision.catalogue import Catalogue, Caveat, Gate, Tool, checksum
from advisor.decision.checks import Finding
from advisor.decision.coverage import Coverage, coverage
from advisor.decision.domain import Domain
from advisor.decision.release import Release
from advisor.models.document import draft_document
from advisor.models.releases import check_draft


@dataclass(frozen=True)
class Draft:
    """One state of the draft. `catalogue` is None when the tables can't be read as one; `findings` then says why."""

    sha256: str
    checked_on: date
    catalogue: Catalogue | None
    findings: tuple[Finding, ...]

    @cached_property
    def release(self) -> Release | None:
        return Release.of_draft(self.catalogue) if self.catalogue else None

    @cached_property
    def domain(self) -> Domain | None:
        return Domain(self.catalogue) if self.catalogue else None

    @cached_property
    def coverage(self) -> Coverage | None:
        return coverage(self.release, self.domain) if self.release and self.domain else None

    def address_of(self, section: str, slug: str) -> str:
        """The path of a result that this record has a part in, empty when there is none."""
        entry = self.catalogue.by_slug[section].get(slug) if self.catalogue else None
        domain = self.domain
        if entry is None or domain is None:
            return ""
        if section == "rules":
            row = next(row for row in domain.rows if row.rule is entry)
            return domain.example_of(row) if row.cells else ""
        if isinstance(entry, Gate | Caveat | Tool):
            found = domain.where(entry)
            return domain.address(*found) if found else ""
        if section == "examples":
            return f"/advice/?{entry.answers}"
        cell = next((cell for cell in domain.cells if slug in cell), None)
        return domain.address(cell) if cell else ""


def current_draft() -> Draft:
    """Two workers at most work the same state out twice; what an editor saved a moment ago always counts."""
    global _last
    document = draft_document()
    sha256, today = checksum(document), timezone.localdate()
    with _lock:
        if _last is None or (_last.sha256, _last.checked_on) != (sha256, today):
            _last = _checked(document, sha256, today)
        return _last


def _checked(document: Mapping[str, Any], sha256: str, today: date) -> Draft:
    catalogue, findings = check_draft(today, document)
    return Draft(sha256, today, catalogue, findings)


_last: Draft | None = None
_lock = threading.Lock()
