"""Claims of the draft that somebody has to look at again: which are due, and which of them first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.utils import timezone

from advisor.models.bases import Claim, Entry
from advisor.models.document import DRAFT_MODELS
from advisor.models.rules import RULE_CELLS

SOON = 30
"""Days ahead from which a claim counts as due soon."""

CLAIMS: Mapping[str, type[Entry]] = {
    section: model for section, model in DRAFT_MODELS.items() if issubclass(model, Claim)
}

DUTY, ADVICE, EXPLANATION = range(3)
"""What an old statement does: somebody breaks the law or starts too early; gets poor advice; reads old news."""

_HARM: Mapping[str, Any] = {
    "rules": Value(ADVICE),
    "gates": Case(When(level="not-yet", then=Value(DUTY)), default=Value(ADVICE), output_field=IntegerField()),
    "caveats": Case(When(severity="must", then=Value(DUTY)), default=Value(ADVICE), output_field=IntegerField()),
}

_SAYS = {
    "rules": "because",
    "gates": "because",
    "caveats": "text",
    "tools": "what_for",
    "categories": "summary",
    "terms": "meaning",
}


@dataclass(frozen=True, slots=True)
class Due:
    """A claim and its day. `place` is where it stands in the order in which to look at them."""

    harm: int
    review_by: date
    section: str
    pk: int
    owner: int | None

    def is_overdue(self, today: date) -> bool:
        return today > self.review_by

    @property
    def place(self) -> tuple[int, date, str, int]:
        return self.harm, self.review_by, self.section, self.pk

    @property
    def key(self) -> str:
        return f"{self.section}-{self.pk}"


@dataclass(frozen=True, slots=True)
class Counts:
    overdue: int
    soon: int


def due(days: int = SOON) -> list[Due]:
    """All that are overdue or due within so many days, the most harmful first, then the longest overdue. One query."""
    until = timezone.localdate() + timedelta(days=days)
    parts = [_due(section, model).filter(review_by__lte=until) for section, model in CLAIMS.items()]
    rows: Iterable[Any] = parts[0].union(*parts[1:], all=True)
    return sorted((Due(*row) for row in rows), key=lambda claim: claim.place)


def these(numbers: Mapping[str, Iterable[int]]) -> list[Due]:
    """The claims with these numbers by section, due or not, in the same order."""
    parts = [_due(section, CLAIMS[section]).filter(pk__in=wanted) for section, wanted in numbers.items()]
    return sorted((Due(*row) for part in parts for row in part), key=lambda claim: claim.place)


def one(section: str, row: Any) -> Due:
    """A claim as the queue has it, of a row that is loaded already."""
    duty = getattr(row, "level", "") == "not-yet" or getattr(row, "severity", "") == "must"
    harm = DUTY if duty else ADVICE if section in _HARM else EXPLANATION
    return Due(harm, row.review_by, section, row.pk, row.looks_after_id)


def counts() -> Counts:
    """How many are overdue, and how many will be soon. One query."""
    today, found = timezone.localdate(), due()
    overdue = sum(claim.is_overdue(today) for claim in found)
    return Counts(overdue, len(found) - overdue)


def records(found: Sequence[Due], *, whole: bool = False) -> Iterator[tuple[Due, Entry]]:
    """Each with its row, its sources and who looks after it, in the same order. A few queries, however many they are.

    `whole`: with all else that it names too. One that is deleted by now is left out.
    """
    rows: dict[tuple[str, int], Entry] = {}
    for section in {claim.section for claim in found}:
        numbers = [claim.pk for claim in found if claim.section == section]
        related = ("looks_after", "category") if section == "rules" else ("looks_after",)
        model: Any = CLAIMS[section]
        lists = (
            [field.name for field in model._meta.many_to_many]
            if whole
            else ["sources", *(RULE_CELLS if section == "rules" else ())]
        )
        queryset = model.objects.select_related(*related).prefetch_related(*lists)
        rows |= {(section, row.pk): row for row in queryset.filter(pk__in=numbers)}
    return ((claim, rows[claim.section, claim.pk]) for claim in found if (claim.section, claim.pk) in rows)


def title(section: str, row: Any) -> str:
    """What an editor knows it by: its name, and a rule by when it holds and what it recommends."""
    return row.heading() if section == "rules" else str(row)


def says(section: str, row: Any) -> str:
    """The statement itself, in the words that visitors read."""
    return str(getattr(row, _SAYS[section]))


def carers() -> QuerySet[User]:
    """Who may look after claims."""
    return User.objects.with_perm("advisor.change_rule", backend=settings.MODEL_BACKEND).order_by("username")


def _due(section: str, model: type[Entry]) -> QuerySet[Any, Any]:
    harm = _HARM.get(section, Value(EXPLANATION))
    rows: Any = (
        model.objects.filter(retired_at=None)
        .order_by()
        .annotate(harm=harm, section=Value(section), owner=F("looks_after_id"))
    )
    found: QuerySet[Any, Any] = rows.values_list("harm", "review_by", "section", "pk", "owner")
    return found
