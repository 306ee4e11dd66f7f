"""Where the draft stands against the current release: what differs, who did it, and what the checks found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from advisor import published
from advisor.admin import simulator
from advisor.admin.draft import Draft, current_draft
from advisor.decision.catalogue import Catalogue
from advisor.decision.changes import Change, changes
from advisor.decision.checks import ERROR, Finding
from advisor.models import Release
from advisor.models.document import DRAFT_MODELS
from advisor.models.snapshot import SnapshotIsBroken

TOLD = 500
"""So many of the last edits are looked through for who changed what."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as a page lists it: with the record's own page and the simulator opened on what was found."""

    finding: Finding
    kind: str
    url: str
    example: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`before` is what the current release says: None without one, or when it can't be read.

    `changes` are dictionaries for templates: `change`, the record's `url` and the last `edit` of it.
    """

    current: Release | None
    before: Catalogue | None
    draft: Draft
    errors: list[Shown]
    warnings: list[Shown]
    changes: list[dict[str, Any]]

    @property
    def says_the_same(self) -> bool:
        return self.before is not None and self.before == self.draft.catalogue

    @property
    def next_number(self) -> int:
        return self.current.number + 1 if self.current else 1


def standing() -> Standing:
    current = Release.objects.order_by("-number").first()
    before = catalogue_of(current)
    draft = current_draft()
    found = changes(before, draft.catalogue) if before and draft.catalogue else ()
    urls = record_urls(
        [
            *((finding.section, finding.slug) for finding in draft.findings),
            *((change.section, change.slug) for change in found),
        ]
    )
    shown = [
        Shown(
            finding,
            finding.kind.replace("-", " ").capitalize(),
            urls.get((finding.section, finding.slug), ""),
            simulator.finding_address(finding),
        )
        for finding in draft.findings
    ]
    return Standing(
        current,
        before,
        draft,
        [one for one in shown if one.finding.severity == ERROR],
        [one for one in shown if one.finding.severity != ERROR],
        _with_editors(found, urls, current),
    )


def catalogue_of(release: Release | None) -> Catalogue | None:
    """What a release says. None without one, or when it can't be read."""
    try:
        live = published.current()
        if release and live.sha256 == release.sha256:  # compiled already
            return live.catalogue
    except published.NoRelease:
        pass
    try:
        return release.to_snapshot().compile().catalogue if release else None
    except SnapshotIsBroken:
        return None


def record_urls(records: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Where each record of the draft is edited, one query a section. A record that is gone has no page."""
    by_section: dict[str, set[str]] = {}
    for section, slug in records:
        if slug and section in DRAFT_MODELS:
            by_section.setdefault(section, set()).add(slug)
    return {
        (section, slug): reverse(f"admin:advisor_{DRAFT_MODELS[section]._meta.model_name}_change", args=[pk])
        for section, slugs in by_section.items()
        for slug, pk in DRAFT_MODELS[section].objects.filter(slug__in=slugs).values_list("slug", "pk")
    }


def _with_editors(
    found: Iterable[Change], urls: Mapping[tuple[str, str], str], current: Release | None
) -> list[dict[str, Any]]:
    """The changes with a link to each record, and who edited it last since the current release."""
    edits = _last_edits(current)
    return [
        {"change": change, "url": url, "edit": edits.get(url)}
        for change in found
        for url in [urls.get((change.section, change.slug), "")]
    ]


def _last_edits(current: Release | None) -> dict[str, LogEntry]:
    """The last edit of each record since that release, by the record's address."""
    models = {ContentType.objects.get_for_model(model).pk: model for model in DRAFT_MODELS.values()}
    entries = LogEntry.objects.filter(content_type__in=models).select_related("user")
    if current:
        entries = entries.filter(action_time__gte=current.published_at)
    newest_last = reversed(list(entries.order_by("-action_time")[:TOLD]))
    return {
        reverse(f"admin:advisor_{models[entry.content_type_id]._meta.model_name}_change", args=[entry.object_id]): entry
        for entry in newest_last
        if entry.content_type_id is not None
    }
