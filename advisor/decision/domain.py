"""The whole domain of a catalogue, and what its rules do with it, by reasoning over cells instead of trying answers.

A cell is one industry x need x modality that the need can produce, and has one bit here; a row is the set of cells it
accepts, as one integer. No cell of a row tests for absence, so ticking more circumstances only brings in more rows and
the hardest case for a row is always that nothing was ticked but what it asks for. That removes the 2^n sets of
circumstances: `Domain.cover` is all that is needed. It holds as long as any circumstances can be true together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue, Cells, Condition, Rule
from advisor.decision.table import Cell, lowest


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with the cells it accepts, as a mask."""

    rule: Rule
    specificity: int
    cells: int


class Domain:
    """Every cell of a catalogue, and what its rules do with them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.cells = [
            Cell(industry.slug, need.slug, modality)
            for industry in catalogue.industries
            for need in catalogue.needs
            for modality in need.modalities
        ]
        self.all = (1 << len(self.cells)) - 1
        self._of = [self._masks(position) for position in range(3)]
        self.rows = [Row(rule, rule.specificity, self.mask(rule)) for rule in catalogue.rules]
        self._by_specificity: dict[int, list[Row]] = {}
        for row in self.rows:
            self._by_specificity.setdefault(row.specificity, []).append(row)
        self._covers: dict[tuple[int, frozenset[str]], int] = {}
        self.gaps = self.all & ~self.cover(-1, frozenset())
        self.dead = [row for row in self.rows if not self.live(row, row.rule.circumstances) & ~self._doubled(row)]

    def _masks(self, position: int) -> dict[str, int]:
        """For each slug at this position of a cell, the cells that have it."""
        found: dict[str, int] = {}
        for number, cell in enumerate(self.cells):
            found[cell[position]] = found.get(cell[position], 0) | 1 << number
        return found

    def mask(self, row: Cells) -> int:
        """The cells that a row accepts."""
        mask = self.all
        for slugs, of in zip((row.industries, row.needs, row.modalities), self._of, strict=True):
            if slugs:
                accepted = 0
                for slug in slugs:
                    accepted |= of.get(slug, 0)
                mask &= accepted
        return mask

    def cover(self, specificity: int, circumstances: frozenset[str]) -> int:
        """The cells that rules more specific than this decide when just these circumstances are ticked."""
        key = (specificity, circumstances)
        if key not in self._covers:
            cells = 0
            for level, rows in self._by_specificity.items():
                if level > specificity:
                    for row in rows:
                        if row.rule.circumstances <= circumstances:
                            cells |= row.cells
            self._covers[key] = cells
        return self._covers[key]

    def live(self, row: Row, circumstances: frozenset[str]) -> int:
        """The cells where no more specific rule beats this row when just these circumstances are ticked."""
        return row.cells & ~self.cover(row.specificity, circumstances)

    def _doubled(self, row: Row) -> int:
        """The cells where an equally specific rule before this one leads to the same, whenever this one matches."""
        cells = 0
        for other in self._by_specificity[row.specificity]:
            if other is row:
                break
            if other.rule.category == row.rule.category and other.rule.circumstances <= row.rule.circumstances:
                cells |= other.cells
        return cells

    def conflicts(self) -> Iterator[tuple[Row, Row, int]]:
        """Pairs of equally specific rules with different outcomes, and the cells where neither is beaten."""
        for rows in self._by_specificity.values():
            for row, other in _overlapping(rows):
                together = row.rule.circumstances | other.rule.circumstances
                disputed = row.cells & other.cells & ~self.cover(row.specificity, together)
                if disputed:
                    yield row, other, disputed

    def where(self, condition: Condition) -> tuple[Cell, frozenset[str]] | None:
        """A cell and circumstances under which a gate, caveat or tool applies, or None when it never can."""
        accepted = self.mask(condition)
        if not condition.categories and accepted & ~self.gaps:
            return self.cells[lowest(accepted & ~self.gaps)], condition.circumstances
        for row in self.rows:
            if accepted & row.cells and (not condition.categories or row.rule.category in condition.categories):
                together = row.rule.circumstances | condition.circumstances
                possible = accepted & self.live(row, together)
                if possible:
                    return self.cells[lowest(possible)], together
        return None

    def meet(self, categories: Iterable[str]) -> bool:
        """Whether cases of one industry, under the same circumstances, can come to each of these categories."""
        for rows in product(*([row for row in self.rows if row.rule.category == category] for category in categories)):
            together = frozenset().union(*(row.rule.circumstances for row in rows))
            live = [self.live(row, together) for row in rows]
            if any(all(cells & industry for cells in live) for industry in self._of[0].values()):
                return True
        return False

    def address(self, cell: Cell, circumstances: Iterable[str] = ()) -> str:
        answers = Answers(cell.industry, (cell.need,), (cell.modality,), tuple(sorted(circumstances)))
        return address(answers)

    def example_of(self, row: Row) -> str:
        """An address where this rule wins; where it never does, one where it matches."""
        cells = self.live(row, row.rule.circumstances) or row.cells
        return self.address(self.cells[lowest(cells)], row.rule.circumstances) if cells else address(Answers())


@dataclass(frozen=True, slots=True)
class Figures:
    """The size of the whole domain and where its cells end when no circumstance is ticked."""

    cells: int
    rows: int
    gaps: int
    conflicts: int
    never_wins: int
    shares: Mapping[str, int]


def figures(catalogue: Catalogue) -> Figures:
    """The counts that the page on how the site decides shows."""
    domain = Domain(catalogue)
    ends = dict.fromkeys((category.slug for category in catalogue.categories), 0)
    decided = 0
    plain = sorted((row for row in domain.rows if not row.rule.circumstances), key=lambda row: -row.specificity)
    for row in plain:
        ends[row.rule.category] += (row.cells & ~decided).bit_count()
        decided |= row.cells
    return Figures(
        cells=len(domain.cells),
        rows=len(catalogue.rules),
        gaps=domain.gaps.bit_count(),
        conflicts=len(list(domain.conflicts())),
        never_wins=len(domain.dead),
        shares=ends,
    )


def address(answers: Answers) -> str:
    """The path and query of the result page for these answers."""
    return "/advice/?" + "&".join([f"{key}={slug}" for key, slug in answers.pairs()])


def _overlapping(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Pairs that share a cell and disagree. Rows that share no cell with another outcome are passed over at once."""
    of_outcome: dict[str, int] = {}
    for row in rows:
        of_outcome[row.rule.category] = of_outcome.get(row.rule.category, 0) | row.cells
    disputed = {
        outcome: _union(cells for other, cells in of_outcome.items() if other != outcome) for outcome in of_outcome
    }
    candidates = [row for row in rows if row.cells & disputed[row.rule.category]]
    for number, row in enumerate(candidates):
        cells, outcome = row.cells, row.rule.category
        for other in candidates[number + 1 :]:
            if cells & other.cells and other.rule.category != outcome:
                yield row, other


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


Box = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def boxes(cells: Sequence[Cell]) -> list[Box]:
    """Cells gathered into as few blocks of industries x needs x modalities as merging equal sides gives."""
    blocks: list[Box] = [((cell.industry,), (cell.need,), (cell.modality,)) for cell in cells]
    for side in (0, 2, 1):
        merged: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for block in blocks:
            rest = tuple(part for position, part in enumerate(block) if position != side)
            merged.setdefault(rest, []).extend(block[side])
        blocks = []
        for rest, slugs in merged.items():
            sides = list(rest)
            sides.insert(side, tuple(slugs))
            blocks.append((sides[0], sides[1], sides[2]))
    return blocks
