"""What a page needs to show a recommendation: the fresh result, the kept one, and the one that came with an enquiry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from html import escape
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from advisor import links
from advisor.context import release_line
from advisor.decision.answers import Answers
from advisor.decision.catalogue import LEVELS, NOT_YET, PREPARE, READY
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Change, Headline, Recommendation, Verdict
from advisor.decision.release import Release
from advisor.decision.wording import number
from advisor.views.preview import preview_of

CHANGES_IN_SIGHT = 6

Link = Callable[[Answers], str]
"""The address of the advice for some answers."""

Changed = Callable[[str, str, str], str]
"""The address of the advice with one answer changed: action, key and slug."""


def advice_context(recommendation: Recommendation, today: date, beside: str = "") -> dict[str, Any]:
    """For `advisor/_advice.html` and `_preview.html`.

    `today` is the day from whose sight checks are overdue: for kept advice, that day. `beside` is the token of the
    kept result that the visitor compares with. The links of the page carry it on.
    """
    answers, release = recommendation.answers, recommendation.release
    headline, level = recommendation.headline, recommendation.readiness.level
    in_sight, folded = _most_telling(recommendation.what_if)
    link, changed = partial(links.result_url, beside=beside), links.ResultsBeside(answers, beside).of
    changes = [_change_row(change, headline, level, changed) for change in in_sight]
    later_steps = [gate for gate in recommendation.readiness.gates if gate.gate.level != level]
    return {
        "r": recommendation,
        "preview": preview_of(recommendation),
        "advice_release": release_line(release),
        "as_of": today,
        "for_whom": for_whom(release, answers),
        "check_url": links.check_url(answers, beside=beside),
        "arms": [
            {
                "need": verdict.need,
                "verdict": verdict,
                "anchor": f"goal-{verdict.need.slug}",
                "tool_slugs": _tool_slugs(verdict),
            }
            for verdict in sorted(recommendation.verdicts, key=lambda verdict: answers.needs.index(verdict.need.slug))
        ],
        "has_many": len(answers.needs) > 1,
        "changes": changes,
        "more_changes": _folded(folded, headline, level, changed),
        "more_count": len(folded),
        "grid": _grid(recommendation),
        "steps": [gate for gate in recommendation.readiness.gates if gate.gate.level == level],
        "later_steps": later_steps,
        "gates": _gates({level, *[gate.gate.level for gate in later_steps]}, changes),
        "retry": _retries(recommendation, link),
        "today": _today(recommendation, link),
        "today_url": _today_url(recommendation, link),
        "sure_text": recommendation.headline.sure_because,
        "ordinary": [verdict for verdict in recommendation.verdicts if not verdict.category.uses_ai],
        "overdue": overdue(recommendation, today),
        "sources": release.catalogue.by_slug["sources"],
    }


def _tool_slugs(verdict: Verdict) -> tuple[str, ...]:
    """What tells one list of tools from another."""
    return tuple(suggested.tool.slug for suggested in verdict.tools)


def _gates(levels: set[str], changes: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The gates that the page draws: those of its own steps, and those in front of changes."""
    drawn = levels.union(
        row["level"] for row in changes if row["level"] == NOT_YET or (row["is_same_kind"] and not row["tie"])
    )
    return tuple(level for level in LEVELS if level in drawn)


def for_whom(release: Release, answers: Answers) -> str:
    industry = release.catalogue.by_slug["industries"][answers.industry or ""]
    count = len(answers.needs)
    return ngettext("For %(industry)s with %(count)s goal.", "For %(industry)s with %(count)s goals.", count) % {
        "industry": industry.phrase,
        "count": number(count),
    }


