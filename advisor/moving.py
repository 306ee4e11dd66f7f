"""Take everything from the SQLite file to an empty PostgreSQL database, and prove that it is the same.

Rows travel as the models describe them, which is what both databases have in common. So they are compared too: each
value in one way of writing for both, each table by the hash of all its rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, transaction
from django.db.utils import ConnectionHandler

from advisor import database
from advisor.backups.manifest import Table

FILE = "file"
"""What the connection to the SQLite file is called while this goes on."""
MADE_BY_MIGRATE: tuple[type[models.Model], ...] = (Permission, ContentType)
"""In an order in which they can be emptied."""


class MoveFailed(Exception):
    """The message says why. Nothing was moved."""


def open_file(file: Path) -> None:
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: database.sqlite(file)})
    connections.settings[FILE] = handler.settings[DEFAULT_DB_ALIAS]


def all_models() -> list[type[models.Model]]:
    """Each that has a table, the ones between two others too."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    ]


def _rows(model: type[models.Model], alias: str) -> models.QuerySet[Any]:
    """All of them, past the managers that hide some or refuse to change any."""
    return models.QuerySet(model, using=alias)


def not_empty(alias: str) -> list[str]:
    """The tables that have rows, but for what `migrate` puts there by itself."""
    there = set(connections[alias].introspection.table_names())
    return sorted(
        model._meta.db_table
        for model in all_models()
        if model not in MADE_BY_MIGRATE and model._meta.db_table in there and _rows(model, alias).exists()
    )


def move(source: str = FILE, target: str = DEFAULT_DB_ALIAS) -> Mapping[str, Table]:
    """All of it or nothing. Gives what is in each table now. Raises MoveFailed."""
    moving = all_models()
    try:
        # The file takes no writes meanwhile: its transactions begin with the lock.
        with transaction.atomic(using=source), transaction.atomic(using=target):
            for model in MADE_BY_MIGRATE:
                _rows(model, target)._raw_delete(target)
            for model in moving:
                for row in _rows(model, source).order_by("pk").iterator():
                    row.save_base(raw=True, force_insert=True, using=target)
            with connections[target].cursor() as cursor:
                for statement in connections[target].ops.sequence_reset_sql(no_style(), moving):
                    cursor.execute(statement)
            before, after = (
                {model._meta.db_table: table_of(model, alias) for model in moving} for alias in (source, target)
            )
            if wrong := sorted(name for name in before if before[name] != after[name]):
                raise MoveFailed(f"Not the same on both sides: {', '.join(wrong)}.")
            return after
    except DatabaseError as error:
        raise MoveFailed(f"PostgreSQL does not take what is in the file: {error}.") from error


def table_of(model: type[models.Model], alias: str) -> Table:
    names = [field.attname for field in model._meta.concrete_fields]
    rows = _rows(model, alias).order_by("pk").values_list(*names)
    return Table.of(_written(row) for row in rows.iterator())


def _written(row: tuple[Any, ...]) -> str:
    return json.dumps([_plain(value) for value in row], sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value


def unknown_migrations(alias: str, known: Iterator[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those that one side has and the other has not: the code, and the database of this name."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    return applied ^ set(known)
