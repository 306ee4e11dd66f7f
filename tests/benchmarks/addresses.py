"""The addresses that a visitor of the shipped site asks for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from advisor.decision.answers import Answers
from advisor.decision.flow import questions
from advisor.decision.release import Release
from tests.benchmarks import visitors
from tests.benchmarks.shipped import shipped_release

STEPS = {"industry": "industry", "need": "goals", "modality": "output", "fact": "circumstances"}
GOALS = "/advice/goals/?industry=law-finance"
"""The question page of most choices."""


def path(page: str, answers: Answers) -> str:
    query = urlencode(answers.pairs())
    return f"/advice/{page}?{query}" if query else f"/advice/{page}"


def results(count: int, seed: int = 7) -> list[str]:
    return [path("", answers) for answers in visitors.many(shipped_release(), seed, count)]


def journey(answers: Answers, release: Release | None = None) -> Iterator[str]:
    """Every page from the first question to the advice, each with the answers given before it."""
    so_far = Answers()
    for key in questions(release or shipped_release(), answers):
        yield path(f"{STEPS[key]}/", so_far)
        so_far = _and(so_far, answers, key)
    yield path("check/", answers)
    yield path("", answers)


def _and(so_far: Answers, answers: Answers, key: str) -> Answers:
    return Answers(
        answers.industry,
        answers.needs if key != "industry" else (),
        answers.modalities if key in ("modality", "fact") else so_far.modalities,
        answers.circumstances if key == "fact" else so_far.circumstances,
    )
