from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.answers import Answers
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Change, Recommendation, WhyNot
from advisor.decision.release import Release
from tests.content.shipped import RELEASE as SHIPPED
from tests.decision.brute_force import Situation, cells_of, modalities_for, winners
from tests.decision.factory import make_answers, make_industry, make_random_catalogue, make_release, make_rule

RELEASE = make_release()
RANDOM = {seed: Release.of_draft(make_random_catalogue(seed, sound=True)) for seed in range(100)}
FIELDS = {"need": "needs", "modality": "modalities", "fact": "circumstances"}

Outcome = tuple[str, frozenset[str], str]


def some_answers(release: Release, most_needs: int = 4) -> st.SearchStrategy[Answers]:
    def some(section: str, least: int, most: int) -> st.SearchStrategy[tuple[str, ...]]:
        slugs = list(release.catalogue.by_slug[section])
        return st.lists(st.sampled_from(slugs), min_size=least, max_size=most, unique=True).map(tuple)

    return st.builds(
        Answers,
        industry=st.sampled_from(list(release.catalogue.by_slug["industries"])),
        needs=some("needs", 1, min(most_needs, len(release.catalogue.needs))),
        modalities=st.none() | some("modalities", 0, 3),
        circumstances=st.none() | some("circumstances", 0, 3),
    )


def outcome_of(advice: Recommendation) -> Outcome:
    headline = advice.headline
    return headline.category.slug, frozenset(kind.slug for kind in headline.tie), advice.readiness.level


def every_change(release: Release, answers: Answers) -> Iterator[tuple[str, str, str, Answers]]:
    """Every other set of answers that differs in one answer and still names an industry and a goal."""
    catalogue = release.catalogue
    for industry in catalogue.industries:
        if industry.slug != answers.industry:
            yield "swap", "industry", industry.slug, answers.changed("swap", "industry", industry.slug)
    for key, field in FIELDS.items():
        for entry in getattr(catalogue, field):
            if not answers.has(key, entry.slug):
                yield "add", key, entry.slug, answers.changed("add", key, entry.slug)
            elif key != "need" or len(answers.needs) > 1:
                yield "drop", key, entry.slug, answers.changed("drop", key, entry.slug)


def assert_shows_exactly_what_changes(release: Release, answers: Answers) -> None:
    before = recommend(release, answers)
    expected = {}
    for action, key, slug, changed in every_change(release, answers):
        after = recommend(release, changed)
        if outcome_of(after) != outcome_of(before):
            expected[action, key, slug] = outcome_of(after)

    shown = {(change.action, change.key, change.slug): promised_by(change) for change in before.what_if}

    assert shown == expected
    assert len(shown) == len(before.what_if)


def promised_by(change: Change) -> Outcome:
    return change.category.slug, frozenset(kind.slug for kind in change.tie), change.level


class TestWhatWouldChange:
    def test_it_shows_each_answer_that_changes_the_headline_or_the_readiness(self) -> None:
        answers = make_answers(RELEASE, "industry=law&need=review&fact=none")

        changes = recommend(RELEASE, answers).what_if

        assert [(change.action, change.slug, change.category.slug, change.level) for change in changes] == [
            ("add", "personal", "words", "prepare"),
            ("add", "unchecked", "words", "not-yet"),
            ("add", "in-house", "words", "prepare"),
            ("add", "banners", "both", "prepare"),
            ("add", "forecast", "words", "ready"),
            ("add", "sorting", "words", "ready"),
            ("add", "bookings", "words", "ready"),
        ]
        assert [kind.slug for kind in changes[4].tie] == ["words", "data"]

    def test_a_change_keeps_every_other_answer(self) -> None:
        answers = make_answers(
            RELEASE, "industry=law&need=posts&need=review&modality=images&modality=text&fact=personal"
        )

        changes = {(change.action, change.slug): change for change in recommend(RELEASE, answers).what_if}

        assert changes["drop", "personal"].answers == answers.changed("drop", "fact", "personal")
        assert changes["drop", "images"].answers == answers.changed("drop", "modality", "images")
        assert changes["drop", "images"].name == "Images"

    def test_the_last_goal_cannot_be_dropped(self) -> None:
        changes = recommend(RELEASE, make_answers(RELEASE, "industry=law&need=banners")).what_if

        assert ("drop", "banners") not in [(change.action, change.slug) for change in changes]

    def test_a_swapped_industry_is_shown(self) -> None:
        release = make_release(
            rules=[make_rule("any", "words"), make_rule("shops", "data", industries=["shop"])], gates=[]
        )

        changes = recommend(release, make_answers(release, "industry=law&need=review&fact=none")).what_if

        assert [(change.action, change.slug, change.category.slug) for change in changes] == [("swap", "shop", "data")]

    def test_nothing_is_shown_where_nothing_changes(self) -> None:
        release = make_release(rules=[make_rule("any", "words")], gates=[], examples=[])

        assert recommend(release, make_answers(release, "industry=law&need=review")).what_if == ()

    @given(st.data())
    @settings(max_examples=150, deadline=None)
    def test_in_random_catalogues_it_shows_what_a_search_finds(self, data: st.DataObject) -> None:
        release = RANDOM[data.draw(st.sampled_from(sorted(RANDOM)), "seed")]

        assert_shows_exactly_what_changes(release, data.draw(some_answers(release), "answers"))

    @given(some_answers(SHIPPED))
    @settings(max_examples=60, deadline=None)
    def test_in_the_shipped_content_it_shows_what_a_search_finds(self, answers: Answers) -> None:
        assert_shows_exactly_what_changes(SHIPPED, answers)

    @given(some_answers(SHIPPED))
    @settings(max_examples=60, deadline=None)
    def test_each_change_leads_to_what_it_says(self, answers: Answers) -> None:
        for change in recommend(SHIPPED, answers).what_if:
            assert outcome_of(recommend(SHIPPED, change.answers)) == promised_by(change)


