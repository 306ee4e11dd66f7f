from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from advisor.admin import first_editor

pytestmark = pytest.mark.django_db
PASSWORD = "seven hills and a signpost"
ACCOUNT = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def link(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("first_editor")
    return urlsplit(capsys.readouterr().out.strip()).path


def test_the_command_prints_the_link_alone(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"

    call_command("first_editor")

    assert capsys.readouterr().out.startswith("https://advice.example.org/admin/first-editor/")


def test_the_link_makes_the_first_editor_who_is_then_logged_in(client: Client, link: str) -> None:
    assert client.get(link).status_code == 200

    response = client.post(link, ACCOUNT)

    assert response.headers["Location"] == reverse("admin:index")
    assert client.get(reverse("admin:index")).status_code == 200
    assert User.objects.get().is_staff


def test_the_link_works_once(client: Client, link: str) -> None:
    client.post(link, ACCOUNT)

    response = Client().post(link, {**ACCOUNT, "username": "eve"})

    assert response.status_code == 404
    assert User.objects.count() == 1


def test_two_who_use_it_at_once_make_one_account(client: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_editor, "is_invited", lambda token: True)
    client.post(link, ACCOUNT)

    response = Client().post(link, {**ACCOUNT, "username": "eve"})

    assert response.status_code == 404
    assert User.objects.count() == 1


def test_a_weak_password_is_refused(client: Client, link: str) -> None:
    response = client.post(link, {**ACCOUNT, "password1": "short", "password2": "short"})

    assert "too short" in response.content.decode()
    assert not User.objects.exists()


def test_the_link_ends_after_seven_days(client: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(days=7, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert client.get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "é" * 50, "None"])
def test_a_guessed_link_opens_nothing(client: Client, link: str, token: str) -> None:
    response = client.get(reverse("first-editor", args=[token]))

    assert response.status_code == 404
    assert "manage.py first_editor" in response.content.decode()


def test_a_new_link_ends_the_one_before(client: Client, link: str) -> None:
    call_command("first_editor")

    assert client.get(link).status_code == 404


def test_no_link_is_made_while_there_is_an_editor(editor: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("first_editor")

    assert capsys.readouterr().out == ""


def test_the_token_itself_is_not_kept(link: str, settings: Settings) -> None:
    file = Path(settings.SIGNPOST_DATA) / "first-editor.json"

    assert link.rstrip("/").rsplit("/", 1)[-1] not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
