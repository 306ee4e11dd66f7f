"""The connection to the SQLite file: kept open, taking turns, and never to a file that was taken away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.db.utils import ConnectionHandler

from advisor import database, patience
from advisor.sqlite import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "site.sqlite3"


@pytest.fixture
def handler(file: Path) -> Iterator[ConnectionHandler]:
    """Gives each thread a connection of its own."""
    handler = ConnectionHandler({"default": database.sqlite(file)})
    with closing(handler["default"]):
        execute(handler, "CREATE TABLE note (text TEXT UNIQUE)")
        yield handler


def execute(handler: ConnectionHandler, statement: str) -> None:
    with handler["default"].cursor() as cursor:
        cursor.execute(statement)


def write(handler: ConnectionHandler, text: str) -> None:
    """In a transaction, as a request does: with what Django does before and after each."""
    connection = handler["default"]
    connection.close_if_unusable_or_obsolete()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO note VALUES (%s)", [text])
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.set_autocommit(True)
        connection.close_if_unusable_or_obsolete()


def texts(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def begin(handler: ConnectionHandler) -> None:
    handler["default"].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(handler: ConnectionHandler) -> None:
    handler["default"].rollback()
    handler["default"].set_autocommit(True)


@pytest.fixture
def in_thread(handler: ConnectionHandler) -> Iterator[Callable[..., Any]]:
    """Runs something in another thread, which is always the same, and waits for it."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda call, *given: pool.submit(call, *given).result()
        pool.submit(lambda: handler["default"].close()).result()


def test_threads_wait_in_a_row_for_their_turn_to_write(handler: ConnectionHandler, file: Path) -> None:
    at_once = Barrier(8)

    def ten(thread: int) -> None:
        execute(handler, "PRAGMA busy_timeout = 0")  # SQLite itself waits for nobody
        at_once.wait()
        for number in range(10):
            write(handler, f"{thread} {number}")
        handler["default"].close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ten, range(8)))

    assert len(texts(file)) == 80


def test_whoever_waits_too_long_is_told_so(handler: ConnectionHandler, in_thread: Callable[..., Any]) -> None:
    in_thread(begin, handler)

    with patience.at_most(0.1), pytest.raises(OperationalError, match="database is locked"):
        write(handler, "too early")

    in_thread(end, handler)
    write(handler, "in time")


def test_two_waits_are_no_longer_than_one(handler: ConnectionHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    """First for the turn, then for another process: what the first took is missing from the second."""
    write(handler, "one")
    said: list[str] = []
    handler["default"].connection.set_trace_callback(said.append)
    three_seconds = SimpleNamespace(monotonic=iter([100.0, 103.0]).__next__)
    monkeypatch.setattr(base, "time", three_seconds)

    with patience.at_most(10):
        begin(handler)
    end(handler)

    assert said[:3] == ["PRAGMA busy_timeout = 7000", "BEGIN IMMEDIATE", "PRAGMA busy_timeout = 10000"]


def test_a_turn_is_over_when_its_transaction_fails(handler: ConnectionHandler, in_thread: Callable[..., Any]) -> None:
    write(handler, "the same")
    with pytest.raises(IntegrityError):
        write(handler, "the same")

    in_thread(write, handler, "another")


def test_a_turn_is_over_when_its_connection_is_closed(
    handler: ConnectionHandler, in_thread: Callable[..., Any]
) -> None:
    begin(handler)
    handler["default"].close()

    in_thread(write, handler, "another")


def test_a_turn_is_over_when_another_process_writes_for_too_long(
    handler: ConnectionHandler, in_thread: Callable[..., Any], file: Path
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        execute(handler, "PRAGMA busy_timeout = 0")
        with pytest.raises(OperationalError, match="database is locked"):
            write(handler, "too early")

    in_thread(write, handler, "another")


def test_a_connection_is_kept_for_the_next_request(handler: ConnectionHandler) -> None:
    write(handler, "one")
    first = handler["default"].connection
    write(handler, "two")

    assert handler["default"].connection is first is not None


def test_after_an_error_the_file_is_opened_anew(handler: ConnectionHandler) -> None:
    first = handler["default"].connection
    with pytest.raises(OperationalError):
        execute(handler, "SELECT * FROM nothing")
    write(handler, "one")

    assert handler["default"].connection is not first


def test_a_file_that_was_put_in_its_place_is_the_one_that_is_written_to(handler: ConnectionHandler, file: Path) -> None:
    write(handler, "before")
    aside = file.with_name("aside.sqlite3")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(file.with_name("copy"))) as copy:
        source.backup(copy)
    file.rename(aside)
    for end_of_name in ("-wal", "-shm"):
        file.with_name(file.name + end_of_name).rename(aside.with_name(aside.name + end_of_name))
    file.with_name("copy").rename(file)

    write(handler, "after")

    assert texts(file) == ["after", "before"]
    assert texts(aside) == ["before"]


def test_a_file_that_was_moved_away_and_back_goes_on(handler: ConnectionHandler, file: Path) -> None:
    handler.settings["default"]["NAME"] = f"file:{file}?mode=rw"
    write(handler, "before")
    away = file.rename(file.with_name("away"))
    with pytest.raises(OperationalError, match="unable to open"):
        write(handler, "lost")
    away.rename(file)

    write(handler, "after")

    assert texts(file) == ["after", "before"]
