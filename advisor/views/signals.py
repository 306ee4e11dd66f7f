"""What visitors may tell the editors: that a goal is missing, whether the advice was useful, what in it is wrong.

Nothing is stored before a button is pressed, and no name and no address is asked for.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from advisor import formkeys, kept, links, published, recalls, recent, signalling, spam
from advisor.database import reason
from advisor.decision.answers import NONE, Answers
from advisor.decision.recommend import Incomplete
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.limits import TooMany
from advisor.models import Signal
from advisor.models.fields import tidy
from advisor.models.signals import PART_LENGTH, WORDS_KEPT_FOR, WORDS_LENGTH
from advisor.views.choices import NOT_LISTED
from advisor.views.origin import SeeOther, same_origin_only
from advisor.views.private import private
from advisor.views.releases import release_in_view
from advisor.views.texts import back_name
from advisor.views.wizard import next_url

logger = logging.getLogger("advisor.signals")

KEPT = "kept"
ELSE = "else"
"""Stands for whatever no choice names. No row has it for its key: those hold a section."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the form comes back. `field` is where the mistake is, if it is one of the visitor's."""

    title: str
    text: str
    status: int
    field: str = ""
    wait: timedelta | None = None


class Refused(Exception):
    """The form can't be taken as it is."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.text)


def _about(request: HttpRequest) -> str:
    """What names the advice: the query with which the page was opened. The form hands it on in a field."""
    if request.method == "POST":
        return request.POST.get("about", "")
    return str(request.META.get("QUERY_STRING", ""))


def _advice(request: HttpRequest) -> Recommendation:
    """The advice that the visitor has before them, also when it was recalled meanwhile.

    Raises Incomplete, MalformedAnswers, DatabaseError, and what `kept` raises.
    """
    about = _about(request)
    pairs = dict(links.pairs_in(about))
    if KEPT in pairs:
        return kept.even_recalled(pairs[KEPT]).recommendation
    release = release_in_view(request, pairs.get("release", ""))
    answers, notices = links.answers_of(about, release)
    return recent.advice(release, answers, notices)


def _back(request: HttpRequest) -> dict[str, str]:
    """The page with the advice. Needs no database."""
    about = _about(request)
    token = dict(links.pairs_in(about)).get(KEPT, "")
    if links.TOKEN.fullmatch(token):
        return {"url": reverse("saved", args=[token]), "name": _("Your advice")}
    answers, _notices = links.answers_of(about, published.of_request(request))
    return {"url": links.result_url(answers, beside=_beside(request)), "name": _("Your advice")}


def _beside(request: HttpRequest) -> str:
    """The kept result with which the visitor compares. It only goes along."""
    token = dict(links.pairs_in(_about(request))).get(links.BESIDE, "")
    return token if links.TOKEN.fullmatch(token) else ""


def _thanks_url(kind: str, query: str) -> str:
    return f"{reverse('thanks', args=[kind])}?{query}"


# Was this useful?


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def useful(request: HttpRequest) -> HttpResponse:
    """Count one press. By GET: the same question by itself."""
    try:
        advice = _advice(request)
        if request.method != "POST":
            return _ask_again(request, None)
        vote = request.POST.get("vote", "")
        if vote not in Signal.Vote.values:
            raise Refused(Trouble(_("There is a problem"), _("Press one of the three."), 422, "useful"))
        signal = Signal.about(Signal.Kind.USEFUL, advice)
        signalling.count_vote(signal, advice, vote, spam.origin_of(request))
    except Incomplete:
        return redirect("question", "industry")
    except Refused as refused:
        return _ask_again(request, refused.trouble)
    except TooMany as full:
        return _ask_again(request, _too_many(full.wait))
    except DatabaseError as error:
        if request.method != "POST":
            raise
        return _ask_again(request, _not_stored(error))
    return SeeOther(_thanks_url(Signal.Kind.USEFUL, _about(request)))


def _ask_again(request: HttpRequest, trouble: Trouble | None) -> HttpResponse:
    return _respond(request, "advisor/useful.html", {"back": _back(request)}, trouble)


# Something here is wrong


@dataclass(frozen=True, slots=True)
class Row:
    """A part of the advice that can be wrong: its key in the form, and its name as the page has it."""

    key: str
    name: str
    help: str = ""


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def wrong(request: HttpRequest) -> HttpResponse:
    """Which part of this very advice is wrong, and in what way if the visitor likes to say."""
    groups: Sequence[tuple[str, list[Row]]] = ()
    try:
        advice = _advice(request)
        groups = _parts(advice)
        if request.method != "POST":
            recalls.refuse_recalled(advice.release)
            return _wrong_form(request, groups, None)
        key = _key_of(request)
        signal = _of_form(request, advice, groups)
        signalling.take_in(signal, advice, key, request.POST, spam.origin_of(request))
    except Incomplete:
        return redirect("question", "industry")
    except Refused as refused:
        return _wrong_form(request, groups, refused.trouble)
    except TooMany as full:
        return _wrong_form(request, groups, _too_many(full.wait))
    except DatabaseError as error:
        if request.method != "POST":
            raise
        return _wrong_form(request, groups, _not_stored(error))
    return SeeOther(_thanks_url(Signal.Kind.WRONG, _about(request)))


def _parts(advice: Recommendation) -> list[tuple[str, list[Row]]]:
    """What this advice is made of, under the headings of its page."""
    rules: dict[str, Row] = {}
    for verdict in advice.verdicts:
        for case in verdict.cases:
            name = _("%(goal)s: %(kind)s") % {"goal": verdict.need.name, "kind": case.category.name}
            rules.setdefault(f"rules~{case.rule.slug}", Row(f"rules~{case.rule.slug}", name, case.rule.because))
    found = [
        (_("Goal by goal"), list(rules.values())),
        (
            _("Put right first"),
            [Row(f"gates~{one.gate.slug}", one.gate.name, one.gate.because) for one in advice.readiness.gates],
        ),
        (_("What to mind"), [Row(f"caveats~{one.caveat.slug}", one.caveat.name) for one in advice.caveats]),
        (_("Tools"), [Row(f"tools~{one.tool.slug}", one.tool.name) for one in advice.tools]),
        (_("None of these"), [Row(ELSE, _("Something else on this page"))]),
    ]
    return [(title, rows) for title, rows in found if rows]


def _of_form(request: HttpRequest, advice: Recommendation, groups: Sequence[tuple[str, list[Row]]]) -> Signal:
    """Raises Refused."""
    picked, words = request.POST.get("part", ""), _words_of(request)
    names = {row.key: row.name for _title, rows in groups for row in rows}
    if picked not in names:
        raise Refused(_mistake("part", _("Pick the part that is wrong, or “Something else on this page”.")))
    if picked == ELSE and not words:
        raise Refused(_mistake("words", _("Say in a few words what is wrong, so that an editor can find it.")))
    signal = Signal.about(Signal.Kind.WRONG, advice)
    section, _tilde, slug = picked.partition("~")
    if picked != ELSE:
        signal.section, signal.slug = section, slug
    signal.part, signal.words = names[picked][:PART_LENGTH], words
    return signal


def _wrong_form(request: HttpRequest, groups: Sequence[tuple[str, list[Row]]], trouble: Trouble | None) -> HttpResponse:
    values = {"groups": groups, "picked": request.POST.get("part", ""), "back": _back(request)}
    return _form(request, "advisor/wrong.html", values, trouble)


# My goal is not listed


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@private
def not_listed(request: HttpRequest) -> HttpResponse:
    """Which kind of goal is missing, for which industry. Nothing has to be typed."""
    release = published.of_request(request)
    answers, _notices = links.answers_of(_about(request), release)
    if answers.industry is None:
        return redirect(links.question_url("industry", answers))
    if request.method != "POST":
        return _not_listed_form(request, release, answers, None)
    kind = request.POST.get("kind", "")
    try:
        key = _key_of(request)
        words = _words_of(request)
        if kind != NONE and kind not in release.catalogue.by_slug["modalities"]:
            raise Refused(_mistake("choices", _("Pick the kind that comes closest, or “Something else”.")))
        signal = _missing(release, answers.industry, "" if kind == NONE else kind, words)
        signalling.take_in(signal, None, key, request.POST, spam.origin_of(request))
    except Refused as refused:
        return _not_listed_form(request, release, answers, refused.trouble)
    except TooMany as full:
        return _not_listed_form(request, release, answers, _too_many(full.wait))
    except DatabaseError as error:
        return _not_listed_form(request, release, answers, _not_stored(error))
    beside = _beside(request)
    onward = links.query(_with_this_goal(release, answers, signal.modality), beside=beside)
    return SeeOther(_thanks_url(Signal.Kind.NOT_LISTED, onward))


def _missing(release: Release, industry: str, modality: str, words: str) -> Signal:
    """Of the answers only the industry, as the other goals have nothing to do with it."""
    answers = Answers(industry, (NOT_LISTED,) if NOT_LISTED in release.catalogue.by_slug["needs"] else ())
    return Signal(
        kind=Signal.Kind.NOT_LISTED,
        release_id=release.number,
        answers=links.query(answers.with_picked("modality", (modality,)) if modality else answers),
        industry=industry,
        modality=modality,
        words=words,
    )


def _with_this_goal(release: Release, answers: Answers, modality: str = "") -> Answers:
    """The answers to go on with: they hold the goal that stands for any other, and what it should produce."""
    need = release.catalogue.by_slug["needs"].get(NOT_LISTED)
    if need is None:
        return answers
    if NOT_LISTED not in answers.needs:
        answers = answers.with_picked("need", (*answers.needs, NOT_LISTED))
    # With other goals beside it, what should come out is still to be asked for all of them.
    if answers.needs == (NOT_LISTED,) and answers.modalities is None and modality in need.modalities:
        answers = answers.with_picked("modality", (modality,))
    return answers


def _not_listed_form(request: HttpRequest, release: Release, answers: Answers, trouble: Trouble | None) -> HttpResponse:
    beside = _beside(request)
    industry = release.catalogue.by_slug["industries"][answers.industry or ""]
    values = {
        "industry": industry,
        "kinds": [
            *(Row(modality.slug, modality.name, modality.help) for modality in release.catalogue.modalities),
            Row(NONE, _("Something else")),
        ],
        "picked": request.POST.get("kind", ""),
        "back": {"url": links.question_url("need", answers, beside=beside), "name": back_name("need")},
        "onward_url": _onward(release, _with_this_goal(release, answers), beside),
    }
    return _form(request, "advisor/not_listed.html", values, trouble)


def _onward(release: Release, answers: Answers, beside: str) -> str:
    """To the next question, or to the goals when none is picked. Empty: there is nowhere to go on to."""
    return next_url(release, answers, beside=beside) if answers.needs else ""


# What both forms have


def _key_of(request: HttpRequest) -> formkeys.FormKey:
    try:
        return formkeys.read(request.POST.get("form_key", ""))
    except formkeys.StaleForm as error:
        text = _("So nothing was sent yet. All that you picked and typed is still here. Send it once more.")
        raise Refused(Trouble(_("This page was open too long"), text, 422)) from error


def _words_of(request: HttpRequest) -> str:
    words = tidy(request.POST.get("words", ""))
    over = len(words) - WORDS_LENGTH
    if over > 0:
        text = ngettext(
            "Your text is %(over)s character too long. %(limit)s fit in.",
            "Your text is %(over)s characters too long. %(limit)s fit in.",
            over,
        ) % {"over": over, "limit": WORDS_LENGTH}
        raise Refused(_mistake("words", text))
    return words


def _mistake(field: str, text: str) -> Trouble:
    return Trouble(_("There is a problem"), text, 422, field)


def _not_stored(error: DatabaseError) -> Trouble:
    logger.error("A signal could not be kept: %s", reason(error))
    text = _("We could not store it, so it was not sent. All that you picked is still here. Send it again in a minute.")
    return Trouble(_("This was not sent"), text, 503, wait=timedelta(minutes=1))


def _too_many(wait: timedelta) -> Trouble:
    hours = math.ceil(wait / timedelta(hours=1))
    span = ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}
    text = _("We take in only so many at a time. All that you picked is still here. Send it again in %(span)s.")
    return Trouble(_("This has to wait a little"), text % {"span": span}, 429, wait=wait)


def _form(request: HttpRequest, template: str, values: dict[str, Any], trouble: Trouble | None) -> HttpResponse:
    stale = trouble is not None and trouble.status == 422 and not trouble.field
    more = {
        "words": tidy(request.POST.get("words", "")),
        "form_key": formkeys.new() if request.method != "POST" or stale else request.POST.get("form_key", ""),
        "trap": spam.TRAP,
        "words_days": WORDS_KEPT_FOR.days,
        "words_length": WORDS_LENGTH,
    }
    return _respond(request, template, {**values, **more}, trouble)


def _respond(request: HttpRequest, template: str, values: dict[str, Any], trouble: Trouble | None) -> HttpResponse:
    context = {"about": _about(request), "trouble": trouble, **values}
    response = render(request, template, context, status=trouble.status if trouble else 200)
    if trouble and trouble.wait is not None:
        response.headers["Retry-After"] = str(math.ceil(max(trouble.wait.total_seconds(), 60)))
    # Not "no-store": a browser without scripts could then not turn back to the form with what was picked in it.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@private
def thanks(request: HttpRequest, kind: str) -> HttpResponse:
    """What becomes of what was sent, and the way on. It holds nothing of what was said."""
    if kind not in Signal.Kind.values:
        raise Http404
    values: dict[str, Any] = {"kind": kind, "about": _about(request), "back": _back(request)}
    if kind == Signal.Kind.NOT_LISTED:
        release = published.of_request(request)
        answers, _notices = links.answers_of(_about(request), release)
        beside = _beside(request)
        if answers.industry is None:
            return redirect(links.question_url("industry", answers))
        values |= {
            "industry": release.catalogue.by_slug["industries"][answers.industry],
            "back": {"url": links.question_url("need", answers, beside=beside), "name": back_name("need")},
            "onward_url": _onward(release, answers, beside),
            "answers": answers.pairs(),
            "beside": beside,
            "talk_url": links.with_query(reverse("talk"), answers) if answers.needs else reverse("talk"),
        }
    return render(request, "advisor/thanks.html", values)
