from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from advisor.models import OwnerSettings
from advisor.models.logo import draw_anew
from advisor.site import this_site
from tests.conftest import Publish
from tests.models.test_logo import SVG, picture
from tests.views.markup import Element, parse

pytestmark = pytest.mark.django_db

FORM = "/admin/advisor/ownersettings/1/change/"
TYPED = {
    "name": "Wayfinder",
    "owner": "Hill & Vale",
    "sells": "maps",
    "contact": "hello@example.org",
    "controller": "Ada Lovelace\r\n1 Hill Road",
    "sign_colour": "#8FD3FF",
    "ground_colour": "fff4e8",
    "enquiry_on": "on",
    "enquiry_to": "talk@example.org",
    "saved_days": "90",
    "enquiry_days": "60",
    "quarantine_days": "10",
    "backup_days": "20",
}


@pytest.fixture
def client(editor: User, publish: Publish) -> Client:
    publish()
    client = Client()
    client.force_login(editor)
    return client


def send(client: Client, address: str = FORM, **changes: Any) -> HttpResponse:
    values = {name: value for name, value in {**TYPED, **changes}.items() if value is not None}
    return client.post(address, values)  # type: ignore[return-value]  # the stubs name a subclass


def logo_file(content: bytes, name: str = "logo.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def errors(response: HttpResponse) -> str:
    page = parse(response.content.decode())
    return " ".join(element.text for element in page.walk() if "errorlist" in (element.get("class") or ""))


def value(page: Element, name: str) -> str | None:
    return page.one("input", name=name)["value"]


class TestTheForm:
    def test_the_list_leads_straight_to_it(self, client: Client) -> None:
        response = client.get(reverse("admin:advisor_ownersettings_changelist"))

        assert response.headers["Location"] == FORM

    def test_before_anybody_saved_it_shows_what_the_environment_says(self, client: Client) -> None:
        page = parse(client.get(FORM).content.decode())

        assert value(page, "name") == "Signpost"
        assert value(page, "owner") == "A marketing agency"
        assert not OwnerSettings.objects.exists()

    def test_saving_stores_everything_tidy(self, client: Client) -> None:
        response = send(client)

        assert response.status_code == 302
        stored = OwnerSettings.objects.get()
        assert {name: getattr(stored, name) for name in TYPED} == {
            **TYPED,
            "controller": "Ada Lovelace\n1 Hill Road",
            "sign_colour": "#8fd3ff",
            "ground_colour": "#fff4e8",
            "enquiry_on": True,
            "saved_days": 90,
            "enquiry_days": 60,
            "quarantine_days": 10,
            "backup_days": 20,
        }

    def test_visitors_see_it(self, client: Client, django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            send(client, new_logo=logo_file(picture()))

        page = client.get("/").content.decode()
        assert "Wayfinder" in page
        assert "--sign:#8fd3ff" in page
        assert "hello@example.org" in client.get("/privacy/").content.decode()

    def test_there_is_no_way_to_add_or_delete(self, client: Client) -> None:
        assert client.get("/admin/advisor/ownersettings/add/").status_code == 403
        assert client.post("/admin/advisor/ownersettings/1/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"sign_colour": "#e4002b"}, "#e4002b is too dark to read everything on it. The nearest shade"),
            ({"sign_colour": "#e4002b"}, "Dark text on it: the contrast is 3.47, and 4.5 is needed."),
            ({"ground_colour": "#333"}, "Text on it: the contrast is"),
            ({"sign_colour": "red;}</style>"}, "7 characters"),
            ({"sign_colour": "yellow"}, "Write a colour as # and six digits"),
            ({"contact": "javascript:alert(1)"}, "starts with https://"),
            ({"saved_days": "5"}, "greater than or equal to 30"),
            ({"owner": ""}, "This field is required."),
            ({"enquiry_to": "nobody"}, "Enter a valid email address."),
        ],
        ids=str,
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost_or_stored(
        self, client: Client, change: dict[str, str], says: str
    ) -> None:
        response = send(client, **change)

        assert says in errors(response)
        assert value(parse(response.content.decode()), "name") == "Wayfinder"
        assert not OwnerSettings.objects.exists()

    def test_the_shade_it_offers_is_taken(self, client: Client) -> None:
        (shade,) = re.findall(r"nearest shade that passes is (#\w{6})", errors(send(client, sign_colour="#e4002b")))

        assert send(client, sign_colour=shade).status_code == 302

    def test_a_full_disk_is_said_and_what_was_typed_stays(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("database or disk is full")

        monkeypatch.setattr(OwnerSettings, "save", refuse)

        response = send(client)

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert "could not be saved" in errors(response)
        assert value(parse(response.content.decode()), "name") == "Wayfinder"
        assert not OwnerSettings.objects.exists()


class TestTheLogo:
    def test_it_is_drawn_anew_and_shown_on_every_page(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            send(client, new_logo=logo_file(picture()))

        shown = parse(Client().get("/about/").content.decode()).one("header").one("img")
        assert (shown["width"], shown["height"], shown["alt"]) == ("640", "156", "Wayfinder")
        response = Client().get(shown["src"])
        assert response.content == draw_anew(picture()) == bytes(OwnerSettings.objects.get().logo)
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in response

    def test_beside_a_square_one_stands_the_name(self, client: Client, django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            send(client, new_logo=logo_file(picture(size=(100, 100))))

        home = parse(Client().get("/about/").content.decode()).one("header").all("a")[0]
        assert home.one("img")["alt"] == ""
        assert home.text == "Wayfinder"

    def test_it_stays_when_something_else_changes_and_goes_when_told(self, client: Client) -> None:
        send(client, new_logo=logo_file(picture()))
        send(client, name="Another")
        assert OwnerSettings.objects.get().logo

        send(client, remove_logo="on")
        assert not OwnerSettings.objects.get().logo

    def test_an_address_of_another_picture_is_not_found(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        assert client.get("/logo-0123456789abcdef.png").status_code == 404
        with django_capture_on_commit_callbacks(execute=True):
            send(client, new_logo=logo_file(picture()))

        assert client.get("/logo-0123456789abcdef.png").status_code == 404
        assert client.post(this_site().logo.url).status_code == 405  # type: ignore[union-attr]  # it was stored above

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            pytest.param(SVG, "SVG is not taken", id="SVG named as PNG"),
            pytest.param(b"MZ\x90\0" + b"\0" * 500, "PNG, JPEG or WebP", id="a program"),
            pytest.param(picture() + b"\0" * 50_000_000, "larger than 1 MB", id="50 MB"),
        ],
    )
    def test_an_attack_is_refused_beside_its_field(self, client: Client, content: bytes, says: str) -> None:
        response = send(client, new_logo=logo_file(content))

        assert says in errors(response)
        assert not OwnerSettings.objects.exists()

    def test_what_it_is_called_does_not_matter(self, client: Client) -> None:
        send(client, new_logo=logo_file(picture(), "../../<script>.svg", "image/svg+xml"))

        assert bytes(OwnerSettings.objects.get().logo) == draw_anew(picture())

    def test_a_form_with_an_error_asks_for_the_logo_again(self, client: Client) -> None:
        response = send(client, contact="nobody", new_logo=logo_file(picture()))

        assert "Choose the logo again" in errors(response)


class TestPreview:
    @pytest.mark.parametrize("page", ["home", "result", "privacy"])
    def test_it_shows_the_values_of_the_form_and_stores_none(self, client: Client, page: str) -> None:
        response = send(client, f"/admin/advisor/ownersettings/preview/{page}/", new_logo=logo_file(picture()))

        html = response.content.decode()
        assert response.status_code == 200
        assert parse(html).one("title").text.endswith("– Wayfinder")
        assert parse(html).one("header").one("img")["src"].startswith("data:image/png;base64,")
        assert "Preview. Nothing is saved yet." in html
        assert not OwnerSettings.objects.exists()
        assert this_site().name == "Signpost"
        assert "Preview" not in Client().get("/").content.decode()

    def test_the_policy_lets_in_its_stylesheet_and_its_logo(self, client: Client) -> None:
        response = send(client, reverse("admin:owner-preview", args=["home"]))

        sheets = re.findall(r"<style>(.*?)</style>", response.content.decode(), re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(css.encode()).digest()).decode() for css in sheets]
        assert "--sign:#8fd3ff" in sheets[0]
        assert all(f"'sha256-{digest}'" in response["Content-Security-Policy"] for digest in digests)
        assert "img-src 'self' data:" in response["Content-Security-Policy"]

    def test_nobody_keeps_a_copy(self, client: Client) -> None:
        response = send(client, reverse("admin:owner-preview", args=["home"]))

        assert "no-store" in response["Cache-Control"]
        assert "ETag" not in response

    def test_the_page_is_that_of_a_visitor(self, client: Client) -> None:
        html = send(client, reverse("admin:owner-preview", args=["home"])).content.decode()

        assert 'href="/admin/' not in html
        assert "csrfmiddlewaretoken" not in html

    def test_what_is_wrong_shows_in_the_form_instead(self, client: Client) -> None:
        response = send(client, reverse("admin:owner-preview", args=["home"]), sign_colour="#e4002b")

        assert "nearest shade" in errors(response)
        assert parse(response.content.decode()).one("form", id="ownersettings_form")["action"] == FORM
        assert not OwnerSettings.objects.exists()

    def test_an_address_typed_by_hand_leads_to_the_form(self, client: Client) -> None:
        assert client.get(reverse("admin:owner-preview", args=["home"])).headers["Location"] == FORM
        assert send(client, "/admin/advisor/ownersettings/preview/admin/").status_code == 404

    def test_other_sites_can_not_send_it(self, editor: User, publish: Publish) -> None:
        publish()
        client = Client(enforce_csrf_checks=True)
        client.force_login(editor)

        assert send(client, reverse("admin:owner-preview", args=["home"])).status_code == 403

    def test_without_a_release_it_says_what_to_do(self, editor: User) -> None:
        client = Client()
        client.force_login(editor)

        response = send(client, reverse("admin:owner-preview", args=["result"]))

        assert response.status_code == 503
        assert "Nothing is published" in response.content.decode()


class TestWhoMay:
    @pytest.fixture
    def colleague(self, publish: Publish) -> User:
        publish()
        return User.objects.create_user("bob", password="a colleague's password", is_staff=True)

    def test_strangers_are_asked_to_log_in(self, publish: Publish) -> None:
        publish()
        for address in (FORM, reverse("admin:owner-preview", args=["home"])):
            response = send(Client(), address)
            assert response.status_code == 302
            assert response.headers["Location"].startswith("/admin/login/")

    def test_staff_without_the_permission_are_refused(self, colleague: User) -> None:
        client = Client()
        client.force_login(colleague)

        assert client.get(FORM).status_code == 403
        assert send(client).status_code == 403
        assert send(client, reverse("admin:owner-preview", args=["home"])).status_code == 403

    def test_who_may_only_look_can_neither_save_nor_preview(self, colleague: User) -> None:
        colleague.user_permissions.add(Permission.objects.get(codename="view_ownersettings"))
        client = Client()
        client.force_login(colleague)

        assert client.get(FORM).status_code == 200
        assert "Look before you save" not in client.get(FORM).content.decode()
        assert send(client).status_code == 403
        assert send(client, reverse("admin:owner-preview", args=["home"])).status_code == 403

    def test_the_permission_to_change_is_enough(self, colleague: User) -> None:
        colleague.user_permissions.add(Permission.objects.get(codename="change_ownersettings"))
        client = Client()
        client.force_login(colleague)

        assert send(client, reverse("admin:owner-preview", args=["home"])).status_code == 200
        assert send(client).status_code == 302
        assert OwnerSettings.objects.get().name == "Wayfinder"
