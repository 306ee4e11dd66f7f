"""What the publish page knows of proposals: where one stands, which forms it takes, and what each of them does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time

from advisor import timer
from advisor.admin.standing import Standing
from advisor.decision.catalogue import Catalogue
from advisor.decision.changes import changes
from advisor.models import Proposal, Release
from advisor.models.proposals import REASON_LENGTH, TimeRefused
from advisor.models.releases import NOTE_LENGTH

PROPOSE, PUBLISH = "advisor.propose_release", "advisor.publish_release"
State = Proposal.State

LATER = "later"


@dataclass(frozen=True, slots=True)
class Typed:
    """What one of the page's forms sent. `base` and `proposal` are what it was made for, -1 when unreadable."""

    action: str
    base: int
    proposal: int
    note: str
    reason: str
    when: str
    day: str
    time: str

    @classmethod
    def of(cls, sent: QueryDict) -> Self:
        return cls(
            action=sent.get("action", ""),
            base=number(sent.get("base", "")),
            proposal=number(sent.get("proposal", "")),
            note=sent.get("note", ""),
            reason=sent.get("reason", ""),
            when=sent.get("when", ""),
            day=sent.get("day", ""),
            time=sent.get("time", ""),
        )

    @property
    def at(self) -> datetime | None:
        """The set time, in the site's zone; None for at once. Raises TimeRefused."""
        if self.when != LATER:
            return None
        try:
            day, time = parse_date(self.day.strip()), parse_time(self.time.strip())
        except ValueError:  # well formed, such as 31 February
            day = time = None
        if day is None or time is None:
            raise TimeRefused("Give a day and a time. Example: 2026-12-03 and 09:00.")
        return timezone.make_aware(datetime.combine(day, time.replace(tzinfo=None)))


def number(digits: str) -> int:
    """Of a release or a proposal. One that can't be read is nobody's."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


@dataclass(frozen=True, slots=True)
class Action:
    """What a form does. `permission` is empty where `do` itself asks who it is; `done` is said afterwards."""

    permission: str
    do: Callable[[User, Typed], Proposal]
    done: str = ""


ACTIONS: Mapping[str, Action] = {
    "propose": Action(
        PROPOSE,
        lambda user, typed: Proposal.propose(note=typed.note, by=user, expected=typed.base),
        "The draft is proposed as it is now. It waits for another person.",
    ),
    "withdraw": Action(
        PROPOSE,
        lambda user, typed: Proposal.withdraw(typed.proposal, by=user),
        "Your proposal is withdrawn. The draft stays as it is.",
    ),
    "send-back": Action(
        PUBLISH,
        lambda user, typed: Proposal.send_back(typed.proposal, why=typed.reason, by=user),
        "The proposal is sent back, with your reason. The draft stays as it is.",
    ),
    "approve": Action(
        PUBLISH,
        lambda user, typed: Proposal.approve(
            typed.proposal, note=typed.note, by=user, expected=typed.base, at=typed.at
        ),
    ),
    "alone": Action(
        PUBLISH,
        lambda user, typed: Proposal.publish_alone(
            note=typed.note, reason=typed.reason, by=user, expected=typed.base, at=typed.at
        ),
    ),
    "kept": Action(PUBLISH, lambda user, typed: Proposal.publish_kept(typed.proposal, by=user, expected=typed.base)),
    "cancel": Action(
        PUBLISH,
        lambda user, typed: Proposal.cancel(typed.proposal, by=user),
        "It is cancelled, and will not go live. The draft stays as it is.",
    ),
}


def on_page(
    request: HttpRequest, stands: Standing, typed: Typed | None = None, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Which forms the page shows to this person, with what was typed, and what waits for whom."""
    user = request.user
    may_propose, may_publish = user.has_perm(PROPOSE), user.has_perm(PUBLISH)
    waiting = list(Proposal.objects.filter(state__in=[State.OPEN, State.SCHEDULED, State.STOPPED]))
    proposal = next((one for one in waiting if one.state == State.OPEN), None)
    blocked = bool(stands.errors) or stands.says_the_same or stands.draft.catalogue is None
    exact = proposal is not None and not blocked and proposal.sha256 == stands.draft.sha256
    own = proposal is not None and proposal.by_id == user.pk
    alone_here = may_publish and not others_may_publish(user)
    if exact:
        main = "approve" if may_publish and not own else ""
    elif alone_here:
        main = "alone"
    else:
        main = "propose" if may_propose else ""
    newest = Proposal.objects.defer("document").first()
    shown = {main, "alone" if may_publish and main != "approve" else "", "send-back" if proposal and not own else ""}
    return {
        "may_propose": may_propose,
        "may_publish": may_publish,
        "proposal": proposal,
        "exact": exact,
        "own": own,
        "blocked": blocked,
        "main": main,
        "nobody_else": alone_here,
        "nobody_to_publish": main == "propose" and not may_publish and not others_may_publish(user),
        "since": _since(proposal, stands) if proposal and not exact else None,
        "sent_back": newest if newest and newest.state == State.SENT_BACK else None,
        "kept": [_kept(one, stands) for one in waiting if one.state != State.OPEN],
        "last_alone": _last_alone(stands.current),
        "forms": {
            name.replace("-", "_"): _form(name, typed, errors or {}, note=proposal.note if proposal else "")
            for name in ("propose", "approve", "alone", "send-back")
        },
        "lost": typed.reason if typed and typed.reason and typed.action not in shown else "",
        "note_length": NOTE_LENGTH,
        "reason_length": REASON_LENGTH,
        "zone": timezone.get_current_timezone_name(),
        "timer_late": timer.is_late(),
        "timer_last": timer.last_run(),
    }


