"""How long somebody has to wait, in words and for programs."""

from __future__ import annotations

import math
from datetime import timedelta

from django.utils.translation import ngettext


def in_words(wait: timedelta) -> str:
    minutes = max(1, math.ceil(wait.total_seconds() / 60))
    if minutes < 90:
        return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    hours = math.ceil(minutes / 60)
    return ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}


def retry_after(wait: timedelta) -> str:
    """For the header of that name: a minute at least."""
    return str(math.ceil(max(wait.total_seconds(), 60)))
