from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler
from django.test import Client

from advisor import database, lookout
from advisor.lookout import Outage
from tests.conftest import Publish

NOTICE = "can’t keep results or take in messages"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    lookout.forget()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Outage | Exception | None], Outage | None]:
    """Looks at a database that is as it is said to be."""

    def look(what: Outage | Exception | None) -> Outage | None:
        def tried() -> Outage | None:
            if isinstance(what, Exception):
                raise what
            return what

        monkeypatch.setattr(lookout, "_try_to_write", tried)
        return lookout.look()

    return look


@pytest.mark.parametrize(
    ("problem", "outage"),
    [
        (OperationalError("unable to open database file"), Outage.AWAY),
        (OperationalError("connection refused"), Outage.AWAY),
        (OperationalError("attempt to write a readonly database"), Outage.READ_ONLY),
        (OperationalError("cannot execute UPDATE in a read-only transaction"), Outage.READ_ONLY),
        (None, None),
    ],
)
def test_what_is_wrong_is_told_apart(found: Any, problem: Exception | None, outage: Outage | None) -> None:
    assert found(problem) is outage
    assert lookout.outage() is outage


def test_the_log_says_so_once(found: Any, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        found(Outage.AWAY)
    found(None)
    found(None)

    assert [record.getMessage() for record in caplog.records] == [
        "The database is away: pages go on, and what has to be stored is refused",
        "The database takes everything again",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_writes_is_well() -> None:
    assert lookout.look() is None


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_takes_no_writes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_file: int, _text: bytes) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "write", refused)

    assert lookout.look() is (Outage.READ_ONLY if connection.vendor == "sqlite" else None)


@pytest.mark.django_db(transaction=True)
def test_what_was_written_comes_from_beside_the_file_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what was erased stays nowhere, and the file can be carried away alone."""
    if connection.vendor != "sqlite":
        return
    own = ConnectionHandler({"default": database.sqlite(tmp_path / "site.sqlite3")})["default"]
    with closing(own), own.cursor() as cursor:
        cursor.execute("CREATE TABLE note (text)")
        monkeypatch.setattr(lookout, "connection", ConnectionHandler({"default": own.settings_dict})["default"])

        assert lookout.look() is None

        assert not (tmp_path / "site.sqlite3-wal").read_bytes()


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int = 10**9
        used: int = 10**9
        free: int = 4096

    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage())

    # PostgreSQL's disk is its server's, which may be another machine
    assert lookout.look() is (Outage.FULL if connection.vendor == "sqlite" else None)


class TestPages:
    def test_say_so_until_it_is_over(self, publish: Publish, client: Client, found: Any) -> None:
        publish()
        before = client.get("/")
        found(Outage.AWAY)

        page = client.get("/", headers={"If-None-Match": before["ETag"]})

        assert page.status_code == 200, "a browser's copy from before does not say so"
        assert NOTICE in page.content.decode()
        assert NOTICE in client.get("/advice/industry/", headers={"HX-Request": "true"}).content.decode()
        found(None)
        assert NOTICE not in client.get("/", headers={"If-None-Match": page["ETag"]}).content.decode()

    @pytest.mark.django_db(transaction=True)  # a look closes the connection, and what was not committed goes with it
    def test_of_editors_say_what_it_means_for_them(self, editor: Any, client: Client, found: Any) -> None:
        client.force_login(editor)
        found(Outage.READ_ONLY)

        assert "The database takes no changes right now" in client.get("/admin/").content.decode()
