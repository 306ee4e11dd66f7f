"""The database, and what in it visitors and editors rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from advisor import published, timer
from advisor.doctor.finding import Finding, error, manage, warning
from advisor.models import AuditEntry, Release, Use
from advisor.models.snapshot import SnapshotIsBroken

CLOCKS_DIFFER = timedelta(minutes=2)


def reachable() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as problem:
        mend = f"ls -l {settings.SIGNPOST_DATA}" if _is_sqlite() else "systemctl status postgresql"
        yield error("database-away", f"The database can't be reached: {_first_line(problem)}.", mend)


def failed(check: str, problem: DatabaseError) -> Finding:
    return error(
        "database-failed", f"The database failed over “{check}”: {_first_line(problem)}.", manage("migrate --plan")
    )


def writable() -> Iterator[Finding]:
    """A row is written and taken back."""
    try:
        with transaction.atomic():
            Use.objects.create(what="doctor", at=timezone.now())
            transaction.set_rollback(True)
    except DatabaseError as problem:
        mend = f"chown -R --reference={settings.SIGNPOST_DATA} {settings.SIGNPOST_DATA}"
        if not _is_sqlite():
            mend = "psql -c 'SHOW default_transaction_read_only'"
        if "no such table" not in str(problem) and "does not exist" not in str(problem):
            yield error("database-read-only", f"Nothing can be written to the database: {_first_line(problem)}.", mend)


def migrated() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = ", ".join(migration.name for migration, _ in plan[:3])
        text = f"{len(plan)} changes of the tables are still to be made ({names}{' ...' if len(plan) > 3 else ''})."
        yield error("migrations-missing", text, manage("migrate"))


def sqlite() -> Iterator[Finding]:
    if not _is_sqlite():
        return
    import sqlite3  # by now the one that the settings put in place of the system's

    asked = re.search(r"journal_mode=(\w+)", connection.settings_dict["OPTIONS"].get("init_command", ""))
    wanted = asked[1].lower() if asked else "wal"
    if wanted != "wal":
        text = f"SQLite {sqlite3.sqlite_version} is not safe with several writers, so a slower mode is used."
        yield warning("sqlite-old", text, "Use Linux on x86_64, or PostgreSQL: docs/how-to/run-the-site.md")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (found,) = cursor.fetchone()
        cursor.execute("PRAGMA quick_check(1)")
        (state,) = cursor.fetchone()
    if found not in (wanted, "memory"):
        text = f"The database is in the mode {found}, not {wanted}."
        yield error("journal-mode", text, "Stop the site, and start it again")
    if state != "ok":
        mend = "Stop the site and bring it back from a backup: docs/how-to/run-the-site.md"
        yield error("database-damaged", f"The database is damaged: {state}.", mend)


def clock() -> Iterator[Finding]:
    """This machine's clock against the database's, and against what was written in the past."""
    mend = "timedatectl status"
    if not _is_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (there,) = cursor.fetchone()
        if abs(there - timezone.now()) > CLOCKS_DIFFER:
            yield error("clock-database", f"The database says that it is {there:%Y-%m-%d %H:%M} UTC.", mend)
    written: list[datetime | None] = [
        timer.last_run(),
        Release.objects.order_by("-number").values_list("published_at", flat=True).first(),
        AuditEntry.objects.order_by("-pk").values_list("at", flat=True).first(),
    ]
    ahead = max((at for at in written if at), default=None)
    if ahead and ahead - timezone.now() > CLOCKS_DIFFER:
        text = f"Something was done on {ahead:%Y-%m-%d %H:%M} UTC, which is still to come: the clock was or is wrong."
        yield error("clock-behind", text, mend)


def release() -> Iterator[Finding]:
    """There is one, it is what was published, and visitors see it."""
    newest = Release.objects.order_by("-number").first()
    if newest is None:
        yield error("release-none", "Nothing is published, so visitors see no advice.", manage("setup_site"))
        return
    try:
        newest.to_snapshot().compile()
    except SnapshotIsBroken:
        mend = "Bring the database back from a backup: docs/how-to/run-the-site.md"
        yield error("release-damaged", f"Release {newest.number} is not what was published.", mend)
        return
    if not published.is_file_current():
        text = f"The file that visitors' pages are made from is not release {newest.number}, or is damaged."
        yield error("release-file", text, manage("publish --if-none --note unused"))


def audit_trail() -> Iterator[Finding]:
    found = next(AuditEntry.objects.all().broken(), None)
    if found:
        entry, why = found
        yield error("audit-broken", f"The audit trail is broken at entry {entry.pk}: {why}.", manage("verify_audit"))


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _first_line(problem: Exception) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0].rstrip(".")
