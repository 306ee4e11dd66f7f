"""Starting from a copy, and changing several records at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor.models import AuditEntry, Category, Example, Gate, Industry, Need, Rule, Source, Tool
from advisor.models.document import DRAFT_MODELS
from tests.factory import make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]

ADDRESS = "/admin/advisor/rule/several/"


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    load()
    client = Client()
    client.force_login(editor)
    return client


def pk(model: Any, slug: str) -> int:
    return int(model.objects.get(slug=slug).pk)


def records(*slugs: str) -> str:
    return ",".join(str(pk(Rule, slug)) for slug in slugs)


def show(client: Client, slugs: Any = ("text", "images"), **asked: Any) -> Any:
    return client.post(ADDRESS, {"records": records(*slugs), "show": "1", **asked})


def apply(client: Client, shown: Any, **asked: Any) -> Any:
    kept = {name: shown.context[name] for name in ("seen", "shown")}
    return client.post(ADDRESS, {"records": shown.context["numbers"], **kept, "apply": "1", **asked})


class TestCopies:
    @pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)
    def test_every_list_and_record_leads_to_a_copy(self, client: Client, model: Any) -> None:
        name = f"admin:advisor_{model._meta.model_name}"
        entry = model.objects.first()
        link = f"{reverse(f'{name}_add')}?copy={entry.pk}"

        assert link in client.get(reverse(f"{name}_changelist")).content.decode()
        assert link in client.get(reverse(f"{name}_change", args=[entry.pk])).content.decode()
        assert client.get(link).status_code == 200

    def test_a_copy_says_all_that_the_record_says_but_its_slug_and_place(self, client: Client) -> None:
        form = client.get(f"/admin/advisor/gate/add/?copy={pk(Gate, 'protect-data')}").context["adminform"].form

        assert form["name"].value() == "Protect-data"
        assert form["slug"].value() == "protect-data-copy"
        assert form["circumstances"].value() == [Gate.objects.get().circumstances.get().pk]
        assert form["position"].value() == 0
        assert Gate.objects.count() == 1

    def test_the_page_says_that_nothing_is_stored_yet(self, client: Client) -> None:
        page = client.get(f"/admin/advisor/tool/add/?copy={pk(Tool, 'writer')}").content.decode()

        assert "A copy of “Writer”." in page

    @pytest.mark.parametrize("number", ["9999", "x", "-1", "9" * 40])
    def test_a_copy_of_nothing_is_an_empty_form(self, client: Client, number: str) -> None:
        response = client.get(f"/admin/advisor/rule/add/?copy={number}")

        assert response.status_code == 200
        assert response.context["adminform"].form["because"].value() is None


class TestSeveral:
    def test_the_action_leads_to_the_page_and_changes_nothing(self, client: Client) -> None:
        ticked = [pk(Rule, "text"), pk(Rule, "images")]

        response = client.post("/admin/advisor/rule/", {"action": "change_several", "_selected_action": ticked})

        assert "You picked 2 records." in response.content.decode()
        assert AuditEntry.objects.count() == 0

    def test_the_table_shows_before_and_after_and_changes_nothing(self, client: Client) -> None:
        response = show(client, set_category=pk(Category, "combined"), add_needs=pk(Need, "social-posts"))

        (first, second) = response.context["changing"]
        assert first.fields == [("Category", "Language model", "Combined"), ("Needs", "any", "Social posts")]
        assert second.fields == [("Category", "Generative media", "Combined"), ("Needs", "any", "Social posts")]
        assert {rule.category.slug for rule in Rule.objects.all()} == {
            "language-model", "generative-media", "ordinary-software",
        }  # fmt: skip

    def test_what_was_shown_is_done_and_told_for_each(self, client: Client) -> None:
        asked = {"set_category": pk(Category, "combined"), "add_needs": pk(Need, "social-posts")}

        response = apply(client, show(client, **asked), **asked)

        assert (response.status_code, response["Location"]) == (303, "/admin/advisor/rule/")
        for slug in ("text", "images"):
            rule = Rule.objects.get(slug=slug)
            assert (rule.category.slug, rule.needs.get().slug) == ("combined", "social-posts")
        assert Rule.objects.get(slug="figures").category.slug == "ordinary-software"
        entries = AuditEntry.objects.all()
        assert [entry.record for entry in entries] == ["rule: images", "rule: text"]
        assert entries[1].changes == {"category": ["Language model", "Combined"], "needs": ["", "Social posts"]}
        assert LogEntry.objects.count() == 2
        assert not list(AuditEntry.objects.broken())

    def test_a_value_is_taken_out_and_an_empty_cell_is_called_any(self, client: Client) -> None:
        Rule.objects.get(slug="text").industries.add(pk(Industry, "other"))
        asked = {"out_industries": pk(Industry, "other")}

        shown = show(client, **asked)
        apply(client, shown, **asked)

        assert [planned.fields for planned in shown.context["changing"]] == [[("Industries", "Other", "any")]]
        assert "1 record says so already and stays as it is." in shown.content.decode()
        assert not Rule.objects.get(slug="text").industries.exists()

    def test_dates_are_set(self, client: Client) -> None:
        asked = {"set_review_by": "2027-03-01"}

        apply(client, show(client, **asked), **asked)

        assert Rule.objects.get(slug="text").review_by == date(2027, 3, 1)
        assert Rule.objects.get(slug="figures").review_by == date(2027, 11, 24)

    def test_if_one_cannot_be_changed_none_is(self, client: Client) -> None:
        Rule.objects.filter(slug="images").update(checked_on=date(2020, 1, 1), review_by=date(2021, 1, 1))
        asked = {"set_review_by": "2021-02-01"}

        shown = show(client, **asked)
        response = apply(client, shown, **asked)

        assert "This day lies before the day on which it was checked." in shown.content.decode()
        assert "Change these" not in shown.content.decode()
        assert response.status_code == 422
        assert Rule.objects.get(slug="images").review_by == date(2021, 1, 1)

    def test_the_last_source_stays(self, client: Client) -> None:
        asked = {"out_sources": pk(Source, "article")}

        response = apply(client, show(client, **asked), **asked)

        assert response.status_code == 422
        assert "Sources: at least one must stay." in response.content.decode()
        assert Rule.objects.get(slug="text").sources.count() == 1

    def test_a_source_is_exchanged_in_one_go(self, client: Client) -> None:
        asked = {"out_sources": pk(Source, "article"), "add_sources": pk(Source, "editors")}

        apply(client, show(client, **asked), **asked)

        assert Rule.objects.get(slug="text").sources.get().slug == "editors"

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({}, "Pick something to change."),
            ({"set_review_by": "someday"}, "Enter a valid date."),
            ({"set_checked_on": "2199-01-01"}, "This day lies ahead."),
            ({"set_category": "9999"}, "Select a valid choice."),
        ],
    )
    def test_what_cannot_be_understood_is_said_beside_it(self, client: Client, asked: Any, said: str) -> None:
        response = show(client, **asked)

        assert response.status_code == 422
        assert said in response.content.decode()

    def test_adding_and_taking_out_the_same_is_no_wish(self, client: Client) -> None:
        both = pk(Need, "social-posts")

        assert "You both add and take out this one." in show(client, add_needs=both, out_needs=both).content.decode()

    def test_without_records_it_leads_back_to_the_list(self, client: Client) -> None:
        assert client.get(ADDRESS)["Location"] == "/admin/advisor/rule/"
        assert client.post(ADDRESS, {"records": "x"})["Location"] == "/admin/advisor/rule/"


class TestMeanwhile:
    def test_when_somebody_saved_one_of_them_nothing_is_changed(self, client: Client) -> None:
        asked = {"set_category": pk(Category, "combined")}
        shown = show(client, **asked)
        Rule.objects.filter(slug="images").update(because="A colleague's reason.")

        response = apply(client, shown, **asked)

        assert response.status_code == 409
        assert response.context["others"] == ["When the output is “Images”: generative media"]
        assert not Rule.objects.filter(category__slug="combined").exists()
        assert AuditEntry.objects.count() == 0
        assert apply(client, response, **asked).status_code == 303

    def test_when_one_was_deleted_it_is_said(self, client: Client) -> None:
        asked = {"set_category": pk(Category, "combined")}
        shown = show(client, **asked)
        Rule.objects.get(slug="images").delete()

        response = apply(client, shown, **asked)

        assert response.status_code == 409
        assert "1 record was deleted." in response.content.decode()
        assert not Rule.objects.filter(category__slug="combined").exists()

    def test_what_was_not_shown_is_not_done(self, client: Client) -> None:
        shown = show(client, set_category=pk(Category, "combined"))

        response = apply(client, shown, set_category=pk(Category, "generative-media"))

        assert "You changed something above after the table was made." in response.content.decode()
        assert Rule.objects.get(slug="text").category.slug == "language-model"
        assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)
def test_lists_with_something_to_change_together_offer_it(client: Client, model: Any) -> None:
    page = client.get(reverse(f"admin:advisor_{model._meta.model_name}_changelist")).content.decode()

    has_something = model._meta.model_name not in ("source", "modality", "circumstance", "need")
    assert ('value="change_several"' in page) == has_something


def test_the_kind_of_ai_of_examples_can_be_changed_together(client: Client) -> None:
    asked = {"set_category": pk(Category, "combined"), "set_readiness": "ready"}
    address = "/admin/advisor/example/several/"
    sent = {"records": str(pk(Example, "law-firm")), **asked}

    shown = client.post(address, {**sent, "show": "1"})
    kept = {name: shown.context[name] for name in ("seen", "shown")}
    client.post(address, {**sent, **kept, "apply": "1"})

    assert (Example.objects.get().category.slug, Example.objects.get().readiness) == ("combined", "ready")


def test_many_records_are_shown_in_as_many_queries_as_few(client: Client, load: Load) -> None:
    rules = [make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(40)]
    load(rules=rules)
    asked = {"set_category": pk(Category, "language-model"), "add_needs": pk(Need, "social-posts")}
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        show(client, ("rule-0", "rule-1"), **asked)
    sent = records(*(rule["slug"] for rule in rules))
    with CaptureQueriesContext(connection) as many:
        client.post(ADDRESS, {"records": sent, "show": "1", **asked})

    assert len(many) <= len(few)
