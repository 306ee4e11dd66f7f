"""What whoever signs in sees first: where the draft stands, what waits, and one next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from advisor.admin import proposing
from advisor.admin.proposing import PROPOSE, PUBLISH
from advisor.admin.standing import Standing, standing
from advisor.models import Enquiry, Proposal, Signal


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next. `blunt` when something stands in the way; no `url` when there is nothing to do."""

    title: str
    text: str
    url: str = ""
    label: str = ""
    blunt: bool = False


def context(request: HttpRequest) -> dict[str, Any]:
    """For the template. Somebody who may see none of the draft is shown nothing of it."""
    user = request.user
    sees_draft = user.has_perm("advisor.view_release") and user.has_perm("advisor.view_rule")
    stands = standing() if sees_draft else None
    new = Enquiry.objects.in_inbox().filter(state=Enquiry.State.NEW).count() if _reads_enquiries(request) else None
    told = Signal.objects.waiting_by_kind() if user.has_perm("advisor.view_signal") else {}
    found: dict[str, Any] = {
        "stands": stands,
        "new_enquiries": new,
        "signals": [(kind.label, kind.value, told[kind.value]) for kind in Signal.Kind if kind.value in told],
        "signals_total": sum(told.values()),
        "step": next_step(request, stands, new, sum(told.values())),
    }
    if stands:
        found |= {
            "failing": [one for one in stands.errors if one.finding.kind == "example"],
            "errors_found": [one for one in stands.errors if one.finding.kind != "example"],
            "overdue": [one for one in stands.warnings if one.finding.kind == "overdue"],
            "warnings_found": [one for one in stands.warnings if one.finding.kind != "overdue"],
        }
    return found


def next_step(request: HttpRequest, stands: Standing | None, new_enquiries: int | None, signals: int) -> Step:
    """What stops the draft comes first, then what waits to go live, then people, then upkeep."""
    steps = (_mend(stands), _publish(request, stands), _answer(new_enquiries), _look_again(stands), _listen(signals))
    return next(filter(None, steps), _nothing(stands))


def _mend(stands: Standing | None) -> Step | None:
    if stands is None or not stands.errors:
        return None
    first, count = stands.errors[0], len(stands.errors)
    return Step(
        f"Mend {_many(count, 'error')}",
        "The draft can’t go live before that. Visitors don’t see the draft, so nothing is broken for them.",
        first.example,
        "See the first one in the simulator",
        blunt=True,
    )


def _publish(request: HttpRequest, stands: Standing | None) -> Step | None:
    if stands is None:
        return None
    url = reverse("admin:publish")
    waiting = proposing.on_its_way()
    may_publish, may_propose = request.user.has_perm(PUBLISH), request.user.has_perm(PROPOSE)
    late = next((one for one in waiting if one.state == Proposal.State.STOPPED), None)
    if late and may_publish:
        text = f"It was to go live on {_hour(late)}. {late.why}"
        return Step("What was set to go live did not", text, url, "See it", blunt=True)
    if stands.says_the_same:
        return None
    waits = _many(len(stands.changes), "change") if stands.before else "The first release"
    verb = "wait" if stands.before and len(stands.changes) != 1 else "waits"
    by = next((one for one in waiting if one.sha256 == stands.draft.sha256), None)
    if by and by.state == Proposal.State.SCHEDULED:
        return Step(f"{waits} {verb} for the hour", f"This draft goes live on {_hour(by)}.", url, "See it")
    if by and by.by_id == request.user.pk:
        return Step(
            f"{waits} {verb} for another person", "You proposed this draft. Somebody else reads it next.", url, "See it"
        )
    if by and may_publish:
        return Step(
            f"{by.by_name} proposed this draft",
            f"{waits} {verb}. Read them, then publish or send them back.",
            url,
            "Look and publish",
        )
    if by:
        return Step(f"{waits} {verb} for a publisher", f"{by.by_name} proposed this draft.", url, "Look at the changes")
    if may_publish and (not may_propose or not proposing.others_may_publish(request.user)):
        text, label = "Look at what visitors would notice. Nobody has proposed it yet.", "Look at the changes"
        if may_propose:
            text, label = "Look at what visitors would notice, then publish.", "Look and publish"
    elif may_propose:
        text, label = "Look at what visitors would notice, then propose it to a publisher.", "Look and propose"
    else:
        text, label = "Look at what visitors would notice. An editor proposes it.", "Look at the changes"
    return Step(f"{waits} {verb} to go live", f"Nothing stands in the way. {text}", url, label)


def _hour(proposal: Proposal) -> str:
    return date_format(localtime(proposal.publish_at), "j F Y, H:i")


def _answer(new_enquiries: int | None) -> Step | None:
    if not new_enquiries:
        return None
    return Step(
        f"{_many(new_enquiries, 'new enquiry', 'new enquiries')}",
        "Someone asked for a talk and waits for an answer.",
        reverse("admin:advisor_enquiry_changelist"),
        "Open the inbox",
    )


def _look_again(stands: Standing | None) -> Step | None:
    overdue = [one for one in stands.warnings if one.finding.kind == "overdue"] if stands else []
    if not overdue:
        return None
    return Step(
        f"Check {_many(len(overdue), 'claim')} again",
        "Visitors are told that a check is overdue. Read the source, then set new dates.",
        reverse("shelf-life"),
        "See which",
    )


def _listen(signals: int) -> Step | None:
    if not signals:
        return None
    return Step(
        f"{_many(signals, 'new signal')} from visitors",
        "They say where the advice fails them. Each can become a draft rule, goal or example.",
        reverse("admin:advisor_signal_changelist"),
        "Read what they told",
    )


def _nothing(stands: Standing | None) -> Step:
    if stands is None or stands.current is None:
        return Step("Nothing waits for you", "Pick a page below.")
    return Step("Nothing waits", f"The draft says what release {stands.current.number} says. Change what you like.")


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def _reads_enquiries(request: HttpRequest) -> bool:
    return request.user.has_perm("advisor.view_enquiry")
