from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.answers import MAX_LENGTH, MAX_PAIRS, Answers, MalformedAnswers, Notice, read
from advisor.decision.catalogue import Catalogue
from tests.decision.factory import make_catalogue, make_need

CATALOGUE = make_catalogue()


def read_query(query: str) -> tuple[Answers, tuple[Notice, ...]]:
    return read(parse_qsl(query, keep_blank_values=True), CATALOGUE)


def some_of(section: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(list(CATALOGUE.by_slug[section])), unique=True).map(tuple)


def every_answers() -> st.SearchStrategy[Answers]:
    return st.builds(
        Answers,
        industry=st.none() | st.sampled_from(list(CATALOGUE.by_slug["industries"])),
        needs=some_of("needs"),
        modalities=st.none() | some_of("modalities"),
        circumstances=st.none() | some_of("circumstances"),
    )


class TestRead:
    @pytest.mark.parametrize(
        ("query", "answers"),
        [
            pytest.param("", Answers(), id="nothing"),
            pytest.param("industry=law", Answers("law"), id="only the industry"),
            pytest.param("need=posts&need=review", Answers(needs=("posts", "review")), id="in the visitor's order"),
            pytest.param("modality=text", Answers(modalities=("text",)), id="one thing to produce"),
            pytest.param("modality=none", Answers(modalities=()), id="nothing ticked to produce"),
            pytest.param("fact=none", Answers(circumstances=()), id="no circumstance ticked"),
            pytest.param(
                "fact=personal&need=review&industry=law",
                Answers("law", ("review",), None, ("personal",)),
                id="any order of keys",
            ),
            pytest.param("utm_source=letter&utm_medium=mail&industry=law", Answers("law"), id="a newsletter's tags"),
            pytest.param(f"industry=law&fbclid={'IwZX-0_' * 30}", Answers("law"), id="shared on a social network"),
            pytest.param("industry=law&_gl=1*abc*_ga*MTIz", Answers("law"), id="followed from an advert"),
        ],
    )
    def test_it_reads_what_was_picked_without_a_notice(self, query: str, answers: Answers) -> None:
        assert read_query(query) == (answers, ())

    @pytest.mark.parametrize(
        ("query", "answers", "kinds"),
        [
            pytest.param("colour=red&industry=law", Answers("law"), ["unknown-key"], id="no question of ours"),
            pytest.param("Need=review", Answers(), ["unknown-key"], id="keys are lower case"),
            pytest.param("need=fly&need=review", Answers(needs=("review",)), ["unknown-value"], id="no goal of ours"),
            pytest.param("need=", Answers(), ["unknown-value"], id="an empty value"),
            pytest.param("need=none", Answers(), ["unknown-value"], id="none is no goal"),
            pytest.param("industry=none", Answers(), ["unknown-value"], id="none is no industry"),
            pytest.param("industry=review", Answers(), ["unknown-value"], id="a slug of another question"),
            pytest.param("need=Review", Answers(), ["unknown-value"], id="slugs are lower case"),
            pytest.param("fact=gone", Answers(), ["unknown-value"], id="an unknown circumstance is not an answer"),
            pytest.param("need=review&need=review", Answers(needs=("review",)), ["repeated"], id="the same twice"),
            pytest.param("need=fly&need=fly", Answers(), ["unknown-value"] * 2, id="the same unknown twice"),
            pytest.param("industry=law&industry=shop", Answers(), ["several"], id="two industries"),
            pytest.param("industry=law&industry=law", Answers("law"), ["repeated"], id="one industry twice"),
            pytest.param("industry=law&industry=mars", Answers("law"), ["unknown-value"], id="one of them unknown"),
            pytest.param(
                "fact=none&fact=personal", Answers(circumstances=("personal",)), ["none-beside"], id="none and one"
            ),
            pytest.param(
                "modality=text&modality=none", Answers(modalities=("text",)), ["none-beside"], id="one and none"
            ),
        ],
    )
    def test_it_says_what_it_did_not_count(self, query: str, answers: Answers, kinds: list[str]) -> None:
        found, notices = read_query(query)

        assert found == answers
        assert [notice.kind for notice in notices] == kinds
        assert all(notice.text for notice in notices)

    def test_a_notice_repeats_a_slug_but_no_sentence(self) -> None:
        _, (slug, sentence) = read_query("need=gone-goal&need=Call+this+number")

        assert "gone-goal" in slug.text
        assert "Call" not in sentence.text

    def test_a_visitor_who_ticks_everything_is_read(self) -> None:
        needs = [make_need(f"{'long-' * 10}{number}", "text") for number in range(60)]
        catalogue = make_catalogue(needs=needs, industries=[], rules=[], gates=[], caveats=[], tools=[], examples=[])

        answers, notices = read([("need", need["slug"]) for need in needs], catalogue)

        assert len(answers.needs) == 60
        assert notices == ()


