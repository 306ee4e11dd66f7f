from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from advisor import patience


@pytest.fixture(autouse=True)
def _answering() -> Iterator[None]:
    """This thread answers a request."""
    with patience.at_most(patience.LONGEST):
        yield


def run(execute: Any = lambda *_: "done", sql: str = "SELECT 1") -> Any:
    return patience.limited(execute, sql, (), False, {})


def fail(*_: Any) -> None:
    raise OperationalError("database is locked")


def test_a_statement_runs() -> None:
    assert run() == "done"


def test_as_many_as_there_are_places_wait_and_the_next_is_refused_at_once() -> None:
    def crowd(places: int) -> Any:
        return run(lambda *_: crowd(places - 1)) if places else run()

    with pytest.raises(OperationalError, match="too many requests wait"):
        crowd(patience.MOST)
    assert crowd(patience.MOST - 1) == "done", "each place is free again"


def test_a_request_waits_in_vain_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONG", -1.0)
    with pytest.raises(OperationalError, match="locked"):
        run(fail, "BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="has waited"):
        run(sql="INSERT INTO x VALUES (1)")
    assert run() == "done", "to read is no trouble"
    patience.begin()
    assert run(sql="INSERT INTO x VALUES (1)") == "done", "the next request tries anew"


def test_what_fails_at_once_stops_nothing() -> None:
    with pytest.raises(OperationalError):
        run(fail, "BEGIN IMMEDIATE")

    assert run(sql="BEGIN IMMEDIATE") == "done"


@pytest.mark.django_db
def test_every_connection_is_limited() -> None:
    connection.ensure_connection()

    assert connection.execute_wrappers.count(patience.limited) == 1
