"""How often something may be done. Who did it is counted as a keyed hash, and forgotten after a day."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from advisor.models import Use


class TooMany(Exception):
    """A limit is reached. In `wait` there is room again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"full for another {wait}")


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` uses in any `span`, which is a day at most."""

    name: str
    most: int
    span: timedelta

    def wait(self, whose: str = "") -> timedelta | None:
        """How long until there is room for another of these. None: there is room now."""
        times = Use.objects.filter(what=self._what(whose)).within(self.span).values_list("at", flat=True)
        oldest = times[self.most - 1 : self.most].first()
        return None if oldest is None else oldest + self.span - timezone.now()

    def use(self, whose: str = "") -> None:
        """Count one more of these."""
        Use.objects.create(what=self._what(whose), at=timezone.now())

    def _what(self, whose: str) -> str:
        told = f"{self.name} {whose}".encode()
        return hmac.new(f"advisor.limits {settings.SECRET_KEY}".encode(), told, hashlib.sha256).hexdigest()


def forget_old() -> int:
    """Drop what no limit looks at any more, and say how many that were."""
    return Use.objects.of_no_more_use().delete()[0]
