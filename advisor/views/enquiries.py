"""Asking for a talk: after the advice and never before it. And, for staff, the advice that came with an enquiry."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from advisor import enquiring, formkeys, kept, links, outbox, published, recalls, recent, spam
from advisor.context import of_every_page
from advisor.database import reason
from advisor.decision.recommend import Incomplete
from advisor.decision.recommendation import Recommendation
from advisor.forms import EnquiryForm
from advisor.limits import TooMany
from advisor.models import AuditEntry, Enquiry, Mail, Release
from advisor.models.fields import tidy
from advisor.models.snapshot import SnapshotIsBroken
from advisor.site import Site, site_of
from advisor.views import waits
from advisor.views.advice import advice_context
from advisor.views.caching import unchanged_until_release
from advisor.views.origin import SeeOther, same_origin_only
from advisor.views.private import private

logger = logging.getLogger("advisor.enquiries")

KEPT = "kept"
TEXTS = ("message", "contact", "name")
TICKS = ("with_advice", "consent")


@dataclass(frozen=True, slots=True)
class Basis:
    """The advice that a visitor comes from, and the address of its page. Without advice: it can't be shown any more."""

    url: str
    advice: Recommendation | None = None


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
def talk(request: HttpRequest) -> HttpResponse:
    """The form, for whoever has advice. Others read that the advice comes first, and how to reach us all the same."""
    if site_of(request).enquiry_on and _names_advice(_about(request)):
        return _talk_form(request)
    return _without_form(request)


@unchanged_until_release
def _without_form(request: HttpRequest) -> HttpResponse:
    return render(request, "advisor/talk.html", status=422 if request.method == "POST" else 200)


@private
def _talk_form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        response = _receive(request)
    else:
        basis = _basis(request)
        response = _form(request, basis, Trouble()) if basis else render(request, "advisor/talk.html")
    # Not "no-store": a browser without scripts could then not turn back to the form with what was typed in it.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _about(request: HttpRequest) -> str:
    """What names the advice: the query with which the form was opened.

    The form hands it on in a field and is sent to an address without it. Sent to its own address, the browser would
    drop its copy of the form, and turning back would show a new one, with another key.
    """
    if request.method == "POST":
        return request.POST.get("about", "")
    return str(request.META.get("QUERY_STRING", ""))


def _names_advice(about: str) -> bool:
    """A kept result, or answers that are enough for advice."""
    keys = {key for key, _value in links.pairs_in(about)}
    return KEPT in keys or {"industry", "need"} <= keys


def _basis(request: HttpRequest) -> Basis | None:
    """Where the visitor comes from. None when that is not advice. Raises as `kept` and `links` do."""
    about = _about(request)
    token = dict(links.pairs_in(about)).get(KEPT)
    if token is not None:
        opened = kept.by_token(token)  # first, as a text that is no token may not even fit into an address
        return Basis(reverse("saved", args=[token]), opened.recommendation)
    # The release that the visitor's form spoke of: there may be a newer one by now.
    release, seen = published.of_request(request), request.POST.get("release", "")
    if re.fullmatch(r"[0-9]{1,9}", seen):
        with suppress(Release.DoesNotExist, SnapshotIsBroken):
            release = published.release(int(seen))
    recalls.refuse_recalled(release)
    answers, notices = links.answers_of(about, release)
    try:
        return Basis(links.result_url(answers), recent.advice(release, answers, notices))
    except Incomplete:
        return None


