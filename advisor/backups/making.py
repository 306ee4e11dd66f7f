"""Make a backup: a folder that appears whole or not at all, and has checked itself."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from advisor.backups.manifest import DATABASES, FILES, NAME, BackupFailed, Manifest, StoredFile
from advisor.backups.stores import Store, copy_synced, sync_folder

NAMES = "signpost-%Y-%m-%dT%H-%M-%SZ"
UNFINISHED = ".unfinished-"
KEPT = 14


def all_in(folder: Path) -> list[Path]:
    """The backups in a folder, the oldest first."""
    return sorted(path for path in folder.glob("signpost-*") if _time_of(path) and (path / NAME).is_file())


def make(store: Store, data: Path, folder: Path, now: datetime) -> tuple[Path, Manifest]:
    """Raises BackupFailed, and then leaves nothing behind."""
    target = folder / now.astimezone(UTC).strftime(NAMES)
    draft = folder / f"{UNFINISHED}{target.name}"
    with _one_at_a_time(folder):
        if target.exists():
            raise BackupFailed(f"{target} is there already.")
        try:
            draft.mkdir(mode=0o700)
            manifest = _fill(draft, store, data, now)
            draft.rename(target)
            sync_folder(folder)
        except OSError as error:
            raise BackupFailed(f"No backup was written to {folder}: {error.strerror}.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target, manifest


def thin_out(folder: Path, keep: int, oldest: timedelta, now: datetime) -> list[Path]:
    """Delete all but the newest so many, and whatever is older than may be. The newest of all stays. Gives what went.

    Raises BackupFailed.
    """
    before = all_in(folder)[:-1]
    too_many = before[: len(before) + 1 - keep] if keep <= len(before) else []
    gone = [path for path in before if path in too_many or (_time_of(path) or now) < now - oldest]
    try:
        for path in gone:
            shutil.rmtree(path)
    except OSError as error:
        raise BackupFailed(f"{error.filename} could not be deleted: {error.strerror}.") from error
    return gone


def _fill(draft: Path, store: Store, data: Path, now: datetime) -> Manifest:
    database = draft / DATABASES[store.engine]
    database.touch(mode=0o600)
    contents = store.copy_to(database)
    _sync_file(database)
    for name in FILES:
        if (data / name).is_file():
            copy_synced(data / name, draft / name)
    manifest = Manifest(
        made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        engine=store.engine,
        server=store.server,
        contents=contents,
        files={path.name: StoredFile.of(path) for path in sorted(draft.iterdir())},
    )
    (draft / NAME).touch(mode=0o600)
    (draft / NAME).write_text(manifest.to_text(), encoding="utf-8")
    _sync_file(draft / NAME)
    sync_folder(draft)
    Manifest.read(draft).verify(draft)
    return manifest


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _time_of(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name, NAMES).replace(tzinfo=UTC)
    except ValueError:
        return None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """What is unfinished and belongs to nobody is left from a machine that went down: it goes."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupFailed(f"{folder} can't be written to: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.glob(f"{UNFINISHED}*"):
            if re.fullmatch(r"\.unfinished-signpost-[\dTZ-]+", left.name):
                shutil.rmtree(left, ignore_errors=True)
        yield
    except BlockingIOError:
        raise BackupFailed(f"Another backup is being written to {folder}.") from None
    finally:
        os.close(descriptor)
