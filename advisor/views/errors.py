"""Pages for when something is wrong. They say what happened, what is safe, and where to go; none needs the database."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from advisor.context import of_every_page
from advisor.decision.answers import MalformedAnswers
from advisor.published import NoRelease
from advisor.views.results import wants_json

logger = logging.getLogger("advisor.errors")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    title = _("We can't read this address")
    text = (
        str(exception)
        if isinstance(exception, MalformedAnswers)
        else _("Something in this request is not as we expect it.")
    )
    return _page(request, 400, title, text)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """Also fit for CSRF_FAILURE_VIEW, which gives a reason instead of an exception."""
    return _page(
        request, 403, _("This form was not sent from our page"), _("Open the page again and send it from there.")
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("There is no page at this address. It may have moved, or a letter may be missing.")
    return _page(request, 404, _("We have no such page"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    text = _(
        "The mistake is ours, and it is in our log now. Your answers are in the address, so they are safe. Try again."
    )
    return _page(request, 500, _("This page did not work"), text)


def no_release(request: HttpRequest, problem: NoRelease) -> HttpResponse:
    """What the person who runs the site has to do stands on the page as well as in the log."""
    logger.error("No release to show: %s", problem)
    response = _page(request, 503, _("Nothing is published here yet"), str(problem))
    response.headers["Retry-After"] = "60"
    return response


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page, or the same as problem JSON (RFC 9457) for whoever asked for JSON."""
    if wants_json(request):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": text}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    links = [{"url": "/", "name": _("Start page")}, {"url": "/advice/industry/", "name": _("Start with your industry")}]
    context: dict[str, Any] = {"title": title, "text": text, "status": status, "links": links, **of_every_page()}
    context["request"] = request
    response = HttpResponse(render_to_string("advisor/error.html", context), status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


class OurErrors:
    """Turns the two problems that any page can meet into a page of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, MalformedAnswers):
            return bad_request(request, exception)
        if isinstance(exception, NoRelease):
            return no_release(request, exception)
        return None
