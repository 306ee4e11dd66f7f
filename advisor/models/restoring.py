"""Making a record of the draft say again what an older version said, or its list stand in an older order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from advisor.models.bases import STEP, Cells, Condition, Entry
from advisor.models.document import DRAFT_MODELS, SECTION_OF
from advisor.models.versions import Version, in_common, key_of, order_of

CELLS = {field.name for model in (Cells, Condition) for field in model._meta.many_to_many}


@dataclass(frozen=True, slots=True)
class Missing:
    """A record that the version names and that is not in the draft any more.

    `is_needed`: without it the record could not be stored, or a condition cell would come to mean "any".
    """

    field: str
    section: str
    slug: str
    is_needed: bool


class Changed(Exception):
    """The record could not be stored as it was. `messages` says why, for an editor."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        super().__init__(" ".join(messages))


def missing_from_draft(version: Version) -> list[Missing]:
    found = []
    for field, named in _references(version):
        section = SECTION_OF[field.related_model]
        there = set(DRAFT_MODELS[section]._default_manager.filter(slug__in=named).values_list("slug", flat=True))
        gone = [slug for slug in named if slug not in there]
        may_be_empty = field.blank and field.name not in CELLS
        is_needed = len(gone) == len(named) and not may_be_empty
        found += [Missing(field.name, section, slug, is_needed) for slug in gone]
    return found


def restore(version: Version, entry: Any) -> Any:
    """Store what the version says, as the entry or, without one, as a new row. What is missing is left out.

    Raises Changed, for the caller to undo, when the tables would not take it any more.
    """
    model: Any = version.model
    if entry is None:
        # Its old number, so that addresses of its page lead to it again.
        taken = model._default_manager.filter(pk=version.number).exists()
        entry = model(pk=None if taken else version.number, position=version.position)
    missing = {(one.field, one.slug) for one in missing_from_draft(version)}
    for field in model._meta.concrete_fields:
        if field.name == "retired_at" and entry.pk and not entry._state.adding:
            continue  # an old text says nothing about whether the record is in use today
        if field.name in version.said and not isinstance(field, models.ForeignKey):
            setattr(entry, field.name, field.to_python(version.said[field.name]))
    for field, named in _references(version):
        if not field.many_to_many:
            setattr(entry, field.name, field.related_model._default_manager.filter(slug=named[0]).first())
    for key in _other_keys(model):
        if key.name in version.said:
            named_by_it = {key_of(key.related_model): version.said[key.name]}
            setattr(entry, key.name, key.related_model._default_manager.filter(**named_by_it).first())
    try:
        entry.full_clean()
    except ValidationError as error:
        raise Changed(error.messages) from error
    entry.save()
    named_by = {field.name: named for field, named in _references(version)}
    for field in model._meta.many_to_many:
        if field.name in version.said:
            slugs = [slug for slug in named_by.get(field.name, ()) if (field.name, slug) not in missing]
            getattr(entry, field.name).set(field.related_model._default_manager.filter(slug__in=slugs))
    return entry


def _references(version: Version) -> list[tuple[Any, list[str]]]:
    """Each field that names records of the draft, with those that the version names in it."""
    found = []
    fields: list[Any] = [*version.model._meta.concrete_fields, *version.model._meta.many_to_many]
    for field in fields:
        value = version.said.get(field.name)
        if value and field.is_relation and issubclass(field.related_model, Entry):
            found.append((field, value if isinstance(value, list) else [value]))
    return found


def _other_keys(model: type[Entry]) -> list[Any]:
    """Foreign keys to what is no record of the draft, such as a colleague."""
    keys: list[Any] = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return [key for key in keys if not issubclass(key.related_model, Entry)]


def restored_order(version: Version) -> list[str]:
    """The list in that order. What has come since then stays behind what it stands behind now."""
    now = order_of(version.section)
    order = in_common(version.said["order"], now)
    known = set(order)
    for place, slug in enumerate(now):
        if slug not in known:
            order.insert(order.index(now[place - 1]) + 1 if place else 0, slug)
            known.add(slug)
    return order


def restore_order(version: Version) -> None:
    model = version.model
    places = {slug: place * STEP for place, slug in enumerate(restored_order(version), start=1)}
    rows = [row for row in model._default_manager.select_for_update() if row.position != places[row.slug]]
    for row in rows:
        row.position = places[row.slug]
    model._default_manager.bulk_update(rows, ["position"], batch_size=200)
