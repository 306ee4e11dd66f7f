"""A session that ran out: nothing typed is lost, nothing is saved by itself, and nobody sees another's text."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.forms import (
    BooleanField,
    BoundField,
    DateField,
    ModelMultipleChoiceField,
    MultipleChoiceField,
    Textarea,
)
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from advisor.models import AuditEntry, Enquiry, Modality, OwnerSettings, Release, Rule, Unsent
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS
from advisor.retention import purge
from tests.conftest import Publish

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(publish: Publish, editor: User) -> Client:
    """As a browser: forms need their token."""
    publish()
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    return client


@pytest.fixture
def grace(db: None) -> User:
    return User.objects.create_superuser("grace", password=PASSWORD)


def rule_page() -> str:
    return reverse("admin:advisor_rule_change", args=[Rule.objects.get(slug="text").pk])


def filled_in(client: Client, address: str, **typed: Any) -> dict[str, Any]:
    """What the form at this address sends, hidden fields and all, with this typed into it."""
    response = client.get(address)
    page = response.content.decode().split("</header>")[-1]
    sent: dict[str, Any] = {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page)
    }
    form: Any = response.context.get("adminform")
    for name, value in (form.form.initial if form else {}).items():
        if value is not None and name not in form.readonly_fields:
            sent[name] = (
                [one.pk for one in value] if isinstance(value, list) and value and hasattr(value[0], "pk") else value
            )
    return {**sent, **typed}


def sign_in(client: Client, address: str, username: str = "ada") -> Any:
    """Follow an address to the login page, sign in there, and follow on."""
    login = client.get(address, follow=True)
    page = login.content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)[-1]
    after = re.findall(r'name="next" value="([^"]*)"', page)[0]
    sent = {"username": username, "password": PASSWORD, "next": after, "csrfmiddlewaretoken": token}
    return client.post(login.redirect_chain[-1][0] if login.redirect_chain else address, sent, follow=True)


def send_without_session(client: Client, address: str, fields: dict[str, Any]) -> str:
    """The session is over, the page is still open. Gives the address to which the form leads."""
    del client.cookies["signpost-session"]
    response = client.post(address, fields)
    assert response.status_code == 303, response.content.decode()
    return str(response.headers["Location"])


class TestAfterSigningInAgain:
    def test_the_form_is_there_with_all_that_was_typed_and_not_saved(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page(), because="A long reason.", look_for="An hour’s work", modalities=[])

        waits = send_without_session(ada, rule_page(), fields)
        assert "What you typed is kept" in ada.get(waits, follow=True).content.decode()
        response = sign_in(ada, waits)

        form = response.context["adminform"].form
        assert response.redirect_chain[-1][0].startswith(rule_page())
        assert (form["because"].value(), form["look_for"].value()) == ("A long reason.", "An hour’s work")
        assert not form["modalities"].value()
        assert "What you typed is in the form, and is not saved." in response.content.decode()
        assert Rule.objects.get(slug="text").because == "Because of text."

    def test_it_can_then_be_saved_and_waits_no_longer(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page(), because="A long reason.")
        response = sign_in(ada, send_without_session(ada, rule_page(), fields))
        address = response.redirect_chain[-1][0]

        again = filled_in(ada, address)
        again |= {name: value for name, value in fields.items() if name not in again or name == "because"}
        assert ada.post(address, again).status_code == 302

        assert Rule.objects.get(slug="text").because == "A long reason."
        assert not Unsent.objects.exists()

    def test_what_was_wrong_is_marked_as_ever(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page(), because="", checked_on="yesterday")

        response = sign_in(ada, send_without_session(ada, rule_page(), fields))

        form = response.context["adminform"].form
        assert form["checked_on"].value() == "yesterday"
        assert set(form.errors) >= {"because", "checked_on"}

    def test_somebody_who_saved_meanwhile_is_shown(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page(), because="Ada’s reason.")
        waits = send_without_session(ada, rule_page(), fields)
        Rule.objects.filter(slug="text").update(because="A command’s reason.")

        response = sign_in(ada, waits)

        assert response.context["meanwhile"] == [("Because", "A command’s reason.", "Ada’s reason.")]

    def test_a_new_record(self, ada: Client) -> None:
        address = reverse("admin:advisor_modality_add")
        fields = filled_in(ada, address, name="Sound", slug="sound", phrase="sound", position="0")

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert response.context["adminform"].form["name"].value() == "Sound"
        assert not Modality.objects.filter(slug="sound").exists()

    @pytest.mark.parametrize(
        ("name", "field"),
        [("publish", "note"), ("roll-back", "note"), ("recall", "text"), ("simulator-example", "name")],
    )
    def test_pages_of_our_own(self, ada: Client, name: str, field: str) -> None:
        number = [Release.objects.get().pk] if name in ("roll-back", "recall") else []
        address = reverse(name if name == "simulator-example" else f"admin:{name}", args=number)
        shown = f"{reverse('simulator')}?industry=law-finance&need=contract-review" if "example" in name else address
        fields = filled_in(ada, shown, **{field: "Words that took an hour."})

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert "Words that took an hour." in response.content.decode()
        assert "not saved" in response.content.decode()
        assert Release.objects.count() == 1
        assert not AuditEntry.objects.filter(what__startswith="Recalled").exists()

    def test_an_enquirys_notes_and_the_owners_settings(self, ada: Client) -> None:
        enquiry = Enquiry.objects.create(
            contact="ada@example.com", message="Hello", consent="I agree.", form_digest="1"
        )
        for address, field in (
            (reverse("admin:advisor_enquiry_change", args=[enquiry.pk]), "notes"),
            (reverse("admin:advisor_ownersettings_change", args=[1]), "name"),
        ):
            fields = filled_in(ada, address, **{field: "Long notes"})

            response = sign_in(ada, send_without_session(ada, address, fields))

            assert response.context["adminform"].form[field].value() == "Long notes"
        enquiry.refresh_from_db()
        assert enquiry.notes == ""
        assert not OwnerSettings.objects.exists()

    def test_the_order_of_a_list(self, ada: Client) -> None:
        address = reverse("admin:advisor_modality_order")
        order = [str(row.pk) for row in Modality.objects.all()][::-1]
        fields = filled_in(ada, address, order=order)

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert [str(row.pk) for row, *_ in response.context["rows"]] == order
        assert response.context["seen"] == fields["seen"]
        assert [str(row.pk) for row in Modality.objects.all()] == order[::-1]

    def test_no_password_is_kept(self, ada: Client) -> None:
        address = reverse("admin:auth_user_add")
        fields = filled_in(ada, address, username="eve", password1="a secret word", password2="a secret word")

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert response.context["adminform"].form["username"].value() == "eve"
        assert "a secret word" not in str(list(Unsent.objects.values_list("fields", flat=True)))
        assert not User.objects.filter(username="eve").exists()

    def test_a_file_is_said_to_be_lost(self, ada: Client) -> None:
        address = reverse("import-export")
        fields = filled_in(ada, address, file=SimpleUploadedFile("draft.json", b"{}"))

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert response.redirect_chain[-1][0] == address
        assert "A file that you had chosen is not kept: choose it again." in response.content.decode()

    def test_a_page_with_buttons_alone_opens_again(self, ada: Client) -> None:
        address = reverse("admin:advisor_rule_delete", args=[Rule.objects.get(slug="text").pk])
        fields = filled_in(ada, address)

        response = sign_in(ada, send_without_session(ada, address, fields))

        assert response.redirect_chain[-1][0] == address
        assert "Nothing was done. Press the button again." in response.content.decode()
        assert Rule.objects.filter(slug="text").exists()

    def test_any_other_page_shows_what_was_typed_and_sends_it_when_told(self, ada: Client) -> None:
        with mock.patch("advisor.admin.notsent.SHOWN", frozenset()):
            address = reverse("admin:publish")
            fields = filled_in(ada, address, note="A note <b>of</b> mine.")
            response = sign_in(ada, send_without_session(ada, address, fields))

        page = response.content.decode()
        assert "<dd>A note &lt;b&gt;of&lt;/b&gt; mine.</dd>" in page
        assert f'<form method="post" action="{address}">' in page
        assert Release.objects.count() == 1

        thrown = ada.post(response.redirect_chain[-1][0], {"csrfmiddlewaretoken": _token(page)}, follow=True)
        assert thrown.redirect_chain[-1][0] == address
        assert not Unsent.objects.exists()


class TestARecordThatIsGone:
    @pytest.fixture
    def late(self, ada: Client, editor: User, grace: User) -> Any:
        """Grace deleted the rule while Ada had its form open, and now Ada saves."""
        fields = filled_in(ada, rule_page(), because="An hour’s work.", modalities=[Modality.objects.all()[0].pk])
        address = rule_page()
        other = Client()
        other.force_login(grace)
        other.post(address.replace("change", "delete"), {"post": "yes"})
        return ada.post(address, fields)

    def test_shows_what_was_typed_and_who_deleted_it(self, late: Any) -> None:
        page = late.content.decode()

        assert late.status_code == 409
        assert "<b>grace</b> deleted it" in page
        assert ("Because", "An hour’s work.") in late.context["typed"]
        assert "<dd>Text</dd>" in page
        assert not Rule.objects.filter(slug="text").exists()

    def test_comes_back_with_what_was_typed_in_its_form(self, ada: Client, late: Any) -> None:
        back = re.findall(r'href="(/admin/history/version/[^"]*)"', late.content.decode())[0]
        shown = ada.get(back)
        sent = {name: shown.context[name] for name in ("seen", "then")}
        token = _token(shown.content.decode())

        response = ada.post(back, {**sent, "csrfmiddlewaretoken": token}, follow=True)

        assert response.context["adminform"].form["because"].value() == "An hour’s work."
        assert Rule.objects.get(slug="text").because == "Because of text."

    @pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "../login", "x" * 30])
    def test_leads_nowhere_else(self, ada: Client, late: Any, then: str) -> None:
        back = re.findall(r'href="(/admin/history/version/[^"?]*)', late.content.decode())[0]
        shown = ada.get(back)

        sent = {"seen": shown.context["seen"], "then": then, "csrfmiddlewaretoken": _token(shown.content.decode())}
        response = ada.post(back, sent)

        assert response.headers["Location"].startswith("/admin/")


class TestAStaleToken:
    def test_the_form_is_shown_again(self, ada: Client, editor: User) -> None:
        fields = filled_in(ada, rule_page(), because="A long reason.")
        ada.cookies["signpost-csrf"] = "x" * 32  # as after signing in anew in another tab

        response = ada.post(rule_page(), fields, follow=True)

        assert response.context["adminform"].form["because"].value() == "A long reason."
        assert Rule.objects.get(slug="text").because == "Because of text."

    def test_the_login_page_opens_again_and_still_leads_on(self, ada: Client) -> None:
        waits = send_without_session(ada, rule_page(), filled_in(ada, rule_page()))
        login = ada.get(waits).headers["Location"]

        response = ada.post(login, {"username": "ada", "password": PASSWORD})

        assert response.headers["Location"] == login


class TestNobodyElse:
    def test_sees_it_on_the_same_machine(self, ada: Client, grace: User) -> None:
        fields = filled_in(ada, rule_page(), because="Ada’s secret reason.")
        waits = send_without_session(ada, rule_page(), fields)
        login = ada.get(waits, follow=True).content.decode()

        response = sign_in(ada, waits, "grace")
        token = waits.rstrip("/").rsplit("/", 1)[-1]
        directly = ada.get(f"{rule_page()}?typed={token}").content.decode()

        assert "secret reason" not in login + response.content.decode() + directly
        assert "belongs to somebody else" in response.content.decode()
        assert Unsent.objects.exists()

    def test_sends_it_from_a_tab_that_was_left_open(self, ada: Client, grace: User) -> None:
        fields = filled_in(ada, rule_page(), because="Ada’s secret reason.")
        ada.force_login(grace)
        ada.cookies["signpost-csrf"] = "x" * 32  # signing in makes a new token

        response = ada.post(rule_page(), fields)

        assert response.status_code == 403
        assert "secret reason" not in response.content.decode()
        assert not Unsent.objects.exists()

    def test_can_throw_it_away(self, ada: Client, grace: User) -> None:
        waits = send_without_session(ada, rule_page(), filled_in(ada, rule_page()))
        other = Client()
        other.force_login(grace)

        other.post(waits)

        assert Unsent.objects.exists()

    @pytest.mark.parametrize("whose", ["", "1", "1:forged"])
    def test_gets_a_form_kept_that_we_did_not_make(self, ada: Client, whose: str) -> None:
        """Such as one that another site's page sends."""
        fields = {**filled_in(ada, rule_page()), "whose": whose}
        del ada.cookies["signpost-session"]

        response = ada.post(rule_page(), fields)

        assert response.headers["Location"].startswith(reverse("admin:login"))
        assert not Unsent.objects.exists()

    def test_is_led_to_another_site(self, ada: Client) -> None:
        address = f"{rule_page()}?next=https://evil.example/"
        waits = send_without_session(ada, address, filled_in(ada, rule_page()))

        response = sign_in(ada, waits)

        assert all(step.startswith("/admin/") for step, _ in response.redirect_chain)


