"""The draft of the rows that decide: rules, gates and caveats."""

from __future__ import annotations

from django.db import models

from advisor.decision import sentences
from advisor.models.bases import Cells, Claim, Condition, Entry
from advisor.models.catalogue import HELP_LENGTH, NAME_LENGTH, PHRASE_LENGTH, Category
from advisor.models.fields import LineField, ProseField

RULE_CELLS = tuple(field.name for field in Cells._meta.local_many_to_many)


class Rule(Entry, Claim, Cells):
    """A row of the decision table. Of the rows that match a case, the one with most filled cells wins."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, help_text="The kind of AI that this rule recommends, or ordinary software."
    )
    because = ProseField(
        max_length=600,
        help_text="The reason, as the visitor reads it. Example: Contracts are text, and this kind is made for text.",
    )
    look_for = LineField(
        max_length=HELP_LENGTH,
        blank=True,
        help_text="What to look for next; a must when the advice is ordinary software. Example: a booking calendar.",
    )

    class Meta(Entry.Meta, Claim.Meta):
        pass

    def __str__(self) -> str:
        return self.slug

    def heading(self) -> str:
        """What stands for it where other records have a name. Reads its category and cells: fetch them with it."""
        named = {cell: [entry.name for entry in getattr(self, cell).all()] for cell in RULE_CELLS}
        return sentences.heading({cell: names for cell, names in named.items() if names}, self.category.name)


class Gate(Entry, Claim, Condition):
    """What must be true first. The strictest gate that applies gives the readiness; all that apply are listed."""

    class Level(models.TextChoices):
        PREPARE = "prepare", "prepare first"
        NOT_YET = "not-yet", "not yet"

    name = LineField(
        max_length=NAME_LENGTH, help_text="The step in a few words. Example: Name someone who checks the output."
    )
    level = models.CharField(
        max_length=16,
        choices=Level,
        help_text="How strict it is. “Not yet” shows steps to get ready instead of tools.",
    )
    because = ProseField(
        max_length=600, help_text="Why it must come first. Example: Nobody would notice when an answer is wrong."
    )
    action = ProseField(
        max_length=600, help_text="What to do about it. Example: Choose a person and set aside an hour a week."
    )
    retry = LineField(
        max_length=PHRASE_LENGTH,
        blank=True,
        help_text="The label of the link that asks again without the circumstance. Example: Someone checks now.",
    )

    class Meta(Entry.Meta, Claim.Meta):
        constraints = [
            *Claim.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(level__in=["prepare", "not-yet"]), name="gate_level_is_prepare_or_not_yet"
            ),
        ]


class Caveat(Entry, Claim, Condition):
    """An ethical or legal matter to mind."""

    class Severity(models.TextChoices):
        MUST = "must", "must: a duty"
        MIND = "mind", "mind: a good idea"

    class Certainty(models.TextChoices):
        """Low is missing on purpose: what we are not sure of is not said."""

        HIGH = "high", "high: an official text, or several sources agree"
        MEDIUM = "medium", "medium: one or two good sources, or the status may have moved"

    name = LineField(
        max_length=NAME_LENGTH, help_text="The matter in a few words. Example: Tell people they talk to a machine."
    )
    severity = models.CharField(max_length=8, choices=Severity, help_text="Whether it is a duty or a good idea.")
    text = ProseField(
        max_length=600, help_text="What the matter is, in plain words. Example: Customers in the EU must be told that …"
    )
    action = ProseField(max_length=600, help_text="What to do about it. Example: Say so in the first line of the chat.")
    status = LineField(
        max_length=PHRASE_LENGTH,
        blank=True,
        help_text="Since when and where it holds. Example: EU, since 2 August 2026.",
    )
    certainty = models.CharField(
        max_length=8, choices=Certainty, help_text="How sure we are. What we are less sure of can't be stored."
    )

    class Meta(Entry.Meta, Claim.Meta):
        constraints = [
            *Claim.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(severity__in=["must", "mind"]), name="caveat_severity_is_must_or_mind"
            ),
            models.CheckConstraint(
                condition=models.Q(certainty__in=["high", "medium"]), name="caveat_certainty_is_high_or_medium"
            ),
        ]
