"""Saved results: keeping one, opening its link, and managing it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from advisor import formkeys, kept, links, outbox, published, recalls, recent, spam
from advisor.context import release_line
from advisor.database import reason
from advisor.decision.answers import Answers
from advisor.decision.recommend import Incomplete
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.since import News, since, under
from advisor.environment import is_public
from advisor.limits import TooMany
from advisor.models import SavedResult
from advisor.site import this_site
from advisor.views import waits
from advisor.views.advice import advice_context, overdue
from advisor.views.origin import SeeOther, same_origin_only
from advisor.views.preview import preview_of
from advisor.views.private import private
from advisor.views.releases import release_in_view

logger = logging.getLogger("advisor.results")

NEWS_IN_SIGHT = 3


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def keep(request: HttpRequest) -> HttpResponse:
    """Say what will be kept, and keep it when the form comes back: the advice of the release that was shown."""
    release = release_in_view(request, links.page_key(request, "release"))
    recalls.refuse_recalled(release)
    answers, notices = links.answers_in(request, release)
    try:
        recommendation = recent.advice(release, answers, notices)
    except Incomplete as error:
        return redirect(links.question_url(error.missing[0], answers, notices))
    if request.method != "POST":
        return _ask(request, recommendation)
    try:
        key = formkeys.read(links.page_key(request, "form_key"))
    except formkeys.StaleForm:
        trouble = _("This form is more than a day old, so nothing was kept. Your answers are still here. Press again.")
        return _ask(request, recommendation, trouble, status=422)
    try:
        manage_token = SavedResult.keep(recommendation, key.secret, _keep_for(), lambda: _count(request))
    except TooMany as full:
        trouble = _(
            "Many results were kept from your network lately, so this one was not. Press again in %(span)s, or use the "
            "long address, which needs no storage."
        ) % {"span": waits.in_words(full.wait)}
        response = _ask(request, recommendation, trouble, status=429, form_key=links.page_key(request, "form_key"))
        response.headers["Retry-After"] = waits.retry_after(full.wait)
        return response
    except DatabaseError as error:
        logger.error("A result could not be kept: %s", reason(error))
        trouble = _(
            "We could not keep it: our storage does not take anything in right now. Nothing was kept by half. "
            "Press again in a minute, or use the long address, which needs no storage."
        )
        response = _ask(request, recommendation, trouble, status=503, form_key=links.page_key(request, "form_key"))
        response.headers["Retry-After"] = "60"
        return response
    return SeeOther(reverse("manage", args=[manage_token]))


def _count(request: HttpRequest) -> None:
    """Of a site that only this machine reaches, nobody's."""
    if is_public(settings.SIGNPOST_SITE_URL):
        spam.take_room(spam.KEPT, spam.origin_of(request))


def _keep_for() -> timedelta:
    return timedelta(days=this_site().saved_days)


def _ask(
    request: HttpRequest, recommendation: Recommendation, trouble: str = "", status: int = 200, form_key: str = ""
) -> HttpResponse:
    today = timezone.localdate()
    context = {
        **advice_context(recommendation, today),
        "pairs": recommendation.answers.pairs(),
        "form_key": form_key or formkeys.new(),
        "trouble": trouble,
        "back": {"url": links.result_url(recommendation.answers), "name": _("Your advice")},
        "share_url": request.build_absolute_uri(links.result_url(recommendation.answers)),
        "until": today + _keep_for(),
    }
    response = render(request, "advisor/keep.html", context, status=status)
    # Not "no-store": going back has to find this very form, so that pressing again makes no second record.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@private
def saved(request: HttpRequest, token: str) -> HttpResponse:
    """The advice as it was kept, under a notice of what today's rules would say. Opening it leaves no trace."""
    opened = kept.by_token(token)
    return render(request, "advisor/kept.html", kept_context(request, opened))


