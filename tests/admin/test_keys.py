"""A new secret key: what the one before signed goes on for as long as that is named."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from advisor.admin import rescue
from advisor.environment import read_environment
from tests.admin.test_signing_in import opens

OLD, OLDER, NEW = "the-key-before-" * 4, "an-older-key-" * 4, "the-new-key-" * 5


@pytest.mark.django_db
@pytest.mark.drill("F23", "The secret key is replaced while somebody is signed in")
def test_a_session_and_a_link_go_on_until_the_old_key_is_dropped(settings: Settings, client: Client) -> None:
    settings.SECRET_KEY = OLD
    user = User.objects.create_superuser("ada")
    client.force_login(user)
    link = rescue.Tokens().make_token(user)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLDER, OLD]
    assert rescue.Tokens().check_token(user, link)
    assert opens(client) == {200}
    newer = Client()
    newer.force_login(user)

    settings.SECRET_KEY_FALLBACKS = []
    assert not rescue.Tokens().check_token(user, link)
    assert opens(newer) == {200}


@pytest.mark.django_db
def test_without_it_a_session_is_over(settings: Settings, client: Client) -> None:
    settings.SECRET_KEY = OLD
    client.force_login(User.objects.create_superuser("ada"))

    settings.SECRET_KEY = NEW

    assert opens(client) == {302}


def test_several_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_SECRET_KEY_FALLBACKS", f"{OLD}, {OLDER},")

    assert read_environment().secret_key_fallbacks == (OLD, OLDER)


@pytest.mark.parametrize("keys", ["short", f"{OLD},short", f"{OLD},{'a' * 60}"])
def test_one_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("SIGNPOST_SECRET_KEY_FALLBACKS", keys)

    with pytest.raises(ImproperlyConfigured, match="SIGNPOST_SECRET_KEY_FALLBACKS: this is too short") as stopped:
        read_environment()

    assert OLD not in str(stopped.value)
