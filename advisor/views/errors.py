"""Pages for when something is wrong. They say what happened, what is safe, and where to go; none needs the database."""

import logging
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from advisor import published, recalls
from advisor.context import of_every_page
from advisor.database import reason
from advisor.decision.answers import MalformedAnswers
from advisor.kept import Damaged, Gone, Unknown
from advisor.published import NoRelease
from advisor.recalls import Withdrawn
from advisor.views.again import again
from advisor.views.private import PRIVATE
from advisor.views.results import wants_json

logger = logging.getLogger("advisor.errors")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return too_large(request)
    title = _("We can't read this address")
    text = (
        str(exception)
        if isinstance(exception, MalformedAnswers)
        else _("Something in this request is not as we expect it.")
    )
    return _page(request, 400, title, text)


def too_large(request: HttpRequest) -> HttpResponse:
    """What was sent was not read, so it can't be shown here. It is where it was typed."""
    text = _(
        "What was sent is larger than we take in, so nothing was stored. Go back: in most browsers, what you typed is "
        "still there. Make it shorter, then send it again."
    )
    return _private(_page(request, 413, _("This is too much at once"), text))


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """Also fit for CSRF_FAILURE_VIEW, which gives a reason instead of an exception."""
    if exception and request.path.startswith("/admin/"):
        text = _("Your role does not include what is here. Whoever looks after roles on this site can change that.")
        return _page(request, 403, _("This page is not open to you"), text, [_workplace()])
    return _page(
        request, 403, _("This form was not sent from our page"), _("Open the page again and send it from there.")
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("There is no page at this address. It may have moved, or a letter may be missing.")
    return _page(request, 404, _("We have no such page"), text)


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    text = _("A form or a program sent something here that this page does not take. Open the page by its link.")
    response = _page(request, 405, _("This page can’t be used that way"), text)
    response.headers["Allow"] = allowed
    return response


def no_such_release(request: HttpRequest, number: int) -> HttpResponse:
    title = _("There is no release %(number)d") % {"number": number}
    text = _("The list of changes names every release there is.")
    return _page(request, 404, title, text, [{"url": reverse("changes"), "name": _("What changed")}])


def damaged_release(request: HttpRequest, number: int) -> HttpResponse:
    logger.error("Release %d can't be read", number)
    title = _("Release %(number)d can’t be read") % {"number": number}
    text = _(
        "What we stored of this release has been damaged on our side. The person who runs the site can bring it back "
        "from a backup."
    )
    return _page(request, 500, title, text, [{"url": reverse("changes"), "name": _("What changed")}])


def server_error(request: HttpRequest) -> HttpResponse:
    problem = sys.exc_info()[1]
    if isinstance(problem, DatabaseError):  # in a middleware, where OurErrors does not see it
        return no_database(request, problem)
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


def unknown_link(request: HttpRequest) -> HttpResponse:
    text = _(
        "Nothing is kept under this link. A letter may be missing at its end, or it never was one of ours. "
        "Open it once more from where it was sent to you, or answer the questions yourself: it takes three minutes."
    )
    return _private(_page(request, 404, _("We don’t know this link"), text))


def gone(request: HttpRequest, why: Gone) -> HttpResponse:
    """About as long as the page for an unknown link."""
    if why.deleted:
        title = _("This result was deleted")
        text = _(
            "Whoever kept this result has deleted it, and nothing of it is left here. "
            "You can answer the questions yourself: it takes three minutes, and you get today’s advice."
        )
    else:
        title = _("This result is no longer kept")
        text = _(
            "The time for which this result was kept is over, so it is not shown any more. "
            "You can answer the questions again: it takes three minutes, and you get today’s advice."
        )
    return _private(_page(request, 410, title, text))


def damaged(request: HttpRequest, problem: Damaged) -> HttpResponse:
    """Nothing is shown rather than something that may be wrong. The log says what is damaged."""
    text = _(
        "What we stored for this link has been damaged on our side, so we do not show it: it might be wrong. "
        "The person who runs the site can bring it back from a backup. "
        "You can answer the questions again and get today’s advice."
    )
    return _private(_page(request, 500, _("We can’t show this result"), text))


def withdrawn(request: HttpRequest, why: Withdrawn) -> HttpResponse:
    """In place of the advice, in whichever form it was asked for."""
    title = _("This advice was withdrawn on %(day)s") % {"day": date_format(localtime(why.recalled.day), "j F Y")}
    text = why.recalled.text
    if request.path.endswith(".json"):
        return _private(_problem(410, title, text))
    if request.path.endswith(".md"):
        return _private(HttpResponse(f"# {title}\n\n{text}\n", status=410, content_type="text/markdown; charset=utf-8"))
    return _private(_page(request, 410, title, text, [*_advice_of_today(why), *_starts()]))


def _advice_of_today(why: Withdrawn) -> list[dict[str, str]]:
    """What the current release says to the same answers, unless it is withdrawn too."""
    try:
        is_safe = recalls.of(published.current()) is None
    except NoRelease:
        return []
    if not (why.answers and is_safe):
        return []
    return [{"url": f"{reverse('result')}?{why.answers}", "name": _("Today’s advice for the same answers")}]


def no_database(request: HttpRequest, problem: DatabaseError) -> HttpResponse:
    logger.error("The database failed: %s", reason(problem))
    text = _(
        "We can’t reach what is stored here right now, so this page has to wait. Nothing is lost. Try again in a "
        "minute. The questions and their advice work meanwhile."
    )
    if request.method == "POST":
        text = _(
            "We can’t store anything right now, so nothing was changed. Send it again in a minute. "
            "The questions and their advice work meanwhile."
        )
    return _later(_private(_page(request, 503, _("This page has to wait"), text, again=again(request))), seconds=60)


def cannot_print(request: HttpRequest, print_view: str) -> HttpResponse:
    """press.py logs which packages are missing, once."""
    text = _(
        "This copy of the site cannot make PDFs: the machine that it runs on lacks what sets the type. "
        "The print view has the same content, and your browser can print it or save it as a PDF."
    )
    return _later(_page(request, 503, _("No PDF here"), text, _print_view(print_view)), seconds=3600)


def press_is_busy(request: HttpRequest, print_view: str) -> HttpResponse:
    text = _(
        "Many PDFs are being made right now, and more would slow the site down for everybody. Try again in a minute. "
        "The print view has the same content and is there at once."
    )
    return _later(_page(request, 503, _("Too many PDFs at once"), text, _print_view(print_view)), seconds=60)


def _print_view(address: str) -> list[dict[str, str]]:
    return [{"url": address, "name": _("The print view")}]


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response.headers["Retry-After"] = str(seconds)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would log another line for each, in a rush of them
    return response


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def _page(
    request: HttpRequest,
    status: int,
    title: str,
    text: str,
    links: list[dict[str, str]] | None = None,
    again: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    """A page, or the same as problem JSON (RFC 9457) for whoever asked for JSON."""
    number = _number(request, status)
    if wants_json(request):
        return _problem(status, title, text, number)
    if links is None:
        links = _starts()
    told = {"title": title, "text": text, "status": status, "links": links, "number": number, **again}
    context: dict[str, Any] = {**of_every_page(request), **told, "request": request}
    response = HttpResponse(render_to_string("advisor/error.html", context), status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _starts() -> list[dict[str, str]]:
    return [
        {"url": "/", "name": _("Start page")},
        {"url": "/advice/industry/", "name": _("Start with your industry")},
    ]


def _workplace() -> dict[str, str]:
    return {"url": reverse("admin:index"), "name": _("The editors’ first page")}


def _number(request: HttpRequest, status: int) -> str:
    """By which the log's lines on this are found. Only where there is something to look for."""
    return getattr(request, "signpost_id", "") if status in (500, 503) else ""


def _problem(status: int, title: str, text: str, number: str = "") -> HttpResponse:
    problem = {"type": "about:blank", "title": title, "status": status, "detail": text}
    if number:
        problem["request"] = number
    return JsonResponse(
        problem, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


class OurErrors:
    """Turns the problems that several pages can meet into pages of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return wrong_method(request, response.headers["Allow"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, MalformedAnswers):
            return bad_request(request, exception)
        if isinstance(exception, NoRelease):
            return no_release(request, exception)
        if isinstance(exception, Unknown):
            return unknown_link(request)
        if isinstance(exception, Gone):
            return gone(request, exception)
        if isinstance(exception, Damaged):
            return damaged(request, exception)
        if isinstance(exception, Withdrawn):
            return withdrawn(request, exception)
        if isinstance(exception, DatabaseError):
            return no_database(request, exception)
        return None