def kept_context(request: HttpRequest, opened: kept.Opened) -> dict[str, Any]:
    """For a page that shows a kept result: the advice as of the day it was kept, and what is otherwise today."""
    recommendation, current = opened.recommendation, published.of_request(request)
    today = timezone.localdate()
    now, news = _today(recommendation, current)
    return {
        **advice_context(recommendation, opened.day),
        "saved": opened.saved,
        "kept_on": opened.day,
        "until": timezone.localdate(opened.saved.expires_at),
        "share_url": request.build_absolute_uri(reverse("saved", args=[opened.token])),
        "record_url": reverse("saved-record", args=[opened.token]),
        "talk_url": f"{reverse('talk')}?kept={opened.token}",
        "about": f"kept={opened.token}",
        "current": release_line(current),
        "is_current": current.number == recommendation.release.number,
        "now": now,
        "since_lead": _("The same answers, release %(number)s") % {"number": current.number},
        "beside_url": links.compare_url(opened.token, links.query(now.answers)) if now else "",
        "answer_url": links.question_url("industry", Answers(), beside=opened.token),
        "compare_url": links.compare_url(opened.token),
        "now_url": links.result_url(now.answers) if now else links.question_url("industry", recommendation.answers),
        "news": _rows(news[:NEWS_IN_SIGHT]),
        "more_news": _rows(news[NEWS_IN_SIGHT:]),
        "newly_overdue": len(overdue(recommendation, today) - overdue(recommendation, opened.day)),
    }


def _today(recommendation: Recommendation, current: Release) -> tuple[Recommendation | None, Sequence[News]]:
    """What the current release says to the kept answers, and what of it is news. A release agrees with itself."""
    if current.sha256 == recommendation.release.sha256:
        return recommendation, ()
    now = under(current, recommendation)
    return now, since(recommendation, now)


def _rows(news: Sequence[News]) -> list[dict[str, Any]]:
    rules_url = reverse("rules")
    return [{"sentence": item.sentence, "url": f"{rules_url}#{item.row.slug}" if item.row else ""} for item in news]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def manage(request: HttpRequest, token: str) -> HttpResponse:
    """What the one who kept a result may do with it: find its link, keep it longer, delete it."""
    action = request.POST.get("action", "")
    if action == "delete":
        return _delete(request, kept.row_by_manage_token(token))
    try:
        opened = kept.by_manage_token(token)
    except kept.Damaged:
        return render(request, "advisor/manage_damaged.html", {"manage_token": token}, status=500)
    if action == "extend":
        opened.saved.extend(_keep_for())
        return SeeOther(f"{reverse('manage', args=[token])}?extended=1")
    return render(request, "advisor/manage.html", manage_context(request, opened, token))


def _delete(request: HttpRequest, result: SavedResult) -> HttpResponse:
    """Needs no advice, so that what is damaged can be deleted too."""
    answers_url = f"{reverse('result')}?{result.answers}"
    result.erase()
    return render(request, "advisor/deleted.html", {"answers_url": answers_url})


def manage_context(request: HttpRequest, opened: kept.Opened, token: str) -> dict[str, Any]:
    """For the manage page."""
    today = timezone.localdate()
    kept_under = recalls.of(opened.recommendation.release)
    return {
        **({"recall": kept_under} if kept_under else {}),
        "r": opened.recommendation,
        "kept_on": opened.day,
        "until": timezone.localdate(opened.saved.expires_at),
        "until_if_extended": today + _keep_for(),
        "extended": "extended" in request.GET,
        "saved_url": reverse("saved", args=[opened.token]),
        "share_url": request.build_absolute_uri(reverse("saved", args=[opened.token])),
        "share_title": preview_of(opened.recommendation).title,
        "manage_url": request.build_absolute_uri(reverse("manage", args=[token])),
        "manage_token": token,
        "mail_is_on": outbox.is_set_up(),
        "asked": "asked" in request.GET,
    }