def _basis_of_form(request: HttpRequest) -> Basis:
    """The same for a form that came back. What it came from may be gone by now: that must not cost the visitor's words.

    Raises DatabaseError.
    """
    try:
        basis = _basis(request)
    except (kept.Unknown, kept.Gone, kept.Damaged, recalls.Withdrawn):
        basis = None
    return basis or Basis(reverse("home"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the form comes back: what the plate says, which fields are at fault, and whether it needs a new key."""

    title: str = ""
    text: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    status: int = 200
    wait: timedelta | None = None
    new_key: bool = False


def _receive(request: HttpRequest) -> HttpResponse:
    """Keep what was sent, or say why not, with everything typed still there."""
    basis = Basis(reverse("home"))
    try:
        basis = _basis_of_form(request)
        key = formkeys.read(request.POST.get("form_key", ""))
        form = EnquiryForm(request.POST)
        errors = _errors(request, form, basis)
        if errors:
            return _form(request, basis, Trouble(_("There is a problem"), errors=errors, status=422))
        enquiry = enquiring.take_in(_sent(request, form, key, basis))
    except formkeys.StaleForm:
        return _form(request, basis, _stale())
    except TooMany as full:
        return _form(request, basis, _too_many(full.wait))
    except DatabaseError as error:
        logger.error("An enquiry could not be kept: %s", reason(error))
        return _form(request, basis, _not_kept())
    _tell_owner(enquiry)
    return SeeOther(reverse("sent", args=[enquiry.reference]))


def _sent(request: HttpRequest, form: EnquiryForm, key: formkeys.FormKey, basis: Basis) -> enquiring.Sent:
    filled = form.cleaned_data
    return enquiring.Sent(
        secret=key.secret,
        message=filled["message"],
        contact=filled["contact"],
        name=filled["name"],
        consent=" ".join(consent_words(site_of(request))),
        advice=basis.advice if filled["with_advice"] else None,
        origin=spam.origin_of(request),
        suspicions=tuple(spam.suspicions(request.POST, filled["message"], key.age)),
    )


def _tell_owner(enquiry: Enquiry) -> None:
    """One quick try. Whatever goes wrong, the enquiry is kept and its mail waits in the outbox."""
    try:
        mail = Mail.objects.due().filter(enquiry=enquiry).first()
        if mail:
            outbox.send_at_once(mail)
    except DatabaseError as error:
        logger.error("The mail about an enquiry has to wait: %s", reason(error))


def _errors(request: HttpRequest, form: EnquiryForm, basis: Basis) -> tuple[tuple[str, str], ...]:
    """Each field at fault with what to do about it, in the order of the page."""
    found = {field: str(problems[0]) for field, problems in form.errors.items()}
    if form.data.get("with_advice") and basis.advice is None:
        found["with_advice"] = _("Your advice can’t be opened any more, so it can’t go along. Send your message alone.")
    if "consent" not in found and request.POST.get("agreed") != digest_of(consent_words(site_of(request))):
        found["consent"] = _("What you agree to has changed since you opened this page. Read it and tick the box.")
    return tuple((field, found[field]) for field in (*TEXTS, *TICKS) if field in found)


def consent_words(site: Site) -> tuple[str, str]:
    """What a visitor agrees to, in two parts. Both are stored with the enquiry."""
    days = ngettext("%(days)s day", "%(days)s days", site.enquiry_days) % {"days": site.enquiry_days}
    agree = _("I agree that %(owner)s keeps this message to answer me.") % {"owner": site.owner}
    more = _(
        "Only the people at %(owner)s who answer enquiries read it. It is deleted after %(days)s, or sooner if you ask."
    ) % {"owner": site.owner, "days": days}
    return agree, more


def digest_of(words: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def _stale() -> Trouble:
    return Trouble(
        _("This page was open too long"),
        _("So your message was not sent yet. All that you typed is still here. Read it once more, then send it."),
        status=422,
        new_key=True,
    )


def _not_kept() -> Trouble:
    text = _("We could not store it. All that you typed is still here. Send it again in a minute.")
    return Trouble(_("Your message was not sent"), text, status=503, wait=timedelta(minutes=1))


def _too_many(wait: timedelta) -> Trouble:
    text = _(
        "We take in only so many messages at a time, so yours was not sent yet. All that you typed is still here. "
        "Send it again in %(span)s."
    ) % {"span": waits.in_words(wait)}
    return Trouble(_("This has to wait a little"), text, status=429, wait=wait)


def _form(request: HttpRequest, basis: Basis, trouble: Trouble) -> HttpResponse:
    """The form as it was filled in."""
    errors = dict(trouble.errors)
    ticked = {name for name in TICKS if request.POST.get(name)} - ({"consent"} if "consent" in errors else set())
    fresh = request.method != "POST" or trouble.new_key
    values = {
        "typed": {name: tidy(request.POST.get(name, "")) for name in TEXTS},
        "ticked": ticked,
        "errors": errors,
        "trouble": trouble,
        "form_key": formkeys.new() if fresh else request.POST.get("form_key", ""),
        "consent": consent_words(site_of(request)),
        "agreed": digest_of(consent_words(site_of(request))),
        "trap": spam.TRAP,
        "advice": basis.advice,
        # While the database is away, kept advice can't be opened. It can be later, so the tick stays.
        "may_go_along": basis.advice is not None or trouble.status == HTTPStatus.SERVICE_UNAVAILABLE,
        "release_seen": basis.advice.release.number if basis.advice else request.POST.get("release", ""),
        "about": _about(request),
        "back": {"url": basis.url, "name": _("Your advice") if basis.advice else _("Start page")},
    }
    response = render(request, "advisor/enquiry.html", values, status=trouble.status)
    if trouble.wait is not None:
        response.headers["Retry-After"] = waits.retry_after(trouble.wait)
    return response


@require_safe
@private
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """That it was kept, under which number, and what happens next. Says nothing of what is in it."""
    try:
        enquiry = Enquiry.objects.only("reference", "received_at").get(reference=reference)
    except Enquiry.DoesNotExist as error:
        raise Http404 from error
    values = {"enquiry": enquiry, "deleted_by": enquiring.deleted_by(enquiry)}
    return render(request, "advisor/sent.html", values)


@require_safe
@staff_member_required
@permission_required("advisor.view_enquiry", raise_exception=True)
@private
def advice_sent_along(request: HttpRequest, pk: int) -> HttpResponse:
    """For staff: the advice as the visitor saw it."""
    enquiry = get_object_or_404(Enquiry, pk=pk)
    if not enquiry.document:
        raise Http404
    AuditEntry.write("Looked at the advice sent along with", by=request.user, on=enquiry)
    values = {
        **of_every_page(request),
        **advice_context(kept.advice_of(enquiry), timezone.localdate(enquiry.received_at)),
        "enquiry": enquiry,
        "back": {"url": reverse("admin:advisor_enquiry_change", args=[pk]), "name": enquiry.reference},
    }
    return render(request, "advisor/advice_sent_along.html", values)
