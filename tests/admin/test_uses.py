"""What stands beside a record: where it is used, and what a row does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor.models import Circumstance, Example, Gate, Modality, Need, Rule, Source
from advisor.models.bases import Entry
from tests.admin.test_rows import words
from tests.factory import make_document, make_example, make_gate, make_need, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


def page(client: Client, entry: Entry) -> Any:
    return client.get(reverse(f"admin:advisor_{type(entry)._meta.model_name}_change", args=[entry.pk]))


def link(entry: Entry, title: str) -> str:
    return f'<a href="{reverse(f"admin:advisor_{type(entry)._meta.model_name}_change", args=[entry.pk])}">{title}</a>'


def test_a_record_says_in_words_where_it_is_used(client: Client) -> None:
    response = page(client, Modality.objects.get(slug="text"))

    assert "In 1 rule and 2 needs." in words(response)
    assert link(Rule.objects.get(slug="text"), "When the output is “Text”: language model") in response.content.decode()
    assert link(Need.objects.get(slug="social-posts"), "Social posts") in response.content.decode()


def test_an_example_uses_what_its_answers_name(client: Client, load: Load) -> None:
    load(
        needs=[*make_document()["needs"], make_need("contract", "text")],
        examples=[make_example("firm", "industry=law-finance&need=contract-review&fact=own-servers", "language-model")],
    )
    example = Example.objects.get()

    for entry in (Need.objects.get(slug="contract-review"), Circumstance.objects.get(slug="own-servers")):
        assert example in entry.used_by()
        assert link(example, "Firm") in page(client, entry).content.decode()
    assert example not in Need.objects.get(slug="contract").used_by()


def test_what_only_an_examples_answers_name_is_not_deleted(client: Client, load: Load) -> None:
    load(
        examples=[make_example("firm", "industry=law-finance&need=contract-review&fact=own-servers", "language-model")]
    )
    fact = Circumstance.objects.get(slug="own-servers")

    response = client.post(reverse("admin:advisor_circumstance_delete", args=[fact.pk]), {"post": "yes"})

    assert "Firm" in response.content.decode()
    assert Circumstance.objects.contains(fact)


def test_each_user_is_named_once(client: Client) -> None:
    users = Modality.objects.get(slug="text").used_by()

    assert len(users) == len(set(users))


def test_a_long_list_is_folded(client: Client, load: Load) -> None:
    load(gates=[make_gate(f"gate-{number}", circumstances=["personal-data"]) for number in range(12)])

    response = page(client, Circumstance.objects.get(slug="personal-data"))

    assert "In 12 gates." in words(response)
    assert "4 more" in words(response)


def test_a_record_that_nothing_names_says_so(client: Client) -> None:
    assert "Nowhere yet." in words(page(client, Source.objects.get(slug="editors")))


def test_a_rule_says_what_it_does(client: Client, load: Load) -> None:
    rules = [
        *make_document()["rules"],
        make_rule("law", "combined", industries=["law-finance"], modalities=["text"]),
        make_rule("clash", "combined", needs=["contract-review"]),
    ]
    load(rules=rules, examples=[make_example("bakery", "industry=other&need=social-posts&modality=text", "combined")])

    response = page(client, Rule.objects.get(slug="text"))
    said = words(response)

    for told in (
        "1 filled cell out of four",
        "4 cases fit",
        "2 it wins. Show one",
        "2 go to more specific rules, or equal ones higher up: 2 to For “Law finance”, when",
        "1 conflict: When the goal is “Contract review”: combined",
        "1 example reaches it",
        "Fails Bakery",
    ):
        assert told in said
    assert reverse("simulator-record", args=["rules", "law"]) in response.content.decode()


def test_a_gate_says_which_examples_reach_it(client: Client, load: Load) -> None:
    answers = "industry=other&need=social-posts&modality=text&fact=personal-data"
    load(examples=[make_example("bakery", answers, "language-model")])

    said = words(page(client, Gate.objects.get()))

    assert "See answers that reach it" in said
    assert "1 example reaches it Pass Bakery" in said


def test_a_row_without_an_example_says_so(client: Client, load: Load) -> None:
    load(examples=[])

    assert "It could change without any test noticing." in words(page(client, Gate.objects.get()))


def test_a_goal_shows_its_slice_of_the_table(client: Client, load: Load) -> None:
    load(
        rules=[
            make_rule("text", "language-model", modalities=["text"]),
            make_rule("law", "combined", industries=["law-finance"]),
        ]
    )

    response = page(client, Need.objects.get(slug="social-posts"))
    said = words(response)

    assert "Law finance Conflict Language model Combined Try it for Law finance Combined Try it" in said
    assert "Other Language model Try it for Other Gap No rule. Try it for Other" in said
    assert "No rule of this goal asks for a circumstance." in said


def test_a_draft_that_can_not_be_read_takes_no_page_away(client: Client) -> None:
    Modality.objects.filter(slug="images").update(slug="none")

    for entry in (
        Rule.objects.get(slug="text"),
        Need.objects.get(slug="social-posts"),
        Modality.objects.get(slug="text"),
    ):
        response = page(client, entry)
        assert response.status_code == 200
    assert "The draft can’t be read as it is" in words(page(client, Need.objects.get(slug="social-posts")))


def test_a_records_page_asks_no_more_for_more_uses(client: Client, load: Load) -> None:
    def queries() -> int:
        entry = Modality.objects.get(slug="text")
        page(client, entry)  # compiles and checks the draft
        with CaptureQueriesContext(connection) as made:
            page(client, entry)
        return len(made)

    few = queries()
    load(rules=[make_rule(f"rule-{number}", "combined", modalities=["text"]) for number in range(40)])

    assert queries() == few
