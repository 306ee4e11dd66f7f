"""A trace says how `recommend` decided: it may never tell another story."""

from __future__ import annotations

import itertools

import pytest

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.decision.table import Gap
from advisor.decision.trace import trace
from tests.content.shipped import CATALOGUE
from tests.decision.factory import FACTS, make_answers, make_random_catalogue, make_release, make_rule


def every_answer(catalogue: Catalogue) -> list[Answers]:
    """All sets of circumstances, with one, two and no kinds of content ticked."""
    needs = tuple(need.slug for need in catalogue.needs)
    facts = [tuple(chosen) for count in range(4) for chosen in itertools.combinations(FACTS, count)]
    modalities = [None, ("text",), ("images", "figures")]
    return [
        Answers(industry.slug, needs, picked, said)
        for industry in catalogue.industries
        for picked in modalities
        for said in facts
    ]


def assert_same_story(release: Release, answers: Answers) -> None:
    advice, told = recommend(release, answers), trace(release, answers)
    decided = [(case.need, case.modality, case.assumed, case.rule) for of in advice.verdicts for case in of.cases]
    winners = [(case.need, case.modality, case.assumed, case.winner and case.winner.rule) for case in told.cases]
    assert winners == decided
    assert [(gate.row, gate.needs) for gate in told.gates] == [(g.gate, g.needs) for g in advice.readiness.gates]
    assert [(row.row, row.needs) for row in told.caveats] == [(c.caveat, c.needs) for c in advice.caveats]
    shown = [(tool.row, tool.needs) for tool in told.tools if not tool.left_out]
    assert shown == [(tool.tool, tool.needs) for tool in advice.tools]


@pytest.mark.parametrize("seed", range(25))
def test_the_winner_of_each_case_is_the_rule_that_decided_it(seed: int) -> None:
    release = Release.of_draft(make_random_catalogue(seed, sound=True))

    for answers in every_answer(release.catalogue):
        assert_same_story(release, answers)


def test_it_tells_the_story_of_every_shipped_example() -> None:
    release = Release.of_draft(CATALOGUE)

    for example in CATALOGUE.examples:
        assert_same_story(release, make_answers(release, example.answers))


def test_every_rule_that_fits_is_listed_with_its_cells_and_why_it_wins_or_not() -> None:
    release = make_release()

    (case,) = trace(release, make_answers(release, "industry=law&need=review&modality=text")).cases

    assert [match.rule.slug for match in case.matches] == ["law-review", "any-text"]
    assert [(cell.cell, cell.names) for cell in case.matches[0].filled] == [
        ("industries", ("Law",)),
        ("needs", ("Review",)),
    ]
    assert [match.why for match in case.matches] == [
        "Wins: two filled cells, more than any other rule that fits.",
        "Loses: one filled cell. “law-review” has two.",
    ]


def test_a_cell_with_several_names_says_which_holds() -> None:
    release = make_release(rules=[make_rule("wide", "words", industries=["law", "shop", "other"])])

    (case,) = trace(release, make_answers(release, "industry=shop&need=review")).cases

    (cell,) = case.matches[0].filled
    assert (cell.names, cell.others) == (("Shop",), 2)


def test_a_gap_is_a_case_without_rules_and_what_others_decide_is_still_told() -> None:
    release = make_release(rules=[make_rule("any-text", "words", modalities=["text"])])
    answers = make_answers(release, "industry=law&need=review&need=banners&fact=personal")

    told = trace(release, answers)

    with pytest.raises(Gap):
        recommend(release, answers)
    assert [case.winner and case.winner.rule.slug for case in told.cases] == ["any-text", None]
    assert "personal-first" in [gate.row.slug for gate in told.gates]


def test_a_conflict_is_named_on_both_sides() -> None:
    rules = [make_rule("one", "words", needs=["review"]), make_rule("two", "data", industries=["law"])]
    release = make_release(rules=rules)

    (case,) = trace(release, make_answers(release, "industry=law&need=review")).cases

    assert [match.conflicts for match in case.matches] == [False, True]
    assert all(match.why.startswith("A conflict") for match in case.matches)


def test_equal_rules_that_agree_are_no_conflict() -> None:
    rules = [make_rule("one", "words", needs=["review"]), make_rule("two", "words", industries=["law"])]
    release = make_release(rules=rules)

    (case,) = trace(release, make_answers(release, "industry=law&need=review")).cases

    assert [match.conflicts for match in case.matches] == [False, False]
    assert "point the same way" in case.matches[0].why


def test_a_tool_that_fits_and_is_not_shown_says_why() -> None:
    release = make_release()

    told = trace(release, make_answers(release, "industry=law&need=forecast&fact=in-house"))
    not_yet = trace(release, make_answers(release, "industry=law&need=forecast&fact=unchecked"))
    hosted = trace(release, make_answers(release, "industry=law&need=review&fact=in-house"))

    assert [(tool.row.slug, tool.left_out) for tool in told.tools] == [("oracle", "")]
    assert "not yet" in not_yet.tools[0].left_out
    assert {tool.row.slug: bool(tool.left_out) for tool in hosted.tools} == {
        "lawbot": True,
        "llama": False,
        "writer": True,
    }


def test_what_does_not_count_leaves_no_trace() -> None:
    """A circumstance that nothing could use for these answers is set aside, as in the advice."""
    release = make_release()
    answers = make_answers(release, "industry=law&need=review&modality=images&fact=untried")

    assert_same_story(release, answers)
