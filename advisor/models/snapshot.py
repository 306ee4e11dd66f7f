"""The current release as a file, so that pages need no database: its form, and how it is replaced safely."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from django.conf import settings

from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release as CompiledRelease
from advisor.models import files


class SnapshotIsBroken(ValueError):
    """A stored release that can't be used: it is no snapshot, or its document is not the one that was checksummed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A release as it is stored. The document is the very text that was checksummed, never composed anew."""

    number: int
    sha256: str
    published_at: str
    note: str
    document: str

    def compile(self) -> CompiledRelease:
        """The release that pages work with. Raises SnapshotIsBroken rather than giving half of one."""
        try:
            if not self.is_whole():
                raise SnapshotIsBroken(
                    f"The document of release {self.number} does not have the checksum it was published with."
                )
            datetime.fromisoformat(self.published_at)
            catalogue = Catalogue.from_document(json.loads(self.document))
        except (ValueError, RecursionError) as error:  # DocumentError, and JSON's and Unicode's errors, are ValueErrors
            raise SnapshotIsBroken(f"The document of release {self.number} can't be read: {error}") from error
        return CompiledRelease(
            number=self.number,
            sha256=self.sha256,
            published_at=self.published_at,
            note=self.note,
            catalogue=catalogue,
        )

    def is_whole(self) -> bool:
        """Whether the document is the one that was checksummed."""
        return hashlib.sha256(self.document.encode()).hexdigest() == self.sha256

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        try:
            values = json.loads(text)
            snapshot = cls(**values)
        except (ValueError, TypeError, RecursionError) as error:
            raise SnapshotIsBroken(f"The snapshot file can't be read: {error}") from error
        for name, kind in cls.__annotations__.items():
            if type(getattr(snapshot, name)).__name__ != kind:
                raise SnapshotIsBroken(f"The snapshot file can't be read: “{name}” is not of type {kind}.")
        return snapshot


def path() -> Path:
    return files.in_folder(settings.SIGNPOST_DATA, "current-release.json")


def previous_path() -> Path:
    """What the file held before it was replaced last."""
    return path().with_name("previous-release.json")


def read(file: Path | None = None) -> Snapshot:
    """What the file holds, not yet verified. Raises OSError without a file, SnapshotIsBroken for another's."""
    try:
        return Snapshot.from_text((file or path()).read_bytes().decode())
    except UnicodeDecodeError as error:
        raise SnapshotIsBroken(f"The snapshot file is not UTF-8: {error}") from error


def replace(newest: Callable[[], Snapshot]) -> Snapshot:
    """Make the file hold what `newest` gives, and say what that is.

    `newest` is asked under a lock that all processes share. Two publishers who finish in the wrong order therefore
    leave the newer release behind.
    """
    with files.locked(path()):
        snapshot = newest()
        content = snapshot.to_text().encode()
        _set_aside_unless(content)
        files.replace(path(), content)
        return snapshot


def _set_aside_unless(content: bytes) -> None:
    """Keep what the file holds, if it is another release and a sound one."""
    try:
        old = path().read_bytes()
        if old != content:
            Snapshot.from_text(old.decode()).compile()
            files.write(previous_path(), old)
    except (OSError, ValueError):  # no file, a full disk, or a broken file: none of them keeps the new one away
        pass
