"""Which machine a request really comes from, when our own proxies stand between."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from advisor.environment import is_public

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def sent_by_one(request: HttpRequest) -> bool:
    """Whether a proxy of ours handed the request on. A site that only this machine reaches has none."""
    if not is_public(settings.SIGNPOST_SITE_URL):
        return False
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    return peer is None or _is_ours(peer)  # without an address it came through a socket file of this machine


def client_address(request: HttpRequest) -> Address | None:
    """The peer, or whom our proxies name. None when they name nobody.

    X-Forwarded-For is read from its end, where the nearest proxy writes. The first address there that is no proxy's is
    the client's: whatever stands before it, the client may have made up.
    """
    if not sent_by_one(request):
        return _address(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        address = _address(hop)
        if address is None or not _is_ours(address):
            return address
    return None


def _is_ours(address: Address) -> bool:
    return any(address in network for network in _networks(settings.SIGNPOST_PROXIES))


@lru_cache(maxsize=4)
def _networks(proxies: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.ip_network, proxies))


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address
