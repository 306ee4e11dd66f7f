"""Pages that only the holder of a link may see: nobody keeps a copy, and no search engine lists them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Say so with every response of this view. A view that set its own Cache-Control keeps it."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            response.headers.setdefault(name, value)
        return response

    return respond
