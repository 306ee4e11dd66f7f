"""Lock-out after wrong passwords and codes: of one name, from one network, for a quarter of an hour.

django-axes counts. It gets to know neither names nor addresses: a keyed hash, and the network. Who is locked out may
come from another network, or with a passkey, which nobody can guess; so nobody can lock out somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import timedelta
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from advisor.proxies import client_address

STAYS = timedelta(days=1)
"""What was counted is of no use for longer."""


class LockOut(AxesStandaloneBackend):  # type: ignore[misc]  # axes ships no types
    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """A command has no network, so nothing to lock out."""
        if request is not None:
            super().authenticate(request, **credentials)


def network_of(request: HttpRequest) -> str | None:
    """A /24, or for IPv6 a /48: as much of an address as may be stored, and what one customer of a provider has."""
    address = client_address(request)
    if address is None:
        return None
    network = ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False)
    return str(network.network_address)


def name_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """What axes takes for the name: whatever was typed as one, perhaps a password by mistake, is not stored."""
    return _hidden((credentials or request.POST).get("username") or "")


def _hidden(name: str) -> str:
    return hmac.new(f"advisor.lockout {settings.SECRET_KEY}".encode(), name.encode(), hashlib.sha256).hexdigest()


def is_locked_out(request: HttpRequest, user: User) -> bool:
    return not AxesProxyHandler.is_allowed(request, {"username": user.get_username()})


def count_wrong_code(request: HttpRequest, user: User) -> None:
    """As a wrong password is counted. The answer then is the page for who is locked out, if that was one too many."""
    user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=request)


def ends_in(request: HttpRequest, credentials: dict[str, Any] | None) -> timedelta:
    """How long until they may try again."""
    attempts = AccessAttempt.objects.filter(username=name_of(request, credentials), ip_address=network_of(request))
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    longest: timedelta = settings.AXES_COOLOFF_TIME
    return min(longest, last + longest - timezone.now()) if last else longest


def end(user: User) -> None:
    reset(username=_hidden(user.get_username()))


def forget_old() -> int:
    """Also what a wrong clock put into the future: it would lock out until then."""
    now = timezone.now()
    old = Q(attempt_time__lt=now - STAYS) | Q(attempt_time__gt=now + timedelta(minutes=1))
    return int(AccessAttempt.objects.filter(old).delete()[0])
