"""Which rows the writes of a drill have left behind."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from advisor.models.results import view_token
from tests.drills.requestlog import RequestLog


def kept_rows(data: Path) -> Counter[str]:
    """How often the hash of each kept result's token stands in SQLite's file, which must be whole."""
    with closing(sqlite3.connect(data / "signpost.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return Counter(token for (token,) in database.execute("SELECT token_hash FROM advisor_savedresult"))


def stored_by(log: RequestLog, rows: Mapping[str, int]) -> Counter[str]:
    """How often each write is stored, given the rows of kept results by the hash of their token.

    A row that no acknowledgement leads to is counted under its hash, so that the log finds it was never sent.
    """
    writes = {_hash_of(request.place): request.write for request in log.requests if request.place}
    stored: Counter[str] = Counter()
    for token_hash, count in rows.items():
        stored[writes.get(token_hash, token_hash)] += count
    return stored


def _hash_of(place: str) -> str:
    manage_token = place.strip("/").rpartition("/")[2]
    return hashlib.sha256(view_token(manage_token).encode()).hexdigest()