_ONE_CHANGE = {
    ("add", "fact"): gettext_lazy("If you also tick “%(name)s”"),
    ("drop", "fact"): gettext_lazy("If you no longer tick “%(name)s”"),
    ("add", "modality"): gettext_lazy("If it should also produce “%(name)s”"),
    ("drop", "modality"): gettext_lazy("If it need not produce “%(name)s”"),
    ("add", "need"): gettext_lazy("If you add “%(name)s”"),
    ("drop", "need"): gettext_lazy("If you drop “%(name)s”"),
    ("swap", "industry"): gettext_lazy("If your industry were “%(name)s”"),
}
_ONE_OF_MANY = {
    ("add", "fact"): gettext_lazy("If you also tick one of these:"),
    ("drop", "fact"): gettext_lazy("If you no longer tick one of these:"),
    ("add", "modality"): gettext_lazy("If it should also produce one of these:"),
    ("drop", "modality"): gettext_lazy("If it need not produce one of these:"),
    ("add", "need"): gettext_lazy("If you add one of these:"),
    ("drop", "need"): gettext_lazy("If you drop one of these:"),
    ("swap", "industry"): gettext_lazy("If your industry were one of these:"),
}


def _change_row(change: Change, headline: Headline, level: str, changed: Changed) -> dict[str, Any]:
    return {
        "text": _ONE_CHANGE[change.action, change.key] % {"name": change.name},
        "category": change.category,
        "tie": change.tie,
        "level": change.level,
        "is_same_kind": change.category.slug == headline.category.slug,
        "label": _outcome(change, headline, level),
        "url": changed(change.action, change.key, change.slug),
    }


def _folded(changes: Sequence[_Telling], headline: Headline, level: str, changed: Changed) -> list[dict[str, Any]]:
    """Changes of one kind with one outcome, in one line: its links as HTML, and what they lead to."""
    groups: dict[tuple[str, str, _Outcome], list[Change]] = {}
    for outcome, change in changes:
        groups.setdefault((change.action, change.key, outcome), []).append(change)
    return [
        {
            "text": _ONE_OF_MANY[action, key],
            "links": _links([(changed(change.action, change.key, change.slug), change.name) for change in alike]),
            "label": _outcome(alike[0], headline, level),
        }
        for (action, key, _same), alike in groups.items()
    ]


