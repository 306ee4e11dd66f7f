"""What a decision record says, as one value. Its page, PDF, Markdown, data, to-do list and date all show this value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from advisor.decision.catalogue import NOT_YET, Claim
from advisor.decision.flow import counted, offered
from advisor.decision.recommendation import CLEAR, AppliedGate, Recommendation, Sentence, Verdict, plain
from advisor.views.advice import for_whom
from advisor.views.wizard import answer_rows

DOUBT, CONTESTED, LIMIT, OTHER = "doubt", "contested", "limit", "other"
"""The sorts of what speaks against the advice."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of this visitor's way, and what was picked."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """What one goal gets and why. `also` names further kinds of AI, each with what it is for."""

    name: str
    slug: str
    kind: str
    category: str
    level: str
    reasons: tuple[Sentence, ...]
    also: tuple[str, ...]

    @property
    def verdict(self) -> str:
        return _("Not yet: %(kind)s") % {"kind": self.kind} if self.level == NOT_YET else self.kind


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against the advice. `sort`: doubt, contested, limit or other; `about` says what it is about."""

    sort: str
    about: str
    text: str

    @property
    def label(self) -> str:
        """What stands before the text where it does not speak for itself."""
        if self.sort == CONTESTED:
            return _("Contested, on “%(about)s”:") % {"about": self.about}
        return self.about if self.sort == DOUBT else ""


@dataclass(frozen=True, slots=True)
class Step:
    """What to put right first: a gate, with the goals that it holds up."""

    name: str
    level: str
    reason: Sentence
    action: str
    goals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Minded:
    """A caveat in short."""

    name: str
    severity: str
    action: str

    @property
    def flag(self) -> str:
        return _("Must") if self.severity == "must" else _("Mind")


@dataclass(frozen=True, slots=True)
class ToDo:
    """A line to tick off. `why` is one of first, must and next."""

    why: str
    name: str
    action: str

    @property
    def reason(self) -> str:
        return {"first": _("Before you start"), "must": _("A duty"), "next": _("Next step")}[self.why]


@dataclass(frozen=True, slots=True)
class Review:
    """When to look again. `about` names what is then due; empty when everything is overdue already."""

    day: date
    about: str


@dataclass(frozen=True, slots=True)
class Record:
    """The decision record of one recommendation. `day` is the day as of which it speaks, `kept` whether it was kept."""

    recommendation: Recommendation
    day: date
    kept: bool
    link: str
    for_whom: str
    answers: tuple[Answered, ...]
    headline: str
    sentence: str
    goals: tuple[Goal, ...]
    against: tuple[Against, ...]
    not_known: tuple[str, ...]
    first: tuple[Step, ...]
    mind: tuple[Minded, ...]
    roles: tuple[str, ...]
    to_do: tuple[ToDo, ...]
    review: Review

    @property
    def question(self) -> str:
        return _("Which kind of AI fits what this business wants to get done, if any?")

    @property
    def nothing_first(self) -> str:
        return _("Nothing has to be put right first.")

    @property
    def nothing_open(self) -> str:
        return _("Every question was answered, and every check is in date.")

    @property
    def against_by_sort(self) -> list[tuple[str, list[Against]]]:
        """What speaks against it under a title each, in the order in which it weighs."""
        parts: dict[str, list[Against]] = {}
        for item in self.against:
            if item.sort == LIMIT:
                title = _("Limits of this kind: %(kind)s") % {"kind": item.about}
            else:
                title = _("Why not the others") if item.sort == OTHER else _("What makes it less than clear")
            parts.setdefault(title, []).append(item)
        return list(parts.items())

    @property
    def as_of(self) -> str:
        day = date_format(self.day, "j F Y")
        return _("As kept on %(day)s.") % {"day": day} if self.kept else _("As of %(day)s.") % {"day": day}

    @property
    def released(self) -> str:
        release = self.recommendation.release
        if not self.published:
            return _("Release %(number)d of the rules.") % {"number": release.number}
        day = date_format(self.published, "j F Y")
        return _("Release %(number)d of the rules, published %(day)s.") % {"number": release.number, "day": day}

    @property
    def look_again(self) -> str:
        day = date_format(self.review.day, "j F Y")
        if not self.review.about:
            return _("Look at this again at once: every check that it rests on is overdue.")
        return _("Look at this again by %(day)s. Then the check of “%(about)s” is due.") % {
            "day": day,
            "about": self.review.about,
        }

    @property
    def general(self) -> str:
        return _(
            "Fixed rules written by people; no AI model reads the answers. "
            "General information, not legal, medical or financial advice."
        )

    @property
    def published(self) -> datetime | None:
        at = self.recommendation.release.published_at
        return datetime.fromisoformat(at) if at else None

    @property
    def file_name(self) -> str:
        """Without an ending. It holds no answers: files travel."""
        return f"decision-record-{self.day.isoformat()}"


def record_of(recommendation: Recommendation, *, day: date, link: str, kept: bool = False) -> Record:
    """The record of this advice as of `day`. `link` opens the same advice."""
    release, answers = recommendation.release, recommendation.answers
    order = answers.needs.index
    return Record(
        recommendation=recommendation,
        day=day,
        kept=kept,
        link=link,
        for_whom=for_whom(release, answers),
        answers=tuple(
            Answered(str(row["title"]), tuple(str(value) for value in row["values"]))
            for row in answer_rows(release, answers)
        ),
        headline=_headline(recommendation),
        sentence=_sentence(recommendation),
        goals=tuple(
            _goal(verdict) for verdict in sorted(recommendation.verdicts, key=lambda verdict: order(verdict.need.slug))
        ),
        against=(
            *_doubts(recommendation),
            *_contested(recommendation),
            *_limits(recommendation),
            *_others(recommendation),
        ),
        not_known=tuple(_not_known(recommendation, day)),
        first=tuple(_step(applied, len(recommendation.verdicts)) for applied in recommendation.readiness.gates),
        mind=tuple(
            Minded(applied.caveat.name, applied.caveat.severity, applied.caveat.action)
            for applied in recommendation.caveats
        ),
        roles=(_("Decides"), _("Checks what comes out"), _("Answers for the data")),
        to_do=tuple(_to_do(recommendation)),
        review=review_of(recommendation, day),
    )


def _headline(recommendation: Recommendation) -> str:
    """As the verdict plate of the result says it."""
    headline = recommendation.headline
    if recommendation.readiness.level == NOT_YET:
        return _("Not yet")
    if headline.tie:
        return _("A tie between %(number)d kinds") % {"number": len(headline.tie)}
    return headline.category.plate


def _sentence(recommendation: Recommendation) -> str:
    headline = recommendation.headline
    if recommendation.readiness.level != NOT_YET:
        return headline.sentence
    if headline.tie:
        return headline.sentence
    return _("Once that is put right, these answers point to %(phrase)s.") % {"phrase": headline.category.phrase}


def _goal(verdict: Verdict) -> Goal:
    return Goal(
        name=verdict.need.name,
        slug=verdict.need.slug,
        kind=verdict.category.name,
        category=verdict.category.slug,
        level=verdict.level,
        reasons=tuple(reason for _rule, reason in verdict.reasons),
        also=tuple(
            _("%(kind)s for %(parts)s")
            % {"kind": also.category.name, "parts": ", ".join(modality.phrase for modality in also.modalities)}
            for also in verdict.also
        ),
    )


def _doubts(recommendation: Recommendation) -> Iterator[Against]:
    if recommendation.headline.sure != CLEAR:
        yield Against(DOUBT, _("How sure?"), recommendation.headline.sure_because)


def _contested(recommendation: Recommendation) -> Iterator[Against]:
    """The other side of each claim that somebody disputes, once each."""
    said: set[str] = set()
    claims: list[tuple[str, Claim]] = [
        (verdict.need.name, rule) for verdict in recommendation.verdicts for rule, _reason in verdict.reasons
    ]
    claims += [(applied.gate.name, applied.gate) for applied in recommendation.readiness.gates]
    claims += [(applied.caveat.name, applied.caveat) for applied in recommendation.caveats]
    for about, claim in claims:
        if claim.contested and claim.contested not in said:
            said.add(claim.contested)
            yield Against(CONTESTED, about, claim.contested)


def _limits(recommendation: Recommendation) -> Iterator[Against]:
    """What the leading kind is not good at; in a tie, each of the kinds that lead."""
    headline = recommendation.headline
    for category in headline.tie or (headline.category,):
        for limit in category.limits:
            yield Against(LIMIT, category.name, limit)


def _others(recommendation: Recommendation) -> Iterator[Against]:
    for other in recommendation.why_not:
        yield Against(OTHER, other.category.name, other.sentence)


def _not_known(recommendation: Recommendation, day: date) -> Iterator[str]:
    release, answers = recommendation.release, recommendation.answers
    yield from (notice.text for notice in recommendation.notices)
    if not any(notice.kind == "not-asked" for notice in recommendation.notices):
        ticked, _notices = counted(release, answers)
        names = release.catalogue.by_slug["circumstances"]
        still_open = [names[slug].name for slug in offered(release, answers, "fact") if not ticked.has("fact", slug)]
        if still_open:
            yield _("Not ticked, so not known: %(names)s.") % {"names": "; ".join(still_open)}
    for name, claim in _rests_on(recommendation):
        if claim.is_overdue(day):
            due = date_format(claim.review_by, "j F Y")
            yield _("The check of “%(name)s” is overdue since %(day)s.") % {"name": name, "day": due}


def _rests_on(recommendation: Recommendation) -> Iterator[tuple[str, Claim]]:
    """The claims that the advice rests on, each with a name. Tools are examples, so it does not rest on them."""
    for verdict in recommendation.verdicts:
        for rule, _reason in verdict.reasons:
            yield verdict.need.name, rule
    for applied in recommendation.readiness.gates:
        yield applied.gate.name, applied.gate
    for minded in recommendation.caveats:
        yield minded.caveat.name, minded.caveat


def _step(applied: AppliedGate, goals: int) -> Step:
    """Which goals it holds up is said only where there are several."""
    names = tuple(need.name for need in applied.needs) if goals > 1 else ()
    return Step(applied.gate.name, applied.gate.level, applied.reason, applied.gate.action, names)


def _to_do(recommendation: Recommendation) -> Iterator[ToDo]:
    for applied in recommendation.readiness.gates:
        yield ToDo("first", applied.gate.name, applied.gate.action)
    for minded in recommendation.caveats:
        if minded.caveat.severity == "must":
            yield ToDo("must", minded.caveat.name, minded.caveat.action)
    for verdict in recommendation.verdicts:
        for rule, _reason in verdict.reasons:
            if rule.look_for:
                yield ToDo("next", verdict.need.name, rule.look_for)


def review_of(recommendation: Recommendation, day: date) -> Review:
    """The first review that is due after `day`, or the next working day when all of them are past."""
    ahead = [(claim.review_by, name) for name, claim in _rests_on(recommendation) if claim.review_by > day]
    if ahead:
        first, name = min(ahead, key=lambda due: due[0])
        return Review(first, name)
    return Review(_next_working_day(day), "")


def _next_working_day(day: date) -> date:
    after = day + timedelta(days=1)
    while after.weekday() > 4:
        after += timedelta(days=1)
    return after


def to_mapping(record: Record) -> dict[str, Any]:
    """The record as data: `docs/reference/record.md` documents it."""
    recommendation, release = record.recommendation, record.recommendation.release
    readiness, headline = recommendation.readiness, recommendation.headline
    return {
        "question": record.question,
        "for": record.for_whom,
        "as_of": record.day.isoformat(),
        "kept": record.kept,
        "link": record.link,
        "answers": [{"question": row.question, "values": list(row.values)} for row in record.answers],
        "advice": {
            "headline": record.headline,
            "sentence": record.sentence,
            "readiness": readiness.level,
            "readiness_sentence": readiness.sentence,
            "sure": headline.sure,
            "sure_because": headline.sure_because,
        },
        "reasons_for": [
            {
                "goal": goal.name,
                "kind": goal.kind,
                "readiness": goal.level,
                "reasons": [plain(reason) for reason in goal.reasons],
                "also": list(goal.also),
            }
            for goal in record.goals
        ],
        "reasons_against": [{"sort": item.sort, "about": item.about, "text": item.text} for item in record.against],
        "not_known": list(record.not_known),
        "put_right_first": [
            {
                "name": step.name,
                "readiness": step.level,
                "reason": plain(step.reason),
                "action": step.action,
                "goals": list(step.goals),
            }
            for step in record.first
        ],
        "mind": [{"name": item.name, "severity": item.severity, "action": item.action} for item in record.mind],
        "people": list(record.roles),
        "to_do": [{"why": item.why, "name": item.name, "action": item.action} for item in record.to_do],
        "review": {"on": record.review.day.isoformat(), "about": record.review.about},
        "release": {"number": release.number, "sha256": release.sha256, "published_at": release.published_at},
    }
