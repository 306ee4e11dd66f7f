"""Fields for what editors write. Whatever way a text arrives, it is stored tidy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.db import models

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the reading direction: with them a text can read otherwise than it is stored."""

OWN_PAGE = re.compile(r"/(?:[a-z0-9-]+/)*")

UNSEEN = frozenset("\u200b\u2060\ufeff")


def tidy(text: str) -> str:
    """Composed (NFC) and trimmed, without control, direction or unseen characters. Line ends stay, as newlines."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(character for character in text if _is_plain(character)).strip()


def _is_plain(character: str) -> bool:
    if character == "\n":
        return True
    return character not in BIDI | UNSEEN and unicodedata.category(character) not in ("Cc", "Cs")


def tidy_line(text: str) -> str:
    """As `tidy`, on one line."""
    return " ".join(tidy(text).split("\n"))


class LineField(models.CharField[str, str]):
    """A text of one line."""

    def to_python(self, value: Any) -> Any:
        return tidy_line(value) if isinstance(value, str) else super().to_python(value)


class ProseField(models.TextField[str, str]):
    """A text of some sentences. Unlike TextField it holds to its `max_length` outside of forms too."""

    def __init__(self, *args: Any, max_length: int, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "max_length": max_length})
        self.validators.append(MaxLengthValidator(max_length))

    def to_python(self, value: Any) -> Any:
        return tidy(value) if isinstance(value, str) else super().to_python(value)


def check_link(value: str) -> None:
    """An editor's link is opened by strangers: https, or a page of this site."""
    if not OWN_PAGE.fullmatch(value):
        URLValidator(schemes=["https"], message="Write a whole address that starts with https://.")(value)


class LinkField(LineField):
    """An address on the web, or the path of a page of this site."""

    default_validators = [check_link]


class LinesFormField(forms.CharField):
    """One text a line in the form, a list of texts in Python."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return as_lines(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return as_lines(initial or "") != as_lines(data or "")


class LinesField(models.TextField[Iterable[str], list[str]]):
    """A list of short texts, stored one a line."""

    def __init__(self, *args: Any, line_length: int = 200, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": list, **kwargs})
        self.line_length = line_length

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "line_length": self.line_length}

    def from_db_value(self, value: str | None, *args: Any) -> list[str]:
        return as_lines(value or "")

    def to_python(self, value: Any) -> Any:
        return as_lines(value or "")

    def get_prep_value(self, value: Any) -> Any:
        return "\n".join(as_lines(value or "")) if isinstance(value, str | list | tuple) else value

    def value_to_string(self, obj: models.Model) -> str:
        return "\n".join(self.value_from_object(obj))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        long = [line for line in value if len(line) > self.line_length]
        if long:
            raise ValidationError(f"A line holds {self.line_length} characters at most. Too long: “{long[0][:40]}…”.")
        twice = [line for line in value if value.count(line) > 1]
        if twice:
            raise ValidationError(f"“{twice[0]}” stands twice.")

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": LinesFormField, **kwargs})


def as_lines(value: str | Iterable[str]) -> list[str]:
    """The tidy lines of a text or a list, without empty ones."""
    lines = value.split("\n") if isinstance(value, str) else value
    return [line for line in map(tidy_line, lines) if line]


class Offer(models.TextChoices):
    """The ways in which a tool can be had."""

    HOSTED = "hosted", "on the maker's servers"
    SELF_HOSTED = "self-hosted", "on your own servers"
    OPEN_WEIGHTS = "open-weights", "as open weights that anyone can run"
    BUILT_IN = "built-in", "built into a program you already use"


class OffersField(LinesField):
    """Ways of offering a tool: a list of words of `Offer`, ticked in the form."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        unknown = [word for word in value if word not in Offer.values]
        if unknown:
            raise ValidationError(f"“{unknown[0]}” is not one of {', '.join(Offer.values)}.")

    def formfield(self, **kwargs: Any) -> Any:
        return forms.MultipleChoiceField(
            choices=Offer.choices,
            widget=forms.CheckboxSelectMultiple,
            required=not self.blank,
            label=str(self.verbose_name).capitalize(),
            help_text=str(self.help_text),
        )
