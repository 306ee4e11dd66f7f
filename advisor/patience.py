"""How long requests wait for the database, and how many at once: the others are for pages, which need none.

A database that hangs must not take the whole site along. Commands are not limited here: a backup takes as long as it
takes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST = 4.0
"""Seconds that a request waits for one answer of the database. With the page that says so it stays below five."""
LONG = 1.0
"""Seconds after which a statement that failed was waiting for somebody, so that the next would too."""
MOST = 20
"""Requests of one process that wait for the database at the same time. deploy/gunicorn.py has threads for more."""

_places = threading.BoundedSemaphore(MOST)


class _OfThread(threading.local):
    limit: float | None = None
    """Seconds. None: this thread answers no request."""
    gave_up = False


_here = _OfThread()


def limit() -> float | None:
    """Seconds that this thread may wait for one answer. None: as long as it takes."""
    return _here.limit


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """This thread waits so long for each answer, and no longer."""
    before = _here.limit, _here.gave_up
    _here.limit, _here.gave_up = seconds, False
    try:
        yield
    finally:
        _here.limit, _here.gave_up = before


def begin(**_: object) -> None:
    """A request: it has not waited yet."""
    _here.limit, _here.gave_up = LONGEST, False


def end(**_: object) -> None:
    """Of the request: what this thread does now may take as long as it takes."""
    _here.limit, _here.gave_up = None, False


def limited(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Runs each statement: at once or not at all when too many wait, and no second wait after one that was in vain."""
    if _here.limit is None:
        return execute(sql, params, many, context)
    if _here.gave_up and not sql.lstrip().upper().startswith("SELECT"):
        raise OperationalError("this request has waited for the database once already")
    if not _places.acquire(blocking=False):
        raise OperationalError("too many requests wait for the database")
    start = time.monotonic()
    try:
        return execute(sql, params, many, context)
    except OperationalError:
        _here.gave_up = _here.gave_up or time.monotonic() - start > LONG
        raise
    finally:
        _places.release()


def limit_statements(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Of this connection, from when it is made."""
    if limited not in connection.execute_wrappers:
        connection.execute_wrappers.append(limited)
    if connection.vendor == "sqlite" and _here.limit is not None:
        connection.connection.execute(f"PRAGMA busy_timeout = {_here.limit * 1000:.0f}")


request_started.connect(begin)
request_finished.connect(end)
