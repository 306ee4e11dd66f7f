"""Who runs the site and how: what an owner sets in the admin, without code."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from advisor.models.fields import LineField, ProseField

THE_ONE = 1
"""There is one row, and this is its key."""


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
        self.pk = THE_ONE
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The owner's settings are changed, not deleted.")

    @classmethod
    def load(cls) -> OwnerSettings:
        """The settings as they stand, from the environment and the defaults where nobody has saved any."""
        stored = cls.objects.filter(pk=THE_ONE).first()
        return stored or cls(
            pk=THE_ONE,
            owner=settings.SIGNPOST_OWNER,
            sells=settings.SIGNPOST_OWNER_SELLS,
            contact=settings.SIGNPOST_CONTACT,
            enquiry_to=settings.SIGNPOST_CONTACT if "@" in settings.SIGNPOST_CONTACT else "",
        )
