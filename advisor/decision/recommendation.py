"""What a visitor gets, as one value. Page, print, command and API show it; none computes anything of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import Category, Caveat, Gate, Modality, Need, Rule, Tool
from advisor.decision.release import Release

CLEAR = "clear"
LIKELY = "likely"
CLOSE = "close"
CONFIDENCES = (CLEAR, LIKELY, CLOSE)
"""How sure the table is, from the surest. `Case` says how each is computed."""


class Part(NamedTuple):
    """A piece of a sentence. `answer` is the (key, slug) of the visitor's answer that these words repeat, if any."""

    text: str
    answer: tuple[str, str] | None = None


Sentence = tuple[Part, ...]


def plain(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


class Case(NamedTuple):
    """One need x one modality, as the table decided it.

    `assumed`: not ticked, but the need's default. `doubts` says what makes the case less than clear: "rival" when a
    less specific rule that fits points elsewhere, "contested", "assumed". `sure` is clear without a doubt, likely with
    one, close with more.
    """

    need: Need
    modality: Modality
    category: Category
    rule: Rule
    reason: Sentence
    assumed: bool
    doubts: tuple[str, ...]
    sure: str


class Also(NamedTuple):
    """A further kind of AI that some of a need's modalities call for."""

    category: Category
    modalities: tuple[Modality, ...]


class AppliedGate(NamedTuple):
    """A gate that applies, the needs it applies to, and why, in the visitor's words."""

    gate: Gate
    needs: tuple[Need, ...]
    reason: Sentence


class SuggestedTool(NamedTuple):
    """`fit` is how many filled cells of the tool hold for these needs: tools are listed by fit, then by name."""

    tool: Tool
    needs: tuple[Need, ...]
    fit: int


class Verdict(NamedTuple):
    """What one need gets: the leading category, others named beside it, and what must be true first."""

    need: Need
    category: Category
    cases: tuple[Case, ...]
    also: tuple[Also, ...]
    level: str
    gates: tuple[AppliedGate, ...]
    sure: str
    tools: tuple[SuggestedTool, ...]

    @property
    def reasons(self) -> tuple[tuple[Rule, Sentence], ...]:
        """Each rule that decided a case of this need, with one sentence that names all it was ticked for."""
        of_rule: dict[str, list[Case]] = {}
        for case in self.cases:
            of_rule.setdefault(case.rule.slug, []).append(case)
        return tuple((decided[0].rule, _naming_all(decided)) for decided in of_rule.values())


def _naming_all(decided: Sequence[Case]) -> Sentence:
    """The first case's reason, with the other cases' modalities beside its own: "and ticked text and images"."""
    parts: list[Part] = []
    for part in decided[0].reason:
        parts.append(part)
        if part.answer and part.answer[0] == "modality":
            others = [Part(case.modality.phrase, ("modality", case.modality.slug)) for case in decided[1:]]
            for number, other in enumerate(others, start=1):
                parts += [Part(" and " if number == len(others) else ", "), other]
    return tuple(parts)


class Share(NamedTuple):
    """A category and the needs whose verdict it is."""

    category: Category
    needs: tuple[Need, ...]


class Headline(NamedTuple):
    """What all verdicts add up to. `tie` lists the categories that serve equally many needs, if more than one do."""

    category: Category
    sentence: str
    tie: tuple[Category, ...]
    shares: tuple[Share, ...]
    sure: str
    sure_because: str


class Readiness(NamedTuple):
    """The strictest level of all gates that apply, strictest first."""

    level: str
    sentence: str
    gates: tuple[AppliedGate, ...]


class AppliedCaveat(NamedTuple):
    """`reason` names the answers that tie the caveat to this visitor, and is empty where it holds for everybody."""

    caveat: Caveat
    needs: tuple[Need, ...]
    reason: Sentence


class Change(NamedTuple):
    """One answer changed, and the headline and readiness that would follow. `action`: add, drop or swap.

    `before` are the visitor's answers, `answers` those with the change.
    """

    action: str
    key: str
    slug: str
    name: str
    category: Category
    tie: tuple[Category, ...]
    level: str
    before: Answers

    @property
    def answers(self) -> Answers:
        return self.before.changed(self.action, self.key, self.slug)


class WhyNot(NamedTuple):
    """Another category, the nearest row that would have led there, for which need, and the answers that row misses."""

    category: Category
    rule: Rule | None
    need: Need | None
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    sentence: str


@dataclass(frozen=True)
class Recommendation:
    """The whole advice for one set of answers under one release."""

    release: Release
    answers: Answers
    headline: Headline
    readiness: Readiness
    verdicts: tuple[Verdict, ...]
    caveats: tuple[AppliedCaveat, ...]
    tools: tuple[SuggestedTool, ...]
    notices: tuple[Notice, ...]
    explain_changes: Callable[[], tuple[Change, ...]] = field(repr=False, compare=False)
    explain_others: Callable[[], tuple[WhyNot, ...]] = field(repr=False, compare=False)

    @cached_property
    def what_if(self) -> tuple[Change, ...]:
        """Every single answer that, changed alone, gives another headline or readiness. Computed when first read."""
        return self.explain_changes()

    @cached_property
    def why_not(self) -> tuple[WhyNot, ...]:
        """Each category that does not lead, and the nearest row that would have led there. Computed when read."""
        return self.explain_others()
