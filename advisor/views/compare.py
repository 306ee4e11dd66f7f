"""Two results side by side: a colleague's and one's own, or the same answers under then's rules and today's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from advisor import kept, links, published, recalls, recent
from advisor.context import release_line
from advisor.decision.answers import SECTION_OF, Answers, MalformedAnswers, Notice, read
from advisor.decision.catalogue import NOT_YET, PREPARE, READY
from advisor.decision.comparison import LAST_GOAL, ByRules, Comparison, DifferingAnswer, Goal, Picked, TakenOver
from advisor.decision.comparison import compare as compare_advice
from advisor.decision.recommend import Incomplete
from advisor.decision.recommendation import Recommendation, Verdict
from advisor.decision.release import Release
from advisor.decision.since import since
from advisor.models import Release as StoredRelease
from advisor.models.snapshot import SnapshotIsBroken
from advisor.views.advice import for_whom
from advisor.views.private import private
from advisor.views.texts import question_text

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST = 8500
"""Characters of a pasted link. One with every answer there is stays well below."""

GOALS_NAMED = 3
"""How many goals a line names before it counts the others."""


class NotOpened(Exception):
    """What was pasted leads to no advice. The message is fit for a visitor, and says what to do."""

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(str(message))


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two results: what opens it, its advice, and the kept result that it is, if it is one."""

    recommendation: Recommendation
    opened: kept.Opened | None = None
    pinned: bool = False
    notices: Sequence[Notice] = ()

    @property
    def number(self) -> int:
        return self.recommendation.release.number

    def reference(self, answers: Answers) -> str:
        """What opens other answers under this side's rules. Without a pin these are the rules of the day."""
        query = links.query(answers)
        return f"{self.number}~{query}" if self.pinned else query

    @property
    def own_reference(self) -> str:
        return self.opened.token if self.opened else self.reference(self.recommendation.answers)


class Field(NamedTuple):
    """One of the form's two fields: what was pasted, what it opens, and why it does not."""

    name: str
    value: str
    side: Side | None
    error: str


@require_safe
@private
def compare(request: HttpRequest) -> HttpResponse:
    """Two results side by side. While one of them is missing or can't be opened, a form to paste their links into."""
    fields = [_field(request, name) for name in ("one", "two")]
    one, two = (field.side for field in fields)
    if one and two:
        return render(request, "advisor/compare.html", _page(one, two))
    wrong = any(field.error for field in fields)
    return render(request, "advisor/compare_form.html", _form(fields), status=422 if wrong else 200)


def _field(request: HttpRequest, name: str) -> Field:
    text = request.GET.get(name)
    if text is None:
        return Field(name, "", None, "")
    try:
        return Field(name, text, _open(request, text.strip()), "")
    except (NotOpened, MalformedAnswers) as problem:
        return Field(name, text, None, str(problem))


def _open(request: HttpRequest, text: str) -> Side:
    """What a pasted link or reference stands for. Only its path and query are read; nothing is ever fetched."""
    if not text:
        raise NotOpened(_("Paste the link to a result here."))
    if len(text) > LONGEST:
        raise NotOpened(_("This is longer than any link of ours. Copy the link once more, and nothing else."))
    pinned = re.match(r"([0-9]+)~(.*)", text, re.DOTALL)
    if pinned:
        return _of_answers(_release(pinned[1]), pinned[2], pinned=True)
    before, mark, query = text.partition("#")[0].partition("?")
    if re.search(r"(?:^|/)manage/", before):
        raise NotOpened(_("This is the private link that manages a result. Paste the link that shows the result."))
    token = re.search(r"(?:^|/)r/([^/]+)", before)
    if token:
        return _of_token(token[1])
    if mark or "=" in before:
        return _of_answers(published.of_request(request), query if mark else before)
    if "/" in before:
        raise NotOpened(_("This link leads to no result. Open the result, and copy its link from there."))
    return _of_token(before)


