"""Who did what: entries that are added and never changed, each sealed with the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any, ClassVar, NoReturn, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from advisor.decision.catalogue import canonical

WHAT_LENGTH = 1000
MOST_OF_A_VALUE = 700
"""Characters of a value before and after. A longer one is only said to differ."""
TRIES = 20
FIRST = "0" * 64
"""What the first entry names in place of the one before."""


class TrailIsFrozen(TypeError):
    def __init__(self) -> None:
        super().__init__("An entry of the audit trail is never changed or deleted.")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TrailIsFrozen

    def bulk_update(self, objs: Iterable[AuditEntry], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise TrailIsFrozen

    def delete(self) -> NoReturn:
        raise TrailIsFrozen

    def broken(self) -> Iterator[tuple[AuditEntry, str]]:
        """Each entry that is not as it was written or does not follow the one before, with what is wrong."""
        previous = FIRST
        for entry in self.order_by("pk").iterator():
            if entry.sha256 != entry.seal():
                yield entry, "it does not say what was written"
            elif entry.previous != previous:
                yield entry, "the one before it is missing or not the one that was there"
            previous = entry.sha256


class AuditEntry(models.Model):
    """One thing that somebody did. It holds nothing that a visitor wrote."""

    at = models.DateTimeField("when", default=timezone.now)
    who = models.CharField(max_length=150, blank=True, help_text="The username. Empty when a command did it.")
    what = models.CharField(max_length=WHAT_LENGTH)
    record = models.CharField(max_length=200, blank=True, help_text="Its kind and its name. Example: rule: law-text.")
    changes = models.JSONField(default=dict, blank=True, help_text="What each field said before and says after.")
    # Unique: of two that are written at once, one has to follow the other.
    previous = models.CharField(max_length=64, unique=True, help_text="The seal of the entry before.")
    sha256 = models.CharField("SHA-256", max_length=64, unique=True, help_text="The seal: of all that is above.")

    objects: ClassVar[models.Manager[AuditEntry]] = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "entry of the audit trail"
        verbose_name_plural = "audit trail"

    def __str__(self) -> str:
        return f"Entry {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TrailIsFrozen
        super().save(force_insert=True, using=kwargs.get("using"))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TrailIsFrozen

    def seal(self) -> str:
        """Of everything that the entry says, and of the seal before."""
        said = {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "who": self.who,
            "what": self.what,
            "record": self.record,
            "changes": self.changes,
            "previous": self.previous,
        }
        return hashlib.sha256(canonical(said)).hexdigest()

    @classmethod
    def newest_seal(cls) -> str:
        return cls.objects.order_by("-pk").values_list("sha256", flat=True).first() or FIRST

    @classmethod
    def write(
        cls,
        what: str,
        *,
        by: User | AnonymousUser | None = None,
        on: models.Model | None = None,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
    ) -> Self:
        """Add an entry behind the newest. In a caller's transaction it is kept or undone with what it tells of."""
        for left in reversed(range(TRIES)):
            entry = cls(
                at=timezone.now(),
                who=by.get_username() if by else "",
                what=what[:WHAT_LENGTH],
                record=f"{on._meta.verbose_name}: {on}"[:200] if on else "",
                changes={name: [_small(value) for value in pair] for name, pair in (changes or {}).items()},
            )
            try:
                with transaction.atomic():
                    entry.previous = cls.newest_seal()
                    entry.sha256 = entry.seal()
                    entry.save()
            except IntegrityError:
                if not left:
                    raise
            else:
                return entry
        raise AssertionError("unreachable")


def _small(value: Any) -> Any:
    """As JSON can hold it, and no longer than helps."""
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, list | tuple | models.QuerySet):
        value = ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= MOST_OF_A_VALUE else f"{text[:MOST_OF_A_VALUE]} ... ({len(text)} characters)"
