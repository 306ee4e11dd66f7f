"""What visitors would notice: the draft against the current release, on examples and on every result still kept.

Kept results may be many. One request counts as many as fit into a moment, and hands what it has, signed, to the form
that asks for the next: nothing is held between requests, and nothing about a kept result is stored anew.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from advisor import links, published
from advisor.admin.draft import Draft, current_draft
from advisor.admin.simulator import address
from advisor.decision.catalogue import Catalogue
from advisor.decision.impact import FOUND, HEADLINE, LOST, READINESS, Effect, effect
from advisor.decision.release import Release
from advisor.decision.sentences import title_of
from advisor.models import Release as StoredRelease
from advisor.models import SavedResult

AT_ONCE = 1000
SECONDS = 0.4
SECONDS_BESIDE = 0.2
"""How many different answers one request looks at, and for how long; and how long where it is not the page's point."""

SALT = "advisor.impact"

LEVELS = {"ready": "Ready", "prepare": "Prepare first", "not-yet": "Not yet"}
ABOUT = {
    "answer": "An answer is no longer known",
    "goal": "A goal gets another kind of AI, or another reason",
    "headline": "A tie comes or goes",
    "step": "A step to put right first comes, goes or changes",
    "caveat": "Something to mind comes, goes or changes",
    "tool": "A tool comes, goes or changes",
    "sure": "How sure it is changes",
    "words": "Only names read otherwise",
}


@dataclass(frozen=True)
class Count:
    """How far the count of kept results has come. `after` holds the last answers looked at."""

    after: str = ""
    counted: int = 0
    effects: Counter[Effect] = field(default_factory=Counter)
    done: bool = False

    @property
    def changed(self) -> int:
        return self.effects.total()


def go_on(count: Count, current: Release, draft: Release, seconds: float | None = None) -> Count:
    """The next results. Those with the same answers are counted together, and their advice is worked out once."""
    until = time.monotonic() + (SECONDS if seconds is None else seconds)
    after, counted, effects = count.after, count.counted, Counter(count.effects)
    left = SavedResult.objects.still_open().order_by("answers").values_list("answers")
    for answers, number in left.filter(answers__gt=after).annotate(models.Count("pk"))[:AT_ONCE].iterator(100):
        found = effect(current, draft, links.pairs_in(answers))
        if found:
            effects[found] += number
        after, counted = answers, counted + number
        if time.monotonic() > until:
            break
    return Count(after, counted, effects, done=not left.filter(answers__gt=after).exists())


def to_text(count: Count, current: Release, draft: Release) -> str:
    """For a hidden field. It says which two were compared, so that a count is never carried over to another draft."""
    groups = [[*found, number] for found, number in count.effects.items()]
    values = [current.sha256, draft.sha256, count.after, count.counted, groups]
    return signing.dumps(values, salt=SALT, compress=True)


def from_text(text: str, current: Release, draft: Release) -> Count:
    """A count to go on from: from the start when it is not ours, or of another draft or release."""
    try:
        of, to, after, counted, groups = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return Count()
    if (of, to) != (current.sha256, draft.sha256):
        return Count()
    return Count(after, counted, Counter({Effect(*found): number for *found, number in groups}))


def impact(request: HttpRequest) -> HttpResponse:
    """The examples, and the kept results as far as they are counted. A POST counts on and changes nothing."""
    if not request.user.has_perm("advisor.view_release"):
        raise PermissionDenied
    part = request.headers.get("X-Part") == "kept"
    template = "admin/advisor/release/_kept.html" if part else "admin/advisor/release/impact.html"
    context = {
        **admin.site.each_context(request),
        "title": "What visitors would notice",
        "opts": StoredRelease._meta,
        **of_draft(current_draft(), request.POST.get("so_far", "")),
    }
    response = TemplateResponse(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


def of_draft(draft: Draft, so_far: str = "", seconds: float | None = None) -> dict[str, Any]:
    """For templates: what the draft would change. `impact` is None where there are no two to compare."""
    release = draft.release
    try:
        current = published.current()
    except published.NoRelease:
        return {"impact": None}
    if release is None:
        return {"impact": None}
    count = go_on(from_text(so_far, current, release), current, release, seconds)
    names = names_of(current, release)
    return {
        "impact": {
            "current": current,
            "examples": _examples(current, release, names),
            "examples_total": len(release.catalogue.examples),
            "total": SavedResult.objects.still_open().count(),
            "count": count,
            "groups": [
                {**group(found, number, names, release.catalogue), "list": list_address(found)}
                for found, number in count.effects.most_common()
            ],
            "so_far": to_text(count, current, release),
        },
        "categories": release.catalogue.categories,
    }


def list_address(found: Effect, after: str = "") -> str:
    """Where the kept results behind a line are listed; `after` are the answers to go on from."""
    pairs = {**found._asdict(), "after": after}
    return f"{reverse('admin:impact-list')}?{urlencode({key: value for key, value in pairs.items() if value})}"


def names_of(*releases: Release) -> Mapping[str, str]:
    """Of categories and levels, the later release's names first."""
    return {
        **LEVELS,
        **{category.slug: category.name for release in releases for category in release.catalogue.categories},
    }


def _examples(current: Release, draft: Release, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those whose advice would change, each with its group and a link to the simulator."""
    found = []
    for example in draft.catalogue.examples:
        changed = effect(current, draft, links.pairs_in(example.answers))
        if changed:
            url = address(example.answers)
            found.append({"name": example.name, "url": url, **group(changed, 1, names, draft.catalogue)})
    return found


def group(found: Effect, number: int, names: Mapping[str, str], catalogue: Catalogue) -> dict[str, Any]:
    """One line: what becomes of what, how many times, and the row that did it."""
    was, now = names.get(found.was, found.was), names.get(found.now, found.now)
    if found.about in (HEADLINE, READINESS):
        text = f"{was} becomes {now}"
    elif found.about == LOST:
        text = f"{was} becomes no advice at all"
    elif found.about == FOUND:
        text = f"{now} where there was no advice"
    else:
        text = ABOUT[found.now]
    section, _, slug = found.row.partition("/")
    return {
        "text": text,
        "number": number,
        "kinds": (found.was, found.now) if found.about == HEADLINE else (),
        "row": _row(section, slug, catalogue) if slug else "",
        "row_url": reverse("simulator-record", args=[section, slug]) if slug else "",
    }


def _row(section: str, slug: str, catalogue: Catalogue) -> str:
    title = title_of(section, slug, catalogue)
    return f"gate “{title}”" if section == "gates" else f"rule: {title}"