def _release(digits: str) -> Release:
    try:
        return published.release(int(digits) if len(digits) < 10 else 0)
    except StoredRelease.DoesNotExist:
        raise NotOpened(_("There is no release of our rules with this number.")) from None
    except SnapshotIsBroken:
        raise NotOpened(_("We can’t read the rules that this link asks for. The fault is on our side.")) from None


def _of_token(token: str) -> Side:
    try:
        opened = kept.by_token(token)
    except recalls.Withdrawn as why:
        raise NotOpened(_withdrawn(why)) from None
    except kept.Unknown:
        raise NotOpened(
            _("Nothing is kept under this link. A letter may be missing at its end. Copy the whole link once more.")
        ) from None
    except kept.Gone as why:
        if why.deleted:
            raise NotOpened(_("This result was deleted by whoever kept it. Ask for a new link.")) from None
        raise NotOpened(_("This result is no longer kept: its time is over. Ask for a new link.")) from None
    except kept.Damaged:
        raise NotOpened(_("What we stored for this link has been damaged on our side, so we do not show it.")) from None
    return Side(opened.recommendation, opened, pinned=True)


def _withdrawn(why: recalls.Withdrawn) -> str:
    return _("The rules behind this advice were withdrawn: %(text)s") % {"text": why.recalled.text}


def _of_answers(release: Release, query: str, *, pinned: bool = False) -> Side:
    try:
        recalls.refuse_recalled(release)
    except recalls.Withdrawn as why:
        raise NotOpened(_withdrawn(why)) from None
    pairs = [pair for pair in links.pairs_in(query) if pair[0] not in links.PAGE_KEYS]
    answers, notices = read(pairs, release.catalogue)
    try:
        return Side(recent.advice(release, answers, notices), pinned=pinned, notices=notices)
    except Incomplete as error:
        if len(error.missing) > 1:
            raise NotOpened(_("This link holds no answers. Open the result, and copy its link from there.")) from None
        missing = question_text(error.missing[0]).row
        raise NotOpened(
            _("There is no advice for this link yet. One answer is missing: %(question)s.") % {"question": missing}
        ) from None


def _form(fields: Sequence[Field]) -> dict[str, Any]:
    labels = {"one": _("Link to the first result"), "two": _("Link to the second result")}
    one = fields[0].side
    colleague = one.opened.token if one and one.opened else ""
    labelled = [{**field._asdict(), "label": labels[field.name]} for field in fields]
    return {
        "fields": labelled,
        "errors": [field for field in labelled if field["error"]],
        "known": _heading(one, _kept_on(one) or labels["one"]) if one else None,
        "answer_url": links.question_url("industry", Answers(), beside=colleague) if colleague else "",
    }


def _page(one: Side, two: Side) -> dict[str, Any]:
    found = compare_advice(one.recommendation, two.recommendation)
    names = _names(one, two, found)
    rows = [_row(found, answer, (one, two), names) for answer in found.answers]
    return {
        "sides": [_heading(side, name) for side, name in zip((one, two), names, strict=True)],
        "c": found,
        "summary": _summary(found),
        "groups": [
            {"title": _("These would change the advice"), "rows": [row for row in rows if row["changes"]]},
            {"title": _("These change nothing in the advice"), "rows": [row for row in rows if not row["changes"]]},
        ],
        "goals": [_goal(found, goal, names) for goal in found.goals if not goal.is_same],
        "same_goals": [_same_goal(found, goal) for goal in found.goals if goal.is_same],
        "by_rules": list(_by_rules(found, names)),
        "between": _between(found),
        "end": None if found.answers else _end(one, two),
        "news": _news(found),
        "categories": _categories(found),
        "again_url": links.compare_url(),
    }


def _categories(found: Comparison) -> list[Any]:
    """Every kind of AI that the page may draw."""
    by_slug = {
        category.slug: category for side in (found.one, found.two) for category in side.release.catalogue.categories
    }
    return list(by_slug.values())


