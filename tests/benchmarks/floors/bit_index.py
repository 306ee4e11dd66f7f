"""The floor of a decision: for each answer one integer with a bit per row; AND them, take the lowest bit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A row of the table. An empty set means any."""

    name: str
    industries: frozenset[str]
    needs: frozenset[str]
    modalities: frozenset[str]
    facts: frozenset[str]
    outcome: str
    because: str


class Decided(NamedTuple):
    need: str
    modality: str
    outcome: str
    row: str
    because: str


class BitIndex:
    def __init__(
        self, rows: Iterable[Row], industries: Collection[str], needs: Collection[str], modalities: Collection[str]
    ) -> None:
        self.rows = sorted(rows, key=lambda row: -sum(map(bool, row[1:5])))
        self.industries = {slug: self._mask(1, slug) for slug in industries}
        self.needs = {slug: self._mask(2, slug) for slug in needs}
        self.modalities = {slug: self._mask(3, slug) for slug in modalities}
        facts = {fact for row in self.rows for fact in row.facts}
        self.without = {
            fact: sum(1 << bit for bit, row in enumerate(self.rows) if fact not in row.facts) for fact in facts
        }
        self.every = (1 << len(self.rows)) - 1

    def _mask(self, field: int, slug: str) -> int:
        return sum(1 << bit for bit, row in enumerate(self.rows) if not row[field] or slug in row[field])

    def decide(
        self, industry: str, needs: Sequence[str], modalities: Sequence[str], facts: Collection[str]
    ) -> list[Decided]:
        allowed = self.industries[industry]
        for fact, rows in self.without.items():
            if fact not in facts:
                allowed &= rows
        found = []
        for need in needs:
            of_need = allowed & self.needs[need]
            for modality in modalities:
                matching = of_need & self.modalities[modality]
                row = self.rows[(matching & -matching).bit_length() - 1]
                found.append(Decided(need, modality, row.outcome, row.name, row.because))
        return found
