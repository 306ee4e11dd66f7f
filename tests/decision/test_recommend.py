from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest

from advisor.decision.answers import Answers, Notice
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation, plain
from advisor.decision.release import Release
from advisor.decision.table import Gap
from tests.decision.brute_force import Plain, advise
from tests.decision.factory import (
    make_answers,
    make_caveat,
    make_circumstance,
    make_gate,
    make_need,
    make_random_catalogue,
    make_release,
    make_rule,
    make_tool,
)

RELEASE = make_release()


def advice_for(query: str, release: Release = RELEASE) -> Recommendation:
    return recommend(release, make_answers(release, query))


def verdicts_of(advice: Recommendation) -> dict[str, str]:
    return {verdict.need.slug: verdict.category.slug for verdict in advice.verdicts}


def reasons_of(advice: Recommendation) -> list[str]:
    return [plain(case.reason) for verdict in advice.verdicts for case in verdict.cases]


class TestIncomplete:
    @pytest.mark.parametrize(
        ("answers", "missing"),
        [
            (Answers(), ("industry", "need")),
            (Answers("law"), ("need",)),
            (Answers(needs=("review",)), ("industry",)),
            (Answers(None, (), ("text",), ("personal",)), ("industry", "need")),
        ],
    )
    def test_there_is_no_advice_without_an_industry_and_a_goal(
        self, answers: Answers, missing: tuple[str, ...]
    ) -> None:
        with pytest.raises(Incomplete, match=" and ".join(missing)) as caught:
            recommend(RELEASE, answers)

        assert caught.value.missing == missing

    def test_there_is_advice_before_the_later_questions_are_answered(self) -> None:
        assert advice_for("industry=law&need=review").headline.category.slug == "words"

    def test_a_draft_with_a_gap_has_no_advice_there(self) -> None:
        release = make_release(rules=[make_rule("images", "media", modalities=["images"])])

        with pytest.raises(Gap):
            advice_for("industry=law&need=review", release)


class TestCases:
    """Point 1: every chosen need x every chosen modality that the need can produce."""

    def test_each_goal_is_decided_for_each_thing_that_it_can_produce(self) -> None:
        advice = advice_for("industry=shop&need=posts&need=sorting&modality=text&modality=images&modality=figures")

        assert {
            verdict.need.slug: [(case.modality.slug, case.rule.slug) for case in verdict.cases]
            for verdict in advice.verdicts
        } == {
            "posts": [("text", "any-text"), ("images", "any-images")],
            "sorting": [("figures", "any-figures"), ("text", "any-text")],
        }

    def test_a_goal_without_a_tick_takes_its_default_and_the_result_says_so(self) -> None:
        advice = advice_for("industry=shop&need=sorting&need=posts&modality=images&fact=none")

        assert [case.assumed for verdict in advice.verdicts for case in verdict.cases] == [False, True]
        (notice,) = advice.notices
        assert (notice.kind, notice.value) == ("filled-in", "figures")
        assert "You did not tick figures" in notice.text
        assert "“Sorting”" in notice.text

    def test_a_goal_that_produces_one_thing_assumes_nothing(self) -> None:
        advice = advice_for("industry=shop&need=bookings&fact=none")

        assert not advice.verdicts[0].cases[0].assumed
        assert advice.notices == ()

    def test_a_single_thing_beside_other_ticks_is_said(self) -> None:
        advice = advice_for("industry=shop&need=bookings&need=posts&modality=text&fact=none")

        assert [(notice.kind, notice.value) for notice in advice.notices] == [("filled-in", "records")]

    @pytest.mark.parametrize(
        "query", ["industry=law&need=posts&fact=none", "industry=law&need=posts&modality=none&fact=none"]
    )
    def test_an_open_question_is_filled_in_and_said(self, query: str) -> None:
        advice = advice_for(query)

        assert [(notice.kind, notice.value) for notice in advice.notices] == [("filled-in", "text")]
        assert "You left open" in advice.notices[0].text

    def test_it_says_when_circumstances_were_not_asked_yet(self) -> None:
        assert [notice.kind for notice in advice_for("industry=law&need=review").notices] == ["not-asked"]
        assert [notice.kind for notice in advice_for("industry=law&need=review&fact=none").notices] == []

    def test_what_was_set_aside_is_said_after_what_was_ignored(self) -> None:
        ignored = Notice("unknown-key", "colour", "", "We ignored it.")

        advice = recommend(RELEASE, Answers("law", ("bookings",), None, ("untried",)), [ignored])

        assert [notice.kind for notice in advice.notices] == ["unknown-key", "set-aside"]

    def test_the_advice_keeps_the_answers_as_given(self) -> None:
        answers = Answers("law", ("bookings",), None, ("untried",))

        assert recommend(RELEASE, answers).answers == answers


