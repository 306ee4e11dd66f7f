"""What a stranger sends as a file is not kept anywhere, not even for a moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from pytest_django import Settings

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def written(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The names of the files that were written to the disk, as each one is."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    names: list[str] = []

    class Told(TemporaryUploadedFile):
        def __init__(self, name: str, *args: Any) -> None:
            names.append(name)
            super().__init__(name, *args)

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", Told)
    return names


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("large.bin", b"x" * 200_000)


@pytest.mark.django_db
class TestFiles:
    def test_that_of_a_visitor_is_dropped_and_what_was_typed_stays(self, client: Client, written: list[str]) -> None:
        sent = {"about": "industry=other&need=chatbot", "file": a_file(), "message": "What does it cost?"}

        response = client.post("/talk/", sent, headers=OURS)

        assert response.status_code == 422
        assert "What does it cost?" in response.content.decode()
        assert not written

    def test_so_is_that_of_somebody_who_is_signing_in(self, written: list[str], settings: Settings) -> None:
        client = Client(enforce_csrf_checks=True)
        client.get("/admin/login/")
        token = client.cookies[settings.CSRF_COOKIE_NAME].value

        response = client.post("/admin/login/", {"csrfmiddlewaretoken": token, "username": "x", "file": a_file()})

        assert response.status_code == 200
        assert not written

    def test_staff_may_send_one(self, admin_client: Client, written: list[str]) -> None:
        admin_client.post("/admin/advisor/ownersettings/1/change/", {"new_logo": a_file()})

        assert written == ["large.bin"]
