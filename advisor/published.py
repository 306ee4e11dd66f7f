"""The release that visitors see, compiled once in each process.

A page costs one look at a file's date. When a release is published the file is replaced, and every process reads it at
its next request. So pages need no query, and go on while the database is away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from django.db import DatabaseError
from django.http import HttpRequest

from advisor.decision.release import Release as CompiledRelease
from advisor.models import Release, files, snapshot
from advisor.models.files import Stamp
from advisor.models.snapshot import SnapshotIsBroken

logger = logging.getLogger("advisor.published")


class NoRelease(Exception):
    """There is nothing to show yet. The message says which command to run."""


@dataclass(frozen=True, slots=True)
class _Cached:
    """What this process holds, and the stamp of the file it was looked up for (None: there was no file)."""

    stamp: Stamp | None
    release: CompiledRelease | NoRelease
    until: float = float("inf")

    def holds(self) -> bool:
        return self.stamp == _stamp() and time.monotonic() < self.until

    @property
    def is_settled(self) -> bool:
        """Not what had to do while neither the file nor the database could be read."""
        return self.until == float("inf")

    def get(self) -> CompiledRelease:
        if isinstance(self.release, NoRelease):
            raise NoRelease(*self.release.args)  # another one each time: each gathers a traceback
        return self.release


_cached: _Cached | None = None
_lock = threading.Lock()

LOOK_AGAIN = 5
"""Seconds until the next try, when neither file nor database could be read. Meanwhile no page waits for them."""


def current() -> CompiledRelease:
    """The current release. Raises NoRelease before the first one."""
    cached = _cached
    if cached and cached.holds():
        return cached.get()
    with _lock:
        return _refresh()


def of_request(request: HttpRequest) -> CompiledRelease:
    """The release that everything about this request speaks from, also when another is published meanwhile.

    Raises NoRelease before the first one.
    """
    held: CompiledRelease | None = getattr(request, _HELD, None)
    if held is None:
        held = current()
        setattr(request, _HELD, held)
    return held


_HELD = "signpost_release"


def release(number: int) -> CompiledRelease:
    """The release of that number, also an old one.

    Raises Release.DoesNotExist, or SnapshotIsBroken when its document is not the one that was published.
    """
    cached = _cached
    if cached and isinstance(cached.release, CompiledRelease) and cached.release.number == number:
        return cached.release
    return _older(number)


def sync() -> CompiledRelease:
    """Make the snapshot file agree with the database, and give the current release.

    Raises NoRelease without one, and OSError when the file can't be written.
    """
    with _no_release_named():
        Release.sync_snapshot()
    return current()


def is_file_current() -> bool:
    """Whether the snapshot file holds, whole, the release that the database has for the newest.

    Raises Release.DoesNotExist and DatabaseError.
    """
    newest = Release.objects.only("number", "sha256").latest("number")
    try:
        stored = snapshot.read()
    except (SnapshotIsBroken, OSError):
        return False
    return (stored.number, stored.sha256) == (newest.number, newest.sha256) and stored.is_whole()


def forget() -> None:
    """Drop what this process holds, so that the next call reads anew."""
    global _cached
    with _lock:
        _cached = None
        _older.cache_clear()


def _stamp() -> Stamp | None:
    return files.stamp(snapshot.path())


def _refresh() -> CompiledRelease:
    """Look again. The stamp is taken first: should the file change meanwhile, the next call finds out."""
    global _cached
    if _cached and _cached.holds():
        return _cached.get()  # another thread was faster
    stamp, held = _stamp(), _cached
    _cached = _look_up(stamp, held)
    return _cached.get()


def _look_up(stamp: Stamp | None, held: _Cached | None) -> _Cached:
    """The file's release; else the last good one that is to be had, and what is not settled is tried again soon."""
    last_good = held.release if held and isinstance(held.release, CompiledRelease) else None
    try:
        return _Cached(stamp, snapshot.read().compile())
    except SnapshotIsBroken as problem:
        logger.error("Snapshot file refused: %s", problem)
        if held and last_good and held.is_settled:
            return _Cached(stamp, last_good)
    except OSError:
        pass  # no file yet, most likely
    try:
        return _Cached(stamp, _from_database())
    except NoRelease as nothing:
        return _Cached(stamp, last_good or _previous() or nothing, until=time.monotonic() + LOOK_AGAIN)


def _previous() -> CompiledRelease | None:
    """What was current before the file was replaced last, for when that file is spoilt and the database away."""
    try:
        release = snapshot.read(snapshot.previous_path()).compile()
    except (SnapshotIsBroken, OSError):
        return None
    logger.error("Release %d is shown, the one before: the current one can't be read", release.number)
    return release


def _from_database() -> CompiledRelease:
    """The newest release of the database, written to the file on the way."""
    with _no_release_named():
        try:
            return Release.sync_snapshot().compile()
        except OSError as problem:
            logger.error("Snapshot file can't be written: %s", problem)
            return Release.objects.current().to_snapshot().compile()


@contextmanager
def _no_release_named() -> Iterator[None]:
    try:
        yield
    except Release.DoesNotExist as error:
        raise NoRelease(
            "Nothing is published yet. Run `make run`, or `manage.py load_content` and `manage.py publish --note TEXT`."
        ) from error
    except DatabaseError as error:
        raise NoRelease(
            "The database can't be reached or has no tables. Run `make run`, or `manage.py migrate`, "
            "`manage.py load_content` and `manage.py publish --note TEXT`."
        ) from error


@lru_cache(maxsize=8)
def _older(number: int) -> CompiledRelease:
    return Release.objects.get(number=number).to_snapshot().compile()
