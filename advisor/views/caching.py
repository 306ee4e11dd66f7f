"""Unchanged pages: the same release, code and address give the same bytes, so a browser's copy can be kept."""

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import condition

from advisor import lookout, published, recalls
from advisor.site import site_of

View = Callable[..., HttpResponse]

KEPT_AND_OUTDATED = "@1"
"""For nginx: valid until the first second of 1970. Visitors never see this header, nginx takes it out."""


def unchanged_until_release(view: View) -> View:
    """Answer 304 without making the page when the browser's copy still holds.

    A shared cache may keep the page too, but has to ask each time: so a new release is seen at once. nginx keeps
    nothing that says "no-cache", so it is told in its own words to keep the page and to hold it for outdated.
    """
    conditional = condition(etag_func=_etag)(view)

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = conditional(request, *args, **kwargs)
        # "no-store" would keep a browser without scripts from going back to a page that answered a form.
        whose = "private" if request.method == "POST" else "public"
        told = response.headers.get("Cache-Control", f"{whose}, no-cache")
        response.headers["Cache-Control"] = told
        if told == "public, no-cache":
            del response.headers["Cache-Control"]  # of the two, nginx 1.22 believes the one that comes first
            response.headers["X-Accel-Expires"] = KEPT_AND_OUTDATED
            response.headers["Cache-Control"] = told
        if response.status_code == HTTPStatus.NOT_MODIFIED:  # says what the whole page would have said
            patch_vary_headers(response, ["Accept", "HX-Request", "Accept-Encoding"])
        return response

    return respond


def _etag(request: HttpRequest, *args: object, **kwargs: object) -> str:
    """Changes with whatever a page shows: release, recalls, an outage, code, day, form, address."""
    release = published.of_request(request)
    parts = (
        release.sha256,
        str(release.number),
        repr(sorted(recalls.in_force().items())),
        lookout.outage() or "",
        code_version(),
        get_language() or "",
        site_of(request).digest,
        timezone.localdate().isoformat(),
        request.headers.get("HX-Request", ""),
        request.headers.get("Accept", "") if "json" in request.headers.get("Accept", "") else "",
        request.scheme or "",
        request.get_host(),
        request.path,
        request.META.get("QUERY_STRING", ""),
    )
    return f'W/"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


@cache
def code_version() -> str:
    """A checksum over our code, templates and static files, and over what they are locked to run with.

    The server takes it before its processes begin: files that change later are not what they serve.
    """
    digest = hashlib.sha256()
    for folder, pattern in (
        ("advisor", "*.py"),
        ("templates", "*.*"),
        ("static", "*.*"),
        ("requirements", "run.txt"),
    ):
        for path in sorted((settings.BASE_DIR / folder).rglob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
