"""Pieces of page that are kept: what is everybody's is rendered once, what is one visitor's never stays in them."""

from __future__ import annotations

import pytest
from django.template import engines

from advisor import links
from advisor.decision.answers import Answers
from advisor.decision.recommend import recommend
from tests.benchmarks import visitors
from tests.content.shipped import RELEASE


def rendered(text: str, **context: object) -> str:
    return engines["django"].from_string("{% load signpost %}" + text).render(context)


class TestGaps:
    def test_each_visitor_finds_their_own_words_in_what_is_kept(self) -> None:
        text = '{% kept "a gap" %}{{ everybodys }}: {% gap own %}.{% endkept %}'

        assert rendered(text, everybodys="Hello", own="Ada") == "Hello: Ada."
        assert rendered(text, everybodys="not rendered again", own="Grace") == "Hello: Grace."

    def test_what_fills_one_is_escaped(self) -> None:
        for _ in range(2):
            page = rendered('{% kept "an escaped gap" %}<p>{% gap own %}</p>{% endkept %}', own="<b>&\0</b>")
            assert page == "<p>&lt;b&gt;&amp;\0&lt;/b&gt;</p>"

    def test_without_anything_kept_around_it_is_a_value_like_others(self) -> None:
        assert rendered("{% gap own|upper %}", own="<a>") == "&lt;A&gt;"

    def test_a_piece_within_a_piece_leaves_its_gaps_open(self) -> None:
        inner = '[{% kept "inner" %}{% gap second %}{% endkept %}]'
        text = '{% kept "outer" %}{% gap first %}' + inner + "{% gap first %}{% endkept %}"

        assert [rendered(text, first=n, second=n + 1) for n in (1, 3)] == ["1[2]1", "3[4]3"]


@pytest.mark.parametrize("beside", ["", "abcdefghijklmnopqrstuv"])
def test_a_change_leads_to_the_same_address_as_its_answers(beside: str) -> None:
    for answers in [*visitors.many(RELEASE, 3, 40), Answers("other", ("chatbot",))]:
        quick = links.ResultsBeside(answers, beside)
        changes = [(change.action, change.key, change.slug) for change in recommend(RELEASE, answers).what_if]
        for change in [
            *changes,
            ("swap", "industry", "law-finance"),
            ("add", "modality", "new"),
            ("add", "fact", "new"),
        ]:
            assert quick.of(*change) == links.result_url(answers.changed(*change), beside=beside)
