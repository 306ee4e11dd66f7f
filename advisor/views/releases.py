"""The release that a visitor has in view, which need not be the current one any more."""

import re

from django.http import HttpRequest
from django.utils.translation import gettext as _

from advisor import kept, published
from advisor.decision.answers import MalformedAnswers
from advisor.decision.release import Release
from advisor.models import Release as StoredRelease
from advisor.models.snapshot import SnapshotIsBroken

NUMBER = re.compile(r"[0-9]{1,9}")


def release_in_view(request: HttpRequest, number: str) -> Release:
    """The one that the page's address names; without a number the one that the request is answered from.

    Raises MalformedAnswers when there is none of that number, and Damaged when it can't be read.
    """
    if not number:
        return published.of_request(request)
    try:
        return published.release(int(number) if NUMBER.fullmatch(number) else 0)
    except StoredRelease.DoesNotExist as error:
        raise MalformedAnswers(_("This address names a release that does not exist.")) from error
    except SnapshotIsBroken as error:
        raise kept.Damaged(int(number)) from error
