"""What a backup says of itself: each file with its hash, each table with its rows and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

FORMAT = 1
NAME = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
"""What kind of database it was -> the file that holds it."""
FILES = ("secret-key", "current-release.json", "owner.json", "recalls.json")
"""What is kept of the data folder. All but the key can be written anew; with them pages come at once."""


class BackupFailed(Exception):
    """The message says what was not done, and what to do."""


class BackupIsBroken(BackupFailed):
    """It is not what was written, or no backup at all."""


@dataclass(frozen=True, slots=True)
class Table:
    rows: int
    sha256: str

    @classmethod
    def of(cls, rows: Iterable[str]) -> Self:
        """Each row as one text, in an order that both sides have."""
        digest, count = hashlib.sha256(), 0
        for row in rows:
            encoded = row.encode("utf-8", "surrogateescape")
            digest.update(b"%d:" % len(encoded))
            digest.update(encoded)
            count += 1
        return cls(count, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in a database. The hashes say nothing across two kinds of database: each writes values its own way."""

    tables: Mapping[str, Table]
    migrations: tuple[str, ...]

    def differences(self, other: Contents) -> list[str]:
        """The tables that are not the same in both."""
        names = self.tables.keys() | other.tables.keys()
        return sorted(name for name in names if self.tables.get(name) != other.tables.get(name))

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True, slots=True)
class StoredFile:
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        with path.open("rb") as file:
            return cls(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True, slots=True)
class Manifest:
    made_at: str
    engine: str
    server: str
    contents: Contents
    files: Mapping[str, StoredFile]

    @property
    def database(self) -> str:
        return DATABASES[self.engine]

    def to_text(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BackupIsBroken. Only names that a backup has get through, so that none leads out of the folder."""
        try:
            found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BackupIsBroken(f"{folder} is no backup: its {NAME} is missing or can't be read.") from error
        try:
            return cls._of(found)
        except (KeyError, TypeError, AttributeError) as error:
            raise BackupIsBroken(f"{folder / NAME} is not one that this version writes.") from error

    @classmethod
    def _of(cls, found: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or AttributeError."""
        tables = {name: Table(**values) for name, values in found["contents"]["tables"].items()}
        files = {name: StoredFile(**values) for name, values in found["files"].items()}
        manifest = cls(
            made_at=found["made_at"],
            engine=found["engine"],
            server=found["server"],
            contents=Contents(tables, tuple(found["contents"]["migrations"])),
            files=files,
        )
        if found["format"] != FORMAT or manifest.database not in files or files.keys() - {manifest.database, *FILES}:
            raise KeyError
        return manifest

    def verify(self, folder: Path) -> None:
        """Raises BackupIsBroken when a file is not the one that was written."""
        for name, stored in self.files.items():
            path = folder / name
            if path.is_symlink() or not path.is_file():
                raise BackupIsBroken(f"{path} is missing.")
            if StoredFile.of(path) != stored:
                raise BackupIsBroken(f"{path} is not what was written: its hash differs. Take another backup.")