class TestTable:
    """Point 2: each case by the table, with the industry and all circumstances."""

    @pytest.mark.parametrize(
        ("query", "rule"),
        [
            ("industry=law&need=review", "law-review"),
            ("industry=shop&need=review", "any-text"),
            ("industry=shop&need=forecast&fact=personal", "any-figures"),
            ("industry=shop&need=forecast&fact=personal&fact=untried", "forecast-untried"),
        ],
    )
    def test_the_most_specific_row_decides(self, query: str, rule: str) -> None:
        assert advice_for(query).verdicts[0].cases[0].rule.slug == rule


class TestVerdict:
    """Point 3: what the cases of one need add up to."""

    MIXED = make_release(
        rules=[
            *[make_rule(f"any-{slug}", slug, modalities=[modality], look_for="One.") for slug, modality in
              (("words", "text"), ("media", "images"), ("data", "figures"), ("plain", "records"))],
            make_rule("both", "both", needs=["two"]),
        ],
        needs=[
            make_need("one", "text", "images", "figures", "records"),
            make_need("two", "images", "text"),
            make_need("three", "figures", "text", "images"),
        ],
        industries=[{"slug": "shop", "name": "Shop", "phrase": "a shop"}],
        gates=[],
        caveats=[make_caveat("everyone")],
        tools=[make_tool("any")],
        examples=[],
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("query", "category", "also"),
        [
            pytest.param("need=one&modality=text", "words", [], id="one case"),
            pytest.param("need=one&modality=text&modality=images", "both", [], id="language and media"),
            pytest.param("need=two&modality=text&modality=images", "both", [], id="both cases combined"),
            pytest.param(
                "need=one&modality=text&modality=figures", "words", [("data", ["figures"])], id="the default leads"
            ),
            pytest.param(
                "need=three&modality=text&modality=figures",
                "data",
                [("words", ["text"])],
                id="the default of this need",
            ),
            pytest.param(
                "need=three&modality=text&modality=images&modality=figures",
                "data",
                [("words", ["text"]), ("media", ["images"])],
                id="the others are named with what they are for",
            ),
            pytest.param(
                "need=one&modality=figures&modality=records",
                "data",
                [("plain", ["records"])],
                id="the default is not ticked",
            ),
        ],
    )
    def test_verdict(self, query: str, category: str, also: list[tuple[str, list[str]]]) -> None:
        (verdict,) = advice_for(f"industry=shop&{query}", self.MIXED).verdicts

        assert verdict.category.slug == category
        assert [(kind.category.slug, [item.slug for item in kind.modalities]) for kind in verdict.also] == also

    def test_verdicts_stand_in_the_order_of_the_editors(self) -> None:
        advice = advice_for(
            "industry=shop&need=bookings&need=review&need=forecast&need=posts&modality=text&modality=images"
        )

        assert verdicts_of(advice) == {"review": "words", "posts": "both", "forecast": "data", "bookings": "plain"}
        assert list(verdicts_of(advice)) == ["review", "posts", "forecast", "bookings"]