def _names(one: Side, two: Side, found: Comparison) -> tuple[str, str]:
    """What the page calls the two: by their place, unless the day or the rules say more."""
    first, second = _("The first"), _("The second")
    kept_on = _kept_on(one), _kept_on(two)
    names = kept_on if kept_on[0] != kept_on[1] else ("", "")
    if found.same_release:
        return names[0] or first, names[1] or second
    rules = (_rules_of(one), _rules_of(two)) if not found.answers else (first, second)
    return (
        _("%(name)s (release %(number)s)") % {"name": names[0] or rules[0], "number": one.number},
        _("%(name)s (release %(number)s)") % {"name": names[1] or rules[1], "number": two.number},
    )


def _kept_on(side: Side) -> str:
    return _("Kept on %(date)s") % {"date": date_format(side.opened.day, "j F Y")} if side.opened else ""


def _rules_of(side: Side) -> str:
    return _("Today’s rules") if side.number == published.current().number else _("Earlier rules")


def _heading(side: Side, name: str) -> dict[str, Any]:
    recommendation = side.recommendation
    return {
        "name": name,
        "r": recommendation,
        "level": recommendation.readiness.level,
        "for_whom": for_whom(recommendation.release, recommendation.answers),
        "release": release_line(recommendation.release),
        "day": side.opened.day if side.opened else None,
        "url": _address(side),
        "notices": side.notices,
    }


def _summary(found: Comparison) -> str:
    if found.answers:
        differ, change = len(found.answers), sum(answer.changes for answer in found.answers)
        said = ngettext("%(count)s answer differs.", "%(count)s answers differ.", differ) % {"count": differ}
        if not change:
            return f"{said} {_('Taken over alone, none of them would change the advice.')}"
        if change == differ:
            return f"{said} {ngettext('It would change the advice.', 'Each of them would change the advice.', differ)}"
        would = ngettext(
            "%(count)s of them would change the advice.", "%(count)s of them would change the advice.", change
        )
        return f"{said} {would % {'count': change}}"
    if found.same_release:
        return _("Nothing differs: the same answers, the same rules, and so the same advice.")
    if not _news(found):
        return _("The answers are the same, and both releases give the same advice.")
    return _("The answers are the same. What differs comes from the rules alone.")


def _row(
    found: Comparison, answer: DifferingAnswer, sides: tuple[Side, Side], names: tuple[str, str]
) -> dict[str, Any]:
    (one, two), (first, second) = sides, names
    to_one, to_two = _taken_urls(answer, one, two)
    return {
        "question": question_text(answer.key).row,
        "name": _name_of(found, answer.key, answer.slug) if answer.slug else "",
        "changes": answer.changes,
        "cells": [
            {"name": first, "url": to_one, **_cell(found, answer, one, answer.to_one, answer.one, answer.two)},
            {"name": second, "url": to_two, **_cell(found, answer, two, answer.to_two, answer.two, answer.one)},
        ],
    }


def _taken_urls(answer: DifferingAnswer, one: Side, two: Side) -> tuple[str, str]:
    """The two again, once with the answer taken over by the first and once by the second."""
    into_one, into_two = answer.to_one.recommendation, answer.to_two.recommendation
    return (
        links.compare_url(one.reference(into_one.answers), two.own_reference) if into_one else "",
        links.compare_url(one.own_reference, two.reference(into_two.answers)) if into_two else "",
    )


def _cell(
    found: Comparison, answer: DifferingAnswer, side: Side, taken: TakenOver, mine: Picked, theirs: Picked
) -> dict[str, Any]:
    return {
        "state": _state(found, answer, mine),
        "effect": _effect(taken, answer.slug),
        "label": _action(found, answer, theirs),
        "refused": _refusal(taken, side),
    }


