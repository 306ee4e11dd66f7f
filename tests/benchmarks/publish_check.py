"""P4: the check of a draft before it is published, against trying every set of facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from advisor.decision import checks
from advisor.decision.catalogue import Catalogue
from advisor.decision.domain import Domain
from tests.benchmarks import report, rounds, tables
from tests.benchmarks.context import Context
from tests.benchmarks.decision import rows_of
from tests.benchmarks.floors import brute_force
from tests.benchmarks.report import Line
from tests.benchmarks.shipped import shipped_catalogue
from tests.benchmarks.tables import Size

LIMITS = {60: 0.020, 600: 0.5, 6000: 10.0}
SHARE_OF_BRUTE_FORCE = 1 / 3


def run(context: Context) -> list[Line]:
    count = context.rounds
    small, *larger = tables.SIZES
    both = [_larger(size, count, agreeing=agreeing) for size in larger for agreeing in (True, False)]
    return [*_small(small, count), *both, _shipped(count)]


def _small(size: Size, count: int) -> list[Line]:
    catalogue = tables.catalogue(size)
    _prove(catalogue)
    _prove(replace(catalogue, rules=catalogue.rules[:-1]))  # without the rule for everything else there are gaps
    found = rounds.compare(count, lambda: _check(catalogue), lambda: _brute_force(catalogue))
    limit = LIMITS[size.rows]
    is_met = found.figure <= limit and found.ratio <= SHARE_OF_BRUTE_FORCE
    return [
        report.judged(
            "P4",
            f"check of {size.rows} rows, {size.domain}",
            report.milliseconds(found.figure),
            report.milliseconds(found.floor),
            report.times(found.ratio),
            f"<= {limit * 1e3:.0f} ms, <= 0.33x",
            is_met=is_met,
        )
    ]


def _larger(size: Size, count: int, *, agreeing: bool) -> Line:
    catalogue = tables.catalogue(size, agreeing=agreeing)
    figure = rounds.middle(count if agreeing else 1, lambda: _check(catalogue))
    conflicts = sum(1 for _ in Domain(catalogue).conflicts())
    what = f"check of {size.rows:,} rows, {size.domain}, {conflicts:,} conflicts"
    limit = LIMITS[size.rows]
    return report.judged(
        "P4", what, report.milliseconds(figure), "not run", "-", f"<= {limit:g} s", is_met=figure <= limit
    )


def _shipped(count: int) -> Line:
    catalogue = shipped_catalogue()
    figure = rounds.middle(count, lambda: _check(catalogue))
    size = f"{len(catalogue.rules)} rules, {len(catalogue.circumstances)} circumstances"
    return report.judged(
        "P4", f"check of the shipped content ({size})", report.milliseconds(figure), "not run", "-", "-"
    )


def _check(catalogue: Catalogue) -> float:
    return rounds.cpu_per_call([lambda: checks.check(catalogue, tables.TODAY)])


def _brute_force(catalogue: Catalogue) -> float:
    return rounds.cpu_per_call([lambda: _brute(catalogue)])


def _brute(catalogue: Catalogue) -> brute_force.Found:
    return brute_force.check(rows_of(catalogue), _cells(catalogue), [fact.slug for fact in catalogue.circumstances])


def _cells(catalogue: Catalogue) -> Sequence[tuple[str, str, str]]:
    return [
        (industry.slug, need.slug, modality)
        for industry in catalogue.industries
        for need in catalogue.needs
        for modality in need.modalities
    ]


def _prove(catalogue: Catalogue) -> None:
    """Raises unless both ways name the same gaps, rows that never win, and conflicts."""
    domain = Domain(catalogue)
    conflicts = {frozenset([row.rule.slug, other.rule.slug]) for row, other, _ in domain.conflicts()}
    product = domain.gaps, {row.rule.slug for row in domain.dead}, conflicts
    floor = _brute(catalogue)
    if product != tuple(floor):
        raise AssertionError(f"Check and brute force differ: {product} and {floor}")
    report.note(
        f"{len(catalogue.rules)} rows: check and brute force name the same {floor.gaps.bit_count()} gaps, "
        f"{len(floor.never_win)} rows that never win and {len(conflicts)} conflicts"
    )
