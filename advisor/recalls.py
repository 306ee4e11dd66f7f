"""Which releases were recalled, as pages know it.

A page costs one look at a file's date, as with the release itself. When a release is recalled the file is replaced, and
every process reads it at its next request. So pages need no query, and go on warning while the database is away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import DatabaseError

from advisor.decision.release import Release
from advisor.models import Recall, files
from advisor.models.files import Stamp
from advisor.models.recalls import Recalled, RecallsFileIsBroken, of_file, path

logger = logging.getLogger("advisor.recalls")

LOOK_AGAIN = 30
"""Seconds until the next try, when neither file nor database could be read."""


class Withdrawn(Exception):
    """The advice asked for is from a recalled release. Its text stands in place of the advice.

    `answers` are what was answered, as in an address, where somebody might want today's advice for the same.
    """

    def __init__(self, recalled: Recalled, answers: str = "") -> None:
        self.recalled, self.answers = recalled, answers
        super().__init__(recalled.text)


@dataclass(frozen=True, slots=True)
class _Cached:
    """What this process holds, and the stamp of the file it was looked up for (None: there was no file)."""

    stamp: Stamp | None
    recalls: Mapping[str, Recalled]
    until: float = float("inf")


_cached: _Cached | None = None
_lock = threading.Lock()


def of(release: Release) -> Recalled | None:
    """The recall of this release, or of another one that says the same."""
    return of_checksum(release.sha256)


def of_checksum(sha256: str) -> Recalled | None:
    """The same for a release of which only this is at hand."""
    return _current().get(sha256)


def in_force() -> Mapping[str, Recalled]:
    """All of them, by the checksum of what they are about."""
    return _current()


def refuse_recalled(release: Release, answers: str = "") -> None:
    """Raises Withdrawn for a recalled release, before any of its advice is shown."""
    recalled = of(release)
    if recalled:
        raise Withdrawn(recalled, answers)


def forget() -> None:
    """Drop what this process holds, so that the next call reads anew."""
    global _cached
    with _lock:
        _cached = None


def _current() -> Mapping[str, Recalled]:
    cached = _cached
    if cached and cached.stamp == files.stamp(path()) and time.monotonic() < cached.until:
        return cached.recalls
    with _lock:
        return _refresh()


def _refresh() -> Mapping[str, Recalled]:
    """Look again. The stamp is taken first: should the file change meanwhile, the next call finds out."""
    global _cached
    stamp = files.stamp(path())
    try:
        _cached = _Cached(stamp, _read())
    except DatabaseError as problem:
        logger.error("The recalls can't be read: %s", type(problem).__name__)
        _cached = _Cached(stamp, _cached.recalls if _cached else {}, until=time.monotonic() + LOOK_AGAIN)
    return _cached.recalls


def _read() -> Mapping[str, Recalled]:
    """From the file; from the database when that fails, and then the file is written anew. Raises DatabaseError."""
    try:
        return of_file()
    except RecallsFileIsBroken as problem:
        logger.error("The file of recalls is refused: %s", problem)
    except OSError:
        pass  # no file yet, most likely
    try:
        return Recall.sync()
    except OSError as problem:
        logger.error("The file of recalls can't be written: %s", problem)
        return Recall.stored()
