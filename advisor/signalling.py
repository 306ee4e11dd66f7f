"""Taking in what visitors tell the editors. What is sent twice counts once; what looks like junk is set apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from advisor import spam
from advisor.decision.recommendation import Recommendation
from advisor.formkeys import FormKey
from advisor.models import Signal, SignalGoal
from advisor.spam import Limits

MOST_OF_A_TEXT = 2
"""From then on the same words again are junk."""
SAME_WORDS_WITHIN = timedelta(days=30)


def count_vote(signal: Signal, advice: Recommendation, vote: str, origin: str) -> Signal:
    """Keep whether this advice was useful. A day's later press from the same network replaces the earlier one.

    Raises TooMany.
    """
    signal.vote = vote
    # The page with the buttons is the same for everybody, so it can hold no key of a form.
    signal.once = _digest("vote", origin, str(signal.release_id), signal.answers) if origin else None
    signal.state = _state_of(vote)
    kept = _keep(signal, advice, spam.VOTES, origin)
    if kept.vote != vote:
        kept.vote, kept.state = vote, _state_of(vote)
        kept.save(update_fields=["vote", "state"])
    return kept


def _state_of(vote: str) -> Signal.State:
    """Nobody has to do anything about advice that was useful."""
    return Signal.State.DONE if vote == Signal.Vote.YES else Signal.State.NEW


def take_in(
    signal: Signal, advice: Recommendation | None, key: FormKey, posted: Mapping[str, str], origin: str
) -> Signal:
    """Keep what a form says. Raises TooMany."""
    signal.once = _digest("form", key.secret, signal.kind, signal.modality, signal.part, signal.slug, signal.words)
    # Without words there is nothing to read: one tick can well be quicker than three seconds.
    age = key.age if signal.words else spam.YOUNGEST
    signal.junk = bool(spam.signs(posted, signal.words, age)) or _said_before(signal.words)
    return _keep(signal, advice, spam.JUNK_SIGNALS if signal.junk else spam.SIGNALS, origin)


def _said_before(words: str) -> bool:
    since = timezone.now() - SAME_WORDS_WITHIN
    return bool(words) and Signal.objects.filter(words=words, received_at__gte=since).count() >= MOST_OF_A_TEXT


def _keep(signal: Signal, advice: Recommendation | None, limits: Limits, origin: str) -> Signal:
    try:
        with transaction.atomic():
            return _earlier(signal) or _store(signal, advice, limits, origin)
    except IntegrityError:  # the same, at the same moment
        found = _earlier(signal)
        if found is None:
            raise
        return found


def _earlier(signal: Signal) -> Signal | None:
    return Signal.objects.filter(once=signal.once).first() if signal.once else None


def _store(signal: Signal, advice: Recommendation | None, limits: Limits, origin: str) -> Signal:
    spam.take_room(limits, origin)
    signal.received_at = timezone.now()
    signal.save(force_insert=True)
    if advice:
        decided = {(case.need.slug, case.rule.slug) for verdict in advice.verdicts for case in verdict.cases}
        SignalGoal.objects.bulk_create(
            SignalGoal(signal=signal, need=need, rule=rule) for need, rule in sorted(decided)
        )
    return signal


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
