"""Which kept results are behind one line of the impact: when each was kept, and its answers in the simulator.

Of a visitor it shows the day and the answers. No token is known here, so nothing leads to the visitor's own page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from advisor import links, published
from advisor.admin import impact
from advisor.admin.draft import current_draft
from advisor.admin.simulator import address
from advisor.decision.catalogue import SLUG
from advisor.decision.impact import FOUND, HEADLINE, LOST, READINESS, Effect, effect
from advisor.decision.release import Release
from advisor.models import Release as StoredRelease
from advisor.models import SavedResult

MOST = 50


@dataclass
class Found:
    """`after` holds the last answers looked at. `done` when there are no more."""

    answers: list[str] = field(default_factory=list)
    after: str = ""
    done: bool = True


def search(wanted: Effect, current: Release, draft: Release, after: str) -> Found:
    """Answers of kept results with this effect, from there on: as many as fill a page or fit into a moment."""
    until = time.monotonic() + impact.SECONDS
    found, results = Found(after=after), 0
    left = SavedResult.objects.still_open().filter(answers__gt=after).order_by("answers").values_list("answers")
    for answers, number in left.annotate(Count("pk")).iterator(100):
        if results >= MOST or time.monotonic() > until:
            found.done = False
            break
        if effect(current, draft, links.pairs_in(answers)) == wanted:
            found.answers.append(answers)
            results += number
        found.after = answers
    return found


@require_safe
def kept_list(request: HttpRequest) -> HttpResponse:
    if not (request.user.has_perm("advisor.view_release") and request.user.has_perm("advisor.view_rule")):
        raise PermissionDenied
    wanted = Effect(*(request.GET.get(name, "") for name in Effect._fields))
    after = request.GET.get("after", "").replace("\0", "")
    context = {**admin.site.each_context(request), "title": "Kept results behind this", "opts": StoredRelease._meta}
    draft = current_draft().release
    try:
        current = published.current()
    except published.NoRelease:
        current = None
    if current and draft and _makes_sense(wanted):
        context |= _of(wanted, current, draft, after)
    response = TemplateResponse(request, "admin/advisor/release/kept_list.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _makes_sense(wanted: Effect) -> bool:
    """Whether the impact page could have asked for it. Anybody may write anything into an address."""
    section, _, slug = wanted.row.partition("/")
    is_row = not wanted.row or (section in ("rules", "gates") and SLUG.fullmatch(slug) is not None)
    return is_row and (wanted.about in (HEADLINE, READINESS, LOST, FOUND) or wanted.now in impact.ABOUT)


def _of(wanted: Effect, current: Release, draft: Release, after: str) -> dict[str, Any]:
    found = search(wanted, current, draft, after)
    rows = SavedResult.objects.still_open().filter(answers__in=found.answers).order_by("-saved_at")
    kept = rows.values_list("saved_at", "release_id", "answers")[:MOST]
    return {
        "group": impact.group(wanted, 0, impact.names_of(current, draft), draft.catalogue),
        "kept": [{"day": day, "release": number, "url": address(answers)} for day, number, answers in kept],
        "further": "" if found.done else impact.list_address(wanted, found.after),
        "is_first": not after,
        "current": current,
        "categories": draft.catalogue.categories,
    }
