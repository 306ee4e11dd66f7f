"""What holds for every set of answers that a visitor can give under the shipped content."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from urllib.parse import parse_qsl, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.answers import Answers, read
from advisor.decision.flow import next_question, offered
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from tests.content.shipped import CATALOGUE, RELEASE
from tests.decision.brute_force import advise

many = settings(max_examples=200, deadline=None)


def some_of(section: str, *, least: int = 0, most: int = 5) -> st.SearchStrategy[tuple[str, ...]]:
    slugs = list(CATALOGUE.by_slug[section])
    return st.lists(st.sampled_from(slugs), min_size=least, max_size=most, unique=True).map(tuple)


def any_answers() -> st.SearchStrategy[Answers]:
    return st.builds(
        Answers,
        industry=st.sampled_from(list(CATALOGUE.by_slug["industries"])),
        needs=some_of("needs", least=1),
        modalities=st.none() | some_of("modalities"),
        circumstances=st.none() | some_of("circumstances"),
    )


@st.composite
def walked_answers(draw: st.DrawFn) -> Answers:
    """Answers as a visitor gives them: question by question, of what each one offers."""
    answers = Answers()
    while key := next_question(RELEASE, answers):
        choices = st.sampled_from(offered(RELEASE, answers, key))
        if key == "industry":
            answers = replace(answers, industry=draw(choices))
        elif key == "need":
            answers = replace(answers, needs=tuple(draw(st.lists(choices, min_size=1, max_size=5, unique=True))))
        else:
            answers = answers.with_picked(key, tuple(draw(st.lists(choices, max_size=8, unique=True))))
    return answers


def needs_of(advice: Recommendation) -> dict[str, tuple[str, str, list[tuple[str, str]]]]:
    return {
        verdict.need.slug: (
            verdict.category.slug,
            verdict.level,
            [(case.modality.slug, case.rule.slug) for case in verdict.cases],
        )
        for verdict in advice.verdicts
    }


@given(any_answers(), st.randoms(use_true_random=False))
@many
def test_the_order_of_ticks_changes_nothing_but_a_shown_tie(answers: Answers, random: Random) -> None:
    def shuffled(slugs: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return slugs and tuple(random.sample(slugs, len(slugs)))

    turned = replace(
        answers,
        needs=shuffled(answers.needs) or (),
        modalities=shuffled(answers.modalities),
        circumstances=shuffled(answers.circumstances),
    )

    one, two = recommend(RELEASE, answers), recommend(RELEASE, turned)

    assert (one.verdicts, one.readiness, one.caveats, one.tools) == (
        two.verdicts,
        two.readiness,
        two.caveats,
        two.tools,
    )
    assert set(one.notices) == set(two.notices)
    assert set(one.headline.tie) == set(two.headline.tie)
    if not one.headline.tie:
        assert one.headline == two.headline


@given(any_answers(), some_of("needs", least=1))
@many
def test_the_needs_of_two_visitors_together_are_those_of_each(answers: Answers, more: tuple[str, ...]) -> None:
    others = replace(answers, needs=more)
    together = replace(answers, needs=(*answers.needs, *(slug for slug in more if slug not in answers.needs)))

    one, two, both = (recommend(RELEASE, each) for each in (answers, others, together))

    assert needs_of(both) == {**needs_of(one), **needs_of(two)}


@given(walked_answers())
@many
def test_every_visitor_gets_a_verdict_for_each_goal_and_a_caveat(answers: Answers) -> None:
    advice = recommend(RELEASE, answers)

    assert {verdict.need.slug for verdict in advice.verdicts} == set(answers.needs)
    assert all(verdict.cases for verdict in advice.verdicts)
    assert advice.caveats
    assert not [notice for notice in advice.notices if notice.kind == "set-aside"]


@given(any_answers())
@many
def test_every_address_gets_a_verdict_for_each_goal_and_a_caveat(answers: Answers) -> None:
    advice = recommend(RELEASE, answers)

    assert {verdict.need.slug for verdict in advice.verdicts} == set(answers.needs)
    assert advice.caveats


def test_every_single_case_gets_a_verdict_a_caveat_and_a_tool() -> None:
    for industry in CATALOGUE.industries:
        for need in CATALOGUE.needs:
            for modality in need.modalities:
                advice = recommend(RELEASE, Answers(industry.slug, (need.slug,), (modality,), ()))

                assert advice.verdicts[0].cases[0].modality.slug == modality
                assert advice.caveats
                assert advice.tools or advice.readiness.level == "not-yet", (need.slug, modality)


@given(any_answers())
@many
def test_the_advice_is_that_of_the_design_word_for_word(answers: Answers) -> None:
    advice = recommend(RELEASE, answers)

    plain = advise(CATALOGUE, answers)

    assert (advice.headline.category.slug, advice.readiness.level) == (plain.category, plain.level)
    assert {slug: (category, level, tuple(cases)) for slug, (category, level, cases) in needs_of(advice).items()} == (
        plain.verdicts
    )
    assert {gate.gate.slug for gate in advice.readiness.gates} == plain.gates
    assert {caveat.caveat.slug for caveat in advice.caveats} == plain.caveats


@given(any_answers())
@many
def test_reading_an_address_and_writing_it_again_is_the_identity(answers: Answers) -> None:
    address = urlencode(answers.pairs())

    found, notices = read(parse_qsl(address, keep_blank_values=True), CATALOGUE)

    assert found == answers
    assert notices == ()
    assert urlencode(found.pairs()) == address


def test_a_visitor_who_ticks_everything_can_share_the_address() -> None:
    everything = Answers(
        CATALOGUE.industries[-1].slug,
        *(tuple(CATALOGUE.by_slug[section]) for section in ("needs", "modalities", "circumstances")),
    )

    found, notices = read(everything.pairs(), CATALOGUE)

    assert (found, notices) == (everything, ())
    assert len(recommend(RELEASE, found).verdicts) == len(CATALOGUE.needs)
