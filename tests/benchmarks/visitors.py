"""Random visitors, from a seed: the answers they might give."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from advisor.decision.answers import Answers
from advisor.decision.flow import offered
from advisor.decision.release import Release


def with_twelve_cases(release: Release, random: Random) -> Answers:
    """Four needs that all can produce the three modalities ticked, and up to three circumstances."""
    catalogue = release.catalogue
    return Answers(
        industry=random.choice(catalogue.industries).slug,
        needs=tuple(need.slug for need in random.sample(catalogue.needs, 4)),
        modalities=tuple(modality.slug for modality in random.sample(catalogue.modalities, 3)),
        circumstances=tuple(fact.slug for fact in random.sample(catalogue.circumstances, random.randint(0, 3))),
    )


def plausible(release: Release, random: Random) -> Answers:
    """One who answers every question: one to six needs, mostly usual ones, and only choices that were on offer."""
    industry = random.choice(release.catalogue.industries)
    answers = Answers(industry.slug)
    needs = offered(release, answers, "need")
    usual = len(industry.needs) or len(needs)
    wanted = [random.choice(needs[:usual] if random.random() < 0.8 else needs) for _ in range(random.randint(1, 6))]
    answers = Answers(industry.slug, tuple(dict.fromkeys(wanted)))
    can = offered(release, answers, "modality")
    answers = Answers(industry.slug, answers.needs, tuple(slug for slug in can if random.random() < 0.6))
    facts = offered(release, answers, "fact")
    picked = tuple(random.sample(facts, random.randint(0, min(5, len(facts)))))
    return Answers(industry.slug, answers.needs, answers.modalities, picked)


def many(release: Release, seed: int, count: int) -> Iterator[Answers]:
    """`count` plausible visitors."""
    random = Random(seed)
    for _ in range(count):
        yield plausible(release, random)
