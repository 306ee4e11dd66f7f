"""The second step of signing in: a passkey, an app that shows codes, and recovery codes for when both are lost."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import b32encode
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from advisor.limits import Limit, TooMany

RECOVERY_CODES = 10
CODE_LETTERS = 16
"""Of a recovery code: 80 bits."""
WRONG_CODES = Limit("wrong codes", 20, timedelta(hours=1))
"""For one person, from all places together: whoever has a password must not get to try out codes."""


def app_of(user: User) -> Any:
    """Their app that shows codes, or None."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def passkeys_of(user: User) -> Any:
    """In the order in which they were added."""
    return WebAuthnCredential.objects.filter(user=user, confirmed=True).order_by("pk")


def count(user: User) -> int:
    """Recovery codes are not among them: they run out."""
    return int(passkeys_of(user).count()) + (app_of(user) is not None)


def has_one(user: User) -> bool:
    return count(user) > 0


def device_of(user: User, persistent_id: str) -> Any:
    """The one of this name, if it is theirs. Recovery codes go with the last of the others, not by themselves."""
    device = Device.from_persistent_id(persistent_id)
    return device if device and device.user_id == user.pk and not isinstance(device, StaticDevice) else None


def recovery_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def new_key() -> str:
    """What an app and this site share, in hexadecimal."""
    return secrets.token_hex(20)


def link_for_app(user: User, key: str) -> str:
    return str(TOTPDevice(user=user, key=key).config_url)


def key_to_type(key: str) -> str:
    """In groups of four."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def set_up_app(user: User, key: str, code: str) -> Any:
    """Take this app in place of the one before, when the code is what it shows now. Otherwise None."""
    with transaction.atomic():
        before = list(TOTPDevice.objects.filter(user=user).values_list("pk", flat=True))
        app = TOTPDevice.objects.create(user=user, name="app", key=key, tolerance=0)
        if not app.verify_token(_plain(code)):
            transaction.set_rollback(True)
            return None
        TOTPDevice.objects.filter(pk__in=before).delete()
    return app


def make_recovery_codes(user: User) -> list[str]:
    """New ones in place of those before. They are shown once: what is stored leads back to none of them."""
    letters = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery")
        StaticToken.objects.bulk_create([StaticToken(device=device, token=_digest(user, code)) for code in letters])
    return ["-".join(code[start : start + 4] for start in range(0, CODE_LETTERS, 4)) for code in letters]


def check(user: User, typed: str) -> Any:
    """What accepted this code, or None. Each code works once. Raises TooMany after too many wrong ones."""
    if wait := WRONG_CODES.wait(str(user.pk)):
        raise TooMany(wait)
    code = _plain(typed)
    if code.isdecimal():
        device, token = _app_after_a_wrong_clock(user), code
    else:
        device, token = StaticDevice.objects.filter(user=user).first(), _digest(user, code)
    accepted = device and verify_token(user, device.persistent_id, token)
    if not accepted:
        WRONG_CODES.use(str(user.pk))
    return accepted or None


def _app_after_a_wrong_clock(user: User) -> Any:
    """A code was used on a day that is still to come: no other would be taken until then."""
    app = app_of(user)
    if app and app.last_t > time.time() // app.step:
        app.last_t = -1
        app.save(update_fields=["last_t"])
    return app


def forget(user: User) -> None:
    """All of it."""
    for kind in (TOTPDevice, StaticDevice, WebAuthnCredential):
        kind.objects.filter(user=user).delete()


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").lower()


def _digest(user: User, code: str) -> str:
    """As long as the library's column. Nobody finds 80 random bits behind it."""
    return hashlib.sha256(f"{user.pk} {code}".encode()).hexdigest()[:CODE_LETTERS]
