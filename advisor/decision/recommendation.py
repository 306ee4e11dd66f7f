"""What a visitor gets, as one value. Page, print, command and API show it; none computes anything of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import Category, Caveat, Gate, Modality, Need, Rule, Tool
from advisor.decision.release import Release

READY = "ready"
PREPARE = "prepare"
NOT_YET = "not-yet"
LEVELS = (READY, PREPARE, NOT_YET)
"""From the mildest to the strictest."""

CLEAR = "clear"
LIKELY = "likely"
CLOSE = "close"
CONFIDENCES = (CLEAR, LIKELY, CLOSE)
"""How sure the table is, from the surest. See `sure_of` in recommend.py for how each is computed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. `answer` is the (key, slug) of the visitor's answer that these words repeat, if any."""

    text: str
    answer: tuple[str, str] | None = None


Sentence = tuple[Part, ...]


def plain(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


@dataclass(frozen=True, slots=True)
class Case:
    """One need x one modality, as the table decided it. `assumed`: not ticked, but the need's default."""

    need: Need
    modality: Modality
    category: Category
    rule: Rule
    reason: Sentence
    sure: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Also:
    """A further kind of AI that some of a need's modalities call for."""

    category: Category
    modalities: tuple[Modality, ...]


@dataclass(frozen=True, slots=True)
class AppliedGate:
    """A gate that applies, the needs it applies to, and why, in the visitor's words."""

    gate: Gate
    needs: tuple[Need, ...]
    reason: Sentence


@dataclass(frozen=True, slots=True)
class SuggestedTool:
    """`fit` is how many filled cells of the tool hold for these needs: tools are listed by fit, then by name."""

    tool: Tool
    needs: tuple[Need, ...]
    fit: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one need gets: the leading category, others named beside it, and what must be true first."""

    need: Need
    category: Category
    cases: tuple[Case, ...]
    also: tuple[Also, ...]
    level: str
    gates: tuple[AppliedGate, ...]
    sure: str
    tools: tuple[SuggestedTool, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A category and the needs whose verdict it is."""

    category: Category
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """What all verdicts add up to. `tie` lists the categories that serve equally many needs, if more than one do."""

    category: Category
    sentence: str
    tie: tuple[Category, ...]
    shares: tuple[Share, ...]
    sure: str
    sure_because: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """The strictest level of all gates that apply, strictest first."""

    level: str
    sentence: str
    gates: tuple[AppliedGate, ...]


@dataclass(frozen=True, slots=True)
class AppliedCaveat:
    """`reason` names the answers that tie the caveat to this visitor, and is empty where it holds for everybody."""

    caveat: Caveat
    needs: tuple[Need, ...]
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Change:
    """One answer changed, and the headline and readiness that would follow. `action`: add, drop or swap."""

    action: str
    key: str
    slug: str
    name: str
    category: Category
    tie: tuple[Category, ...]
    level: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class WhyNot:
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
