"""What one rule does among the others, and which rule decides each case of one goal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.decision.catalogue import Industry, Modality, Need, Rule
from advisor.decision.domain import Domain, Row
from advisor.decision.release import Release
from advisor.decision.table import Cell, bits, lowest


@dataclass(frozen=True, slots=True)
class Rival:
    """Another rule, in how many of the cases the two meet, and the address of one."""

    rule: Rule
    cases: int
    address: str


@dataclass(frozen=True, slots=True)
class Winnings:
    """Cases are counted where just the circumstances are ticked that the rule asks for.

    `taken`: by more specific rules, or equal ones before it that say the same. `conflicts`: equal ones that disagree.
    `more`: rules that take some of what it wins once other circumstances are ticked. `address` shows where it wins,
    empty where it never does.
    """

    filled: int
    fits: int
    wins: int
    address: str
    taken: tuple[Rival, ...]
    conflicts: tuple[Rival, ...]
    more: tuple[Rival, ...]


def winnings(domain: Domain, rule: Rule) -> Winnings:
    own = next(row for row in domain.rows if row.rule is rule)
    asked = rule.circumstances
    order = {row.rule.slug: place for place, row in enumerate(domain.rows)}
    others = sorted(
        (row for row in domain.rows if row is not own and row.cells & own.cells),
        key=lambda row: (-row.specificity, order[row.rule.slug]),
    )
    left = own.cells
    taken = []
    for row in others:
        before = row.specificity > own.specificity or (
            row.specificity == own.specificity and order[row.rule.slug] < order[rule.slug]
        )
        if before and row.rule.circumstances <= asked and left & row.cells:
            taken.append(_rival(domain, row, left & row.cells, asked))
            left &= ~row.cells
    return Winnings(
        filled=own.specificity,
        fits=own.cells.bit_count(),
        wins=left.bit_count(),
        address=domain.address(domain.cells[lowest(left)], asked) if left else "",
        taken=tuple(taken),
        conflicts=tuple(_conflicts(domain, own)),
        more=tuple(
            _rival(domain, row, left & row.cells, asked | row.rule.circumstances)
            for row in others
            if row.specificity > own.specificity and not row.rule.circumstances <= asked and left & row.cells
        ),
    )


def _conflicts(domain: Domain, own: Row) -> Iterator[Rival]:
    for row, other, disputed in domain.conflicts():
        if own in (row, other):
            rival = other if row is own else row
            yield _rival(domain, rival, disputed, own.rule.circumstances | rival.rule.circumstances)


def _rival(domain: Domain, row: Row, cells: int, circumstances: frozenset[str]) -> Rival:
    return Rival(row.rule, cells.bit_count(), domain.address(domain.cells[lowest(cells)], circumstances))


@dataclass(frozen=True, slots=True)
class Decided:
    """A case with nothing ticked: the rules that fit it best. None: a gap. Of several categories: a conflict."""

    cell: Cell
    rules: tuple[Rule, ...]

    @property
    def conflicts(self) -> bool:
        return len({rule.category for rule in self.rules}) > 1


@dataclass(frozen=True, slots=True)
class Grid:
    """One goal's slice of the table. `asking`: its rules that ask for circumstances, which the cells leave out."""

    modalities: tuple[Modality, ...]
    rows: tuple[tuple[Industry, tuple[Decided, ...]], ...]
    asking: tuple[Rule, ...]


def grid(release: Release, need: Need) -> Grid:
    catalogue = release.catalogue
    modalities = tuple(modality for modality in catalogue.modalities if modality.slug in need.modalities)
    return Grid(
        modalities=modalities,
        rows=tuple(
            (industry, tuple(_decided(release, Cell(industry.slug, need.slug, made.slug)) for made in modalities))
            for industry in catalogue.industries
        ),
        asking=tuple(
            rule
            for rule in catalogue.rules
            if rule.circumstances
            and (not rule.needs or need.slug in rule.needs)
            and (not rule.modalities or rule.modalities & set(need.modalities))
        ),
    )


def _decided(release: Release, cell: Cell) -> Decided:
    index = release.table.rules
    fitting = [index.rows[number] for number in bits(index.accepting(cell) & index.allowed(()))]
    best = [rule for rule in fitting if rule.specificity == fitting[0].specificity]
    agree = all(rule.category == best[0].category for rule in best)
    return Decided(cell, tuple(best[:1] if agree else best))
