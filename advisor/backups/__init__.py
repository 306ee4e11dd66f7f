"""Copies of everything that can't be made again, and when the last one was made.

Without one, a broken disk is the end of everything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

LATE = timedelta(hours=36)
"""It should run every night."""


def made() -> None:
    """Raises OSError."""
    _file().write_text(timezone.now().isoformat(), encoding="utf-8")


def last() -> datetime | None:
    """None when there was none, or when that can't be read."""
    try:
        return datetime.fromisoformat(_file().read_text(encoding="utf-8")).astimezone(UTC)
    except (OSError, ValueError):
        return None


def _file() -> Path:
    return Path(settings.SIGNPOST_DATA) / "backed-up-at"
