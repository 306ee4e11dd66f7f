"""What would change this advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.decision.answers import SECTION_OF, Answers
from advisor.decision.catalogue import LEVELS, Need
from advisor.decision.flow import modalities_of, offered
from advisor.decision.merge import lead, leading
from advisor.decision.recommendation import Change
from advisor.decision.release import Release
from advisor.decision.table import Cell, Gap, Table, lowest


class Outcome(NamedTuple):
    """What a single-answer change may change: the leading category, those tied with it, and the readiness level."""

    category: str
    tie: tuple[str, ...]
    level: str

    def reads_like(self, other: Outcome) -> bool:
        """Whether headline and readiness are the same. The order of the tied kinds behind the first does not count."""
        return self[::2] == other[::2] and set(self.tie) == set(other.tie)


class NeedOutcome(NamedTuple):
    """One need's part of an outcome: the category of its verdict, and the place of its level in LEVELS."""

    category: str
    level: int


def what_would_change(release: Release, answers: Answers) -> tuple[Change, ...]:
    """Every single-answer change that gives another headline or readiness: circumstances first, industries last.

    One answer is changed at a time: another industry, a goal more or fewer, one thing more or fewer to produce, one
    circumstance more or fewer. What no question offers for these answers cannot be changed.
    """
    by_slug = release.catalogue.by_slug
    situation = _Situation(release, answers)
    before = situation.before
    changes = []
    for action, key, slug in single_changes(release, answers):
        after = situation.after(action, key, slug)
        if not after.reads_like(before):
            changes.append(
                Change(
                    action=action,
                    key=key,
                    slug=slug,
                    name=by_slug[SECTION_OF[key]][slug].name,
                    category=by_slug["categories"][after.category],
                    tie=tuple(by_slug["categories"][tied] for tied in after.tie),
                    level=after.level,
                    answers=answers.changed(action, key, slug),
                )
            )
    return tuple(changes)


def single_changes(release: Release, answers: Answers) -> Iterator[tuple[str, str, str]]:
    """(action, key, slug) for each answer that a visitor could change alone."""
    for key in ("fact", "modality", "need"):
        picked = answers.picked(key)
        for slug in offered(release, answers, key):
            if slug not in picked:
                yield "add", key, slug
            elif key != "need" or len(picked) > 1:
                yield "drop", key, slug
    for industry in release.catalogue.industries:
        if industry.slug != answers.industry:
            yield "swap", "industry", industry.slug


class _Allowed(NamedTuple):
    """The rules and gates that ask for no circumstance other than those ticked, as masks."""

    rules: int
    gates: int


class _Situation:
    """The parts of today's outcome by need, so that a change works out anew only the parts that it touches."""

    def __init__(self, release: Release, answers: Answers) -> None:
        self.table, self.answers = release.table, answers
        self.industry = answers.industry or ""
        self.every_need = release.catalogue.by_slug["needs"]
        self.needs = [self.every_need[slug] for slug in answers.needs]
        self.circumstances = frozenset(answers.circumstances or ())
        self.allowed = self._allowed(self.circumstances)
        self.modalities = {need.slug: modalities_of(need, answers) for need in self.needs}
        self.parts = {need.slug: self._of(need, self.industry, self.allowed) for need in self.needs}
        self._known: dict[tuple[NeedOutcome, ...], Outcome] = {}
        self.before = self._sum(tuple(self.parts.values()))

    def after(self, action: str, key: str, slug: str) -> Outcome:
        """The outcome once this one answer is changed."""
        if key == "fact":
            allowed = self._allowed(self.circumstances ^ {slug})
            return self._sum(tuple([self._of(need, self.industry, allowed) for need in self.needs]))
        if key == "industry":
            return self._sum(tuple([self._of(need, slug, self.allowed) for need in self.needs]))
        if key == "modality":
            return self._sum(tuple(self._with_modalities(self.answers.changed(action, key, slug), slug)))
        if action == "drop":
            return self._sum(tuple([part for need, part in self.parts.items() if need != slug]))
        need = self.every_need[slug]
        added = outcome_of_need(self.table, self.industry, need, modalities_of(need, self.answers), self.allowed)
        return self._sum((*self.parts.values(), added))

    def _with_modalities(self, changed: Answers, slug: str) -> Iterator[NeedOutcome]:
        for need in self.needs:
            if slug in need.modalities:
                modalities = modalities_of(need, changed)
                yield outcome_of_need(self.table, self.industry, need, modalities, self.allowed)
            else:
                yield self.parts[need.slug]

    def _of(self, need: Need, industry: str, allowed: _Allowed) -> NeedOutcome:
        return outcome_of_need(self.table, industry, need, self.modalities[need.slug], allowed)

    def _allowed(self, circumstances: frozenset[str]) -> _Allowed:
        return _Allowed(self.table.rules.allowed(circumstances), self.table.gates.allowed(circumstances))

    def _sum(self, parts: tuple[NeedOutcome, ...]) -> Outcome:
        known = self._known.get(parts)
        if known is None:
            result = leading([part.category for part in parts], self.table.catalogue)
            level = LEVELS[max(part.level for part in parts)]
            known = self._known[parts] = Outcome(result.category, result.tie, level)
        return known


def outcome_of_need(
    table: Table, industry: str, need: Need, modalities: Sequence[str], allowed: _Allowed
) -> NeedOutcome:
    """One need's part: as `recommend` decides it, without reasons. Raises Gap where no rule decides."""
    categories, gates = [], 0
    for modality in modalities:
        cell = Cell(industry, need.slug, modality)
        at = table.at(cell)
        matching = at.rules & allowed.rules
        if not matching:
            raise Gap(cell)
        category = table.rules.rows[lowest(matching)].category
        gates |= at.gates & table.gates.categories[category]
        categories.append(category)
    level = table.strictest(gates & allowed.gates)
    if len(categories) == 1:
        return NeedOutcome(categories[0], level)
    default = modalities.index(need.default_modality) if need.default_modality in modalities else 0
    return NeedOutcome(lead(categories, categories[default], table.catalogue), level)
