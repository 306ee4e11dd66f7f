"""Seeded random catalogues whose decision table has any number of rows, and no gap."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from advisor.decision.catalogue import (
    Catalogue,
    Category,
    Caveat,
    Circumstance,
    Gate,
    Industry,
    Modality,
    Need,
    Rule,
    Source,
    Tool,
)
from advisor.decision.release import Release

TODAY = date(2026, 11, 24)
CLAIM: dict[str, Any] = {"sources": ("source",), "checked_on": TODAY, "review_by": date(2027, 11, 24)}
OUTCOMES = ("words", "media", "figures", "software")
GATES, CAVEATS, TOOLS = 24, 90, 160
"""As many as the shipped content has, whatever the number of rules."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rules, and over which domain: industries x needs x modalities cells, 2^circumstances sets of facts."""

    rows: int
    industries: int
    needs: int
    modalities: int
    circumstances: int

    @property
    def domain(self) -> str:
        return f"{self.industries * self.needs * self.modalities:,} cells x 2^{self.circumstances}"


SIZES = (Size(60, 8, 24, 4, 8), Size(600, 16, 48, 6, 12), Size(6000, 32, 120, 8, 16))


def release(size: Size, seed: int = 1, *, agreeing: bool = False) -> Release:
    """A release of a random catalogue. The checksum is left out, as nothing here reads it."""
    return Release(
        number=1,
        sha256="",
        published_at="2026-11-24T00:00:00Z",
        note="",
        catalogue=catalogue(size, seed, agreeing=agreeing),
    )


def catalogue(size: Size, seed: int = 1, *, agreeing: bool = False) -> Catalogue:
    """With `agreeing` no two rules are in conflict, so that it can be published."""
    drawn = _Dice(size, seed).catalogue()
    if not agreeing:
        return drawn
    rules = [_agreeing(number, rule, drawn.needs) for number, rule in enumerate(drawn.rules[:-1])]
    return dataclasses.replace(drawn, rules=(*rules, drawn.rules[-1]))


def _agreeing(number: int, rule: Rule, needs: Sequence[Need]) -> Rule:
    """The rule for needs of one kind only. The outcome follows from that kind and from how many cells are filled.

    Two equally specific rules that share a case share a need, so they agree.
    """
    kind = min(
        (place % len(OUTCOMES) for place, need in enumerate(needs) if need.slug in rule.needs),
        default=number % len(OUTCOMES),
    )
    wanted = [need.slug for need in needs[kind :: len(OUTCOMES)]]
    kept = rule.needs.intersection(wanted) or {wanted[number % len(wanted)]}
    rule = dataclasses.replace(rule, needs=frozenset(kept))
    return dataclasses.replace(rule, category=OUTCOMES[(kind + rule.specificity) % len(OUTCOMES)])


class _Dice:
    def __init__(self, size: Size, seed: int) -> None:
        self.size = size
        self.random = Random(seed)
        self.industries = [f"industry-{number}" for number in range(size.industries)]
        self.needs = [f"need-number-{number}" for number in range(size.needs)]
        self.modalities = [f"modality-{number}" for number in range(size.modalities)]
        self.circumstances = [f"circumstance-{number}" for number in range(size.circumstances)]

    def catalogue(self) -> Catalogue:
        random = self.random
        return Catalogue(
            sources=(Source(slug="source", title="A source", publisher="A publisher"),),
            categories=_categories(),
            industries=tuple(
                Industry(slug=slug, name=slug, phrase=slug, needs=frozenset(random.sample(self.needs, 10)))
                for slug in self.industries
            ),
            needs=tuple(
                Need(
                    slug=slug,
                    name=slug,
                    phrase=f"do {slug}",
                    modalities=tuple(self.modalities),
                    default_modality=random.choice(self.modalities),
                )
                for slug in self.needs
            ),
            modalities=tuple(Modality(slug=slug, name=slug, phrase=slug) for slug in self.modalities),
            circumstances=tuple(Circumstance(slug=slug, name=slug, phrase=slug) for slug in self.circumstances),
            rules=(*(self._rule(number) for number in range(self.size.rows - 1)), _default_rule()),
            gates=tuple(self._gate(number) for number in range(GATES)),
            caveats=(*(self._caveat(number) for number in range(CAVEATS - 1)), _default_caveat()),
            tools=tuple(self._tool(number) for number in range(TOOLS)),
            terms=(),
            examples=(),
        )

    def _cell(self, slugs: Sequence[str], chance: float, most: int) -> frozenset[str]:
        if self.random.random() >= chance:
            return frozenset()
        return frozenset(self.random.sample(slugs, self.random.randint(1, min(most, len(slugs)))))

    def _cells(self) -> dict[str, Any]:
        """Condition cells of which at least one is filled."""
        while True:
            cells = {
                "industries": self._cell(self.industries, 0.5, 2),
                "needs": self._cell(self.needs, 0.8, 3),
                "modalities": self._cell(self.modalities, 0.4, 2),
                "circumstances": self._cell(self.circumstances, 0.35, 2),
            }
            if any(cells.values()):
                return cells

    def _rule(self, number: int) -> Rule:
        category = self.random.choice(OUTCOMES)
        return Rule(
            slug=f"rule-{number}",
            category=category,
            because=f"Rule number {number} says so.",
            look_for="A program that does it.",
            **self._cells(),
            **CLAIM,
        )

    def _gate(self, number: int) -> Gate:
        return Gate(
            slug=f"gate-{number}",
            name=f"Gate {number}",
            level=self.random.choice(["prepare", "prepare", "not-yet"]),
            because="This must be true first.",
            action="Make it true.",
            circumstances=self._cell(self.circumstances, 1, 2),
            needs=self._cell(self.needs, 0.5, 4),
            **CLAIM,
        )

    def _caveat(self, number: int) -> Caveat:
        return Caveat(
            slug=f"caveat-{number}",
            name=f"Caveat {number}",
            severity=self.random.choice(["must", "mind"]),
            text="Mind this.",
            action="Do that.",
            certainty="high",
            categories=self._cell(["words", "media", "figures"], 0.3, 2),
            **self._cells(),
            **CLAIM,
        )

    def _tool(self, number: int) -> Tool:
        return Tool(
            slug=f"tool-{number}",
            name=f"Tool {number}",
            maker="A maker",
            what_for="For this.",
            limits="Not for that.",
            offered=("hosted",),
            needs=self._cell(self.needs, 1, 6),
            categories=frozenset([("words", "media", "both", "figures", "software")[number % 5]]),
            **CLAIM,
        )


def _categories() -> tuple[Category, ...]:
    return (
        _category("words"),
        _category("media"),
        _category("both", parts=frozenset(["words", "media"])),
        _category("figures"),
        _category("software", uses_ai=False),
    )


def _category(slug: str, *, uses_ai: bool = True, parts: frozenset[str] = frozenset()) -> Category:
    return Category(
        slug=slug,
        name=slug,
        short_name=slug,
        phrase=slug,
        plate=slug,
        summary=slug,
        strengths=("One",),
        limits=("One",),
        training=slug,
        uses_ai=uses_ai,
        parts=parts,
        **CLAIM,
    )


def _default_rule() -> Rule:
    because = "Nothing more particular is known."
    return Rule(slug="anything-else", category="software", because=because, look_for="A program.", **CLAIM)


def _default_caveat() -> Caveat:
    texts = {"name": "For everyone", "text": "Mind this.", "action": "Do that."}
    return Caveat(slug="for-everyone", severity="mind", certainty="high", **{**texts, **CLAIM})
