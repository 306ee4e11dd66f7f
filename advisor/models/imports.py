"""A draft that someone has uploaded and not confirmed yet."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

WAITS = timedelta(days=1)


class DraftImportQuerySet(models.QuerySet["DraftImport"]):
    def waiting(self) -> Self:
        return self.filter(at__gt=timezone.now() - WAITS)

    def of_no_more_use(self) -> Self:
        return self.filter(at__lte=timezone.now() - WAITS)


class DraftImport(models.Model):
    """What a file would make of the draft. It is stored so that what is confirmed is the very thing that was shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    file_name = models.CharField(max_length=200)
    document = models.TextField(help_text="The draft to be, as a release's document.")
    exported_from = models.CharField(
        max_length=64, blank=True, help_text="Checksum of the draft from which the file was exported, if it says so."
    )

    objects: ClassVar[models.Manager[DraftImport]] = models.Manager.from_queryset(DraftImportQuerySet)()

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "import and export"
        # Who may import follows from what may be done with the tables of the draft.
        default_permissions = ()

    def __str__(self) -> str:
        return self.file_name
