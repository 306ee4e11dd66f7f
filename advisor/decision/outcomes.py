"""What one need comes to, without its reasons: for asking hundreds of times what would be if an answer were another."""

from __future__ import annotations

from typing import NamedTuple

from advisor.decision.catalogue import Need
from advisor.decision.merge import lead
from advisor.decision.table import Cell, Gap, Table, lowest

NeedOutcome = tuple[str, int]
"""The category of a need's verdict, and the place of its level in LEVELS."""


class Steady(NamedTuple):
    """What one need comes to in one industry while no circumstance tells.

    `category` is "" where no rule decides then. `rivals` are the rules that would decide if they were allowed,
    `gates` those that apply to this category once their circumstances are ticked.
    """

    category: str
    rivals: int
    gates: int


class Outcomes:
    """The outcomes of needs in one industry, as `recommend` decides them.

    `rules` and `gates` are those that ask for no circumstance other than those ticked, as masks. What a need is taken
    to produce is a mask too, by `Table.made_of`: of what was ticked, what the need can produce; 0 for its default.
    """

    def __init__(self, table: Table, industry: str, rules: int, gates: int) -> None:
        self._table, self._industry, self._steady = table, industry, table.steady
        self._rules, self._gates = table.rules.industries[industry] & rules, table.gates.industries[industry] & gates

    def of(self, need: Need, made: int) -> NeedOutcome:
        """Raises Gap where no rule decides."""
        key = (self._industry, need.slug, made)
        steady = self._steady.get(key)
        if steady is None:
            steady = self._steady[key] = self._find_steady(need, made)
        category, rivals, gates = steady
        if self._rules & rivals or not category:
            category, gates = self._decide(need, made, self._rules)
        gates &= self._gates
        return category, self._table.strictest(gates) if gates else 0

    def _find_steady(self, need: Need, made: int) -> Steady:
        table = self._table
        accepting = table.rules.industries[self._industry]
        free = accepting & ~table.rules.asking
        try:
            category, gates = self._decide(need, made, free)
        except Gap:
            return Steady("", 0, 0)
        rivals = 0
        for modality in table.produced(need, made):
            of_rules = table.of_case[need.slug, modality].rules
            rivals |= accepting & of_rules & ((1 << lowest(free & of_rules)) - 1)
        return Steady(category, rivals, gates & table.gates.industries[self._industry])

    def _decide(self, need: Need, made: int, rules: int) -> tuple[str, int]:
        """The category by these rules, and the gates for such cases in some industry."""
        table, gates = self._table, 0
        categories: dict[str, str] = {}
        for modality in table.produced(need, made):
            of_rules, of_gates, _, _ = table.of_case[need.slug, modality]
            matching = rules & of_rules
            if not matching:
                raise Gap(Cell(self._industry, need.slug, modality))
            category = categories[modality] = table.rules.rows[lowest(matching)].category
            gates |= of_gates & table.gates.categories[category]
        found = list(categories.values())
        return lead(found, categories.get(need.default_modality, found[0]), table.catalogue), gates

    def could_change(self, need: Need, made: int) -> tuple[int, int]:
        """The rules and gates whose coming or going could give this need another outcome, as masks."""
        table = self._table
        rules = gates = 0
        for modality in table.produced(need, made):
            of_rules, of_gates, _, _ = table.of_case[need.slug, modality]
            winner = 1 << lowest(self._rules & of_rules)
            rules |= of_rules & (2 * winner - 1)  # what comes after the winner never gets to decide
            gates |= of_gates
        return rules & table.rules.industries[self._industry], gates & table.gates.industries[self._industry]
