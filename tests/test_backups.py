"""A backup is whole, of one moment, and comes back the same; whatever is not so is refused before anything changes."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from advisor import backups, database
from advisor.backups import making, stores
from advisor.backups.making import all_in, make, thin_out
from advisor.backups.manifest import NAME, BackupFailed, Contents, Manifest
from advisor.backups.restoring import NotEmpty, check, choose, restore
from advisor.backups.stores import PostgresStore, SqliteStore, Store
from advisor.management.commands import backup as backup_command
from advisor.management.commands import restore as restore_command
from tests.postgres import FAST, Cluster, cluster

NOW = datetime(2026, 11, 25, 3, 17, tzinfo=UTC)
KNOWN = ("advisor.0001_initial",)
TABLES = (
    "CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT)",
    "INSERT INTO django_migrations VALUES (1, 'advisor', '0001_initial')",
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, said TEXT)",
    "INSERT INTO texts VALUES (1, 'Grüße; ''quoted'', and\nin two lines'), (2, NULL), (3, '')",
)

numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster(*FAST) as server:
        yield server


@dataclass
class Place:
    """A machine: a database that can be asked, and a folder of data."""

    store: Store
    data: Path
    connect: Callable[[], AbstractContextManager[Any]]

    def do(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def texts(self) -> list[Any]:
        with self.connect() as connection:
            return list(connection.execute("SELECT id, said FROM texts ORDER BY id").fetchall())


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Place]:
    def make_place() -> Place:
        data = tmp_path / f"machine-{next(numbers)}"
        data.mkdir()
        if request.param == "sqlite":
            file = data / database.SQLITE_FILE
            return Place(SqliteStore(file), data, lambda: closing(sqlite3.connect(file)))
        address = request.getfixturevalue("server").create(f"place_{next(numbers)}")
        return Place(PostgresStore(database.postgresql(address)), data, lambda: psycopg.connect(address))

    return make_place


@pytest.fixture
def place(empty_place: Callable[[], Place]) -> Place:
    there = empty_place()
    if isinstance(there.store, SqliteStore):
        there.do("PRAGMA journal_mode=WAL")
    there.do(*TABLES)
    (there.data / "secret-key").write_text("a key")
    (there.data / "current-release.json").write_text("{}")
    (there.data / "server.log").write_text("not in a backup")
    return there


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def made(place: Place, folder: Path, now: datetime = NOW) -> Path:
    return make(place.store, place.data, folder, now)[0]


def brought_back(backup: Path, place: Place, *, replace: bool = False) -> str:
    manifest = check(backup, place.store, KNOWN)
    return restore(backup, manifest, place.store, place.data, replace=replace, now=NOW)


def files_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith("signpost.sqlite3")}


class TestThereAndBack:
    def test_an_empty_place_becomes_the_same(
        self, place: Place, empty_place: Callable[[], Place], folder: Path, tmp_path: Path
    ) -> None:
        other = empty_place()

        brought_back(made(place, folder), other)

        assert other.texts() == place.texts() != []
        assert files_of(other.data) == {"secret-key": "a key", "current-release.json": "{}"}
        assert other.store.copy_to(tmp_path / "once").differences(place.store.copy_to(tmp_path / "again")) == []

    def test_what_somebody_is_writing_is_not_in_it_and_he_is_not_held_up(
        self, place: Place, empty_place: Callable[[], Place], folder: Path
    ) -> None:
        other = empty_place()
        before = place.texts()

        with place.connect() as writer:
            writer.execute("INSERT INTO texts VALUES (4, 'not yet')")
            backup = made(place, folder)
            writer.commit()

        brought_back(backup, other)
        assert other.texts() == before
        assert len(place.texts()) == len(before) + 1

    def test_a_copy_that_lacks_a_row_is_noticed(self, place: Place, tmp_path: Path) -> None:
        before = place.store.copy_to(tmp_path / "before")
        place.do("UPDATE texts SET said = 'Another' WHERE id = 2")

        assert place.store.copy_to(tmp_path / "after").differences(before) == ["texts"]

    def test_nobody_else_may_read_it(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)

        rights = {path.name: oct(path.stat().st_mode & 0o077) for path in [folder, backup, *backup.iterdir()]}
        assert set(rights.values()) == {"0o0"}


class TestRefusing:
    """Each time before anything is changed."""

    @pytest.fixture(autouse=True)
    def _other(self, empty_place: Callable[[], Place]) -> None:
        self.other = empty_place()

    def assert_refused(self, backup: Path, text: str) -> None:
        with pytest.raises(BackupFailed, match=text):
            brought_back(backup, self.other)
        assert self.other.store.is_empty()
        assert files_of(self.other.data) == {}

    def test_a_byte_that_has_changed_in_any_file(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)

        for path in sorted(backup.iterdir()):
            whole = path.read_bytes()
            middle = len(whole) // 2
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
            self.assert_refused(backup, "not what was written|is no backup|not one that this version|newer code")
            path.write_bytes(whole)
        brought_back(backup, self.other)

    def test_a_file_that_is_missing(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)
        (backup / "secret-key").unlink()

        self.assert_refused(backup, "secret-key is missing")

    def test_a_name_that_leads_elsewhere(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)
        manifest = json.loads((backup / NAME).read_text())
        manifest["files"]["../../elsewhere"] = manifest["files"]["secret-key"]
        (backup / NAME).write_text(json.dumps(manifest))

        self.assert_refused(backup, "not one that this version writes")

    def test_one_of_newer_code(self, place: Place, folder: Path) -> None:
        place.do("INSERT INTO django_migrations VALUES (2, 'advisor', '0002_later')")

        self.assert_refused(made(place, folder), "newer code, which has advisor.0002_later")

    def test_one_of_another_kind_of_database(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)
        manifest = json.loads((backup / NAME).read_text())
        kind = next(kind for kind in ("sqlite", "postgresql") if kind != place.store.engine)
        name = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
        manifest["files"][name[kind]] = manifest["files"].pop(name[manifest["engine"]])
        (backup / name[manifest["engine"]]).rename(backup / name[kind])
        (backup / NAME).write_text(json.dumps({**manifest, "engine": kind}))

        self.assert_refused(backup, "This is a backup of")

    def test_a_place_that_is_not_empty(self, place: Place, folder: Path) -> None:
        backup = made(place, folder)
        place.do("DELETE FROM texts WHERE id = 1")

        with pytest.raises(NotEmpty):
            brought_back(backup, place)
        assert len(place.texts()) == 2


def test_what_is_there_is_put_aside_when_told(place: Place, folder: Path) -> None:
    backup = made(place, folder)
    place.do("DELETE FROM texts WHERE id = 1")

    if isinstance(place.store, PostgresStore):
        with pytest.raises(BackupFailed, match="Make a new one"):
            brought_back(backup, place, replace=True)
        assert len(place.texts()) == 2
    else:
        aside = brought_back(backup, place, replace=True)
        assert len(place.texts()) == 3
        with closing(sqlite3.connect(aside)) as before:
            assert before.execute("SELECT count(*) FROM texts").fetchone() == (2,)


class TestPostgresPrograms:
    @pytest.fixture
    def store(self, server: Cluster) -> PostgresStore:
        return PostgresStore(database.postgresql(server.create(f"place_{next(numbers)}")))

    def test_one_that_is_missing_is_named(
        self, store: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stores, "PROGRAMS", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(BackupFailed, match=r"pg_dump \d+ is needed: apt-get install postgresql-client-\d+"):
            store.copy_to(tmp_path / "dump")

    def test_so_is_one_of_another_version(
        self, store: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "pg_dump"
        program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        program.chmod(0o700)
        monkeypatch.setattr(stores, "PROGRAMS", str(tmp_path))

        with pytest.raises(BackupFailed, match=r"The server is PostgreSQL \d+, and .* 9\.6\.1"):
            store.copy_to(tmp_path / "dump")

    def test_a_password_is_in_no_argument(
        self, server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = server.create(f"place_{next(numbers)}").replace("signpost@", "signpost:s3cret@")
        with psycopg.connect(address) as connection:
            connection.execute("".join(f"{statement};" for statement in TABLES))
        calls: list[Any] = []
        run = subprocess.run

        def remembered(*words: Any, **more: Any) -> Any:
            calls.append(words)
            return run(*words, **more)

        monkeypatch.setattr(subprocess, "run", remembered)

        PostgresStore(database.postgresql(address)).copy_to(tmp_path / "dump")

        assert len(calls) == 4
        assert "s3cret" not in repr(calls)


class TestMaking:
    @pytest.fixture
    def sqlite(self, tmp_path: Path) -> Place:
        file = tmp_path / "site.sqlite3"
        place = Place(SqliteStore(file), tmp_path / "data", lambda: closing(sqlite3.connect(file)))
        place.do(*TABLES)
        return place

    def test_a_full_disk_leaves_nothing_behind(
        self, sqlite: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(making, "sync_folder", full)

        with pytest.raises(BackupFailed, match="No space left on device"):
            made(sqlite, folder)
        assert [path.name for path in folder.iterdir()] == [".lock"]

    def test_what_a_crash_left_goes_and_is_no_backup(self, sqlite: Place, folder: Path) -> None:
        left = folder / ".unfinished-signpost-2026-11-24T03-17-00Z"
        left.mkdir(parents=True)
        assert all_in(folder) == []

        made(sqlite, folder)

        assert not left.exists()

    def test_a_damaged_database_is_refused(self, sqlite: Place, folder: Path, tmp_path: Path) -> None:
        sqlite.do("INSERT INTO texts SELECT id + 10, hex(randomblob(9000)) FROM texts")
        with (tmp_path / "site.sqlite3").open("rb+") as file:
            file.seek(-4096, os.SEEK_END)
            file.write(b"\xff" * 4096)

        with pytest.raises(BackupFailed, match=r"damaged|malformed"):
            made(sqlite, folder)
        assert all_in(folder) == []

    def test_the_newest_are_kept_and_none_that_is_too_old(self, folder: Path) -> None:
        for days in range(10):
            path = folder / (NOW - timedelta(days=days)).strftime(making.NAMES)
            path.mkdir(parents=True)
            (path / NAME).touch()
        (folder / "signpost-by-hand").mkdir()

        def left() -> int:
            return len(all_in(folder))

        thin_out(folder, 7, timedelta(days=30), NOW)
        assert left() == 7
        thin_out(folder, 7, timedelta(days=3), NOW)
        assert left() == 4
        thin_out(folder, 1, timedelta(days=30), NOW)
        assert left() == 1
        thin_out(folder, 7, timedelta(days=3), NOW + timedelta(days=90))
        assert left() == 1
        assert (folder / "signpost-by-hand").is_dir()


class TestCommands:
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = tmp_path / database.SQLITE_FILE
        place = Place(SqliteStore(self.file), tmp_path, lambda: closing(sqlite3.connect(self.file)))
        place.do(*TABLES)
        for command in (backup_command, restore_command):
            monkeypatch.setattr(command, "store_of", lambda _: place.store)

    def run(self, *words: str) -> str:
        out = io.StringIO()
        call_command(*words, stdout=out)
        return out.getvalue()

    def test_a_backup_is_noted_for_the_doctor(self, folder: Path) -> None:
        assert backups.last() is None

        assert "4 rows of 2 tables" in self.run("backup", str(folder))

        assert backups.last()

    def test_the_way_back(self, folder: Path) -> None:
        self.run("backup", str(folder))
        (backup,) = all_in(folder)
        self.file.unlink()

        assert "is whole: 4 rows of 2 tables" in self.run("restore", str(backup), "--check")
        assert not self.file.exists()
        with pytest.raises(CommandError, match=f"the newest is {backup}"):
            self.run("restore", str(folder))
        told = self.run("restore", str(backup))
        assert "Every table is the same" in told
        assert "Next: `manage.py setup_site`" in told
        with pytest.raises(CommandError, match="Nothing was changed"):
            self.run("restore", str(backup))
        assert "Delete it once all is well" in self.run("restore", str(backup), "--replace")

    def test_a_folder_that_is_none_is_said_to_be_none(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is no backup"):
            self.run("restore", str(tmp_path))

    def test_one_that_failed_is_not_noted(self, folder: Path) -> None:
        self.file.unlink()

        with pytest.raises(CommandError, match="There is no database"):
            self.run("backup", str(folder))
        assert backups.last() is None
        assert all_in(folder) == []


def test_choosing_takes_the_backup_itself(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(Manifest("", "sqlite", "", Contents({}, ()), {}).to_text())

    assert choose(tmp_path) == tmp_path
