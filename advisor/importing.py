"""A file becomes the draft: first what it would change, then, when someone says so, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from advisor import draftsheets, unfolding
from advisor.decision.catalogue import FORMAT, Catalogue, DocumentError, canonical, checksum, fields_of
from advisor.draftsheets import Column, columns_of, sheet_title
from advisor.models import AuditEntry, DraftImport, fixtures, versions
from advisor.models.bases import Entry
from advisor.models.document import (
    DRAFT_MODELS,
    draft_document,
    draft_stands_still,
    in_the_way,
    problems_of,
    replace_draft,
)

EMPTY = "The file is empty."
NEITHER = "This is neither a spreadsheet (.xlsx) nor a release document (.json). Choose a file that was exported here."

TOO_MUCH = (
    "The file holds far more than a draft can be, so it was not read further. Choose a file that was exported here."
)
MOST_VALUES = 200_000


class BadFile(ValueError):
    """A file that can't become the draft. `problems` says all that is wrong, in words for an editor."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Stale(Exception):
    """The draft is no longer the one that was compared with."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record that comes, goes or reads otherwise. `fields` are those that differ, of a changed record only."""

    slug: str
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetChanges:
    """What becomes of one table."""

    section: str
    title: str
    came: tuple[RecordChange, ...]
    changed: tuple[RecordChange, ...]
    went: tuple[RecordChange, ...]
    reordered: bool

    def __bool__(self) -> bool:
        return bool(self.came or self.changed or self.went or self.reordered)


def read_file(content: bytes, name: str) -> tuple[Catalogue, str]:
    """The draft that an uploaded file holds, and the checksum of the draft from which it was exported, "" if not said.

    Raises BadFile.
    """
    ending = PurePath(name).suffix.lower()
    if not content:
        raise BadFile([EMPTY])
    if ending == ".xlsm":
        raise BadFile([unfolding.MACROS])
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or ending in (".xlsx", ".xls"):
        return _read_sheets(content)
    if ending == ".json" or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(content), ""
    raise BadFile([NEITHER])


def _read_sheets(content: bytes) -> tuple[Catalogue, str]:
    try:
        read = draftsheets.read(content)
        return _catalogue(read.document), read.exported_from
    except unfolding.Refused as error:
        raise BadFile([str(error)]) from error
    except draftsheets.BadSheet as error:
        raise BadFile(list(map(str, error.problems))) from error
    except DocumentError as error:
        raise BadFile([str(read.place(*problem)) for problem in error.problems]) from error


def _read_json(content: bytes) -> Catalogue:
    try:
        document = fixtures.parse(content.removeprefix(b"\xef\xbb\xbf"))
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadFile([f"This is no release document: it does not say “format”: {FORMAT}."])
        return _catalogue(document)
    except fixtures.Unreadable as error:
        raise BadFile([f"The file can't be read: it {_as_clause(str(error))}."]) from error
    except RecursionError as error:
        raise BadFile(["The file can't be read: it nests too deeply."]) from error
    except DocumentError as error:
        raise BadFile([_short(f"{section}, {record}: {text}.") for section, record, text in error.problems]) from error


def _as_clause(text: str) -> str:
    """After “it”: a place that the message names first goes behind."""
    return text if text.startswith(("is ", "holds ", "nests ")) else f"is no sound JSON. {text[:1].upper()}{text[1:]}"


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:299]}…"


def _catalogue(document: Mapping[str, Any]) -> Catalogue:
    # Each wrong value gets a sentence, so a file of nothing but wrong values would take much memory.
    if sum(1 for _ in _values(document)) > MOST_VALUES:
        raise BadFile([TOO_MUCH])
    catalogue = Catalogue.from_document(document)
    problems = [*problems_of(catalogue), *in_the_way(catalogue)]
    if problems:
        raise DocumentError(problems)
    return catalogue


def _values(document: Any) -> Iterator[Any]:
    """Every value in it, however deep, as far as there are not too many."""
    waiting = [document]
    for _ in range(MOST_VALUES + 1):
        if not waiting:
            return
        value = waiting.pop()
        yield value
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value


def changes(draft: Mapping[str, Any], catalogue: Catalogue) -> tuple[SheetChanges, ...]:
    """What would become of the draft, one for each table in which anything differs."""
    return tuple(filter(None, (_sheet_changes(section, draft, catalogue) for section in DRAFT_MODELS)))


