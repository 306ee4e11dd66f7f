"""Where the site keeps what it is told, and that it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from advisor import database
from advisor.environment import read_environment
from tests.postgres import FAST, Cluster, cluster

AUTHORITIES = str(database.AUTHORITIES)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SIGNPOST_DATABASE_URL", "SIGNPOST_DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path))
    (tmp_path / "empty.env").touch()
    monkeypatch.setenv("SIGNPOST_ENV_FILE", str(tmp_path / "empty.env"))


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster(*FAST) as server:
        yield server


def answer(connection: BaseDatabaseWrapper, question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_sqlite_writes_what_it_acknowledges_to_the_disk(tmp_path: Path) -> None:
    connection = ConnectionHandler({"default": database.sqlite(tmp_path / "site.sqlite3")})["default"]

    pragmas = {
        name: answer(connection, f"PRAGMA {name}")
        for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout", "mmap_size")
    }
    connection.close()

    full = "2"
    assert pragmas == {
        "journal_mode": database.use_current_sqlite().lower(),
        "synchronous": full,
        "foreign_keys": "1",
        "secure_delete": "1",
        "busy_timeout": "5000",
        "mmap_size": "0",
    }
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 4), "WAL"),
    ],
)
def test_a_library_that_can_corrupt_a_file_gets_the_slower_way(version: tuple[int, ...], mode: str) -> None:
    assert database.journal_mode(version) == mode


@pytest.mark.django_db
def test_postgresql_keeps_what_it_acknowledges_and_never_waits_for_long(server: Cluster) -> None:
    connection = ConnectionHandler({"default": database.postgresql(server.address())})["default"]

    settings = {name: answer(connection, f"SHOW {name}") for name in (*database.SESSION, "application_name")}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone

    assert settings == {**database.SESSION, "application_name": "signpost"}
    assert connection.settings_dict["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    ("address", "host", "encryption"),
    [
        ("postgresql:///signpost", "/var/run/postgresql", {}),
        ("postgresql://%2Frun%2Fpg/signpost", "/run/pg", {}),
        ("postgres://ada@/signpost?host=/run/pg", "/run/pg", {}),
        ("postgresql://ada:pw@localhost/signpost", "localhost", {}),
        ("postgresql://ada:pw@[::1]:5433/signpost?sslmode=disable", "::1", {"sslmode": "disable"}),
        ("postgresql://a:b@db.example/signpost", "db.example", {"sslmode": "verify-full", "sslrootcert": AUTHORITIES}),
        (
            "postgresql://a:b@db.example/signpost?sslrootcert=/etc/db.pem&sslmode=verify-full",
            "db.example",
            {"sslmode": "verify-full", "sslrootcert": "/etc/db.pem"},
        ),
    ],
)
def test_the_way_to_another_machine_is_encrypted_and_checked(
    address: str, host: str, encryption: dict[str, str]
) -> None:
    found = database.postgresql(address)

    assert found["HOST"] == host
    assert {name: value for name, value in found["OPTIONS"].items() if name.startswith("ssl")} == encryption


def test_user_and_password_are_read_as_in_any_address() -> None:
    found = database.postgresql("postgresql://ada%40example:p%2F%3A%40w@localhost:5433/sign-post")

    assert (found["USER"], found["PASSWORD"]) == ("ada@example", "p/:@w")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("localhost", "5433", "sign-post")


def test_without_an_address_the_database_is_a_file() -> None:
    assert read_environment().database_url == ""


def test_the_address_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql:///signpost\n")
    monkeypatch.setenv("SIGNPOST_DATABASE_URL_FILE", str(tmp_path / "url"))

    assert read_environment().database_url == "postgresql:///signpost"


@pytest.mark.parametrize(
    "url",
    [
        "db.example",
        "mysql://ada:hunter2@db.example/signpost",
        "sqlite:////var/lib/signpost.sqlite3",
        "postgresql://ada:hunter2@db.example",
        "postgresql://ada:hunter2@db.example/",
        "postgresql://ada:hunter2@db.example/a/b",
        "postgresql://ada:hunter2@db.example:port/signpost",
        "postgresql://ada:hunter2@db.example:0/signpost",
        "postgresql://ada:hunter2@db.example:99999/signpost",
        "postgresql://ada:hunter2/x@db.example/signpost",
        "postgresql://ada:hunter2@[db.example/signpost",
        "postgresql://ada:hunter2@db.example/signpost?sslmode=require",
        "postgresql://ada:hunter2@db.example/signpost?sslmode=disable",
        "postgresql://ada:hunter2@db.example/signpost?pool=hunter2",
        "postgresql://ada:hunter2@db.example/signpost?hunter2",
        "postgresql://ada:what?hunter2=x@db.example/signpost",
        "postgresql://ada:hunter2@db.example/signpost?sslmode=verify-full&sslmode=disable",
        "postgresql://ada:hunter2@db.example/signpost?host=/run/pg",
        "postgresql://ada:hunter2@db.example/signpost#hunter2",
        "postgresql://ada:hunter2 @db.example/signpost",
    ],
)
def test_a_wrong_address_stops_the_start_and_tells_no_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SIGNPOST_DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured) as stopped:
        read_environment()

    assert "SIGNPOST_DATABASE_URL: " in str(stopped.value)
    assert "Write postgresql://user:password@host:5432/name" in str(stopped.value)
    assert "hunter2" not in str(stopped.value)
