"""Lists of rows: read as sentences, found by every cell and every word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from tests.factory import make_gate, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

RULES = "/admin/advisor/rule/"


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load(
        rules=[
            make_rule("text", "language-model", modalities=["text"], because="Words are its trade."),
            make_rule("images", "generative-media", modalities=["images"], contested="Some say not."),
            make_rule("figures", "ordinary-software", modalities=["figures"], look_for="a calculator"),
            make_rule("law", "combined", industries=["law-finance"], needs=["contract-review", "social-posts"]),
            make_rule("own", "combined", needs=["social-posts"], circumstances=["own-servers", "personal-data"]),
        ]
    )
    client = Client()
    client.force_login(editor)
    return client


def found(client: Client, **query: str) -> list[str]:
    return [row.slug for row in client.get(RULES, query).context["cl"].result_list]


def words(response: Any) -> str:
    return " ".join(
        strip_tags(response.content.decode().replace("</th>", " ").replace("</td>", " ").replace("<br>", " ")).split()
    )


def test_a_rule_reads_as_a_sentence(client: Client) -> None:
    page = words(client.get(RULES))

    assert "When the output is “Text”: language model, because words are its trade." in page
    assert "For “Law finance”, when the goal is “Contract review” or “Social posts”: combined," in page
    assert "and they said “We have personal data” and “We have own servers”: combined, because of own." in page


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ({"industry": "law-finance"}, ["law"]),
        ({"industry": "none"}, ["text", "images", "figures", "own"]),
        ({"goal": "social-posts"}, ["law", "own"]),
        ({"output": "images"}, ["images"]),
        ({"circumstance": "own-servers"}, ["own"]),
        ({"circumstance": "none", "goal": "social-posts"}, ["law"]),
        ({"category": "combined"}, ["law", "own"]),
        ({"contested": "yes"}, ["images"]),
        ({"goal": "unknown"}, []),
        ({"q": "trade"}, ["text"]),
        ({"q": "LAW review"}, ["law"]),
        ({"q": "social personal"}, ["own"]),
        ({"q": "“goal is”"}, ["law", "own"]),
        ({"q": "calculator"}, ["figures"]),
        ({"q": "calculator", "output": "text"}, []),
    ],
)
def test_every_cell_and_every_word_finds(client: Client, query: dict[str, str], slugs: list[str]) -> None:
    assert found(client, **query) == slugs


def test_what_was_picked_stays_picked(client: Client) -> None:
    page = client.get(RULES, {"goal": "social-posts", "q": "own"}).content.decode()

    assert '<option value="social-posts" selected>' in page
    assert 'value="own"' in page
    assert len(re.findall(r"<option value=\"[^\"]+\" selected>", page)) == 1


def test_a_finding_marks_every_rule_that_it_names(client: Client, load: Load) -> None:
    load(
        rules=[
            make_rule("all", "language-model"),
            make_rule("one", "combined", needs=["contract-review"]),
            make_rule("two", "generative-media", needs=["contract-review"]),
        ]
    )

    response = client.get(RULES)
    marks = {row.slug: [finding.kind for finding in row.findings] for row in response.context["cl"].result_list}

    assert "conflict" in marks["one"]
    assert "conflict" in marks["two"]
    assert "conflict" not in marks["all"]
    assert "conflict" in " ".join(marks["one"])
    assert "Error: Conflict" in words(response)
    assert "one" in found(client, check="found")


def test_an_overdue_rule_is_marked(client: Client, load: Load) -> None:
    load(rules=[make_rule("all", "combined", checked_on="2020-01-01", review_by="2020-02-01")])

    assert "Overdue since 1 Feb 2020" in words(client.get(RULES))


def test_the_list_is_cut_into_pages_and_asks_no_more_for_more_rows(client: Client, load: Load) -> None:
    client.get(RULES, {"q": "goal"})
    with CaptureQueriesContext(connection) as few:
        client.get(RULES, {"q": "goal"})
    load(rules=[make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(150)])
    client.get(RULES)  # compiles and checks the changed draft
    with CaptureQueriesContext(connection) as many:
        response = client.get(RULES, {"q": "goal"})

    assert len(response.context["cl"].result_list) == 100
    assert response.context["cl"].result_count == 150
    assert len(many) == len(few)


def test_gates_read_as_sentences_too(client: Client, load: Load) -> None:
    load(gates=[make_gate("data", circumstances=["personal-data"], categories=["combined"])])

    page = words(client.get("/admin/advisor/gate/"))

    assert "When they said “We have personal data” and the advice is “Combined”" in page
    assert "because it matters." in page


def test_a_rule_is_called_by_what_it_says(client: Client) -> None:
    pk = client.get(RULES, {"q": "contract"}).context["cl"].result_list[0].pk

    page = words(client.get(f"{RULES}{pk}/change/"))

    assert "For “Law finance”, when the goal is “Contract review” or “Social posts”: combined" in page
