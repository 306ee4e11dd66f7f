"""Which question comes next, and which choices it offers, from the answers alone."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import Need
from advisor.decision.release import Release
from advisor.decision.table import Cell

QUESTIONS = ("industry", "need", "modality", "fact")
"""The keys of the questions, in their order."""


def modalities_of(need: Need, answers: Answers) -> tuple[str, ...]:
    """What this need is taken to produce: what was ticked of what it can, or else its default."""
    if len(need.modalities) == 1 or not answers.modalities:
        return (need.default_modality,)
    return tuple([slug for slug in need.modalities if slug in answers.modalities]) or (need.default_modality,)


def chosen_needs(release: Release, answers: Answers) -> tuple[Need, ...]:
    needs = release.catalogue.by_slug["needs"]
    return tuple(needs[slug] for slug in answers.needs)


def cells(release: Release, answers: Answers) -> Iterator[Cell]:
    """The cells of all cases: every chosen need x what it is taken to produce."""
    if answers.industry is None:
        return
    for need in chosen_needs(release, answers):
        for modality in modalities_of(need, answers):
            yield Cell(answers.industry, need.slug, modality)


def offered(release: Release, answers: Answers, key: str) -> tuple[str, ...]:
    """The slugs that a question offers for these answers, in the editors' order, those usual in the industry first."""
    catalogue = release.catalogue
    if key == "industry":
        return tuple(industry.slug for industry in catalogue.industries)
    if key == "need":
        return tuple(release.table.usual_first(answers.industry))
    if key == "modality":
        can = {slug for need in chosen_needs(release, answers) for slug in need.modalities}
        return tuple(modality.slug for modality in catalogue.modalities if modality.slug in can)
    usable = 0
    for cell in cells(release, answers):
        usable |= release.table.usable(cell)
    return tuple([slug for slug, bit in release.table.bit_of.items() if usable & bit])


def is_asked(release: Release, answers: Answers, key: str) -> bool:
    """Whether the question is part of this visitor's way: one with nothing to choose is not."""
    if key == "modality":
        return any(len(need.modalities) > 1 for need in chosen_needs(release, answers))
    return key != "fact" or bool(offered(release, answers, "fact"))


def is_answered(answers: Answers, key: str) -> bool:
    if key == "industry":
        return answers.industry is not None
    if key == "need":
        return bool(answers.needs)
    return (answers.modalities if key == "modality" else answers.circumstances) is not None


def next_question(release: Release, answers: Answers) -> str | None:
    """The key of the first question that is asked and not answered, or None when all are."""
    for key in QUESTIONS:
        if not is_answered(answers, key) and is_asked(release, answers, key):
            return key
    return None


def questions(release: Release, answers: Answers) -> tuple[str, ...]:
    """The keys of the questions on this visitor's way, as far as the answers tell."""
    return tuple(key for key in QUESTIONS if is_asked(release, answers, key))


def counted(release: Release, answers: Answers) -> tuple[Answers, tuple[Notice, ...]]:
    """The answers that count, without those that no question offers for them, and a notice for each of those.

    What is set aside stays in the address, so it comes back when the visitor turns back.
    """
    notices: list[Notice] = []
    kept = {}
    for key, picked in (("modality", answers.modalities), ("fact", answers.circumstances)):
        can = offered(release, answers, key) if picked else ()
        kept[key] = picked if picked is None else tuple(slug for slug in picked if slug in can)
        names = release.catalogue.by_slug["modalities" if key == "modality" else "circumstances"]
        why = (
            "None of your goals produces it" if key == "modality" else "No rule, step or caveat uses it for these goals"
        )
        for slug in sorted(picked or (), key=list(names).index):
            if slug not in can:
                text = f"You ticked “{names[slug].name}”. {why}, so we left it out."
                notices.append(Notice("set-aside", key, slug, text))
    return Answers(answers.industry, answers.needs, kept["modality"], kept["fact"]), tuple(notices)
