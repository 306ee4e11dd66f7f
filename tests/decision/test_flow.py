from __future__ import annotations

import random

import pytest

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue
from advisor.decision.flow import (
    cells,
    counted,
    is_answered,
    is_asked,
    modalities_of,
    next_question,
    offered,
    questions,
)
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.decision.table import Cell
from tests.decision.brute_force import Situation, applies, subsets, winners
from tests.decision.factory import make_answers, make_random_catalogue, make_release

RELEASE = make_release()


def answers_of(query: str) -> Answers:
    return make_answers(RELEASE, query)


class TestNextQuestion:
    @pytest.mark.parametrize(
        ("query", "key"),
        [
            pytest.param("", "industry", id="the industry first"),
            pytest.param("industry=law", "need", id="then the goals"),
            pytest.param("need=posts", "industry", id="goals first: the industry is still missing"),
            pytest.param("industry=law&need=posts", "modality", id="then what to produce"),
            pytest.param("industry=law&need=review", "fact", id="not what to produce when there is nothing to choose"),
            pytest.param("industry=law&need=review&need=banners", "fact", id="nor when no goal leaves a choice"),
            pytest.param(
                "industry=law&need=review&need=posts", "modality", id="one goal that leaves a choice is enough"
            ),
            pytest.param("industry=law&need=posts&modality=none", "fact", id="nothing ticked is an answer"),
            pytest.param("industry=law&need=posts&modality=text", "fact", id="then the circumstances"),
            pytest.param(
                "industry=law&need=posts&fact=none", "modality", id="a later answer does not stand in for an earlier"
            ),
            pytest.param("industry=law&need=posts&modality=text&fact=none", None, id="no circumstance is an answer"),
            pytest.param("industry=law&need=posts&modality=text&fact=personal", None, id="all answered"),
        ],
    )
    def test_the_first_question_without_an_answer_comes_next(self, query: str, key: str | None) -> None:
        assert next_question(RELEASE, answers_of(query)) == key

    def test_circumstances_are_not_asked_when_none_could_count(self) -> None:
        release = make_release(gates=[], caveats=[])

        assert next_question(release, Answers("law", ("review",))) is None
        assert not is_asked(release, Answers("law", ("review",)), "fact")
        assert is_asked(release, Answers("law", ("forecast",)), "fact")

    def test_the_questions_on_the_way_are_those_that_are_asked(self) -> None:
        assert questions(RELEASE, answers_of("industry=law&need=review")) == ("industry", "need", "fact")
        assert questions(RELEASE, answers_of("industry=law&need=posts")) == ("industry", "need", "modality", "fact")

    def test_an_answered_question_stays_on_the_way(self) -> None:
        answers = answers_of("industry=law&need=posts&modality=text&fact=none")

        assert questions(RELEASE, answers) == ("industry", "need", "modality", "fact")
        assert all(is_answered(answers, key) for key in questions(RELEASE, answers))


class TestOffered:
    def test_every_industry_is_offered(self) -> None:
        assert offered(RELEASE, Answers(), "industry") == ("law", "shop", "other")

    def test_goals_usual_in_the_industry_come_first_and_none_is_left_out(self) -> None:
        everything = ("review", "posts", "banners", "forecast", "sorting", "bookings")
        release = make_release(industries=[{**industry, "needs": ["sorting", "posts"]} for industry in INDUSTRIES])

        assert offered(RELEASE, Answers(), "need") == everything
        assert offered(release, Answers("law"), "need") == (
            "posts",
            "sorting",
            "review",
            "banners",
            "forecast",
            "bookings",
        )

    def test_only_what_the_chosen_goals_can_produce_is_offered(self) -> None:
        assert offered(RELEASE, answers_of("industry=law&need=posts"), "modality") == ("text", "images")
        assert offered(RELEASE, answers_of("industry=law&need=sorting"), "modality") == ("text", "figures")
        assert offered(RELEASE, answers_of("industry=law&need=forecast&need=banners"), "modality") == (
            "images",
            "figures",
        )
        assert offered(RELEASE, answers_of("industry=law"), "modality") == ()

    def test_only_circumstances_that_could_count_are_offered(self) -> None:
        assert offered(RELEASE, answers_of("industry=law&need=review"), "fact") == ("personal", "unchecked", "in-house")
        assert offered(RELEASE, answers_of("industry=shop&need=bookings"), "fact") == ("in-house",)
        assert offered(RELEASE, answers_of("industry=shop&need=forecast"), "fact") == (
            "personal",
            "unchecked",
            "in-house",
            "untried",
        )

    def test_circumstances_follow_what_is_produced(self) -> None:
        assert "unchecked" in offered(RELEASE, answers_of("industry=shop&need=posts&modality=text"), "fact")
        assert "unchecked" not in offered(RELEASE, answers_of("industry=shop&need=posts&modality=images"), "fact")

    def test_no_circumstance_is_offered_before_a_goal(self) -> None:
        assert offered(RELEASE, answers_of("industry=law"), "fact") == ()

    @pytest.mark.parametrize("seed", range(40))
    def test_a_circumstance_is_offered_exactly_if_ticking_it_could_change_something(self, seed: int) -> None:
        catalogue = make_random_catalogue(seed, sound=True)
        release = Release.of_draft(catalogue)
        rng = random.Random(seed)  # noqa: S311  repeatable, not secret
        needs = tuple(rng.sample([need.slug for need in catalogue.needs], rng.randint(1, 3)))
        modalities = tuple(rng.sample([modality.slug for modality in catalogue.modalities], rng.randint(0, 2)))
        for industry in catalogue.industries:
            answers = Answers(industry.slug, needs, modalities, ())

            usable = {
                fact.slug
                for fact in catalogue.circumstances
                for cell in cells(release, answers)
                if could_count(catalogue, cell, fact.slug)
            }

            assert set(offered(release, answers, "fact")) == usable


