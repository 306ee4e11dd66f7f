"""Telling whoever asked when the advice that they kept changes, and then only.

An address is written to once, to ask whether it is theirs. After that it hears of a release that changes this very
advice, and of no other. All that is known stands in rows: a job looks at them, and nothing waits in memory.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from advisor import kept, published
from advisor.decision import wording
from advisor.decision.recommendation import Recommendation
from advisor.decision.since import since, under
from advisor.limits import Limit, TooMany
from advisor.models import Mail, Release, SavedResult, Watch
from advisor.models.snapshot import SnapshotIsBroken

logger = logging.getLogger("advisor.watching")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

FROM_AN_ORIGIN = Limit("addresses from an origin", most=10, span=HOUR)
FROM_ALL = Limit("addresses from all", most=200, span=DAY)
ABOUT_A_RESULT = Limit("mails that ask an address about a result", most=1, span=DAY)
TO_AN_ADDRESS = Limit("mails that ask an address", most=3, span=DAY)
"""However many results somebody keeps, nobody can fill another one's mailbox with our mails."""

READS_THE_SAME = frozenset({"words"})
"""News by which names changed and the advice did not: none to write a mail about."""


@dataclass
class Told:
    """How a round went: to how many a mail goes, for how many all is as it was, and how many could not be looked at."""

    changed: int = 0
    same: int = 0
    skipped: int = 0


def ask(opened: kept.Opened, address: str, origin: str) -> Mail | None:
    """Note the address and make the mail that asks whether it is theirs. None when it knows already, or was asked.

    Raises TooMany, which says nothing about the address; Gone when the result was deleted meanwhile; DatabaseError.
    """
    address = address.lower()
    with transaction.atomic():
        waits = [FROM_ALL.wait(), FROM_AN_ORIGIN.wait(origin) if origin else None]
        if any(waits):
            raise TooMany(max(wait for wait in waits if wait))
        FROM_ALL.use()
        if origin:
            FROM_AN_ORIGIN.use(origin)
        still = SavedResult.objects.select_for_update().get(pk=opened.saved.pk)
        if not still.is_open:
            raise kept.Gone(deleted=still.deleted_at is not None)
        if not _may_ask(still, address):
            return None
        watch, _created = Watch.objects.get_or_create(
            saved=still, address=address, defaults={"told_release": opened.recommendation.release.number}
        )
        watch.asked_at = timezone.now()
        watch.save(update_fields=["asked_at"])
        return Mail.objects.create(kind=Mail.Kind.CONFIRM, watch=watch)


def _may_ask(saved: SavedResult, address: str) -> bool:
    """Whether a mail may go to this address now. If it may, that is counted."""
    if Watch.objects.confirmed().filter(saved=saved, address=address).exists():
        return False
    about = f"{saved.pk} {address}"
    if ABOUT_A_RESULT.wait(about) or TO_AN_ADDRESS.wait(address):
        return False
    ABOUT_A_RESULT.use(about)
    TO_AN_ADDRESS.use(address)
    return True


def confirm(watch: Watch) -> None:
    """From now on it hears of changes. Mails that still wait to ask are no longer needed."""
    with transaction.atomic():
        if watch.confirmed_at is None:
            watch.confirmed_at = timezone.now()
            watch.save(update_fields=["confirmed_at"])
        watch.mails.waiting().filter(kind=Mail.Kind.CONFIRM).delete()


def tell(*, dry_run: bool = False) -> Told:
    """For each confirmed address: put a mail into the outbox if the current release changes its advice.

    One transaction each, so that being killed in between tells nobody twice and forgets nobody. Raises NoRelease.
    """
    told, number = Told(), published.current().number
    for watch in Watch.objects.behind(number):
        try:
            changed = bool(news(kept.advice_of(watch.saved), watch.told_release, number))
        except (kept.Damaged, SnapshotIsBroken, Release.DoesNotExist) as problem:
            logger.error("Whether advice changed since release %s can't be told: %s", watch.told_release, problem)
            told.skipped += 1
            continue
        told.changed += changed
        told.same += not changed
        if not dry_run:
            _note(watch, number, changed=changed)
    return told


def _note(watch: Watch, number: int, *, changed: bool) -> None:
    with transaction.atomic():
        moved = Watch.objects.filter(pk=watch.pk, told_release=watch.told_release).update(told_release=number)
        if moved and changed:  # otherwise another process was faster, or it was stopped meanwhile
            Mail.objects.get_or_create(kind=Mail.Kind.CHANGED, watch_id=watch.pk, release_number=number)


def news(advice: Recommendation, then: int, now: int) -> tuple[str, ...]:
    """What release `now` says otherwise to the answers of this kept advice than release `then` did, in sentences.

    Raises SnapshotIsBroken or Release.DoesNotExist when that can't be known.
    """
    before, after = _advice_under(then, advice), _advice_under(now, advice)
    if before is None:
        return (wording.KNOWN_AGAIN,) if after else ()
    return tuple(item.sentence for item in since(before, after) if item.about not in READS_THE_SAME)


def _advice_under(number: int, advice: Recommendation) -> Recommendation | None:
    """The kept advice itself under its own release; under another, what that says to the same answers, if anything."""
    return advice if number == advice.release.number else under(published.release(number), advice)


def told_before(mail: Mail) -> int | None:
    """The release that the mail before this one was about, if there was one."""
    earlier = Mail.objects.filter(kind=Mail.Kind.CHANGED, watch=mail.watch, release_number__lt=mail.release_number)
    return earlier.order_by("-release_number").values_list("release_number", flat=True).first()
