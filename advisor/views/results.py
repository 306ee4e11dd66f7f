"""The advice: as a page, or as JSON for whoever asks for that."""

from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from advisor import links, published, recalls, recent
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import Incomplete
from advisor.decision.recommendation import Recommendation
from advisor.views.advice import advice_context
from advisor.views.caching import unchanged_until_release
from advisor.views.texts import back_name


@require_safe
@unchanged_until_release
def result(request: HttpRequest) -> HttpResponse:
    """The advice for the answers in the address. Without an industry or a goal there is none, so ask for them."""
    release = published.of_request(request)
    recalls.refuse_recalled(release)
    answers, notices = links.answers_in(request, release)
    as_json = wants_json(request)
    try:
        recommendation = recent.advice(release, answers, notices)
    except Incomplete as error:
        if as_json:
            return incomplete(error)
        return redirect(links.question_url(error.missing[0], answers, notices, links.beside(request)))
    if as_json:
        response: HttpResponse = JsonResponse(to_json(recommendation), json_dumps_params={"ensure_ascii": False})
    else:
        response = render(request, "advisor/result.html", _context(request, recommendation))
    response.headers["Vary"] = "Accept"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def wants_json(request: HttpRequest) -> bool:
    """Asked for in the address or by the Accept header. A browser, which names HTML too, gets the page."""
    accept = request.headers.get("Accept", "")
    try:
        asked = request.GET.get("format") == "json"
    except SuspiciousOperation:  # an address that can't be read asks for nothing
        asked = False
    return asked or ("application/json" in accept and "text/html" not in accept)


def incomplete(error: Incomplete) -> JsonResponse:
    """For programs, which can't be sent to a question."""
    names = " and ".join(f"{key}=..." for key in error.missing)
    problem = {
        "type": "about:blank",
        "title": "Answers are missing",
        "status": 400,
        "detail": f"There is no advice without an industry and at least one need. Add {names} to the address.",
        "missing": list(error.missing),
    }
    return JsonResponse(problem, status=400, content_type="application/problem+json")


def _context(request: HttpRequest, recommendation: Recommendation) -> dict[str, Any]:
    answers, today = recommendation.answers, timezone.localdate()
    address, beside = links.result_url(answers), links.beside(request)
    return {
        **advice_context(recommendation, today, beside),
        "back": {"url": links.check_url(answers, beside=beside), "name": back_name("check")},
        "colleague_url": links.compare_url(beside, links.query(answers)) if beside else "",
        "compare_url": links.compare_url(links.query(answers)),
        "json_url": f"{address}&format=json",
        "record_url": links.with_query(links.path("record"), answers),
        "share_url": request.build_absolute_uri(address),
        "talk_url": links.with_query(links.path("talk"), answers),
        "about": links.about(answers, recommendation.release.number, beside),
        "keep_url": links.keep_url(answers, recommendation.release.number),
        "today_date": today,
    }
