"""What would change this advice, and why not the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    tie: frozenset[str]
    level: str


def what_would_change(release: Release, answers: Answers, headline: Headline, level: str) -> tuple[Change, ...]:
    """Every single-answer change that gives another headline or readiness, circumstances first, then goals.

    One answer is changed at a time: another industry, a goal more or fewer, one thing more or fewer to produce, one
    circumstance more or fewer. What no question offers for these answers cannot be changed.
    """
    by_slug = release.catalogue.by_slug
    outcomes = Outcomes(release)
    before = Outcome(headline.category.slug, frozenset(category.slug for category in headline.tie), level)
    changes = []
    for action, key, slug, changed in single_changes(release, answers):
        after, tie = outcomes.of(changed)
        if after != before:
            changes.append(
                Change(
                    action=action,
                    key=key,
                    slug=slug,
                    name=by_slug[SECTION_OF[key]][slug].name,
                    category=by_slug["categories"][after.category],
                    tie=tuple(by_slug["categories"][tied] for tied in tie),
                    level=after.level,
                    answers=changed,
                )
            )
    return tuple(changes)


def single_changes(release: Release, answers: Answers) -> Iterator[tuple[str, str, str, Answers]]:
    """(action, key, slug, changed answers) for each answer that a visitor could change alone."""
    for key in ("fact", "modality", "need"):
        picked = answers.picked(key)
        for slug in offered(release, answers, key):
            if slug not in picked:
                yield "add", key, slug, answers.with_added(key, slug)
            elif key != "need" or len(picked) > 1:
                yield "drop", key, slug, answers.with_dropped(key, slug)
    for industry in release.catalogue.industries:
        if industry.slug != answers.industry:
            yield "swap", "industry", industry.slug, answers.with_industry(industry.slug)


class Outcomes:
    """Outcomes of many sets of answers, without reasons, caveats or tools, remembering each need's part."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.known: dict[tuple[object, ...], tuple[str, int]] = {}

    def of(self, answers: Answers) -> tuple[Outcome, tuple[str, ...]]:
        """The outcome, and the tied categories in the order in which they are named."""
        needs = self.release.catalogue.by_slug["needs"]
        circumstances = frozenset(answers.circumstances or ())
        industry = answers.industry or ""
        categories, strictest = [], 0
        for slug in answers.needs:
            modalities = modalities_of(needs[slug], answers)
            key = (industry, slug, modalities, circumstances)
            if key not in self.known:
                self.known[key] = self._of_need(industry, slug, modalities, circumstances)
            category, level = self.known[key]
            categories.append(category)
            strictest = max(strictest, level)
        result = leading(categories, self.release.catalogue)
        return Outcome(result.category, frozenset(result.tie), LEVELS[strictest]), result.tie

    def _of_need(
        self, industry: str, need: str, modalities: Sequence[str], circumstances: frozenset[str]
    ) -> tuple[str, int]:
        """The category of a need's verdict, and the number of its level in LEVELS."""
        table = self.release.table
        allowed_rules, allowed_gates = table.rules.allowed(circumstances), table.gates.allowed(circumstances)
        default = self.release.catalogue.by_slug["needs"][need].default_modality
        decided, strictest = {}, 0
        for modality in modalities:
            cell = Cell(industry, need, modality)
            category = table.rules.rows[table.winner(cell, allowed_rules)].category
            decided[modality] = category
            gates = table.gates.accepting(cell) & table.gates.categories[category] & allowed_gates
            for number in bits(gates):
                strictest = max(strictest, LEVELS.index(table.gates.rows[number].level))
        categories = list(decided.values())
        return lead(categories, decided.get(default, categories[0]), self.release.catalogue), strictest


def why_not_the_others(
    release: Release, answers: Answers, verdicts: Sequence[Verdict], headline: Headline
) -> tuple[WhyNot, ...]:
    """For each category that does not lead: the nearest row that would have led there, and what it misses.

    `answers` must be those that count. Nearest: the fewest unmet cells; among those, what to produce or a circumstance
    before another industry or goal.
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
        sentence = wording.why_not_share(category, len(served), category in headline.tie)
        return WhyNot(category, None, served[0], (), sentence)
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
        for slug in answers.needs
        for modality in modalities_of(by_slug["needs"][slug], answers)
    ]
    for unmet in _COMBINATIONS:
        found = None
        for cell in at:
            for number in bits(_accepting_but(table, cell, unmet, circumstances) & table.by_category[category]):
                rule = table.rules.rows[number]
                changed = _meet(table, rule, cell, unmet)
                if changed is not None and table.decide(changed, circumstances | rule.circumstances) is rule:
                    near = rule, changed, _missing(cell, changed, rule.circumstances - circumstances)
                    if changed.need in usual or changed.need == cell.need:
                        return near
                    found = found or near
        if found:
            return found
    return None


_COMBINATIONS = (
    {"modality"},
    {"fact"},
    {"industry"},
    {"need"},
    {"need", "modality"},
    {"modality", "fact"},
    {"industry", "modality"},
    {"industry", "need"},
    {"need", "fact"},
    {"industry", "need", "modality"},
    {"need", "modality", "fact"},
    {"industry", "need", "modality", "fact"},
)
"""Which answers to change, the fewest first."""


def _accepting_but(table: Table, cell: Cell, unmet: set[str], circumstances: frozenset[str]) -> int:
    rules = table.rules
    mask = rules.all if "fact" in unmet else rules.allowed(circumstances)
    for key, index, slug in (
        ("industry", rules.industries, cell.industry),
        ("need", rules.needs, cell.need),
        ("modality", rules.modalities, cell.modality),
    ):
        if key not in unmet:
            mask &= index[slug]
    return mask


def _meet(table: Table, rule: Rule, cell: Cell, unmet: set[str]) -> Cell | None:
    """The cell with the unmet answers replaced by ones that the rule names; None when no need can produce that."""
    order, by_slug = table.positions, table.catalogue.by_slug
    industry, need, modality = cell
    if "industry" in unmet and rule.industries:
        industry = min(rule.industries, key=order["industries"].__getitem__)
    needs = [need]
    if "need" in unmet and rule.needs:
        usual = by_slug["industries"][industry].needs
        needs = sorted(rule.needs, key=lambda slug: (slug not in usual, order["needs"][slug]))
    for slug in needs:
        can = by_slug["needs"][slug].modalities
        wanted = (rule.modalities or frozenset(can)) if "modality" in unmet else {modality}
        fitting = [item for item in can if item in wanted]
        if fitting:
            return Cell(industry, slug, fitting[0])
    return None


def _missing(cell: Cell, changed: Cell, circumstances: frozenset[str]) -> Missing:
    pairs = zip(("industry", "need", "modality"), cell, changed, strict=True)
    missing = [(key, (after,)) for key, before, after in pairs if before != after]
    return (*missing, ("fact", tuple(sorted(circumstances)))) if circumstances else tuple(missing)


def _sentence(release: Release, category: Category, cell: Cell, missing: Missing) -> str:
    by_slug = release.catalogue.by_slug
    need, keys = by_slug["needs"][cell.need], dict(missing)
    if "need" in keys:
        return wording.why_not_need(category, need)
    if "fact" in keys:
        return wording.why_not_circumstances(category, need, [by_slug["circumstances"][slug] for slug in keys["fact"]])
    if "modality" in keys:
        return wording.why_not_modality(category, need, by_slug["modalities"][cell.modality])
    return wording.why_not_industry(category, need, by_slug["industries"][cell.industry])