def _name_of(found: Comparison, key: str, slug: str) -> str:
    """As the newer release that knows it calls it."""
    section = SECTION_OF[key]
    newest_first = sorted((found.one, found.two), key=lambda side: -side.release.number)
    return next(
        str(side.release.catalogue.by_slug[section][slug].name)
        for side in newest_first
        if slug in side.release.catalogue.by_slug[section]
    )


def _state(found: Comparison, answer: DifferingAnswer, picked: Picked) -> str:
    """What this side said."""
    if picked is None:
        return _("Question not answered")
    if answer.kind == "swap":
        return _name_of(found, "industry", picked[0])
    if answer.kind == "order":
        return _("First in the list: “%(goal)s”") % {"goal": _name_of(found, "need", picked[0])}
    if answer.kind == "whole":
        return _("Nothing ticked")
    if answer.key == "need":
        return _("A goal") if picked else _("Not a goal")
    return _("Ticked") if picked else _("Not ticked")


def _action(found: Comparison, answer: DifferingAnswer, theirs: Picked) -> str:
    """What taking the other's answer over is called."""
    if answer.kind == "swap":
        return _("Take over “%(name)s”") % {"name": _name_of(found, "industry", (theirs or ("",))[0])}
    if answer.kind == "order":
        return _("Take over: put “%(goal)s” first") % {"goal": _name_of(found, "need", (theirs or ("",))[0])}
    if answer.kind == "whole":
        return _("Take over: leave it open") if theirs is None else _("Take over: tick nothing")
    if answer.key == "need":
        return _("Take over: add this goal") if theirs else _("Take over: drop this goal")
    return _("Take over: tick it") if theirs else _("Take over: do not tick it")


def _refusal(taken: TakenOver, side: Side) -> str:
    if taken.recommendation:
        return ""
    if taken.refused == LAST_GOAL:
        return _("It is the only goal here. Take over another goal first.")
    return _("Release %(number)s does not know this answer, so it can’t be taken over.") % {"number": side.number}


_LEVEL = {READY: gettext_lazy("Ready"), PREPARE: gettext_lazy("Some steps first"), NOT_YET: gettext_lazy("Not yet")}


def _effect(taken: TakenOver, own_goal: str) -> dict[str, Any] | None:
    """What taking one answer over does to the advice, in words. None where it can't be taken over."""
    if taken.recommendation is None:
        return None
    after = taken.recommendation
    lines = [_goal_line(goal.slug, goal.before, goal.after, own_goal) for goal in taken.goals]
    named = [line for line in lines if line]
    return {
        "turns_to": _outcome(after, taken) if taken.headline or taken.readiness else "",
        "goals": named[:GOALS_NAMED],
        "more_goals": max(len(named) - GOALS_NAMED, 0),
        "nothing": not taken.changes,
    }


def _outcome(after: Recommendation, taken: TakenOver) -> str:
    """What the advice turns to, as far as it differs."""
    headline, level = after.headline, after.readiness.level
    kinds = ", ".join(category.short_name for category in headline.tie)
    kind = _("A tie: %(kinds)s") % {"kinds": kinds} if headline.tie else headline.category.name
    if not taken.readiness:
        return _("Later: %(kind)s") % {"kind": kind} if level == NOT_YET else kind
    if not taken.headline:
        return str(_LEVEL[level])
    return _("Not yet. Later: %(kind)s") % {"kind": kind} if level == NOT_YET else f"{kind}. {_LEVEL[level]}"


def _goal_line(slug: str, before: Verdict | None, after: Verdict | None, own_goal: str) -> str:
    if after is None:
        return ""
    if before is None and slug == own_goal:
        return _("Adds advice for this goal: %(kind)s.") % {"kind": verdict_words(after)}
    return _("“%(goal)s” turns to: %(kind)s.") % {"goal": after.need.name, "kind": verdict_words(after)}


