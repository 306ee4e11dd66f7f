"""The questions, one a page, in the order in which a visitor meets them. The address holds every answer."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from advisor import links, published, recalls, recent
from advisor.decision import finder
from advisor.decision.answers import SECTION_OF, Answers, Notice
from advisor.decision.flow import QUESTIONS, counted, is_answered, is_asked, next_question, offered, questions
from advisor.decision.release import Release
from advisor.views.caching import unchanged_until_release
from advisor.views.choices import NOT_LISTED, offer, untouched
from advisor.views.origin import same_origin_only
from advisor.views.sofar import SoFar
from advisor.views.sofar import so_far as so_far_of
from advisor.views.texts import back_name, question_text


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
@unchanged_until_release
def question(request: HttpRequest, step: str) -> HttpResponse:
    """Ask one question; when its form came back, go on to the next one that is open, or to the check.

    Without scripts the form of the goals comes by POST, because the finder's words are in it: they must not stand in
    an address. Every answer goes on in the address all the same.
    """
    if step not in links.KEYS:
        raise Http404(step)
    key = links.KEYS[step]
    release = published.of_request(request)
    answers, notices = links.answers_in(request, release)
    beside = links.beside(request)
    due = _question_due(release, answers, key)
    if due != key:
        return redirect(
            links.question_url(due, answers, notices, beside) if due else next_url(release, answers, notices, beside)
        )
    if links.page_key(request, "answered") == key:
        answers = _with_nothing_ticked(answers, key)
        if is_answered(answers, key):
            if key == "need" and NOT_LISTED in answers.needs and not is_answered(answers, "modality"):
                return redirect(links.with_query(links.path("not-listed"), answers, notices, beside))
            return redirect(next_url(release, answers, notices, beside))
        return _ask(request, release, answers, key, notices, error=True)
    return _ask(request, release, answers, key, notices)


def _with_nothing_ticked(answers: Answers, key: str) -> Answers:
    """A form that came back empty says that nothing holds, where that can be said."""
    if key in ("modality", "fact") and not is_answered(answers, key):
        return answers.with_picked(key, ())
    return answers


def _question_due(release: Release, answers: Answers, key: str) -> str | None:
    """This question, or an earlier one that it needs answered first, or None when it is not asked for these answers."""
    for earlier in QUESTIONS[: QUESTIONS.index(key)]:
        if not is_answered(answers, earlier) and is_asked(release, answers, earlier):
            return earlier
    return key if is_asked(release, answers, key) else None


def next_url(release: Release, answers: Answers, notices: Sequence[Notice] = (), beside: str = "") -> str:
    """The next question that is open, or the check."""
    key = next_question(release, answers)
    return links.question_url(key, answers, notices, beside) if key else links.check_url(answers, notices, beside)


def _ask(
    request: HttpRequest,
    release: Release,
    answers: Answers,
    key: str,
    notices: Sequence[Notice],
    *,
    error: bool = False,
    search: dict[str, Any] | None = None,
) -> HttpResponse:
    found = search["matches"] if search else ()
    beside = links.beside(request)
    context = {
        "step": _step(release, answers, key),
        "error": question_text(key).error if error else "",
        "notices": notices,
        "make_offer": partial(offer, release, answers, key, found),
        "untouched": untouched(answers, key, found),
        "hidden": [*_hidden(release, answers, key), *([(links.BESIDE, beside)] if beside else [])],
        "back": _back(release, answers, key, beside),
        "action": links.path("question", links.STEPS[key]),
        "method": "post" if key == "need" else "get",
        "finder": (search or {"text": "", "asked": False, "matches": ()}) if key == "need" else None,
        "missing_url": links.with_query(links.path("not-listed"), answers, beside=beside) if key == "need" else "",
        "has_not_listed": NOT_LISTED in release.catalogue.by_slug["needs"],
        "so_far": _so_far(release, answers) if answers.industry and key != "industry" else None,
    }
    return render(request, "advisor/question.html", context, status=422 if error else 200)


def _so_far(release: Release, answers: Answers) -> SoFar:
    """Nothing is settled by a release that was withdrawn."""
    return SoFar([]) if recalls.of(release) else so_far_of(release, answers)


def _step(release: Release, answers: Answers, key: str) -> dict[str, Any]:
    """How far along the visitor is. The total is settled once the goals are known; until then all may be asked."""
    text = question_text(key)
    way = questions(release, answers) if answers.needs else QUESTIONS
    return {
        "key": key,
        "slug": links.STEPS[key],
        "number": way.index(key) + 1,
        "total": len(way),
        "title": text.title,
        "help": text.help,
        "why": text.why,
        "multiple": key != "industry",
        "first_id": f"{key}-{_first_choice(release, answers, key)}",
    }


def _first_choice(release: Release, answers: Answers, key: str) -> str:
    return next(iter(offered(release, answers, key)))


def _hidden(release: Release, answers: Answers, key: str) -> list[tuple[str, str]]:
    """What the form sends along: the answers to the other questions, and what is set aside of this one."""
    on_page = offered(release, answers, key)
    return [
        (name, value)
        for name, value in answers.pairs()
        if name != key or (value not in on_page and value in release.catalogue.by_slug[SECTION_OF[key]])
    ]


def _back(release: Release, answers: Answers, key: str, beside: str) -> dict[str, str]:
    way = [earlier for earlier in QUESTIONS[: QUESTIONS.index(key)] if is_asked(release, answers, earlier)]
    if not way and beside:
        return {"url": links.compare_url(beside), "name": back_name("compare")}
    if not way:
        return {"url": links.path("home"), "name": back_name("home")}
    return {"url": links.question_url(way[-1], answers, beside=beside), "name": back_name(way[-1])}


@require_safe
@unchanged_until_release
def check(request: HttpRequest) -> HttpResponse:
    """Show every answer with a way to change it, and what was filled in or left out."""
    release = published.of_request(request)
    answers, notices = links.answers_in(request, release)
    beside = links.beside(request)
    due = next_question(release, answers)
    if due:
        return redirect(links.question_url(due, answers, notices, beside))
    recommendation = recent.advice(release, answers, notices)
    context = {
        "rows": answer_rows(release, answers, beside),
        "notices": recommendation.notices,
        "result_url": links.result_url(answers, notices, beside),
        "compare_url": links.compare_url(beside, links.query(answers)) if beside else "",
        "back": _back_from_check(release, answers, beside),
    }
    return render(request, "advisor/check.html", context)


def answer_rows(release: Release, answers: Answers, beside: str = "") -> list[dict[str, Any]]:
    """Each question of this visitor's way with what was picked, and the way to change it."""
    return [_row(release, answers, key, beside) for key in questions(release, answers)]


