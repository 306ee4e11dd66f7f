"""Static files of this version of the code, and of others that serve beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from advisor import staticnames
from advisor.storage import OwnFilesCompressed


@pytest.fixture
def static(settings: Settings, tmp_path: Path) -> Path:
    """The folder that files are served from."""
    settings.STATIC_ROOT = tmp_path / "static"
    (settings.STATIC_ROOT / "js").mkdir(parents=True)
    return Path(settings.STATIC_ROOT)


class TestServing:
    def test_a_file_that_came_after_the_start_is_found_and_may_be_kept(self, static: Path) -> None:
        client = Client()
        assert client.get("/static/js/new.0123456789ab.js").status_code == 404

        (static / "js/new.0123456789ab.js").write_text("new()")
        response = client.get("/static/js/new.0123456789ab.js")

        assert response.getvalue() == b"new()"
        assert response["Cache-Control"] == "max-age=315360000, public, immutable"

    def test_one_without_a_hash_is_not_kept_for_ever(self, static: Path) -> None:
        (static / "js/plain.js").write_text("plain()")

        response = Client().get("/static/js/plain.js")

        assert response.getvalue() == b"plain()"
        assert "immutable" not in response["Cache-Control"]

    @pytest.mark.parametrize("address", ["/static/../secret.0123456789ab.txt", "/static//secret.0123456789ab.txt"])
    def test_nothing_beside_the_folder_is_found(self, static: Path, address: str) -> None:
        (static.parent / "secret.0123456789ab.txt").write_text("secret")

        assert Client().get(address).status_code == 404


class TestNames:
    def test_they_are_this_versions_and_nobody_can_ask_for_them(self, static: Path, settings: Settings) -> None:
        names = staticnames.path(settings.SIGNPOST_DATA)
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "tests.test_storage.Uncompressed"}}

        call_command("collectstatic", interactive=False, verbosity=0)

        assert json.loads(names.read_text())["paths"]["js/signpost.js"].startswith("js/signpost.")
        assert not list(static.rglob("*.json"))

    def test_another_version_has_others(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = staticnames.path(settings.SIGNPOST_DATA)
        (settings.SIGNPOST_DATA / "requirements").mkdir()
        (settings.SIGNPOST_DATA / "requirements/run.txt").write_text("django==5.2.19")
        monkeypatch.setattr(staticnames, "BASE_DIR", settings.SIGNPOST_DATA)
        staticnames._version.cache_clear()

        theirs = staticnames.path(settings.SIGNPOST_DATA)

        staticnames._version.cache_clear()
        assert theirs != ours


class Uncompressed(OwnFilesCompressed):
    """The tests have no time for brotli."""

    def compress_files(self, paths: object) -> object:  # type: ignore[override]
        return iter(())