class TestLimits:
    def test_after_a_day_it_is_gone(self, ada: Client) -> None:
        waits = send_without_session(ada, rule_page(), filled_in(ada, rule_page()))
        Unsent.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))

        response = sign_in(ada, waits)
        purge()

        assert "not kept any more" in response.content.decode()
        assert not Unsent.objects.exists()

    def test_so_many_of_one_person_wait(self, ada: Client, editor: User) -> None:
        tokens = [Unsent.keep(editor.pk, "/admin/", [("a", str(number))], had_file=False) for number in range(25)]

        assert Unsent.objects.count() == 20
        assert Unsent.objects.behind(tokens[0] or "") is None
        assert Unsent.objects.behind(tokens[-1] or "") is not None

    def test_what_is_too_much_leads_to_the_login_page_as_ever(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page(), because="x" * 600_000)
        del ada.cookies["signpost-session"]

        assert ada.post(rule_page(), fields).headers["Location"].startswith(reverse("admin:login"))

    def test_so_does_a_database_that_can_not_be_written(self, ada: Client) -> None:
        fields = filled_in(ada, rule_page())
        del ada.cookies["signpost-session"]

        with mock.patch("advisor.models.Unsent.keep", side_effect=DatabaseError):
            assert ada.post(rule_page(), fields).headers["Location"].startswith(reverse("admin:login"))


