"""Matching and the hit policy, over a bit index.

Every row has one bit. For each answer an integer holds the bits of the rows that accept it, so a case is decided by
AND-ing a few integers: the lowest bit left is the winner, because rows are numbered from the most filled cells down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from advisor.decision.catalogue import LEVELS, Catalogue, Cells, Condition, Need, Rule

Row = TypeVar("Row", bound=Cells)


class Cell(NamedTuple):
    """What the table decides, given the circumstances: one industry, need and modality."""

    industry: str
    need: str
    modality: str


MOST_CELLS = 2000
"""How many cells a table remembers the rows of. In a large table each takes a kilobyte or more."""

MOST_REMEMBERED = 10_000
"""How many small results of one kind a table remembers, each a few hundred bytes with its key."""

Known = TypeVar("Known")


class Memo(dict[Any, Known]):
    """Remembers so many results, then starts anew: a process that has served every visitor stays small."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: Any, known: Known) -> None:
        self.start_anew_when_full()
        super().__setitem__(key, known)

    def start_anew_when_full(self) -> None:
        if len(self) >= self.most:
            self.clear()


class Accepting(NamedTuple):
    """The rows of each index that accept something, as masks, whatever else they ask for."""

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
        self.requiring: dict[str, int] = {}
        """For each circumstance the rows that ask for it."""
        for number, row in enumerate(self.rows):
            for slug in row.circumstances:
                self.requiring[slug] = self.requiring.get(slug, 0) | 1 << number
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
        for slug, rows in self.requiring.items():
            if slug not in circumstances:
                mask &= ~rows
        return mask

    def one_tick_away(self, circumstances: Collection[str]) -> int:
        """The rows that ask for at most one circumstance other than these."""
        asking, asking_for_more = 0, 0
        for slug, rows in self.requiring.items():
            if slug not in circumstances:
                asking_for_more |= asking & rows
                asking |= rows
        return self.all & ~asking_for_more

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
        indexes: tuple[Index[Any], ...] = (self.rules, self.gates, self.caveats, self.tools)
        self.gate_order = [(-LEVELS.index(gate.level), places["gates"][gate.slug]) for gate in self.gates.rows]
        self.caveat_order = [(row.severity != "must", places["caveats"][row.slug]) for row in self.caveats.rows]
        self.tool_order = [(-tool.specificity, tool.name.casefold(), tool.slug) for tool in self.tools.rows]
        self._by_level = [
            (place, sum(1 << number for number, gate in enumerate(self.gates.rows) if gate.level == level))
            for place, level in reversed(list(enumerate(LEVELS)))
        ]
        """The places in LEVELS, the strictest first, each with its gates."""
        self.of_case = {
            (need.slug, modality): Accepting(
                *[index.needs[need.slug] & index.modalities[modality] for index in indexes]
            )
            for need in catalogue.needs
            for modality in need.modalities
        }
        """For each need and what it can produce: the rows that accept them in some industry."""
        self.bit_of = {slug: 1 << place for slug, place in places["circumstances"].items()}
        """Circumstances as a mask of their own, in the editors' order."""
        self.modality_bits = {slug: 1 << place for slug, place in places["modalities"].items()}
        """What can be produced as a mask of its own."""
        self.can_choose = {
            need.slug: sum(self.modality_bits[slug] for slug in need.modalities) if len(need.modalities) > 1 else 0
            for need in catalogue.needs
        }
        """For each need what it can be ticked to produce, as a mask: nothing where it can produce one thing only."""
        self._usable: Memo[int] = Memo(MOST_REMEMBERED)
        self._allowed_with: Memo[int] = Memo(MOST_CELLS)
        self.steady: Memo[Any] = Memo(MOST_CELLS)
        """What needs come to while no circumstance tells: `Outcomes` works it out. None: asked for once."""
        self.memo: Memo[Any] = Memo(MOST_REMEMBERED)
        """What else was worked out before."""

    def produced(self, need: Need, made: int) -> tuple[str, ...]:
        """What a need is taken to produce, given as a mask of what was ticked for it: its default when nothing was."""
        if not made:
            return (need.default_modality,)
        bits_of = self.modality_bits
        return tuple([slug for slug in need.modalities if made & bits_of[slug]])

    def strictest(self, gates: int) -> int:
        """The place in LEVELS of the strictest of these gates, given as a mask."""
        for place, of_level in self._by_level:
            if gates & of_level:
                return place
        return 0

    def usual_first(self, industry: str | None) -> Mapping[str, int]:
        """Each need's place when those usual in the industry come first, in that order."""
        key = ("usual", industry)
        known: Mapping[str, int] | None = self.memo.get(key)
        if known is None:
            usual = self.catalogue.by_slug["industries"][industry].needs if industry else frozenset()
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

    def can_win(self, number: int, accepting: int) -> bool:
        """Whether the rule wins under some set of circumstances, in a cell that these rules accept.

        It does exactly if it wins where no more was ticked than it asks for, as more ticks only bring in more rows.
        """
        asked = self.rules.rows[number].circumstances
        allowed = self._allowed_with.get(asked)
        if allowed is None:
            allowed = self._allowed_with[asked] = self.rules.allowed(asked)
        return lowest(accepting & allowed) == number

    def usable(self, cell: Cell) -> int:
        """The circumstances that some rule, gate or caveat could still use for this cell, as a mask.

        What else is ticked changes neither the rule that decides the cell nor the gates and caveats that apply.
        """
        known = self._usable.get(cell)
        if known is None:
            known = self._usable[cell] = self._find_usable(cell)
        return known

    def _find_usable(self, cell: Cell) -> int:
        rules = self.rules
        accepting = rules.accepting(cell)
        free = accepting & ~rules.asking
        before = accepting & ((free & -free) - 1) if free else accepting  # a rule that asks for nothing beats the rest
        found = 0
        for index in (self.gates, self.caveats):  # before the rules, of which there may be thousands
            of_cell = index.accepting(cell)
            for slug, bit in self.bit_of.items():
                if not found & bit:
                    for number in bits(of_cell & index.requiring.get(slug, 0)):
                        row = index.rows[number]
                        if not row.categories or self._can_meet(row, accepting):
                            found |= self.mask_of(row.circumstances)
                            break
        for slug, bit in self.bit_of.items():
            if not found & bit:
                for number in bits(before & rules.requiring.get(slug, 0)):
                    if self.can_win(number, accepting):
                        found |= self.mask_of(rules.rows[number].circumstances)
                        break
        return found

    def _can_meet(self, row: Condition, accepting: int) -> bool:
        """Whether the row's circumstances and category can hold at once, in a cell that these rules accept."""
        rules = self.rules.rows
        leading_there = 0
        for category in row.categories:
            leading_there |= self.by_category[category]
        for number in bits(accepting & leading_there):
            together = rules[number].circumstances | row.circumstances
            if rules[lowest(accepting & self.rules.allowed(together))].category in row.categories:
                return True
        return False

    def mask_of(self, circumstances: Iterable[str]) -> int:
        """Circumstances as a mask."""
        mask = 0
        for slug in circumstances:
            mask |= self.bit_of[slug]
        return mask