def _links(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """As format_html_join would, in a third of the time: an advice may have a hundred."""
    return SafeString(", ".join([f'<a href="{escape(url)}">{escape(name)}</a>' for url, name in pairs]))


def _outcome(change: Change, headline: Headline, level: str) -> str:
    """What the change leads to, as far as it differs from today's advice."""
    tie = ", ".join(category.short_name for category in change.tie)
    kind = _("A tie: %(kinds)s") % {"kinds": tie} if change.tie else change.category.name
    same_kind = change.category == headline.category and set(change.tie) == set(headline.tie)
    if change.level == level:
        return kind
    if same_kind:
        return str(_LEVEL[change.level])
    if change.level == NOT_YET:
        return _("Not yet. Later: %(kind)s") % {"kind": kind}
    return f"{kind}. {_LEVEL[change.level]}"


_LEVEL = {READY: gettext_lazy("Ready"), PREPARE: gettext_lazy("Some steps first"), NOT_YET: gettext_lazy("Not yet")}


class _Outcome(NamedTuple):
    """What a change leads to, as a key: two changes with the same one read the same."""

    level: str
    category: str
    tie: tuple[str, ...]


def _outcome_of(change: Change) -> _Outcome:
    tie = tuple(sorted([category.slug for category in change.tie])) if change.tie else ()
    return _Outcome(change.level, change.category.slug, tie)


_Telling = tuple[_Outcome, Change]


def _most_telling(changes: Sequence[Change]) -> tuple[list[Change], list[_Telling]]:
    """The changes to show in sight, one of each outcome first, and the others. Both keep their order."""
    outcomes = [_outcome_of(change) for change in changes]
    seen: set[_Outcome] = set()
    firsts: list[int] = []
    others: list[int] = []
    for place, outcome in enumerate(outcomes):
        (others if outcome in seen else firsts).append(place)
        seen.add(outcome)
    telling = set([*firsts, *others][:CHANGES_IN_SIGHT])
    in_sight = [change for place, change in enumerate(changes) if place in telling]
    return in_sight, [(outcomes[place], change) for place, change in enumerate(changes) if place not in telling]


def _grid(recommendation: Recommendation) -> dict[str, Any]:
    """Goals x categories: where each goal's verdict lies, what stands beside it, and what was near."""
    categories = recommendation.release.catalogue.categories
    near = {(other.need.slug, other.category.slug) for other in recommendation.why_not if other.need and other.rule}
    rows = []
    for verdict in recommendation.verdicts:
        also = {item.category.slug for item in verdict.also}
        cells = []
        for category in categories:
            state = "near" if (verdict.need.slug, category.slug) in near else ""
            state = "also" if category.slug in also else state
            cells.append({"category": category, "state": "lead" if category is verdict.category else state})
        rows.append({"need": verdict.need, "cells": cells, "states": tuple([cell["state"] for cell in cells])})
    return {"categories": categories, "rows": rows}


def _retries(recommendation: Recommendation, link: Link) -> list[dict[str, str]]:
    """For each gate that holds things up: a link that asks again as if its circumstances no longer held."""
    found: dict[str, str] = {}
    for applied in recommendation.readiness.gates:
        gate = applied.gate
        if gate.level == NOT_YET and gate.retry and gate.circumstances:
            answers = recommendation.answers
            for slug in gate.circumstances & _can_be_mended(recommendation):
                answers = answers.with_dropped("fact", slug)
            if answers != recommendation.answers:
                found.setdefault(link(answers), gate.retry)
    return [{"label": label, "url": url} for url, label in found.items()]


def _can_be_mended(recommendation: Recommendation) -> frozenset[str]:
    """Circumstances whose absence, alone, would lower the readiness. What a business is cannot be wished away."""
    return frozenset(
        change.slug for change in recommendation.what_if if change.key == "fact" and change.action == "drop"
    )


def _today(recommendation: Recommendation, link: Link) -> list[dict[str, Any]]:
    """What can go ahead although other goals must wait: the visitor's own, or else goals usual in the industry."""
    if recommendation.readiness.level != NOT_YET:
        return []
    free = [verdict for verdict in recommendation.verdicts if verdict.level != NOT_YET]
    if free:
        return [
            {
                "name": verdict.need.name,
                "category": verdict.category,
                "url": _only(recommendation.answers, [verdict.need.slug], link),
            }
            for verdict in free
        ]
    return _usual_today(recommendation, link)


def _usual_today(recommendation: Recommendation, link: Link, most: int = 3) -> list[dict[str, Any]]:
    release, answers = recommendation.release, recommendation.answers
    usual = release.catalogue.by_slug["industries"][answers.industry or ""].needs
    found: list[dict[str, Any]] = []
    for need in release.catalogue.needs:
        if len(found) < most and need.slug in usual and need.slug not in answers.needs:
            tried = recommend(release, answers.with_picked("need", (need.slug,)))
            if tried.readiness.level != NOT_YET:
                url = _only(answers, [need.slug], link)
                found.append({"name": need.name, "category": tried.headline.category, "url": url})
    return found


def _today_url(recommendation: Recommendation, link: Link) -> str:
    free = [verdict.need.slug for verdict in recommendation.verdicts if verdict.level != NOT_YET]
    held_up = recommendation.readiness.level == NOT_YET
    return _only(recommendation.answers, free, link) if held_up and free else ""


def _only(answers: Answers, needs: Sequence[str], link: Link) -> str:
    return link(answers.with_picked("need", tuple(needs)))


def overdue(recommendation: Recommendation, today: date) -> set[str]:
    """The slugs of everything on the page whose check is overdue."""
    shown: list[Any] = [applied.caveat for applied in recommendation.caveats]
    shown += [applied.gate for applied in recommendation.readiness.gates]
    shown += [suggested.tool for suggested in recommendation.tools]
    shown += [case.rule for verdict in recommendation.verdicts for case in verdict.cases]
    return {claim.slug for claim in shown if claim.is_overdue(today)}
