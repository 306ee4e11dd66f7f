"""From the simulator to an example, and what the examples leave untested."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from advisor.models import AuditEntry, Caveat, Example, Industry
from advisor.models.releases import check_draft
from tests.admin.test_simulator import LAW, rules, simulator, words
from tests.conftest import Publish
from tests.factory import make_caveat, make_example, make_gate

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

MAKE = "simulator-example"


@pytest.fixture
def client(editor: User, publish: Publish) -> Client:
    publish(examples=[])
    client = Client()
    client.force_login(editor)
    return client


def form(client: Client, query: str = LAW) -> dict[str, str]:
    """What the button on the simulator's page sends."""
    content = client.get(simulator(query)).content.decode()
    (part,) = re.findall(rf'action="{reverse(MAKE)}".*?</form>', content, re.DOTALL)
    return dict(re.findall(r'name="(answers|expects)" value="([^"]*)"', part.replace("&amp;", "&")))


def make(client: Client, name: str = "A law firm", query: str = LAW) -> Any:
    return client.post(reverse(MAKE), {**form(client, query), "name": name}, follow=True)


def test_one_button_makes_an_example_of_what_the_draft_says_now(client: Client, load: Load) -> None:
    load(examples=[], rules=rules(text="generative-media"))

    response = make(client)

    example = Example.objects.get()
    assert (example.name, example.slug, example.answers) == ("A law firm", "a-law-firm", LAW)
    assert (example.category.slug, example.readiness) == ("generative-media", "ready")
    assert [caveat.slug for caveat in example.caveats.all()] == ["check-facts"]
    assert "“A law firm” is an example now." in response.content.decode()
    assert AuditEntry.objects.all()[0].record == "example: A law firm"
    assert LogEntry.objects.get().object_repr == "A law firm"


def test_it_passes_the_check_and_fails_once_the_draft_says_something_else(client: Client, load: Load) -> None:
    make(client)
    assert check_draft()[1] == ()

    Caveat.objects.filter(slug="check-facts").update(name="Check the facts")
    Caveat.objects.get(slug="check-facts").industries.set(Industry.objects.filter(slug="other"))

    texts = [finding.text for finding in check_draft()[1] if finding.kind == "example"]
    assert texts == [
        "“A law firm” expects the caveat “Check the facts” and now gets a result without. "
        "Change a caveat, or the example."
    ]


def test_a_second_press_makes_no_second_one(client: Client) -> None:
    sent = {**form(client), "name": "A law firm"}
    client.post(reverse(MAKE), sent)

    response = client.post(reverse(MAKE), sent, follow=True)

    assert Example.objects.count() == 1
    assert "is an example already" in response.content.decode()


def test_two_of_one_name_get_slugs_of_their_own(client: Client) -> None:
    make(client)
    make(client, query="industry=other&need=calculators&fact=none")

    assert sorted(Example.objects.values_list("slug", flat=True)) == ["a-law-firm", "a-law-firm-2"]


@pytest.mark.parametrize("name", ["None", "日本", "___", "x" * 120])
def test_any_name_gives_a_slug_that_may_stand(client: Client, name: str) -> None:
    make(client, name)

    Example.objects.get().full_clean()
    assert not [finding for finding in check_draft()[1] if finding.kind == "document"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_that_will_not_do_is_said_and_nothing_is_made(client: Client, name: str) -> None:
    response = make(client, name)

    assert response.status_code == 422
    assert not Example.objects.exists()
    assert response.context["problem"]
    assert response.context["name"] == name.strip()


def test_a_draft_that_changed_meanwhile_is_shown_before_it_is_frozen(client: Client, load: Load) -> None:
    sent = {**form(client), "name": "A law firm"}
    load(examples=[], rules=rules(text="generative-media"))

    response = client.post(reverse(MAKE), sent)

    assert response.status_code == 422
    assert "The draft was changed meanwhile." in words(response)
    assert 'value="A law firm"' in response.content.decode()
    assert not Example.objects.exists()


def test_where_the_draft_gives_no_advice_nothing_can_be_expected(client: Client, load: Load) -> None:
    sent = {**form(client), "name": "A law firm"}
    load(examples=[], rules=[rule for rule in rules() if rule["slug"] != "text"])

    response = client.post(reverse(MAKE), sent)

    assert response.status_code == 422
    assert not Example.objects.exists()
    assert reverse(MAKE) not in client.get(simulator(LAW)).content.decode()


def test_a_full_disk_loses_nothing_that_was_typed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {**form(client), "name": "A law firm"}

    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(Example, "save", fail)
    response = client.post(reverse(MAKE), sent)

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert 'value="A law firm"' in response.content.decode()


def test_only_those_who_may_add_examples(publish: Publish) -> None:
    publish()
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_rule"))
    client = Client()
    client.force_login(user)

    assert reverse(MAKE) not in client.get(simulator(LAW)).content.decode()
    assert client.post(reverse(MAKE), {"name": "A", "answers": LAW}).status_code == 403


def test_looking_at_the_address_makes_nothing(client: Client) -> None:
    response = client.get(reverse(MAKE), {"name": "A", "answers": LAW})

    assert response["Location"] == simulator()
    assert not Example.objects.exists()


class TestWhatNoExampleReaches:
    def test_each_row_opens_on_answers_that_reach_it(self, client: Client) -> None:
        response = client.get(reverse("coverage"))

        rows = [row for group in response.context["groups"] for row in group["rows"]]
        assert {row["row"].slug for row in rows} == {"text", "images", "figures", "protect-data", "check-facts"}
        for row in rows:
            assert f'href="{row["link"]}"' in client.get(row["try"]).content.decode()

    def test_an_example_takes_its_rows_off_the_list(self, client: Client) -> None:
        make(client)

        response = client.get(reverse("coverage"))
        slugs = [row["row"].slug for group in response.context["groups"] for row in group["rows"]]
        assert slugs == ["images", "figures", "protect-data"]
        assert "Examples reach 1 of 3." in words(response)

    def test_a_row_that_nothing_reaches_says_so(self, client: Client, load: Load) -> None:
        load(gates=[make_gate("never", needs=["calculators"], categories=["generative-media"])])

        assert "No answers reach it" in words(client.get(reverse("coverage")))

    def test_a_draft_that_can_not_be_read_is_said(self, client: Client) -> None:
        Industry.objects.filter(slug="other").update(slug="none")

        assert "The draft can’t be read" in words(client.get(reverse("coverage")))

    def test_only_those_who_may_see_rules(self, publish: Publish) -> None:
        publish()
        client = Client()
        client.force_login(User.objects.create_user("bob", is_staff=True))

        assert client.get(reverse("coverage")).status_code == 403


def test_an_example_says_all_that_it_expects_and_what_it_gets(load: Load) -> None:
    wrong = make_example("wrong", LAW, "generative-media", readiness="not-yet", caveats=["other", "third"])
    load(
        examples=[wrong],
        caveats=[make_caveat("check-facts"), *(make_caveat(slug, industries=["other"]) for slug in ("other", "third"))],
    )

    (finding,) = [found for found in check_draft()[1] if found.kind == "example"]

    assert finding.text == (
        "“Wrong” expects Generative media and now gets Language model; it expects “not yet” and now gets “ready”; "
        "it expects the caveats “Other” and “Third” and now gets a result without. Change a rule, or the example."
    )
