"""What became of a record, in sentences, and what the records that it named are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from django.utils.text import capfirst

from advisor.admin.order import moved_among
from advisor.decision.catalogue import Catalogue, fields_of
from advisor.decision.changes import Names, record_changes
from advisor.decision.sentences import CELLS, heading
from advisor.models import Version
from advisor.models.document import DRAFT_MODELS
from advisor.models.versions import ORDER, in_common, states

MOST_MOVED = 12
"""So many records of a list are named as moved; of more it says how many."""


def told(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """Each version with the sentences that tell it from the one before, which follows it. The newest comes first."""
    sections = {version.section for version in versions}
    lists = {version.section for version in versions if version.slug == ORDER}
    names = names_for(sections - lists, [version.said for version in versions if version.slug != ORDER], lists=lists)
    return [
        {"version": version, "sentences": _sentences(version, before, names)}
        for version, before in zip_longest(versions, versions[1:])
    ]


def _sentences(version: Version, before: Version | None, names: Names) -> list[str]:
    if version.gone:
        return ["Deleted."]
    if before is None:
        return ["New."] if version.who and version.slug != ORDER else ["So it was when its history begins."]
    if version.slug == ORDER:
        return moves(before.said["order"], version.said["order"], names.by_slug.get(version.section, {}))
    changes = record_changes(version.section, before.said, version.said, names, labels_of(version.section))
    return (["It is there again."] if before.gone else []) + [change.sentence for change in changes]


def moves(was: Sequence[str], now: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """The fewest records of a list that have to move to get from one order to the other."""
    before, after = in_common(was, now), in_common(now, was)
    away = moved_among(before, after)
    old = {slug: place for place, slug in enumerate(before, start=1)}
    moved = [(slug, old[slug], place) for place, slug in enumerate(after, start=1) if slug in away]
    told = [f"“{names.get(slug, slug)}” went from place {a} to place {b}." for slug, a, b in moved[:MOST_MOVED]]
    more = len(moved) - len(told)
    return [*told, f"{more} more {'record' if more == 1 else 'records'} moved."] if more else told


def names_for(sections: Iterable[str], said: Sequence[Mapping[str, Any]], *, lists: Collection[str] = ()) -> Names:
    """What the records are called that these sections can name; those that are gone as they were called last.

    With what the records of `lists` themselves are called.
    """
    sections = set(sections)
    targets = {target for section in sections for target in _targets(section).values()} | set(lists)
    by_slug = {target: _names_now(target) for target in targets if target != "rules"}
    wanted: dict[str, set[str]] = {}
    for section in sections:
        for field, target in _targets(section).items():
            for one in said:
                value = one.get(field) or []
                wanted.setdefault(target, set()).update(value if isinstance(value, list) else [value])
    for target, slugs in wanted.items():
        gone = slugs - set(by_slug[target])
        if gone:
            last = Version.objects.filter(section=target, slug__in=gone).newest()
            by_slug[target] |= dict(last.values_list("slug", "name"))
    if "rules" in targets:
        of_rules = names_for(["rules"], [])
        by_slug["rules"] = {state.slug: _heading(state.said, state.slug, of_rules) for state in states("rules")}
    return Names(by_slug)


def _heading(said: Mapping[str, Any], slug: str, names: Names) -> str:
    """A rule has no name, so it is called by what it says."""
    named = {
        cell: [name for slug, name in names.by_slug[cell].items() if slug in said[cell]]
        for cell in CELLS
        if said.get(cell)
    }
    category = str(said.get("category", ""))
    return heading(named, names.by_slug["categories"].get(category, category)) if category else slug


def called(version: Version, names: Names) -> str:
    return _heading(version.said, version.slug, names) if version.section == "rules" else version.name


def _targets(section: str) -> dict[str, str]:
    """Each field of a section's records that names others, with their section."""
    specs = fields_of(Catalogue.SECTIONS[section])
    return {name: spec.metadata["section"] for name, spec in specs.items() if "section" in spec.metadata}


def _names_now(section: str) -> dict[str, str]:
    model = DRAFT_MODELS[section]
    names = {field.name for field in model._meta.concrete_fields} & {"name", "title"}
    called = next(iter(names), "slug")
    return dict(model._default_manager.order_by("position", "slug").values_list("slug", called))


def labels_of(section: str) -> dict[str, str]:
    """How the admin calls the fields that a release does not hold."""
    specs = fields_of(Catalogue.SECTIONS[section])
    fields = (*DRAFT_MODELS[section]._meta.concrete_fields, *DRAFT_MODELS[section]._meta.many_to_many)
    return {field.name: capfirst(str(field.verbose_name)) for field in fields if field.name not in specs}