class TestHeadline:
    """Point 4: what the verdicts add up to."""

    @pytest.mark.parametrize(
        ("query", "category", "tie", "sentence"),
        [
            pytest.param("need=review", "words", [], "It fits your goal.", id="one goal"),
            pytest.param("need=review&need=posts", "words", [], "It fits both of your goals.", id="two goals alike"),
            pytest.param(
                "need=review&need=banners",
                "both",
                [],
                "One goal calls for words and one goal calls for media, so the two belong together.",
                id="language and media",
            ),
            pytest.param(
                "need=forecast&need=review&need=posts&modality=text",
                "words",
                [],
                "It fits two of your three goals. One needs another kind of AI.",
                id="the one that serves most",
            ),
            pytest.param(
                "need=bookings&need=review&need=posts&modality=text",
                "words",
                [],
                "It fits two of your three goals. One needs no AI.",
                id="one needs none",
            ),
            pytest.param(
                "need=forecast&need=review",
                "data",
                ["data", "words"],
                "A tie. One goal each for data and words. "
                "We name data first because its goal comes first in your list.",
                id="a tie by the visitor's order",
            ),
            pytest.param(
                "need=review&need=forecast",
                "words",
                ["words", "data"],
                "A tie. One goal each for words and data. "
                "We name words first because its goal comes first in your list.",
                id="the other way round",
            ),
        ],
    )
    def test_headline(self, query: str, category: str, tie: list[str], sentence: str) -> None:
        headline = advice_for(f"industry=shop&{query}").headline

        assert headline.category.slug == category
        assert [kind.slug for kind in headline.tie] == tie
        assert headline.sentence == sentence

    def test_shares_name_the_goals_that_each_kind_serves(self) -> None:
        headline = advice_for("industry=shop&need=bookings&need=review&need=posts&modality=text").headline

        assert [(share.category.slug, [need.slug for need in share.needs]) for share in headline.shares] == [
            ("words", ["review", "posts"]),
            ("plain", ["bookings"]),
        ]

    def test_the_order_of_ticks_changes_nothing_but_the_tie(self) -> None:
        answers = make_answers(
            RELEASE,
            "industry=law&need=posts&need=forecast&need=review&modality=text&modality=images&fact=personal&fact=in-house",
        )
        first = recommend(RELEASE, answers)

        for needs in permutations(answers.needs):
            turned = replace(
                answers,
                needs=needs,
                modalities=(answers.modalities or ())[::-1],
                circumstances=(answers.circumstances or ())[::-1],
            )
            assert (
                replace(recommend(RELEASE, turned), answers=answers) == first or recommend(RELEASE, turned).headline.tie
            )

    def test_a_tie_changes_only_what_is_named_first(self) -> None:
        one = advice_for("industry=shop&need=forecast&need=review&fact=none")
        two = advice_for("industry=shop&need=review&need=forecast&fact=none")

        assert set(one.headline.tie) == set(two.headline.tie)
        assert replace(one, answers=two.answers, headline=two.headline) == two


class TestReadiness:
    """Point 5: the strictest gate, and all of them."""

    @pytest.mark.parametrize(
        ("query", "level", "gates"),
        [
            pytest.param("need=review&fact=none", "ready", [], id="no gate"),
            pytest.param("need=review&fact=personal", "prepare", ["personal-first"], id="by a circumstance"),
            pytest.param("need=banners&fact=none", "prepare", ["banners-first"], id="by a goal"),
            pytest.param("need=bookings&fact=personal", "ready", [], id="not for another kind"),
            pytest.param("need=banners&fact=unchecked", "prepare", ["banners-first"], id="nor a stricter one"),
            pytest.param(
                "need=review&need=banners&fact=in-house&fact=personal&fact=unchecked",
                "not-yet",
                ["no-checker", "personal-first", "house-first", "banners-first"],
                id="strictest first, then as the editors order them",
            ),
        ],
    )
    def test_level(self, query: str, level: str, gates: list[str]) -> None:
        readiness = recommend(RELEASE, make_answers(RELEASE, f"industry=shop&{query}")).readiness

        assert readiness.level == level
        assert [gate.gate.slug for gate in readiness.gates] == gates

    def test_each_goal_has_its_own_level_and_gates(self) -> None:
        advice = advice_for("industry=shop&need=review&need=banners&need=bookings&fact=unchecked")

        assert {
            verdict.need.slug: (verdict.level, [gate.gate.slug for gate in verdict.gates])
            for verdict in advice.verdicts
        } == {
            "review": ("not-yet", ["no-checker"]),
            "banners": ("prepare", ["banners-first"]),
            "bookings": ("ready", []),
        }

    def test_a_gate_names_the_goals_that_it_holds_up(self) -> None:
        advice = advice_for("industry=shop&need=forecast&need=review&need=bookings&fact=unchecked")

        assert [[need.slug for need in gate.needs] for gate in advice.readiness.gates] == [["review", "forecast"]]

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("need=review&fact=none", "Ready: nothing to put right first."),
            ("need=review&fact=personal", "Prepare first: one thing."),
            ("need=review&fact=personal&fact=in-house", "Prepare first: two things."),
            ("need=review&fact=unchecked&fact=personal", "One thing must be true first."),
            ("need=review&need=bookings&fact=unchecked", "One thing must be true first, for one of your two goals."),
        ],
    )
    def test_it_is_said_in_a_sentence(self, query: str, sentence: str) -> None:
        assert advice_for(f"industry=shop&{query}").readiness.sentence == sentence

    def test_a_goal_that_yields_two_things_is_held_up_once(self) -> None:
        advice = advice_for("industry=shop&need=posts&modality=text&modality=images&fact=personal")

        assert [[need.slug for need in gate.needs] for gate in advice.readiness.gates] == [["posts"]]


