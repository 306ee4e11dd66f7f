"""What would change this advice, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from advisor.decision import wording
from advisor.decision.answers import SECTION_OF, Answers
from advisor.decision.catalogue import Category, Rule
from advisor.decision.flow import modalities_of, offered
from advisor.decision.merge import lead, leading
from advisor.decision.recommendation import LEVELS, Change, Headline, Verdict, WhyNot
from advisor.decision.release import Release
from advisor.decision.table import Cell, Table, bits


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


class _Situation:
    """The parts of today's outcome by need, so that a change works out anew only the parts that it touches."""

    def __init__(self, release: Release, answers: Answers) -> None:
        self.release, self.answers = release, answers
        self.industry = answers.industry or ""
        self.needs = {slug: release.catalogue.by_slug["needs"][slug] for slug in answers.needs}
        self.modalities = {slug: modalities_of(need, answers) for slug, need in self.needs.items()}
        self.circumstances = frozenset(answers.circumstances or ())
        self.parts = {slug: self._of(slug) for slug in answers.needs}
        self._known: dict[tuple[NeedOutcome, ...], Outcome] = {}
        self.before = self._sum(self.parts.values())

    def after(self, action: str, key: str, slug: str) -> Outcome:
        """The outcome once this one answer is changed."""
        needs = self.release.catalogue.by_slug["needs"]
        if key == "fact":
            return self._sum(self._of(need, circumstances=self.circumstances ^ {slug}) for need in self.needs)
        if key == "industry":
            return self._sum(self._of(need, industry=slug) for need in self.needs)
        if key == "modality":
            changed = self.answers.changed(action, key, slug)
            return self._sum(
                self._of(need, modalities=modalities_of(entry, changed))
                if slug in entry.modalities
                else self.parts[need]
                for need, entry in self.needs.items()
            )
        if action == "drop":
            return self._sum(part for need, part in self.parts.items() if need != slug)
        added = self._of(slug, modalities=modalities_of(needs[slug], self.answers))
        return self._sum([*self.parts.values(), added])

    def _of(
        self,
        need: str,
        industry: str | None = None,
        modalities: tuple[str, ...] | None = None,
        circumstances: frozenset[str] | None = None,
    ) -> NeedOutcome:
        """One need's part, with what is given in place of what was answered."""
        return outcome_of_need(
            self.release.table,
            industry or self.industry,
            need,
            modalities or self.modalities[need],
            self.circumstances if circumstances is None else circumstances,
        )

    def _sum(self, parts: Iterable[NeedOutcome]) -> Outcome:
        key = tuple(parts)
        known = self._known.get(key)
        if known is None:
            result = leading([part.category for part in key], self.release.catalogue)
            level = LEVELS[max(part.level for part in key)]
            known = self._known[key] = Outcome(result.category, result.tie, level)
        return known


def outcome_of_need(
    table: Table, industry: str, need: str, modalities: tuple[str, ...], circumstances: frozenset[str]
) -> NeedOutcome:
    """One need's part. Circumstances that its cells can't use are left out first, so that more is known already."""
    usable = table.usable_circumstances(Cell(industry, need, modalities[0]))
    for modality in modalities[1:]:
        usable |= table.usable_circumstances(Cell(industry, need, modality))
    return _outcome_of_need(table, industry, need, modalities, circumstances & usable)


@lru_cache(maxsize=4096)
def _outcome_of_need(
    table: Table, industry: str, need: str, modalities: tuple[str, ...], circumstances: frozenset[str]
) -> NeedOutcome:
    allowed_rules, allowed_gates = table.rules.allowed(circumstances), table.gates.allowed(circumstances)
    default = table.catalogue.by_slug["needs"][need].default_modality
    decided, strictest = {}, 0
    for modality in modalities:
        cell = Cell(industry, need, modality)
        category = table.rules.rows[table.winner(cell, allowed_rules)].category
        decided[modality] = category
        gates = table.gates.accepting(cell) & table.gates.categories[category] & allowed_gates
        for number in bits(gates):
            strictest = max(strictest, LEVELS.index(table.gates.rows[number].level))
    categories = list(decided.values())
    return NeedOutcome(lead(categories, decided.get(default, categories[0]), table.catalogue), strictest)


def why_not_the_others(
    release: Release, answers: Answers, verdicts: Sequence[Verdict], headline: Headline
) -> tuple[WhyNot, ...]:
    """For each category that does not lead: the nearest row that would have led there, and what it misses.

    `answers` are those of the address: what was set aside may come back with another goal. Nearest: the fewest answers
    to change; among those, what to produce or a circumstance before another industry or goal.
    """
    return tuple(
        _why_not(release, answers, verdicts, headline, category)
        for category in release.catalogue.categories
        if category is not headline.category
    )


