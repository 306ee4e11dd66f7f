"""Signing in: on a public site nobody gets in with a password alone."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from advisor import secondstep, sessions
from advisor.models import AuditEntry

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
PAGES = ("/admin/", "/admin/advisor/rule/", "/admin/password_change/", "/admin/auth/user/", "/admin/simulator/")
Later = Callable[[timedelta], None]


@pytest.fixture
def public(settings: Settings) -> None:
    settings.SIGNPOST_SITE_URL = "https://advice.example.org"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Moves the clock on, or back, also for the libraries."""
    start, now = time.time(), timezone.now

    def later(by: timedelta) -> None:
        at = now() + by
        monkeypatch.setattr(timezone, "now", lambda: at)
        monkeypatch.setattr(time, "time", lambda: start + by.total_seconds())
        monkeypatch.setattr("axes.handlers.proxy.now", lambda: at)

    later(timedelta())
    return later


@pytest.fixture
def app(editor: User) -> Any:
    """Ada's app for codes."""
    return TOTPDevice.objects.create(user=editor, name="app", tolerance=0)


def code_of(app: Any, at: float | None = None) -> str:
    """What the app shows."""
    totp = TOTP(app.bin_key)
    totp.time = time.time() if at is None else at
    return f"{totp.token():06}"


def first_step(client: Client, after: str = "/admin/", password: str = PASSWORD) -> Any:
    return client.post("/admin/login/", {"username": "ada", "password": password, "next": after})


def second_step(client: Client, code: str) -> Any:
    return client.post("/admin/login/second-step/", {"code": code})


def opens(client: Client) -> set[int]:
    return {client.get(page).status_code for page in PAGES}


def set_up(client: Client) -> Any:
    """An app, as somebody who types its key."""
    page = client.get("/admin/ways-in/app/").content.decode()
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page)
    assert key
    app = TOTPDevice(key=base64.b32decode(key[1].replace(" ", "")).hex())
    return client.post("/admin/ways-in/app/", {"code": code_of(app)})


