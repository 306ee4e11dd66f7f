"""Rows as sentences."""

from __future__ import annotations

import pytest

from advisor.decision import sentences
from advisor.decision.catalogue import Catalogue
from tests.factory import make_document, make_rule


def catalogue(*rules: dict[str, object]) -> Catalogue:
    return Catalogue.from_document(make_document(rules=list(rules) or [make_rule("all", "combined")]))


def test_a_sentence_names_every_filled_cell_in_plain_words() -> None:
    rule = make_rule(
        "one",
        "language-model",
        industries=["other", "law-finance"],
        needs=["contract-review"],
        modalities=["images", "text"],
        circumstances=["own-servers", "personal-data"],
    )
    found = catalogue(rule)
    names = sentences.names_in(found.rules[0], found)

    assert sentences.rule(names, "Large language model", "Contracts are text.") == (
        "For “Law finance” or “Other”, when the goal is “Contract review”, the output is “Text” or “Images” and they "
        "said “We have personal data” and “We have own servers”: large language model, because contracts are text."
    )


def test_a_row_without_a_filled_cell_holds_always() -> None:
    assert sentences.when({}) == "In every case"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "When the goal is “A” or “B”"),
        (3, "When the goal is “A”, “B” or “C”"),
        (5, "When the goal is “A”, “B” or 3 others"),
    ],
)
def test_a_heading_shortens_a_long_cell_and_says_so(count: int, said: str) -> None:
    assert sentences.heading({"needs": list("ABCDE"[:count])}, "Combined") == f"{said}: combined"


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("Large language model", "large language model"),
        ("AI that draws", "AI that draws"),
        ("A picture", "a picture"),
        ("McDonald buys", "McDonald buys"),
        ("", ""),
    ],
)
def test_a_word_with_capitals_of_its_own_keeps_its_first(text: str, within: str) -> None:
    assert sentences.inside(text) == within


def test_a_title_is_what_an_editor_knows_a_record_by() -> None:
    found = catalogue(make_rule("one", "combined", modalities=["text"]))

    titles = [("rules", "one"), ("needs", "contract-review"), ("sources", "article"), ("rules", "gone")]
    assert [sentences.title_of(section, slug, found) for section, slug in titles] == [
        "When the output is “Text”: combined",
        "Contract review",
        "The article",
        "gone",
    ]
