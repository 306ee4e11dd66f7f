"""Recalls: releases that turned out to be unsafe, with what their readers must know first."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from advisor.models import files
from advisor.models.fields import ProseField
from advisor.models.releases import Release

TEXT_LENGTH = 600


class Recall(models.Model):
    """Marks a release as unsafe. Every release that says the same is unsafe with it."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, to_field="number", related_name="recall")
    text = ProseField(
        max_length=TEXT_LENGTH,
        help_text="What is wrong and what to do now, for whoever relies on it. It stands in place of the advice.",
    )
    at = models.DateTimeField("recalled at", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="recalls"
    )
    by_name = models.CharField("by (name)", max_length=150, blank=True)

    def __str__(self) -> str:
        return f"Recall of release {self.release_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store it and, once it is committed, let every process know."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            transaction.on_commit(Recall.sync, robust=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            done = super().delete(*args, **kwargs)
            transaction.on_commit(Recall.sync, robust=True)
            return done

    @classmethod
    def sync(cls) -> dict[str, Recalled]:
        """Make the file agree with the database, and give what it holds.

        Raises OSError when the file can't be written, DatabaseError when the database can't be read.
        """
        with files.locked(path()):
            found = cls.stored()
            files.replace(path(), to_text(found).encode())
        return found

    @classmethod
    def stored(cls) -> dict[str, Recalled]:
        """What the database holds. Raises DatabaseError."""
        rows = cls.objects.order_by("release_id").values_list("release__sha256", "release_id", "text", "at")
        return {
            sha256: Recalled(number, text, at.astimezone(UTC).isoformat(timespec="seconds"))
            for sha256, number, text, at in rows
        }


@dataclass(frozen=True, slots=True)
class Recalled:
    """A recall as pages know it. `at` is an ISO 8601 time in UTC."""

    number: int
    text: str
    at: str

    @property
    def day(self) -> datetime:
        return datetime.fromisoformat(self.at)


class RecallsFileIsBroken(ValueError):
    """The file holds something else than recalls."""


def path() -> Path:
    return files.in_folder(settings.SIGNPOST_DATA, "recalls.json")


def to_text(found: dict[str, Recalled]) -> str:
    return json.dumps({sha256: asdict(recalled) for sha256, recalled in found.items()}, ensure_ascii=False) + "\n"


def of_file() -> dict[str, Recalled]:
    """What the file holds, by the checksum of the release. Raises OSError without one, RecallsFileIsBroken."""
    try:
        found = {sha256: Recalled(**values) for sha256, values in json.loads(path().read_bytes()).items()}
        for recalled in found.values():
            if not (isinstance(recalled.number, int) and isinstance(recalled.text, str) and recalled.day):
                raise RecallsFileIsBroken("The file of recalls can't be read.")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RecallsFileIsBroken("The file of recalls can't be read.") from error
    return found
