"""Those who sign in."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User

from advisor import secondstep
from advisor.doctor.finding import Finding, error, manage, warning
from advisor.environment import is_public


def staff() -> Iterator[Finding]:
    if not User.objects.filter(is_staff=True, is_active=True).exists():
        yield error("staff-none", "Nobody can sign in to the workplace.", manage("first_editor"))


def second_steps() -> Iterator[Finding]:
    """Whoever signs in first with such a password sets up the second step, and has the account."""
    if not is_public(settings.SIGNPOST_SITE_URL):
        return
    people = User.objects.filter(is_staff=True, is_active=True)
    without = sum(not secondstep.has_one(user) for user in people)
    if without:
        yield warning(
            "second-step-none",
            f"{without} of {len(people)} who may sign in have no second step yet.",
            "Ask them to sign in, or take away “Active” from them in the admin, under Users.",
        )
