from __future__ import annotations

import pytest

from advisor.decision.merge import Leading, lead, leading
from tests.decision.factory import make_catalogue, make_category

CATALOGUE = make_catalogue()


@pytest.mark.parametrize(
    ("categories", "default", "category"),
    [
        pytest.param(["words"], "words", "words", id="one"),
        pytest.param(["data", "data"], "data", "data", id="all the same"),
        pytest.param(["words", "media"], "words", "both", id="language and media"),
        pytest.param(["media", "words", "media"], "media", "both", id="in any order and number"),
        pytest.param(["words", "both"], "words", "both", id="a part and the whole"),
        pytest.param(["both", "media"], "both", "both", id="the whole and a part"),
        pytest.param(["words", "data"], "data", "data", id="any other mix goes by its default"),
        pytest.param(["words", "data"], "words", "words", id="whichever that is"),
        pytest.param(["words", "media", "data"], "media", "media", id="language, media and more"),
        pytest.param(["plain", "words"], "plain", "plain", id="no AI and AI"),
    ],
)
def test_lead(categories: list[str], default: str, category: str) -> None:
    assert lead(categories, default, CATALOGUE) == category


@pytest.mark.parametrize(
    ("categories", "category", "tie"),
    [
        pytest.param(["words"], "words", [], id="one need"),
        pytest.param(["data", "data"], "data", [], id="all needs the same"),
        pytest.param(["words", "media"], "both", [], id="language and media add up"),
        pytest.param(["words", "words", "words", "media"], "both", [], id="even when one serves more"),
        pytest.param(["words", "both"], "both", [], id="a part and the whole"),
        pytest.param(["words", "data", "data"], "data", [], id="the one that serves most"),
        pytest.param(["words", "media", "data", "words"], "words", [], id="parts do not add up beside another kind"),
        pytest.param(["words", "data"], "words", ["words", "data"], id="a tie goes by the visitor's order"),
        pytest.param(["data", "words"], "data", ["data", "words"], id="and is named in that order"),
        pytest.param(
            ["data", "words", "words", "data", "plain"], "data", ["data", "words"], id="a tie of two beside one"
        ),
        pytest.param(
            ["plain", "data", "media"],
            "plain",
            ["plain", "media", "data"],
            id="the others of a tie as the editors order them",
        ),
    ],
)
def test_leading(categories: list[str], category: str, tie: list[str]) -> None:
    found = leading(categories, CATALOGUE)

    assert (found.category, list(found.tie)) == (category, tie)


def test_shares_count_the_needs_of_each_category() -> None:
    assert leading(["words", "data", "words"], CATALOGUE) == Leading("words", (), {"words": 2, "data": 1})


def test_without_a_combined_category_language_and_media_stay_apart() -> None:
    catalogue = make_catalogue(categories=[make_category(slug) for slug in ("words", "media", "both", "data", "plain")])

    assert lead(["words", "media"], "media", catalogue) == "media"
    assert leading(["words", "media"], catalogue).tie == ("words", "media")
