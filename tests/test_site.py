from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from advisor import site
from advisor.colours import Colours
from advisor.models import OwnerSettings, files, owner
from advisor.site import Site, site_of, this_site
from tests.conftest import Publish

Commit = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def file() -> Path:
    return owner.path()


def saved(**values: Any) -> OwnerSettings:
    settings = OwnerSettings.load()
    for name, value in values.items():
        setattr(settings, name, value)
    settings.save()
    return settings


class TestBeforeAnybodySaved:
    def test_the_environment_says_who_runs_the_site(self, settings: Settings) -> None:
        settings.SIGNPOST_OWNER = "Hill & Vale"
        settings.SIGNPOST_OWNER_SELLS = "maps"
        settings.SIGNPOST_CONTACT = "hello@example.org"
        settings.SIGNPOST_SITE_URL = "https://advice.example.org"

        here = this_site()

        assert here == Site(
            "Signpost", "https://advice.example.org", "Hill & Vale", "maps", "hello@example.org",
            enquiry_to="hello@example.org",
        )  # fmt: skip
        assert here.contact_url == "mailto:hello@example.org"

    def test_a_page_as_contact_gets_no_mails(self, settings: Settings) -> None:
        settings.SIGNPOST_CONTACT = "https://example.org/contact"

        assert this_site().contact_url == "https://example.org/contact"
        assert this_site().enquiry_to == ""