def _why_not(
    release: Release, answers: Answers, verdicts: Sequence[Verdict], headline: Headline, category: Category
) -> WhyNot:
    served = [verdict.need for verdict in verdicts if verdict.category is category]
    if served:
        sentence = wording.why_not_share(category, len(served), headline.category, category in headline.tie)
        return WhyNot(category, None, served[0], (), sentence)
    for verdict in verdicts:
        parts = [case.modality for case in verdict.cases if case.category is category]
        if parts:
            sentence = wording.why_not_part(category, verdict.need, parts, verdict.category)
            return WhyNot(category, None, verdict.need, (), sentence)
    near = _nearest(release.table, answers, category.slug)
    if near is None:
        return _why_not_together(release, verdicts, category)
    rule, cell, missing = near
    need = release.catalogue.by_slug["needs"][cell.need]
    return WhyNot(category, rule, need, missing, _sentence(release, category, cell, missing))


def _why_not_together(release: Release, verdicts: Sequence[Verdict], category: Category) -> WhyNot:
    if not category.parts:
        return WhyNot(category, None, None, (), wording.why_not_never(category))
    parts = [part for part in release.catalogue.categories if part.slug in category.parts]
    have = [part for part in parts if any(verdict.category is part for verdict in verdicts)]
    return WhyNot(category, None, None, (), wording.why_not_together(category, parts, have))


Missing = tuple[tuple[str, tuple[str, ...]], ...]


def _nearest(table: Table, answers: Answers, category: str) -> tuple[Rule, Cell, Missing] | None:
    """The row of this category that would win with the fewest answers changed, the changed cell, and those answers.

    Among equally near rows one whose need is chosen already, or usual in this industry, goes first.
    """
    circumstances = frozenset(answers.circumstances or ())
    by_slug = table.catalogue.by_slug
    usual = by_slug["industries"][answers.industry or ""].needs
    at = [
        Cell(answers.industry or "", slug, modality)
        for slug in sorted(answers.needs, key=table.positions["needs"].__getitem__)
        for modality in modalities_of(by_slug["needs"][slug], answers)
    ]
    for unmet in _COMBINATIONS:
        found = None
        for cell in at:
            for number in bits(_accepting_but(table, cell, unmet, circumstances) & table.by_category[category]):
                rule = table.rules.rows[number]
                for changed in _meet(table, rule, cell, unmet, answers):
                    if table.decide(changed, circumstances | rule.circumstances) is rule:
                        near = rule, changed, _missing(changed, unmet, rule.circumstances - circumstances)
                        if changed.need in usual or changed.need == cell.need:
                            return near
                        found = found or near
        if found:
            return found
    return None


_COMBINATIONS = tuple(
    frozenset(keys) for count in range(1, 5) for keys in combinations(("modality", "fact", "industry", "need"), count)
)
"""Which answers to change, the fewest first."""


def _accepting_but(table: Table, cell: Cell, unmet: frozenset[str], circumstances: frozenset[str]) -> int:
    """The rows that accept the cell but for what is unmet. Another need brings what it usually produces with it."""
    rules = table.rules
    mask = rules.all if "fact" in unmet else rules.allowed(circumstances)
    if "industry" not in unmet:
        mask &= rules.industries[cell.industry]
    if "need" not in unmet:
        mask &= rules.needs[cell.need]
        if "modality" not in unmet:
            mask &= rules.modalities[cell.modality]
    return mask


def _meet(table: Table, rule: Rule, cell: Cell, unmet: frozenset[str], answers: Answers) -> Iterator[Cell]:
    """The cells that the rule accepts and that differ from the answers in all that is unmet, and in nothing else."""
    if "fact" in unmet and rule.circumstances <= frozenset(answers.circumstances or ()):
        return
    order, by_slug = table.positions, table.catalogue.by_slug
    industries, needs = [cell.industry], [cell.need]
    if "industry" in unmet:
        others = (rule.industries or order["industries"].keys()) - {cell.industry}
        industries = sorted(others, key=order["industries"].__getitem__)
    for industry in industries:
        if "need" in unmet:
            usual = by_slug["industries"][industry].needs
            others = (rule.needs or order["needs"].keys()) - set(answers.needs)
            needs = sorted(others, key=lambda slug: (slug not in usual, order["needs"][slug]))
        for slug in needs:
            need = by_slug["needs"][slug]
            produced = modalities_of(need, answers)
            for modality in need.modalities:
                accepted = not rule.modalities or modality in rule.modalities
                if accepted and (modality in produced) != ("modality" in unmet):
                    yield Cell(industry, slug, modality)


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