def _row(release: Release, answers: Answers, key: str, beside: str) -> dict[str, Any]:
    entries = release.catalogue.by_slug[SECTION_OF[key]]
    effective, _notices = counted(release, answers)
    picked = answers.picked(key) if key == "industry" else effective.picked(key)
    text = question_text(key)
    return {
        "key": key,
        "title": text.row,
        "count": len(picked) if key == "need" and len(picked) > 1 else 0,
        "values": [entries[slug].name for slug in picked] or [text.nothing],
        "change_url": links.question_url(key, answers, beside=beside),
        "change_label": text.row,
    }


def _back_from_check(release: Release, answers: Answers, beside: str) -> dict[str, str]:
    last = questions(release, answers)[-1]
    return {"url": links.question_url(last, answers, beside=beside), "name": back_name(last)}


@require_safe
def so_far(request: HttpRequest) -> HttpResponse:
    """The post beside a question, for answers that are still being ticked."""
    release = published.of_request(request)
    answers, _notices = links.answers_in(request, release)
    response = render(request, "advisor/_so_far.html", {"so_far": _so_far(release, answers)})
    response.headers["Cache-Control"] = "no-store"
    return response


@csrf_exempt  # a visitor has no session to forge; same_origin_only keeps other sites from using the form
@require_http_methods(["GET", "HEAD", "POST"])
@same_origin_only
def find(request: HttpRequest) -> HttpResponse:
    """Show the goals again, with those that fit the visitor's own words in front.

    The words come by POST, so that they stand in no address and no log, and are forgotten with the reply.
    """
    release = published.of_request(request)
    answers, notices = links.answers_in(request, release)
    if request.method != "POST":  # the address of a page that answered a search, opened anew
        return redirect(links.question_url("need", answers, notices, links.beside(request)))
    if answers.industry is None:
        return redirect(links.question_url("industry", answers, notices, links.beside(request)))
    text = request.POST.get("find", "").strip()[: finder.MAX_LENGTH]
    search = {"text": text, "asked": bool(text), "matches": finder.find(release.catalogue, text)}
    response = _ask(request, release, answers, "need", notices, search=search)
    # Not "no-store": a browser without scripts could then not show this page again when the visitor turns back.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
