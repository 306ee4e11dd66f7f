"""Those who sign in."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User

from advisor.doctor.finding import Finding, error, manage


def staff() -> Iterator[Finding]:
    if not User.objects.filter(is_staff=True, is_active=True).exists():
        yield error("staff-none", "Nobody can sign in to the workplace.", manage("first_editor"))


def second_steps() -> Iterator[Finding]:
    yield from ()
