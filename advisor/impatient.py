"""A connection to PostgreSQL that stops waiting for a server that says nothing: see patience.py.

The server's own time-out helps as long as the server runs. One that hangs, with its machine or its disk, ends nothing.
"""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg import OperationalError
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from advisor import patience

RV = TypeVar("RV")
LOOK_UP = 0.1
"""Seconds between two looks whether the wait was interrupted, as psycopg has them."""


class Impatient(psycopg.Connection[TupleRow]):
    def wait(self, gen: PQGen[RV], interval: float = LOOK_UP, timeout: float | None = None) -> RV:
        """A connection that was waited for in vain is closed: the answer could come later and pass for another's."""
        limit = patience.limit()
        if limit is None or timeout is not None:
            return super().wait(gen, interval=interval, timeout=timeout)
        try:
            return super().wait(gen, interval=interval, timeout=limit)
        except psycopg.errors._WaitTimeout as error:
            self.close()
            raise OperationalError(f"no answer within {limit:g} seconds") from error
