"""The release that visitors see, compiled once in each process.

A page costs one look at a file's date. When a release is published the file is replaced, and every process reads it at
its next request. So pages need no query, and go on while the database is away.
"""

from __future__ import annotations

import logging
import threading
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
    release: CompiledRelease


_cached: _Cached | None = None
_lock = threading.Lock()


def current() -> CompiledRelease:
    """The current release. Raises NoRelease before the first one."""
    cached = _cached
    if cached and cached.stamp == _stamp():
        return cached.release
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
    if cached and cached.release.number == number:
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
    stamp = _stamp()
    if _cached and _cached.stamp == stamp:
        return _cached.release  # another thread was faster
    _cached = _Cached(stamp, _from_file(last_good=_cached.release if _cached else None))
    return _cached.release


def _from_file(last_good: CompiledRelease | None) -> CompiledRelease:
    try:
        return snapshot.read().compile()
    except SnapshotIsBroken as problem:
        logger.error("Snapshot file refused: %s", problem)
        return last_good or _from_database()
    except OSError:
        try:
            return _from_database()
        except NoRelease:
            if last_good:
                return last_good
            raise


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
