"""What a later release would change for given answers, in one word, so that it can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.decision.answers import MalformedAnswers, read
from advisor.decision.catalogue import Gate
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.since import News, since
from advisor.decision.table import Gap

HEADLINE = "headline"
READINESS = "readiness"
OTHER = "other"
LOST = "lost"
"""There was advice, and there would be none."""
FOUND = "found"
"""There was no advice, and there would be some."""


class Effect(NamedTuple):
    """The most telling change. `row` is the rule or gate of the later release that did it, as "section/slug".

    `was` and `now` are slugs of categories, or levels of readiness; for any other change `now` is what it is about.
    """

    about: str
    was: str = ""
    now: str = ""
    row: str = ""


def effect(current: Release, draft: Release, pairs: Sequence[tuple[str, str]]) -> Effect | None:
    """What the draft would say otherwise to these answers. None when it says the same."""
    if current.sha256 == draft.sha256:
        return None
    before, after = _advice(current, pairs), _advice(draft, pairs)
    if before is None:
        return Effect(FOUND, now=after.headline.category.slug) if after else None
    if after is None:
        return Effect(LOST, was=before.headline.category.slug)
    news = since(before, after)
    if not news:
        return None
    was, now = before.headline.category.slug, after.headline.category.slug
    if was != now:
        return Effect(HEADLINE, was, now, _row(news, "goal"))
    if before.readiness.level != after.readiness.level:
        return Effect(READINESS, before.readiness.level, after.readiness.level, _row(news, "step"))
    return Effect(OTHER, now=news[0].about, row=_row(news, news[0].about))


def _advice(release: Release, pairs: Sequence[tuple[str, str]]) -> Recommendation | None:
    try:
        answers, notices = read(pairs, release.catalogue)
        return recommend(release, answers, notices)
    except (Incomplete, MalformedAnswers, Gap):
        return None


def _row(news: Sequence[News], about: str) -> str:
    row = next((item.row for item in news if item.about == about and item.row), None)
    return f"{'gates' if isinstance(row, Gate) else 'rules'}/{row.slug}" if row else ""
