"""Tables that nobody else changes for as long as a transaction lasts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models


def stand_still(kinds: Iterable[type[models.Model]]) -> None:
    """Until this transaction ends nobody else writes to these tables, or makes them stand still; all may read.

    SQLite locks the whole file as the transaction begins, so there is nothing to do.
    """
    if connection.vendor != "postgresql":
        return
    names = dict.fromkeys(
        table
        for kind in kinds
        for table in (kind._meta.db_table, *(field.m2m_db_table() for field in kind._meta.local_many_to_many))
    )
    tables = ", ".join(map(connection.ops.quote_name, names))
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
