"""The checks against trying everything: every cell x every set of circumstances, on small tables at random."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from urllib.parse import parse_qsl

import pytest

from advisor.decision.answers import read
from advisor.decision.catalogue import Catalogue, Cells, Condition
from advisor.decision.checks import Finding, check
from advisor.decision.domain import figures
from advisor.decision.table import Cell, Table
from tests.decision.brute_force import Situation, applies, fits, situations, winners
from tests.decision.factory import make_random_catalogue

SEEDS = range(200)
TODAY = date(2026, 11, 24)


def situation_of(address: str, catalogue: Catalogue) -> Situation:
    """The situation that an address of a finding shows."""
    path, _, query = address.partition("?")
    answers, notices = read(parse_qsl(query, strict_parsing=True), catalogue)
    assert path == "/advice/"
    assert not notices
    (need,), (modality,) = answers.needs, answers.modalities or ()
    assert modality in catalogue.by_slug["needs"][need].modalities
    return Situation(Cell(answers.industry or "", need, modality), frozenset(answers.circumstances or ()))


def by_kind(catalogue: Catalogue, kind: str) -> list[Finding]:
    return [finding for finding in check(catalogue, TODAY) if finding.kind == kind]


def gap_cells(catalogue: Catalogue) -> set[Cell]:
    return {situation.cell for situation in situations(catalogue) if not winners(catalogue, situation)}


def conflicting_pairs(catalogue: Catalogue) -> set[frozenset[str]]:
    pairs = set()
    for situation in situations(catalogue):
        for one, other in combinations(winners(catalogue, situation), 2):
            if one.category != other.category:
                pairs.add(frozenset((one.slug, other.slug)))
    return pairs


def dead_rules(catalogue: Catalogue) -> set[str]:
    """Rules that decide nowhere: beaten, or equally specific as an earlier rule that leads to the same."""
    won = set()
    for situation in situations(catalogue):
        best = winners(catalogue, situation)
        for number, rule in enumerate(best):
            if all(earlier.category != rule.category for earlier in best[:number]):
                won.add(rule.slug)
    return {rule.slug for rule in catalogue.rules} - won


def can_apply(catalogue: Catalogue, row: Condition) -> bool:
    return any(
        applies(row, situation, rule.category)
        for situation in situations(catalogue)
        for rule in winners(catalogue, situation)
    )


def reached_categories(catalogue: Catalogue) -> set[str]:
    """Outcomes of some case, and the combined kind where one visitor's cases come to both of its parts."""
    reached: set[str] = set()
    together: dict[tuple[str, frozenset[str]], set[str]] = {}
    for situation in situations(catalogue):
        outcomes = {rule.category for rule in winners(catalogue, situation)}
        reached |= outcomes
        together.setdefault((situation.cell.industry, situation.circumstances), set()).update(outcomes)
    for category in catalogue.categories:
        if category.parts and any(category.parts <= outcomes for outcomes in together.values()):
            reached.add(category.slug)
    return reached


