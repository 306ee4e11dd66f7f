"""The random key in each form of a visitor. It makes sending twice harmless, and says how old the form is."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.utils import timezone

OLDEST = timedelta(days=1)


class StaleForm(ValueError):
    """The form is older than a day, or its key was not made here. Nothing was stored; it needs a new key."""


@dataclass(frozen=True, slots=True)
class FormKey:
    """`secret` is the random part, `age` the time since the page with the form was made."""

    secret: str
    age: timedelta


def new() -> str:
    """A key for one form: random, and signed together with the time."""
    return _signer().sign(f"{secrets.token_urlsafe(18)}.{timezone.now().timestamp():.3f}")


def read(text: str) -> FormKey:
    """What a form sent back. Raises StaleForm."""
    try:
        secret, _dot, made_at = _signer().unsign(text).partition(".")
    except BadSignature as error:
        raise StaleForm("The key of this form was not made here.") from error
    # A clock that was set back meanwhile makes no form younger than new.
    age = max(timezone.now() - datetime.fromtimestamp(float(made_at), UTC), timedelta(0))
    if age > OLDEST:
        raise StaleForm("This form is older than a day.")
    return FormKey(secret, age)


def _signer() -> Signer:
    return Signer(salt="advisor.form")
