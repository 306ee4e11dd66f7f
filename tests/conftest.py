"""Situations that many tests start from."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from advisor import published, recalls, site
from advisor.decision.catalogue import Catalogue
from advisor.decision.release import Release as CompiledRelease
from advisor.models import Release, owner, versions
from advisor.models.document import replace_draft
from tests.factory import make_document

PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"

pytest_plugins = ["tests.drills.plugin", "tests.browser.chromium"]

Publish = Callable[..., Release]


DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what another database cannot change: tests without one, and those that drive a browser",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("database_only"):
        return
    chosen = [item for item in items if _depends_on_the_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _depends_on_the_database(item: pytest.Item) -> bool:
    if any(item.get_closest_marker(name) for name in ("browser", "any_database")):
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


@pytest.fixture(autouse=True)
def _own_data(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A folder of its own for each test, and nothing remembered from the test before."""
    # Files under their own names: the hashed ones would first have to be collected.
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
    settings.SIGNPOST_DATA = tmp_path / "data"
    settings.SIGNPOST_DATA.mkdir()
    nobody_saved_settings(settings.SIGNPOST_DATA)
    published.forget()
    site.forget()
    recalls.forget()
    versions.forget()
    yield
    published.forget()
    site.forget()
    recalls.forget()


def nobody_saved_settings(folder: Path) -> None:
    """As `setup_site` leaves it: pages then make no query to find out."""
    (folder / "owner.json").write_text(owner.to_text(None), encoding="utf-8")
    (folder / "recalls.json").write_text("{}", encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def _no_other_machine() -> Iterator[None]:
    """The site asks nobody for anything. Whatever would fails its test, whether an answer comes or not."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not (
            address[0] == "localhost" or ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
        ):
            raise AssertionError(f"A test asked another machine: {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_releases() -> Iterator[None]:
    """Let the tests that commit clean up after themselves: triggers refuse to empty two tables."""
    flush = connection.ops.sql_flush

    def sql_flush(*args: Any, **kwargs: Any) -> list[str]:
        statements = flush(*args, **kwargs)
        if connection.vendor == "postgresql":
            tables = [f"ALTER TABLE {table}" for table in ("advisor_release", "advisor_auditentry")]
            off, on = ([f"{table} {verb} TRIGGER USER" for table in tables] for verb in ("DISABLE", "ENABLE"))
            return [*off, *statements, *on]
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        return [*(f"DROP TRIGGER {name}" for name, _ in triggers), *statements, *(sql for _, sql in triggers)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", sql_flush)
        yield


@pytest.fixture
def load() -> Callable[..., None]:
    """Makes the draft the small sound catalogue, with the sections given in place of its own."""

    def load(**sections: Any) -> None:
        replace_draft(Catalogue.from_document(make_document(**sections)))

    return load


@pytest.fixture
def publish(db: None, load: Callable[..., None]) -> Publish:
    """Publishes such a catalogue. The snapshot file is written at once: a test's transaction never commits."""

    def publish(note: str = "For a test.", **sections: Any) -> Release:
        load(**sections)
        release = Release.publish(note=note, force=True)
        published.sync()
        return release

    return publish


@pytest.fixture
def release(publish: Publish) -> CompiledRelease:
    """The small sound catalogue, published."""
    publish()
    return published.current()


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("ada", "ada@example.org", "correct horse battery")
