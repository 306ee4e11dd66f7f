"""The two kinds of database, as a backup sees them: copied while the site writes, brought back, and compared."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3  # the settings put the one in its place that the site uses
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from advisor.backups.manifest import BackupFailed, BackupIsBroken, Contents, Table

VARIABLES = {
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
"""What PostgreSQL's programs read in place of arguments, which everybody on the machine could see."""
PROGRAMS = "/usr/lib/postgresql/{}/bin"
"""Where Debian keeps those of each version."""
PATIENT = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30s -c timezone=UTC"
"""The site's own limits are for visitors who wait."""


class Store(Protocol):
    engine: str
    why_no_replacing: str
    """Empty where what is there can be put aside."""

    @property
    def server(self) -> str:
        """Its version."""

    def copy_to(self, target: Path) -> Contents:
        """A copy of one moment, and what is in it. Raises BackupFailed."""

    def is_empty(self) -> bool: ...

    def bring_back(self, source: Path, contents: Contents, aside: str) -> str:
        """All of it or nothing. Says where what was there is now; `aside` is the end of its new name.

        Raises BackupFailed, also when it is not what was in the copy.
        """


def store_of(connection: BaseDatabaseWrapper) -> Store:
    if connection.vendor == "postgresql":
        return PostgresStore(connection.settings_dict)
    return SqliteStore(Path(connection.settings_dict["NAME"]))


class SqliteStore:
    engine = "sqlite"
    why_no_replacing = ""
    server = sqlite3.sqlite_version

    def __init__(self, file: Path) -> None:
        self.file = file

    def copy_to(self, target: Path) -> Contents:
        if not self.file.is_file():
            raise BackupFailed(f"There is no database at {self.file} yet.")
        try:
            with _opened(self.file) as source, _opened(target) as copy:
                source.execute("BEGIN")  # what others write from here on is not seen
                contents = _contents(source)
                source.backup(copy)
                source.execute("ROLLBACK")
                copy.execute("PRAGMA journal_mode=DELETE")  # one file alone, also while somebody looks into it
                _compare(copy, contents)
                return contents
        except sqlite3.Error as error:
            raise BackupFailed(f"The database could not be copied: {error}.") from error

    def is_empty(self) -> bool:
        return not self.file.exists()

    def bring_back(self, source: Path, contents: Contents, aside: str) -> str:
        draft = self.file.with_name(f".{self.file.name}.restoring")
        try:
            copy_synced(source, draft)
            with _opened(draft) as copy:
                _compare(copy, contents)
            before = self._put_aside(aside)
            draft.rename(self.file)
            sync_folder(self.file.parent)
            return before
        except sqlite3.Error as error:
            raise BackupIsBroken(f"{source} can't be used: {error}.") from error
        finally:
            draft.unlink(missing_ok=True)

    def _put_aside(self, name: str) -> str:
        """With what SQLite keeps beside it, which would be taken for the new file's."""
        aside = self.file.with_name(f"{self.file.name}.{name}")
        there = not self.is_empty()
        for end in ("-wal", "-shm", ""):
            beside = self.file.with_name(self.file.name + end)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + end))
        return str(aside) if there else ""


