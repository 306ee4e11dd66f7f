"""Two editors on one record: whoever saves second is shown both texts, and nobody's is lost.

A form carries a digest of what the record said when it was opened. A number that counts saves would miss what commands
and imports change, and stop an editor where somebody saved without changing anything.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelChoiceField, ModelForm
from django.forms.models import model_to_dict

from advisor.admin.look import TextsForm
from advisor.admin.retiring import hide_retired
from advisor.models.bases import Entry, check_not_ahead

SEEN = "seen"


class EntryForm(TextsForm):
    is_late = False
    """Set when the record is not any more what the editor saw."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hide_retired(self)

    def clean_checked_on(self) -> date:
        """A claim's. Django calls it when the form has such a field."""
        day: date = self.cleaned_data["checked_on"]
        check_not_ahead(day)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.is_late:
            raise ValidationError("Somebody else saved this meanwhile. Look at both texts, then save again.")
        return cleaned


def digest(entry: Entry) -> str:
    """Of all that the record says."""
    values = model_to_dict(entry)
    said = {
        name: sorted(one.pk for one in value) if _is_list_of_rows(value) else value for name, value in values.items()
    }
    return hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()


def both(form: ModelForm[Any]) -> list[tuple[str, str, str]]:
    """Each field in which what was sent differs from what is stored: its label, what is stored, what was sent.

    The form must be bound to what was sent, over the record as it is stored.
    """
    return [
        (
            str(form[name].label),
            _shown(form, name, form.get_initial_for_field(form.fields[name], name)),
            _shown(form, name, form[name].data),
        )
        for name in form.changed_data
    ]


def typed(form: ModelForm[Any]) -> list[tuple[str, str]]:
    """Each field into which something was typed: its label, and what."""
    shown = [(str(form[name].label), _shown(form, name, form[name].data)) for name in form.fields]
    return [(label, text) for label, text in shown if text not in ("", "–")]


def _is_list_of_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Model)


def _shown(form: ModelForm[Any], name: str, value: Any) -> str:
    field = form.fields[name]
    if isinstance(field, ModelChoiceField):
        numbers = [str(getattr(one, "pk", one)) for one in (value if isinstance(value, list) else [value])]
        rows: Any = field.queryset
        chosen = rows.filter(pk__in=[number for number in numbers if number.isdecimal()])
        return ", ".join(map(str, chosen)) or "–"
    return str(field.prepare_value(value) or "–") if not isinstance(value, list) else "\n".join(map(str, value)) or "–"
