"""A saved result, opened by its link: read back under the release it names, or a clear reason why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from advisor import published, recalls
from advisor.decision.recommendation import Recommendation
from advisor.decision.storedform import StoredFormIsBroken
from advisor.models import Release, SavedResult
from advisor.models.results import KeptAdvice, view_token
from advisor.models.snapshot import SnapshotIsBroken

logger = logging.getLogger("advisor.kept")


class Unknown(Exception):
    """No saved result has this link: mistyped, cut short, guessed, or a link of the other kind."""


class Gone(Exception):
    """The link was good once. `deleted`: by the one who kept it; otherwise its time is over."""

    def __init__(self, *, deleted: bool) -> None:
        self.deleted = deleted
        super().__init__("deleted" if deleted else "expired")


class Damaged(Exception):
    """The stored advice, or the release it is from, is not what was stored. Half of it would be worse than none."""

    def __init__(self, release_number: int | None) -> None:
        self.release_number = release_number
        super().__init__(f"what was stored under release {release_number} is damaged")


@dataclass(frozen=True, slots=True)
class Opened:
    """A saved result with its advice as it was shown. `token` is the one that shows it."""

    saved: SavedResult
    token: str
    recommendation: Recommendation

    @property
    def day(self) -> date:
        """When it was kept. Whether a check is overdue is told as of this day, so that the page stays as it was."""
        return timezone.localdate(self.saved.saved_at)


def by_token(token: str) -> Opened:
    """What a link shows. One query; two when the release is an older one.

    Raises Unknown, Gone or Damaged, and Withdrawn when the release was recalled: then nobody may rely on the advice.
    """
    opened = even_recalled(token)
    recalls.refuse_recalled(opened.recommendation.release, opened.saved.answers)
    return opened


def even_recalled(token: str) -> Opened:
    """The same also when the release was recalled. For whoever manages the result, or looks into what went wrong."""
    saved = _row_of(token)
    return Opened(saved, token, advice_of(saved))


def _row_of(token: str) -> SavedResult:
    try:
        return SavedResult.objects.still_open().of_token(token)
    except SavedResult.DoesNotExist as error:
        raise _why_not(token) from error


def _why_not(token: str) -> Unknown | Gone:
    try:
        return Gone(deleted=SavedResult.objects.was_deleted(token))
    except SavedResult.DoesNotExist:
        return Unknown()


def by_manage_token(manage_token: str) -> Opened:
    """What a manage link manages, also when its release was recalled: it can still be deleted.

    Raises Unknown, Gone or Damaged, and Unknown for a link that only shows.
    """
    return even_recalled(view_token(manage_token))


def row_by_manage_token(manage_token: str) -> SavedResult:
    """What a manage link may delete, also when its advice is damaged. Raises Unknown and Gone."""
    return _row_of(view_token(manage_token))


def advice_of(kept: KeptAdvice) -> Recommendation:
    """The advice that this row keeps. Raises Damaged."""
    number = kept.release_id
    try:
        return kept.advice(published.release(number or 0))
    except (SnapshotIsBroken, StoredFormIsBroken, Release.DoesNotExist) as error:
        logger.error("Kept advice under release %s can't be shown: %s", number, error)
        raise Damaged(number) from error
