"""A decision record in the forms that other programs read: Markdown, and an entry for a calendar."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from advisor.decision.recommendation import plain
from advisor.views.recordcontent import Record, Review

_MARKUP = re.compile(r"([\\`*_\[\]<>&|~#])")
_AT_THE_START = re.compile(r"^(\s*)([-+=]|\d+[.)])")
_LINKED_BY_ITSELF = re.compile(r"(://|www\.|@)", re.IGNORECASE)


def escaped(text: str) -> str:
    """Words that stay words in Markdown, whatever an editor wrote.

    >>> print(escaped("1. See <b>https://x</b> [now](y)"))
    1\\. See \\<b\\>https\\://x\\</b\\> \\[now\\](y)
    """
    text = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    text = _LINKED_BY_ITSELF.sub(
        lambda found: found[1].replace(":", "\\:").replace(".", "\\.").replace("@", "\\@"), text
    )
    return _AT_THE_START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", text)


def to_markdown(record: Record) -> str:
    """Everything that the page says. What an editor wrote stays text."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: Record) -> Iterator[str]:
    release, readiness = record.recommendation.release, record.recommendation.readiness
    yield f"# {_('Decision record')}\n"
    yield escaped(f"{record.for_whom} {record.as_of}")
    answers = [f"{escaped(row.question)}: {escaped('; '.join(row.values))}" for row in record.answers]
    yield from _section(_("The question"), escaped(record.question), *_bullets(answers))
    yield from _section(_("The advice"), f"**{escaped(record.headline)}**", "", escaped(record.sentence))
    yield f"\n{escaped(readiness.sentence)}"
    yield from _section(_("Reasons for"))
    for goal in record.goals:
        yield f"### {escaped(goal.name)}: {escaped(goal.verdict)}\n"
        yield from (f"{escaped(plain(reason))}\n" for reason in goal.reasons)
        yield from (f"{_('Beside it:')} {escaped(also)}\n" for also in goal.also)
    yield from _section(_("Reasons against"))
    for title, items in record.against_by_sort:
        yield f"### {escaped(title)}\n"
        yield from _bullets([escaped(f"{item.label} {item.text}") for item in items])
    unknown = record.not_known or (record.nothing_open,)
    yield from _section(_("What is not known"), *_bullets([escaped(text) for text in unknown])[1:])
    yield from _section(_("Put right first"))
    for number, step in enumerate(record.first, start=1):
        where = f" ({escaped('; '.join(step.goals))})" if step.goals else ""
        yield f"{number}. **{escaped(step.name)}**{where}: {escaped(plain(step.reason))} {escaped(step.action)}"
    if not record.first:
        yield escaped(record.nothing_first)
    mind = [f"**{escaped(item.name)}** ({item.flag}): {escaped(item.action)}" for item in record.mind]
    yield from _section(_("What to mind"), *_bullets(mind)[1:])
    rows = [f"| {escaped(role)} | | |" for role in record.roles]
    head = f"| | {_('Name')} | {_('By when')} |"
    yield from _section(_("People responsible"), head, "| --- | --- | --- |", *rows)
    if record.to_do:
        boxes = [f"- [ ] **{escaped(item.name)}** ({item.reason}): {escaped(item.action)}" for item in record.to_do]
        yield from _section(_("To do"), *boxes)
    yield from _section(_("Where it comes from"), f"{escaped(record.released)} {_('Fingerprint:')} `{release.sha256}`")
    yield f"\n<{record.link}>\n"
    yield f"{escaped(record.look_again)}\n"
    yield escaped(record.general)


def _section(title: str, *lines: str) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield from lines


def _bullets(texts: list[str]) -> list[str]:
    """A list, after an empty line."""
    return ["", *(f"- {text}" for text in texts)]


def to_calendar(record: Record, review: Review) -> bytes:
    """One entry for a whole day: when to look at the advice again. The same record gives the same entry."""
    from icalendar import Calendar, Event  # commands and most pages write none

    release = record.recommendation.release
    stamp = datetime.fromisoformat(release.published_at) if release.published_at else datetime(2026, 1, 1, tzinfo=UTC)
    entry = Event()
    entry.add("summary", _("Look again at: %(headline)s") % {"headline": record.headline})
    entry.add("description", f"{_because(review)}\n\n{record.link}\n\n{record.released}")
    entry.add("url", record.link)
    entry.add("dtstart", review.day)
    entry.add("dtend", review.day + timedelta(days=1))
    entry.add("dtstamp", stamp.astimezone(UTC))
    entry.add("transp", "TRANSPARENT")  # it takes no time out of the day
    entry.add("uid", _uid(record))
    calendar = Calendar()
    calendar.add("prodid", "-//Signpost//Decision record//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _because(review: Review) -> str:
    if not review.about:
        return _("Every check that this advice rests on is overdue, so look at it again now.")
    return _("The check of “%(about)s” is due. Open the link and see whether the advice still holds.") % {
        "about": review.about
    }


def _uid(record: Record) -> str:
    """The same for the same record, so that a calendar that gets it twice keeps one. It gives nothing away."""
    release, answers = record.recommendation.release, record.recommendation.answers
    content = f"{release.sha256} {record.link} {answers.pairs()}"
    host = urlsplit(record.link).hostname
    return f"{hashlib.sha256(content.encode()).hexdigest()[:32]}@{host}"
