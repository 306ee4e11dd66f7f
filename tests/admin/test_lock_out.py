"""Lock-out: who guesses passwords has to wait, and locks out nobody but themselves."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from advisor import retention
from tests.admin.test_signing_in import PASSWORD, code_of, later, opens, second_step

__all__ = ["later"]

pytestmark = pytest.mark.django_db

HOME, CAFE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def _public(settings: Settings, editor: User) -> None:
    """Behind our proxy, which is on this machine."""
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"


@pytest.fixture
def app(editor: User) -> Any:
    return TOTPDevice.objects.create(user=editor, name="app", tolerance=0)


def try_password(password: str, network: str = HOME, name: str = "ada", client: Client | None = None) -> Any:
    sent = {"username": name, "password": password, "next": "/admin/"}
    return (client or Client()).post("/admin/login/", sent, headers={"X-Forwarded-For": network})


def guess(times: int, network: str = HOME, name: str = "ada") -> list[int]:
    return [try_password(f"guess {number}", network, name).status_code for number in range(times)]


def test_the_fifth_wrong_password_locks_out_for_a_quarter_of_an_hour(later: Any) -> None:
    assert guess(4) == [200] * 4

    response = try_password("guess")

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    page = response.content.decode()
    assert "we wait for 15 minutes. Nothing is lost." in page
    assert f"Try again from {timezone.now() + timedelta(minutes=15):%H:%M} UTC." in page
    assert try_password(PASSWORD).status_code == 429
    later(timedelta(minutes=15, seconds=1))
    assert try_password(PASSWORD).headers["Location"] == "/admin/ways-in/"


def test_trying_on_makes_it_no_longer(later: Any) -> None:
    guess(5)
    later(timedelta(minutes=10))

    assert "we wait for 5 minutes." in try_password("guess").content.decode()


def test_the_owner_gets_in_from_another_network() -> None:
    guess(5)

    assert try_password(PASSWORD, CAFE).headers["Location"] == "/admin/ways-in/"


def test_nobody_else_on_that_network_is_locked_out() -> None:
    User.objects.create_superuser("grace", password=PASSWORD)
    guess(5)

    assert try_password(PASSWORD, name="grace").headers["Location"] == "/admin/ways-in/"


@pytest.mark.parametrize(
    "others", ["203.0.113.{0}", "2001:db8:1:{0}::1", "2001:db8:1::{0}"], ids=["IPv4", "IPv6 subnets", "IPv6"]
)
def test_another_address_of_the_same_network_does_not_help(others: str) -> None:
    assert [try_password("guess", others.format(number)).status_code for number in range(1, 6)][-1] == 429


def test_what_the_client_says_about_itself_does_not_help() -> None:
    made_up = [f"10.0.{number}.1, {HOME}" for number in range(5)]

    assert [try_password("guess", network).status_code for network in made_up][-1] == 429


def test_a_name_that_nobody_has_is_treated_alike() -> None:
    known, unknown = try_password("guess"), try_password("guess", name="nobody")
    shown = [response.content.decode().split("errornote")[1].split("</p>")[0] for response in (known, unknown)]

    assert shown[0] == shown[1]
    assert guess(5, CAFE, "nobody") == guess(5, CAFE, "ada")


def test_wrong_codes_count_too(app: Any) -> None:
    client = Client(headers={"X-Forwarded-For": HOME})
    try_password(PASSWORD, client=client)

    tries = [second_step(client, f"guess{number}").status_code for number in range(5)]

    assert tries == [422, 422, 422, 422, 429]
    assert second_step(client, code_of(app)).status_code == 429
    assert opens(client) == {302}


def test_getting_in_wipes_the_slate(app: Any) -> None:
    guess(4)
    client = Client(headers={"X-Forwarded-For": HOME})
    try_password(PASSWORD, client=client)
    second_step(client, code_of(app))

    assert guess(4) == [200] * 4


def test_neither_name_nor_address_nor_what_was_sent_is_stored(app: Any) -> None:
    client = Client(headers={"X-Forwarded-For": HOME})
    try_password("open sesame", name="my password by mistake")
    try_password("open sesame", "2001:db8:1:2:3:4:5:6")
    try_password(PASSWORD, client=client)
    second_step(client, "guess-code")

    stored = str(list(AccessAttempt.objects.values()))
    for secret in ("sesame", "mistake", "ada", HOME, "2001:db8:1:2", "guess-code"):
        assert secret not in stored
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {"203.0.113.0", "2001:db8:1::"}


def test_what_was_counted_is_gone_after_a_day_and_so_is_what_a_wrong_clock_wrote(later: Any) -> None:
    guess(1)
    later(timedelta(days=2))
    guess(1, CAFE, "grace")
    later(timedelta(days=1, minutes=1))

    retention.purge()

    assert not AccessAttempt.objects.exists()


@pytest.mark.drill("F9", "Wrong passwords while the clock is a day ahead", expected="nobody is locked out for long")
def test_a_clock_that_jumped_locks_nobody_out_for_long(later: Any) -> None:
    later(timedelta(days=1))
    guess(5)
    later(timedelta())

    retention.purge()

    assert try_password(PASSWORD).headers["Location"] == "/admin/ways-in/"


def test_the_log_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    guess(5)

    lines = {record.getMessage() for record in caplog.records if record.name.startswith("advisor")}
    assert {"A sign-in failed", "Too many sign-ins failed"} <= lines
    assert "ada" not in caplog.text
    assert HOME not in caplog.text


def test_a_visitors_page_asks_for_no_attempt(publish: Any, django_assert_num_queries: Any) -> None:
    publish()

    with django_assert_num_queries(0):
        Client().get("/advice/industry/")


def test_names_can_not_be_told_by_the_time_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow part, hashing, is done for every name: counted here, as time itself varies."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    count = []
    real = MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        count.append(time.monotonic())
        return str(real(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    User.objects.create_user("linked", is_staff=True)

    hashed = {}
    for name in ("ada", "nobody", "gone", "linked"):
        count.clear()
        try_password("guess", name=name)
        hashed[name] = len(count)

    assert set(hashed.values()) == {1}
