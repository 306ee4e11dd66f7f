"""What Django loads for the engine "advisor.sqlite"."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from advisor import patience

SHORT = 0.05
"""Seconds of waiting that need not be taken from what is left to wait."""

_turns: defaultdict[object, threading.Lock] = defaultdict(threading.Lock)
"""Of each file, whose turn it is to write in this process."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is kept open from one request to the next, and takes turns with those of other threads.

    Opening the file for each request costs more than a whole save. Left to SQLite, each thread that waits looks again
    after 1, 2, 5, ... 100 ms, and some look too late again and again: a second went by so, while the file was free most
    of the time. Other processes are still waited for in SQLite's way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = threading.Lock()
        self._has_turn = False
        self._file: tuple[str, tuple[int, int] | None] = ("", None)

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        self._file = path, _identity(path)
        self._turn = _turns[path or self.settings_dict["NAME"]]
        return connection

    def is_usable(self) -> bool:
        """Asked before the first statement of a request: not after an error, nor when another file is there now.

        What is written to a file that was moved away would be lost. SQLite leaves what lies beside the new one alone
        when the old one is closed.
        """
        path, identity = self._file
        return not self.errors_occurred and _identity(path) == identity

    def _start_transaction_under_autocommit(self) -> None:
        with self.execute_wrapper(self._in_turn):
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave these out

    def _in_turn(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        most = patience.limit() or float(self.settings_dict["OPTIONS"]["timeout"])
        start = time.monotonic()
        if not self._turn.acquire(timeout=most):
            raise OperationalError("database is locked")
        self._has_turn = True
        waited = time.monotonic() - start
        try:
            if waited < SHORT:
                return execute(sql, params, many, context)
            self._wait_at_most(most - waited)
            try:
                return execute(sql, params, many, context)
            finally:
                self._wait_at_most(most)
        except BaseException:
            self._end_turn()
            raise

    def _wait_at_most(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {max(seconds, 0) * 1000:.0f}")

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turn.release()


def _identity(path: str) -> tuple[int, int] | None:
    """None: there is no file, as with a database in memory."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
