"""Pages that name the release which a visitor has in view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from advisor import published
from advisor.models.snapshot import SnapshotIsBroken
from tests.conftest import Publish
from tests.views.markup import see

pytestmark = pytest.mark.django_db
ANSWERS = "industry=law-finance&need=contract-review&modality=text"
PAGES = pytest.mark.parametrize("address", ["/advice/keep/", "/advice/wrong/", "/advice/useful/"])


@pytest.fixture(autouse=True)
def _one_release(no_data: Path, publish: Publish) -> None:
    publish()


@PAGES
def test_a_damaged_release_is_said_to_be_and_never_half_shown(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def damaged(number: int) -> Any:
        raise SnapshotIsBroken("damaged")

    monkeypatch.setattr(published, "release", damaged)

    page = see(client, f"{address}?{ANSWERS}&release=1", 500)

    assert "damaged on our side" in page.text


@PAGES
@pytest.mark.parametrize("number", ["7", "0", "x", "-1", "000000001abc", "9" * 40])
def test_a_release_that_does_not_exist_is_told(client: Client, address: str, number: str) -> None:
    assert "names a release that does not exist" in see(client, f"{address}?{ANSWERS}&release={number}", 400).text
