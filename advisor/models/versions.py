"""What every record of the draft said before: a version for each state that it was in.

Nothing has to remember to write one. `keep` compares the draft as it is stored with the newest version of each record
and adds what differs, so a change counts whoever made it: a form, an import, a command, a line of SQL. Whoever changes
the draft calls it with their name; what nobody called it for is found at the next look, without a name.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from advisor.decision.catalogue import SLUG_LENGTH, canonical
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS
from advisor.models.releases import name_of

NAME_LENGTH = 200
HOW_LENGTH = 300
ORDER = ""
"""In place of a slug: the version tells in which order a section's list stands."""
NOT_SAID = ("id", "position")
"""Where a record stands in its list is told by the version of the list's order: moving one would change many."""


class VersionQuerySet(models.QuerySet["Version"]):
    def of(self, section: str, slug: str = ORDER) -> Self:
        return self.filter(section=section, slug=slug)

    def newest(self) -> Self:
        """Of each record the last alone."""
        later = Version.objects.filter(section=OuterRef("section"), slug=OuterRef("slug"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def deleted(self) -> Self:
        """The last of each record that is not in the draft any more."""
        return self.filter(gone=True).newest()


class Version(models.Model):
    """What a record said from this moment on; when `gone`, what it said before it was deleted."""

    section = models.CharField(max_length=16)
    slug = models.CharField(max_length=SLUG_LENGTH, blank=True)
    at = models.DateTimeField(default=timezone.now)
    who = models.CharField(max_length=150, blank=True)
    how = models.CharField(max_length=HOW_LENGTH, blank=True)
    name = models.CharField(max_length=NAME_LENGTH)
    gone = models.BooleanField(default=False)
    number = models.BigIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    said = models.JSONField()
    digest = models.CharField(max_length=64)

    objects: ClassVar[models.Manager[Version]] = models.Manager.from_queryset(VersionQuerySet)()

    class Meta:
        ordering = ["-pk"]
        # Who may see or bring back a record's versions follows from what they may do with the record.
        default_permissions = ()
        indexes = [
            models.Index(fields=["section", "slug", "id"], name="version_of_a_record"),
            models.Index(fields=["gone", "id"], name="version_that_is_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.pk}"

    @property
    def model(self) -> type[Entry]:
        return DRAFT_MODELS[self.section]


@dataclass(frozen=True, slots=True)
class State:
    """What a record says now."""

    slug: str
    name: str
    number: int
    position: int
    said: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical(self.said)).hexdigest()


def states(section: str, slugs: Iterable[str] | None = None) -> list[State]:
    """The records of a section, or those with these slugs, in the order of the list.

    All their own columns and references count, also those that a release does not hold.
    """
    model = DRAFT_MODELS[section]
    rows = model._default_manager.order_by("position", "slug")
    if slugs is not None:
        rows = rows.filter(slug__in=list(slugs))
    found: list[Any] = list(rows.values())
    if not found:
        return []
    numbers = None if slugs is None else [row["id"] for row in found]
    references = {field.name: _references(field, numbers) for field in model._meta.many_to_many}
    keys = {key.name: _slugs(key) for key in model._meta.concrete_fields if isinstance(key, models.ForeignKey)}
    return [
        State(row["slug"], _name(row), row["id"], row["position"], dict(_said(model, row, keys, references)))
        for row in found
    ]


def _said(
    model: type[Entry],
    row: Mapping[str, Any],
    keys: Mapping[str, Mapping[Any, str]],
    references: Mapping[str, Mapping[int, list[Any]]],
) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        if field.name not in NOT_SAID:
            value = row[field.attname]
            if field.name in keys:
                value = keys[field.name].get(value, value)
            yield field.name, value.isoformat() if isinstance(value, date) else value
    for name, by_row in references.items():
        # A set has no order of its own: moving what it names must not look like a change.
        yield name, sorted(by_row.get(row["id"], []))


def _references(field: Any, numbers: Sequence[int] | None) -> Mapping[int, list[Any]]:
    """Of each row, what it names."""
    source, target = field.m2m_column_name(), field.m2m_reverse_name()
    pairs = field.remote_field.through._default_manager.values_list(source, target)
    if numbers is not None:
        pairs = pairs.filter(**{f"{source}__in": numbers})
    slugs = _slugs(field)
    found: dict[int, list[Any]] = {}
    for row, named in pairs:
        found.setdefault(row, []).append(slugs.get(named, named))
    return found


def _slugs(field: Any) -> Mapping[Any, str]:
    """What each row that the field can name is called here. Empty when only its number is known."""
    key = key_of(field.related_model)
    return dict(field.related_model._default_manager.order_by().values_list("pk", key)) if key != "pk" else {}


def key_of(model: Any) -> str:
    """The field by which a version names rows of this table: a number may come to mean another row."""
    return "slug" if issubclass(model, Entry) else getattr(model, "USERNAME_FIELD", "pk")


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("title") or row["slug"])[:NAME_LENGTH]


def keep(
    by: User | AnonymousUser | None = None, how: str = "", *, only: Iterable[tuple[str, str]] | None = None
) -> None:
    """Add a version for whatever differs from its newest one: in the whole draft, or in these records and their lists.

    In a caller's transaction a version is kept or undone with the change that it tells of.
    """
    wanted: dict[str, list[str] | None] = dict.fromkeys(DRAFT_MODELS)
    if only is not None:
        by_section: dict[str, list[str] | None] = {}
        for section, slug in only:
            slugs = by_section.setdefault(section, [])
            if slugs is not None and slug != ORDER:
                slugs.append(slug)
        wanted = by_section
    stamp = {"at": timezone.now(), "who": name_of(by) if isinstance(by, User) else "", "how": how[:HOW_LENGTH]}
    with transaction.atomic():
        versions = [version for section, slugs in wanted.items() for version in _new(section, slugs, stamp)]
        Version.objects.bulk_create(versions)


def _new(section: str, slugs: Sequence[str] | None, stamp: Mapping[str, Any]) -> Iterator[Version]:
    known = Version.objects.filter(section=section).exclude(slug=ORDER)
    if slugs is not None:
        known = known.filter(slug__in=slugs)
    newest = {slug: (pk, digest, gone) for pk, slug, digest, gone in _newest(known)}
    now = states(section, slugs)
    for state in now:
        if newest.pop(state.slug, (0, "", False))[1:] != (state.digest, False):
            yield Version(section=section, **_columns(state), **stamp)
    went = [pk for pk, _, gone in newest.values() if not gone]
    for last in Version.objects.filter(pk__in=went).order_by("pk"):
        same = {name: getattr(last, name) for name in _OF_A_RECORD}
        yield Version(**same, gone=True, **stamp)
    yield from _new_order(section, stamp)


def _newest(known: models.QuerySet[Version]) -> Iterator[tuple[int, str, str, bool]]:
    """By one walk along the index, however many versions there are."""
    last = known.order_by().values("slug").annotate(last=models.Max("pk")).values("last")
    yield from Version.objects.filter(pk__in=Subquery(last)).order_by().values_list("pk", "slug", "digest", "gone")


_OF_A_RECORD = ("section", "slug", "name", "number", "position", "said", "digest")


def _columns(state: State) -> dict[str, Any]:
    return {
        "slug": state.slug,
        "name": state.name,
        "number": state.number,
        "position": state.position,
        "said": state.said,
        "digest": state.digest,
    }


def _new_order(section: str, stamp: Mapping[str, Any]) -> Iterator[Version]:
    """A list whose records came or went stands in the same order; so the newest version just learns of them."""
    now = order_of(section)
    last = Version.objects.of(section).first()
    if last is None:
        if now:
            yield Version(section=section, **_order(now), **stamp)
    elif last.said["order"] != now:
        if in_common(last.said["order"], now) == in_common(now, last.said["order"]):
            last.said = {"order": now}
            last.save(update_fields=["said"])
        else:
            yield Version(section=section, **_order(now), **stamp)


def order_of(section: str) -> list[str]:
    return list(DRAFT_MODELS[section]._default_manager.order_by("position", "slug").values_list("slug", flat=True))


def in_common(order: Sequence[str], other: Sequence[str]) -> list[str]:
    """The first of the two, without what the other lacks."""
    both = set(other)
    return [slug for slug in order if slug in both]


def _order(slugs: Sequence[str]) -> dict[str, Any]:
    return {"slug": ORDER, "name": "", "said": {"order": slugs}, "digest": ""}


def keep_what_changed(by: User | AnonymousUser | None = None, how: str = "") -> None:
    """As `keep` for the whole draft, at little cost when nothing has changed since this process looked last."""
    global _kept
    if draft_state() == _kept:
        return
    with transaction.atomic():
        state = draft_state()
        keep(by, how)
    with _lock:
        _kept = state


def draft_state() -> str:
    """A checksum over the rows as they are stored, which costs a fraction of reading what they say."""
    digest = hashlib.sha256()
    for model in DRAFT_MODELS.values():
        tables: list[Any] = [model, *(field.remote_field.through for field in model._meta.many_to_many)]
        for table in tables:
            rows = table._default_manager.order_by("pk").values_list()
            digest.update(repr(list(rows)).encode())
    return digest.hexdigest()


def forget() -> None:
    """Look at the whole draft the next time."""
    global _kept
    with _lock:
        _kept = ""


_kept = ""
_lock = threading.Lock()
