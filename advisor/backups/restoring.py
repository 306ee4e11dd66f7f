"""Bring a backup back to an empty place, and prove that it is the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from advisor.backups.making import all_in
from advisor.backups.manifest import NAME, BackupFailed, Manifest
from advisor.backups.stores import Store, copy_synced, sync_folder

DATABASE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class NotEmpty(BackupFailed):
    def __init__(self) -> None:
        super().__init__("There is a database already. Nothing was changed. To put it aside first: --replace.")


def choose(folder: Path) -> Path:
    """The folder itself when it is a backup. Raises BackupFailed, with the newest one's name where there are some."""
    if (folder / NAME).is_file():
        return folder
    if found := all_in(folder):
        raise BackupFailed(f"{folder} holds backups. Name one of them; the newest is {found[-1]}")
    raise BackupFailed(f"{folder} is no backup: it has no {NAME}.")


def check(folder: Path, store: Store, known: Iterable[str]) -> Manifest:
    """Whether this backup is whole, and for this code and database. `known` are the migrations that the code has.

    Raises BackupFailed.
    """
    manifest = Manifest.read(folder)
    manifest.verify(folder)
    if manifest.engine != store.engine:
        there, here = DATABASE_NAMES[manifest.engine], DATABASE_NAMES[store.engine]
        raise BackupFailed(f"This is a backup of {there}, and SIGNPOST_DATABASE_URL leads to {here}.")
    if newer := set(manifest.contents.migrations) - set(known):
        raise BackupFailed(f"This backup is of newer code, which has {min(newer)}. Restore it with that code.")
    return manifest


def restore(folder: Path, manifest: Manifest, store: Store, data: Path, *, replace: bool, now: datetime) -> str:
    """Says where what was there is now, if anything was. The database comes last: until then the place counts as empty.

    Raises BackupFailed.
    """
    if not store.is_empty():
        if not replace:
            raise NotEmpty
        if store.why_no_replacing:
            raise BackupFailed(store.why_no_replacing)
    try:
        for name in manifest.files:
            if name != manifest.database:
                draft = data / f".{name}.restoring"
                copy_synced(folder / name, draft)
                draft.rename(data / name)
        sync_folder(data)
        return store.bring_back(folder / manifest.database, manifest.contents, f"before-{now:%Y-%m-%dT%H-%M-%SZ}")
    except OSError as error:
        raise BackupFailed(f"{error.filename or data} could not be written: {error.strerror}.") from error
