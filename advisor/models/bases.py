"""What several draft models share: an entry of a list, a claim, the cells of a row.

Field names are those of the records in `advisor.decision.catalogue`, so that one piece of code maps every section.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import parse_qsl

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from advisor.decision.catalogue import SLUG, SLUG_LENGTH
from advisor.models.fields import ProseField

STEP = 10
"""Between two positions, so that an entry can be put between two others without renumbering."""

FIRST_YEAR = 2000
LONGEST_SHELF_LIFE = 5
"""In years. What need not be looked at for longer is a year mistyped."""

E = TypeVar("E", bound="Entry")


class EntryManager(models.Manager[E]):
    def get_by_natural_key(self, slug: str) -> E:
        return self.get(slug=slug)


class Entry(models.Model):
    """Anything an editor keeps in an ordered list."""

    slug = models.CharField(
        max_length=SLUG_LENGTH,
        unique=True,
        validators=[
            RegexValidator(rf"\A(?:{SLUG.pattern})\Z", "Use lower-case letters a to z, digits and single hyphens only.")
        ],
        help_text="Its name in addresses and saved results, so it can't change later. Example: contract-review.",
    )
    position = models.PositiveIntegerField(
        default=0,
        db_index=True,
        help_text="Where it stands in the list, low numbers first: 15 goes between 10 and 20. Left at 0, it goes last.",
    )

    answer_key: ClassVar[str] = ""
    """The key under which an address names it. Empty for what no answer names."""

    retired_at = models.DateTimeField(
        "retired",
        null=True,
        blank=True,
        editable=False,
        help_text="Since when it is kept for old releases only, and in no new one.",
    )

    objects: ClassVar[EntryManager[Self]] = EntryManager()

    class Meta:
        abstract = True
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return str(getattr(self, "name", "") or self.slug)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.position:
            last = type(self).objects.aggregate(last=models.Max("position"))["last"] or 0
            self.position = last + STEP
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        users = self.used_by()
        if users:
            names = ", ".join(str(user) for user in users)
            raise models.ProtectedError(f"“{self}” is still used by {names}.", set(users))
        return super().delete(*args, **kwargs)

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def used_by(self) -> list[Entry]:
        """Every other draft row that names this one, once each, examples that name it in their answers too.

        Deleting it anyway would empty cells, and a rule with an empty cell matches more than its editor meant.
        """
        related = [user for relation in self._relations() for user in relation if user != self]
        return list(dict.fromkeys([*related, *self.named_in_answers()]))

    def named_in_answers(self) -> list[Entry]:
        """The examples whose answers name it. They are a text, so that no relation tells."""
        if not self.answer_key:
            return []
        examples: Any = apps.get_model("advisor", "Example")
        return [
            example
            for example in examples.objects.filter(answers__contains=self.slug)
            if (self.answer_key, self.slug) in parse_qsl(example.answers, keep_blank_values=True)
        ]

    def _relations(self) -> Iterator[models.QuerySet[Entry]]:
        for relation in self._meta.related_objects:
            if issubclass(relation.related_model, Entry):
                yield relation.related_model.objects.filter(**{relation.field.name: self}).distinct()


def check_not_ahead(day: date) -> None:
    """Refuse a day on which nobody can have checked anything. Somewhere it is tomorrow already.

    Not a claim's own check: a server whose clock is slow must not refuse a whole draft that comes back.
    """
    if day > timezone.localdate() + timedelta(days=1):
        raise ValidationError("This day lies ahead. Give the day on which somebody read the sources.")


class Claim(models.Model):
    """Something the site says: with its sources and a shelf life."""

    sources = models.ManyToManyField(
        "advisor.Source",
        help_text="Where this comes from. At least one: nothing is said without a source.",
    )
    checked_on = models.DateField(
        "checked on",
        help_text="The day someone last read the sources and found this still true. Example: 2026-11-24.",
    )
    review_by = models.DateField(
        "review by",
        help_text="The day by which to look again. Prices and law: about 90 days on. Example: 2027-02-22.",
    )
    contested = ProseField(
        max_length=600,
        blank=True,
        help_text="The other side's reason, when people who know the matter disagree. Visitors see both. Leave empty "
        "when nobody does. Example: The article files fraud detection under language models.",
    )
    contested_sources = models.ManyToManyField(
        "advisor.Source",
        verbose_name="sources of the other side",
        blank=True,
        related_name="contested_%(class)s_set",
        related_query_name="contested_%(class)s",
        help_text="Who holds the other view.",
    )
    # Of the draft alone: no document and no file names people, and bringing one back leaves this as it is.
    looks_after = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="who looks after it",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who gets the mail when it is due. Empty means everybody. Visitors never see this.",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(review_by__gte=models.F("checked_on")),
                name="%(class)s_is_reviewed_after_it_was_checked",
                violation_error_message="“Review by” lies before “checked on”.",
            )
        ]

    def clean(self) -> None:
        super().clean()
        if not (self.checked_on and self.review_by):
            return
        if self.checked_on.year < FIRST_YEAR:
            raise ValidationError({"checked_on": f"No source was read before {FIRST_YEAR}. Look at the year."})
        if self.review_by < self.checked_on:
            raise ValidationError({"review_by": "This day lies before the day on which it was checked."})
        if self.review_by.year - self.checked_on.year > LONGEST_SHELF_LIFE:
            told = f"This is more than {LONGEST_SHELF_LIFE} years after it was checked. Look at the year."
            raise ValidationError({"review_by": told})


class Cells(models.Model):
    """Condition cells of a row. An empty cell means any."""

    industries = models.ManyToManyField(
        "advisor.Industry",
        blank=True,
        help_text="Holds when the visitor's industry is one of these. Empty means any. Example: Law and finance.",
    )
    needs = models.ManyToManyField(
        "advisor.Need",
        blank=True,
        help_text="Holds for each of these needs. Empty means any. Example: Review contracts.",
    )
    modalities = models.ManyToManyField(
        "advisor.Modality",
        blank=True,
        help_text="Holds for each of these kinds of content. Empty means any. Example: Text.",
    )
    circumstances = models.ManyToManyField(
        "advisor.Circumstance",
        blank=True,
        help_text="Holds when the visitor ticked all of these, not just one. Empty means any. "
        "Example: We handle personal data.",
    )

    class Meta:
        abstract = True


class Condition(Cells):
    """Cells of a row that is looked up after the table has decided."""

    categories = models.ManyToManyField(
        "advisor.Category",
        blank=True,
        help_text="Holds when the advice is one of these kinds of AI. Empty means any. Example: Large language model.",
    )

    class Meta:
        abstract = True
