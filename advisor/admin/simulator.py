"""The simulator: any answers under the draft and under the current release, and which rows led there.

Its address takes the keys of a result's own address, so that findings, examples, kept results and enquiries are links.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from advisor import kept, links, published
from advisor.admin.draft import Draft, current_draft
from advisor.decision.answers import SECTION_OF, Answers, MalformedAnswers, Notice, read
from advisor.decision.catalogue import SLUG, Catalogue, Entry
from advisor.decision.checks import ERROR, Finding
from advisor.decision.flow import is_answered
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.sentences import heading_of, title_of
from advisor.decision.since import News, since
from advisor.decision.table import Gap
from advisor.decision.trace import Applied, Filled, Trace, TracedCase, trace
from advisor.models import Release as StoredRelease
from advisor.models import Rule
from advisor.models.document import DRAFT_MODELS
from advisor.models.snapshot import SnapshotIsBroken

OWN_KEYS = frozenset({"finding", "row", "link", "release"})
"""What the simulator's address holds besides answers: a finding to show, a record to reach, a link that was pasted, a
release to set beside the draft in place of the current one."""

QUESTIONS = (
    ("industry", "Industry"),
    ("need", "Goals"),
    ("modality", "What should come out"),
    ("fact", "What is true for them"),
)
CELL_TITLES = {
    "industries": "industry",
    "needs": "goal",
    "modalities": "output",
    "circumstances": "true for them",
    "categories": "advice",
}
REACHED = frozenset({"rules", "gates", "caveats", "tools", "examples", "needs", "industries"})
"""The sections whose records have a result that shows them."""


def address(query: str, **own: str) -> str:
    """The simulator's address for answers as in a query."""
    whole = "&".join(filter(None, (query, urlencode(own))))
    return reverse("simulator") + (f"?{whole}" if whole else "")


def simulated(path: str) -> str:
    """The simulator for the answers of a result's path."""
    return address(urlsplit(path).query)


def row_address(section: str, slug: str) -> str:
    """Where the simulator looks for answers that reach this record."""
    return address("", row=f"{section}~{slug}")


def finding_address(finding: Finding) -> str:
    """The simulator on the example of a finding."""
    return address(urlsplit(finding.address).query, finding=_key(finding))


def kind_of(finding: Finding) -> str:
    return finding.kind.replace("-", " ").capitalize()


