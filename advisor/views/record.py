"""The decision record: one page for those who decide, in every form in which they may want to keep it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisor import kept, links, press, published, qr, recalls, recent
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import Incomplete
from advisor.site import site_of
from advisor.views.caching import unchanged_until_release
from advisor.views.errors import cannot_print, press_is_busy
from advisor.views.private import private
from advisor.views.recordcontent import Record, record_of, review_of, to_mapping
from advisor.views.recordforms import to_calendar, to_markdown
from advisor.views.results import incomplete

SCHEMA = 1

FORMS = ("record", "record-pdf", "record-md", "record-json", "to-do", "review")
"""The names of the addresses. Each is there with the answers, and once more for a kept result, with "saved-" before."""

Addresses = dict[str, str]
"""Where each form of one record is, by the name of its address."""

Show = Callable[[HttpRequest, Record, Addresses], HttpResponse]


def _of_answers(show: Show) -> Callable[..., HttpResponse]:
    """The view for an address that holds the answers: what the current release says to them."""

    @require_safe
    @unchanged_until_release
    @wraps(show)
    def view(request: HttpRequest) -> HttpResponse:
        release = published.of_request(request)
        recalls.refuse_recalled(release)
        answers, notices = links.answers_in(request, release)
        try:
            recommendation = recent.advice(release, answers, notices)
        except Incomplete as error:
            if show is _json:
                return incomplete(error)
            return redirect(links.question_url(error.missing[0], answers, notices))
        link = request.build_absolute_uri(links.result_url(answers))
        record = record_of(recommendation, day=timezone.localdate(), link=link)
        addresses = {name: links.with_query(reverse(name), answers, notices) for name in FORMS}
        response = show(request, record, {**addresses, "result": links.result_url(answers, notices)})
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return view


def _of_kept(show: Show) -> Callable[..., HttpResponse]:
    """The view for a kept result: what it said on the day it was kept."""

    @require_safe
    @private
    @wraps(show)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        opened = kept.by_token(token)
        result = reverse("saved", args=[token])
        record = record_of(opened.recommendation, day=opened.day, link=request.build_absolute_uri(result), kept=True)
        addresses = {name: reverse(f"saved-{name}", args=[token]) for name in FORMS}
        return show(request, record, {**addresses, "result": result})

    return view


def _page(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    return render(request, "advisor/record.html", _context(record, addresses))


def _pdf(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    paper = request.GET.get("paper", "")
    site = site_of(request)
    html = render_to_string("advisor/record_pdf.html", {**_context(record, addresses), "site": site})
    house = press.House(site.colours, {site.logo.url: site.logo.png} if site.logo else {})
    try:
        pdf = press.to_pdf(html, paper if paper in press.PAPERS else "a4", house)
    except press.CannotPrint:
        return cannot_print(request, addresses["record"])
    except press.Busy:
        return press_is_busy(request, addresses["record"])
    return _file(record, "pdf", "application/pdf", pdf)


def _markdown(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    return _file(record, "md", "text/markdown; charset=utf-8", to_markdown(record).encode())


def _json(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    data = {"schema": SCHEMA, "record": to_mapping(record), "recommendation": to_json(record.recommendation)}
    return _named(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), record, "json")


def _to_do(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    return render(request, "advisor/to_do.html", _context(record, addresses))


def _review(request: HttpRequest, record: Record, addresses: Addresses) -> HttpResponse:
    """What is due next from today on: an entry in the past would help nobody."""
    review = review_of(record.recommendation, timezone.localdate())
    return _file(record, "ics", "text/calendar; charset=utf-8", to_calendar(record, review))


def _file(record: Record, ending: str, content_type: str, content: bytes) -> HttpResponse:
    return _named(HttpResponse(content, content_type=content_type), record, ending)


def _named(response: HttpResponse, record: Record, ending: str) -> HttpResponse:
    response.headers["Content-Disposition"] = f'attachment; filename="{record.file_name}.{ending}"'
    return response


def _context(record: Record, addresses: Addresses) -> dict[str, Any]:
    return {
        "record": record,
        "r": record.recommendation,
        "code": qr.of_link(record.link),
        "urls": {name.replace("-", "_"): address for name, address in addresses.items()},
        "letter_url": _letter(addresses["record-pdf"]),
        "back": {"url": addresses["result"], "name": _("The advice")},
    }


def _letter(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}paper=letter"


page, pdf, markdown, data, to_do, review = map(_of_answers, (_page, _pdf, _markdown, _json, _to_do, _review))
kept_page, kept_pdf, kept_markdown, kept_data, kept_to_do, kept_review = map(
    _of_kept, (_page, _pdf, _markdown, _json, _to_do, _review)
)
