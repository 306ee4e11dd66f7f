"""The floor of the check before publishing: try every set of facts, with all cells in one integer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tests.benchmarks.floors.bit_index import Row


class Found(NamedTuple):
    """The cells that some set of facts leaves undecided, and the names of rows at fault."""

    gaps: int
    never_win: set[str]
    conflicts: set[frozenset[str]]


class _Compiled(NamedTuple):
    name: str
    filled: int
    cells: int
    facts: int
    outcome: str


def check(rows: Iterable[Row], cells: Sequence[tuple[str, str, str]], facts: Sequence[str]) -> Found:
    every = (1 << len(cells)) - 1
    compiled = sorted((_compile(row, cells, facts) for row in rows), key=lambda row: -row.filled)
    levels = [list(level) for _, level in groupby(compiled, key=lambda row: row.filled)]
    gaps, winners, conflicts = 0, set[str](), set[frozenset[str]]()
    for ticked in range(1 << len(facts)):
        taken = 0
        for level in levels:
            live = [(row, row.cells & ~taken) for row in level if not row.facts & ~ticked]
            of_outcome: dict[str, int] = {}
            for row, won in live:
                if won:
                    winners.add(row.name)
                of_outcome[row.outcome] = of_outcome.get(row.outcome, 0) | won
            for row, won in live:
                if any(won & mask for outcome, mask in of_outcome.items() if outcome != row.outcome):
                    conflicts |= {
                        frozenset([row.name, other.name])
                        for other, claimed in live
                        if other.outcome != row.outcome and won & claimed
                    }
            for mask in of_outcome.values():
                taken |= mask
        gaps |= every & ~taken
    return Found(gaps, {row.name for row in compiled} - winners, conflicts)


def _compile(row: Row, cells: Sequence[tuple[str, str, str]], facts: Sequence[str]) -> _Compiled:
    mask = sum(1 << number for number, cell in enumerate(cells) if _accepts(row, cell))
    required = sum(1 << number for number, fact in enumerate(facts) if fact in row.facts)
    return _Compiled(row.name, sum(map(bool, row[1:5])), mask, required, row.outcome)


def _accepts(row: Row, cell: tuple[str, str, str]) -> bool:
    wanted: tuple[Collection[str], ...] = (row.industries, row.needs, row.modalities)
    return all(not slugs or slug in slugs for slugs, slug in zip(wanted, cell, strict=True))
