"""What several categories add up to: the cases of one need, or the needs of one visitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.decision.catalogue import Catalogue


def lead(categories: Sequence[str], default: str, catalogue: Catalogue) -> str:
    """The category that cases of one need, or needs of one visitor, add up to when they do not all agree.

    Language and media make the combined category; otherwise `default` leads. (Design, section 3, points 3 and 4.)
    """
    different = set(categories)
    if len(different) == 1:
        return categories[0]
    for slug, joined in catalogue.joining:
        if different <= joined:
            return slug
    return default


class Leading(NamedTuple):
    """What a headline says, without its words: the category, those tied with it, and how many needs each serves."""

    category: str
    tie: tuple[str, ...]
    shares: dict[str, int]


def leading(categories: Sequence[str], catalogue: Catalogue) -> Leading:
    """The headline of verdicts, given their categories in the visitor's order of needs."""
    shares: dict[str, int] = {}
    for slug in categories:
        shares[slug] = shares.get(slug, 0) + 1
    if len(shares) == 1:
        return Leading(categories[0], (), shares)
    together = lead(categories, "", catalogue)
    if together:
        return Leading(together, (), shares)
    most = max(shares.values())
    first, *others = [slug for slug, count in shares.items() if count == most]
    if not others:
        return Leading(first, (), shares)
    tied = [category.slug for category in catalogue.categories if category.slug in others]
    return Leading(first, (first, *tied), shares)
