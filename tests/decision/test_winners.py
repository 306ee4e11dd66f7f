"""What one rule does among the others, and who decides each case of one goal."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from advisor.decision.answers import read
from advisor.decision.catalogue import Catalogue
from advisor.decision.domain import Domain
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.decision.winners import Winnings, grid, winnings
from tests.content.shipped import CATALOGUE
from tests.factory import make_document, make_rule


def catalogue(*rules: dict[str, Any]) -> Catalogue:
    return Catalogue.from_document(make_document(rules=list(rules), examples=[]))


def of(slug: str, *rules: dict[str, Any]) -> Winnings:
    found = catalogue(*rules)
    return winnings(Domain(found), found.by_slug["rules"][slug])


TEXT = make_rule("text", "language-model", modalities=["text"])


def test_it_counts_cells_and_cases() -> None:
    found = of("text", TEXT)

    assert (found.filled, found.fits, found.wins) == (1, 4, 4)
    assert found.address == "/advice/?industry=law-finance&need=contract-review&modality=text&fact=none"
    assert found.taken == found.conflicts == found.more == ()


def test_cases_that_a_more_specific_rule_takes_are_named() -> None:
    law = make_rule("law", "combined", industries=["law-finance"], modalities=["text"])
    narrow = make_rule("narrow", "combined", industries=["law-finance"], needs=["contract-review"], modalities=["text"])

    found = of("text", TEXT, law, narrow)

    assert [(rival.rule.slug, rival.cases) for rival in found.taken] == [("narrow", 1), ("law", 1)]
    assert found.wins == 2
    assert of("law", TEXT, law, narrow).wins == 1


def test_of_equal_rules_that_agree_the_first_decides() -> None:
    twin = make_rule("twin", "language-model", needs=["contract-review"])

    assert of("text", TEXT, twin).taken == ()
    assert [(rival.rule.slug, rival.cases) for rival in of("twin", TEXT, twin).taken] == [("text", 2)]


def test_a_conflict_names_the_other_and_opens_on_it() -> None:
    other = make_rule("other", "combined", needs=["contract-review"])

    (rival,) = of("text", TEXT, other).conflicts

    assert (rival.rule.slug, rival.cases) == ("other", 2)
    assert rival.address == "/advice/?industry=law-finance&need=contract-review&modality=text&fact=none"
    assert of("other", TEXT, other).conflicts[0].rule.slug == "text"


def test_rules_that_ask_for_more_ticks_take_cases_only_then() -> None:
    asks = make_rule("asks", "combined", modalities=["text"], circumstances=["own-servers"])

    found = of("text", TEXT, asks)

    assert found.wins == found.fits
    assert [(rival.rule.slug, rival.cases) for rival in found.more] == [("asks", 4)]
    assert found.more[0].address.endswith("&fact=own-servers")


def test_a_rule_that_fits_nothing_does_nothing() -> None:
    found = of("never", TEXT, make_rule("never", "combined", needs=["calculators"], modalities=["text"]))

    assert (found.fits, found.wins, found.address) == (0, 0, "")


@pytest.mark.parametrize("slug", sorted(rule.slug for rule in CATALOGUE.rules)[::9])
def test_what_is_counted_is_what_the_table_decides(slug: str) -> None:
    release = Release.of_draft(CATALOGUE)
    domain = Domain(CATALOGUE)
    rule = CATALOGUE.by_slug["rules"][slug]

    found = winnings(domain, rule)

    assert found.wins == sum(release.table.decide(cell, rule.circumstances) is rule for cell in domain.cells)
    assert found.wins + sum(rival.cases for rival in found.taken) == found.fits
    if found.address:
        answers, notices = read(parse_qsl(found.address.partition("?")[2]), CATALOGUE)
        advice = recommend(release, answers, notices)
        assert any(case.rule.slug == slug for verdict in advice.verdicts for case in verdict.cases)


def test_a_goals_grid_shows_winners_gaps_and_conflicts() -> None:
    found = catalogue(
        make_rule("law", "combined", industries=["law-finance"], modalities=["text"]),
        make_rule("images", "generative-media", modalities=["images"]),
        make_rule("law-images", "combined", industries=["law-finance"]),
        make_rule("asks", "combined", circumstances=["own-servers"]),
        make_rule("elsewhere", "combined", needs=["calculators"], circumstances=["own-servers"]),
    )

    slice_ = grid(Release.of_draft(found), found.by_slug["needs"]["social-posts"])

    assert [modality.slug for modality in slice_.modalities] == ["text", "images"]
    assert [[[rule.slug for rule in cell.rules] for cell in cells] for _, cells in slice_.rows] == [
        [["law"], ["images", "law-images"]],
        [[], ["images"]],
    ]
    assert [[cell.conflicts for cell in cells] for _, cells in slice_.rows] == [[False, True], [False, False]]
    assert [rule.slug for rule in slice_.asking] == ["asks"]
