"""What keeps a move to PostgreSQL from half happening. The move itself is a drill: tests/drills/test_move.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection
from pytest_django import Settings

from advisor import moving
from advisor.models import AuditEntry, Release, SavedResult


def test_every_table_of_ours_is_moved() -> None:
    moved = set(moving.all_models())

    assert {Release, SavedResult, AuditEntry, User, User.groups.through} <= moved


@pytest.mark.django_db
def test_a_table_differs_when_one_value_does() -> None:
    group = Group.objects.create(name="Editors")
    before = moving.table_of(Group, DEFAULT_DB_ALIAS)

    Group.objects.filter(pk=group.pk).update(name="editors")

    after = moving.table_of(Group, DEFAULT_DB_ALIAS)
    assert (before.rows, after.rows) == (1, 1)
    assert before.sha256 != after.sha256


@pytest.mark.django_db
def test_a_database_with_one_row_is_not_empty() -> None:
    assert moving.not_empty(DEFAULT_DB_ALIAS) == []

    Group.objects.create(name="Editors")

    assert moving.not_empty(DEFAULT_DB_ALIAS) == ["auth_group"]


def test_both_databases_write_a_moment_and_bytes_the_same_way() -> None:
    here, there = datetime(2026, 11, 25, 12, tzinfo=UTC), timezone(timedelta(hours=2))

    assert moving._written((here, b"\x01")) == moving._written((here.astimezone(there), memoryview(b"\x01")))


@pytest.mark.django_db
def test_without_a_place_to_move_to_nothing_happens(tmp_path: Path, settings: Settings) -> None:
    postgresql = connection.vendor == "postgresql"

    with pytest.raises(CommandError, match="to move" if postgresql else "set SIGNPOST_DATABASE_URL"):
        call_command("move_to_postgres")