def given_what_is_missing(answers: Answers, row: WhyNot) -> Answers:
    for key, slugs in row.missing:
        for slug in slugs:
            if not answers.has(key, slug):
                answers = answers.changed("swap" if key == "industry" else "add", key, slug)
    return answers


def assert_every_row_keeps_its_word(release: Release, answers: Answers) -> None:
    advice = recommend(release, answers)
    headline = advice.headline.category

    assert [row.category for row in advice.why_not] == [
        kind for kind in release.catalogue.categories if kind is not headline
    ]
    for row in advice.why_not:
        assert row.sentence
        if row.rule is None:
            assert row.missing == ()
            continue
        assert row.rule.category == row.category.slug
        assert row.missing, f"{row.sentence} - and nothing is missing"
        assert row.need is not None
        changed = given_what_is_missing(answers, row)
        verdict = next(verdict for verdict in recommend(release, changed).verdicts if verdict.need is row.need)
        assert row.rule in [case.rule for case in verdict.cases], row


def fewest_missing(release: Release, answers: Answers, category: str) -> int | None:
    """The fewest kinds of answers to change until a row of the category decides some case. 0 when one does already."""
    catalogue = release.catalogue
    fewest = None
    for cell in cells_of(catalogue):
        need = catalogue.by_slug["needs"][cell.need]
        for rule in catalogue.rules:
            ticked = frozenset(answers.circumstances or ()) | rule.circumstances
            if rule.category != category or winners(catalogue, Situation(cell, ticked))[:1] != [rule]:
                continue
            missing = sum(
                (
                    cell.industry != answers.industry,
                    cell.need not in answers.needs,
                    cell.modality not in modalities_for(need, answers),
                    not rule.circumstances <= set(answers.circumstances or ()),
                )
            )
            fewest = missing if fewest is None else min(fewest, missing)
    return fewest


