"""Passkeys: what the server refuses. That they work is shown in a browser: tests/browser/test_signing_in.py."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp_webauthn.models import WebAuthnCredential
from pytest_django import Settings

from advisor import secondstep
from tests.admin.test_signing_in import first_step, opens

pytestmark = pytest.mark.django_db

NONSENSE = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"passkey": null}',
    b'{"passkey": {"id": "x"}}',
    b'{"passkey": {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", '
    b'"authenticatorData": "eA", "signature": "eA", "attestationObject": "oA"}}}',
    b"\xff",
    b"[" * 10_000,
]


@pytest.fixture
def passkey(editor: User) -> Any:
    return WebAuthnCredential.objects.create(
        user=editor, name="Ada’s phone", credential_id=b"1", public_key=b"2", aaguid="0" * 36
    )


def post(client: Client, address: str, body: bytes = b"{}") -> Any:
    return client.post(address, body, content_type="application/json")


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize("address", ["/admin/login/passkey/", "/admin/ways-in/passkey/"])
def test_nonsense_is_refused_in_words(editor: User, address: str, body: bytes) -> None:
    client = Client()
    if "ways-in" in address:
        client.force_login(editor)
    assert post(client, f"{address}options/").status_code == 200

    response = post(client, address, body)

    assert response.status_code == 422
    assert json.loads(response.content) == {"error": "This passkey does not fit. Try again, or use another way in."}
    assert not WebAuthnCredential.objects.exists()


@pytest.mark.parametrize("address", ["/admin/login/passkey/", "/admin/ways-in/passkey/"])
def test_an_answer_without_a_question_is_refused(editor: User, client: Client, address: str) -> None:
    client.force_login(editor)

    assert post(client, address, NONSENSE[6]).status_code == 422


def test_a_question_is_good_for_one_answer(client: Client) -> None:
    post(client, "/admin/login/passkey/options/")
    assert client.session["passkey_logging_in"]
    post(client, "/admin/login/passkey/")

    assert "passkey_logging_in" not in client.session


def test_a_stranger_is_told_of_no_passkey_and_has_to_unlock_theirs(passkey: Any, client: Client) -> None:
    options = post(client, "/admin/login/passkey/options/").json()

    assert not options["allowCredentials"]
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"


def test_after_the_password_ones_own_passkeys_are_asked_for(passkey: Any, client: Client) -> None:
    first_step(client)

    assert [one["id"] for one in post(client, "/admin/login/passkey/options/").json()["allowCredentials"]] == ["MQ"]
    assert "Use a passkey" in client.get("/admin/login/second-step/").content.decode()
    assert opens(client) == {302}


def test_what_was_asked_after_a_password_can_not_be_answered_without(passkey: Any, client: Client) -> None:
    """Or somebody with another account could use a found security key without its PIN."""
    first_step(client)
    post(client, "/admin/login/passkey/options/")
    session = client.session
    del session["half_signed_in"]
    session.save()
    answered = []

    class Helper:
        def authenticate_complete(self, **more: Any) -> Any:
            answered.append(more)
            return passkey

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("advisor.admin.passkeys._helper", lambda request: Helper())
        response = post(client, "/admin/login/passkey/", b'{"passkey": {}}')

    assert (response.status_code, answered) == (422, [])


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_who_may_not_come_in_does_not_with_a_passkey(passkey: Any, client: Client, field: str) -> None:
    User.objects.update(**{field: False})
    post(client, "/admin/login/passkey/options/")

    class Helper:
        def authenticate_complete(self, **more: Any) -> Any:
            return WebAuthnCredential.objects.get()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("advisor.admin.passkeys._helper", lambda request: Helper())
        assert post(client, "/admin/login/passkey/", b'{"passkey": {}}').status_code == 422
    assert opens(client) == {302}


def test_who_has_one_adds_none_with_the_password_alone(passkey: Any, client: Client) -> None:
    first_step(client)

    for address in ("/admin/ways-in/passkey/options/", "/admin/ways-in/passkey/"):
        assert post(client, address).headers["Location"].startswith("/admin/login/")


def test_a_passkey_alone_is_a_second_step(passkey: Any, client: Client, settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"

    assert first_step(client).headers["Location"] == "/admin/login/second-step/"
    assert "Recovery code" in client.get("/admin/login/second-step/").content.decode()


def test_it_is_listed_by_name_and_removed(passkey: Any, client: Client) -> None:
    client.force_login(passkey.user)
    assert "Ada’s phone" in client.get("/admin/ways-in/").content.decode()

    client.post("/admin/ways-in/remove/", {"device": passkey.persistent_id})

    assert not secondstep.has_one(passkey.user)
