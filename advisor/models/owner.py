"""Who runs the site and how: what an owner sets in the admin, without code."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction

from advisor.environment import CONTACT
from advisor.models import files
from advisor.models.fields import LineField, ProseField

THE_ONE = 1
"""There is one row, and this is its key."""


class OwnerFileIsBroken(ValueError):
    """The settings' file can't be used: it is not what we wrote."""


class OwnerSettings(models.Model):
    """The one row of settings. Until it is saved, the environment's values and the defaults below hold."""

    name = LineField(
        "name of the site", max_length=40, default="Signpost", help_text="At the top of each page. Example: Signpost."
    )
    owner = LineField(
        "who runs it", max_length=100, help_text="A business or a person. Example: Hill & Vale Marketing."
    )
    sells = LineField(
        "what you sell",
        max_length=200,
        blank=True,
        help_text="Results say so, because visitors should know. Example: marketing and help with AI.",
    )
    contact = LineField(
        max_length=254,
        blank=True,
        help_text="A mail address or an https:// page, shown to visitors. Example: hello@example.com.",
    )
    controller = ProseField(
        "who answers for personal data",
        max_length=400,
        blank=True,
        help_text="Name and postal address, for the privacy page. The law calls this the controller.",
    )
    sign_colour = models.CharField(
        "colour of the signs",
        max_length=7,
        default="#ffc629",
        validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z", "Write a colour as # and six digits, such as #ffc629.")],
        help_text="The verdict and the one button of a page. Dark text must be easy to read on it. Example: #ffc629.",
    )
    ground_colour = models.CharField(
        "colour of the page",
        max_length=7,
        default="#eaf0ec",
        validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z", "Write a colour as # and six digits, such as #eaf0ec.")],
        help_text="Behind everything, by day. At night pages stay dark. Example: #eaf0ec.",
    )
    logo = models.BinaryField(blank=True, editable=False, help_text="A PNG picture that we drew from the one sent.")
    enquiry_on = models.BooleanField(
        "visitors may ask for a talk", default=True, help_text="Shows the form after the advice, never before it."
    )
    enquiry_to = models.EmailField(
        "mail enquiries to", blank=True, help_text="Each enquiry is also kept here. Empty: no mail, only the inbox."
    )
    saved_days = models.PositiveIntegerField(
        "keep results for (days)", default=365, validators=[MinValueValidator(30), MaxValueValidator(3650)]
    )
    enquiry_days = models.PositiveIntegerField(
        "keep enquiries for (days)", default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    quarantine_days = models.PositiveIntegerField(
        "keep suspected spam for (days)", default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    backup_days = models.PositiveIntegerField(
        "keep backups for (days)",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="After erasing a person, how long backups may still hold them.",
    )
    changed_at = models.DateTimeField("changed", auto_now=True)

    objects: ClassVar[models.Manager[OwnerSettings]] = models.Manager()

    class Meta:
        verbose_name = verbose_name_plural = "owner's settings"
        constraints = [models.CheckConstraint(condition=models.Q(id=THE_ONE), name="owner_settings_are_one_row")]

    def __str__(self) -> str:
        return "Owner's settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the settings and, once they are committed, let every process know."""
        self.pk = THE_ONE
        with transaction.atomic():
            super().save(*args, **kwargs)
            # robust: the settings are stored by then, so whoever saved them must not read that it failed.
            transaction.on_commit(self.sync, robust=True)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The owner's settings are changed, not deleted.")

    def clean(self) -> None:
        """The contact becomes a link, so nothing but a mail address or an https address may stand there."""
        if self.contact and not CONTACT.fullmatch(self.contact):
            raise ValidationError(
                {"contact": "Write a mail address such as hello@example.com, or an address that starts with https://."}
            )

    @classmethod
    def load(cls) -> OwnerSettings:
        """The settings as they stand, from the environment and the defaults where nobody has saved any."""
        return cls.objects.filter(pk=THE_ONE).first() or cls.of_environment()

    @classmethod
    def of_environment(cls) -> OwnerSettings:
        return cls(
            pk=THE_ONE,
            owner=settings.SIGNPOST_OWNER,
            sells=settings.SIGNPOST_OWNER_SELLS,
            contact=settings.SIGNPOST_CONTACT,
            enquiry_to=settings.SIGNPOST_CONTACT if "@" in settings.SIGNPOST_CONTACT else "",
        )

    @classmethod
    def sync(cls) -> OwnerSettings:
        """Make the file agree with the database, and give the settings as they stand.

        Raises OSError when the file can't be written, DatabaseError when the database can't be read.
        """
        with files.locked(path()):
            stored = cls.objects.filter(pk=THE_ONE).first()
            files.replace(path(), to_text(stored).encode())
        return stored or cls.of_environment()

    @classmethod
    def of_file(cls) -> OwnerSettings:
        """The settings as the file has them. Raises OSError without a file, OwnerFileIsBroken for another's."""
        stored = cls._from_text(path().read_bytes())
        return stored or cls.of_environment()

    @classmethod
    def _from_text(cls, text: bytes) -> Self | None:
        try:
            outer = json.loads(text)
            if hashlib.sha256(outer["settings"].encode()).hexdigest() != outer["sha256"]:
                raise OwnerFileIsBroken("The settings do not have the checksum they were written with.")
            values = json.loads(outer["settings"])
            if values is None:
                return None
            if set(values) != set(_fields()):
                raise OwnerFileIsBroken("The settings are not those that this version knows.")
            stored = cls(pk=THE_ONE, **{**values, "logo": base64.b64decode(values["logo"])})
            stored.clean_fields()
            stored.clean()
        except OwnerFileIsBroken:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError) as error:
            raise OwnerFileIsBroken(f"The settings can't be read: {type(error).__name__}.") from error
        return stored


def path() -> Path:
    return files.in_folder(settings.SIGNPOST_DATA, "owner.json")


def to_text(stored: OwnerSettings | None) -> str:
    """What the file holds: the row, or that nobody has saved one, so that the environment's values hold."""
    values = None
    if stored:
        values = {name: getattr(stored, name) for name in _fields()}
        values["logo"] = base64.b64encode(bytes(stored.logo)).decode()
    inner = json.dumps(values, ensure_ascii=False)
    sha256 = hashlib.sha256(inner.encode()).hexdigest()
    return json.dumps({"sha256": sha256, "settings": inner}, ensure_ascii=False, indent=1) + "\n"


def _fields() -> list[str]:
    return [field.name for field in OwnerSettings._meta.concrete_fields if field.name not in ("id", "changed_at")]
