"""For templates: the share of all cases that comes to each kind of AI and each readiness, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.decision.catalogue import LEVELS, Catalogue
from advisor.decision.checks import LEVEL_NAMES
from advisor.decision.domain import Domain
from advisor.decision.ends import Ends, ends


def where_cases_end(before: Catalogue | None, domain: Domain) -> dict[str, Any]:
    after = domain.catalogue
    new, old = ends(domain), ends(Domain(before)) if before else None
    was_known = {category.slug: category for category in before.categories} if before else {}
    known = {**was_known, **{category.slug: category for category in after.categories}}
    return {
        "cases": new.cases,
        "shares": [
            {
                "category": category,
                **_both(old, new, old.categories if old else {}, new.categories, slug),
            }
            for slug, category in known.items()
        ],
        "levels": [
            {
                "level": level,
                "name": LEVEL_NAMES[level].capitalize(),
                **_both(old, new, old.levels if old else {}, new.levels, level),
            }
            for level in LEVELS
        ],
    }


def _both(old: Ends | None, new: Ends, was: Mapping[str, int], now: Mapping[str, int], key: str) -> dict[str, Any]:
    return {
        "before": was.get(key, 0),
        "after": now.get(key, 0),
        "before_percent": _percent(was.get(key, 0), old.cases) if old else 0,
        "after_percent": _percent(now.get(key, 0), new.cases),
    }


def _percent(part: int, whole: int) -> float:
    """To a tenth: a change of a few cases among thousands would not show otherwise."""
    return round(100 * part / whole, 1) if whole else 0
