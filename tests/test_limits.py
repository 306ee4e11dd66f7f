from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from advisor import limits
from advisor.limits import Limit
from advisor.models import Use

pytestmark = pytest.mark.django_db

THREE_AN_HOUR = Limit("test", most=3, span=timedelta(hours=1))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the clock, from where it stood at first."""
    start = timezone.now()

    def move(**by: int) -> None:
        moved: datetime = start + timedelta(**by)
        monkeypatch.setattr(timezone, "now", lambda: moved)

    move()
    return move


def test_there_is_room_until_as_many_are_counted(later: Callable[..., None]) -> None:
    for minute in range(3):
        later(minutes=minute)
        assert THREE_AN_HOUR.wait("ada") is None
        THREE_AN_HOUR.use("ada")

    assert THREE_AN_HOUR.wait("ada") == timedelta(minutes=58)
    later(minutes=60)
    assert THREE_AN_HOUR.wait("ada") is None, "the oldest of the three is an hour old"
    THREE_AN_HOUR.use("ada")
    assert THREE_AN_HOUR.wait("ada") == timedelta(minutes=1)


def test_others_and_other_limits_have_their_own_room() -> None:
    for _ in range(3):
        THREE_AN_HOUR.use("ada")

    assert THREE_AN_HOUR.wait("ada")
    assert THREE_AN_HOUR.wait("bob") is None
    assert Limit("other", most=3, span=timedelta(hours=1)).wait("ada") is None


def test_a_clock_that_was_set_back_locks_nobody_out(later: Callable[..., None]) -> None:
    for _ in range(3):
        THREE_AN_HOUR.use("ada")

    later(days=-1)

    assert THREE_AN_HOUR.wait("ada") is None


def test_nothing_is_stored_of_who_it_was() -> None:
    THREE_AN_HOUR.use("zoe@example.org")

    assert "zoe" not in Use.objects.get().what


def test_a_day_later_nothing_is_left(later: Callable[..., None]) -> None:
    THREE_AN_HOUR.use("ada")
    later(hours=23)
    assert limits.forget_old() == 0

    later(hours=24)

    assert limits.forget_old() == 1
    assert not Use.objects.exists()
