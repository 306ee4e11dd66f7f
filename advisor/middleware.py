"""What every response carries."""

import os
import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from advisor import logs, proxies
from advisor.assets import first_script
from advisor.site import site_of
from advisor.styles import inline_style_hashes

GetResponse = Callable[[HttpRequest], HttpResponseBase]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}


class SecurityHeaders:
    """Puts each security header on every response once, whoever made it: a view, an error, a redirect, a static file.

    Must be the outermost middleware. Strict-Transport-Security is SecurityMiddleware's, as it belongs on https alone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(request))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def content_security_policy(request: HttpRequest) -> str:
    # The admin's own stylesheets draw some icons from data: addresses.
    images = "'self' data:" if request.path.startswith("/admin/") else "'self'"
    styles = inline_style_hashes(site_of(request).colours)
    return (
        f"default-src 'none'; script-src 'self' {first_script().csp_hash}; style-src 'self' {styles}; "
        f"img-src {images}; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'; manifest-src 'self'"
    )


REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 of them, and none that is taken for another when it is read out."""


def new_request_id() -> str:
    """Such as K7QF-3M2P-9TXA: 60 bits that can be told over the telephone."""
    letters = "".join(_LETTERS[byte % 32] for byte in os.urandom(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class RequestId:
    """Gives each request a number: it stands in each log line, in the response's headers and on error pages.

    A proxy of ours may have given one before. Anybody else's is not taken: it could be made to look like another's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number = request.headers.get("X-Request-ID", "")
        if not (REQUEST_ID.fullmatch(number) and proxies.sent_by_one(request)):
            number = new_request_id()
        request.signpost_id = number  # type: ignore[attr-defined]  # our own mark
        of_thread = logs.request_id.set(number)
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(of_thread)
        response.headers["X-Request-ID"] = number
        return response


class VaryOnHtmx:
    """Tells caches that a page may have two bodies at one address: whole, or the part that htmx asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response


class OfEditors(MiddlewareMixin):
    """What only the editors' pages need. Visitors pass it by, so no page of theirs can come to know a session."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if request.path_info.startswith("/admin/") else self.get_response(request)


class Sessions(OfEditors, SessionMiddleware):
    pass


class Users(OfEditors, AuthenticationMiddleware):
    pass


class Messages(OfEditors, MessageMiddleware):
    pass
