"""Second steps in a real browser: a passkey with Chromium's own authenticator, and codes without scripts."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.site import Site, manage
from tests.browser.test_access import WHOLE_LOOKS, faults, look, violations

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"
ADA = f"""
from django.contrib.auth.models import User
User.objects.create_superuser("ada", password="{PASSWORD}")
"""

HALF_AN_HOUR = """
from django.contrib.sessions.models import Session
from advisor.sessions import SessionStore
for row in Session.objects.all():
    store = SessionStore(row.pk)
    store["proved_at"] = 0
    store.save()
"""


@pytest.fixture
def with_ada(own_site: Site) -> Site:
    """By a name, as a number can have no passkeys."""
    manage(own_site.data, "shell", "-c", ADA)
    return replace(own_site, url=own_site.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def ada(visit: Any, with_ada: Site) -> Page:
    """A window of a browser that has an authenticator, with the finger on it."""
    visitor: Visitor = visit(with_ada, {422, 429})
    page = visitor.open("/admin/")
    browser = visitor.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {
        **{"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True},
        **{"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True},
    }
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.goto(page.url.split("/admin/")[0] + "/admin/simulator/")


def faults_of(page: Page) -> list[str]:
    found = faults(page, (*WHOLE_LOOKS, "text at 200 %, 320 px"))
    look(page)
    return found


def test_a_passkey_is_added_and_lets_in_alone_and_after_the_password(ada: Page) -> None:
    log_in(ada)
    ada.get_by_role("link", name="How you log in").click()
    ada.get_by_label("A name for it").fill("Ada’s phone")
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_role("heading", name="Recovery codes")).to_be_visible()
    ada.goto(ada.url.replace("codes/", ""))
    expect(ada.get_by_text("Ada’s phone", exact=True).first).to_be_visible()
    assert faults_of(ada) == []
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_text("This device has a passkey for you already.")).to_be_visible()

    log_out(ada)
    assert faults_of(ada) == []
    ada.get_by_role("button", name="Use a passkey").click()
    expect(ada.get_by_role("heading", name="Simulator")).to_be_visible()

    log_out(ada)
    log_in(ada)
    expect(ada.get_by_role("heading", name="Second step")).to_be_visible()
    assert faults_of(ada) == []
    ada.get_by_role("button", name="Use a passkey").click()
    expect(ada.get_by_role("heading", name="Simulator")).to_be_visible()


def test_a_passkey_answers_who_asks_again(ada: Page, with_ada: Site) -> None:
    log_in(ada)
    ada.get_by_role("link", name="How you log in").click()
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_role("heading", name="Recovery codes")).to_be_visible()
    ada.get_by_role("link", name="Not now").click()
    expect(ada.get_by_role("heading", name="How you log in")).to_be_visible()
    manage(with_ada.data, "shell", "-c", HALF_AN_HOUR)

    ada.get_by_role("button", name="Add a passkey").click()

    expect(ada.get_by_role("heading", name="Show that it is you")).to_be_visible()
    assert faults_of(ada) == []
    ada.get_by_role("button", name="Use a passkey").click()
    expect(ada.get_by_role("heading", name="How you log in")).to_be_visible()


def test_a_passkey_lets_in_who_is_locked_out(ada: Page) -> None:
    log_in(ada)
    ada.get_by_role("link", name="How you log in").click()
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_role("heading", name="Recovery codes")).to_be_visible()
    log_out(ada)

    for number in range(5):
        log_in(ada, f"guess {number}")
    expect(ada.get_by_role("heading", name="Too many tries")).to_be_visible()
    assert violations(ada) == []
    ada.get_by_role("link", name="Back to the login page").click()
    ada.get_by_role("button", name="Use a passkey").click()

    expect(ada.get_by_role("heading", name="Where the draft stands")).to_be_visible()


def test_codes_do_all_of_it_without_scripts(visit: Any, with_ada: Site) -> None:
    page: Page = visit(with_ada, {422}, java_script_enabled=False).open("/admin/")
    log_in(page)
    page.get_by_role("link", name="How you log in").click()
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_text("Type it instead").click()
    app = TOTP(base64.b32decode(page.locator("code.key").inner_text().replace(" ", "")))
    page.get_by_label("Type the code that it shows now").fill("12")
    page.get_by_role("button", name="Set up this app").click()
    expect(page.get_by_role("alert")).to_contain_text("This code does not fit.")
    while page.get_by_role("alert").is_visible():  # a code may be over before it is sent
        page.get_by_label("Type the code that it shows now").fill(f"{app.token():06}")
        page.get_by_role("button", name="Set up this app").click()
    page.get_by_role("button", name="Make ten codes and show them").click()
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them: go on").click()
    log_out(page)

    log_in(page)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("Code from your app, or a recovery code").fill(recovery)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Simulator")).to_be_visible()
