"""Real cases of other people, mapped to our answers by hand. Only ids, answers and accepted categories are kept.

The texts are in `shared/cases`, outside this repository. No rule may be tuned to a case: a miss is a question to the
content as a whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest

from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from tests.content.shipped import CATALOGUE, RELEASE

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "cases.json").read_text("utf-8"))


class Score(NamedTuple):
    share: float
    misses: list[str]


def score(*, with_modality: bool) -> Score:
    misses = []
    for case in CASES:
        pairs = [pair for pair in parse_qsl(case["answers"]) if with_modality or pair[0] != "modality"]
        answers, _ = read(pairs, CATALOGUE)
        category = recommend(RELEASE, answers).headline.category.slug
        if category not in case["accepted"]:
            misses.append(f"{case['id']}: {category}, accepted {' or '.join(case['accepted'])}")
    return Score(1 - len(misses) / len(CASES), misses)


@pytest.mark.parametrize(
    ("with_modality", "goal"),
    [pytest.param(True, 0.95, id="with what to produce"), pytest.param(False, 0.85, id="goals only")],
)
def test_the_advice_is_accepted(with_modality: bool, goal: float) -> None:
    found = score(with_modality=with_modality)

    print(f"{found.share:.1%} of {len(CASES)} cases accepted")
    print(*found.misses, sep="\n")
    assert found.share >= goal, found.misses


def test_every_case_is_there_once() -> None:
    assert len(CASES) == 52
    assert len({case["id"] for case in CASES}) == 52


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_ids_answers_and_categories_and_nothing_else(case: dict[str, Any]) -> None:
    assert set(case) == {"id", "answers", "accepted"}
    assert set(case["accepted"]) <= set(CATALOGUE.by_slug["categories"])
    _, notices = read(parse_qsl(case["answers"], strict_parsing=True), CATALOGUE)
    assert not notices
