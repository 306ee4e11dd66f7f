"""A release as the core sees it: a catalogue with what identifies it, and its table, compiled once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from advisor.decision.catalogue import Catalogue, checksum
from advisor.decision.table import Table

DRAFT = 0
"""The number that stands for the draft, which is not published."""


@dataclass(frozen=True, kw_only=True, eq=False)  # compared by identity, so that it can be a key in a cache
class Release:
    """A published catalogue. `published_at` is an ISO 8601 time in UTC, empty for the draft."""

    number: int
    sha256: str
    published_at: str
    note: str
    catalogue: Catalogue

    @classmethod
    def of_draft(cls, catalogue: Catalogue) -> Release:
        return cls(
            number=DRAFT, sha256=checksum(catalogue.to_document()), published_at="", note="", catalogue=catalogue
        )

    @cached_property
    def table(self) -> Table:
        return Table(self.catalogue)