def verdict_words(verdict: Verdict) -> str:
    """One goal's verdict in a few words. Steps are named where the kind alone would not show what differs."""
    kind = " + ".join([verdict.category.name, *(also.category.name for also in verdict.also)])
    if verdict.level == NOT_YET:
        return _("Not yet: %(kind)s") % {"kind": kind}
    return _("%(kind)s, some steps first") % {"kind": kind} if verdict.level == PREPARE else kind


def _goal(found: Comparison, goal: Goal, names: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": _name_of(found, "need", goal.slug),
        "cells": [
            {"name": name, "verdict": verdict, "words": verdict_words(verdict) if verdict else ""}
            for name, verdict in zip(names, (goal.one, goal.two), strict=True)
        ],
    }


def _same_goal(found: Comparison, goal: Goal) -> dict[str, Any]:
    """In the words of the newer release."""
    one_is_newer = found.one.release.number > found.two.release.number
    verdict = goal.one if one_is_newer else goal.two
    words = verdict_words(verdict) if verdict else ""
    return {"name": _name_of(found, "need", goal.slug), "verdict": verdict, "words": words}


def _by_rules(found: Comparison, names: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """What the two releases decide differently: once for the same answers, else for the answers of each side."""
    if not found.answers:
        groups = [("", found.rules_one)]
    else:
        groups = [
            (_("With the answers of: %(side)s") % {"side": name}, rules)
            for name, rules in zip(names, (found.rules_one, found.rules_two), strict=True)
        ]
    for title, rules in groups:
        if rules:
            yield {"title": title, "goals": [_ruled(found, goal) for goal in rules]}


def _ruled(found: Comparison, goal: ByRules) -> dict[str, Any]:
    """The rules, or the steps to put right first, that make the difference, on each side with their reason."""
    kinds = [(verdict.category.slug, {also.category.slug for also in verdict.also}) for verdict in (goal.one, goal.two)]
    return {
        "name": _name_of(found, "need", goal.slug),
        "cells": [
            {
                "number": side.release.number,
                "verdict": verdict,
                "words": verdict_words(verdict),
                "rules": verdict.reasons if kinds[0] != kinds[1] else (),
                "gates": verdict.gates if goal.one.level != goal.two.level else (),
                "no_gates": goal.one.level != goal.two.level and not verdict.gates,
            }
            for side, verdict in ((found.one, goal.one), (found.two, goal.two))
        ],
    }


def _between(found: Comparison) -> list[dict[str, Any]]:
    """What the editors wrote about each release from the older to the newer of the two, newest first."""
    if found.same_release:
        return []
    older, newer = sorted((found.one.release.number, found.two.release.number))
    between = StoredRelease.objects.filter(number__gt=older, number__lte=newer).order_by("-number").defer("document")
    return [{"number": row.number, "published_at": row.published_at, "note": row.note} for row in between]


def _news(found: Comparison) -> list[dict[str, str]]:
    """For the same answers under two releases: all that the newer one says otherwise, down to tools and texts."""
    if found.answers or found.same_release:
        return []
    older, newer = sorted((found.one, found.two), key=lambda side: side.release.number)
    is_current = newer.release.number == published.current().number
    rules_url = reverse("rules")
    return [
        {"sentence": item.sentence, "url": f"{rules_url}#{item.row.slug}" if item.row and is_current else ""}
        for item in since(older, newer)
    ]


def _end(one: Side, two: Side) -> dict[str, str]:
    """Where to read and to keep what both have come to: of two releases, as the newer one says it."""
    # The reference settles what is left, so that swapping the two leads to the same page.
    side = min(one, two, key=lambda side: (-side.number, not side.opened, side.pinned, side.own_reference))
    answers = side.recommendation.answers
    return {"url": _address(side), "keep_url": "" if side.opened else links.keep_url(answers, side.number)}


def _address(side: Side) -> str:
    """The page that shows this very advice. Other answers under rules of the past have none."""
    if side.opened:
        return reverse("saved", args=[side.opened.token])
    return "" if side.pinned else links.result_url(side.recommendation.answers)
