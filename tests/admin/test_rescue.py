"""The way back in, from the machine itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from advisor import secondstep
from advisor.logs import masked
from advisor.models import AuditEntry
from tests.admin.test_lock_out import guess, try_password
from tests.admin.test_signing_in import PASSWORD, first_step, later, opens, set_up

__all__ = ["later"]

pytestmark = pytest.mark.django_db

SECRET = "seven hills and a signpost"
CHOSEN = {"new_password1": SECRET, "new_password2": SECRET}


@pytest.fixture(autouse=True)
def _public(settings: Settings, editor: User) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"
    TOTPDevice.objects.create(user=editor, name="app", tolerance=0)
    secondstep.make_recovery_codes(editor)


@pytest.fixture
def link(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("rescue_login", "ada")
    return capsys.readouterr().out.strip().removeprefix("https://advice.example.org")


def test_the_link_leads_in_with_a_new_password_and_a_new_second_step(link: str, client: Client, editor: User) -> None:
    assert "Choose a new password, ada" in client.get(link).content.decode()
    assert secondstep.has_one(editor)

    assert client.post(link, CHOSEN).headers["Location"] == "/admin/ways-in/"

    assert not secondstep.has_one(editor)
    assert secondstep.recovery_codes_left(editor) == 0
    assert opens(client) == {302}
    set_up(client)
    assert opens(client) == {200}
    assert first_step(Client(), password=PASSWORD).status_code == 200
    assert first_step(Client(), password=SECRET).status_code == 302


def test_it_ends_the_lock_out_and_the_sessions(editor: User, settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "http://localhost:8000"
    thief = Client()
    thief.force_login(editor)
    guess(5)

    call_command("rescue_login", "ada")

    assert opens(thief) == {302}
    assert try_password(PASSWORD).status_code == 302


def test_it_works_once(link: str, client: Client) -> None:
    client.post(link, CHOSEN)

    assert Client().get(link).status_code == 404
    assert Client().post(link, CHOSEN).status_code == 404


def test_it_works_for_an_hour(link: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.admin.rescue import Tokens

    now = Tokens()._now()
    monkeypatch.setattr(Tokens, "_now", lambda self: now + timedelta(hours=1, seconds=2))

    assert client.get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "1", "1-", "1-a-b", "-", "²-x", "9" * 30 + "-x", "é-é"])
def test_a_guessed_link_opens_nothing(link: str, client: Client, token: str) -> None:
    response = client.get(f"/admin/rescue/{token}/")

    assert response.status_code == 404
    assert "manage.py rescue_login" in response.content.decode()


def test_it_opens_nobody_elses_account(link: str, client: Client) -> None:
    grace = User.objects.create_superuser("grace", password=PASSWORD)
    code = link.split("-", 2)[-1]

    assert client.get(f"/admin/rescue/{grace.pk}-{code}").status_code == 404


def test_a_weak_password_changes_nothing(link: str, client: Client, editor: User) -> None:
    response = client.post(link, {"new_password1": "short", "new_password2": "short"})

    assert "too short" in response.content.decode()
    assert secondstep.has_one(editor)


def test_the_trail_tells_of_both(link: str, client: Client) -> None:
    client.post(link, CHOSEN)

    trail = AuditEntry.objects.order_by("pk").values_list("who", "what", "record")
    assert list(trail) == [
        ("", "Made a rescue link for", "user: ada"),
        ("ada", "Used a rescue link: new password, no second step any more", "user: ada"),
    ]


def test_the_token_is_in_no_log(link: str) -> None:
    assert masked(link) == "/admin/rescue/***/"


def test_the_command_says_who_it_does_not_know(editor: User) -> None:
    with pytest.raises(CommandError, match="Nobody who works here is called nobody"):
        call_command("rescue_login", "nobody")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="ada is inactive"):
        call_command("rescue_login", "ada")


def test_on_ones_own_machine_it_leads_straight_in(link: Any, client: Client, settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "http://localhost:8000"

    assert client.post(link, CHOSEN).headers["Location"] == "/admin/"
    assert opens(client) == {200}
