"""Keeping things for as long as was said, and no longer."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from advisor import limits, lockout, site
from advisor.models import DraftImport, Enquiry, SavedResult, Signal, Unsent, Watch


@dataclass(frozen=True, slots=True)
class Purged:
    """How much has gone."""

    enquiries: int
    quarantined: int
    results: int
    watches: int
    signals: int
    words: int
    """Of signals that stay for longer without them."""


def purge(*, dry_run: bool = False) -> Purged:
    """Delete what is past its time. A saved result keeps its row without advice, so that its link can say why."""
    here = site.this_site()
    past = Enquiry.objects.past_retention(here.enquiry_days, here.quarantine_days)
    with transaction.atomic():
        results = list(SavedResult.objects.past_expiry())
        watches = Watch.objects.filter(saved__in=results) | Watch.objects.never_confirmed()
        signals = Signal.objects.past_retention(here.quarantine_days)
        words = Signal.objects.with_words_past_retention().exclude(pk__in=signals.values("pk"))
        purged = Purged(
            enquiries=past.in_inbox().count(),
            quarantined=past.in_quarantine().count(),
            results=len(results),
            watches=watches.count(),
            signals=signals.count(),
            words=words.count(),
        )
        if not dry_run:
            watches.delete()
            for saved in results:
                saved.drop()
                saved.save(update_fields=["answers", "document"])
            past.delete()
            words.update(words="")
            signals.delete()
            Signal.objects.past_telling_apart().update(once=None)
            limits.forget_old()
            lockout.forget_old()
            Session.objects.filter(expire_date__lt=timezone.now()).delete()
            DraftImport.objects.of_no_more_use().delete()
            Unsent.objects.of_no_more_use().delete()
    return purged
