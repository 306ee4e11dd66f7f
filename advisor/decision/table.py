"""Matching and the hit policy, over a bit index.

Every row has one bit. For each answer an integer holds the bits of the rows that accept it, so a case is decided by
AND-ing a few integers: the lowest bit left is the winner, because rows are numbered from the most filled cells down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from advisor.decision.catalogue import LEVELS, Catalogue, Cells, Condition, Rule

Row = TypeVar("Row", bound=Cells)


class Cell(NamedTuple):
    """What the table decides, given the circumstances: one industry, need and modality."""

    industry: str
    need: str
    modality: str


MOST_CELLS = 2000
"""How many cells a table remembers the rows of. In a large table each takes a kilobyte or more."""


class At(NamedTuple):
    """The rows that accept a cell, whatever circumstances and category they ask for, as a mask for each index."""

    rules: int
    gates: int
    caveats: int
    tools: int


class Gap(LookupError):
    """No row decides this case. A release has none, a draft may."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        super().__init__(f"no rule decides {cell.industry}, {cell.need}, {cell.modality}")


def lowest(mask: int) -> int:
    """The number of the lowest bit that is set. `mask` must not be 0."""
    return (mask & -mask).bit_length() - 1


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Index(Generic[Row]):
    """Rows with condition cells, most filled cells first, findable by what they accept."""

    def __init__(self, rows: Iterable[Row], catalogue: Catalogue) -> None:
        self.rows: Sequence[Row] = sorted(rows, key=lambda row: -row.specificity)
        self.specificities = [row.specificity for row in self.rows]
        self.all = (1 << len(self.rows)) - 1
        self.industries = self._accepting("industries", (entry.slug for entry in catalogue.industries))
        self.needs = self._accepting("needs", (entry.slug for entry in catalogue.needs))
        self.modalities = self._accepting("modalities", (entry.slug for entry in catalogue.modalities))
        self.categories = self._accepting("categories", (entry.slug for entry in catalogue.categories))
        self._requiring: dict[str, int] = {}
        for number, row in enumerate(self.rows):
            for slug in row.circumstances:
                self._requiring[slug] = self._requiring.get(slug, 0) | 1 << number
        self.asking = sum(1 << number for number, row in enumerate(self.rows) if row.circumstances)
        """The rows that ask for any circumstance."""

    def _accepting(self, cell: str, slugs: Iterable[str]) -> Mapping[str, int]:
        """For each slug the rows whose cell names it or is empty."""
        any_mask, named = 0, dict.fromkeys(slugs, 0)
        for number, row in enumerate(self.rows):
            filled: Collection[str] = getattr(row, cell, ())
            for slug in filled:
                named[slug] |= 1 << number
            if not filled:
                any_mask |= 1 << number
        return {slug: mask | any_mask for slug, mask in named.items()}

    def allowed(self, circumstances: Collection[str]) -> int:
        """The rows that ask for no circumstance other than these."""
        mask = self.all
        for slug, rows in self._requiring.items():
            if slug not in circumstances:
                mask &= ~rows
        return mask

    def accepting(self, cell: Cell) -> int:
        """The rows that accept the cell, whatever circumstances and category they ask for."""
        return self.industries[cell.industry] & self.needs[cell.need] & self.modalities[cell.modality]


