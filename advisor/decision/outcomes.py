"""What one need comes to, without its reasons: for asking hundreds of times what would be if an answer were another."""

from __future__ import annotations

from advisor.decision.catalogue import Need
from advisor.decision.merge import lead
from advisor.decision.table import Cell, Gap, Table, lowest

NeedOutcome = tuple[str, int]
"""The category of a need's verdict, and the place of its level in LEVELS."""


class Outcomes:
    """The outcomes of needs in one industry, as `recommend` decides them.

    `rules` and `gates` are those that ask for no circumstance other than those ticked, as masks.
    """

    def __init__(self, table: Table, industry: str, rules: int, gates: int) -> None:
        self._table, self._industry = table, industry
        self._rows, self._gates_of, self._of_case = table.rules.rows, table.gates.categories, table.of_case
        self._rules, self._gates = table.rules.industries[industry] & rules, table.gates.industries[industry] & gates

    def of(self, need: Need, modalities: tuple[str, ...]) -> NeedOutcome:
        """Raises Gap where no rule decides."""
        categories, gates = [], 0
        for modality in modalities:
            of_rules, of_gates, _, _ = self._of_case[need.slug, modality]
            matching = self._rules & of_rules
            if not matching:
                raise Gap(Cell(self._industry, need.slug, modality))
            category = self._rows[(matching & -matching).bit_length() - 1].category  # as `lowest`, without the call
            gates |= of_gates & self._gates_of[category]
            categories.append(category)
        gates &= self._gates
        if len(categories) > 1:
            default = modalities.index(need.default_modality) if need.default_modality in modalities else 0
            category = lead(categories, categories[default], self._table.catalogue)
        return category, self._table.strictest(gates) if gates else 0

    def could_change(self, need: Need, modalities: tuple[str, ...]) -> tuple[int, int]:
        """The rules and gates whose coming or going could give this need another outcome, as masks."""
        rules = gates = 0
        for modality in modalities:
            of_case = self._of_case[need.slug, modality]
            winner = 1 << lowest(self._rules & of_case[0])
            rules |= of_case[0] & (2 * winner - 1)  # what comes after the winner never gets to decide
            gates |= of_case[1]
        table = self._table
        return rules & table.rules.industries[self._industry], gates & table.gates.industries[self._industry]
