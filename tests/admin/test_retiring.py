"""Retire in place of delete, as an editor meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor.admin.several import SeveralForm
from advisor.models import AuditEntry, Caveat, Industry, Modality, Need, Rule, Source, versions
from advisor.models.bases import Entry
from advisor.models.document import draft_document
from advisor.models.restoring import restore
from advisor.models.versions import Version
from tests.admin.test_rows import words
from tests.conftest import Publish
from tests.factory import make_document, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


@pytest.fixture
def client(editor: User, publish: Publish) -> Client:
    publish(
        rules=[*make_document()["rules"], make_rule("one", "combined", needs=["social-posts"], modalities=["text"])]
    )
    client = Client()
    client.force_login(editor)
    return client


def page(model: type[Entry] | Entry, action: str, slug: str = "") -> str:
    entry = model.objects.get(slug=slug) if isinstance(model, type) else model
    return reverse(f"admin:advisor_{entry._meta.model_name}_{action}", args=[entry.pk])


def retire(client: Client, model: type[Entry], slug: str) -> Any:
    return client.post(page(model, "retire", slug), {"action": "retire"}, follow=True)


def test_deleting_what_is_in_use_lists_the_uses_and_offers_to_retire(client: Client) -> None:
    response = client.get(page(Need, "delete", "social-posts"))

    content = response.content.decode()
    title = "When the goal is “Social posts” and the output is “Text”: combined"
    assert f'Rule: <a href="{page(Rule, "change", "one")}">{title}</a>' in content
    assert f'href="{page(Need, "retire", "social-posts")}">Retire it instead' in content
    assert client.post(page(Need, "delete", "social-posts"), {"post": "yes"}).status_code == 200
    assert Need.objects.filter(slug="social-posts").exists()


def test_deleting_what_nothing_names_offers_it_too(client: Client) -> None:
    content = client.get(page(Source, "delete", "editors")).content.decode()

    assert page(Source, "retire", "editors") in content


def test_the_page_says_what_would_happen_before_anything_does(client: Client) -> None:
    response = client.get(page(Need, "retire", "contract-review"))
    said = words(response)

    assert "These stay, and no longer name it Law finance" in said
    assert "Examples with it among their answers" in said
    assert "Law-firm" in said
    assert "has answers that do not count" in said
    assert not Need.objects.get(slug="contract-review").retired_at


def test_rows_that_would_go_along_are_named_with_the_reason(client: Client) -> None:
    said = words(client.get(page(Need, "retire", "social-posts")))

    assert "These go with it" in said
    assert (
        "When the goal is “Social posts” and the output is “Text”: combined It names no other goal than “Social posts”."
        in said
    )


def test_retiring_takes_it_out_of_the_draft_and_the_trail_says_so(client: Client) -> None:
    response = retire(client, Need, "social-posts")

    assert "“Social posts” is retired, and 1 rule with it." in words(response)
    assert "Retired on" in words(response)
    assert "social-posts" not in [record["slug"] for record in draft_document()["needs"]]
    assert (AuditEntry.objects.all()[0].what, AuditEntry.objects.all()[0].record) == ("Retired", "need: Social posts")
    assert LogEntry.objects.all()[0].change_message == "Retired."


def test_one_click_brings_it_back(client: Client) -> None:
    before = draft_document()
    retire(client, Need, "social-posts")

    content = client.get(page(Need, "change", "social-posts")).content.decode()
    response = client.post(page(Need, "retire", "social-posts"), {"action": "back"}, follow=True)

    assert f'action="{page(Need, "retire", "social-posts")}"' in content
    assert "“Social posts” is back in the draft, with 1 rule." in words(response)
    assert draft_document() == before
    assert AuditEntry.objects.all()[0].what == "Brought back"


def test_a_second_press_does_nothing_more(client: Client) -> None:
    retire(client, Need, "social-posts")
    first = Need.objects.get(slug="social-posts").retired_at

    retire(client, Need, "social-posts")

    assert Need.objects.get(slug="social-posts").retired_at == first
    assert AuditEntry.objects.filter(what="Retired").count() == 1


@pytest.mark.parametrize(
    ("model", "slug", "why"),
    [
        (Modality, "figures", "Calculators has “Figures” as its usual kind of output."),
        (Source, "article", "has “The article” as its only source."),
    ],
)
def test_what_would_leave_a_hole_is_refused_with_the_reason(
    client: Client, model: type[Entry], slug: str, why: str
) -> None:
    said = words(client.get(page(model, "retire", slug)))
    response = retire(client, model, slug)

    assert "It can’t go yet" in said
    assert why in said
    assert response.status_code == 422
    assert not model.objects.get(slug=slug).retired_at


def test_what_lacks_something_itself_can_not_come_back_yet(client: Client, load: Load) -> None:
    load(rules=[*make_document()["rules"], make_rule("one", "combined", sources=["editors"])], examples=[])
    retire(client, Rule, "one")
    retire(client, Source, "editors")

    response = client.post(page(Rule, "retire", "one"), {"action": "back"})

    assert response.status_code == 422
    assert "has “The editors” as its only source" in words(response)
    assert Rule.objects.get(slug="one").retired_at


def test_a_row_that_went_along_says_why_on_its_page_and_in_the_list(client: Client) -> None:
    retire(client, Need, "social-posts")

    own = words(client.get(page(Rule, "change", "one")))
    rules = words(client.get("/admin/advisor/rule/"))

    assert (
        "Left out of the next release Because it names no other goal than “Social posts”, and that is retired." in own
    )
    assert "Left out it names no other goal than “Social posts”" in rules


def test_lists_leave_it_out_until_asked(client: Client) -> None:
    retire(client, Need, "social-posts")

    def slugs(**query: str) -> list[str]:
        return [row.slug for row in client.get("/admin/advisor/need/", query).context["cl"].result_list]

    assert "social-posts" not in slugs()
    assert slugs(retired="yes") == ["social-posts"]
    assert len(slugs(retired="all")) == Need.objects.count()


def test_it_is_not_offered_except_where_it_is_named_already(client: Client) -> None:
    retire(client, Need, "social-posts")

    def offered(address: str) -> list[str]:
        field = client.get(address).context["adminform"].form["needs"].field
        return [str(label) for _, label in field.choices]

    assert "Social posts" not in " ".join(offered(page(Industry, "change", "other")))
    assert "Social posts" not in " ".join(offered(reverse("admin:advisor_rule_add")))
    assert "Social posts (retired)" in offered(page(Rule, "change", "one"))


@pytest.mark.parametrize("named", ["//evil.example", "9" * 40, "²", "1,2"])
def test_an_address_may_name_any_record_for_a_new_one(client: Client, named: str) -> None:
    for address in (reverse("admin:advisor_example_add"), reverse("admin:advisor_rule_add")):
        assert client.get(address, {"category": named, "needs": named}).status_code == 200


def test_saving_a_rule_that_names_it_keeps_the_name(client: Client, load: Load) -> None:
    load(rules=[*make_document()["rules"], make_rule("two", "combined", needs=["social-posts", "calculators"])])
    retire(client, Need, "social-posts")
    rule = Rule.objects.get(slug="two")
    form = client.get(page(rule, "change")).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value not in (None, "")}
    fields = {name: [row.pk for row in value] if isinstance(value, list) else value for name, value in fields.items()}

    client.post(page(rule, "change"), {**fields, "because": "Another reason."})

    assert Rule.objects.get(slug="two").because == "Another reason."
    assert sorted(need.slug for need in rule.needs.all()) == ["calculators", "social-posts"]


def test_its_slug_stays_taken(client: Client) -> None:
    retire(client, Caveat, "check-facts")
    caveat = Caveat.objects.get()

    response = client.post(reverse("admin:advisor_caveat_add"), {"slug": caveat.slug, "name": "Another"})

    assert "already exists" in response.content.decode()


def test_the_publish_page_says_that_it_is_gone(client: Client) -> None:
    retire(client, Rule, "one")

    assert "Rule is gone. When the goal is “Social posts” and the output is “Text”: combined." in words(
        client.get("/admin/advisor/release/publish/")
    )


def test_a_full_disk_changes_nothing_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(Need, "save", fail)
    response = client.post(page(Need, "retire", "social-posts"), {"action": "retire"})

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "Nothing has changed." in words(response)
    assert not Need.objects.get(slug="social-posts").retired_at


def test_looking_retires_nothing(client: Client) -> None:
    client.get(page(Need, "retire", "social-posts"), {"action": "retire"})

    assert not Need.objects.get(slug="social-posts").retired_at


def test_a_copy_of_a_retired_record_is_in_use(client: Client) -> None:
    retire(client, Modality, "images")
    # Images is nobody's usual output, so it may go.
    fields = {"name": "Pictures", "phrase": "pictures", "position": 0, "_saveasnew": "Save as new"}

    client.post(page(Modality, "change", "images"), fields)

    assert Modality.objects.get(slug="images-copy").retired_at is None


def test_a_rule_that_went_along_is_still_called_by_what_it_says(client: Client) -> None:
    retire(client, Need, "social-posts")

    assert "When the goal is “Social posts” and the output is “Text”: combined" in words(
        client.get(page(Need, "change", "social-posts"))
    )


def test_its_history_tells_and_an_old_text_brings_no_record_back(client: Client) -> None:
    versions.keep()
    need = Need.objects.get(slug="social-posts")
    Need.objects.filter(pk=need.pk).update(help="Another line.")
    versions.keep()
    retire(client, Need, "social-posts")

    history = words(client.get(page(Need, "history", "social-posts")))
    first = Version.objects.of("needs", "social-posts").last()
    assert first is not None
    restore(first, Need.objects.get(pk=need.pk))

    assert "Retired" in history
    assert Need.objects.get(pk=need.pk).help == ""
    assert Need.objects.get(pk=need.pk).retired_at


def test_several_rules_are_not_offered_it_either(client: Client) -> None:
    retire(client, Need, "social-posts")
    fields = SeveralForm(Rule).fields

    assert "Social posts" not in str(fields["add_needs"].choices.queryset)  # type: ignore[attr-defined]  # a ModelChoiceField
    assert "Social posts" in str(fields["out_needs"].choices.queryset)  # type: ignore[attr-defined]  # a ModelChoiceField


def test_the_page_makes_as_many_queries_for_many_users_as_for_few(client: Client, load: Load) -> None:
    law, other = Industry.objects.values_list("slug", flat=True)[:2]

    def queries(users: int) -> int:
        rules = [
            make_rule(f"both-{n}", "language-model", industries=[law, other], modalities=["text"]) for n in range(users)
        ]
        load(rules=[*make_document()["rules"], *rules])
        address = page(Industry, "retire", law)
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            content = client.get(address).content.decode()
        assert content.count('href="/admin/advisor/rule/') >= users
        return len(found)

    assert queries(20) == queries(2)