class TestCaveats:
    @pytest.mark.parametrize(
        ("query", "caveats"),
        [
            pytest.param("industry=shop&need=review&fact=none", ["everyone"], id="one for everybody"),
            pytest.param(
                "industry=law&need=review&fact=personal",
                ["law-privacy", "everyone"],
                id="what must be minded comes first",
            ),
            pytest.param("industry=law&need=review&fact=none", ["everyone"], id="not without its circumstance"),
            pytest.param("industry=shop&need=review&fact=personal", ["everyone"], id="not in another industry"),
            pytest.param("industry=shop&need=banners&fact=none", ["everyone", "faces"], id="for what is produced"),
        ],
    )
    def test_caveats(self, query: str, caveats: list[str]) -> None:
        assert [caveat.caveat.slug for caveat in advice_for(query).caveats] == caveats

    def test_a_caveat_names_the_goals_that_it_is_for(self) -> None:
        advice = advice_for("industry=shop&need=banners&need=posts&need=review&modality=images&modality=text&fact=none")

        assert {caveat.caveat.slug: [need.slug for need in caveat.needs] for caveat in advice.caveats} == {
            "everyone": ["review", "posts", "banners"],
            "faces": ["posts", "banners"],
        }


class TestTools:
    """Point 6: tools by fit, then by name."""

    @pytest.mark.parametrize(
        ("query", "tools"),
        [
            pytest.param("need=review&fact=none", ["lawbot", "llama", "writer"], id="by fit, then by name"),
            pytest.param("need=posts&modality=text&fact=none", ["llama", "writer"], id="not for another goal"),
            pytest.param("need=posts&modality=images&fact=none", ["painter"], id="for its kind"),
            pytest.param("need=review&fact=unchecked", [], id="none under a not-yet"),
            pytest.param("need=review&need=bookings&fact=unchecked", [], id="for no goal when one is held up"),
            pytest.param("need=review&fact=personal", ["lawbot", "llama", "writer"], id="all under a prepare"),
            pytest.param("need=review&fact=in-house", ["llama"], id="own servers: only what can be run there"),
            pytest.param("need=forecast&fact=in-house", ["oracle"], id="one way of offering that fits is enough"),
            pytest.param("need=posts&modality=images&fact=in-house", [], id="own servers: perhaps none"),
        ],
    )
    def test_tools(self, query: str, tools: list[str]) -> None:
        assert [tool.tool.slug for tool in advice_for(f"industry=shop&{query}").tools] == tools

    def test_a_technique_is_never_suggested(self) -> None:
        assert "transformer" not in [tool.tool.slug for tool in advice_for("industry=shop&need=review").tools]

    def test_each_goal_has_its_own_tools(self) -> None:
        advice = advice_for("industry=shop&need=review&need=forecast&fact=none")

        assert {verdict.need.slug: [tool.tool.slug for tool in verdict.tools] for verdict in advice.verdicts} == {
            "review": ["lawbot", "llama", "writer"],
            "forecast": ["oracle"],
        }

    def test_names_are_compared_without_case(self) -> None:
        tools = [make_tool(slug, "words", name=name) for slug, name in (("a", "beta"), ("b", "Alpha"), ("c", "Gamma"))]

        assert [
            tool.tool.name for tool in advice_for("industry=shop&need=review", make_release(tools=tools)).tools
        ] == [
            "Alpha",
            "beta",
            "Gamma",
        ]

    def test_every_demand_must_be_met(self) -> None:
        release = make_release(
            circumstances=[
                make_circumstance("in-house", offers=["self-hosted", "open-weights"]),
                make_circumstance("no-install", offers=["hosted", "built-in"]),
            ],
            rules=[make_rule("any", "words")],
            gates=[make_gate(slug, circumstances=[slug]) for slug in ("in-house", "no-install")],
            caveats=[make_caveat("everyone")],
            tools=[
                make_tool("weights", "words", offered=["open-weights"]),
                make_tool("web", "words", offered=["hosted"]),
                make_tool("either", "words", offered=["hosted", "self-hosted"]),
            ],
        )

        advice = advice_for("industry=shop&need=review&fact=in-house&fact=no-install", release)

        assert [tool.tool.slug for tool in advice.tools] == ["either"]


