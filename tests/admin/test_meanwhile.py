"""Two editors on one record."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from advisor.models import Need, Rule
from tests.conftest import Publish

pytestmark = pytest.mark.django_db


def opened(client: Client) -> dict[str, Any]:
    """What the form of the rule sends when nothing is typed."""
    response = client.get(address())
    fields = {}
    for name, value in response.context["adminform"].form.initial.items():
        fields[name] = [one.pk for one in value] if isinstance(value, list) else value
    return {**{name: value for name, value in fields.items() if value is not None}, "seen": response.context["seen"]}


def address() -> str:
    return reverse("admin:advisor_rule_change", args=[Rule.objects.get(slug="text").pk])


def because() -> str:
    return Rule.objects.get(slug="text").because


@pytest.fixture
def ada(publish: Publish, editor: User) -> Client:
    publish()
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def grace() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    return client


@pytest.fixture
def late(ada: Client, grace: Client) -> Any:
    """Grace opened the rule before Ada saved it, and saves it now."""
    typed = opened(grace)
    assert ada.post(address(), {**opened(ada), "because": "Ada's reason."}).status_code == 302
    return grace.post(address(), {**typed, "because": "Grace's reason."})


def test_the_second_sees_both_texts_and_overwrites_nothing(late: Any) -> None:
    page = late.content.decode()

    assert late.status_code == 409
    assert because() == "Ada's reason."
    assert late.context["meanwhile"] == [("Because", "Ada's reason.", "Grace's reason.")]
    assert "Somebody else saved this while you were writing" in page
    assert late.context["adminform"].form["because"].value() == "Grace's reason."


def test_the_second_can_keep_theirs_by_saving_again(late: Any, grace: Client) -> None:
    again = {**opened(grace), "seen": late.context["seen"], "because": "Grace's reason."}

    assert grace.post(address(), again).status_code == 302
    assert because() == "Grace's reason."


def test_a_third_who_saves_meanwhile_is_not_overwritten_either(late: Any, ada: Client, grace: Client) -> None:
    ada.post(address(), {**opened(ada), "because": "Ada's second reason."})
    again = {**opened(grace), "seen": late.context["seen"], "because": "Grace's reason."}

    assert grace.post(address(), again).status_code == 409
    assert because() == "Ada's second reason."


def test_one_who_types_the_same_is_not_stopped(ada: Client, grace: Client) -> None:
    typed = opened(grace)
    ada.post(address(), {**opened(ada), "because": "One reason."})

    assert grace.post(address(), {**typed, "because": "One reason."}).status_code == 302


def test_what_a_command_changed_counts_too(ada: Client, publish: Publish) -> None:
    typed = opened(ada)
    Rule.objects.filter(slug="text").update(because="A command's reason.")

    assert ada.post(address(), {**typed, "because": "Ada's reason."}).status_code == 409


def test_a_changed_list_of_references_is_shown_by_name(ada: Client, grace: Client) -> None:
    typed = opened(grace)
    ada.post(address(), {**opened(ada), "needs": [Need.objects.get(slug="contract-review").pk]})

    response = grace.post(address(), typed)

    assert response.context["meanwhile"] == [("Needs", "Contract review", "–")]


def test_a_copy_is_never_late(ada: Client, grace: Client) -> None:
    typed = opened(grace)
    ada.post(address(), {**opened(ada), "because": "Ada's reason."})

    assert grace.post(address(), {**typed, "_saveasnew": "Save as new"}).status_code == 302
    assert Rule.objects.filter(slug="text-copy").exists()
