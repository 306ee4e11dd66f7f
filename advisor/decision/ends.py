"""Where the cases of the whole domain end: how many come to each kind of AI, and how many may go ahead.

A case is a cell of the domain with a set of circumstances. All sets of twenty circumstances are a million, nearly all
with more ticks than any visitor makes, so those with up to `AT_ONCE` are counted; cells are counted all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from advisor.decision.catalogue import LEVELS, READY, Catalogue
from advisor.decision.domain import Domain

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Ends:
    """How many of the `cases` come to each category and each level of readiness. A gap comes to none."""

    cases: int
    categories: Mapping[str, int]
    levels: Mapping[str, int]


def ends(domain: Domain) -> Ends:
    catalogue = domain.catalogue
    categories = dict.fromkeys((category.slug for category in catalogue.categories), 0)
    levels = dict.fromkeys(LEVELS, 0)
    rows = sorted(domain.rows, key=lambda row: -row.specificity)
    gates = sorted(
        ((gate, domain.mask(gate)) for gate in catalogue.gates), key=lambda pair: -LEVELS.index(pair[0].level)
    )
    ticked = list(_ticked(catalogue))
    for circumstances in ticked:
        won = dict.fromkeys(categories, 0)
        decided = 0
        for row in rows:
            if row.rule.circumstances <= circumstances:
                won[row.rule.category] |= row.cells & ~decided
                decided |= row.cells
        for slug, cells in won.items():
            categories[slug] += cells.bit_count()
        free = decided
        for gate, cells in gates:
            if gate.circumstances <= circumstances:
                held = cells & free
                if gate.categories:
                    of_category = 0
                    for slug in gate.categories:
                        of_category |= won[slug]
                    held &= of_category
                levels[gate.level] += held.bit_count()
                free &= ~held
        levels[READY] += free.bit_count()
    return Ends(len(domain.cells) * len(ticked), categories, levels)


def _ticked(catalogue: Catalogue) -> Iterator[frozenset[str]]:
    slugs = [circumstance.slug for circumstance in catalogue.circumstances]
    return map(frozenset, chain.from_iterable(combinations(slugs, number) for number in range(AT_ONCE + 1)))