class TestAFullDisk:
    @pytest.mark.parametrize("failing", ["advisor.models.AuditEntry.write", "advisor.admin.history.keep"])
    def test_leaves_the_form_as_it_was_typed(self, ada: Client, failing: str) -> None:
        fields = filled_in(ada, rule_page(), because="A long reason.", modalities=[])

        with mock.patch(failing, side_effect=DatabaseError):
            response = ada.post(rule_page(), fields)

        form = response.context["adminform"].form
        assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
        assert form["because"].value() == "A long reason."
        assert "This could not be stored: the disk may be full." in response.content.decode()
        assert Rule.objects.get(slug="text").because == "Because of text."
        assert Rule.objects.get(slug="text").modalities.exists()
        assert ada.post(rule_page(), filled_in(ada, rule_page(), because="Now.", modalities=[])).status_code == 302

    def test_leaves_the_order_as_it_was_made(self, ada: Client) -> None:
        address = reverse("admin:advisor_modality_order")
        order = [row.pk for row in Modality.objects.all()][::-1]
        fields = filled_in(ada, address, order=order, save="1")

        with mock.patch("advisor.models.AuditEntry.write", side_effect=DatabaseError):
            response = ada.post(address, fields)

        assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
        assert [row.pk for row, *_ in response.context["rows"]] == order
        assert "This could not be stored" in response.content.decode()
        assert [row.pk for row in Modality.objects.all()] == order[::-1]
        assert ada.post(address, filled_in(ada, address, order=order, save="1")).status_code == 303

    def test_makes_no_half_of_a_new_record(self, ada: Client) -> None:
        address = reverse("admin:advisor_modality_add")
        fields = filled_in(ada, address, name="Sound", slug="sound", phrase="sound", position="0")

        with mock.patch("advisor.models.AuditEntry.write", side_effect=DatabaseError):
            response = ada.post(address, fields)

        assert response.status_code == 503
        assert response.context["adminform"].form["name"].value() == "Sound"
        assert not Modality.objects.filter(slug="sound").exists()


