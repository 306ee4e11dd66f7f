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


_NEVER_ASKED = Steady("", 0, 0)
"""Stands for what was asked for for the first time. Only at the second time is it worked out for later: most of a
large table is never asked for twice."""


class Outcomes:
    """The outcomes of needs in one industry, as `recommend` decides them.

    `rules` and `gates` are those that ask for no circumstance other than those ticked, as masks. What a need is taken
    to produce is a mask too: of what was ticked, what it can choose from (`Table.can_choose`); 0 for its default.
    """

    def __init__(self, table: Table, industry: str, rules: int, gates: int) -> None:
        self._table, self._industry, self._steady = table, industry, table.steady
        self._rows, self._gates_of, self._of_case = table.rules.rows, table.gates.categories, table.of_case
        self._rules, self._gates = table.rules.industries[industry] & rules, table.gates.industries[industry] & gates
        table.steady.start_anew_when_full()

    def of(self, need: Need, made: int) -> NeedOutcome:
        """Raises Gap where no rule decides."""
        key = (self._industry, need.slug, made)
        steady = self._steady.get(key, _NEVER_ASKED)
        if steady and steady.category and not self._rules & steady.rivals:
            category, gates = steady.category, steady.gates
        else:
            category, gates = self._decide(need, made, self._rules)
            if steady is _NEVER_ASKED:
                self._steady.setdefault(key, None)
            elif steady is None:
                self._steady[key] = self._find_steady(need, made)
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
        return Steady(category, rivals, gates)

    def _decide(self, need: Need, made: int, rules: int) -> tuple[str, int]:
        """The category by these rules, and the gates for such cases in some industry."""
        produced, categories, gates = self._table.produced(need, made), [], 0
        for modality in produced:
            of_rules, of_gates, _, _ = self._of_case[need.slug, modality]
            matching = rules & of_rules
            if not matching:
                raise Gap(Cell(self._industry, need.slug, modality))
            category = self._rows[(matching & -matching).bit_length() - 1].category  # as `lowest`, without the call
            gates |= of_gates & self._gates_of[category]
            categories.append(category)
        if len(categories) > 1:
            default = produced.index(need.default_modality) if need.default_modality in produced else 0
            category = lead(categories, categories[default], self._table.catalogue)
        return category, gates

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
