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
from advisor.decision.table import Cell, bits, lowest


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
        self._alike: dict[tuple[int, frozenset[str]], int] = {}
        for row in self.rows:
            self._by_specificity.setdefault(row.specificity, []).append(row)
            key = (row.specificity, row.rule.circumstances)
            self._alike[key] = self._alike.get(key, 0) | row.cells
        self._covers: dict[tuple[int, frozenset[str]], int] = {}
        self._starts: dict[Cell, str] = {}
        self._ends: dict[frozenset[str], str] = {}
        self.gaps = self.all & ~self.cover(-1, frozenset())
        self.dead = list(self._dead())

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
        known = self._covers.get(key)
        if known is None:
            known = 0
            for (level, asked), cells in self._alike.items():
                if level > specificity and asked <= circumstances:
                    known |= cells
            self._covers[key] = known
        return known

    def live(self, row: Row, circumstances: frozenset[str]) -> int:
        """The cells where no more specific rule beats this row when just these circumstances are ticked."""
        return row.cells & ~self.cover(row.specificity, circumstances)

    def _dead(self) -> Iterator[Row]:
        """The rows that win nowhere: more specific rows beat them, or equal ones before them lead to the same."""
        before: dict[tuple[int, str], dict[frozenset[str], int]] = {}
        for row in self.rows:
            asked = row.rule.circumstances
            agreeing = before.setdefault((row.specificity, row.rule.category), {})
            left = self.live(row, asked)
            for fewer, cells in agreeing.items():
                if fewer <= asked:
                    left &= ~cells
            if not left:
                yield row
            agreeing[asked] = agreeing.get(asked, 0) | row.cells

    def conflicts(self) -> Iterator[tuple[Row, Row, int]]:
        """Pairs of equally specific rules with different outcomes, and the cells where neither is beaten."""
        for rows in self._by_specificity.values():
            for row, others in _disagreeing(rows):
                left: dict[frozenset[str], int] = {}  # hundreds of the others ask for the same circumstances
                for other in others:
                    asked = other.rule.circumstances
                    free = left.get(asked)
                    if free is None:
                        free = left[asked] = self.live(row, row.rule.circumstances | asked)
                    disputed = free & other.cells
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
        """The path and query of the result page for this case. Its two halves are kept, for thousands share them."""
        asked = frozenset(circumstances)
        start, end = self._starts.get(cell), self._ends.get(asked)
        if start is None:
            start = self._starts[cell] = address(Answers(cell.industry, (cell.need,), (cell.modality,)))
        if end is None:
            end = self._ends[asked] = Answers(circumstances=tuple(sorted(asked))).query
        return f"{start}&{end}"

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
        conflicts=sum(1 for _ in domain.conflicts()),
        never_wins=len(domain.dead),
        shares=ends,
    )


def address(answers: Answers) -> str:
    """The path and query of the result page for these answers."""
    return f"/advice/?{answers.query}"


def _disagreeing(rows: Sequence[Row]) -> Iterator[tuple[Row, Iterator[Row]]]:
    """Each row with those after it that lead elsewhere and meet it on each side, which is nearly always in a cell."""
    of_outcome: dict[str, int] = {}
    for number, row in enumerate(rows):
        of_outcome[row.rule.category] = of_outcome.get(row.rule.category, 0) | 1 << number
    for number, (row, meeting) in enumerate(zip(rows, _meeting(rows), strict=True)):
        others = meeting & ~of_outcome[row.rule.category] & -1 << number
        if others:
            yield row, (rows[other] for other in bits(others))


def _meeting(rows: Sequence[Row]) -> list[int]:
    """For each row those that accept one of its industries, one of its needs and one of its modalities.

    They are masks with a bit for each row, so a thousand rows are looked at in one step, and not a pair at a time.
    """
    found = [(1 << len(rows)) - 1] * len(rows)
    for side in ("industries", "needs", "modalities"):
        named: dict[str, int] = {}
        free = 0
        cells: list[frozenset[str]] = [getattr(row.rule, side) for row in rows]
        for number, slugs in enumerate(cells):
            for slug in slugs:
                named[slug] = named.get(slug, 0) | 1 << number
            if not slugs:
                free |= 1 << number
        for number, slugs in enumerate(cells):
            if slugs:
                found[number] &= union(named[slug] for slug in slugs) | free
    return found


def union(masks: Iterable[int]) -> int:
    """All cells or rows that any of the masks holds."""
    found = 0
    for mask in masks:
        found |= mask
    return found


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
