"""Whether the database can be used just now, as this process found out by itself a few seconds ago.

Pages need no database, and must not ask it whether it is there. So a thread of each worker tries every few seconds.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from advisor import patience

logger = logging.getLogger("advisor.lookout")

EVERY = 3.0
"""Seconds between two looks."""
PATIENCE = 2.0
"""Seconds until a database that does not answer counts as away."""
LEAST_FREE = 1_000_000
"""Bytes without which nothing can be stored."""


class Outage(StrEnum):
    AWAY = "away"
    READ_ONLY = "read-only"
    FULL = "full"


_outage: Outage | None = None


def outage() -> Outage | None:
    """What is wrong with the database. None: nothing that is known of."""
    return _outage


def look() -> Outage | None:
    """Try it, and remember what came of it."""
    global _outage
    with patience.at_most(PATIENCE):
        found = _try()
    if found != _outage:
        if found:
            logger.error("The database is %s: pages go on, and what has to be stored is refused", found)
        else:
            logger.warning("The database takes everything again")
    _outage = found
    return found


def forget() -> None:
    """What was found out."""
    global _outage
    _outage = None


def start() -> None:
    """Look from now on, for as long as this process runs."""
    threading.Thread(target=_keep_looking, name="lookout", daemon=True).start()


def _keep_looking() -> None:
    pause = threading.Event()
    while True:
        try:
            look()
        except Exception:  # a lookout that dies would go on saying what it said last
            logger.exception("The look at the database failed")
        pause.wait(EVERY)


def _try() -> Outage | None:
    try:
        return _try_to_write()
    except (DatabaseError, OSError) as problem:
        told = str(problem).lower()
        return Outage.READ_ONLY if "read-only" in told or "readonly" in told else Outage.AWAY
    finally:
        connection.close()


def _try_to_write() -> Outage | None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT current_setting('transaction_read_only')")
            return Outage.READ_ONLY if cursor.fetchone() == ("on",) else None
        cursor.execute("BEGIN IMMEDIATE")  # fails unless something could be written now
        cursor.execute("ROLLBACK")
        if shutil.disk_usage(settings.SIGNPOST_DATA).free < LEAST_FREE:
            return Outage.FULL
        _write_something()
        with suppress(DatabaseError):
            # What was written comes into the file itself, and what was erased goes from beside it. Connections that are
            # kept open would leave it there for long. When somebody reads or writes, it waits for the next look.
            cursor.execute("PRAGMA busy_timeout = 0")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return None


def _write_something() -> None:
    """After a fault of the disk, files can still be opened for writing, and locked. Raises OSError."""
    file = os.open(Path(settings.SIGNPOST_DATA) / "lookout", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(file, b"\n")  # over the same byte, so that it takes no room
    finally:
        os.close(file)
