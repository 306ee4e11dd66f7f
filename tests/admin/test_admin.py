from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from advisor.models import Circumstance, Gate, Modality, Need, Release, Rule
from advisor.models.document import DRAFT_MODELS
from tests.conftest import Publish
from tests.factory import make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
every_draft_model = pytest.mark.parametrize("model", DRAFT_MODELS.values(), ids=DRAFT_MODELS)


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    """Logged in as an editor, with a draft to edit."""
    load()
    client = Client()
    client.force_login(editor)
    return client


def page(model: type[models.Model], action: str, *args: Any) -> str:
    return reverse(f"admin:advisor_{model._meta.model_name}_{action}", args=args)


@every_draft_model
def test_every_list_can_be_read_and_searched(client: Client, model: type[models.Model]) -> None:
    assert client.get(page(model, "changelist")).status_code == 200
    assert client.get(page(model, "changelist"), {"q": "text"}).status_code == 200


@every_draft_model
def test_every_entry_can_be_added_and_changed(client: Client, model: type[models.Model]) -> None:
    entry = model._default_manager.first()
    assert entry is not None

    assert client.get(page(model, "add")).status_code == 200
    response = client.get(page(model, "change", entry.pk))
    assert response.status_code == 200
    assert 'name="slug"' not in response.content.decode()


@every_draft_model
def test_every_field_of_a_table_is_on_its_form(client: Client, model: type[models.Model]) -> None:
    form = client.get(page(model, "add")).context["adminform"].form

    assert set(form.fields) == {
        field.name for field in model._meta.get_fields() if not field.auto_created and field.name != "retired_at"
    }


def test_a_list_makes_as_many_queries_for_many_rows_as_for_few(client: Client, load: Load) -> None:
    client.get(page(Rule, "changelist"))
    with CaptureQueriesContext(connection) as few:
        client.get(page(Rule, "changelist"))

    load(rules=[make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(30)])
    client.get(page(Rule, "changelist"))  # compiles and checks the changed draft
    with CaptureQueriesContext(connection) as many:
        client.get(page(Rule, "changelist"))

    assert len(many) == len(few)


def test_a_list_shows_the_cells_of_a_row(client: Client) -> None:
    response = client.get(page(Rule, "changelist"))

    assert "Text" in response.content.decode()


def test_a_need_can_be_added(client: Client) -> None:
    text = Modality.objects.get(slug="text")
    fields = {
        "name": "Write offers\u202e",
        "slug": "offers",
        "phrase": "write offers",
        "modalities": [text.pk],
        "default_modality": text.pk,
        "words": "quotes\r\n\r\n bids ",
        "position": 0,
    }

    client.post(page(Need, "add"), fields)

    need = Need.objects.get(slug="offers")
    assert (need.name, need.words) == ("Write offers", ["quotes", "bids"])
    assert list(Need.objects.all())[-1] == need


def test_ways_of_offering_are_ticked(client: Client) -> None:
    circumstance = Circumstance.objects.get(slug="own-servers")
    form = client.get(page(Circumstance, "change", circumstance.pk)).context["adminform"].form
    fields = {**form.initial, "offers": ["self-hosted", "open-weights"]}

    client.post(page(Circumstance, "change", circumstance.pk), fields)

    circumstance.refresh_from_db()
    assert form.initial["offers"] == ["self-hosted"]
    assert circumstance.offers == ["self-hosted", "open-weights"]


def test_a_slug_stays_what_it_was(client: Client) -> None:
    modality = Modality.objects.get(slug="text")

    client.post(
        page(Modality, "change", modality.pk), {"name": "Words", "slug": "words", "phrase": "words", "position": 10}
    )

    modality.refresh_from_db()
    assert (modality.name, modality.slug) == ("Words", "text")


def test_a_copy_gets_a_slug_of_its_own(client: Client) -> None:
    modality = Modality.objects.get(slug="text")
    fields = {"name": "Letters", "phrase": "letters", "position": 0, "_saveasnew": "Save as new"}

    client.post(page(Modality, "change", modality.pk), fields)
    client.post(page(Modality, "change", modality.pk), fields)

    assert Modality.objects.get(slug="text-copy").name == "Letters"
    assert Modality.objects.get(slug="text-copy-2").name == "Letters"
    assert Modality.objects.get(slug="text").name == "Text"


def test_overdue_claims_have_a_filter(client: Client) -> None:
    Gate.objects.update(checked_on=date(2019, 7, 1), review_by=date(2020, 1, 1))
    Rule.objects.update(review_by=timezone.localdate() + timedelta(days=400))

    overdue = client.get(page(Gate, "changelist"), {"review": "overdue"}).context["cl"].result_count
    fresh = client.get(page(Rule, "changelist"), {"review": "overdue"}).context["cl"].result_count

    assert overdue == Gate.objects.count() > 0
    assert fresh == 0


def test_deleting_what_is_in_use_says_where(client: Client) -> None:
    circumstance = Circumstance.objects.get(slug="personal-data")

    response = client.get(page(Circumstance, "delete", circumstance.pk))
    client.post(page(Circumstance, "delete", circumstance.pk), {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": [circumstance.pk], "post": "yes"}
    client.post(page(Circumstance, "changelist"), action)

    assert "Gate: Protect-data" in strip_tags(response.content.decode())
    assert Circumstance.objects.contains(circumstance)


class TestReleases:
    @pytest.fixture
    def row(self, client: Client, publish: Publish) -> Release:
        return publish()

    def test_can_be_read(self, client: Client, row: Release) -> None:
        assert row.note in client.get(page(Release, "changelist")).content.decode()
        assert row.sha256 in client.get(page(Release, "change", row.pk)).content.decode()

    def test_can_not_be_added_changed_or_deleted(self, client: Client, row: Release) -> None:
        change = client.post(page(Release, "change", row.pk), {"note": "Another story."})
        delete = client.post(page(Release, "delete", row.pk), {"post": "yes"})

        row.refresh_from_db()
        assert (change.status_code, delete.status_code) == (403, 403)
        assert client.get(page(Release, "add")).status_code == 403
        assert row.note == "For a test."