def test_every_form_of_the_workplace_says_whose_it_is(ada: Client) -> None:
    for address in (rule_page(), reverse("admin:publish"), reverse("import-export"), reverse("simulator")):
        page = ada.get(address).content.decode()
        assert page.count('name="whose"') == page.count('name="csrfmiddlewaretoken"') > 0
    assert 'name="whose"' not in Client().get(reverse("admin:login")).content.decode()


def _token(page: str) -> str:
    return str(re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)[-1])


class TestAFailedCheck:
    @pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=list(DRAFT_MODELS))
    def test_leaves_everything_in_the_form(self, ada: Client, model: type[Entry]) -> None:
        """Texts, lines, dates, ticks and choices, of every kind of record."""
        entry = model._default_manager.all()[0]
        address = reverse(f"admin:advisor_{model._meta.model_name}_change", args=[entry.pk])
        form = ada.get(address).context["adminform"].form
        typed = {name: other_than(form[name]) for name in form.fields}
        hidden = filled_in(ada, address)

        response = ada.post(address, {**hidden, **typed, "position": "last"})

        again = response.context["adminform"].form
        assert response.status_code == 200
        assert "Enter a whole number." in response.content.decode()
        assert {name: again[name].value() for name in typed if name != "position"} == {
            name: value for name, value in typed.items() if name != "position"
        }
        for name in typed:
            if isinstance(again.fields[name], DateField):
                assert 'value="31 June"' in str(again[name])
            elif isinstance(again.fields[name].widget, Textarea):
                assert "Typed & kept" in unescape(str(again[name]))


def other_than(field: BoundField) -> Any:
    """What somebody might send in this field in place of what stands there."""
    if isinstance(field.field, DateField):
        return "31 June"
    if isinstance(field.field, BooleanField):
        return not field.value()
    choices = [str(value) for value, _ in getattr(field.field, "choices", ()) if value]
    if isinstance(field.field, MultipleChoiceField | ModelMultipleChoiceField):
        return choices[:1]
    if choices:
        return choices[-1]
    return "Typed & kept\nin two lines" if isinstance(field.field.widget, Textarea) else "Typed"