class TestOnAPublicSite:
    def test_a_password_alone_opens_nothing(self, public: None, app: Any, client: Client) -> None:
        response = first_step(client)

        assert response.headers["Location"] == "/admin/login/second-step/"
        assert opens(client) == {302}

    def test_password_and_code_let_in_and_lead_where_one_wanted(self, public: None, app: Any, client: Client) -> None:
        first_step(client, "/admin/simulator/")

        response = second_step(client, code_of(app))

        assert response.headers["Location"] == "/admin/simulator/"
        assert opens(client) == {200}

    def test_who_has_no_second_step_sets_one_up_and_reaches_nothing_before(
        self, public: None, editor: User, client: Client
    ) -> None:
        assert first_step(client, "/admin/simulator/").headers["Location"] == "/admin/ways-in/"
        assert "Set up a second step" in client.get("/admin/ways-in/").content.decode()
        assert opens(client) == {302}

        response = set_up(client)

        assert response.headers["Location"] == "/admin/ways-in/codes/"
        assert opens(client) == {200}
        assert 'href="/admin/simulator/"' in client.post("/admin/ways-in/codes/").content.decode()
        assert AuditEntry.objects.filter(who="ada", what="Set up an app for codes").exists()

    def test_the_first_editor_sets_one_up_too(
        self, public: None, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("first_editor")
        link = capsys.readouterr().out.strip().removeprefix("https://advice.example.org")

        response = client.post(link, {"username": "ada", "password1": PASSWORD, "password2": PASSWORD})

        assert response.headers["Location"] == "/admin/ways-in/"
        assert opens(client) == {302}
        set_up(client)
        assert opens(client) == {200}

    def test_who_has_one_can_not_set_up_another_with_the_password_alone(
        self, public: None, app: Any, client: Client
    ) -> None:
        first_step(client)

        for page in ("/admin/ways-in/", "/admin/ways-in/app/", "/admin/ways-in/codes/"):
            assert client.get(page).headers["Location"].startswith("/admin/login/")
        assert client.post("/admin/ways-in/codes/").headers["Location"].startswith("/admin/login/")
        assert not StaticToken.objects.exists()

    def test_a_session_from_before_it_was_public_is_over(
        self, editor: User, client: Client, settings: Settings
    ) -> None:
        client.force_login(editor)
        assert opens(client) == {200}

        settings.SIGNPOST_SITE_URL = "https://advice.example.org"

        assert opens(client) == {302}

    def test_the_only_second_step_stays(self, public: None, app: Any, client: Client) -> None:
        first_step(client)
        second_step(client, code_of(app))

        assert "Remove the app" not in client.get("/admin/ways-in/").content.decode()
        response = client.post("/admin/ways-in/remove/", {"device": app.persistent_id}, follow=True)

        assert "This is your only second step." in response.content.decode()
        assert secondstep.has_one(app.user)


class TestOnOnesOwnMachine:
    def test_a_password_is_enough_for_who_has_no_second_step(self, editor: User, client: Client) -> None:
        assert first_step(client, "/admin/simulator/").headers["Location"] == "/admin/simulator/"
        assert opens(client) == {200}

    def test_who_has_one_is_asked_for_it(self, app: Any, client: Client) -> None:
        first_step(client)

        assert opens(client) == {302}

    def test_it_can_be_removed_with_its_recovery_codes(self, app: Any, client: Client) -> None:
        client.force_login(app.user)
        client.post("/admin/ways-in/codes/")

        client.post("/admin/ways-in/remove/", {"device": app.persistent_id})

        assert not secondstep.has_one(app.user)
        assert not StaticToken.objects.exists()

    def test_nobody_removes_anothers(self, app: Any, client: Client) -> None:
        client.force_login(User.objects.create_superuser("grace"))

        client.post("/admin/ways-in/remove/", {"device": app.persistent_id})

        assert secondstep.has_one(app.user)


class TestCodes:
    def test_a_code_works_once(self, app: Any, client: Client, later: Later) -> None:
        code = code_of(app)
        first_step(client)
        assert second_step(client, code).status_code == 302

        other = Client()
        first_step(other)
        response = second_step(other, code)

        assert response.status_code == 422
        assert "works once" in response.content.decode()

    @pytest.mark.drill("F9", "A code of another minute or day", expected="it is refused")
    @pytest.mark.parametrize("away", [-30, 30, -86400, 86400])
    def test_a_code_holds_for_its_thirty_seconds_alone(self, app: Any, client: Client, later: Later, away: int) -> None:
        first_step(client)

        assert second_step(client, code_of(app, time.time() + away)).status_code == 422
        assert opens(client) == {302}

    @pytest.mark.drill("F9", "A code is used while the clock is a day ahead", expected="codes work once it is right")
    def test_a_clock_that_was_wrong_keeps_nobody_out(self, app: Any, client: Client, later: Later) -> None:
        later(timedelta(days=1))
        first_step(client)
        assert second_step(client, code_of(app)).status_code == 302

        later(timedelta())
        other = Client()
        first_step(other)
        code = code_of(app)
        assert second_step(other, code).status_code == 302

        again = Client()
        first_step(again)
        assert second_step(again, code).status_code == 422

    def test_it_may_be_typed_with_a_gap(self, app: Any, client: Client) -> None:
        first_step(client)
        code = code_of(app)

        assert second_step(client, f" {code[:3]} {code[3:]} ").status_code == 302

    def test_a_recovery_code_works_once_and_is_not_stored(self, app: Any, client: Client) -> None:
        client.force_login(app.user)
        page = client.post("/admin/ways-in/codes/").content.decode()
        codes = re.findall(r"<code>([\w-]+)</code>", page)
        assert len(set(codes)) == 10
        assert not StaticToken.objects.filter(token__in=[code.replace("-", "") for code in codes]).exists()
        assert codes[0] not in client.get("/admin/ways-in/codes/").content.decode()

        tries = []
        for _ in range(2):
            other = Client()
            first_step(other)
            tries.append(second_step(other, codes[0].upper()).status_code)

        assert tries == [302, 422]
        assert "9 codes are left" in client.get("/admin/ways-in/").content.decode()

    def test_new_recovery_codes_end_those_before(self, app: Any, client: Client) -> None:
        before = secondstep.make_recovery_codes(app.user)
        secondstep.make_recovery_codes(app.user)

        assert secondstep.check(app.user, before[0]) is None

    @pytest.mark.parametrize("typed", ["", "x" * 100, "12345678901234567890", "¹²³", "-1", "\x00"])
    def test_nonsense_is_no_code(self, app: Any, client: Client, typed: str) -> None:
        first_step(client)

        assert second_step(client, typed).status_code == 422

    def test_they_can_not_be_tried_out(self, app: Any, client: Client, later: Later) -> None:
        first_step(client)
        for _ in range(20):
            assert secondstep.check(app.user, "000000x") is None

        response = second_step(client, code_of(app))

        assert response.status_code == 429
        assert "Try again from" in response.content.decode()
        assert response.headers["Retry-After"] == "3600"
        later(timedelta(hours=1, seconds=1))
        first_step(client)
        assert second_step(client, code_of(app)).status_code == 302

    def test_an_app_is_taken_only_with_its_code(self, client: Client, editor: User) -> None:
        client.force_login(editor)
        client.get("/admin/ways-in/app/")

        response = client.post("/admin/ways-in/app/", {"code": "123456"})

        assert response.status_code == 422
        assert not TOTPDevice.objects.exists()

    def test_a_new_app_takes_the_place_of_the_one_before(self, app: Any, client: Client) -> None:
        client.force_login(app.user)

        set_up(client)

        assert TOTPDevice.objects.exclude(pk=app.pk).filter(user=app.user).count() == 1
        assert not TOTPDevice.objects.filter(pk=app.pk).exists()


class TestBetweenTheSteps:
    def test_it_waits_half_an_hour(self, app: Any, client: Client, later: Later) -> None:
        first_step(client)
        later(timedelta(minutes=31))

        assert client.get("/admin/login/second-step/").headers["Location"] == "/admin/login/"

    def test_another_password_ends_it(self, app: Any, client: Client) -> None:
        first_step(client)
        app.user.set_password("another horse battery")
        app.user.save()

        assert second_step(client, code_of(app)).headers["Location"] == "/admin/login/"

    def test_who_was_made_inactive_gets_no_further(self, app: Any, client: Client) -> None:
        first_step(client)
        User.objects.update(is_active=False)

        assert second_step(client, code_of(app)).headers["Location"] == "/admin/login/"

    def test_without_a_first_step_there_is_no_second(self, app: Any, client: Client) -> None:
        assert second_step(client, code_of(app)).headers["Location"] == "/admin/login/"

    def test_nobody_is_led_to_another_site(self, app: Any, client: Client) -> None:
        first_step(client, "https://evil.example/")

        assert second_step(client, code_of(app)).headers["Location"] == "/admin/"


class TestSessions:
    def test_signing_in_begins_a_new_one(self, app: Any, client: Client) -> None:
        first_step(client)
        before = client.cookies["signpost-session"].value

        second_step(client, code_of(app))

        assert client.cookies["signpost-session"].value != before
        assert not Session.objects.filter(pk=before).exists()

    def test_it_ends_after_half_an_hour_without_a_request(self, editor: User, client: Client, later: Later) -> None:
        client.force_login(editor)
        later(timedelta(minutes=29))
        assert client.get("/admin/").status_code == 200
        later(timedelta(minutes=58))
        assert client.get("/admin/").status_code == 200

        later(timedelta(minutes=58 + 31))

        assert client.get("/admin/").status_code == 302

    def test_it_ends_after_twelve_hours_in_any_case(self, editor: User, client: Client, later: Later) -> None:
        client.force_login(editor)
        for minutes in range(20, 12 * 60, 20):
            later(timedelta(minutes=minutes))
            assert client.get("/admin/password_change/").status_code == 200, minutes

        later(timedelta(hours=12, minutes=1))

        assert client.get("/admin/").status_code == 302

    @pytest.mark.drill("F9", "Somebody signs in while the clock is a day ahead", expected="their session ends")
    def test_a_clock_that_was_wrong_ends_it(self, editor: User, client: Client, later: Later) -> None:
        later(timedelta(days=1))
        client.force_login(editor)
        assert client.get("/admin/").status_code == 200

        later(timedelta())

        assert client.get("/admin/").status_code == 302

    def test_going_on_sets_no_cookie_anew(self, editor: User, client: Client, later: Later) -> None:
        client.force_login(editor)
        later(timedelta(minutes=10))

        assert not client.get("/admin/ways-in/").cookies.get("signpost-session")

    def test_the_cookie_goes_with_the_browser(self, editor: User, client: Client) -> None:
        cookie = first_step(client).cookies["signpost-session"]

        assert (cookie["max-age"], cookie["expires"]) == ("", "")
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")

    def test_a_visitors_page_asks_for_none_even_of_staff(
        self, editor: User, client: Client, publish: Any, later: Later, django_assert_num_queries: Any
    ) -> None:
        publish()
        client.force_login(editor)
        later(timedelta(minutes=10))

        with django_assert_num_queries(0):
            response = client.get("/advice/industry/")

        assert not response.cookies

    def test_a_new_second_step_ends_the_others(self, editor: User, client: Client) -> None:
        other = Client()
        for one in (client, other):
            one.force_login(editor)

        set_up(client)

        assert opens(client) == {200}
        assert opens(other) == {302}

    def test_a_new_password_ends_the_others(self, editor: User, client: Client) -> None:
        other = Client()
        for one in (client, other):
            one.force_login(editor)
        secret = "seven hills and a signpost"

        client.post(
            "/admin/password_change/", {"old_password": PASSWORD, "new_password1": secret, "new_password2": secret}
        )

        assert opens(client) == {200}
        assert opens(other) == {302}

    def test_an_owner_ends_somebodys(self, editor: User, client: Client) -> None:
        olga = Client()
        olga.force_login(User.objects.create_superuser("olga"))
        client.force_login(editor)
        chosen = {"action": "end_sessions", "_selected_action": [str(user.pk) for user in User.objects.all()]}

        response = olga.post("/admin/auth/user/", chosen, follow=True)

        assert "1 session is over." in response.content.decode()
        assert opens(client) == {302}
        assert AuditEntry.objects.filter(who="olga", what="Ended the sessions of").count() == 2

    def test_an_owner_can_not_sign_out_a_superuser(self, editor: User, client: Client) -> None:
        call_command("make_roles")
        olga = Client()
        owner = User.objects.create_user("olga", is_staff=True)
        owner.groups.add(Group.objects.get(name="Owner"))
        olga.force_login(owner)
        client.force_login(editor)

        response = olga.post(
            "/admin/auth/user/", {"action": "end_sessions", "_selected_action": [str(editor.pk)]}, follow=True
        )

        assert "only another one may do that" in response.content.decode()
        assert opens(client) == {200}

    def test_ending_somebodys_ends_theirs_alone(self, app: Any, client: Client) -> None:
        half, grace = Client(), Client()
        client.force_login(app.user)
        first_step(half)
        grace.force_login(User.objects.create_superuser("grace"))

        assert sessions.end_all(app.user) == 2

        assert opens(client) == {302}
        assert second_step(half, code_of(app)).headers["Location"] == "/admin/login/"
        assert opens(grace) == {200}


def test_the_pages_have_one_heading_and_no_inline_style_or_script(public: None, editor: User, client: Client) -> None:
    first_step(client)
    pages = {"ways-in": client.get("/admin/ways-in/"), "app": client.get("/admin/ways-in/app/")}
    pages["wrong"] = client.post("/admin/ways-in/app/", {"code": "1"})
    set_up(client)
    pages |= {"codes": client.get("/admin/ways-in/codes/"), "shown": client.post("/admin/ways-in/codes/")}
    other = Client()
    first_step(other)
    pages["second"] = other.get(reverse("second-step"))

    for name, response in pages.items():
        html = response.content.decode()
        assert len(re.findall(r"<h1[ >]", html)) == 1, name
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", html), name
        assert "no-store" in response.headers["Cache-Control"], name