def _key(finding: Finding) -> str:
    whole = "\n".join((finding.kind, finding.section, finding.slug, finding.text))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def record_address(section: str, slug: str) -> str:
    """The page of a draft record, found by its slug; its list when there is no such record."""
    name = f"admin:advisor_{DRAFT_MODELS[section]._meta.model_name}"
    number = DRAFT_MODELS[section]._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
    return reverse(f"{name}_change", args=[number]) if number else reverse(f"{name}_changelist")


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one of the two, draft or release, says to the answers. `why_none` says why there is no advice."""

    title: str
    release: Release | None
    answers: Answers
    notices: tuple[Notice, ...] = ()
    advice: Recommendation | None = None
    trace: Trace | None = None
    why_none: str = ""


@require_safe
def simulator(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("advisor.view_rule"):
        raise PermissionDenied
    own = {key: request.GET.get(key, "") for key in OWN_KEYS if key in request.GET}
    problem = ""
    if "link" in own:
        found = _behind(own["link"])
        if found is not None:
            return redirect(address(found))
        problem = "This is no link to a result of this site, or the result is deleted. Paste the whole address."
    draft = current_draft()
    if "row" in own:
        section, _, slug = own["row"].partition("~")
        reached = draft.address_of(section, slug) if section in REACHED else ""
        if reached:
            return redirect(simulated(reached))
        problem = f"No answers reach “{slug}” as the draft is now."
    try:
        return show(request, draft, links.pairs_in(request.META.get("QUERY_STRING", "")), own, problem)
    except MalformedAnswers as error:
        return show(request, draft, [], {}, str(error), status=400)


def answers_among(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, value) for key, value in pairs if key not in OWN_KEYS | links.PAGE_KEYS]


def expectation(advice: Recommendation) -> str:
    """What an example made of this advice would hold it to, so that nobody freezes what they have not seen."""
    caveats = ",".join(sorted(applied.caveat.slug for applied in advice.caveats))
    return f"{advice.headline.category.slug} {advice.readiness.level} {caveats}"


def show(
    request: HttpRequest,
    draft: Draft,
    pairs: Sequence[tuple[str, str]],
    own: Mapping[str, str],
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    pairs = answers_among(pairs)
    current = _current()
    seen = _release_named(own.get("release", ""))
    title = f"What visitors see now: release {current.number}" if current else "What visitors see now"
    if seen and current and seen.number != current.number:
        current, title = seen, f"What the visitor saw: release {seen.number}"
    sides = (
        _side("The draft", draft.release, pairs, "The draft can’t be read. What is wrong stands above."),
        _side(
            title,
            current,
            pairs,
            "Nothing is published yet.",
        ),
    )
    context = {
        **admin.site.each_context(request),
        "title": "Simulator",
        "problem": problem,
        "pasted": own.get("link", ""),
        "questions": list(_questions(draft, current, pairs)),
        "asked": bool(pairs),
        "sides": sides,
        "news": _news(*sides),
        "agrees": _agree(*sides),
        "finding": _finding(draft, own.get("finding", "")),
        "looks_for_finding": "finding" in own,
        "findings": [_shown(finding, draft) for finding in draft.findings],
        "is_readable": draft.catalogue is not None,
        "traces": list(_traces(sides)),
        "expects": expectation(sides[0].advice) if sides[0].advice else "",
        "answers": urlencode(pairs),
        "name": own.get("name", ""),
    }
    return TemplateResponse(request, "admin/advisor/simulator.html", context, status=status)


def _current() -> Release | None:
    try:
        return published.current()
    except published.NoRelease:
        return None


def _release_named(number: str) -> Release | None:
    """None for a number that is none of ours, or whose document is damaged: the current release then stands there."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    try:
        return published.release(int(number))
    except (StoredRelease.DoesNotExist, SnapshotIsBroken):
        return None


def _behind(link: str) -> str | None:
    """The answers of the result that this link shows, as in a query."""
    parts = urlsplit(link.strip())
    if parts.path.startswith("/r/"):
        try:
            opened = kept.even_recalled(parts.path.removeprefix("/r/").split("/")[0])
        except (kept.Unknown, kept.Gone, kept.Damaged):
            return None
        return opened.recommendation.answers.query
    if parts.path.startswith(("/advice/", reverse("simulator"))) and parts.query:
        return urlencode([pair for pair in links.pairs_in(parts.query) if pair[0] not in OWN_KEYS])
    return None


def _side(title: str, release: Release | None, pairs: Sequence[tuple[str, str]], none: str) -> Side:
    """`none` says why there is no release."""
    if release is None:
        return Side(title=title, release=None, answers=Answers(), why_none=none)
    answers, notices = read(pairs, release.catalogue)
    side = Side(title=title, release=release, answers=answers, notices=notices)
    missing = [what for key, what in _MISSING.items() if not is_answered(answers, key)]
    if missing:
        return replace(side, why_none=f"Pick {' and '.join(missing)} to see an advice.")
    side = replace(side, trace=trace(release, answers))
    try:
        advice = recommend(release, answers, notices)
    except Gap as gap:
        entries = release.catalogue.by_slug
        names = [entries[section][slug].name for section, slug in zip(_OF_A_CELL, gap.cell, strict=True)]
        return replace(side, why_none=f"A gap: no rule decides this case: {'; '.join(names)}.")
    return replace(side, advice=advice, notices=advice.notices)


_MISSING = {"industry": "an industry", "need": "at least one goal"}
_OF_A_CELL = ("industries", "needs", "modalities")


def _news(draft: Side, current: Side) -> tuple[News, ...]:
    """What visitors with these answers would be told had changed, were the draft published."""
    return since(current.advice, draft.advice) if draft.advice and current.advice else ()


def _agree(draft: Side, current: Side) -> bool:
    return bool(draft.advice and current.advice) and not _news(draft, current)


def _finding(draft: Draft, key: str) -> dict[str, Any] | None:
    """None as well when the check does not find it any more."""
    return next((_shown(finding, draft) for finding in draft.findings if key and _key(finding) == key), None)