class TestWhyNotTheOthers:
    def test_every_other_category_has_a_row_in_the_order_of_the_editors(self) -> None:
        rows = recommend(RELEASE, make_answers(RELEASE, "industry=law&need=forecast")).why_not

        assert [row.category.slug for row in rows] == ["words", "media", "both", "plain"]

    @pytest.mark.parametrize(
        ("query", "category", "missing", "sentence"),
        [
            pytest.param(
                "need=forecast&fact=none",
                "plain",
                (("fact", ("untried",)),),
                "Plain would fit “Forecast” if you also said that you have untried.",
                id="a circumstance",
            ),
            pytest.param(
                "need=posts&modality=text",
                "media",
                (("modality", ("images",)),),
                "Media would fit “Posts” if it should produce images.",
                id="something to produce",
            ),
            pytest.param(
                "need=review",
                "data",
                (("need", ("forecast",)),),
                "Data would fit if you also wanted to forecast.",
                id="a goal",
            ),
            pytest.param(
                "need=review",
                "both",
                (),
                "Both would lead if one more goal called for media, and none for any other kind.",
                id="no row of its own, one part there",
            ),
            pytest.param(
                "need=forecast",
                "both",
                (),
                "Both would lead if your goals were for words and media only.",
                id="no part there",
            ),
            pytest.param(
                "need=review&need=forecast",
                "data",
                (),
                "Data fits one goal of yours too. It is tied with the kind named first.",
                id="a share of a tie",
            ),
            pytest.param(
                "need=review&need=posts&need=forecast&modality=text",
                "data",
                (),
                "Data fits one goal of yours, but another kind serves more.",
                id="a smaller share",
            ),
        ],
    )
    def test_it_says_which_answer_is_missing(
        self, query: str, category: str, missing: tuple[tuple[str, tuple[str, ...]], ...], sentence: str
    ) -> None:
        rows = recommend(RELEASE, make_answers(RELEASE, f"industry=shop&{query}")).why_not

        (row,) = (row for row in rows if row.category.slug == category)
        assert (row.missing, row.sentence) == (missing, sentence)

    def test_an_industry_is_named_when_that_is_all_that_is_missing(self) -> None:
        release = make_release(rules=[make_rule("any", "words"), make_rule("shops", "data", industries=["shop"])])

        rows = recommend(release, make_answers(release, "industry=law&need=review")).why_not

        assert {row.category.slug: row.missing for row in rows if row.rule} == {"data": (("industry", ("shop",)),)}

    @pytest.mark.parametrize(("industry", "goal"), [("law", "sorting"), ("shop", "forecast")])
    def test_a_goal_that_is_usual_in_the_industry_is_named_before_an_earlier_row(
        self, industry: str, goal: str
    ) -> None:
        release = make_release(
            industries=[make_industry("law", needs=["review", "sorting"]), make_industry("shop", needs=["banners"])],
            rules=[
                make_rule("any", "words"),
                make_rule("forecasts", "data", needs=["forecast"]),
                make_rule("sorts", "data", needs=["sorting"]),
            ],
        )

        rows = recommend(release, make_answers(release, f"industry={industry}&need=review")).why_not

        assert {row.category.slug: row.missing for row in rows if row.rule} == {"data": (("need", (goal,)),)}

    def test_a_category_without_a_row_says_so(self) -> None:
        release = make_release(rules=[make_rule("any", "words")], examples=[])

        rows = recommend(release, make_answers(release, "industry=law&need=review")).why_not

        assert {row.category.slug: row.sentence for row in rows}["data"] == "No row of this release leads to data."

    def test_a_part_that_is_there_is_not_said_to_be_missing(self) -> None:
        advice = recommend(RELEASE, make_answers(RELEASE, "industry=shop&need=posts&modality=text&modality=images"))

        assert advice.headline.category.slug == "both"
        for row in advice.why_not:
            if row.category.slug in ("words", "media"):
                assert row.missing == ()
                assert "would fit" not in row.sentence

    def test_what_was_set_aside_and_comes_back_is_reckoned_with(self) -> None:
        answers = make_answers(RELEASE, "industry=shop&need=review&modality=images&fact=untried")

        assert_every_row_keeps_its_word(RELEASE, answers)

    @given(st.data())
    @settings(max_examples=150, deadline=None)
    def test_in_random_catalogues_each_row_wins_once_its_answers_are_given(self, data: st.DataObject) -> None:
        release = RANDOM[data.draw(st.sampled_from(sorted(RANDOM)), "seed")]

        assert_every_row_keeps_its_word(release, data.draw(some_answers(release), "answers"))

    @given(some_answers(SHIPPED))
    @settings(max_examples=300, deadline=None)
    def test_in_the_shipped_content_each_row_wins_once_its_answers_are_given(self, answers: Answers) -> None:
        assert_every_row_keeps_its_word(SHIPPED, answers)

    @given(st.data())
    @settings(max_examples=100, deadline=None)
    def test_in_random_catalogues_no_row_is_nearer(self, data: st.DataObject) -> None:
        release = RANDOM[data.draw(st.sampled_from(sorted(RANDOM)), "seed")]
        answers = data.draw(some_answers(release), "answers")

        for row in recommend(release, answers).why_not:
            fewest = fewest_missing(release, answers, row.category.slug)
            if row.rule is not None:
                assert len(row.missing) == fewest
            else:
                assert not fewest, "a row that leads there was not found"