def _sheet_changes(section: str, draft: Mapping[str, Any], catalogue: Catalogue) -> SheetChanges:
    columns = columns_of(section)
    before = {record["slug"]: record for record in draft[section]}
    after = {
        entry.slug: {name: getattr(entry, name) for name in fields_of(type(entry))}
        for entry in getattr(catalogue, section)
    }
    both = [slug for slug in after if slug in before]
    changed = []
    for slug in both:
        fields = tuple(_field_changes(columns, before[slug], after[slug]))
        if fields:
            changed.append(RecordChange(slug, _name(after[slug]), fields))
    return SheetChanges(
        section,
        sheet_title(section),
        came=tuple(RecordChange(slug, _name(record)) for slug, record in after.items() if slug not in before),
        changed=tuple(changed),
        went=tuple(RecordChange(slug, _name(record)) for slug, record in before.items() if slug not in after),
        reordered=both != [slug for slug in before if slug in after],
    )


def _field_changes(
    columns: Sequence[Column], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[FieldChange]:
    for column in columns:
        old, new = (_shown(column, record[column.name]) for record in (before, after))
        if old != new:
            yield FieldChange(column.title, old, new)


def _shown(column: Column, value: Any) -> str:
    if column.form == draftsheets.REFERENCES:  # the tables keep no order of their own for these
        value = sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    return draftsheets.as_text(column, value)


def _name(record: Mapping[str, Any]) -> str:
    return str(record.get("name") or record.get("title") or record["slug"])


def keep(by: User, file_name: str, catalogue: Catalogue, exported_from: str) -> DraftImport:
    """Store what a file would make of the draft until it is confirmed."""
    DraftImport.objects.of_no_more_use().delete()
    document = canonical(catalogue.to_document()).decode()
    return DraftImport.objects.create(
        by=by, file_name=file_name[:200], document=document, exported_from=exported_from[:64]
    )


def catalogue_of(waiting: DraftImport) -> Catalogue:
    return Catalogue.from_document(json.loads(waiting.document))


def apply(waiting: DraftImport, by: User, compared_with: str) -> tuple[SheetChanges, ...]:
    """Make it the draft, unless that is no longer the one with this checksum: then raise Stale and change nothing."""
    with transaction.atomic():
        draft_stands_still()
        versions.keep()
        draft = draft_document()
        if checksum(draft) != compared_with:
            raise Stale
        catalogue = catalogue_of(waiting)
        done = changes(draft, catalogue)
        before = {sheet.section: _rows(sheet.section) for sheet in done}
        try:
            replace_draft(catalogue)
        except DocumentError as error:  # something was retired or brought back that the document does not show
            raise Stale from error
        for sheet in done:
            _log(sheet, by, waiting.file_name, before[sheet.section] | _rows(sheet.section))
        LogEntry.objects.create(
            user=by,
            object_repr="The draft",
            action_flag=CHANGE,
            change_message=f"Imported “{waiting.file_name}”: {summary(done)}",
        )
        AuditEntry.write(f"Imported “{waiting.file_name}”: {summary(done)}", by=by)
        versions.keep(by, f"Imported “{waiting.file_name}”")
        waiting.delete()
    return done


def summary(done: Sequence[SheetChanges]) -> str:
    """Such as: 3 new, 1 changed, 0 deleted."""
    came, changed, went = (sum(len(getattr(sheet, kind)) for sheet in done) for kind in ("came", "changed", "went"))
    order = [sheet.title for sheet in done if sheet.reordered]
    return f"{came} new, {changed} changed, {went} deleted" + (f". New order: {', '.join(order)}." if order else ".")


def _rows(section: str) -> dict[str, Entry]:
    return {row.slug: row for row in DRAFT_MODELS[section].objects.all()}


def _log(sheet: SheetChanges, by: User, file_name: str, rows: Mapping[str, Entry]) -> None:
    """In Django's log, which a record's history shows, and in the trail."""
    kind = ContentType.objects.get_for_model(DRAFT_MODELS[sheet.section])
    for flag, did, records in (
        (ADDITION, "Added", sheet.came),
        (CHANGE, "Changed", sheet.changed),
        (DELETION, "Deleted", sheet.went),
    ):
        for record in records:
            fields = ", ".join(change.title for change in record.fields)
            LogEntry.objects.create(
                user=by,
                content_type=kind,
                object_id=str(rows[record.slug].pk),
                object_repr=record.name[:200],
                action_flag=flag,
                change_message=f"Imported “{file_name}”." + (f" Changed: {fields}." if fields else ""),
            )
            values = {change.title: (change.before, change.after) for change in record.fields}
            AuditEntry.write(f"{did} by importing “{file_name}”", by=by, on=rows[record.slug], changes=values)