class TestReasons:
    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            pytest.param(
                "industry=shop&need=posts&modality=images",
                "Because you want to posts and ticked images. Because of any-images.",
                id="goal and what to produce",
            ),
            pytest.param(
                "industry=law&need=review",
                "Because you want to review, for a law business. Because of law-review.",
                id="goal and industry",
            ),
            pytest.param(
                "industry=shop&need=posts&modality=none",
                "Because you want to posts, which usually means text. Because of any-text.",
                id="what was assumed",
            ),
            pytest.param(
                "industry=shop&need=forecast&fact=untried",
                "Because you want to forecast, and you said you have untried. Because of forecast-untried.",
                id="goal and circumstance",
            ),
            pytest.param(
                "industry=shop&need=review",
                "Because you want to review. Because of any-text.",
                id="nothing there was to tick",
            ),
        ],
    )
    def test_the_reason_names_the_answers_that_count(self, query: str, reason: str) -> None:
        assert reasons_of(advice_for(query)) == [reason]

    def test_each_word_of_the_visitor_leads_back_to_its_answer(self) -> None:
        answers = make_answers(RELEASE, "industry=law&need=review&need=forecast&fact=untried&fact=personal")

        advice = recommend(RELEASE, answers)

        sentences = [case.reason for verdict in advice.verdicts for case in verdict.cases]
        sentences += [gate.reason for gate in advice.readiness.gates]
        sentences += [caveat.reason for caveat in advice.caveats]
        named = [part.answer for sentence in sentences for part in sentence if part.answer]
        assert set(named) == {
            ("industry", "law"),
            ("need", "review"),
            ("need", "forecast"),
            ("fact", "untried"),
            ("fact", "personal"),
        }
        assert all(answers.has(*answer) for answer in named)

    def test_a_gate_says_which_answer_brought_it_up(self) -> None:
        gates = {
            gate.gate.slug: plain(gate.reason)
            for gate in advice_for("industry=shop&need=banners&need=review&fact=personal").readiness.gates
        }

        assert gates == {
            "personal-first": "Because you said you have personal. It matters.",
            "banners-first": "Because you want to banners. It matters.",
        }

    def test_two_circumstances_are_both_named(self) -> None:
        release = make_release(gates=[make_gate("two", circumstances=["unchecked", "personal"])])

        (gate,) = advice_for("industry=shop&need=review&fact=unchecked&fact=personal", release).readiness.gates

        assert plain(gate.reason).startswith("Because you said you have personal and you have unchecked. ")

    def test_a_caveat_for_everybody_needs_no_reason(self) -> None:
        reasons = {
            caveat.caveat.slug: caveat.reason for caveat in advice_for("industry=law&need=review&fact=personal").caveats
        }

        assert reasons["everyone"] == ()
        assert plain(reasons["law-privacy"]) == "Because you said you have personal."


