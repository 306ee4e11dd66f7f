from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from advisor.decision.finder import MAX_LENGTH, MAX_MATCHES, find
from tests.content.shipped import CATALOGUE


def first(text: str) -> str:
    return find(CATALOGUE, text)[0].slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        pytest.param("late payers", "chase-invoices", id="the editors' own words"),
        pytest.param("I want to translate my letters", "translation", id="another form of a word"),
        pytest.param("forcast", "forecast", id="a slip of the pen"),
    ],
)
def test_it_finds_the_goal_that_is_meant(text: str, slug: str) -> None:
    assert first(text) == slug


@pytest.mark.parametrize("text", ["", "the and of", "qqqqqqqq", "<zzzz>", "?" * 500])
def test_where_no_goal_uses_the_words_it_finds_none(text: str) -> None:
    assert find(CATALOGUE, text) == ()


def test_it_gives_few_and_reads_no_further_than_it_says() -> None:
    every_name = " ".join(need.name for need in CATALOGUE.needs)

    assert 0 < len(find(CATALOGUE, every_name)) <= MAX_MATCHES
    assert find(CATALOGUE, "x" * MAX_LENGTH + " late payers") == ()


def test_threads_do_not_disturb_each_other() -> None:
    texts = ["reviewing contracts", "translating letters", "forecasting sales", "chasing late payers"] * 150
    alone = {text: find(CATALOGUE, text) for text in set(texts)}

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: find(CATALOGUE, text), texts))

    assert together == [alone[text] for text in texts]
