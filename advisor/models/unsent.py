"""What somebody typed into a form of the admin that could not be taken: the session was over."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone

STAYS = timedelta(days=1)
MOST_EACH = 20
"""So many of one person's wait. The oldest go first."""
MOST_CHARACTERS = 500_000
PATH_LENGTH = 2000


class UnsentQuerySet(models.QuerySet["Unsent"]):
    def waiting(self) -> Self:
        return self.filter(at__gt=timezone.now() - STAYS)

    def of_no_more_use(self) -> Self:
        return self.filter(at__lte=timezone.now() - STAYS)

    def behind(self, token: str) -> Unsent | None:
        return self.waiting().filter(sha256=_hash(token)).first()


class Unsent(models.Model):
    """It may hold what a visitor wrote, so it is shown to whom it belongs alone, and gone after a day."""

    sha256 = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    path = models.CharField(max_length=PATH_LENGTH)
    query = models.TextField(blank=True)
    fields = models.JSONField(help_text="Pairs of a field's name and what was typed.")
    had_file = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Unsent]] = models.Manager.from_queryset(UnsentQuerySet)()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Typed for {self.path}"

    @classmethod
    def keep(cls, by: int, address: str, fields: list[tuple[str, str]], *, had_file: bool) -> str | None:
        """The token with which it is found again. None when it is too much to keep."""
        parts = urlsplit(address)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "typed"]
        too_much = sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS
        if too_much or len(parts.path) > PATH_LENGTH:
            return None
        token = secrets.token_urlsafe(24)
        with transaction.atomic():
            cls.objects.create(
                sha256=_hash(token),
                by_id=by,
                path=parts.path,
                query=urlencode(query),
                fields=fields,
                had_file=had_file,
            )
            kept = cls.objects.filter(by=by).order_by("-at", "-pk").values_list("pk", flat=True)[:MOST_EACH]
            cls.objects.filter(by=by).exclude(pk__in=list(kept)).delete()
        return token

    def as_posted(self) -> QueryDict:
        sent = QueryDict(mutable=True)
        pairs: list[Any] = self.fields
        for name, value in pairs:
            sent.appendlist(name, value)
        return sent


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