class TestSureness:
    CONTESTED = make_release(
        rules=[
            make_rule("any-text", "words", modalities=["text"], contested="Some say media."),
            make_rule("any-images", "media", modalities=["images"]),
            make_rule("any-figures", "data", modalities=["figures"]),
            make_rule("any-records", "plain", modalities=["records"], look_for="A calendar."),
            make_rule("sorting", "data", needs=["sorting"], modalities=["figures"]),
            make_rule("law-banners", "both", industries=["law"], needs=["banners"]),
        ]
    )

    @pytest.mark.parametrize(
        ("query", "word"),
        [
            pytest.param("industry=shop&need=banners", "clear", id="every matching row agrees"),
            pytest.param("industry=shop&need=sorting&modality=figures", "clear", id="rows that agree are no rivals"),
            pytest.param("industry=law&need=banners", "likely", id="a broader row disagrees"),
            pytest.param("industry=shop&need=review", "likely", id="a contested rule"),
            pytest.param("industry=shop&need=sorting", "likely", id="an assumption"),
            pytest.param("industry=shop&need=posts", "close", id="contested and assumed"),
        ],
    )
    def test_a_case_is_less_sure_for_each_doubt(self, query: str, word: str) -> None:
        (verdict,) = advice_for(f"{query}&fact=none", self.CONTESTED).verdicts

        assert [case.sure for case in verdict.cases] == [word]
        assert verdict.sure == word

    def test_a_verdict_is_as_sure_as_its_least_sure_case(self) -> None:
        (verdict,) = advice_for("industry=shop&need=posts&modality=text&modality=images", self.CONTESTED).verdicts

        assert [case.sure for case in verdict.cases] == ["likely", "clear"]
        assert verdict.sure == "likely"

    @pytest.mark.parametrize(
        ("query", "word", "because"),
        [
            pytest.param("industry=shop&need=banners", "clear", "Clear: every row", id="clear"),
            pytest.param("industry=law&need=banners", "likely", "Likely: a broader row points elsewhere", id="a rival"),
            pytest.param("industry=shop&need=review", "likely", "Likely: part of it is contested", id="contested"),
            pytest.param("industry=shop&need=sorting", "likely", "Likely: you left open what", id="assumed"),
            pytest.param(
                "industry=shop&need=bookings&need=forecast", "close", "Close: two or more kinds serve", id="a tie"
            ),
            pytest.param(
                "industry=shop&need=bookings&need=forecast&need=sorting&modality=figures",
                "likely",
                "Likely: one goal fewer could make it a tie.",
                id="a lead of one goal",
            ),
        ],
    )
    def test_the_headline_says_what_lowers_it(self, query: str, word: str, because: str) -> None:
        headline = advice_for(f"{query}&fact=none", self.CONTESTED).headline

        assert headline.sure == word
        assert headline.sure_because.startswith(because)

    @pytest.mark.parametrize("seed", range(60))
    def test_one_goal_fewer_makes_a_tie_exactly_where_that_is_said(self, seed: int) -> None:
        catalogue = make_random_catalogue(seed, sound=True)
        release = Release.of_draft(catalogue)
        for answers in random_answers(release, seed, 8):
            headline = recommend(release, answers).headline
            fewer = [answers.changed("drop", "need", slug) for slug in answers.needs if len(answers.needs) > 1]
            ties = any(recommend(release, other).headline.tie for other in fewer)

            assert ("one goal fewer could make it a tie" in headline.sure_because) == (ties and not headline.tie)


def random_answers(release: Release, seed: int, count: int) -> list[Answers]:
    rng = random.Random(seed)  # noqa: S311  repeatable, not secret
    catalogue = release.catalogue

    def some(entries: tuple[str, ...], least: int) -> tuple[str, ...]:
        return tuple(rng.sample(entries, rng.randint(least, len(entries))))

    return [
        Answers(
            rng.choice(catalogue.industries).slug,
            some(tuple(catalogue.by_slug["needs"]), 1),
            rng.choice([None, some(tuple(catalogue.by_slug["modalities"]), 0)]),
            rng.choice([None, some(tuple(catalogue.by_slug["circumstances"]), 0)]),
        )
        for _ in range(count)
    ]


def without_words(advice: Recommendation) -> Plain:
    return Plain(
        category=advice.headline.category.slug,
        tie=frozenset(category.slug for category in advice.headline.tie),
        level=advice.readiness.level,
        verdicts={
            verdict.need.slug: (
                verdict.category.slug,
                verdict.level,
                tuple((case.modality.slug, case.rule.slug) for case in verdict.cases),
            )
            for verdict in advice.verdicts
        },
        gates=frozenset(gate.gate.slug for gate in advice.readiness.gates),
        caveats=frozenset(caveat.caveat.slug for caveat in advice.caveats),
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_advice_is_that_of_the_design_word_for_word(seed: int) -> None:
    release = Release.of_draft(make_random_catalogue(seed, sound=True))

    for answers in random_answers(release, seed, 8):
        assert without_words(recommend(release, answers)) == advise(release.catalogue, answers)
