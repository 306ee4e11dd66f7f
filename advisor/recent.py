"""Advice that this process gave a moment ago: whoever keeps it, prints it or asks about it has just looked at it."""

from __future__ import annotations

from functools import lru_cache

from advisor.decision.answers import Answers, Notice
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release

MOST = 64
"""How many are remembered, at about thirty kilobytes each."""


@lru_cache(maxsize=MOST)
def advice(release: Release, answers: Answers, notices: tuple[Notice, ...] = ()) -> Recommendation:
    """As `recommend`, with what would change it once that was asked for. Raises the same."""
    return recommend(release, answers, notices)