class PostgresStore:
    engine = "postgresql"
    why_no_replacing = (
        "This command empties no PostgreSQL database. Make a new one and name it in SIGNPOST_DATABASE_URL: "
        "docs/how-to/back-up.md says how."
    )

    def __init__(self, settings: dict[str, Any]) -> None:
        options = {name: value for name, value in settings["OPTIONS"].items() if name in VARIABLES}
        own = {name: settings[name.upper()] for name in ("host", "port", "user", "password")}
        self._parameters = {
            name: str(value) for name, value in {**own, **options, "dbname": settings["NAME"]}.items() if value
        }

    @property
    def server(self) -> str:
        with self._connected() as connection:
            return str(connection.info.server_version)

    def copy_to(self, target: Path) -> Contents:
        with self._connected() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row  # noqa: S101  a function gives a row
            dump = self._program("pg_dump", connection)
            self._run(dump, "--format=custom", f"--snapshot={row[0]}", f"--file={target}")
            contents = _contents_of_server(connection)
            # Reads every byte of it, so that what pg_restore can't unpack is found tonight.
            self._run(self._program("pg_restore", connection), f"--file={os.devnull}", str(target))
            return contents

    def is_empty(self) -> bool:
        with self._connected() as connection:
            return not _tables_of_server(connection)

    def bring_back(self, source: Path, contents: Contents, aside: str) -> str:
        with self._connected() as connection:
            restore = self._program("pg_restore", connection)
            database = psycopg.conninfo.make_conninfo(dbname=self._parameters["dbname"])
            self._run(
                restore,
                *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
                f"--dbname={database}",
                str(source),
            )
            if wrong := _contents_of_server(connection).differences(contents):
                raise BackupFailed(f"Not the same as in the backup: {', '.join(wrong)}. Do not use this database.")
        return ""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        try:
            with psycopg.connect(**self._parameters, options=PATIENT, autocommit=True) as connection:  # type: ignore[arg-type]  # all are texts
                yield connection
        except psycopg.Error as error:
            raise BackupFailed(f"PostgreSQL: {str(error).strip()}.") from error

    def _program(self, name: str, connection: psycopg.Connection[Any]) -> str:
        """The one of the server's own version: an older one refuses, what a newer one writes the server can't read."""
        major = connection.info.server_version // 10000
        own = Path(PROGRAMS.format(major)) / name
        program = str(own) if own.is_file() else shutil.which(name)
        needed = f"{name} {major} is needed: apt-get install postgresql-client-{major}."
        if not program:
            raise BackupFailed(needed)
        told = self._run(program, "--version")
        found = re.search(r"\(PostgreSQL\) (\d+)", told)
        if not found or int(found[1]) != major:
            raise BackupFailed(f"The server is PostgreSQL {major}, and {program} is {told.strip()}. {needed}")
        return program

    def _run(self, program: str, *words: str) -> str:
        told = {VARIABLES[name]: value for name, value in self._parameters.items()}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **told}
        done = subprocess.run([program, *words], env=environment, capture_output=True, text=True)  # noqa: S603  no shell, own words
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
            raise BackupFailed(f"{Path(program).name} failed: {said[0]}")
        return done.stdout


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection


def _contents(connection: sqlite3.Connection) -> Contents:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    ).fetchall()
    tables = {}
    for (name,) in names:
        quoted = name.replace('"', '""')
        tables[name] = Table.of(map(repr, connection.execute(f'SELECT * FROM "{quoted}"')))  # noqa: S608  a table's name, quoted
    migrations = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    return Contents(tables, tuple(".".join(row) for row in migrations))


def _compare(connection: sqlite3.Connection, contents: Contents) -> None:
    """Raises BackupIsBroken."""
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise BackupIsBroken(f"The database is damaged: {said}")
    if wrong := _contents(connection).differences(contents):
        raise BackupIsBroken(f"The copy is not the same: {', '.join(wrong)}.")


def _tables_of_server(connection: psycopg.Connection[Any]) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        ).fetchall()
    ]


def _contents_of_server(connection: psycopg.Connection[Any]) -> Contents:
    tables = {}
    for name in _tables_of_server(connection):
        question = sql.SQL('SELECT r::text FROM {} AS r ORDER BY r::text COLLATE "C"').format(sql.Identifier(name))
        with connection.transaction(), connection.cursor("rows") as rows:
            tables[name] = Table.of(row for (row,) in rows.execute(question))
    migrations = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return Contents(tables, tuple(".".join(row) for row in migrations))


def copy_synced(source: Path, target: Path) -> None:
    """Readable by nobody else, and on the disk when this is through."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as original, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
