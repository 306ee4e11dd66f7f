"""The draft as it is now, compiled and checked once for each state that it has been in."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from advisor.decision.catalogue import Catalogue, Caveat, Gate, Tool, checksum
from advisor.decision.checks import Finding
from advisor.decision.coverage import Coverage, coverage
from advisor.decision.domain import Domain
from advisor.decision.release import Release
from advisor.models import CheckedLink
from advisor.models.document import left_out_now, whole_draft
from advisor.models.releases import check_draft
from advisor.models.retiring import Key, rule_headings
from advisor.models.versions import draft_state


@dataclass(frozen=True)
class Draft:
    """One state of the draft. `catalogue` is None when the tables can't be read as one; `findings` then says why."""

    state: str
    checked_on: date
    catalogue: Catalogue | None
    findings: tuple[Finding, ...]

    @cached_property
    def sha256(self) -> str:
        """The checksum that a release of it would have; empty when it can't be read."""
        return checksum(self.catalogue.to_document()) if self.catalogue else ""

    @cached_property
    def release(self) -> Release | None:
        return Release.of_draft(self.catalogue) if self.catalogue else None

    @cached_property
    def domain(self) -> Domain | None:
        return Domain(self.catalogue) if self.catalogue else None

    @cached_property
    def coverage(self) -> Coverage | None:
        return coverage(self.release, self.domain) if self.release and self.domain else None

    @cached_property
    def by_record(self) -> dict[tuple[str, str], list[Finding]]:
        """The findings that name each record, by section and slug."""
        found: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            for slug in filter(None, (finding.slug, finding.also)):
                found.setdefault((finding.section, slug), []).append(finding)
        return found

    @cached_property
    def left_out(self) -> dict[Key, str]:
        """The records that are not in the catalogue because something is retired, and why."""
        return left_out_now()

    @cached_property
    def left_out_rules(self) -> dict[Key, str]:
        """What to call those of them that have no name."""
        return rule_headings(whole_draft(), self.left_out) if self.left_out else {}

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
    """What an editor saved a moment ago always counts. The tables are compiled and checked only when they changed."""
    global _last
    state, today = _state(), timezone.localdate()
    with _lock:
        if _last is None or (_last.state, _last.checked_on) != (state, today):
            catalogue, findings = check_draft(today)
            _last = Draft(state, today, catalogue, findings)
        return _last


def _state() -> str:
    """A checksum over all that the draft's check looks at."""
    links = CheckedLink.objects.findings().values_list("url", "problem", "moved_to")
    return hashlib.sha256((draft_state() + repr(list(links))).encode()).hexdigest()


_last: Draft | None = None
_lock = threading.Lock()
