"""Counted over masks, and once more by asking for the advice to every single case."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from advisor.decision.answers import Answers
from advisor.decision.catalogue import LEVELS, Catalogue
from advisor.decision.domain import Domain
from advisor.decision.ends import ends
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from tests.decision.factory import make_catalogue, make_gate, make_industry, make_random_catalogue, make_rule


def by_asking(catalogue: Catalogue) -> tuple[Counter[str], Counter[str]]:
    release = Release.of_draft(catalogue)
    slugs = [circumstance.slug for circumstance in catalogue.circumstances]
    categories: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for cell in Domain(catalogue).cells:
        for number in range(3):
            for circumstances in combinations(slugs, number):
                answers = Answers(cell.industry, (cell.need,), (cell.modality,), tuple(sorted(circumstances)))
                advice = recommend(release, answers)
                categories[advice.headline.category.slug] += 1
                levels[advice.readiness.level] += 1
    return categories, levels


@pytest.mark.parametrize("seed", range(25))
def test_they_are_what_asking_for_every_case_gives(seed: int) -> None:
    catalogue = make_random_catalogue(seed, sound=True)
    categories, levels = by_asking(catalogue)
    found = ends(Domain(catalogue))

    assert found.categories == {category.slug: categories[category.slug] for category in catalogue.categories}
    assert found.levels == {level: levels[level] for level in LEVELS}
    assert sum(found.categories.values()) == sum(found.levels.values()) == found.cases


def test_a_gate_of_one_kind_of_ai_holds_up_that_kind_only() -> None:
    catalogue = make_catalogue(
        rules=[make_rule("any", "words"), make_rule("law", "data", industries=["law"])],
        gates=[make_gate("stop", level="not-yet", categories=["data"], circumstances=[])],
        industries=[make_industry("law"), make_industry("shop")],
        circumstances=[],
        caveats=[],
        examples=[],
    )

    assert ends(Domain(catalogue)).categories == {"words": 8, "media": 0, "both": 0, "data": 8, "plain": 0}
    assert ends(Domain(catalogue)).levels == {"ready": 8, "prepare": 0, "not-yet": 8}


def test_a_gap_ends_nowhere() -> None:
    catalogue = make_catalogue(rules=[make_rule("law", "data", industries=["law"])], gates=[], caveats=[], examples=[])
    found = ends(Domain(catalogue))

    assert sum(found.categories.values()) == sum(found.levels.values()) < found.cases
