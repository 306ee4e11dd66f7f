"""What would do most harm asks again who it is, and loses nothing of what was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from advisor.models import Enquiry, Release, Rule
from tests.admin.test_publishing import ALONE, PUBLISH, change_the_draft
from tests.admin.test_signing_in import PASSWORD, Later, app, code_of, later, opens
from tests.conftest import Publish

__all__ = ["app", "later"]

pytestmark = pytest.mark.django_db

HALF_AN_HOUR = timedelta(minutes=31)
FORM = {**ALONE, "base": 1, "note": "Clearer words."}


@pytest.fixture
def left_alone(app: Any, publish: Publish, client: Client, later: Later) -> Client:
    """A desk where somebody signed in, and went on working for a little more than half an hour."""
    publish()
    change_the_draft()
    client.force_login(app.user)
    later(timedelta(minutes=20))
    assert opens(client) == {200}
    later(HALF_AN_HOUR)
    return client


def asked(response: Any) -> str:
    """Where the page that asks leads on to."""
    address = urlsplit(str(response.headers["Location"]))
    assert (response.status_code, address.path) == (303, "/admin/login/again/")
    return parse_qs(address.query)["next"][0]


def test_publishing_asks_for_a_code_and_keeps_what_was_typed(
    left_alone: Client, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = left_alone.post(PUBLISH, FORM)
    assert asked(response).startswith("/admin/not-sent/")
    assert Release.objects.count() == 1
    page = left_alone.get(response.headers["Location"]).content.decode()
    assert "So we ask again who you are" in page
    assert "What you filled in is kept." in page

    with caplog.at_level("INFO", "advisor.security"):
        page = left_alone.post(response.headers["Location"], {"code": code_of(app)}, follow=True).content.decode()

    assert "Somebody showed again who they are" in caplog.messages
    assert "were asked who you are" in page
    assert "Clearer words." in page
    assert Release.objects.count() == 1
    assert left_alone.post(PUBLISH, FORM).headers["Location"].endswith("/change/")
    assert Release.objects.count() == 2


def test_nothing_asks_soon_after_signing_in(app: Any, publish: Publish, client: Client, later: Later) -> None:
    publish()
    change_the_draft()
    client.force_login(app.user)
    later(timedelta(minutes=29))

    assert client.post(PUBLISH, FORM).headers["Location"].endswith("/change/")


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (PUBLISH, {"action": "approve", "proposal": "1"}),
        (PUBLISH, {"action": "kept", "proposal": "1"}),
        ("/admin/advisor/release/{release}/roll-back/", {"base": "1", "note": "Back."}),
        ("/admin/advisor/enquiry/", {"action": "export_csv", "_selected_action": ["{enquiry}"]}),
        ("/admin/advisor/enquiry/", {"action": "export_xlsx", "_selected_action": ["{enquiry}"]}),
        ("/admin/auth/user/add/", {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD}),
        ("/admin/auth/user/{user}/change/", {"username": "ada", "is_superuser": "on"}),
        ("/admin/auth/user/{user}/password/", {"password1": "mallory was here", "password2": "mallory was here"}),
        ("/admin/ways-in/remove/", {"device": "1"}),
        ("/admin/ways-in/codes/", {}),
        ("/admin/ways-in/passkey/options/", {}),
    ],
)
def test_so_does_whatever_could_do_harm(left_alone: Client, address: str, sent: dict[str, Any]) -> None:
    enquiry = Enquiry.objects.create(message="Secret plans", contact="a@example.com")
    numbers = {"release": Release.objects.get().pk, "enquiry": enquiry.pk, "user": User.objects.get().pk}
    sent = {name: [str(enquiry.pk)] if isinstance(value, list) else value for name, value in sent.items()}

    response = left_alone.post(address.format(**numbers), sent)

    assert asked(response)
    assert b"Secret plans" not in response.content
    assert User.objects.count() == 1
    assert User.objects.get().check_password(PASSWORD)


def test_so_do_ones_own_ways_in_before_they_are_shown(left_alone: Client) -> None:
    assert asked(left_alone.get("/admin/ways-in/")) == "/admin/ways-in/"


def test_the_rest_does_not(left_alone: Client) -> None:
    rule, release = Rule.objects.get(slug="text"), Release.objects.get()

    answers = [
        left_alone.get(PUBLISH),
        left_alone.get("/admin/advisor/enquiry/"),
        left_alone.post(f"/admin/advisor/rule/{rule.pk}/change/", {"because": "x"}),
        left_alone.post(PUBLISH, {"action": "propose", "base": 1, "note": "Clearer words."}),
        left_alone.post(f"/admin/advisor/release/{release.pk}/recall/", {"text": "It names a wrong duty."}),
    ]

    assert not [answer for answer in answers if "/again/" in answer.headers.get("Location", "")]
    assert hasattr(Release.objects.get(), "recall")


def test_a_wrong_code_leads_nowhere_and_locks_in_the_end(left_alone: Client) -> None:
    tries = [left_alone.post("/admin/login/again/?next=/admin/ways-in/", {"code": "guess"}) for _ in range(5)]

    assert [response.status_code for response in tries] == [422, 422, 422, 422, 429]
    assert asked(left_alone.get("/admin/ways-in/"))


class TestWithoutASecondStep:
    """On one's own machine the password is asked for."""

    @pytest.fixture
    def alone(self, editor: User, client: Client, later: Later) -> Client:
        client.force_login(editor)
        later(timedelta(minutes=20))
        client.get("/admin/")
        later(HALF_AN_HOUR)
        return client

    def test_the_password_will_do(self, alone: Client) -> None:
        response = alone.post("/admin/login/again/?next=/admin/ways-in/", {"password": PASSWORD})

        assert response.headers["Location"] == "/admin/ways-in/"
        assert alone.get("/admin/ways-in/").status_code == 200

    def test_another_will_not(self, alone: Client) -> None:
        User.objects.create_superuser("grace", password="seven hills and a signpost")

        response = alone.post(
            "/admin/login/again/?next=/admin/ways-in/", {"username": "grace", "password": "seven hills and a signpost"}
        )

        assert response.status_code == 422
        assert "This is not your password." in response.content.decode()
        assert asked(alone.get("/admin/ways-in/"))

    def test_it_can_not_be_tried_out(self, alone: Client) -> None:
        again = "/admin/login/again/"
        tries = [alone.post(again, {"username": "ada", "password": f"guess {number}"}) for number in range(5)]

        assert [response.status_code for response in tries] == [422, 422, 422, 422, 429]

    def test_nobody_is_led_to_another_site(self, alone: Client) -> None:
        response = alone.post("/admin/login/again/?next=https://evil.example/", {"password": PASSWORD})

        assert response.headers["Location"] == "/admin/"

    def test_it_makes_the_session_no_longer(self, alone: Client, later: Later) -> None:
        for minutes in range(45, 12 * 60, 25):
            later(timedelta(minutes=minutes))
            alone.get("/admin/password_change/")
        assert alone.post("/admin/login/again/", {"password": PASSWORD}).status_code == 302
        assert opens(alone) == {200}

        later(timedelta(hours=12, minutes=1))

        assert opens(alone) == {302}


def test_a_clock_that_was_wrong_asks(app: Any, client: Client, later: Later) -> None:
    client.force_login(app.user)
    session = client.session
    session["proved_at"] += 86400
    session.save()

    assert asked(client.get("/admin/ways-in/"))
