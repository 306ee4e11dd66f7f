"""What changed: every release with its note, any two compared, and the same as a feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.html import linebreaks
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisor import published, recalls
from advisor.context import release_line
from advisor.decision.catalogue import Catalogue
from advisor.decision.changes import Change
from advisor.decision.changes import changes as changes_between
from advisor.decision.differences import Difference, differences
from advisor.decision.domain import Domain
from advisor.decision.release import Release
from advisor.models import Release as StoredRelease
from advisor.models.snapshot import SnapshotIsBroken
from advisor.site import site_of
from advisor.views import errors
from advisor.views.caching import unchanged_until_release

IN_FEED = 30
"""So many of the newest releases stand in the feed."""

SECTION_NAMES = {
    "sources": gettext_lazy("Sources"),
    "categories": gettext_lazy("Kinds of AI"),
    "industries": gettext_lazy("Industries"),
    "needs": gettext_lazy("Goals"),
    "modalities": gettext_lazy("What it should produce"),
    "circumstances": gettext_lazy("Circumstances"),
    "rules": gettext_lazy("Rules"),
    "gates": gettext_lazy("Steps to put right first"),
    "caveats": gettext_lazy("What to mind"),
    "tools": gettext_lazy("Tools"),
    "terms": gettext_lazy("Words explained"),
    "examples": gettext_lazy("Examples"),
}

PAGE_OF = {"rules": "rules", "gates": "rules", "tools": "tools", "terms": "glossary", "categories": "kinds"}
"""The page on which a record of a section stands, under its slug."""


@require_safe
@unchanged_until_release
def changes(request: HttpRequest) -> HttpResponse:
    """Every release, newest first, with what its publisher wrote about it, and what differs from the one before.

    While the database is away, the current release alone. With `one` and `two` it leads to these two compared.
    """
    if {"one", "two"} <= request.GET.keys():
        return _to_comparison(request)
    current = published.of_request(request)
    try:
        releases = [{**row, "differences": _named(_differences(row["number"], row["sha256"]))} for row in _stored()]
    except DatabaseError:
        releases = [{**release_line(current), "note": current.note}]
    for row in releases:
        row["recalled"] = recalls.of_checksum(row["sha256"])
    context = {"releases": releases, **_form(current, max(current.number - 1, 1), current.number)}
    response = render(request, "advisor/changes.html", context)
    if len(releases) < current.number:  # not the whole list: nobody may keep it
        response.headers["Cache-Control"] = "no-store"
    return response


def _stored() -> Any:
    return StoredRelease.objects.order_by("-number").values("number", "published_at", "note", "sha256")


def _form(current: Release, one: int, two: int) -> dict[str, Any]:
    """Two lists to choose from. Numbers count up without a gap, so that nothing has to be looked up."""
    return {"numbers": range(current.number, 0, -1), "one": one, "two": two}


def _to_comparison(request: HttpRequest) -> HttpResponse:
    numbers = [request.GET[name] for name in ("one", "two")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        raise Http404
    return HttpResponseRedirect(reverse("compare-releases", args=list(map(int, numbers))))


@lru_cache(maxsize=256)
def _differences(number: int, sha256: str) -> tuple[tuple[str, Difference], ...]:
    """What a release changed, section by section. Both releases never change."""
    if number == 1:
        return ()
    before, after = published.release(number - 1).catalogue, published.release(number).catalogue
    return tuple((item.section, item) for item in differences(before, after))


def _named(found: Iterable[tuple[str, Difference]]) -> list[tuple[Any, Difference]]:
    """With each section's name as visitors know it."""
    return [(SECTION_NAMES[section], difference) for section, difference in found]


@require_safe
@unchanged_until_release
def compare(request: HttpRequest, one: int, two: int) -> HttpResponse:
    """What differs from the older of two releases to the newer, in sentences."""
    if one > two:
        return HttpResponseRedirect(reverse("compare-releases", args=[two, one]))
    current = published.of_request(request)
    found = []
    for number in (one, two):
        if not 1 <= number <= current.number:
            return errors.no_such_release(request, number)
        try:
            found.append(current if number == current.number else published.release(number))
        except StoredRelease.DoesNotExist:
            return errors.no_such_release(request, number)
        except SnapshotIsBroken:
            return errors.damaged_release(request, number)
    before, after = found
    sections = [
        {
            "name": SECTION_NAMES[section],
            # An example is how editors check the rules, in words of theirs: that it differs is enough.
            "changes": [(change, _stands_at(change, current), section != "examples") for change in group],
        }
        for section, group in groupby(_between(before, after), key=lambda change: change.section)
    ]
    context = {
        "releases": [{**release_line(release), "recalled": recalls.of(release)} for release in found],
        "notes": [release.note for release in found],
        "sections": sections,
        **_form(current, one, two),
    }
    return render(request, "advisor/compare_releases.html", context)


@lru_cache(maxsize=64)
def _between(before: Release, after: Release) -> tuple[Change, ...]:
    return changes_between(before.catalogue, after.catalogue)


def _stands_at(change: Change, current: Release) -> str:
    """Where the record can be read today; empty when it can't be. A caveat stands with an advice that it is part of."""
    catalogue = current.catalogue
    entry = catalogue.by_slug[change.section].get(change.slug)
    if entry is None:
        return ""
    if change.section == "caveats":
        domain = _domain(catalogue)
        place = domain.where(entry)
        return domain.address(*place) if place else ""
    if change.section not in PAGE_OF or getattr(entry, "kind", "product") != "product":
        return ""
    return f"{reverse(PAGE_OF[change.section])}#{change.slug}"


@lru_cache(maxsize=1)
def _domain(catalogue: Catalogue) -> Domain:
    return Domain(catalogue)


@require_safe
@unchanged_until_release
def feed(request: HttpRequest) -> HttpResponse:
    """The notes of the newest releases as Atom (RFC 4287)."""
    site = site_of(request)
    page = site.url + reverse("changes")
    atom = Atom1Feed(
        title=_("%(site)s: what changed") % {"site": site.name},
        link=page,
        feed_url=site.url + reverse("feed"),
        description=_("Every release of the rules, newest first, and what it changed."),
        language=get_language(),
        author_name=site.owner or site.name,
        feed_guid=page,
    )
    for row in _stored()[:IN_FEED]:
        number, at = row["number"], row["published_at"]
        recalled = recalls.of_checksum(row["sha256"])
        title = _("Release %(number)d") % {"number": number}
        text = row["note"]
        if recalled:
            day = date_format(localtime(recalled.day), "j F Y")
            title = _("%(release)s, withdrawn on %(day)s") % {"release": title, "day": day}
            text = f"{recalled.text}\n\n{text}"
        atom.add_item(
            title=title,
            link=f"{page}#release-{number}",
            description=linebreaks(text, autoescape=True),
            unique_id=f"tag:{urlsplit(site.url).hostname},{at.astimezone(UTC):%Y-%m-%d}:release-{number}",
            pubdate=at,
            updateddate=max(at, recalled.day) if recalled else at,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
