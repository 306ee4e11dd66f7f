"""Why not the others: for each category that does not lead, the nearest row that would have led there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from advisor.decision import wording
from advisor.decision.answers import Answers
from advisor.decision.catalogue import Category, Rule
from advisor.decision.flow import modalities_of
from advisor.decision.recommendation import Headline, Verdict, WhyNot
from advisor.decision.release import Release
from advisor.decision.table import Cell, Table, bits


def why_not_the_others(
    release: Release, answers: Answers, verdicts: Sequence[Verdict], headline: Headline
) -> tuple[WhyNot, ...]:
    """For each category that does not lead: the nearest row that would have led there, and what it misses.

    `answers` are those of the address: what was set aside may come back with another goal. Nearest: the
    fewest questions to answer otherwise; among those, what to produce or a circumstance before an industry or goal.
    """
    search = _Search(release.table, answers)
    return tuple(
        _why_not(release, search, verdicts, headline, category)
        for category in release.catalogue.categories
        if category is not headline.category
    )


def _why_not(
    release: Release, search: _Search, verdicts: Sequence[Verdict], headline: Headline, category: Category
) -> WhyNot:
    served = [verdict.need for verdict in verdicts if verdict.category is category]
    if served:
        sentence = wording.why_not_share(
            category, len(served), headline.category, tied=category in headline.tie, joined=_is_joined(headline)
        )
        return WhyNot(category, None, served[0], (), sentence)
    for verdict in verdicts:
        parts = [case.modality for case in verdict.cases if case.category is category]
        if parts:
            sentence = wording.why_not_part(category, verdict.need, parts, verdict.category)
            return WhyNot(category, None, verdict.need, (), sentence)
    near = search.nearest(category.slug)
    if near is None:
        return _why_not_together(release, verdicts, category)
    rule, cell, missing = near
    need = release.catalogue.by_slug["needs"][cell.need]
    return WhyNot(category, rule, need, missing, _sentence(release, category, cell, missing))


def _is_joined(headline: Headline) -> bool:
    """Whether the headline joins language and media, so that no other kind has a share."""
    own = headline.category
    return bool(own.parts) and all(
        share.category is own or share.category.slug in own.parts for share in headline.shares
    )


def _why_not_together(release: Release, verdicts: Sequence[Verdict], category: Category) -> WhyNot:
    if not category.parts:
        return WhyNot(category, None, None, (), wording.why_not_never(category))
    parts = [part for part in release.catalogue.categories if part.slug in category.parts]
    have = [part for part in parts if any(verdict.category is part for verdict in verdicts)]
    return WhyNot(category, None, None, (), wording.why_not_together(category, parts, have))


Missing = tuple[tuple[str, tuple[str, ...]], ...]

_COMBINATIONS = tuple(
    frozenset(keys) for count in range(1, 5) for keys in combinations(("modality", "fact", "industry", "need"), count)
)
"""Which answers to change, the fewest first."""


class _Search:
    """The search for rows that would win with some answers changed. What it works out serves every category."""

    def __init__(self, table: Table, answers: Answers) -> None:
        self.table, self.answers = table, answers
        self.circumstances = frozenset(answers.circumstances or ())
        self.allowed = table.rules.allowed(self.circumstances)
        self.needs = table.catalogue.by_slug["needs"]
        self.usual = table.catalogue.by_slug["industries"][answers.industry or ""].needs
        self.at = [
            Cell(answers.industry or "", slug, modality)
            for slug in sorted(answers.needs, key=table.positions["needs"].__getitem__)
            for modality in modalities_of(self.needs[slug], answers)
        ]
        self._allowed_with: dict[frozenset[str], int] = {}
        self._produced: dict[str, tuple[str, ...]] = {}
        self._not_chosen: dict[tuple[str, bool], list[str]] = {}

    def nearest(self, category: str) -> tuple[Rule, Cell, Missing] | None:
        """The row of this category that would win with the fewest questions answered otherwise, and how.

        Among equally near rows one whose need is chosen already, or usual in this industry, goes first.
        """
        for unmet in _COMBINATIONS:
            if "need" in unmet:
                cells = self.at[:1]  # all differ in nothing but the need
                found = self._first(category, cells, unmet, usual=True) or self._first(category, cells, unmet)
            else:
                found = self._first(category, self.at, unmet)
            if found:
                rule, changed = found
                return rule, changed, _missing(changed, unmet, rule.circumstances - self.circumstances)
        return None

    def _first(
        self, category: str, cells: Sequence[Cell], unmet: frozenset[str], *, usual: bool = False
    ) -> tuple[Rule, Cell] | None:
        """The first row that would win. `usual`: of other needs only those that are usual in this industry."""
        rows, of_category = self.table.rules.rows, self.table.by_category[category]
        for cell in cells:
            for number in bits(self._accepting_but(cell, unmet) & of_category):
                rule = rows[number]
                for changed in self._meet(rule, cell, unmet, usual):
                    if self._wins(number, rule, changed):
                        return rule, changed
        return None

    def _accepting_but(self, cell: Cell, unmet: frozenset[str]) -> int:
        """The rows that accept the cell but for what is unmet. Another need brings what it usually produces with it."""
        rules = self.table.rules
        mask = rules.all & ~self.allowed if "fact" in unmet else self.allowed
        if "industry" not in unmet:
            mask &= rules.industries[cell.industry]
        if "need" not in unmet:
            mask &= rules.needs[cell.need]
            if "modality" not in unmet:
                mask &= rules.modalities[cell.modality]
        return mask

    def _meet(self, rule: Rule, cell: Cell, unmet: frozenset[str], usual: bool) -> Iterator[Cell]:
        """The cells that the rule accepts and that differ from the answers in what is unmet, and in nothing else."""
        order = self.table.positions["industries"]
        industries: Sequence[str] = (cell.industry,)
        needs: Sequence[str] = (cell.need,)
        if "industry" in unmet:
            others = (rule.industries or order.keys()) - {cell.industry}
            industries = sorted(others, key=order.__getitem__)
        for industry in industries:
            if "need" in unmet:
                needs = self._other_needs(rule, industry, usual)
            for slug in needs:
                produced = self._produced_by(slug)
                for modality in self.needs[slug].modalities:
                    accepted = not rule.modalities or modality in rule.modalities
                    if accepted and (modality in produced) != ("modality" in unmet):
                        yield Cell(industry, slug, modality)

    def _other_needs(self, rule: Rule, industry: str, usual: bool) -> Sequence[str]:
        """Needs that the rule accepts and that were not chosen, those first that are usual in that industry."""
        if rule.needs:
            return self._in_order(rule.needs & self.usual if usual else rule.needs, industry)
        known = self._not_chosen.get((industry, usual))
        if known is None:
            every = self._in_order(self.usual if usual else self.needs.keys(), industry)
            known = self._not_chosen[industry, usual] = every
        return known

    def _in_order(self, needs: Iterable[str], industry: str) -> list[str]:
        others = [slug for slug in needs if slug not in self.answers.needs]
        return sorted(others, key=self.table.usual_first(industry).__getitem__) if len(others) > 1 else others

    def _produced_by(self, slug: str) -> tuple[str, ...]:
        known = self._produced.get(slug)
        if known is None:
            known = self._produced[slug] = modalities_of(self.needs[slug], self.answers)
        return known

    def _wins(self, number: int, rule: Rule, cell: Cell) -> bool:
        """Whether the rule decides this cell once all that it asks for is ticked as well."""
        allowed = self._allowed_with.get(rule.circumstances)
        if allowed is None:
            allowed = self.table.rules.allowed(self.circumstances | rule.circumstances)
            self._allowed_with[rule.circumstances] = allowed
        return self.table.winner(cell, allowed) == number


def _missing(changed: Cell, unmet: frozenset[str], circumstances: frozenset[str]) -> Missing:
    keys = ("industry", "need", "modality")
    missing = [(key, (slug,)) for key, slug in zip(keys, changed, strict=True) if key in unmet]
    return (*missing, ("fact", tuple(sorted(circumstances)))) if circumstances else tuple(missing)


def _sentence(release: Release, category: Category, cell: Cell, missing: Missing) -> str:
    by_slug, keys = release.catalogue.by_slug, dict(missing)
    return wording.why_not_yet(
        category,
        by_slug["needs"][cell.need],
        adds_need="need" in keys,
        modality=by_slug["modalities"][cell.modality] if "modality" in keys else None,
        ticked=[by_slug["circumstances"][slug] for slug in keys.get("fact", ())],
        industry=by_slug["industries"][cell.industry] if "industry" in keys else None,
    )