INDUSTRIES = [{"slug": slug, "name": slug, "phrase": slug} for slug in ("law", "shop", "other")]


def could_count(catalogue: Catalogue, cell: Cell, fact: str) -> bool:
    """Whether ticking the circumstance beside some others changes the rule, the gates or the caveats of the cell."""
    others = [other.slug for other in catalogue.circumstances if other.slug != fact]
    return any(
        outcome_of(catalogue, Situation(cell, ticked)) != outcome_of(catalogue, Situation(cell, ticked | {fact}))
        for ticked in subsets(others)
    )


def outcome_of(catalogue: Catalogue, situation: Situation) -> tuple[str, list[str], list[str]]:
    rule = winners(catalogue, situation)[0]
    gates = [gate.slug for gate in catalogue.gates if applies(gate, situation, rule.category)]
    caveats = [caveat.slug for caveat in catalogue.caveats if applies(caveat, situation, rule.category)]
    return rule.slug, gates, caveats


class TestWhatANeedProduces:
    @pytest.mark.parametrize(
        ("need", "modalities", "produced"),
        [
            pytest.param("posts", None, ["text"], id="its default before the question"),
            pytest.param("posts", (), ["text"], id="its default when nothing is ticked"),
            pytest.param("posts", ("images",), ["images"], id="what is ticked of what it can"),
            pytest.param("posts", ("images", "text"), ["text", "images"], id="in its own order"),
            pytest.param("posts", ("figures",), ["text"], id="its default when none of what it can is ticked"),
            pytest.param("posts", ("figures", "images"), ["images"], id="without what it cannot"),
            pytest.param("forecast", ("text",), ["figures"], id="a single one always"),
        ],
    )
    def test_modalities(self, need: str, modalities: tuple[str, ...] | None, produced: list[str]) -> None:
        answers = Answers("law", (need,), modalities)

        assert list(modalities_of(RELEASE.catalogue.by_slug["needs"][need], answers)) == produced

    def test_a_case_is_a_chosen_need_and_what_it_produces(self) -> None:
        answers = answers_of("industry=law&need=posts&need=forecast&modality=images&modality=text")

        assert list(cells(RELEASE, answers)) == [
            Cell("law", "posts", "text"),
            Cell("law", "posts", "images"),
            Cell("law", "forecast", "figures"),
        ]

    def test_there_is_no_case_without_an_industry(self) -> None:
        assert list(cells(RELEASE, answers_of("need=posts"))) == []


class TestSetAside:
    def test_what_no_goal_produces_does_not_count_and_is_said(self) -> None:
        answers = answers_of("industry=shop&need=posts&modality=images&modality=figures&fact=none")

        effective, notices = counted(RELEASE, answers)

        assert effective.modalities == ("images",)
        assert [(notice.kind, notice.key, notice.value) for notice in notices] == [("set-aside", "modality", "figures")]

    def test_a_circumstance_that_changes_nothing_does_not_count_and_is_said(self) -> None:
        answers = answers_of("industry=shop&need=bookings&fact=untried&fact=in-house")

        effective, notices = counted(RELEASE, answers)

        assert effective.circumstances == ("in-house",)
        assert [(notice.kind, notice.key, notice.value) for notice in notices] == [("set-aside", "fact", "untried")]

    def test_an_unanswered_question_stays_unanswered(self) -> None:
        answers = answers_of("industry=shop&need=bookings")

        assert counted(RELEASE, answers) == (answers, ())

    def test_an_answer_comes_back_with_the_goal_it_belongs_to(self) -> None:
        answers = answers_of("industry=shop&need=posts&modality=figures&fact=untried")

        turned_back = answers.changed("add", "need", "forecast")

        assert counted(RELEASE, answers)[0] == Answers("shop", ("posts",), (), ())
        assert counted(RELEASE, turned_back) == (turned_back, ())
        assert recommend(RELEASE, turned_back).verdicts[-1].cases[0].rule.slug == "forecast-untried"

    @pytest.mark.parametrize("seed", range(40))
    def test_what_is_set_aside_never_counts(self, seed: int) -> None:
        catalogue = make_random_catalogue(seed, sound=True)
        release = Release.of_draft(catalogue)
        rng = random.Random(seed)  # noqa: S311  repeatable, not secret
        for _ in range(5):
            answers = Answers(
                rng.choice(catalogue.industries).slug,
                tuple(rng.sample([need.slug for need in catalogue.needs], rng.randint(1, 3))),
                tuple(rng.sample([modality.slug for modality in catalogue.modalities], rng.randint(0, 3))),
                tuple(rng.sample([fact.slug for fact in catalogue.circumstances], rng.randint(0, 3))),
            )

            effective, notices = counted(release, answers)

            with_all, without = recommend(release, answers), recommend(release, effective)
            assert with_all.verdicts == without.verdicts
            assert with_all.headline == without.headline
            assert with_all.readiness == without.readiness
            assert with_all.caveats == without.caveats
            dropped = {(notice.key, notice.value) for notice in notices}
            assert {*answers.pairs()} - {*effective.pairs(), ("modality", "none"), ("fact", "none")} == dropped
