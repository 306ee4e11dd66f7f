"""When the timer last ran: without it, nothing that waits for its time happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

LATE = timedelta(minutes=15)
"""It should run every few minutes."""


def ran() -> None:
    """Raises OSError."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(timezone.now().isoformat(), encoding="utf-8")


def last_run() -> datetime | None:
    """None when it never ran, or when that can't be read."""
    try:
        return datetime.fromisoformat(_file().read_text(encoding="utf-8")).astimezone(UTC)
    except (OSError, ValueError):
        return None


def is_late() -> bool:
    last = last_run()
    return last is None or timezone.now() - last > LATE


def _file() -> Path:
    return Path(settings.SIGNPOST_DATA) / "jobs-ran-at"