def _shown(finding: Finding, draft: Draft) -> dict[str, Any]:
    has_record = finding.section in DRAFT_MODELS and SLUG.fullmatch(finding.slug)
    return {
        "finding": finding,
        "kind": kind_of(finding),
        "is_error": finding.severity == ERROR,
        "address": finding_address(finding),
        "record": reverse("simulator-record", args=[finding.section, finding.slug]) if has_record else "",
        "title": title_of(finding.section, finding.slug, draft.catalogue) if has_record else "",
    }


def record(request: HttpRequest, section: str, slug: str) -> HttpResponseRedirect:
    """Leads from a slug, which is all that findings and traces know, to the record's page."""
    if not request.user.has_perm("advisor.view_rule"):
        raise PermissionDenied
    if section not in DRAFT_MODELS:
        return redirect("simulator")
    return redirect(record_address(section, slug))


def _questions(draft: Draft, current: Release | None, pairs: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """What can be picked. Choices that only the current release knows stand last, when they are picked."""
    catalogues = [release.catalogue for release in (draft.release, current) if release]
    for key, title in QUESTIONS:
        picked = [value for name, value in pairs if name == key]
        yield {
            "key": key,
            "title": title,
            "choices": sorted(
                _choices(SECTION_OF[key], catalogues, picked),
                key=lambda choice: key != "industry" and not choice["picked"],  # a long list shows what is picked
            ),
            "none": key in ("modality", "fact"),
            "none_picked": "none" in picked,
        }


def _choices(section: str, catalogues: Sequence[Catalogue], picked: Sequence[str]) -> Iterator[dict[str, Any]]:
    known: set[str] = set()
    for place, catalogue in enumerate(catalogues):
        entries: Iterable[Entry] = getattr(catalogue, section)
        for entry in entries:
            if entry.slug in known or (place and entry.slug not in picked):
                continue
            known.add(entry.slug)
            name = getattr(entry, "name", entry.slug)
            yield {
                "slug": entry.slug,
                "name": f"{name} (not in the draft)" if place else name,
                "picked": entry.slug in picked,
            }


def _traces(sides: Sequence[Side]) -> Iterator[dict[str, Any]]:
    for side in sides:
        if side.trace and side.release:
            yield {
                "side": side,
                "cases": [
                    {
                        "case": case,
                        "rows": [
                            (
                                match,
                                heading_of(match.rule, side.release.catalogue),
                                _record_link("rules", match.rule),
                                _cells(match.filled),
                            )
                            for match in case.matches
                        ],
                        "new_rule": case.winner is None and _new_rule(side.answers, case),
                    }
                    for case in side.trace.cases
                ],
                "applied": [
                    (title, [_applied(section, row) for row in rows], section == "tools")
                    for title, section, rows in (
                        ("Gates", "gates", side.trace.gates),
                        ("Caveats", "caveats", side.trace.caveats),
                        ("Tools", "tools", side.trace.tools),
                    )
                ],
            }


def _record_link(section: str, entry: Entry) -> str:
    return reverse("simulator-record", args=[section, entry.slug])


def _applied(section: str, applied: Applied[Any]) -> dict[str, Any]:
    return {
        "row": applied.row,
        "link": _record_link(section, applied.row),
        "cells": _cells(applied.filled),
        "needs": ", ".join(need.name for need in applied.needs),
        "left_out": applied.left_out,
    }


def _cells(filled: Sequence[Filled]) -> list[tuple[str, str]]:
    """Each filled cell's title and the words in it that hold."""
    return [
        (
            CELL_TITLES[cell.cell],
            " and ".join(cell.names) + (f" (one of {len(cell.names) + cell.others})" if cell.others else ""),
        )
        for cell in filled
    ]


def _new_rule(answers: Answers, case: TracedCase) -> str:
    """The form of a new rule with the cells of this case filled in."""
    chosen = {"industries": answers.industry or "", "needs": case.need.slug, "modalities": case.modality.slug}
    cells = {}
    for section, slug in chosen.items():
        number = DRAFT_MODELS[section]._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
        if number:
            cells[section] = number
    return f"{reverse(f'admin:advisor_{Rule._meta.model_name}_add')}?{urlencode(cells)}"
