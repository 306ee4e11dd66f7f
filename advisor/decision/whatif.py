"""What would change this advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.decision.answers import SECTION_OF, Answers
from advisor.decision.catalogue import LEVELS, Category
from advisor.decision.flow import offered
from advisor.decision.merge import leading
from advisor.decision.outcomes import NeedOutcome, Outcomes
from advisor.decision.recommendation import Change
from advisor.decision.release import Release


class Outcome(NamedTuple):
    """What a single-answer change may change: the leading category, those tied with it, and the readiness level."""

    category: str
    tie: tuple[str, ...]
    level: str

    def reads_like(self, other: Outcome) -> bool:
        """Whether headline and readiness are the same. The order of the tied kinds behind the first does not count."""
        return self[::2] == other[::2] and set(self.tie) == set(other.tie)


def what_would_change(release: Release, answers: Answers) -> tuple[Change, ...]:
    """Every single-answer change that gives another headline or readiness: circumstances first, industries last.

    One answer is changed at a time: another industry, a goal more or fewer, one thing more or fewer to produce, one
    circumstance more or fewer. What no question offers for these answers cannot be changed.
    """
    by_slug = release.catalogue.by_slug
    named = {key: by_slug[section] for key, section in SECTION_OF.items()}
    return tuple(
        [
            Change(action, key, slug, named[key][slug].name, category, tie, level, answers)
            for action, key, slug, (category, tie, level) in _Situation(release, answers).changes()
        ]
    )


After = tuple[Category, tuple[Category, ...], str]
"""As `Outcome`, with the categories themselves."""

Found = tuple[str, str, str, After]
"""Action, key and slug of a change, and what it leads to."""


class _Situation:
    """The parts of today's outcome by need, so that a change works out anew only the parts that it touches."""

    def __init__(self, release: Release, answers: Answers) -> None:
        self.release, self.table, self.answers = release, release.table, answers
        self.industry = answers.industry or ""
        self.every_need = release.catalogue.by_slug["needs"]
        self.ticked = 0
        for slug in answers.modalities or ():
            self.ticked |= self.table.modality_bits[slug]
        can_choose = self.table.can_choose
        self.needs = [(self.every_need[slug], can_choose[slug] & self.ticked) for slug in answers.needs]
        circumstances = answers.circumstances or ()
        self.allowed = self.table.rules.allowed(circumstances), self.table.gates.allowed(circumstances)
        self.here = Outcomes(self.table, self.industry, *self.allowed)
        self.parts = [self.here.of(need, made) for need, made in self.needs]
        self.before = self._sum(self.parts)
        self._known: dict[tuple[NeedOutcome, ...], After | None] = {}

    def changes(self) -> Iterator[Found]:
        """Each answer that a visitor could change alone to be told something else."""
        yield from self._circumstances()
        yield from self._modalities()
        yield from self._needs()
        yield from self._industries()

    def _circumstances(self) -> Iterator[Found]:
        ticked = frozenset(self.answers.circumstances or ())
        rules, gates = self.allowed
        near_rules, near_gates = self.table.rules.one_tick_away(ticked), self.table.gates.one_tick_away(ticked)
        could_change = [self.here.could_change(need, made) for need, made in self.needs]
        for slug in offered(self.release, self.answers, "fact"):
            # What this tick brings in or takes away.
            of_rules = self.table.rules.requiring.get(slug, 0) & (rules if slug in ticked else near_rules)
            of_gates = self.table.gates.requiring.get(slug, 0) & (gates if slug in ticked else near_gates)
            touched = [of_rules & of[0] or of_gates & of[1] for of in could_change]
            if any(touched):
                there = Outcomes(self.table, self.industry, rules ^ of_rules, gates ^ of_gates)
                rows = zip(self.needs, self.parts, touched, strict=True)
                after = self._after([there.of(need, made) if anew else part for (need, made), part, anew in rows])
                if after:
                    yield "drop" if slug in ticked else "add", "fact", slug, after

    def _modalities(self) -> Iterator[Found]:
        can_choose = self.table.can_choose
        for slug in offered(self.release, self.answers, "modality"):
            action = "drop" if self.answers.has("modality", slug) else "add"
            bit = self.table.modality_bits[slug]
            rows = zip(self.needs, self.parts, strict=True)
            after = self._after(
                [self.here.of(need, made ^ bit) if can_choose[need.slug] & bit else part for (need, made), part in rows]
            )
            if after:
                yield action, "modality", slug, after

    def _needs(self) -> Iterator[Found]:
        picked, can_choose = self.answers.needs, self.table.can_choose
        with_one_more: dict[NeedOutcome, After | None] = {}
        for slug in offered(self.release, self.answers, "need"):
            if slug not in picked:
                part = self.here.of(self.every_need[slug], can_choose[slug] & self.ticked)
                if part in with_one_more:
                    after = with_one_more[part]
                else:
                    after = with_one_more[part] = self._after([*self.parts, part])
                if after:
                    yield "add", "need", slug, after
            elif len(picked) > 1:
                place = picked.index(slug)
                after = self._after([*self.parts[:place], *self.parts[place + 1 :]])
                if after:
                    yield "drop", "need", slug, after

    def _industries(self) -> Iterator[Found]:
        for industry in self.release.catalogue.industries:
            if industry.slug != self.industry:
                there = Outcomes(self.table, industry.slug, *self.allowed)
                after = self._after([there.of(need, made) for need, made in self.needs])
                if after:
                    yield "swap", "industry", industry.slug, after

    def _after(self, parts: list[NeedOutcome]) -> After | None:
        """What these parts add up to, None for the same as today."""
        if parts == self.parts:
            return None
        together = tuple(parts)
        if together not in self._known:
            after, categories = self._sum(parts), self.release.catalogue.by_slug["categories"]
            self._known[together] = (
                None
                if after.reads_like(self.before)
                else (categories[after.category], tuple([categories[tied] for tied in after.tie]), after.level)
            )
        return self._known[together]

    def _sum(self, parts: list[NeedOutcome]) -> Outcome:
        result = leading([category for category, _level in parts], self.table.catalogue)
        return Outcome(result.category, result.tie, LEVELS[max([level for _category, level in parts])])
