"""What every response carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

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
        f"default-src 'none'; script-src 'self'; style-src 'self' {styles}; img-src {images}; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "object-src 'none'; manifest-src 'self'"
    )


class VaryOnHtmx:
    """Tells caches that a page may have two bodies at one address: whole, or the part that htmx asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response
