"""Forms of visitors, who have no session: only our own pages may send them."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def same_origin_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse with 403 what another site's page posts. Every current browser says where a form comes from."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        site = request.headers.get("Sec-Fetch-Site")
        if site not in ("same-origin", "none") and _host_of(request.headers.get("Origin", "")) != request.get_host():
            raise PermissionDenied("This form can only be sent from this site's own pages.")
        return view(request, *args, **kwargs)

    return respond


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as an address of IPv6 that is cut off
        return ""


class SeeOther(HttpResponseRedirect):
    """The form was taken; the page to look at is there. Reloading that page sends nothing again."""

    status_code = 303
