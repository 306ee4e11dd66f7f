"""Files that all processes read: replaced whole or not at all, and one look tells whether that happened."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

Stamp = tuple[int, int, int]
"""A file's time, identity and size: one of them changes when the file is replaced."""


@cache
def in_folder(folder: Path | str, name: str) -> Path:
    """`folder / name`, put together once: each page asks for the stamps of three files."""
    return Path(folder, name)


def stamp(path: Path) -> Stamp | None:
    """None without a file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Nobody else replaces this file meanwhile, in whichever process."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace(target: Path, content: bytes) -> None:
    """Make the file hold this. One that already does is left alone."""
    if not target.exists() or target.read_bytes() != content:
        write(target, content)


def write(target: Path, content: bytes) -> None:
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
