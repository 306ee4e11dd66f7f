"""The current release as a file, so that pages need no database: its form, and how it is replaced safely."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from django.conf import settings

from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release as CompiledRelease


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
            if hashlib.sha256(self.document.encode()).hexdigest() != self.sha256:
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
    return Path(settings.SIGNPOST_DATA) / "current-release.json"


def read() -> Snapshot:
    """What the file holds, not yet verified. Raises OSError without a file, SnapshotIsBroken for another's."""
    try:
        return Snapshot.from_text(path().read_bytes().decode())
    except UnicodeDecodeError as error:
        raise SnapshotIsBroken(f"The snapshot file is not UTF-8: {error}") from error


def replace(newest: Callable[[], Snapshot]) -> Snapshot:
    """Make the file hold what `newest` gives, and say what that is.

    `newest` is asked under a lock that all processes share. Two publishers who finish in the wrong order therefore
    leave the newer release behind.
    """
    with _lock():
        snapshot = newest()
        text = snapshot.to_text().encode()
        if not path().exists() or path().read_bytes() != text:
            _write(path(), text)
        return snapshot


@contextmanager
def _lock() -> Iterator[None]:
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all, also when the power fails: a reader meets the old file or the new one."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
