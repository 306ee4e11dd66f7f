"""Keeping things for as long as was said, and no longer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from advisor import limits, site
from advisor.models import DraftImport, Enquiry, SavedResult, Watch


@dataclass(frozen=True, slots=True)
class Purged:
    """How much has gone."""

    enquiries: int
    quarantined: int
    results: int
    watches: int


def purge(*, dry_run: bool = False) -> Purged:
    """Delete what is past its time. A saved result keeps its row without advice, so that its link can say why."""
    here = site.this_site()
    past = Enquiry.objects.past_retention(here.enquiry_days, here.quarantine_days)
    with transaction.atomic():
        results = list(SavedResult.objects.past_expiry())
        watches = Watch.objects.filter(saved__in=results) | Watch.objects.never_confirmed()
        purged = Purged(past.in_inbox().count(), past.in_quarantine().count(), len(results), watches.count())
        if not dry_run:
            watches.delete()
            for saved in results:
                saved.drop()
                saved.save(update_fields=["answers", "document"])
            past.delete()
            limits.forget_old()
            DraftImport.objects.of_no_more_use().delete()
    return purged