def on_its_way() -> list[Proposal]:
    """What waits for a person or for its time, or did not go live then. Without the documents."""
    states = [State.OPEN, State.SCHEDULED, State.STOPPED]
    return list(Proposal.objects.filter(state__in=states).defer("document"))


def _form(name: str, typed: Typed | None, errors: Mapping[str, str], *, note: str) -> dict[str, str]:
    """What a form holds. Note and time that were typed go into whichever form the page shows by now."""
    mine = typed if typed and typed.action == name else None
    return {
        "name": name,
        "note": typed.note if typed and typed.note else note,
        "reason": mine.reason if mine else "",
        "when": typed.when if typed else "",
        "day": typed.day if typed else "",
        "time": typed.time if typed else "",
        **({f"{field}_error": text for field, text in errors.items()} if mine else {}),
    }


def others_may_publish(user: Any) -> bool:
    return (
        User.objects.with_perm(PUBLISH, backend=settings.MODEL_BACKEND)
        .filter(is_staff=True)
        .exclude(pk=user.pk)
        .exists()
    )


def _since(proposal: Proposal, stands: Standing) -> list[dict[str, Any]] | None:
    """What differs between what was proposed and the draft as it is now. None when one of them can't be read."""
    proposed = _catalogue(proposal)
    draft = stands.draft.catalogue
    return [{"change": change} for change in changes(proposed, draft)] if proposed and draft else None


def _kept(proposal: Proposal, stands: Standing) -> dict[str, Any]:
    """What waits for its time or did not go live then: what it would change, and how the draft has gone on since."""
    catalogue = _catalogue(proposal)
    return {
        "proposal": proposal,
        "stopped": proposal.state == State.STOPPED,
        "overtaken": proposal.base != (stands.current.number if stands.current else 0),
        "changes": [{"change": change} for change in changes(stands.before, catalogue)]
        if stands.before and catalogue
        else None,
        "since": _since(proposal, stands),
    }


def _catalogue(proposal: Proposal) -> Catalogue | None:
    return _read(proposal.document)


@lru_cache(maxsize=4)
def _read(document: str) -> Catalogue | None:
    """What was proposed never changes, and the page shows it again and again."""
    try:
        return Catalogue.from_document(json.loads(document))
    except (ValueError, RecursionError):
        return None


def _last_alone(current: Release | None) -> Proposal | None:
    """How the current release went live, when one person did it alone."""
    if current is None:
        return None
    return Proposal.objects.filter(release=current).exclude(alone="").defer("document").first()


def how(release: Release) -> str:
    """Who answers for a release, in a sentence."""
    proposal: Proposal | None = getattr(release, "proposal", None)
    if proposal is None:
        return "" if release.by_id else "a command"
    if proposal.alone:
        return f"alone: {proposal.alone}"
    return f"proposed by {proposal.by_name}"
