"""Which database the site uses, and the settings that its promises rest on.

Without an address it is one SQLite file in the data folder. With one it is PostgreSQL, which several machines share.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from django.db import DatabaseError, connections

SQLITE_FILE = "signpost.sqlite3"
SOCKETS = "/var/run/postgresql"
"""Where Debian's server listens on this machine."""
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whose certificates are believed when the address names no file of its own."""
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
TLS_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")

SESSION = {
    "synchronous_commit": "on",  # what was acknowledged survives a power cut
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",  # a process that hangs lets go of its locks
}
POOL = {
    # A process answers up to 48 requests at once, but few of them ask the database. Two machines stay below 50.
    "min_size": 1,
    "max_size": 10,
    "max_waiting": 10,  # whoever comes then is refused at once: patience.py says why
    "timeout": 2,  # seconds that a request waits for a connection before it is told that there is none
    # After an outage the next request tries anew, instead of waiting for an attempt that was put off for minutes.
    "reconnect_timeout": 5,
}

logger = logging.getLogger("advisor.database")


class WrongAddress(ValueError):
    """The message never repeats the address: a password may be in it."""


def use_current_sqlite() -> str:
    """Put pysqlite3's SQLite in place of the system's, and return the journal mode that is safe with the one we have.

    With WAL and several processes, SQLite before 3.51.3 can corrupt the database (back-ports: 3.44.6, 3.50.7), and
    Debian 12 has 3.40.1. Must run before anything imports Django's SQLite backend. pysqlite3 has wheels for Linux on
    x86_64 only.
    """
    try:
        import pysqlite3
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3

        version = sqlite3.sqlite_version_info
    else:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = dbapi2
        version = dbapi2.sqlite_version_info
    return journal_mode(version)


def journal_mode(version: tuple[int, ...]) -> str:
    """WAL where the library is safe with several processes, else TRUNCATE, with a warning in the log.

    >>> journal_mode((3, 53, 4))
    'WAL'
    """
    if version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45):
        return "WAL"
    logger.warning(
        "SQLite %s is not safe in WAL mode with several processes: using TRUNCATE, where readers wait for writers. "
        "SQLite 3.51.3 or newer avoids this.",
        ".".join(map(str, version)),
    )
    return "TRUNCATE"


def sqlite(file: Path) -> dict[str, Any]:
    """Django's settings for this file."""
    return {
        "ENGINE": "advisor.sqlite",
        "NAME": file,
        "CONN_MAX_AGE": None,  # kept open
        "CONN_HEALTH_CHECKS": True,  # and looked at before each request that needs it
        "TEST": {"NAME": ":memory:"},
        "OPTIONS": {
            # Take the write lock at BEGIN: of two writers one waits, instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            # FULL: what was acknowledged survives a power cut.
            # secure_delete: what was erased is overwritten in the file, not only unlisted.
            # mmap_size: a fault of the disk is an error that can be answered, not the end of the process.
            "init_command": (
                f"PRAGMA journal_mode={use_current_sqlite()}; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA secure_delete=ON; PRAGMA mmap_size=0"
            ),
        },
    }


def open_only() -> None:
    """Let this process open a SQLite file and never make one: commands do that, and the server does not.

    An empty file in the place of one that was moved away would be found there when the right one is moved back, and
    what is left beside it would then be taken for a part of that.
    """
    own = connections.settings["default"]
    if own["ENGINE"] == "advisor.sqlite":
        own["NAME"] = f"file:{quote(str(own['NAME']))}?mode=rw"


def postgresql(address: str) -> dict[str, Any]:
    """Django's settings for this address. Raises WrongAddress.

    The way there is encrypted and the server's certificate checked, unless it does not leave this machine.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises when it is no number
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise WrongAddress("this is no address of a database") from None
    if parts.scheme not in ("postgres", "postgresql"):
        raise WrongAddress("this is no address that starts with postgresql://")
    if parts.fragment or parts.port == 0 or any(character.isspace() for character in address):
        raise WrongAddress("this has more in it than user, password, host, port and the database's name")
    if query.keys() - {*TLS_OPTIONS, "host"}:
        raise WrongAddress(f"what follows ? may name host, {', '.join(TLS_OPTIONS)}, and nothing else")
    if any(len(values) > 1 for values in query.values()) or ("host" in query and parts.hostname):
        raise WrongAddress("this says something twice")
    import dj_database_url  # whoever has SQLite needs neither this nor psycopg

    found = dict(dj_database_url.parse(address))
    name = found["NAME"]
    if not name or "/" in str(name):
        raise WrongAddress("this names no database: its name follows the host and a slash")
    from advisor.impatient import Impatient

    given = {key: values[0] for key, values in query.items()}
    host = given.pop("host", "") or str(found["HOST"]) or SOCKETS
    return {
        "ENGINE": found["ENGINE"],
        "NAME": name,
        "USER": found["USER"],
        "PASSWORD": found["PASSWORD"],
        "HOST": host,
        "PORT": str(found["PORT"]),
        "CONN_MAX_AGE": 0,  # the pool keeps connections
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_encryption(host, given),
            "connect_timeout": 2,
            "application_name": "signpost",
            "options": " ".join(f"-c {setting}={value}" for setting, value in SESSION.items()),
            "pool": {**POOL, "connection_class": Impatient},
        },
    }


def _encryption(host: str, given: dict[str, str]) -> dict[str, str]:
    if host.startswith("/") or host in LOCAL_HOSTS:
        return given
    if given.get("sslmode", "verify-full") != "verify-full":
        raise WrongAddress("another machine is reached with sslmode=verify-full only, which is what holds without it")
    if "sslrootcert" not in given and not AUTHORITIES.is_file():
        raise WrongAddress(f"without sslrootcert=FILE, {AUTHORITIES} is needed (Debian's package ca-certificates)")
    return {"sslmode": "verify-full", "sslrootcert": str(AUTHORITIES), **given}


def reason(error: DatabaseError) -> str:
    """What the log says of it, such as SQLITE_FULL or DiskFull: not its words, which can hold what was to be stored."""
    cause = error.__cause__ or error
    return str(getattr(cause, "sqlite_errorname", type(cause).__name__))
