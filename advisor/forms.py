"""The forms of visitors: what they may hold, and what to say when it is something else."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import EmailValidator
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisor.environment import MAIL_ADDRESS
from advisor.models.enquiries import CONTACT_LENGTH, MESSAGE_LENGTH, NAME_LENGTH
from advisor.models.fields import tidy, tidy_line

FEWEST_DIGITS = 6
LONGEST_ADDRESS = 254
"""What mail servers take (RFC 5321), and what the column holds."""


class Prose(forms.CharField):
    """Tidied before anything else looks at it."""

    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")


class Line(forms.CharField):
    """The same, on one line."""

    def to_python(self, value: Any) -> str:
        return tidy_line(super().to_python(value) or "")


class AddressForm(forms.Form):
    """One mail address, and nothing that could make two of it, or a header of a mail."""

    address = forms.Field(required=False)

    def clean_address(self) -> str:
        address = (self.cleaned_data["address"] or "").strip(" ")
        if not address:
            raise forms.ValidationError(_("Write your mail address, such as name@example.com."))
        try:
            if len(address) > LONGEST_ADDRESS:
                raise forms.ValidationError("too long")
            EmailValidator(allowlist=[])(address)
        except forms.ValidationError as error:
            raise forms.ValidationError(
                _("Write one mail address and nothing else, such as name@example.com.")
            ) from error
        return str(address)


class EnquiryForm(forms.Form):
    message = Prose(required=False)
    contact = Line(required=False)
    name = Line(required=False)
    with_advice = forms.BooleanField(required=False)
    consent = forms.BooleanField(required=False)

    def clean_message(self) -> str:
        message: str = self.cleaned_data["message"]
        if not message:
            raise forms.ValidationError(_("Write what you would like to talk about."))
        over = len(message) - MESSAGE_LENGTH
        if over > 0:
            raise forms.ValidationError(
                ngettext(
                    "Your message is %(over)s character too long. %(limit)s fit in.",
                    "Your message is %(over)s characters too long. %(limit)s fit in.",
                    over,
                )
                % {"over": _grouped(over), "limit": _grouped(MESSAGE_LENGTH)}
            )
        return message

    def clean_contact(self) -> str:
        contact: str = self.cleaned_data["contact"]
        if not contact:
            raise forms.ValidationError(_("Write a mail address or a telephone number, so that we can answer."))
        _check_length(contact, CONTACT_LENGTH)
        if "@" in contact:
            if not MAIL_ADDRESS.fullmatch(contact):
                raise forms.ValidationError(_("Write one mail address and nothing else, such as name@example.com."))
        elif len(re.sub(r"\D", "", contact)) < FEWEST_DIGITS:
            raise forms.ValidationError(_("Write a whole mail address or telephone number, such as name@example.com."))
        return contact

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        _check_length(name, NAME_LENGTH)
        return name

    def clean_consent(self) -> Any:
        if not self.cleaned_data["consent"]:
            raise forms.ValidationError(_("Tick the box below. Without that we may not keep your message."))
        return True


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise forms.ValidationError(_("%(limit)s characters fit in here.") % {"limit": most})


def _grouped(number: int) -> str:
    return str(number_format(number, use_l10n=True, force_grouping=True))