class Table:
    """The decision table of a catalogue, and its gates, caveats and tools under the same matching."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.rules: Index[Rule] = Index(catalogue.rules, catalogue)
        self.gates = Index(catalogue.gates, catalogue)
        self.caveats = Index(catalogue.caveats, catalogue)
        self.tools = Index((tool for tool in catalogue.tools if tool.kind == "product"), catalogue)
        self.by_category: Mapping[str, int] = {
            category.slug: sum(
                1 << number for number, rule in enumerate(self.rules.rows) if rule.category == category.slug
            )
            for category in catalogue.categories
        }
        self.positions: Mapping[str, Mapping[str, int]] = {
            section: {slug: position for position, slug in enumerate(entries)}
            for section, entries in catalogue.by_slug.items()
        }
        places = self.positions
        self.gate_order = [(-LEVELS.index(gate.level), places["gates"][gate.slug]) for gate in self.gates.rows]
        self.caveat_order = [(row.severity != "must", places["caveats"][row.slug]) for row in self.caveats.rows]
        self.tool_order = [(-tool.specificity, tool.name.casefold(), tool.slug) for tool in self.tools.rows]
        self._of_level = [
            sum(1 << number for number, gate in enumerate(self.gates.rows) if gate.level == level) for level in LEVELS
        ]
        self._at: dict[Cell, At] = {}
        self.memo: dict[tuple[object, ...], Any] = {}
        """What was worked out before for a cell. It has at most a few entries for each cell, so it needs no limit."""

    def at(self, cell: Cell) -> At:
        """The rows that accept the cell, remembered."""
        known = self._at.get(cell)
        if known is None:
            if len(self._at) >= MOST_CELLS:
                self._at.clear()
            indexes: tuple[Index[Any], ...] = (self.rules, self.gates, self.caveats, self.tools)
            known = self._at[cell] = At(*(index.accepting(cell) for index in indexes))
        return known

    def strictest(self, gates: int) -> int:
        """The place in LEVELS of the strictest of these gates, given as a mask."""
        for place in range(len(LEVELS) - 1, 0, -1):
            if gates & self._of_level[place]:
                return place
        return 0

    def usual_first(self, industry: str) -> Mapping[str, int]:
        """Each need's place when those usual in the industry come first, in that order."""
        key = ("usual", industry)
        known: Mapping[str, int] | None = self.memo.get(key)
        if known is None:
            usual = self.catalogue.by_slug["industries"][industry].needs
            ordered = sorted(self.positions["needs"], key=lambda slug: slug not in usual)
            known = self.memo[key] = {slug: place for place, slug in enumerate(ordered)}
        return known

    def winner(self, cell: Cell, allowed: int) -> int:
        """The number of the most specific rule among `allowed` that accepts the cell. Raises Gap when none does."""
        rules = self.rules
        mask = rules.industries[cell[0]] & rules.needs[cell[1]] & rules.modalities[cell[2]] & allowed
        if not mask:
            raise Gap(cell)
        return lowest(mask)

    def decide(self, cell: Cell, circumstances: Collection[str] = ()) -> Rule:
        """The rule that decides the case. Raises Gap when none does."""
        return self.rules.rows[self.winner(cell, self.rules.allowed(circumstances))]

    def possible(self, cell: Cell) -> Iterator[tuple[int, Rule]]:
        """The rules that win this cell under some set of circumstances.

        A rule wins under some set exactly if it wins where no more was ticked than it asks for, as more ticks only
        bring in more rows. So it is beaten for good by an earlier rule that asks for no more than it does, and the
        first rule that asks for nothing beats all that follow.
        """
        rules, accepting = self.rules.rows, self.rules.accepting(cell)
        free = accepting & ~self.rules.asking
        earlier: list[frozenset[str]] = []
        for number in bits(accepting & ((free & -free) - 1) if free else accepting):
            asked = rules[number].circumstances
            for less in earlier:
                if less <= asked:
                    break
            else:
                earlier.append(asked)
                yield number, rules[number]
        if free:
            yield lowest(free), rules[lowest(free)]

    def _can_meet(self, row: Condition, possible: Sequence[tuple[int, Rule]]) -> bool:
        """Whether the row's circumstances and category can hold at once. The first possible rule that matches wins."""
        for _, rule in possible:
            if rule.category in row.categories:
                together = rule.circumstances | row.circumstances
                if next(won for _, won in possible if won.circumstances <= together).category in row.categories:
                    return True
        return False

    def usable_circumstances(self, cell: Cell) -> frozenset[str]:
        """The circumstances that some rule, gate or caveat could still use for this cell."""
        key = ("usable", cell)
        if key not in self.memo:
            possible = tuple(self.possible(cell))
            found = {slug for _, rule in possible for slug in rule.circumstances}
            for index in (self.gates, self.caveats):
                for number in bits(index.accepting(cell) & index.asking):
                    row = index.rows[number]
                    if row.circumstances - found and (not row.categories or self._can_meet(row, possible)):
                        found |= row.circumstances
            self.memo[key] = frozenset(found)
        usable: frozenset[str] = self.memo[key]
        return usable
