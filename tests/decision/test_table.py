from __future__ import annotations

import pytest

from advisor.decision.table import Cell, Gap, Table, bits, lowest
from tests.decision.brute_force import Situation, situations, winners
from tests.decision.factory import make_catalogue, make_random_catalogue, make_release, make_rule

RULES = [
    make_rule("any", "plain"),
    make_rule("text", "words", modalities=["text"]),
    make_rule("images", "media", modalities=["images"]),
    make_rule("law-or-shop-text", "both", industries=["law", "shop"], modalities=["text"]),
    make_rule("posts-personal", "data", needs=["posts"], circumstances=["personal"]),
    make_rule(
        "posts-two-facts", "plain", needs=["posts"], modalities=["images"], circumstances=["personal", "untried"]
    ),
    make_rule("law-posts-text", "media", industries=["law"], needs=["posts"], modalities=["text"]),
    make_rule(
        "law-posts-text-personal",
        "words",
        industries=["law"],
        needs=["posts", "review"],
        modalities=["text", "figures"],
        circumstances=["personal"],
    ),
]
TABLE = make_release(rules=RULES).table


@pytest.mark.parametrize(
    ("cell", "facts", "rule"),
    [
        pytest.param(Cell("other", "bookings", "records"), [], "any", id="an empty row takes what is left"),
        pytest.param(Cell("other", "review", "text"), [], "text", id="one filled cell beats none"),
        pytest.param(Cell("shop", "review", "text"), [], "law-or-shop-text", id="any of the industries, second named"),
        pytest.param(Cell("law", "review", "text"), [], "law-or-shop-text", id="any of the industries, first named"),
        pytest.param(
            Cell("other", "posts", "images"), [], "images", id="a row does not match without its circumstance"
        ),
        pytest.param(Cell("other", "posts", "images"), ["personal"], "posts-personal", id="two filled cells beat one"),
        pytest.param(
            Cell("other", "posts", "images"), ["untried"], "images", id="all of the circumstances: one is missing"
        ),
        pytest.param(
            Cell("other", "posts", "images"),
            ["personal", "untried"],
            "posts-two-facts",
            id="all of the circumstances: there",
        ),
        pytest.param(
            Cell("other", "posts", "images"),
            ["in-house", "personal", "unchecked", "untried"],
            "posts-two-facts",
            id="further circumstances change nothing",
        ),
        pytest.param(Cell("law", "posts", "text"), [], "law-posts-text", id="three filled cells beat two"),
        pytest.param(
            Cell("law", "posts", "text"), ["personal"], "law-posts-text-personal", id="four filled cells beat all"
        ),
        pytest.param(Cell("law", "review", "text"), ["personal"], "law-posts-text-personal", id="any of the needs"),
        pytest.param(
            Cell("shop", "posts", "text"), ["unchecked"], "law-or-shop-text", id="another circumstance is no match"
        ),
    ],
)
def test_the_row_with_most_filled_cells_decides(cell: Cell, facts: list[str], rule: str) -> None:
    assert TABLE.decide(cell, facts).slug == rule


def test_two_circumstances_fill_one_cell_only() -> None:
    rules = [
        make_rule("two-facts", "words", circumstances=["personal", "untried"]),
        make_rule("need-and-fact", "data", needs=["review"], circumstances=["personal"]),
    ]

    rule = make_release(rules=rules).table.decide(Cell("law", "review", "text"), ["personal", "untried"])

    assert rule.slug == "need-and-fact"


def test_two_slugs_in_a_cell_do_not_make_it_more_specific() -> None:
    rules = [make_rule("wide", "words", needs=["review", "posts"]), make_rule("any", "data", modalities=["text"])]

    assert {rule.specificity for rule in make_catalogue(rules=rules).rules} == {1}


def test_equal_rows_go_by_the_order_of_the_editors() -> None:
    rules = [make_rule("first", "words", needs=["review"]), make_rule("second", "data", modalities=["text"])]

    table = make_release(rules=rules).table
    turned = make_release(rules=rules[::-1]).table

    assert table.decide(Cell("law", "review", "text")).slug == "first"
    assert turned.decide(Cell("law", "review", "text")).slug == "second"


def test_a_gap_names_its_case() -> None:
    table = make_release(rules=[make_rule("images", "media", modalities=["images"])]).table

    with pytest.raises(Gap, match="law, review, text") as caught:
        table.decide(Cell("law", "review", "text"))

    assert caught.value.cell == Cell("law", "review", "text")


def test_a_row_that_needs_a_circumstance_leaves_a_gap_without_it() -> None:
    table = make_release(rules=[make_rule("personal", "words", circumstances=["personal"])]).table

    assert table.decide(Cell("law", "review", "text"), ["personal"]).slug == "personal"
    with pytest.raises(Gap):
        table.decide(Cell("law", "review", "text"))


def test_no_rules_leave_only_gaps() -> None:
    with pytest.raises(Gap):
        make_release(rules=[]).table.decide(Cell("law", "review", "text"))


@pytest.mark.parametrize("seed", range(25))
def test_every_situation_is_decided_as_by_looking_at_every_row(seed: int) -> None:
    catalogue = make_random_catalogue(seed, sound=False)
    table = Table(catalogue)

    for situation in situations(catalogue):
        expected = winners(catalogue, situation)
        if expected:
            assert table.decide(*situation) is expected[0]
        else:
            with pytest.raises(Gap):
                table.decide(*situation)


@pytest.mark.parametrize("seed", range(25))
def test_what_is_possible_in_a_cell_is_what_some_circumstances_lead_to(seed: int) -> None:
    catalogue = make_random_catalogue(seed, sound=True)
    table = Table(catalogue)
    won: dict[Cell, set[str]] = {}
    for situation in situations(catalogue):
        won.setdefault(situation.cell, set()).add(winners(catalogue, situation)[0].slug)

    for cell, slugs in won.items():
        accepting = table.rules.accepting(cell)
        able = {table.rules.rows[number].slug for number in bits(accepting) if table.can_win(number, accepting)}
        assert able == slugs


def test_the_whole_table_is_tried() -> None:
    catalogue = make_random_catalogue(0, sound=True)

    tried = list(situations(catalogue))

    assert len(set(tried)) == len(tried) == 2 * sum(len(need.modalities) for need in catalogue.needs) * 2**3
    assert isinstance(tried[0], Situation)


def test_bits_are_counted_from_the_lowest() -> None:
    assert list(bits(0b101100)) == [2, 3, 5]
    assert list(bits(0)) == []
    assert lowest(0b101100) == 2
