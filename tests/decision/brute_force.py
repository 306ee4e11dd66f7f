"""The decision by its definition: every row is looked at, every situation is tried. Slow, and plain to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, combinations
from typing import NamedTuple

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue, Category, Cells, Condition, Need, Rule
from advisor.decision.table import Cell


class Situation(NamedTuple):
    """A cell and all the circumstances that were ticked."""

    cell: Cell
    circumstances: frozenset[str]


def subsets(slugs: Collection[str]) -> Iterator[frozenset[str]]:
    ordered = sorted(slugs)
    return map(frozenset, chain.from_iterable(combinations(ordered, size) for size in range(len(ordered) + 1)))


def cells_of(catalogue: Catalogue) -> Iterator[Cell]:
    for industry in catalogue.industries:
        for need in catalogue.needs:
            for modality in need.modalities:
                yield Cell(industry.slug, need.slug, modality)


def situations(catalogue: Catalogue) -> Iterator[Situation]:
    facts = list(subsets([fact.slug for fact in catalogue.circumstances]))
    for cell in cells_of(catalogue):
        for circumstances in facts:
            yield Situation(cell, circumstances)


def filled(row: Cells) -> int:
    return sum(1 for name in ("industries", "needs", "modalities", "circumstances") if getattr(row, name))


def fits(row: Cells, situation: Situation) -> bool:
    """Whether the row's cells hold. An empty cell means any; all circumstances that a row names must be ticked."""
    (industry, need, modality), circumstances = situation
    return (
        (not row.industries or industry in row.industries)
        and (not row.needs or need in row.needs)
        and (not row.modalities or modality in row.modalities)
        and all(fact in circumstances for fact in row.circumstances)
    )


def winners(catalogue: Catalogue, situation: Situation) -> list[Rule]:
    """The rules that match and are as specific as any that matches, in the editors' order."""
    matching = [rule for rule in catalogue.rules if fits(rule, situation)]
    most = max((filled(rule) for rule in matching), default=0)
    return [rule for rule in matching if filled(rule) == most]


def applies(row: Condition, situation: Situation, category: str) -> bool:
    return fits(row, situation) and (not row.categories or category in row.categories)


def modalities_for(need: Need, answers: Answers) -> list[str]:
    ticked = [modality for modality in need.modalities if answers.modalities and modality in answers.modalities]
    return ticked or [need.default_modality]


class Plain(NamedTuple):
    """The advice without its words."""

    category: str
    tie: frozenset[str]
    level: str
    verdicts: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]]
    """Each need's category, level, and its cases: modality and rule."""
    gates: frozenset[str]
    caveats: frozenset[str]


def add_up(categories: Iterable[str], catalogue: Catalogue) -> Category | None:
    """The one category, or the combined one whose parts (and itself) are all there is."""
    found = set(categories)
    for category in catalogue.categories:
        if found == {category.slug}:
            return category
    for category in catalogue.categories:
        if category.parts and found <= {*category.parts, category.slug}:
            return category
    return None


def advise(catalogue: Catalogue, answers: Answers) -> Plain:
    """Points 1 to 6 of the design's section 3, word for word. Ties in the table go to the rule that stands first."""
    needs = {need.slug: need for need in catalogue.needs}
    order = ["ready", "prepare", "not-yet"]
    verdicts, gates, caveats = {}, set(), set()
    for slug in answers.needs:
        cases, level = [], "ready"
        for modality in modalities_for(needs[slug], answers):
            situation = Situation(Cell(answers.industry or "", slug, modality), frozenset(answers.circumstances or ()))
            rule = winners(catalogue, situation)[0]
            cases.append((modality, rule))
            for gate in catalogue.gates:
                if applies(gate, situation, rule.category):
                    gates.add(gate.slug)
                    level = max(level, gate.level, key=order.index)
            caveats |= {row.slug for row in catalogue.caveats if applies(row, situation, rule.category)}
        together = add_up((rule.category for _, rule in cases), catalogue)
        default = dict(cases).get(needs[slug].default_modality, cases[0][1])
        category = together.slug if together else default.category
        verdicts[slug] = category, level, tuple((modality, rule.slug) for modality, rule in cases)

    categories = [verdict[0] for verdict in verdicts.values()]
    together = add_up(categories, catalogue)
    most = max(categories.count(category) for category in categories)
    leaders = [category for category in dict.fromkeys(categories) if categories.count(category) == most]
    return Plain(
        category=together.slug if together else leaders[0],
        tie=frozenset(leaders) if not together and len(leaders) > 1 else frozenset(),
        level=max((verdict[1] for verdict in verdicts.values()), key=order.index),
        verdicts=verdicts,
        gates=frozenset(gates),
        caveats=frozenset(caveats),
    )