def rules_without_caveat(catalogue: Catalogue) -> set[str]:
    return {
        rule.slug
        for situation in situations(catalogue)
        for rule in winners(catalogue, situation)
        if not any(applies(caveat, situation, rule.category) for caveat in catalogue.caveats)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_checks_find_what_trying_everything_finds(seed: int) -> None:
    catalogue = make_random_catalogue(seed, sound=seed % 4 == 0)
    found: dict[str, list[Finding]] = {}
    for finding in check(catalogue, TODAY):
        found.setdefault(finding.kind, []).append(finding)

    def slugs(kind: str) -> set[str]:
        return {finding.slug for finding in found.get(kind, [])}

    gaps, dead, reached = gap_cells(catalogue), dead_rules(catalogue), reached_categories(catalogue)
    sizes = figures(catalogue)
    assert sizes.gaps == len(gaps)
    assert slugs("gap") <= {cell.need for cell in gaps}
    assert bool(found.get("gap")) == bool(gaps)
    assert len(found.get("conflict", [])) == sizes.conflicts == len(conflicting_pairs(catalogue))
    assert slugs("never-wins") == dead
    assert sizes.never_wins == len(dead)
    assert slugs("unreachable-category") == {category.slug for category in catalogue.categories} - reached
    assert slugs("unreachable-gate") == {gate.slug for gate in catalogue.gates if not can_apply(catalogue, gate)}
    assert slugs("case-without-caveat") == rules_without_caveat(catalogue)
    assert {row.slug for row in catalogue.caveats if not can_apply(catalogue, row)} >= slugs("never-shown")
    assert slugs("never-shown") >= {
        row.slug
        for row in catalogue.caveats
        if not can_apply(catalogue, row)
        and not (row.categories and not row.categories & reached)
        and not any(accepts(row, cell) for cell in gaps)
    }


def accepts(row: Cells, cell: Cell) -> bool:
    sides = ((row.industries, cell.industry), (row.needs, cell.need), (row.modalities, cell.modality))
    return all(not named or slug in named for named, slug in sides)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_address_shows_what_its_finding_says(seed: int) -> None:
    catalogue = make_random_catalogue(seed, sound=False)
    rules = catalogue.by_slug["rules"]

    for finding in by_kind(catalogue, "gap"):
        situation = situation_of(finding.address, catalogue)
        assert winners(catalogue, situation) == []
        assert situation.cell.need == finding.slug
    for finding in by_kind(catalogue, "conflict"):
        tied = winners(catalogue, situation_of(finding.address, catalogue))
        assert rules[finding.slug] in tied
        assert len({rule.category for rule in tied}) > 1
    for finding in by_kind(catalogue, "never-wins"):
        if "fits no case at all" in finding.text:
            assert not any(fits(rules[finding.slug], situation) for situation in situations(catalogue))
            continue
        situation = situation_of(finding.address, catalogue)
        assert fits(rules[finding.slug], situation)
        assert rules[finding.slug] is not Table(catalogue).decide(situation.cell, situation.circumstances)
    for finding in by_kind(catalogue, "case-without-caveat"):
        situation = situation_of(finding.address, catalogue)
        assert rules[finding.slug] in winners(catalogue, situation)
        assert not any(applies(caveat, situation, rules[finding.slug].category) for caveat in catalogue.caveats)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gaps_that_are_listed_are_all_of_them(seed: int) -> None:
    """Each finding of a gap is a block of cells; together they cover every gap once."""
    catalogue = make_random_catalogue(seed, sound=False)
    names = {
        section: {entry.name: entry.slug for entry in getattr(catalogue, section)}
        for section in ("industries", "needs", "modalities")
    }

    listed: list[Cell] = []
    for finding in by_kind(catalogue, "gap"):
        sides = finding.text.removeprefix("No rule decides this case: ").split(". Write")[0].split("; ")
        picked = [
            [slug for name, slug in names[section].items() if side.startswith("any") or f"“{name}”" in side]
            for section, side in zip(names, sides, strict=True)
        ]
        listed += [
            Cell(industry, need, modality)
            for industry in picked[0]
            for need in picked[1]
            for modality in picked[2]
            if not sides[2].startswith("any") or modality in catalogue.by_slug["needs"][need].modalities
        ]

    assert len(listed) == len(set(listed))
    assert set(listed) == gap_cells(catalogue)


def test_the_tables_hold_faults_of_every_kind_and_none() -> None:
    """Otherwise the tests above would compare nothing with nothing."""
    catalogues = [make_random_catalogue(seed, sound=False) for seed in SEEDS]

    assert sum(bool(gap_cells(catalogue)) for catalogue in catalogues) > 50
    assert sum(bool(conflicting_pairs(catalogue)) for catalogue in catalogues) > 50
    assert sum(bool(dead_rules(catalogue)) for catalogue in catalogues) > 15
    assert sum(len(reached_categories(catalogue)) < 5 for catalogue in catalogues) > 50
    assert sum(bool(rules_without_caveat(catalogue)) for catalogue in catalogues) > 50
    assert sum(not all(can_apply(catalogue, gate) for gate in catalogue.gates) for catalogue in catalogues) > 50
