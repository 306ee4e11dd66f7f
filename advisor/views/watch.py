"""Tell me when it changes: leaving an address at a kept result, and the page behind the links of our mails."""

from __future__ import annotations

import logging
import math
from datetime import timedelta

from django.core.signing import BadSignature
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from advisor import kept, outbox, spam, watching
from advisor.database import reason
from advisor.forms import AddressForm
from advisor.limits import TooMany
from advisor.models import Watch
from advisor.views.origin import SeeOther, same_origin_only
from advisor.views.private import private
from advisor.views.saved import manage_context

logger = logging.getLogger("advisor.watch")


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def ask(request: HttpRequest, token: str) -> HttpResponse:
    """Take an address. The answer is the same whether or not the address is known already."""
    opened = kept.by_manage_token(token)
    if request.method != "POST":
        return redirect("manage", token)
    form = AddressForm(request.POST)
    error = "" if form.is_valid() else str(form.errors["address"][0])
    if not outbox.is_set_up():
        error = _("This copy of the site sends no mail, so your address was not stored.")
    if error:
        return _again(request, opened, token, error, status=422)
    try:
        mail = watching.ask(opened, form.cleaned_data["address"], spam.origin_of(request))
        if mail:
            outbox.send_at_once(mail)
    except TooMany as full:
        return _again(request, opened, token, _wait(full.wait), status=429, wait=full.wait)
    except DatabaseError as problem:
        logger.error("An address could not be kept: %s", reason(problem))
        error = _("We could not store your address. It is still here. Send it again in a minute.")
        return _again(request, opened, token, error, status=503, wait=timedelta(minutes=1))
    return SeeOther(f"{reverse('manage', args=[token])}?asked=1#watch")


def _again(
    request: HttpRequest, opened: kept.Opened, token: str, error: str, *, status: int, wait: timedelta | None = None
) -> HttpResponse:
    """The manage page, with what is wrong at the field and the address as it was typed."""
    values = {
        **manage_context(request, opened, token),
        "address_error": error,
        "address": request.POST.get("address", ""),
    }
    response = render(request, "advisor/manage.html", values, status=status)
    if wait is not None:
        response.headers["Retry-After"] = str(math.ceil(max(wait.total_seconds(), 60)))
    return response


def _wait(wait: timedelta) -> str:
    hours = math.ceil(wait / timedelta(hours=1))
    span = ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}
    return _("Many addresses were left here lately, so yours was not stored. Send it again in %(span)s.") % {
        "span": span
    }


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def watch(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link in our mails. Opening it changes nothing: mail programs open links on their own."""
    # RFC 8058: a mail provider sends this for its user. It comes from no page, so it names no origin.
    one_click = request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click"
    return _stop(request, _watch_of(token)) if one_click else _by_hand(request, token)


@same_origin_only
def _by_hand(request: HttpRequest, token: str) -> HttpResponse:
    found, action = _watch_of(token), request.POST.get("action")
    if action == "stop":
        return _stop(request, found)
    if found is None or not found.saved.is_open:
        return render(request, "advisor/watch_over.html", status=410)
    if action == "confirm":
        watching.confirm(found)
        return SeeOther(request.path)
    return render(request, "advisor/watch.html", {"watch": found})


def _watch_of(token: str) -> Watch | None:
    """None when it was stopped, or its result deleted. Raises Unknown for a link that is none of ours."""
    try:
        return Watch.objects.select_related("saved").of_token(token)
    except BadSignature as error:
        raise kept.Unknown from error
    except Watch.DoesNotExist:
        return None


def _stop(request: HttpRequest, found: Watch | None) -> HttpResponse:
    """Nothing is left of the address. Once more changes nothing."""
    if found:
        found.delete()
    return render(request, "advisor/watch_over.html", {"stopped": True})