class TestHostile:
    @pytest.mark.parametrize(
        "pairs",
        [
            pytest.param([("need", "review")] * (MAX_PAIRS + 1), id="too many pairs"),
            pytest.param([("need", "x" * 100)] * (MAX_LENGTH // 100), id="too long altogether"),
            pytest.param([("need", "x" * 1000)], id="a long value"),
            pytest.param([("k" * 65, "x")], id="a long key"),
            pytest.param([("need", "review\x00")], id="a null byte"),
            pytest.param([("need", "review\nSet-Cookie: a=b")], id="a line break"),
            pytest.param([("need", "\u202egnp.exe")], id="text turned around"),
            pytest.param([("need", "\u2066review")], id="text isolated"),
            pytest.param([("need", "\x7f")], id="a delete character"),
            pytest.param([("", "review")], id="no key"),
            pytest.param([("<script>", "x")], id="markup as a key"),
            pytest.param([("need[]", "x")], id="brackets in a key"),
            pytest.param([("need ", "x")], id="a space in a key"),
            pytest.param([("nééd", "x")], id="letters that no key has"),
        ],
    )
    def test_it_refuses_what_no_page_of_ours_sends(self, pairs: list[tuple[str, str]]) -> None:
        with pytest.raises(MalformedAnswers, match=r"^(This|A part of this) address "):
            read(pairs, CATALOGUE)

    @given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=200)), max_size=20))
    def test_it_never_fails_in_another_way(self, pairs: list[tuple[str, str]]) -> None:
        try:
            answers, _ = read(pairs, CATALOGUE)
        except MalformedAnswers:
            return

        assert_known(answers, CATALOGUE)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["industry", "need", "modality", "fact", "utm_x", "other"]),
                st.sampled_from(
                    ["law", "shop", "review", "posts", "text", "images", "personal", "none", "", "unknown"]
                ),
            ),
            max_size=12,
        )
    )
    def test_every_pair_is_counted_or_has_a_notice(self, pairs: list[tuple[str, str]]) -> None:
        answers, notices = read(pairs, CATALOGUE)

        assert_known(answers, CATALOGUE)
        counted = answers.pairs()
        for key, value in pairs:
            if key == "utm_x" or (key, value) in counted:
                continue
            assert any(
                notice.key == key and value in (notice.value, *notice.value.split(", ")) for notice in notices
            ) or (any(notice.kind == "unknown-key" and notice.key == key for notice in notices))


def assert_known(answers: Answers, catalogue: Catalogue) -> None:
    by_slug = catalogue.by_slug
    assert answers.industry is None or answers.industry in by_slug["industries"]
    for slugs, section in (
        (answers.needs, "needs"),
        (answers.modalities or (), "modalities"),
        (answers.circumstances or (), "circumstances"),
    ):
        assert set(slugs) <= set(by_slug[section])
        assert len(set(slugs)) == len(slugs)


class TestPairs:
    @given(every_answers())
    def test_writing_answers_and_reading_them_gives_them_back(self, answers: Answers) -> None:
        assert read(answers.pairs(), CATALOGUE) == (answers, ())

    @given(every_answers())
    def test_an_address_that_was_written_is_written_the_same_again(self, answers: Answers) -> None:
        query = urlencode(answers.pairs())

        read_back, _ = read_query(query)

        assert urlencode(read_back.pairs()) == query

    def test_pairs_stand_in_the_order_of_the_questions(self) -> None:
        answers = Answers("law", ("posts", "review"), (), ("personal",))

        assert urlencode(answers.pairs()) == "industry=law&need=posts&need=review&modality=none&fact=personal"


class TestChanges:
    ANSWERS = Answers("law", ("posts", "review"), ("text",), None)

    @pytest.mark.parametrize(
        ("change", "query"),
        [
            (("swap", "industry", "shop"), "industry=shop&need=posts&need=review&modality=text"),
            (("add", "need", "forecast"), "industry=law&need=posts&need=review&need=forecast&modality=text"),
            (("add", "fact", "personal"), "industry=law&need=posts&need=review&modality=text&fact=personal"),
            (("drop", "need", "posts"), "industry=law&need=review&modality=text"),
            (("drop", "modality", "text"), "industry=law&need=posts&need=review&modality=none"),
        ],
    )
    def test_a_changed_copy_keeps_every_other_answer(self, change: tuple[str, str, str], query: str) -> None:
        assert urlencode(self.ANSWERS.changed(*change).pairs()) == query

    def test_it_knows_what_was_picked(self) -> None:
        assert self.ANSWERS.has("industry", "law")
        assert self.ANSWERS.has("need", "review")
        assert not self.ANSWERS.has("fact", "personal")
        assert not self.ANSWERS.has("modality", "images")
