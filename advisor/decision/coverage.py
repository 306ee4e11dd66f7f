"""Which rows no example reaches: what could break without a test of the editors' noticing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from advisor.decision.answers import MalformedAnswers, read
from advisor.decision.catalogue import Caveat, Example, Gate, Rule
from advisor.decision.domain import Domain
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.table import Gap

SECTIONS = ("rules", "gates", "caveats")


@dataclass(frozen=True, slots=True)
class Unreached:
    """A row that has no part in the advice of any example. `address` shows it, empty where no answers can."""

    section: str
    row: Rule | Gate | Caveat
    address: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`reached` and `total` count the rows of each section.

    `examples` holds the slugs of the examples that reach a row, by section and slug, tools too.
    """

    unreached: tuple[Unreached, ...]
    reached: dict[str, int]
    total: dict[str, int]
    examples: dict[tuple[str, str], list[str]]


def coverage(release: Release, domain: Domain) -> Coverage:
    """What the examples reach. One that leads to no advice reaches nothing; the check says so."""
    examples: dict[tuple[str, str], list[str]] = {}
    for example, advice in _advice(release):
        for row in dict.fromkeys(_rows_of(advice)):
            examples.setdefault(row, []).append(example.slug)
    met = {section: {slug for of, slug in examples if of == section} for section in SECTIONS}
    rows: dict[str, tuple[Rule, ...] | tuple[Gate, ...] | tuple[Caveat, ...]] = {
        "rules": release.catalogue.rules,
        "gates": release.catalogue.gates,
        "caveats": release.catalogue.caveats,
    }
    return Coverage(
        unreached=tuple(
            Unreached(section, row, _showing(domain, row))
            for section in SECTIONS
            for row in rows[section]
            if row.slug not in met[section]
        ),
        reached={section: len(met[section]) for section in SECTIONS},
        total={section: len(rows[section]) for section in SECTIONS},
        examples=examples,
    )


def _rows_of(advice: Recommendation) -> Iterator[tuple[str, str]]:
    """The rows that have a part in it, by section and slug. One may come twice."""
    yield from (("rules", case.rule.slug) for verdict in advice.verdicts for case in verdict.cases)
    yield from (("gates", gate.gate.slug) for gate in advice.readiness.gates)
    yield from (("caveats", caveat.caveat.slug) for caveat in advice.caveats)
    yield from (("tools", tool.tool.slug) for tool in advice.tools)


def _advice(release: Release) -> Iterator[tuple[Example, Recommendation]]:
    for example in release.catalogue.examples:
        try:
            answers, _ = read(parse_qsl(example.answers, keep_blank_values=True), release.catalogue)
            yield example, recommend(release, answers)
        except (MalformedAnswers, Incomplete, Gap):
            continue


def _showing(domain: Domain, row: Rule | Gate | Caveat) -> str:
    if isinstance(row, Rule):
        dead = {of.rule.slug for of in domain.dead}
        return "" if row.slug in dead else domain.example_of(next(of for of in domain.rows if of.rule is row))
    found = domain.where(row)
    return domain.address(*found) if found else ""