@pytest.mark.django_db
class TestSaving:
    def test_it_shows_at_the_next_call(self, django_capture_on_commit_callbacks: Commit) -> None:
        assert this_site().name == "Signpost"

        with django_capture_on_commit_callbacks(execute=True):
            saved(name="Wayfinder", saved_days=90, enquiry_on=False)

        assert (this_site().name, this_site().saved_days, this_site().enquiry_on) == ("Wayfinder", 90, False)

    def test_from_then_on_the_environment_no_longer_counts(
        self, settings: Settings, django_capture_on_commit_callbacks: Commit
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            saved(owner="Hill & Vale")

        settings.SIGNPOST_OWNER = "Another"
        site.forget()

        assert this_site().owner == "Hill & Vale"

    def test_a_save_that_is_rolled_back_changes_nothing(self, file: Path) -> None:
        before = file.read_bytes()

        with transaction.atomic():
            saved(name="Wayfinder")
            transaction.set_rollback(True)

        assert file.read_bytes() == before
        assert this_site().name == "Signpost"

    def test_whatever_differs_gives_another_digest(self) -> None:
        here = this_site()
        others = [
            replace(here, **change)
            for change in (
                {"name": "Wayfinder"},
                {"saved_days": 30},
                {"colours": Colours(sign="#ffffff")},
                {"is_preview": True},
                {"url": "https://example.org"},
            )
        ]

        assert len({here.digest, *(other.digest for other in others)}) == 6
        assert replace(here).digest == here.digest


@pytest.mark.django_db(transaction=True)
def test_a_real_commit_shows() -> None:
    saved(name="Wayfinder")

    assert this_site().name == "Wayfinder"


@pytest.mark.django_db
class TestTheFile:
    def test_a_steady_state_makes_no_query_and_opens_no_file(
        self, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = this_site()
        monkeypatch.setattr(OwnerSettings, "of_file", None)

        with django_assert_num_queries(0):
            assert this_site() is first

    def test_a_fresh_process_reads_the_file_alone(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        saved(name="Wayfinder", controller="Ada Lovelace\n1 Hill Road")
        OwnerSettings.sync()
        site.forget()

        with django_assert_num_queries(0):
            assert this_site().controller == "Ada Lovelace\n1 Hill Road"

    def test_a_request_speaks_of_one_site_to_its_end(self) -> None:
        request = RequestFactory().get("/")
        before = site_of(request)

        saved(name="Wayfinder")
        OwnerSettings.sync()

        assert site_of(request) is before
        assert site_of(RequestFactory().get("/")).name == "Wayfinder"

    def test_a_missing_one_is_written_again_from_the_database(self, file: Path) -> None:
        saved(name="Wayfinder")
        file.unlink()

        assert this_site().name == "Wayfinder"
        assert file.exists()

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda text: text[: len(text) // 2], id="cut off"),
            pytest.param(lambda text: text.replace("Wayfinder", "Wayfindex"), id="flipped"),
            pytest.param(lambda text: "[]", id="something else"),
            pytest.param(lambda text: '{"sha256": 1, "settings": 2}', id="wrong types"),
            pytest.param(lambda text: "[" * 100_000, id="too deep"),
            pytest.param(lambda text: "\udcff", id="not UTF-8"),
        ],
    )
    def test_a_broken_one_is_logged_once_and_written_again(
        self, file: Path, spoil: Callable[[str], str], caplog: pytest.LogCaptureFixture
    ) -> None:
        saved(name="Wayfinder")
        OwnerSettings.sync()
        good = file.read_bytes()
        file.write_text(spoil(file.read_text()), errors="surrogateescape")

        assert this_site().name == this_site().name == "Wayfinder"
        assert caplog.text.count("owner's settings is refused") == 1
        assert file.read_bytes() == good

    @pytest.mark.parametrize(
        "values",
        [
            {"sign_colour": "red;}</style>"},
            {"contact": "javascript:alert(1)"},
            {"saved_days": "soon"},
            {"owner": ""},
            {"logo": "not base64"},
        ],
        ids=str,
    )
    def test_one_that_says_what_no_form_would_take_is_refused(
        self, file: Path, values: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        saved(name="Wayfinder")
        OwnerSettings.sync()
        inner = json.dumps({**json.loads(json.loads(file.read_text())["settings"]), **values})
        digest = hashlib.sha256(inner.encode()).hexdigest()
        file.write_text(json.dumps({"sha256": digest, "settings": inner}))

        assert this_site().name == "Wayfinder"
        assert this_site().contact == ""
        assert "is refused" in caplog.text

    def test_a_folder_that_can_not_be_written_still_serves(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        saved(name="Wayfinder")
        file.unlink()

        def refuse(*args: Any) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(files, "write", refuse)

        assert this_site().name == "Wayfinder"
        assert "No space left" in caplog.text

    def test_a_write_that_fails_leaves_the_old_one_whole(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = file.read_bytes()
        saved(name="Wayfinder")

        def refuse(*args: Any) -> None:
            raise OSError("The power is gone")

        monkeypatch.setattr(os, "replace", refuse)

        with pytest.raises(OSError, match="power"):
            OwnerSettings.sync()
        assert file.read_bytes() == before
        assert {path.name for path in file.parent.iterdir()} == {"owner.json", "owner.lock", "recalls.json"}


@pytest.mark.django_db
class TestWithoutFileAndDatabase:
    @pytest.fixture(autouse=True)
    def lost(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        def lose() -> None:
            file.unlink()
            monkeypatch.setattr(OwnerSettings._meta, "db_table", "no_such_table")

        return lose

    def test_a_new_process_takes_the_environment(
        self, lost: Callable[[], None], settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.SIGNPOST_OWNER = "Hill & Vale"
        lost()

        assert this_site().owner == this_site().owner == "Hill & Vale"
        assert caplog.text.count("can't be read") == 1

    def test_what_we_have_stays(self, lost: Callable[[], None]) -> None:
        saved(name="Wayfinder")
        OwnerSettings.sync()
        good = this_site()
        lost()

        assert this_site() is good

    @pytest.mark.django_db(transaction=True)  # PostgreSQL answers nothing more in a transaction in which it failed
    def test_it_looks_again_later(self, lost: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
        saved(name="Wayfinder")
        table = OwnerSettings._meta.db_table
        lost()
        assert this_site().name == "Signpost"

        monkeypatch.setattr(OwnerSettings._meta, "db_table", table)
        assert this_site().name == "Signpost"
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + site.LOOK_AGAIN + 1)

        assert this_site().name == "Wayfinder"

    def test_a_page_is_served(self, lost: Callable[[], None], publish: Publish, client: Client) -> None:
        publish()
        lost()

        assert client.get("/about/").status_code == 200


@pytest.mark.django_db
class TestPages:
    def test_a_copy_that_a_browser_kept_ends_with_a_change(self, client: Client, publish: Publish) -> None:
        publish()
        page = client.get("/")

        saved(name="Wayfinder")
        OwnerSettings.sync()
        after = client.get("/", headers={"If-None-Match": page["ETag"]})

        assert after.status_code == 200
        assert "Signpost" not in after.content.decode().partition("<main")[0].partition("<title>")[2]
        assert 'content="Wayfinder"' in after.content.decode()

    def test_a_page_makes_no_query_after_a_change(
        self, client: Client, publish: Publish, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        publish()
        client.get("/")
        saved(name="Wayfinder")
        OwnerSettings.sync()

        with django_assert_num_queries(0):
            assert "Wayfinder" in client.get("/").content.decode()


@pytest.mark.django_db
class TestTheRow:
    def test_there_is_only_one(self) -> None:
        saved(name="One")
        OwnerSettings(owner="Two").save()

        assert OwnerSettings.objects.get().owner == "Two"

    def test_it_is_never_deleted(self) -> None:
        with pytest.raises(TypeError, match="not deleted"):
            OwnerSettings.load().delete()

    @pytest.mark.parametrize("contact", ["javascript:alert(1)", "hello", "http://example.org", "a@b", 'x"@example.org'])
    def test_a_contact_that_is_no_address_is_refused(self, contact: str) -> None:
        settings = OwnerSettings.load()
        settings.contact = contact

        with pytest.raises(ValidationError, match="https://"):
            settings.full_clean()
