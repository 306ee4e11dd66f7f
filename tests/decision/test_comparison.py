"""Two results side by side: what differs, and what taking each difference over does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue
from advisor.decision.comparison import LAST_GOAL, UNKNOWN, Comparison, DifferingAnswer, compare
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.storedform import read_back, to_stored
from tests.content.shipped import DOCUMENT
from tests.content.shipped import RELEASE as SHIPPED
from tests.decision.factory import (
    make_answers,
    make_catalogue,
    make_circumstance,
    make_document,
    make_gate,
    make_industry,
    make_need,
    make_release,
    make_rule,
)

RELEASE = make_release()


def numbered(number: int, catalogue: Catalogue) -> Release:
    return Release(
        number=number, sha256=f"{number:064}", published_at="2026-11-24T12:00:00+00:00", note="", catalogue=catalogue
    )


def advice(query: str, release: Release = RELEASE) -> Recommendation:
    return recommend(release, make_answers(release, query))


def differing(one: str, two: str, release: Release = RELEASE) -> tuple[DifferingAnswer, ...]:
    return compare(advice(one, release), advice(two, release)).answers


def said(answer: DifferingAnswer) -> tuple[object, ...]:
    return answer.kind, answer.key, answer.slug, answer.one, answer.two


class TestWhichAnswersDiffer:
    @pytest.mark.parametrize(
        ("one", "two", "expected"),
        [
            pytest.param("industry=law&need=review", "industry=law&need=review", [], id="nothing"),
            pytest.param(
                "industry=law&need=review",
                "industry=shop&need=review",
                [("swap", "industry", "", ("law",), ("shop",))],
                id="the industry",
            ),
            pytest.param(
                "industry=law&need=review&need=forecast",
                "industry=law&need=forecast&need=posts",
                [("item", "need", "review", ("review",), ()), ("item", "need", "posts", (), ("posts",))],
                id="goals, in the editors' order",
            ),
            pytest.param(
                "industry=law&need=posts&modality=text",
                "industry=law&need=posts&modality=images",
                [("item", "modality", "text", ("text",), ()), ("item", "modality", "images", (), ("images",))],
                id="what to produce",
            ),
            pytest.param(
                "industry=law&need=review&fact=personal",
                "industry=law&need=review&fact=none",
                [("item", "fact", "personal", ("personal",), ())],
                id="a circumstance",
            ),
            pytest.param(
                "industry=law&need=review&fact=personal",
                "industry=law&need=review",
                [("item", "fact", "personal", ("personal",), None)],
                id="a circumstance, and the question not answered",
            ),
            pytest.param(
                "industry=law&need=review&fact=none",
                "industry=law&need=review",
                [("whole", "fact", "", (), None)],
                id="nothing ticked is an answer",
            ),
            pytest.param(
                "industry=law&need=posts",
                "industry=law&need=posts&modality=none",
                [("whole", "modality", "", None, ())],
                id="not sure is an answer",
            ),
            pytest.param(
                "industry=law&need=posts&modality=text&modality=images&fact=personal&fact=unchecked",
                "industry=law&need=posts&modality=images&modality=text&fact=unchecked&fact=personal",
                [],
                id="the order of ticks is none",
            ),
            pytest.param(
                "industry=law&need=review&need=banners&need=posts&modality=text",
                "industry=law&need=posts&need=review&need=banners&modality=text",
                [],
                id="nor that of goals without a tie",
            ),
            pytest.param(
                "industry=law&need=review&need=forecast",
                "industry=law&need=forecast&need=review",
                [("order", "need", "", ("review", "forecast"), ("forecast", "review"))],
                id="but it is where it settles a tie",
            ),
        ],
    )
    def test_each_is_named_with_the_side_that_has_it(self, one: str, two: str, expected: list[object]) -> None:
        assert [said(answer) for answer in differing(one, two)] == expected


class TestTakingOver:
    def test_a_circumstance_that_changes_the_readiness(self) -> None:
        (answer,) = differing("industry=law&need=review&fact=none", "industry=law&need=review&fact=unchecked")

        assert answer.to_one.recommendation == advice("industry=law&need=review&fact=unchecked")
        assert (answer.to_one.headline, answer.to_one.readiness) == (False, True)
        assert [(goal.slug, goal.after and goal.after.level) for goal in answer.to_one.goals] == [("review", "not-yet")]
        assert answer.to_two.recommendation == advice("industry=law&need=review&fact=none")
        assert answer.changes

    def test_a_circumstance_that_changes_nothing(self) -> None:
        (answer,) = differing("industry=law&need=review&fact=none", "industry=law&need=review&fact=untried")

        assert not answer.changes
        assert answer.to_one.recommendation
        assert answer.to_one.recommendation.answers.circumstances == ("untried",)

    def test_another_industry_changes_the_rule_and_not_the_advice(self) -> None:
        (answer,) = differing("industry=law&need=review", "industry=shop&need=review")

        assert answer.to_one.recommendation == advice("industry=shop&need=review")
        assert not answer.changes

    def test_what_to_produce_turns_the_headline(self) -> None:
        text, images = differing("industry=shop&need=posts&modality=text", "industry=shop&need=posts&modality=images")

        assert text.to_one.recommendation == advice("industry=shop&need=posts&modality=none")
        assert text.to_two.recommendation
        assert text.to_two.recommendation.headline.category.slug == "both"
        assert text.to_two.headline
        assert images.to_one.headline
        assert [goal.slug for goal in images.to_one.goals] == ["posts"]

    def test_a_goal_comes_or_goes_with_its_verdict(self) -> None:
        (answer,) = differing("industry=law&need=review", "industry=law&need=review&need=posts")

        (came,), (went,) = answer.to_one.goals, answer.to_two.goals
        assert (came.slug, came.before, went.after) == ("posts", None, None)
        assert came.after
        assert came.after.category.slug == "words"
        assert not answer.to_one.headline
        assert not answer.to_one.readiness

    def test_the_last_goal_stays(self) -> None:
        review, forecast = differing("industry=law&need=review", "industry=law&need=forecast")

        assert (review.to_one.recommendation, review.to_one.refused) == (None, LAST_GOAL)
        assert (forecast.to_two.recommendation, forecast.to_two.refused) == (None, LAST_GOAL)
        assert not review.to_one.changes
        assert review.to_two.recommendation == advice("industry=law&need=forecast&need=review")

    def test_the_last_tick_goes_back_to_the_question_left_open(self) -> None:
        (answer,) = differing("industry=law&need=review&fact=personal", "industry=law&need=review")

        assert answer.to_one.recommendation == advice("industry=law&need=review")
        assert answer.to_two.recommendation == advice("industry=law&need=review&fact=personal")

    def test_nothing_ticked_and_left_open_can_be_taken_over(self) -> None:
        (answer,) = differing("industry=law&need=posts&modality=none", "industry=law&need=posts")

        assert answer.to_one.recommendation == advice("industry=law&need=posts")
        assert answer.to_two.recommendation == advice("industry=law&need=posts&modality=none")
        assert not answer.changes

    def test_the_order_of_goals_settles_a_tie(self) -> None:
        (answer,) = differing("industry=law&need=review&need=forecast", "industry=law&need=forecast&need=review")

        assert answer.to_one.recommendation == advice("industry=law&need=forecast&need=review")
        assert answer.to_one.headline
        assert answer.to_one.goals == ()


class TestTwoReleases:
    OLD = numbered(1, make_catalogue())
    NEW = numbered(
        2,
        make_catalogue(
            industries=[*make_document()["industries"], make_industry("farm")],
            needs=[*make_document()["needs"], make_need("harvest", "figures")],
            circumstances=[*make_document()["circumstances"], make_circumstance("rainy")],
            rules=[
                *make_document()["rules"],
                make_rule("shop-forecast", "plain", industries=["shop"], needs=["forecast"], look_for="A sheet."),
            ],
            gates=[*make_document()["gates"], make_gate("review-first", needs=["review"])],
        ),
    )

    def test_each_side_stays_under_its_own(self) -> None:
        one = advice("industry=shop&need=forecast&fact=none", self.OLD)
        two = advice("industry=shop&need=forecast&fact=personal", self.NEW)

        (answer,) = compare(one, two).answers

        assert answer.to_one.recommendation == advice("industry=shop&need=forecast&fact=personal", self.OLD)
        assert answer.to_two.recommendation == advice("industry=shop&need=forecast&fact=none", self.NEW)

    @pytest.mark.parametrize(
        ("query", "key"),
        [
            ("industry=farm&need=review&fact=none", "industry"),
            ("industry=shop&need=review&need=harvest&fact=none", "need"),
            ("industry=shop&need=review&fact=rainy", "fact"),
        ],
    )
    def test_what_the_older_does_not_know_cannot_be_taken_over(self, query: str, key: str) -> None:
        found = compare(advice("industry=shop&need=review&fact=none", self.OLD), advice(query, self.NEW)).answers

        (answer,) = found
        assert answer.key == key
        assert (answer.to_one.recommendation, answer.to_one.refused) == (None, UNKNOWN)
        assert answer.to_two.recommendation == advice("industry=shop&need=review&fact=none", self.NEW)

    def test_what_the_rules_alone_change_is_named_with_the_rules(self) -> None:
        query = "industry=shop&need=forecast&need=review&need=posts"
        found = compare(advice(query, self.OLD), advice(query, self.NEW))

        assert found.answers == ()
        review, forecast = found.rules_one
        assert (review.one.level, review.two.level) == ("ready", "prepare")
        assert [applied.gate.slug for applied in review.two.gates] == ["review-first"]
        assert [case.rule.slug for case in forecast.one.cases] == ["any-figures"]
        assert [case.rule.slug for case in forecast.two.cases] == ["shop-forecast"]
        assert found.rules_two == found.rules_one
        assert not found.same_advice

    def test_with_other_answers_the_rules_are_told_for_each_side(self) -> None:
        found = compare(
            advice("industry=shop&need=forecast", self.OLD), advice("industry=law&need=review&fact=rainy", self.NEW)
        )

        assert [goal.slug for goal in found.rules_one] == ["forecast"]
        assert [goal.slug for goal in found.rules_two] == ["review"]
        assert (found.rules_two[0].one.level, found.rules_two[0].two.level) == ("ready", "prepare")

    def test_an_industry_that_the_other_does_not_know_says_nothing_about_the_rules(self) -> None:
        found = compare(advice("industry=law&need=review", self.OLD), advice("industry=farm&need=review", self.NEW))

        assert [goal.slug for goal in found.rules_one] == ["review"]
        assert found.rules_two == ()

    def test_the_same_rules_under_another_number_change_nothing(self) -> None:
        again = numbered(3, make_catalogue())
        found = compare(advice("industry=law&need=review", self.OLD), advice("industry=law&need=review", again))

        assert found.same_advice
        assert not found.same_release
        assert (found.answers, found.rules_one, found.rules_two) == ((), (), ())


class TestGoalByGoal:
    def test_each_goal_stands_beside_itself(self) -> None:
        found = compare(
            advice("industry=law&need=posts&need=review&modality=text"),
            advice("industry=law&need=forecast&need=posts&modality=images"),
        )

        assert [
            (goal.slug, goal.one and goal.one.category.slug, goal.two and goal.two.category.slug)
            for goal in found.goals
        ] == [
            ("review", "words", None),
            ("posts", "words", "media"),
            ("forecast", None, "data"),
        ]
        assert [goal.is_same for goal in found.goals] == [False, False, False]

    def test_another_level_is_another_verdict(self) -> None:
        found = compare(advice("industry=law&need=review&fact=none"), advice("industry=law&need=review&fact=personal"))

        (goal,) = found.goals
        assert not goal.is_same
        assert found.same_headline
        assert not found.same_readiness


def changed_document() -> dict[str, list[dict[str, object]]]:
    """The shipped content as a later release might have it: more choices, some rows turned, one gate gone."""
    rules = [
        {**rule, "category": "ordinary-software"} if number % 4 == 0 else rule
        for number, rule in enumerate(DOCUMENT["rules"])
    ]
    return {
        **DOCUMENT,
        "industries": [make_industry("farming"), *DOCUMENT["industries"]],
        "needs": [*DOCUMENT["needs"], make_need("count-sheep", "figures")],
        "circumstances": [make_circumstance("rainy"), *DOCUMENT["circumstances"]],
        "rules": [
            *rules,
            make_rule("sheep", "analytical", needs=["count-sheep"], sources=DOCUMENT["rules"][0]["sources"]),
        ],
        "gates": DOCUMENT["gates"][1:],
    }


FIRST = numbered(1, SHIPPED.catalogue)
LATER = numbered(2, Catalogue.from_document(changed_document()))
many = settings(max_examples=60, deadline=None)


@st.composite
def any_advice(draw: st.DrawFn, release: Release | None = None) -> Recommendation:
    release = release or draw(st.sampled_from([FIRST, LATER]))
    by_slug = release.catalogue.by_slug

    def some_of(section: str, least: int, most: int) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(list(by_slug[section])), min_size=least, max_size=most, unique=True).map(tuple)

    answers = Answers(
        industry=draw(st.sampled_from(list(by_slug["industries"]))),
        needs=draw(some_of("needs", 1, 4)),
        modalities=draw(st.none() | some_of("modalities", 0, 4)),
        circumstances=draw(st.none() | some_of("circumstances", 0, 4)),
    )
    recommendation = recommend(release, answers)
    return read_back(to_stored(recommendation), release) if draw(st.booleans()) else recommendation


@given(any_advice(), any_advice())
@many
def test_swapping_the_two_gives_the_mirror(one: Recommendation, two: Recommendation) -> None:
    assert compare(two, one) == compare(one, two).mirrored()


@given(any_advice())
@many
def test_nothing_differs_from_itself(one: Recommendation) -> None:
    found = compare(one, one)

    assert (found.answers, found.rules_one, found.rules_two) == ((), (), ())
    assert found.same_advice
    assert found.same_release


def spots(found: Comparison) -> set[tuple[str, str, str]]:
    return {(answer.kind, answer.key, answer.slug) for answer in found.answers if answer.kind != "order"}


@given(any_advice(), any_advice())
@many
def test_taking_an_answer_over_leaves_all_others_and_brings_no_new_one(
    one: Recommendation, two: Recommendation
) -> None:
    before = compare(one, two)

    for answer in before.answers:
        if answer.kind != "order":
            for taken, other in ((answer.to_one, two), (answer.to_two, one)):
                if taken.recommendation:
                    after = spots(compare(taken.recommendation, other))
                    assert after == spots(before) - {(answer.kind, answer.key, answer.slug)}


@given(any_advice(FIRST), any_advice(FIRST))
@many
def test_step_by_step_the_two_come_together(one: Recommendation, two: Recommendation) -> None:
    found = compare(one, two)

    for _step in range(40):
        takeable = [answer for answer in found.answers if answer.to_one.recommendation]
        if not takeable:
            break
        taken = takeable[-1].to_one.recommendation
        assert taken
        found = compare(taken, two)

    assert found.answers == ()
    assert found.same_advice


@given(any_advice(), any_advice())
@many
def test_what_is_said_to_change_is_what_the_other_advice_says(one: Recommendation, two: Recommendation) -> None:
    for answer in compare(one, two).answers:
        for side, taken in ((one, answer.to_one), (two, answer.to_two)):
            if taken.recommendation is None:
                continue
            after = taken.recommendation
            assert after.release is side.release
            assert after == recommend(side.release, after.answers)
            again = compare(side, after)
            assert (taken.headline, taken.readiness) == (not again.same_headline, not again.same_readiness)
            assert {goal.slug for goal in taken.goals} == {goal.slug for goal in again.goals if not goal.is_same}


def test_a_result_without_ticks_beside_one_with_all() -> None:
    """The largest page there can be."""
    by_slug = SHIPPED.catalogue.by_slug
    all_of = {name: tuple(by_slug[name]) for name in ("needs", "modalities", "circumstances")}
    everything = Answers("other", all_of["needs"], all_of["modalities"], all_of["circumstances"])
    least = replace(everything, needs=all_of["needs"][:1], modalities=None, circumstances=None)

    found = compare(recommend(FIRST, everything), recommend(FIRST, least))

    assert len(found.answers) == len(all_of["needs"]) - 1 + len(all_of["modalities"]) + len(all_of["circumstances"])
