"""Two recommendations side by side: which answers differ, and what each difference does to the advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from advisor.decision.answers import SECTION_OF, Answers
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation, Verdict
from advisor.decision.release import Release
from advisor.decision.since import under

Picked = tuple[str, ...] | None
"""What one side picked, as far as a difference goes. Empty: not picked. None: the question was not answered."""

UNKNOWN = "unknown"
LAST_GOAL = "last-goal"
"""Why an answer can't be taken over: the side's release does not know it, or no goal would be left."""


@dataclass(frozen=True, slots=True)
class GoalChange:
    """One goal's verdict before and after. None: the goal is not there."""

    slug: str
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """One side with this one answer of the other's, under its own release, and what that changes in its advice.

    `recommendation` is None where the answer can't be taken over; `refused` then says why.
    """

    recommendation: Recommendation | None
    refused: str = ""
    headline: bool = False
    readiness: bool = False
    goals: tuple[GoalChange, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything in the advice would be another: headline, readiness or the verdict of some goal."""
        return self.headline or self.readiness or bool(self.goals)


@dataclass(frozen=True, slots=True)
class DifferingAnswer:
    """One answer that differs.

    `kind`: "swap" (another industry), "item" (`slug` is picked on one side only), "whole" (nothing ticked on one side,
    not answered on the other) or "order" (the same goals, and their order decides which kind a tie names first).
    """

    kind: str
    key: str
    slug: str
    one: Picked
    two: Picked
    to_one: TakenOver
    to_two: TakenOver

    @property
    def changes(self) -> bool:
        """Whether taking it over would change the advice of either side."""
        return self.to_one.changes or self.to_two.changes

    def mirrored(self) -> DifferingAnswer:
        return replace(self, one=self.two, two=self.one, to_one=self.to_two, to_two=self.to_one)


@dataclass(frozen=True, slots=True)
class Goal:
    """What each side says about one goal. None: it is no goal there."""

    slug: str
    one: Verdict | None
    two: Verdict | None

    @property
    def is_same(self) -> bool:
        return _reading(self.one) == _reading(self.two)


@dataclass(frozen=True, slots=True)
class ByRules:
    """A goal that the two releases decide differently for the very same answers."""

    slug: str
    one: Verdict
    two: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two recommendations and all that differs. Swapping the two gives the mirrored value.

    `rules_one` holds what the two releases decide differently for the first side's answers, `rules_two` the same for
    the second side's.
    """

    one: Recommendation
    two: Recommendation
    answers: tuple[DifferingAnswer, ...]
    goals: tuple[Goal, ...]
    rules_one: tuple[ByRules, ...]
    rules_two: tuple[ByRules, ...]

    @property
    def same_release(self) -> bool:
        return _name(self.one.release) == _name(self.two.release)

    @property
    def same_headline(self) -> bool:
        return _headline(self.one) == _headline(self.two)

    @property
    def same_readiness(self) -> bool:
        return self.one.readiness.level == self.two.readiness.level

    @property
    def same_advice(self) -> bool:
        """Whether headline, readiness and each goal's verdict agree."""
        return self.same_headline and self.same_readiness and all(goal.is_same for goal in self.goals)

    def mirrored(self) -> Comparison:
        return Comparison(
            one=self.two,
            two=self.one,
            answers=tuple(answer.mirrored() for answer in self.answers),
            goals=tuple(Goal(goal.slug, goal.two, goal.one) for goal in self.goals),
            rules_one=tuple(ByRules(goal.slug, goal.two, goal.one) for goal in self.rules_two),
            rules_two=tuple(ByRules(goal.slug, goal.two, goal.one) for goal in self.rules_one),
        )


def compare(one: Recommendation, two: Recommendation) -> Comparison:
    """What differs between the two, each taken as it is: under its own release, and with its own texts."""
    order = _Order(one.release, two.release)
    return Comparison(
        one=one,
        two=two,
        answers=tuple(
            DifferingAnswer(
                spot.kind,
                spot.key,
                spot.slug,
                spot.one,
                spot.two,
                _take_over(one, spot.kind, spot.key, spot.slug, spot.two),
                _take_over(two, spot.kind, spot.key, spot.slug, spot.one),
            )
            for spot in _spots(one, two, order)
        ),
        goals=tuple(
            Goal(slug, _verdicts(one).get(slug), _verdicts(two).get(slug))
            for slug in order.sorted("needs", {*one.answers.needs, *two.answers.needs})
        ),
        rules_one=_by_rules(one, two, order),
        rules_two=tuple(ByRules(goal.slug, goal.two, goal.one) for goal in _by_rules(two, one, order)),
    )


class _Order:
    """The editors' order, of the newer of two releases. What only the older one knows comes after."""

    def __init__(self, one: Release, two: Release) -> None:
        self.releases = sorted((one, two), key=_name, reverse=True)

    def sorted(self, section: str, slugs: set[str]) -> list[str]:
        known = dict.fromkeys(slug for release in self.releases for slug in release.table.positions[section])
        return [slug for slug in known if slug in slugs]


def _name(release: Release) -> tuple[int, str]:
    return release.number, release.sha256


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place where the answers differ."""

    kind: str
    key: str
    slug: str
    one: Picked
    two: Picked


def _spots(one: Recommendation, two: Recommendation, order: _Order) -> Iterator[_Spot]:
    a, b = one.answers, two.answers
    if a.industry != b.industry:
        yield _Spot("swap", "industry", "", a.picked("industry"), b.picked("industry"))
    for key in ("need", "modality", "fact"):
        mine, theirs = _answered(a, key), _answered(b, key)
        differing = set(mine or ()) ^ set(theirs or ())
        for slug in order.sorted(SECTION_OF[key], differing):
            yield _Spot("item", key, slug, _only(mine, slug), _only(theirs, slug))
        if not differing and (mine is None) != (theirs is None):
            yield _Spot("whole", key, "", mine, theirs)
        # The order in which goals were ticked counts for nothing but which kind a tie names first.
        if key == "need" and not differing and mine != theirs and (one.headline.tie or two.headline.tie):
            yield _Spot("order", key, "", mine, theirs)


def _answered(answers: Answers, key: str) -> Picked:
    if key == "modality":
        return answers.modalities
    return answers.circumstances if key == "fact" else answers.picked(key)


def _only(picked: Picked, slug: str) -> Picked:
    return picked and tuple(item for item in picked if item == slug)


def _take_over(side: Recommendation, kind: str, key: str, slug: str, theirs: Picked) -> TakenOver:
    """This side with the other's answer in place of its own."""
    if any(item not in side.release.catalogue.by_slug[SECTION_OF[key]] for item in theirs or ()):
        return TakenOver(None, UNKNOWN)
    answers = _with_theirs(side.answers, kind, key, slug, theirs)
    if not answers.needs:
        return TakenOver(None, LAST_GOAL)
    taken = recommend(side.release, answers)
    before, after = _verdicts(side), _verdicts(taken)
    goals = tuple(
        GoalChange(need, before.get(need), after.get(need))
        for need in {**before, **after}
        if _reading(before.get(need)) != _reading(after.get(need))
    )
    return TakenOver(
        taken,
        headline=_headline(side) != _headline(taken),
        readiness=side.readiness.level != taken.readiness.level,
        goals=goals,
    )


def _with_theirs(answers: Answers, kind: str, key: str, slug: str, theirs: Picked) -> Answers:
    if kind == "swap":
        return answers.changed("swap", key, (theirs or ("",))[0])
    if kind == "item":
        changed = answers.changed("add" if theirs else "drop", key, slug)
        left_open = theirs is None and not changed.picked(key)
        return _left_open(changed, key) if left_open else changed
    return _left_open(answers, key) if theirs is None else answers.with_picked(key, theirs)


def _left_open(answers: Answers, key: str) -> Answers:
    """As if the question had not been answered."""
    return replace(answers, modalities=None) if key == "modality" else replace(answers, circumstances=None)


def _verdicts(recommendation: Recommendation) -> dict[str, Verdict]:
    return {verdict.need.slug: verdict for verdict in recommendation.verdicts}


def _headline(recommendation: Recommendation) -> tuple[str, frozenset[str]]:
    """What counts as the same headline, also across releases: the kind, and which kinds are tied with it."""
    headline = recommendation.headline
    return headline.category.slug, frozenset(category.slug for category in headline.tie)


def _reading(verdict: Verdict | None) -> tuple[str, frozenset[str], str] | None:
    """What counts as the same verdict, also across releases: the kinds and the level, not the words."""
    if verdict is None:
        return None
    return verdict.category.slug, frozenset(also.category.slug for also in verdict.also), verdict.level


def _by_rules(side: Recommendation, other: Recommendation, order: _Order) -> tuple[ByRules, ...]:
    """What the other's release decides differently for this side's answers. `one` is this side, `two` the other."""
    if _name(side.release) == _name(other.release):
        return ()
    elsewhere = under(other.release, side)
    if elsewhere is None:
        return ()
    here, there = _verdicts(side), _verdicts(elsewhere)
    return tuple(
        ByRules(slug, here[slug], there[slug])
        for slug in order.sorted("needs", here.keys() & there.keys())
        if _reading(here[slug]) != _reading(there[slug])
    )
