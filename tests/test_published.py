from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from advisor import published
from advisor.models import Release, files, snapshot
from advisor.models.snapshot import Snapshot, SnapshotIsBroken
from tests.conftest import Publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def file() -> Path:
    return snapshot.path()


def test_there_is_nothing_before_the_first_release() -> None:
    with pytest.raises(published.NoRelease, match=r"make run.*manage.py load_content.*manage.py publish"):
        published.current()


def test_an_empty_database_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Release._meta, "db_table", "no_such_table")

    with pytest.raises(published.NoRelease, match="migrate"):
        published.current()


def test_committing_a_release_switches_over(
    publish: Publish, file: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    publish()
    assert published.current().number == 1

    with django_capture_on_commit_callbacks(execute=True):
        Release.publish(note="The second.", force=True)

    assert published.current().number == 2
    assert json.loads(file.read_text())["note"] == "The second."


@pytest.mark.django_db(transaction=True)
def test_a_real_commit_switches_over(load: Callable[..., None]) -> None:
    load()

    Release.publish(note="The first one.")

    assert published.current().note == "The first one."


def test_a_publish_that_is_rolled_back_leaves_the_file_alone(publish: Publish, file: Path) -> None:
    publish()

    with transaction.atomic():
        Release.publish(note="The second.", force=True)
        transaction.set_rollback(True)

    assert published.current().number == 1


def test_a_steady_state_makes_no_query_and_opens_no_file(
    publish: Publish, file: Path, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    first = published.current()
    monkeypatch.setattr(snapshot, "read", None)

    with django_assert_num_queries(0):
        assert published.current() is first


def test_a_fresh_process_reads_the_file_alone(
    publish: Publish, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = publish()
    published.forget()

    with django_assert_num_queries(0):
        release = published.current()

    assert (release.number, release.sha256) == (1, row.sha256)
    assert release.catalogue.to_document() == json.loads(row.document)
    assert release.published_at == row.published_at.isoformat()


def test_a_missing_file_is_written_again_from_the_database(publish: Publish, file: Path) -> None:
    publish()
    file.unlink()
    published.forget()

    assert published.current().number == 1
    assert file.exists()


def test_a_missing_file_and_a_lost_database_leave_what_we_have(
    publish: Publish, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    good = published.current()
    file.unlink()
    monkeypatch.setattr(Release._meta, "db_table", "no_such_table")

    assert published.current() is good


@pytest.mark.drill(
    "F22", "The release file is spoilt while it is in use", expected="the last good release, one log line"
)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="cut off"),
        pytest.param(lambda text: text.replace("Contract review", "Contract revieW"), id="flipped"),
        pytest.param(lambda text: "[]", id="something else"),
        pytest.param(lambda text: text.replace('"number": 1', '"number": "1"'), id="wrong type"),
        pytest.param(lambda text: text.replace('"note"', '"notes"'), id="wrong name"),
        pytest.param(lambda text: "[" * 100_000, id="too deep"),
    ],
)
def test_a_broken_file_is_logged_and_the_last_good_release_kept(
    publish: Publish, file: Path, spoil: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    publish()
    good = published.current()
    file.write_text(spoil(file.read_text()))

    assert published.current() is good
    assert published.current() is good
    assert caplog.text.count("Snapshot file refused") == 1


def test_a_broken_file_is_replaced_at_the_first_start(publish: Publish, file: Path) -> None:
    publish()
    file.write_bytes(b"\xff\xfe")
    published.forget()

    assert published.current().number == 1
    assert Snapshot.from_text(file.read_text()).number == 1


class TestTheOneBefore:
    """What is shown when the current release's file is spoilt and the database away."""

    @pytest.fixture
    def lost(self, publish: Publish, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        publish()
        publish("The second.")
        file.write_text(file.read_text().replace("Contract review", "Contract revieW"))
        published.forget()
        monkeypatch.setattr(Release._meta, "db_table", "no_such_table")

    @pytest.mark.drill("F22", "The release file is spoilt as a worker starts, and the database is away")
    def test_is_shown_and_the_log_says_so(self, lost: None, caplog: pytest.LogCaptureFixture) -> None:
        assert published.current().number == 1
        assert "does not have the checksum" in caplog.text
        assert "Release 1 is shown, the one before" in caplog.text

    def test_makes_no_page_wait_for_the_database_again(
        self, lost: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        first = published.current()

        with django_assert_num_queries(0):
            assert published.current() is first

    @pytest.mark.django_db(transaction=True)  # PostgreSQL spoils a transaction with its first failed query
    def test_gives_way_when_the_database_is_back(self, lost: None, monkeypatch: pytest.MonkeyPatch) -> None:
        published.current()
        monkeypatch.undo()
        later = time.monotonic() + published.LOOK_AGAIN
        monkeypatch.setattr(time, "monotonic", lambda: later)

        assert published.current().number == 2

    def test_is_not_lost_to_a_spoilt_file(self, publish: Publish, file: Path) -> None:
        publish()
        publish("The second.")
        file.write_text("spoilt")

        publish("The third.")

        assert snapshot.read(snapshot.previous_path()).number == 1

    def test_without_any_the_database_is_asked_now_and_then(
        self, publish: Publish, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish()
        file.write_text("spoilt")
        published.forget()
        tries: list[int] = []

        def away() -> None:
            tries.append(1)
            raise published.NoRelease("It is away.")

        monkeypatch.setattr(published, "_from_database", away)
        for _ in range(3):
            with pytest.raises(published.NoRelease, match="It is away"):
                published.current()

        assert len(tries) == 1


def test_a_folder_that_can_not_be_written_still_serves(
    publish: Publish, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publish()
    file.unlink()
    published.forget()

    def refuse(*args: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(files, "write", refuse)

    assert published.current().number == 1
    assert "No space left" in caplog.text


def test_a_write_that_fails_leaves_the_old_file_whole(
    publish: Publish, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    before = file.read_bytes()

    def refuse(*args: Any) -> None:
        raise OSError("The power is gone")

    monkeypatch.setattr(os, "replace", refuse)
    Release.publish(note="The second.", force=True)

    with pytest.raises(OSError, match="power"):
        published.sync()
    assert file.read_bytes() == before
    names = {path.name for path in file.parent.iterdir()}
    assert names == {"current-release.json", "current-release.lock", "owner.json", "recalls.json"}


def test_older_releases_can_be_read(publish: Publish) -> None:
    publish()
    publish(terms=[])

    assert published.release(1).catalogue.terms != ()
    assert published.release(2).catalogue.terms == ()
    with pytest.raises(Release.DoesNotExist):
        published.release(3)


def test_an_older_release_that_was_tampered_with_is_not_shown(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    publish()
    published.forget()
    published.current()
    monkeypatch.setattr(Release, "to_snapshot", lambda row: Snapshot(row.number, row.sha256, "", "", "{}"))

    with pytest.raises(SnapshotIsBroken, match="does not have the checksum"):
        published.release(1)


def test_many_threads_get_one_compiled_release(publish: Publish) -> None:
    publish()
    published.forget()

    with ThreadPoolExecutor(8) as threads:
        releases = list(threads.map(lambda _: published.current(), range(40)))
    connection.ensure_connection()

    assert len({id(release) for release in releases}) == 1
