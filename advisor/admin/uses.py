"""What stands beside a record: where it is used, and what a row does with the draft as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from advisor.admin import simulator
from advisor.admin.draft import Draft, current_draft
from advisor.decision import winners
from advisor.decision.catalogue import Rule
from advisor.decision.sentences import title_of
from advisor.decision.wording import listed
from advisor.models import Need
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS, SECTION_OF

MOST_OPEN = 8
"""Of a longer list only so many stand open."""
ROWS = ("rules", "gates", "caveats", "tools")


def beside(entry: Entry) -> dict[str, Any]:
    """For the templates of the cards."""
    section, draft = SECTION_OF[type(entry)], current_draft()
    users = entry.used_by()
    return {
        "uses": list(_groups(users, draft)),
        "used_in": in_words(users),
        "left_out": draft.left_out.get((section, entry.slug), ""),
        "does": _does(section, entry.slug, draft) if section in ROWS else None,
        "grid": _grid(entry.slug, draft) if isinstance(entry, Need) else None,
        "categories": draft.catalogue.categories if draft.catalogue else (),
    }


def in_words(users: Iterable[Entry]) -> str:
    """Such as: in 4 rules, 2 gates and 3 examples. Empty when there are none."""
    counts = [
        f"{len(found)} {model._meta.verbose_name if len(found) == 1 else model._meta.verbose_name_plural}"
        for model, found in _by_model(users)
    ]
    return f"in {listed(counts)}" if counts else ""


def _by_model(users: Iterable[Entry]) -> Iterator[tuple[type[Entry], list[Entry]]]:
    """Rules first: they are what most often stands in the way."""
    all_users = list(users)
    order = [*ROWS, *(section for section in DRAFT_MODELS if section not in ROWS)]
    for model in (DRAFT_MODELS[section] for section in order):
        found = [user for user in all_users if type(user) is model]
        if found:
            yield model, found


def _groups(users: Iterable[Entry], draft: Draft) -> Iterator[dict[str, Any]]:
    for model, found in _by_model(users):
        links = [linked(user, draft) for user in found]
        yield {"title": model._meta.verbose_name_plural, **_folded(links)}


def _folded(items: Sequence[Any]) -> dict[str, Any]:
    """The first ones, and the others apart. One more stands open rather than alone in a fold."""
    most = MOST_OPEN if len(items) > MOST_OPEN + 1 else len(items)
    return {"items": items[:most], "more": items[most:]}


def linked(entry: Entry, draft: Draft) -> tuple[str, str]:
    """What an editor knows a record by, and its page."""
    section = SECTION_OF[type(entry)]
    title = title_of(section, entry.slug, draft.catalogue)
    if title == entry.slug:
        title = draft.left_out_rules.get((section, entry.slug), str(entry))
    return (
        f"{title} (retired)" if entry.retired_at else title,
        reverse(f"admin:advisor_{type(entry)._meta.model_name}_change", args=[entry.pk]),
    )


def described(users: Iterable[Entry]) -> list[SafeString]:
    """A line for each, with a link to its page."""
    draft = current_draft()
    return [
        format_html('{}: <a href="{}">{}</a>', capfirst(user._meta.verbose_name), url, title)
        for _, found in _by_model(users)
        for user in sorted(found, key=lambda user: user.position)
        for title, url in [linked(user, draft)]
    ]


def _does(section: str, slug: str, draft: Draft) -> dict[str, Any] | None:
    """None when the draft can't be read, or does not hold the row."""
    catalogue, domain, coverage = draft.catalogue, draft.domain, draft.coverage
    if catalogue is None or domain is None or coverage is None or slug not in catalogue.by_slug[section]:
        return None
    failing = {finding.slug for finding in draft.findings if finding.kind == "example"}
    examples = [
        {
            "name": catalogue.by_slug["examples"][example].name,
            "passes": example not in failing,
            "url": reverse("simulator-record", args=["examples", example]),
            "try": simulator.address(catalogue.by_slug["examples"][example].answers),
        }
        for example in coverage.examples.get((section, slug), ())
    ]
    reached = draft.address_of(section, slug)
    return {
        "examples": _folded(examples),
        "count": len(examples),
        "try": simulator.simulated(reached) if reached else "",
        "winnings": _winnings(catalogue.by_slug[section][slug], draft) if section == "rules" else None,
    }


def _winnings(rule: Rule, draft: Draft) -> dict[str, Any] | None:
    if draft.domain is None:
        return None
    found = winners.winnings(draft.domain, rule)
    return {
        "filled": found.filled,
        "fits": found.fits,
        "wins": found.wins,
        "try": simulator.simulated(found.address) if found.address else "",
        "taken": sum(rival.cases for rival in found.taken),
        "takers": _folded([_rival(rival, draft) for rival in found.taken]),
        "conflicts": [_rival(rival, draft) for rival in found.conflicts],
        "more": [_rival(rival, draft) for rival in found.more],
    }


def _rival(rival: winners.Rival, draft: Draft) -> dict[str, Any]:
    return {
        "cases": rival.cases,
        "title": title_of("rules", rival.rule.slug, draft.catalogue),
        "url": reverse("simulator-record", args=["rules", rival.rule.slug]),
        "try": simulator.simulated(rival.address),
    }


def _grid(slug: str, draft: Draft) -> dict[str, Any] | None:
    if draft.release is None or slug not in draft.release.catalogue.by_slug["needs"]:
        return None
    release = draft.release
    found = winners.grid(release, release.catalogue.by_slug["needs"][slug])
    return {
        "modalities": found.modalities,
        "rows": [(industry, [_decided(decided, draft) for decided in cells]) for industry, cells in found.rows],
        "asking": [
            (title_of("rules", rule.slug, release.catalogue), reverse("simulator-record", args=["rules", rule.slug]))
            for rule in found.asking
        ],
    }


def _decided(decided: winners.Decided, draft: Draft) -> dict[str, Any]:
    categories = draft.catalogue.by_slug["categories"] if draft.catalogue else {}
    address = draft.domain.address(decided.cell) if draft.domain else ""
    return {
        "winners": [
            {
                "category": categories[rule.category],
                "title": title_of("rules", rule.slug, draft.catalogue),
                "url": reverse("simulator-record", args=["rules", rule.slug]),
            }
            for rule in decided.rules
        ],
        "conflicts": decided.conflicts,
        "try": simulator.simulated(address),
    }
