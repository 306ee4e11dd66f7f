"""Every view test meets the content that the site ships with, as release 1.

The release comes from the snapshot file alone. A test without the `django_db` mark therefore fails when its page makes
as much as one query.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from advisor import published
from advisor.decision.catalogue import Catalogue, canonical, checksum
from advisor.models.snapshot import Snapshot
from tests.conftest import PLAIN_FILES, nobody_saved_settings
from tests.content.shipped import CATALOGUE
from tests.factory import make_document

OnDay = Callable[[str], None]
Serve = Callable[..., None]


def snapshot_of(catalogue: Catalogue, number: int = 1) -> Snapshot:
    document = catalogue.to_document()
    return Snapshot(
        number=number,
        sha256=checksum(document),
        published_at="2026-11-24T12:00:00+00:00",
        note="First release",
        document=canonical(document).decode(),
    )


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds nothing but the shipped release."""
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "current-release.json").write_text(snapshot_of(CATALOGUE).to_text(), encoding="utf-8")
    nobody_saved_settings(folder)
    return folder


@pytest.fixture(autouse=True)
def _own_data(settings: Settings, shipped: Path) -> None:
    """In place of the fixture of this name for all tests: here all read one release, which is compiled only once."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}}
    settings.SIGNPOST_DATA = shipped


@pytest.fixture
def no_data(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A data folder of the test's own, with no release in it."""
    settings.SIGNPOST_DATA = tmp_path / "data"
    settings.SIGNPOST_DATA.mkdir()
    nobody_saved_settings(settings.SIGNPOST_DATA)
    published.forget()
    yield settings.SIGNPOST_DATA
    published.forget()


@pytest.fixture
def serve(no_data: Path) -> Serve:
    """Makes the small catalogue of tests/factory.py current, with the sections given in place of its own."""
    numbers = itertools.count(1)

    def serve(**sections: Any) -> None:
        snapshot = snapshot_of(Catalogue.from_document(make_document(**sections)), next(numbers))
        (no_data / "new.json").write_text(snapshot.to_text(), encoding="utf-8")
        (no_data / "new.json").replace(no_data / "current-release.json")

    return serve


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> OnDay:
    """Moves the clock to noon of a day, such as 2028-01-31."""

    def move(day: str) -> None:
        noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: noon)

    return move
